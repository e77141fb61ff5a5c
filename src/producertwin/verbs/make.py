"""`make`: music from words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline.stages import Generate
from ..progress import Steps, note
from .rendering import Rendered, RenderPlan, list_files, plan_rendering, render
from .thinking import Thinking, check_thinking, make_thinking

if TYPE_CHECKING:
    from .studio import Studio

__all__ = ["Generate", "RenderPlan", "Rendered", "Thinking", "list_files", "make", "plan_make"]


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
