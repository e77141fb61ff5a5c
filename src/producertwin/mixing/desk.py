"""The desk: a mix as a typed graph of strips, buses and a master, and its file.

A strip's sound goes, in this order, through polarity, high-pass, low-pass, gate, shelves, bells, compressor, saturation,
transient, side-chain, width, gain and balance; sends leave behind the fader. Buses come back beside the strips. The master is
high-pass, shelves, bells, glue, saturation, colour, width, gain and limiter. Files are TOML: `[strips.NAME]`, `[buses.NAME]`,
`[master]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, field_validator, model_validator

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..recipe import GrowingRecord, Record, read, toml_value
from ..untrusted import read_toml
from ..wording import suggest_name
from . import effects as fx
from .effects import number

PRESETS: Final = Path(__file__).parent.parent / "presets" / "desks"
MOST_STRIPS: Final = 12
MOST_BUSES: Final = 4
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""What a strip or a bus may be called: its process in Faust begins with it."""
_FAUST: Final = (
    "abs acos any asin assertbounds atan atan2 attach button case ceil checkbox component control cos declare "
    "doubleprecision downsampling enable environment exp exp10 fconstant ffunction fixedpointprecision float floor fmod "
    "fvariable hbargraph hgroup highest hslider import inputs int letrec library log log10 lowest max mem min nentry "
    "ondemand outputs par pow prefix process prod quadprecision rdtable remainder rint round route rwtable select2 "
    "select3 seq sin singleprecision soundfile sqrt sum tan tgroup upsampling vbargraph vgroup vslider waveform where "
    "with xor"
)
RESERVED: Final = frozenset({"twin", "master", "mix", "desk", *_FAUST.split()})
"""What no strip or bus may be called: names of a program's own, and the words of Faust."""

Gain = Annotated[float, *number("gain", -60, 24, "dB")]
Width = Annotated[float, *number("width", 0, 2)]
Bus = Annotated[fx.Reverb | fx.Delay | fx.Parallel, Field(discriminator="kind")]


class Strip(Record):
    """How one stem is set."""

    gain: Gain = 0.0
    """Fader."""
    pan: Annotated[float, *number("pan", -1, 1)] = 0.0
    """Balance: -1 is left only, 0 both sides as they are, 1 right only."""
    width: Width = 1.0
    """Side against middle: 0 is mono, 1 as it is, 2 wide."""
    polarity: bool = False
    """Turn the wave upside down."""
    mute: bool = False
    """Leave it out of the mix."""
    high_pass: fx.Pass | None = None
    """Cut below."""
    low_pass: fx.Pass | None = None
    """Cut above."""
    gate: fx.Gate | None = None
    """Close where it is quiet."""
    low_shelf: fx.Shelf | None = None
    """Bass up or down."""
    high_shelf: fx.Shelf | None = None
    """Treble up or down."""
    bells: tuple[fx.Bell, ...] = Field((), max_length=fx.MOST_BELLS)
    """Bands up or down."""
    compressor: fx.Compressor | None = None
    """Even out."""
    saturation: fx.Saturation | None = None
    """Warm up."""
    transient: fx.Transient | None = None
    """Beginnings and tails."""
    duck: fx.Duck | None = None
    """Make room for another strip."""
    sends: dict[str, Annotated[float, *number("send", -60, 12, "dB")]] = Field({})
    """Level into each bus, by its name."""


class Master(Record):
    """What the sum goes through."""

    high_pass: fx.Pass | None = None
    """Cut below."""
    low_shelf: fx.Shelf | None = None
    """Bass up or down."""
    high_shelf: fx.Shelf | None = None
    """Treble up or down."""
    bells: tuple[fx.Bell, ...] = Field((), max_length=fx.MOST_BELLS)
    """Bands up or down."""
    glue: fx.Compressor | None = None
    """A compressor over everything."""
    saturation: fx.Saturation | None = None
    """Warm up."""
    colour: fx.Colour | None = None
    """Tape and record."""
    width: Width = 1.0
    """Side against middle: 0 is mono, 1 as it is, 2 wide."""
    gain: Annotated[float, *number("gain", -60, 36, "dB")] = 0.0
    """Gain into the limiter; set by the target loudness where there is one."""
    limiter: fx.Limiter | None = fx.Limiter()
    """The last thing; without it peaks stay as they are."""
    loudness: Annotated[float, *number("target loudness", -40, -5, "LUFS")] | None = None
    """Integrated loudness that the mix is brought to; absent leaves the gain as it is."""

    @field_validator("limiter", mode="before")
    @classmethod
    def _no_limiter(cls, value: object) -> object:
        """TOML has no word for nothing: `limiter = false` is none."""
        return None if value is False else value


