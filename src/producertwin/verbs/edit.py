"""`edit`: play a take or a sound file anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline.stages import EDITS, Edit
from ..progress import Steps
from .rendering import Rendered, RenderPlan, list_files, plan_rendering, render

if TYPE_CHECKING:
    from .studio import Studio

__all__ = ["EDITS", "Edit", "RenderPlan", "Rendered", "edit", "list_files", "plan_edit"]


def edit(
    plan: Edit,
    studio: Studio,
    *,
    out: Path | None = None,
    picture: bool = False,
    metadata: bool = True,
    played: Sequence[str] = (),
) -> Steps[list[Rendered]]:
    """Edit the source of `plan` and return the takes in the order of their seeds.

    Output, picture, metadata, `played` and errors are those of `render`; the takes are children of the source where that is a
    take.
    """
    return (yield from render(plan, studio, out=out, picture=picture, metadata=metadata, played=played))


def plan_edit(plan: Edit, studio: Studio, *, out: Path | None = None) -> Steps[RenderPlan]:
    """Tell what `edit` would do. Raises as `plan_rendering` does."""
    return (yield from plan_rendering(plan, studio, out=out))
