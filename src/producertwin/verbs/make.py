"""`make`: music from words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline.stages import Generate
from ..progress import Steps
from .rendering import Rendered, RenderPlan, list_files, plan_rendering, render

if TYPE_CHECKING:
    from .studio import Studio

__all__ = ["Generate", "RenderPlan", "Rendered", "list_files", "make", "plan_make"]


def make(plan: Generate, studio: Studio, *, out: Path | None = None, picture: bool = False) -> Steps[list[Rendered]]:
    """Make takes of `plan` and return them in the order of their seeds. Output, picture and errors are those of `render`."""
    return (yield from render(plan, studio, out=out, picture=picture))


def plan_make(plan: Generate, studio: Studio, *, out: Path | None = None) -> Steps[RenderPlan]:
    """Tell what `make` would do. Raises as `plan_rendering` does."""
    return (yield from plan_rendering(plan, studio, out=out))
