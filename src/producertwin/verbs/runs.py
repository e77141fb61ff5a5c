"""`twin runs`: which trainings there are, how each went, and away with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput, NotFound
from ..library.runs import ADAPTER, RECIPE, Run
from ..library.trash import TrashEntry
from .studio import Studio

__all__ = ["Run", "RunList", "RunReport", "RunSummary", "delete_run", "list_runs", "plan_delete_run", "show_run"]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with the last and the best that its logs tell."""

    run: Run
    at: int
    """Steps in its log."""
    loss: float | None
    """Loss of the last step."""
    speed: float | None
    """Steps per second."""
    heard: float | None
    """Seconds of music seen so far."""
    left: float | None
    """Estimated seconds to its end."""
    validation: float | None
    """Lowest held-out loss."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run in all detail."""

    summary: RunSummary
    folder: Path
    picture: Path | None
    """Its curves as a PNG; None where nothing was logged that can be drawn."""
    curve: str | None
    """Its curves in characters; None where nothing was logged that can be drawn."""
    samples: Sequence[Mapping[str, Any]]
    """Rows of the takes that were made on the way."""
    warnings: Sequence[Mapping[str, Any]]
    """Rows of what did not stop it but should be known."""
    checkpoints: Sequence[tuple[int, Path]]
    """Step and folder of each, the oldest first."""
    has_adapter: bool
    """Whether it came to its end, so that its adapter is there."""
    slower_rate: float | None
    """A quarter of its learning rate, for one that diverged at its rate and at half of it; None for all others."""


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs of a studio."""

    runs: tuple[RunSummary, ...]
    """The newest first."""
    damaged: Mapping[str, str]
    """Name of a run that cannot be read, and why."""


def list_runs(studio: Studio, producer: str | None = None) -> RunList:
    """Every run, or those of one producer; one that is damaged is named and passed over."""
    runs = studio.library.runs
    known, damaged = runs.survey(producer)
    found = []
    for run in known:
        try:
            found.append(_summarise(run, runs.folder(run)))
        except BadInput as error:
            damaged[run.id] = error.message
    return RunList(tuple(found), damaged)


def show_run(key: str, studio: Studio, *, plain: bool = False) -> RunReport:
    """The run whose id is or begins with `key`; its curves are drawn into its folder. `plain` keeps characters to ASCII.

    Raises `NotFound`, or `BadInput` when several runs begin so.
    """
    from ..library.jsonl import rows
    from ..reporting import curves
    from ..training.log import EXPLAINED, SAMPLES, WARNINGS, draw_curves, read_curves

    runs = studio.library.runs
    run = runs.get(key)
    folder = runs.folder(run)
    try:
        curve: str | None = curves.text(read_curves(folder), f"squared error of the velocity by step: {EXPLAINED}", plain=plain)
    except (NotFound, BadInput):
        curve = None
    return RunReport(
        _summarise(run, folder),
        folder,
        draw_curves(folder),
        curve,
        rows(folder / SAMPLES),
        rows(folder / WARNINGS),
        runs.checkpoints(run),
        (folder / ADAPTER).is_dir(),
        _slower_rate(folder) if run.status == "diverged" else None,
    )


def delete_run(key: str, studio: Studio) -> tuple[Run, TrashEntry]:
    """Move the run `key` with its checkpoints and its adapter into the trash.

    Raises `NotFound`, `BadInput` when several runs begin so, and `Unavailable` while it is trained.
    """
    return studio.library.runs.discard(key)


def plan_delete_run(key: str, studio: Studio) -> Run:
    """The run that `delete_run` would move. Raises `NotFound`, or `BadInput` when several runs begin so."""
    return studio.library.runs.get(key)


def _slower_rate(folder: Path) -> float:
    """A quarter of the learning rate that a run's recipe states."""
    from ..training.lora import recipes

    return recipes.load(folder / RECIPE).recipe.optimizer.rate / 4


def _summarise(run: Run, folder: Path) -> RunSummary:
    from ..library.jsonl import last_row, rows
    from ..training.log import STEPS, VALIDATION

    last = last_row(folder / STEPS)
    held_out = [row["loss"] for row in rows(folder / VALIDATION) if row.get("loss") is not None]
    loss, speed, heard, left = (last.get(name) for name in ("loss", "speed", "heard", "left"))
    return RunSummary(run, last.get("step", 0), loss, speed, heard, left, min(held_out, default=None))
