"""`pipeline`: play stages in a row, each on the takes of earlier ones.

Everything that can be refused is refused before the first note. Each stage's takes are kept as soon as they are done; between
stages of one variant the latents are handed on, so the codec is not passed through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, Interrupted
from ..model.sampling.options import SamplingOptions
from ..pipeline.fields import Seconds, draw_seed
from ..pipeline.legacy import is_legacy
from ..pipeline.pipelines import Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from ..pipeline.stages import Play, Prompt
from ..progress import Kept, Steps, note, warning
from ..recipe import Record
from .estimates import Estimate, estimate
from .pipeline_reading import find_pipeline, with_caption
from .pipeline_stage import play_stage
from .rendering import Rendered
from .scorers import SCORERS
from .source_check import check_stem_beforehand

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.pipelines import AnyStage
    from ..pipeline.planning import PlannedStage
    from ..pipeline.stages import Adapter
    from .studio import Studio

__all__ = [
    "PipelineInfo",
    "PipelinePlan",
    "PipelineResult",
    "PipelineRun",
    "find_pipeline",
    "list_pipelines",
    "plan_pipeline",
    "plan_stages",
    "play_pipeline",
    "run_pipeline",
    "settle_pipeline",
    "write_toml",
]

FOLDER = "pipelines"
"""Where the user's own pipelines lie in the studio."""
STRIDE = 65_537
"""Between the seeds of two stages that have none of their own: the same noise twice would bring a refined take back."""


class PipelineRun(Record):
    """A pipeline, and what is said of it when it is run; that wins over what it shares among its stages."""

    pipeline: str
    """Name of a preset or of one of your own, or a .toml or .json file."""
    prompt: Prompt = Prompt()
    """What should sound, for stages that do not say it themselves."""
    source: str | None = None
    """The take or sound file that the pipeline's @source stands for."""
    seconds: Seconds | None = None
    """Length of takes made from words, in seconds."""
    play: Play = Play()
    """Who plays, and how. A variant that is given plays every stage, with its own steps, guidance and shift."""
    preview: bool = False
    """Decode the takes of every stage, to hear them; else those that nobody needs as sound stay latents. Changes nothing else."""
    sampling: SamplingOptions = SamplingOptions()
    """How takes are sampled, beside steps, guidance and shift."""


@dataclass(frozen=True, slots=True)
class PipelineInfo:
    """A pipeline that can be run."""

    name: str
    title: str
    about: str
    stages: tuple[str, ...]
    """Kinds of its stages, in their order."""
    needs_source: bool
    """Whether it works on a sound that is given."""
    own: bool = False
    """Whether it is the user's own and no preset."""


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """A pipeline that can be played, and how."""

    title: str
    stages: tuple[PlannedStage, ...]
    seconds: float
    """Length of all takes together."""
    bytes: int
    """The most they need on the disk."""
    files: tuple[Path, ...]
    """Copies outside the library."""
    seed: int | None
    """From which the seeds of stages come that have none; drawn when absent."""
    source: str | None
    """The sound that @source stands for."""
    needs: Estimate
    """Time and memory."""


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What a pipeline made."""

    stages: Mapping[str, tuple[str, ...]]
    """Ids of the takes of every stage, by its name."""
    takes: tuple[Rendered, ...]
    """The takes of the last stage, and where their copies went."""


def list_pipelines(studio: Studio) -> Steps[tuple[PipelineInfo, ...]]:
    """Every preset and every pipeline of the user's own, by name; one that cannot be read is told and left out."""
    folder, found = studio.settings.studio / FOLDER, []
    for name, path in pipeline_files(folder).items():
        try:
            pipeline = read_pipeline(with_caption(find_tables(name, folder)), where=name)
        except BadInput as error:
            yield warning(error.message)
            continue
        kinds = tuple(named.stage.kind for named in pipeline.stages)
        found.append(PipelineInfo(name, pipeline.title, pipeline.about, kinds, pipeline.needs_source, path.parent == folder))
    return tuple(found)


def plan_pipeline(run: PipelineRun, studio: Studio, *, out: Path | None = None, picture: bool = False) -> Steps[PipelinePlan]:
    """What `run` would do, for `play_pipeline`, and nothing written.

    Raises `BadInput`, `NotFound`, `Unavailable` and `Resources` for all that can be refused without loading weights: stages,
    sources, variants, adapters, output, disk.
    """
    return (yield from plan_stages(settle_pipeline(run, studio), run, studio, out=out, picture=picture))


