"""What `make` and `edit` share: their options, and how a plan and takes are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import BadInput, NotFound
from .output import Console, plain
from .text import duration, size, table

if TYPE_CHECKING:
    from ..library import Take
    from ..verbs.rendering import Rendered, RenderPlan

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


def show_plan(plan: RenderPlan, console: Console) -> None:
    """Print what would be played and written."""
    stage = plan.stage
    lines = [("would play", f"{stage.kind} on {stage.play.variant}, {plan.takes} take(s)")]
    lines += [("at most", size(plan.bytes))] if plan.bytes else []
    lines += [("would write", str(path)) for path in plan.files] or [("would write", "to the library only")]
    console.result("plan", plan, lambda: table(lines))


def show_takes(what: str, done: Sequence[Rendered], console: Console) -> None:
    """Print the takes that the verb `what` made."""
    if any(one.take.guide for one in done):
        console.say("guide: each take performs a sketch that the house band played (--guide none plays without one)")
    data = [plain(one.take) | {"path": plain(one.path), "warnings": plain(one.warnings)} for one in done]
    console.result(what, {"takes": data}, lambda: table([row(one.take, one.path) for one in done]))
    first = done[0]
    if first.path is None:
        console.next(f"twin takes export {first.take.id} -o take.flac")
    else:
        console.next(f"twin edit refine {first.take.id} --denoise 0.4 -o refined.flac")


def row(take: Take, path: Path | None) -> tuple[str, ...]:
    """One take as a line of a table."""
    metas = take.metas
    facts = (f"{metas.bpm:g} bpm" if metas.bpm else "", metas.key or "")
    return take.id, duration(take.seconds), f"seed {take.seed}", " ".join(filter(None, facts)), str(path or "")
