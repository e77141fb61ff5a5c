"""`make`: music from words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline.stages import Generate
from ..progress import Steps, note
from .rendering import Rendered, RenderPlan, list_files, plan_rendering, render
from .song_sources import SongSources, take_in
from .thinking import Thinking, check_thinking, make_thinking

if TYPE_CHECKING:
    from ..library import Take
    from .studio import Studio

__all__ = [
    "Generate",
    "Judged",
    "RenderPlan",
    "Rendered",
    "SongSources",
    "Thinking",
    "list_files",
    "make",
    "make_best",
    "plan_make",
    "take_in",
]


def make(
    plan: Generate,
    studio: Studio,
    *,
    out: Path | None = None,
    picture: bool = False,
    metadata: bool = True,
    thinking: Thinking = Thinking(),
    played: Sequence[str] = (),
) -> Steps[list[Rendered]]:
    """Make takes of `plan` and return them in the order of their seeds. Output, metadata, `played` and errors are `render`'s.

    With `thinking` the planner works on every take first.
    """
    from ..pipeline.delivery import Delivery

    if thinking.think:
        return (yield from make_thinking(plan, thinking, studio, Delivery(out, picture, metadata=metadata), played))
    return (yield from render(plan, studio, out=out, picture=picture, metadata=metadata, played=played))


@dataclass(frozen=True, slots=True)
class Judged:
    """A take, what the inspector gives it, and why."""

    take: Take
    score: float
    """Of ten."""
    why: str


def make_best(
    plan: Generate, studio: Studio, *, out: Path | None = None, metadata: bool = True, thinking: Thinking = Thinking()
) -> Steps[tuple[Rendered, tuple[Judged, ...]]]:
    """Make takes of `plan`, inspect each, and write the best to `out`; the others stay in the library.

    Returns the best, and all of them from the best down; of equals the first is the best. Errors are those of `make`.
    """
    from .inspect import inspect_take
    from .sounds import find_sound
    from .takes import export

    made = yield from make(plan, studio, thinking=thinking)
    judged: list[Judged] = []
    for one in made:
        yield from find_sound(one.take, studio)
        report = inspect_take(one.take, studio)
        worst = ", ".join(f"{part.words} -{part.cost:.1f}" for part in report.parts[:3])
        judged.append(Judged(one.take, report.score, worst or "no defect"))
    judged.sort(key=lambda one: -one.score)
    best = next(one for one in made if one.take.id == judged[0].take.id)
    if out is not None:
        yield from export(best.take.id, studio, out, overwrite=True, metadata=metadata)
        best = replace(best, path=out)
    return best, tuple(judged)


def plan_make(plan: Generate, studio: Studio, *, out: Path | None = None, thinking: Thinking = Thinking()) -> Steps[RenderPlan]:
    """Tell what `make` would do. Raises as `plan_rendering` and `check_thinking` do."""
    if thinking.think:
        check_thinking(plan, thinking, studio)
        yield note(f"{thinking.planner} would choose the metas that are left open" + _say_length(plan))
    return (yield from plan_rendering(plan, studio, out=out))


def _say_length(plan: Generate) -> str:
    return (
        ""
        if "seconds" in plan.model_fields_set
        else ", the length among them: what is reckoned here is for the length without it"
    )