def plan_stages(
    pipeline: Pipeline, run: PipelineRun, studio: Studio, *, out: Path | None = None, picture: bool = False
) -> Steps[PipelinePlan]:
    """`plan_pipeline` of the pipeline that `run` has been read as. Raises as that does."""
    from ..pipeline import planning, sources
    from ..pipeline.codec_plan import plan_sound
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery, check_room

    library, delivery = studio.existing_library, Delivery(out, picture)
    context = planning.Studio(
        find=lambda source: sources.find_source(source, library),
        card=studio.read_card,
        check_adapter=lambda adapter: _check_adapter(adapter, studio),
        check_stem=lambda stage, source: check_stem_beforehand(stage, source, studio),
        scorers=SCORERS,
    )
    kept = {named.id for named in pipeline.stages if named.audio}
    planned = plan_sound(planning.plan_stages(pipeline, context, run.source), kept, preview=run.preview)
    yield from (replace(message, text=f"{one.id}: {message.text}") for one in planned for message in one.notes)
    delivery.check(planned[-1].takes, sources=[Path(run.source)] if run.source else [])
    seconds = sum(one.seconds * one.takes for one in planned if one.stage.kind != "select")
    target = delivery.target
    check_room([studio.settings.studio, *([target.parent] if target else [])], seconds)
    size, files = int(seconds * BYTES_PER_SECOND), delivery.files(planned[-1].takes, sung=_is_sung(planned[-1].stage))
    return PipelinePlan(pipeline.title, planned, seconds, size, files, pipeline.seed, run.source, estimate(planned, studio))


def play_pipeline(
    plan: PipelinePlan,
    studio: Studio,
    *,
    out: Path | None = None,
    picture: bool = False,
    metadata: bool = True,
    played: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Steps[PipelineResult]:
    """Play every stage of `plan`, keep every take, and copy those of the last stage to `out`;
    `metadata` lets copies say how they were made.

    `played` are the takes of stages that were played before, by their names: those are not played again.

    Raises `Interrupted` when stopped and `BadInput` where a stem that is to be extracted is not there; what was finished by then
    is kept in the library.
    """
    from ..pipeline.delivery import Delivery

    planned = plan.stages
    first = draw_seed() if plan.seed is None else plan.seed
    if plan.seed is None and any(one.needs_seed for one in planned):
        yield note(f"seed {first}")
    made: dict[str, tuple[Take, ...]] = {
        name: tuple(studio.library.takes.get(take) for take in takes) for name, takes in played.items()
    }
    try:
        for place, one in enumerate(planned):
            if one.id not in made:
                yield from play_stage(one, first + STRIDE * place, plan.source, made, studio, picture)
                yield Kept(one.id, tuple(take.id for take in made[one.id]))
    except (KeyboardInterrupt, Interrupted):
        done = sum(map(len, made.values()))
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped in stage {one.id}, {len(made)} of {len(planned)} done", remedy=remedy) from None
    last, delivery = made[planned[-1].id], Delivery(out, picture, metadata=metadata)
    copies = [delivery.deliver(take, place, len(last), studio.library) for place, take in enumerate(last)]
    ids = {name: tuple(take.id for take in takes) for name, takes in made.items()}
    return PipelineResult(ids, tuple(Rendered(take, path) for take, path in zip(last, copies, strict=True)))


def run_pipeline(
    run: PipelineRun, studio: Studio, *, out: Path | None = None, picture: bool = False, metadata: bool = True
) -> Steps[PipelineResult]:
    """Plan `run` and play it. Raises as `plan_pipeline` does before any work, then as `play_pipeline` does."""
    plan = yield from plan_pipeline(run, studio, out=out, picture=picture)
    return (yield from play_pipeline(plan, studio, out=out, picture=picture, metadata=metadata))


def settle_pipeline(run: PipelineRun, studio: Studio) -> Pipeline:
    """The pipeline with what is said of it when it is run. Raises `NotFound`, and `BadInput` that names every mistake."""
    tables = find_tables(run.pipeline, studio.settings.studio / FOLDER)
    if is_legacy(tables):
        remedy = f"translate it first: twin pipeline new NAME --like {run.pipeline}"
        raise BadInput(f"{run.pipeline} is a request of ACE-Step's page", remedy=remedy)
    for name, said in (("prompt", run.prompt), ("play", run.play), ("sampling", run.sampling)):
        given = said.model_dump(exclude_unset=True)
        tables[name] = {**tables.get(name, {}), **given} if isinstance(tables.get(name, {}), dict) else tables[name]
    if run.seconds is not None:
        tables["seconds"] = run.seconds
    if "variant" in run.play.model_fields_set and isinstance(tables.get("stages"), list):
        tables["stages"] = [_with_variant(table) for table in tables["stages"]]
    return read_pipeline(tables, where=run.pipeline)


def _with_variant(table: Any) -> Any:
    """A stage that leaves to the given variant who plays, and in how many steps."""
    if not isinstance(table, dict) or not isinstance(table.get("play"), dict):
        return table
    left = {"variant", "steps", "guidance", "shift"}
    return table | {"play": {name: value for name, value in table["play"].items() if name not in left}}


def _check_adapter(adapter: Adapter, studio: Studio) -> None:
    """Raise where `adapter` cannot be used."""
    from ..library.adapters import find
    from ..model.adapters import read

    read(find(str(adapter.folder), studio.settings.studio))


def _is_sung(stage: AnyStage) -> bool:
    """Whether what a stage makes has words of its own, which are then written beside it."""
    prompt = getattr(stage, "prompt", None)
    return isinstance(prompt, Prompt) and bool(prompt.lyrics)
