"""What `make` and `edit` share: their options, and how a plan and takes are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .doors import read_out
from .output import Console, plain
from .streams import Stream
from .text import duration, quote, size, table

if TYPE_CHECKING:
    from ..library import Take
    from ..verbs.rendering import Rendered, RenderPlan

Out = Annotated[
    Path | None,
    Parameter(
        name=("--out", "-o"),
        converter=read_out,
        help="Sound file to write: .flac (also without a suffix), .wav, .mp3 or .ogg. Several takes are "
        "numbered. A folder, or new/ for one to make, gets each take under its id; - is standard output. "
        "Every take is kept in the library too.",
    ),
    Stream.OUT,
]
Picture = Annotated[bool, Parameter(help="Draw waveform and spectrogram: a PNG beside OUT and in the library.")]
Metadata = Annotated[bool, Parameter(negative="--no-metadata", help="Let copies say inside how they were made.")]
DryRun = Annotated[bool, Parameter(help="Only say what would be done.")]


def show_plan(plan: RenderPlan, console: Console) -> None:
    """Print what would be played and written."""
    stage = plan.stage
    lines = [("would play", f"{stage.kind} on {stage.play.variant}, {plan.takes} take(s)")]
    lines += [("length", duration(plan.seconds)), ("at most", size(plan.bytes))]
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
        console.next(f"twin takes export {quote(first.take.id)} -o take.flac")
    else:
        console.next(f"twin edit refine {quote(first.take.id)} --denoise 0.4 -o refined.flac")


def row(take: Take, path: Path | None) -> tuple[str, ...]:
    """One take as a line of a table."""
    metas = take.metas
    facts = (f"{metas.bpm:g} bpm" if metas.bpm else "", metas.key or "")
    return take.id, duration(take.seconds), f"seed {take.seed}", " ".join(filter(None, facts)), str(path or "")
