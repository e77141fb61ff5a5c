"""`pipeline`: play stages in a row, each on the takes of earlier ones.

Everything that can be refused is refused before the first note. Each stage's takes are kept as soon as they are done; between
stages of one variant the latents are handed on, so the codec is not passed through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import write_whole
from ..errors import BadInput, Interrupted
from ..pipeline.fields import Seconds
from ..pipeline.pipelines import NAME, Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from ..pipeline.stages import Play, Prompt
from ..progress import Steps, note, warning
from ..recipe import Record
from .pipeline_stage import play_stage
from .rendering import Rendered
from .scorers import SCORERS

if TYPE_CHECKING:
    from ..library import Library, Take
    from ..pipeline.delivery import Delivery
    from ..pipeline.planning import PlannedStage
    from ..pipeline.stages import Adapter
    from .studio import Studio

__all__ = [
    "PipelineInfo",
    "PipelinePlan",
    "PipelineResult",
    "PipelineRun",
    "begin_pipeline",
    "list_pipelines",
    "plan_pipeline",
    "run_pipeline",
    "trace_pipeline",
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


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """A pipeline as it would be played."""

    title: str
    stages: tuple[PlannedStage, ...]
    seconds: float
    """Length of all takes together."""
    bytes: int
    """The most they need on the disk."""


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
    for name in pipeline_files(folder):
        try:
            pipeline = read_pipeline(_with_caption(find_tables(name, folder)), where=name)
        except BadInput as error:
            yield warning(error.message)
            continue
        kinds = tuple(named.stage.kind for named in pipeline.stages)
        found.append(PipelineInfo(name, pipeline.title, pipeline.about, kinds, pipeline.needs_source))
    return tuple(found)


def plan_pipeline(run: PipelineRun, studio: Studio, *, out: Path | None = None) -> Steps[PipelinePlan]:
    """Tell what `run_pipeline` would do, and refuse what it would refuse, as far as is known without loading weights."""
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery

    pipeline = _read(run, studio)
    planned = _plan(pipeline, run, studio, studio.existing_library, Delivery(out))
    yield from ()
    total = sum(one.seconds * one.takes for one in planned if one.stage.kind != "select")
    return PipelinePlan(pipeline.title, planned, total, int(total * BYTES_PER_SECOND))


def run_pipeline(run: PipelineRun, studio: Studio, *, out: Path | None = None, picture: bool = False) -> Steps[PipelineResult]:
    """Play every stage, keep every take, and copy those of the last stage to `out`.

    Raises `BadInput`, `NotFound`, `Unavailable` and `Resources` before any work; `Interrupted` when stopped, with what was
    finished kept in the library.
    """
    from ..pipeline.delivery import Delivery
    from ..pipeline.executor import draw_seed

    pipeline, delivery, library = _read(run, studio), Delivery(out, picture), studio.library
    planned = _plan(pipeline, run, studio, library, delivery)
    first = draw_seed() if pipeline.seed is None else pipeline.seed
    if pipeline.seed is None and any(one.needs_seed for one in planned):
        yield note(f"seed {first}")
    made: dict[str, tuple[Take, ...]] = {}
    try:
        for place, one in enumerate(planned):
            yield from play_stage(one, first + STRIDE * place, run.source, made, studio, picture)
    except (KeyboardInterrupt, Interrupted):
        done = sum(map(len, made.values()))
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped in stage {one.id}, {len(made)} of {len(planned)} done", remedy=remedy) from None
    last = made[planned[-1].id]
    copies = [delivery.deliver(take, place, len(last), library) for place, take in enumerate(last)]
    ids = {name: tuple(take.id for take in takes) for name, takes in made.items()}
    return PipelineResult(ids, tuple(Rendered(take, path) for take, path in zip(last, copies, strict=True)))


def begin_pipeline(name: str, studio: Studio, *, like: str, force: bool = False) -> Path:
    """Write a pipeline of the user's own, a copy of `like`, and return its file.

    Raises `BadInput` for what is no name and, without `force`, for one that is there; `NotFound` where there is no `like`.
    """
    folder = studio.settings.studio / FOLDER
    if not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not a name", remedy="small letters, digits, - and _, and a letter first")
    path = folder / f"{name}.toml"
    if path.exists() and not force:
        raise BadInput(f"{path} exists", remedy="give another name, or --force to replace it")
    return write_whole(path, write_toml(find_tables(like, folder)).encode())


def trace_pipeline(key: str, studio: Studio) -> Pipeline:
    """The pipeline that makes the take `key` again: its stage and those of all that it was made from. Raises as `trace` does."""
    from ..pipeline.tracing import trace

    return trace(key, studio.library.takes)


def _read(run: PipelineRun, studio: Studio) -> Pipeline:
    """The pipeline with what is said of it when it is run."""
    tables = find_tables(run.pipeline, studio.settings.studio / FOLDER)
    for name, said in (("prompt", run.prompt), ("play", run.play)):
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


def _with_caption(tables: dict[str, Any]) -> dict[str, Any]:
    """A preset leaves the words to whoever runs it; some stand here so that it can be read."""
    prompt = tables.get("prompt", {})
    return tables | {"prompt": {"caption": "music", **prompt}} if isinstance(prompt, dict) else tables


def _plan(
    pipeline: Pipeline, run: PipelineRun, studio: Studio, library: Library | None, delivery: Delivery
) -> tuple[PlannedStage, ...]:
    """Refuse what can be refused before anything is loaded: stages, sources, variants, adapters, output, disk."""
    from ..library.adapters import find
    from ..model.adapters import read
    from ..model.variants.catalogue import resolve
    from ..model.variants.load import find_weights
    from ..pipeline import planning, sources
    from ..pipeline.delivery import check_room

    folder = studio.settings.studio

    def card(variant: str) -> Any:
        located = resolve(variant, studio.settings)
        if located.folder is not None:
            find_weights(variant, studio.settings)
        return located.read_card()

    def check_adapter(adapter: Adapter) -> None:
        read(find(str(adapter.folder), folder))

    context = planning.Studio(
        find=lambda source: sources.find_source(source, library),
        card=card,
        check_adapter=check_adapter,
        scorers=SCORERS,
    )
    planned = planning.plan_stages(pipeline, context, run.source)
    delivery.check(planned[-1].takes, sources=[Path(run.source)] if run.source else [])
    target = delivery.target
    total = sum(one.seconds * one.takes for one in planned if one.stage.kind != "select")
    check_room([folder, *([target.parent] if target else [])], total)
    return planned
