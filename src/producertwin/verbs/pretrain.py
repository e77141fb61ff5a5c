"""`twin lab pretrain`: train nano's weights from nothing, step by step; a stopped step goes on where it was."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..disk import write_whole
from ..errors import BadInput
from ..library.lock import hold_work
from ..progress import Progress, Steps
from ..recipe import Record, load
from ..wording import write_number
from .studio import Studio

if TYPE_CHECKING:
    from ..training.pretrain.runs import PretrainRecipe

__all__ = [
    "CurvePlan",
    "DrawnCurve",
    "PlannedStep",
    "PretrainPlan",
    "Pretrained",
    "draw",
    "plan_draw",
    "plan_pretrain",
    "pretrain",
]

Step = Literal["all", "render", "codec", "encode", "tokenizer", "embedder", "nano", "ship"]


class PretrainPlan(Record):
    """Which step of the training is taken."""

    step: Step
    """The step; `all` takes every one in order."""
    folder: Path
    """Folder of the whole training; every step finds there what the one before left."""
    recipe: Path | None = None
    """TOML file of the recipe; the built-in one when absent."""
    minutes: float | None = None
    """The step stops after so many minutes; the same step again goes on."""
    resume: bool = False
    """Whether `all` goes on in a folder that holds work; it is refused otherwise."""
    out: Path | None = None
    """Folder of the shipped weights; FOLDER/weights when absent."""


class CurvePlan(Record):
    """Which training's loss is drawn, and where."""

    folder: Path
    """Folder of the whole training."""
    out: Path | None = None
    """The picture; FOLDER/nano/loss.png when absent."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """What would be done."""

    recipe: PretrainRecipe
    seconds: float
    """Longest time of the step; infinity where there is no limit."""
    soundfont: Path | None
    """What plays every song once more; None where the band plays alone."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What a step came to."""

    reached: int | None
    """Songs rendered or training steps taken; None where weights were written."""
    weights: Path | None
    """Folder of the shipped weights; None for the steps before."""


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """A picture of the loss."""

    picture: Path
    last: dict[str, float]
    """The last value of each curve."""


def pretrain(plan: PretrainPlan, studio: Studio) -> Steps[Pretrained]:  # noqa: ARG001 - one signature for all verbs
    """Take one step, or all of them: hours on a CPU.

    Raises `NotFound` where the step before is not finished, `BadInput` where `all` finds work and may not go on with it, and
    `Unavailable` where another process trains in the folder.
    """
    planned = plan_pretrain(plan)
    begins = plan.step in ("all", "render") or plan.folder.is_dir()  # else the step says what is missing
    with hold_work(plan.folder, f"another process trains in {plan.folder}") if begins else nullcontext():
        return (yield from _take_step(plan, planned))


def _take_step(plan: PretrainPlan, planned: PlannedStep) -> Steps[Pretrained]:
    from ..training.pretrain import runs

    recipe, folder, limit = planned.recipe, plan.folder, planned.seconds
    match plan.step:
        case "all":
            return Pretrained(None, (yield from runs.everything(recipe, folder)))
        case "ship":
            yield Progress("ship", 0, 1)
            return Pretrained(None, runs.ship(recipe, folder, plan.out))
        case "render":
            work = runs.render(recipe, folder)
        case "codec":
            work = runs.codec(recipe, folder, stop_after=limit)
        case "encode":
            work = runs.encode(recipe, folder)
        case "tokenizer":
            work = runs.tokenizer(recipe, folder, stop_after=limit)
        case "embedder":
            work = runs.embedder(recipe, folder, stop_after=limit)
        case "nano":
            work = runs.transformer(recipe, folder, stop_after=limit)
    return Pretrained((yield from work), None)


def plan_pretrain(plan: PretrainPlan) -> PlannedStep:
    """What a step would do. Raises `BadInput` as `pretrain` does, and as `recipe.load` does."""
    from ..training.pretrain.runs import PretrainRecipe

    recipe = PretrainRecipe() if plan.recipe is None else load(PretrainRecipe, plan.recipe)
    if plan.minutes is not None and plan.minutes <= 0:
        raise BadInput(f"{write_number(plan.minutes)} minutes is no time", remedy="give minutes above 0, or leave --minutes out")
    if plan.step == "all" and not plan.resume and plan.folder.is_dir() and any(plan.folder.iterdir()):
        raise BadInput(f"{plan.folder} holds work already", remedy="name another folder, or go on with --resume")
    seconds = float("inf") if plan.minutes is None else 60.0 * plan.minutes
    return PlannedStep(recipe, seconds, recipe.found_soundfont())


def draw(plan: CurvePlan, studio: Studio) -> Steps[DrawnCurve]:  # noqa: ARG001 - one signature for all verbs
    """Draw the loss of the transformer's training, above and below the middle noise level. Raises as `log_curves.read` does."""
    from ..reporting import curves as charts
    from ..training import log_curves

    logs, place = plan_draw(plan)
    yield Progress("draw", 0, 1)
    curves = log_curves.read(logs, ("loss", "high", "low"))
    labels = {"loss": "all", "high": "t at least 0.5", "low": "t below 0.5"}
    title = "nano: squared error of the velocity, mean of 40 steps"
    write_whole(place, charts.picture({labels[name]: found for name, found in curves.items()}, title))
    yield Progress("draw", 1, 1)
    return DrawnCurve(place, {name: float(found.values[-1]) for name, found in curves.items()})


def plan_draw(plan: CurvePlan) -> tuple[list[Path], Path]:
    """The logs that would be read, and the picture that would be written."""
    from ..training.pretrain.runs import PretrainRecipe

    logs = [plan.folder / "nano" / phase / "log.jsonl" for phase, _ in PretrainRecipe().nano_phases()]
    return logs, plan.out or plan.folder / "nano" / "loss.png"