class Desk(GrowingRecord):
    """A whole mix."""

    LATER: ClassVar[frozenset[str]] = frozenset({"moves"})

    title: str = Field("", max_length=80)
    """What it is called."""
    about: str = Field("", max_length=1000)
    """When to use it."""
    bpm: Annotated[float, *number("tempo", 30, 300, "bpm")] | None = None
    """Tempo, for echoes that are told in beats."""
    strips: dict[str, Strip] = Field({}, max_length=MOST_STRIPS)
    """The stems by name, in the order of their sounds."""
    buses: dict[str, Bus] = Field({}, max_length=MOST_BUSES)
    """Effects that strips send to."""
    master: Master = Master()
    """What the sum goes through."""
    moves: tuple[Annotated[str, Field(max_length=1_000)], ...] = Field((), max_length=200)
    """Why automatic mixing set it so: a sentence a move, which begins with the strip or `master`."""

    @model_validator(mode="after")
    def _is_wired(self) -> Self:
        for name in (*self.strips, *self.buses):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a strip or bus: small letters, digits and _, and a letter first")
            if name in RESERVED or name.startswith("twin_"):
                raise ValueError(f"{name!r} is a word of the desk's Faust, and no name for a strip or bus")
        if twice := sorted(self.strips.keys() & self.buses.keys()):
            raise ValueError(f"{', '.join(twice)} is both a strip and a bus")
        for name, strip in self.strips.items():
            if lost := sorted(strip.sends.keys() - self.buses.keys()):
                raise ValueError(f"strip {name} sends to {', '.join(lost)}, and there is no such bus")
            if strip.duck and (strip.duck.by == name or strip.duck.by not in self.strips):
                raise ValueError(f"strip {name} is ducked by {strip.duck.by!r}, which is no other strip")
        if taken := sorted(_clashes((*self.strips, *self.buses))):
            raise ValueError(f"the names {' and '.join(taken[0])} run into one another in Faust; rename one")
        return self

    def seconds_of(self, delay: fx.Delay) -> float:
        """Time between the echoes of `delay` at the desk's tempo, within its bounds."""
        if delay.beats is None or self.bpm is None:
            return delay.seconds
        return min(delay.beats * 60.0 / self.bpm, 2.0)


def _clashes(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pairs of which one with `_` is the beginning of the other: their sliders would be called alike."""
    return ((one, other) for one in names for other in names if other.startswith(one + "_"))


def read_desk(data: Mapping[str, Any], *, where: str) -> Desk:
    """The desk in the tables of a file. Raises one `BadInput` that names every mistake."""
    return read(Desk, dict(data), where=where)


def find_desk(name: str, folder: Path | None = None) -> Desk:
    """The desk `name`: a .toml file, one of the user's in `folder`, or a preset.

    Raises `NotFound` that names those there are, and `BadInput`.
    """
    path = Path(name)
    if path.suffix.lower() != ".toml":
        there = desk_files(folder)
        if name.replace("-", "_") not in there:
            meant = suggest_name(name, there)
            raise NotFound(f"no desk {name!r}{meant}", remedy=f"there are {', '.join(there)}; or name a .toml file")
        path = there[name.replace("-", "_")]
    return read_desk(read_toml(path), where=path.name)


def desk_files(folder: Path | None = None) -> dict[str, Path]:
    """Every desk by name: the presets, and the user's own in `folder`, which win."""
    own = sorted(folder.glob("*.toml")) if folder else []
    return {path.stem: path for path in (*sorted(PRESETS.glob("*.toml")), *own)}


def desk_tables(desk: Desk) -> dict[str, Any]:
    """The desk as the tables of its file: what is as by default is left out, and strips and buses stay."""
    said = desk.model_dump(mode="json", exclude_defaults=True)
    full = {name: one.model_dump(mode="json", exclude_defaults=True) | {"kind": one.kind} for name, one in desk.buses.items()}
    strips = {name: one.model_dump(mode="json", exclude_defaults=True) for name, one in desk.strips.items()}
    return said | ({"strips": strips} if strips else {}) | ({"buses": full} if full else {})


def write_toml(desk: Desk) -> str:
    """The desk as a file; an effect stands in one line."""
    tables = desk_tables(desk)
    lines = ["# A desk. twin desk show FILE draws it, twin mix STEMS --desk FILE plays it."]
    moves = tables.pop("moves", [])
    lines += [f"{name} = {toml_value(value)}" for name, value in tables.items() if not isinstance(value, dict)]
    lines += ["moves = [", *(f"  {toml_value(move)}," for move in moves), "]"] if moves else []
    for room in ("strips", "buses"):
        for name, table in tables.get(room, {}).items():
            lines += ["", f"[{room}.{name}]", *_lines(table)]
    if "master" in tables:
        lines += ["", "[master]", *_lines(tables["master"])]
    return "\n".join(lines) + "\n"


def write_desk(desk: Desk, path: Path) -> Path:
    """Write `desk` to a TOML file; one that is there is replaced."""
    return write_whole(path, write_toml(desk).encode())


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {toml_value(False if value is None else value)}" for name, value in table.items()]


def check_count(count: int) -> None:
    """Raise `BadInput` unless a desk can mix `count` stems."""
    if count == 0:
        raise BadInput("no stem is given", remedy="name sound files, takes, or a folder of stems")
    if count > MOST_STRIPS:
        raise BadInput(f"{count} stems are given, and a desk has at most {MOST_STRIPS} strips", remedy="sum some of them first")
