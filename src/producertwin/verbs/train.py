"""`twin train`: a producer's training set becomes an adapter, their twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..progress import Steps, note, warning
from ..training.lora.plan import TrainPlan, TrainTask
from .encode import encode_missing
from .studio import Studio
from .text import size

if TYPE_CHECKING:
    from ..training.lora.memory import MemoryFit
    from ..training.lora.runner import FinishedRun

__all__ = ["PlannedTraining", "TrainPlan", "TrainResult", "TrainTask", "plan_training", "train"]


@dataclass(frozen=True, slots=True)
class PlannedTraining:
    """What would be trained, and how it fits into memory."""

    task: TrainTask
    memory: MemoryFit


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was planned, and the run that came of it."""

    planned: PlannedTraining
    finished: FinishedRun


def train(plan: TrainPlan, studio: Studio) -> Steps[TrainResult]:
    """Train what `plan` asks for and install the twin; the same plan again goes on with a run that was stopped or killed.

    What is not encoded yet is encoded first. Raises as `plan_training`, `encode_missing` and `training.lora.runner.run_task` do.
    """
    planned = yield from plan_training(plan, studio)
    from ..training.lora.runner import run_task

    task, memory = planned.task, planned.memory
    largest = sorted(memory.estimate.parts.items(), key=lambda part: -part[1])
    parts = ", ".join(f"{name} {size(count)}" for name, count in largest)
    yield note(f"memory: about {size(memory.estimate.total)} of {size(memory.free)} free ({parts})")
    instrument = yield from studio.load_instrument(task.variant.name)
    yield from encode_missing(task.manifest, instrument, studio, stems=task.recipe.data.tasks.stems)
    return TrainResult(planned, (yield from run_task(planned.task, studio.library, instrument)))


def plan_training(plan: TrainPlan, studio: Studio) -> Steps[PlannedTraining]:
    """Find what `plan` means and how it fits into memory; no weights are loaded.

    Raises `NotFound` and `BadInput` for what the plan names wrongly, `Unavailable` when the variant is not here, and `Resources`
    when the training does not fit into memory.
    """
    from ..model.variants import integrity
    from ..proof.reach import describe_reach, find_reach
    from ..training.lora.memory import fit_task
    from ..training.lora.request import resolve

    task = resolve(plan, studio.library, studio.settings)
    for key, value in task.inherited.items():
        yield note(f"inherited from {task.parent}: {key} = {value}")
    yield note(describe_reach(find_reach(task.manifest)))
    integrity.require(task.variant)
    task, memory = fit_task(task, studio.settings, auto=plan.auto_fit)
    if memory.changes:
        yield warning(f"so that it fits: {', '.join(memory.changes)}")
    return PlannedTraining(task, memory)
