"""What `make` and `edit` share: run one stage, say what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import BadInput, NotFound
from ..pipeline.stages import Generate, Stage
from .output import Talk, plain
from .text import duration, size, table

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.delivery import Delivery

Out = Annotated[
    Path | None,
    Parameter(
        name=("--out", "-o"),
        help="Sound file to write, replaced if it exists: .flac (also without a suffix), .wav, .mp3 or .ogg. Several takes are "
        "numbered. Every take is kept in the library too.",
    ),
]
Picture = Annotated[bool, Parameter(help="Draw waveform and spectrogram: a PNG beside OUT and in the library.")]
DryRun = Annotated[bool, Parameter(help="Only say what would be done.")]


def text_of(path: Path) -> str:
    """The text of a UTF-8 file. Raises `NotFound`, or `BadInput` for what is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"no file at {path}", remedy="check the path") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise BadInput(f"{path} is not a text file", remedy="give a UTF-8 text file") from None


def render(stage: Stage, *, out: Path | None, picture: bool, dry_run: bool, talk: Talk) -> None:
    """Play `stage` (or tell what would be played) and print its takes."""
    from ..pipeline.delivery import Delivery
    from ..pipeline.executor import run

    delivery = Delivery(out, picture)
    if dry_run:
        _plan(stage, delivery, talk)
        return
    done = talk.follow(run(stage, talk.settings, delivery=delivery))
    for warning in dict.fromkeys(warning for one in done for warning in one.warnings):
        talk.warn(warning)
    takes = [one.take for one in done]
    if any(take.guide for take in takes):
        talk.say("guide: each take performs a sketch that the house band played (--guide none plays without one)")
    rows = [row(one.take, one.path) for one in done]
    told = [plain(one.take) | {"path": plain(one.path), "warnings": plain(one.warnings)} for one in done]
    verb = "make" if isinstance(stage, Generate) else "edit"
    talk.result(verb, {"takes": told}, lambda: table(rows))
    if out is None:
        talk.next(f"twin takes export {takes[0].id} -o take.flac")
    else:
        talk.next(f"twin edit refine {takes[0].id} --denoise 0.4 -o refined.flac")


def row(take: Take, path: Path | None) -> tuple[str, ...]:
    """One take as a line of a table."""
    metas = take.metas
    facts = (f"{metas.bpm:g} bpm" if metas.bpm else "", metas.key or "")
    return take.id, duration(take.seconds), f"seed {take.seed}", " ".join(filter(None, facts)), str(path or "")


def _plan(stage: Stage, delivery: Delivery, talk: Talk) -> None:
    from ..model import catalogue
    from ..pipeline.delivery import BYTES_PER_SECOND

    count, variant = stage.play.batch, stage.play.variant
    delivery.check(count)
    here = {status.name: status for status in catalogue.status(talk.settings)}.get(variant)
    if here is None and not Path(variant).is_dir():
        catalogue.find(variant)
    if here is not None and not here.present:
        talk.warn(f"{variant} is not here yet: {here.remedy}")
    seconds = stage.seconds * count if isinstance(stage, Generate) else None
    room = None if seconds is None else int(seconds * BYTES_PER_SECOND)
    told = {"stage": stage, "takes": count, "seconds": seconds, "bytes": room, "files": delivery.paths(count)}
    lines = [("would play", f"{stage.kind} on {variant}, {count} take(s)")]
    lines += [("at most", size(room))] if room else []
    lines += [("would write", str(path)) for path in delivery.paths(count)] or [("would write", "to the library only")]
    talk.result("plan", told, lambda: table(lines))
