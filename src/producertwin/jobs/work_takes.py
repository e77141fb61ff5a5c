"""Jobs that make takes: `make`, `edit`, `pipeline`.

Their seeds are drawn when they are accepted, so every attempt makes the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from ..pipeline.fields import draw_seed
from ..pipeline.pipelines import Pipeline
from ..pipeline.stages import Generate, Play
from ..progress import Kept, Steps
from ..recipe import Record
from ..verbs import edit as edits
from ..verbs import make as making
from ..verbs import pipeline as pipelines
from .records import Outcome
from .works import Work, outcome_of

if TYPE_CHECKING:
    from ..verbs.studio import Studio

S = TypeVar("S", bound=Record)


class MakeJob(Record):
    """Make music from words."""

    plan: Generate
    """What to play."""
    out: Path | None = None
    """Sound file to write, as the option --out takes it."""
    picture: bool = False
    """Whether each take gets a picture."""
    metadata: bool = True
    """Whether copies say how they were made."""
    thinking: making.Thinking = making.Thinking()
    """Whether the planner works on it first."""


class EditJob(Record):
    """Play a take or a sound file anew."""

    plan: Annotated[edits.Edit, Field(discriminator="kind")]
    """What to play."""
    out: Path | None = None
    """Sound file to write, as the option --out takes it."""
    picture: bool = False
    """Whether each take gets a picture."""
    metadata: bool = True
    """Whether copies say how they were made."""


class PipelineJob(Record):
    """Play stages in a row."""

    run: pipelines.PipelineRun
    """The pipeline, and what is said of it."""
    out: Path | None = None
    """Sound file to write, as the option --out takes it."""
    picture: bool = False
    """Whether each take gets a picture."""
    metadata: bool = True
    """Whether copies say how they were made."""
    pipeline: Pipeline | None = None
    """The pipeline as it was read when the job was accepted; its file may change meanwhile."""


def settle_make(plan: MakeJob, studio: Studio) -> Steps[MakeJob]:
    """Check as `plan_make` does, and draw the seed."""
    yield from making.plan_make(plan.plan, studio, out=plan.out, thinking=plan.thinking)
    return plan.model_copy(update={"plan": _with_seed(plan.plan, plan.plan.play)})


def play_make(plan: MakeJob, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    """`make`, after the takes that were played before."""
    played = _takes_of(kept)
    return outcome_of((yield from making.make(plan.plan, studio, thinking=plan.thinking, played=played, **_delivery(plan))))


def settle_edit(plan: EditJob, studio: Studio) -> Steps[EditJob]:
    """Check as `plan_edit` does, and draw the seed."""
    yield from edits.plan_edit(plan.plan, studio, out=plan.out)
    return plan.model_copy(update={"plan": _with_seed(plan.plan, plan.plan.play)})


def play_edit(plan: EditJob, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    """`edit`, after the takes that were played before."""
    return outcome_of((yield from edits.edit(plan.plan, studio, played=_takes_of(kept), **_delivery(plan))))


def settle_pipeline(plan: PipelineJob, studio: Studio) -> Steps[PipelineJob]:
    """Read the pipeline, check it as `plan_pipeline` does, and draw the seed that its stages' seeds come from."""
    found = plan.pipeline or pipelines.settle_pipeline(plan.run, studio)
    yield from pipelines.plan_stages(found, plan.run, studio, out=plan.out, picture=plan.picture)
    seeded = found if found.seed is not None else found.model_copy(update={"seed": draw_seed()})
    return plan.model_copy(update={"pipeline": seeded})


def play_pipeline(plan: PipelineJob, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    """`pipeline run`, after the stages that were played before."""
    pipeline = plan.pipeline or pipelines.settle_pipeline(plan.run, studio)
    planned = yield from pipelines.plan_stages(pipeline, plan.run, studio, out=plan.out, picture=plan.picture)
    played = {unit.unit: unit.takes for unit in kept}
    done = yield from pipelines.play_pipeline(planned, studio, played=played, **_delivery(plan))
    return outcome_of(done.takes)


def _takes_of(kept: Sequence[Kept]) -> tuple[str, ...]:
    """The takes of the units that are stored, in their order."""
    return tuple(take for unit in kept for take in unit.takes)


def _delivery(plan: MakeJob | EditJob | PipelineJob) -> dict[str, Any]:
    """What a verb is told of the copies of its takes."""
    return {"out": plan.out, "picture": plan.picture, "metadata": plan.metadata}


def _with_seed(stage: S, play: Play) -> S:
    if play.seed is not None:
        return stage
    return stage.model_copy(update={"play": play.model_copy(update={"seed": draw_seed()})})


def _denoising(stage: Generate) -> float:
    """Seconds of sound times steps, as far as they are known."""
    return stage.seconds * stage.play.batch * (stage.play.steps or 1)


def make_work() -> Work[MakeJob]:
    """The entry of `make`: music from words."""
    return Work("make", MakeJob, "gpu", play_make, settle_make, lambda plan: _denoising(plan.plan))


def edit_work() -> Work[EditJob]:
    """The entry of `edit`: a take or sound file played anew."""
    return Work("edit", EditJob, "gpu", play_edit, settle_edit, lambda plan: float(plan.plan.play.batch))


def pipeline_work() -> Work[PipelineJob]:
    """The entry of `pipeline`: stages in a row, as `twin pipeline run` plays them."""

    def amount(plan: PipelineJob) -> float:
        return float(len(plan.pipeline.stages)) if plan.pipeline else 1.0

    return Work("pipeline", PipelineJob, "gpu", play_pipeline, settle_pipeline, amount)
