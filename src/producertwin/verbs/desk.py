"""`twin desk`: desks, begun, shown, changed, compared and handed over as Faust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..mixing.desk import Desk, Master, Strip, desk_files, desk_tables, find_desk, read_desk, write_desk
from ..mixing.engine import is_installed
from ..mixing.faust import write_faust
from ..mixing.measure import POINTS, DeskMeasures, measure_desk
from ..mixing.stems import fit_desk, name_strips
from ..recipe import Record, assignments
from ..untrusted import parse_toml

__all__ = [
    "DESKS",
    "POINTS",
    "Desk",
    "DeskShown",
    "DeskStart",
    "begin_desk",
    "change_desk",
    "compare_desks",
    "export_desk",
    "list_desks",
    "list_differences",
    "name_parts",
    "show_desk",
    "write_desk",
]

DESKS: Final = "desks"
"""Folder of the studio that holds a person's own desks."""
COMMANDS: Final = {
    "VST3": "faust2juce -standalone {0}  (then build the Projucer project as VST3), or faust2vst {0} for VST2",
    "CLAP": "faust2clap {0}",
    "web page": "faust2wasm {0}, or open it in the Faust IDE",
    "C++": "faust -lang cpp {0} -o mix.cpp",
}
"""What makes something else of a `.dsp` on a person's own machine; each comes with the Faust tools."""


class DeskStart(Record):
    """What a new desk begins with."""

    preset: str = Field("", max_length=4_096)
    """A preset, one of the studio's own, or a .toml file; absent begins with plain strips."""
    stems: tuple[str, ...] = ()
    """Names of the stems it is for, such as drums; those of the preset when absent."""
    sources: tuple[str, ...] = ()
    """Stems to set it by, automatically: sound files, takes, or a folder."""
    prompt: str = Field("", max_length=2_000)
    """Style and moods of an automatic desk, such as "dark trap, heavy 808s"."""
    like: str = Field("", max_length=4_096)
    """A finished song that an automatic desk comes near."""


@dataclass(frozen=True, slots=True)
class DeskShown:
    """A desk, and what the engine says of it."""

    desk: Desk
    measures: DeskMeasures | None
    """None where there is no engine."""
    why: str = ""
    """Why nothing was measured."""


def list_desks(studio: Path) -> tuple[tuple[str, Desk], ...]:
    """Every desk by name: presets, and those in `studio`."""
    return tuple((name, find_desk(str(path))) for name, path in desk_files(studio / DESKS).items())


def begin_desk(start: DeskStart, studio: Path) -> tuple[Desk, tuple[str, ...]]:
    """A desk to go on with, and what became of strips. Raises `NotFound`, `BadInput`."""
    if start.prompt or start.like:
        raise BadInput("a prompt or a song to come near needs stems to set the desk by", remedy="name them: --from stems")
    desk = find_desk(start.preset, studio / DESKS) if start.preset else Desk(title="New desk")
    if start.stems:
        return fit_desk(desk, start.stems, name_strips(start.stems))
    if not desk.strips:
        raise BadInput("the desk would have no strip", remedy="name the stems it is for: --stem drums --stem bass")
    return desk, ()


def show_desk(name: str, studio: Path) -> DeskShown:
    """The desk `name`, measured where there is an engine. Raises as `find_desk` does."""
    desk = find_desk(name, studio / DESKS)
    if not desk.strips:
        plain = desk.model_copy(update={"strips": {"stem": Strip()}})
        return DeskShown(desk, *((measure_desk(plain), "") if is_installed() else (None, _NO_ENGINE)))
    if not is_installed():
        return DeskShown(desk, None, _NO_ENGINE)
    return DeskShown(desk, measure_desk(desk))


_NO_ENGINE: Final = "nothing was measured: the mixing engine is not installed (pip install cyfaust-llvm)"


def change_desk(name: str, changes: Sequence[str], studio: Path) -> Desk:
    """The desk `name` with `strips.bass.gain=-3` and the like set; `=none` takes a part away.

    Values are TOML: `strips.bass.high_pass={hz=40}`. Raises `BadInput` for what the desk does not know or allow.
    """
    if not changes:
        raise BadInput("nothing is to be changed", remedy="write --set strips.bass.gain=-3")
    tables = desk_tables(find_desk(name, studio / DESKS))
    for path, text in assignments(changes, like="strips.bass.gain=-3").items():
        _forget_moves(tables, path)
        *above, last = path.split(".")
        place: Any = tables
        for step in above:
            place = place.setdefault(step, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise BadInput(f"{path} is no place in a desk", remedy="write strips.NAME.FIELD, buses.NAME.FIELD or master.FIELD")
        if text.strip().lower() == "none":
            place.pop(last, None)
        else:
            place[last] = _value(text)
    return read_desk(tables, where=name)


def _forget_moves(tables: dict[str, Any], path: str) -> None:
    """Take away the sentences that say why the part of `path` was set as it was: it is set otherwise now."""
    part = path.split(".")[0 if path.startswith("master") else min(1, path.count("."))]
    tables["moves"] = [move for move in tables.get("moves", []) if not move.startswith(f"{part}:")]


def _value(text: str) -> Any:
    """A value as TOML reads it; what is no TOML is a text."""
    try:
        return parse_toml(f"value = {text}", "value")["value"]
    except BadInput:
        return text


def compare_desks(one: str, other: str, studio: Path) -> tuple[tuple[str, str, str], ...]:
    """What differs between two desks: the place, its value in `one` and its value in `other`, `-` where there is none."""
    return list_differences(find_desk(one, studio / DESKS), find_desk(other, studio / DESKS))


def list_differences(one: Desk, other: Desk) -> tuple[tuple[str, str, str], ...]:
    """As `compare_desks`, of desks that are at hand."""
    first, second = (dict(_flat(desk.model_dump(mode="json"))) for desk in (one, other))
    places = [*first, *(place for place in second if place not in first)]
    rows = ((place, first.get(place, "-"), second.get(place, "-")) for place in places)
    return tuple(row for row in rows if row[1] != row[2])


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single value with its place."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, one in enumerate(value, 1):
            yield from _flat(one, f"{path}.{place}")
    elif value is not None:
        yield path, str(value)


def export_desk(name: str, out: Path, studio: Path) -> tuple[Path, dict[str, str]]:
    """Write the desk `name` as Faust to `out`, and the commands that make plug-ins of it. Raises as `find_desk` does."""
    desk = find_desk(name, studio / DESKS)
    if not desk.strips:
        desk = desk.model_copy(update={"strips": {"stem": Strip()}})
    if not out.parent.is_dir():
        raise NotFound(f"no folder {out.parent}", remedy="make the folder first")
    path = write_whole(out, write_faust(desk).source.encode())
    return path, {kind: command.format(path.name) for kind, command in COMMANDS.items()}


def name_parts(part: Strip | Master) -> tuple[str, ...]:
    """The effects that a strip or a master has, by name."""
    return tuple(
        f"{len(value)} bells" if name == "bells" else name.replace("_", " ")
        for name, value in part
        if value and (isinstance(value, Record) or name in ("bells", "sends", "mute", "polarity"))
    )
