"""From what a user asks to a task: which training set, recipe, parent adapter, run and variant are meant."""

from __future__ import annotations

from pathlib import Path

from ...dataset import store
from ...dataset.manifest import Manifest
from ...errors import BadInput, NotFound
from ...library import Library
from ...library.adapters import find as find_adapter
from ...library.adapters import slug, slug_words
from ...library.runs import CHECKPOINTS, RECIPE, Run
from ...model import adapters
from ...model.adapter_spec import AdapterCard, LoraSpec
from ...model.variants import catalogue
from ...recipe import assignments
from ...settings import Settings
from . import recipes
from .plan import TrainPlan, TrainTask

_SMALL = ("nano", "tiny")


def resolve(plan: TrainPlan, library: Library, settings: Settings) -> TrainTask:
    """Find everything that `plan` names. Raises `NotFound` and `BadInput`; nothing is loaded."""
    named = None if plan.resume is None else _find_run(plan.resume, library)
    if named is not None:
        return _resolve_begun(plan, *named, library, settings)
    manifest, producer = _find_manifest(plan, library)
    slug(producer)
    variant = plan.variant or "nano"
    parent = None if plan.start is None else find_adapter(plan.start, library.studio)
    name = plan.recipe or ("lora-nano" if variant in _SMALL else "lora-producer")
    chosen = recipes.load(name, _read_changes(plan), _read_parent(parent))
    return TrainTask(
        producer,
        catalogue.resolve(variant, settings),
        chosen.recipe,
        manifest,
        recipe_name=chosen.name,
        inherited=chosen.inherited,
        parent=parent,
        checkpoint=None if plan.resume is None else Path(plan.resume),
    )


def _resolve_begun(plan: TrainPlan, run: Run, checkpoint: Path | None, library: Library, settings: Settings) -> TrainTask:
    """The task that began `run`, read from the run's folder."""
    given = {"--recipe": plan.recipe, "--dataset": plan.dataset, "--variant": plan.variant, "--from": plan.start}
    if more := [name for name, value in given.items() if value is not None]:
        remedy = "leave it out, or leave out --resume to begin a new run"
        raise BadInput(f"{', '.join(more)} cannot change a run that has begun", remedy=remedy)
    if plan.producer is not None and slug_words(plan.producer) != slug_words(run.producer):
        raise BadInput(f"run {run.id} is {run.producer}'s, not {plan.producer}'s", remedy="see `twin runs list`")
    chosen = recipes.load(library.runs.folder(run) / RECIPE, _read_changes(plan))
    if chosen.recipe.fingerprint != run.recipe:
        was = recipes.load(library.runs.folder(run) / RECIPE).recipe.identity
        odd = [key for key, value in chosen.recipe.identity.items() if was.get(key) != value]
        raise BadInput(
            f"run {run.id} has begun under another recipe ({', '.join(odd) or 'its recipe.toml was changed'})",
            remedy="go on without this change, or leave out --resume to begin a new run",
        )
    return TrainTask(
        run.producer,
        catalogue.resolve(run.source or run.variant, settings),
        chosen.recipe,
        store.find(run.dataset.removeprefix("b2:")[:12], library.studio),
        recipe_name=chosen.name,
        parent=None if run.start is None else Path(run.start),
        run=run,
        checkpoint=checkpoint,
    )


def _find_run(key: str, library: Library) -> tuple[Run, Path | None] | None:
    """The run that `key` means, and its checkpoint where one is named; None for a checkpoint outside the studio."""
    path, runs = Path(key), library.runs
    if not path.is_dir():
        return runs.get(key), None
    whole, home = path.resolve(), runs.place.resolve()
    if whole.parent == home:
        return runs.get(whole.name), None
    if whole.parent.name == CHECKPOINTS and whole.parents[2] == home:
        return runs.get(whole.parents[1].name), path
    return None


def _find_manifest(plan: TrainPlan, library: Library) -> tuple[Manifest, str]:
    """The training set that is meant, and whose it is."""
    if plan.dataset is not None:
        manifest = store.find(plan.dataset, library.studio)
        producer = plan.producer or manifest.plan.producer
        if producer is None:
            remedy = "say whose twin it makes: twin train PRODUCER --dataset SET"
            raise BadInput("the training set is everybody's", remedy=remedy)
        return manifest, producer
    if plan.producer is None:
        raise BadInput("nobody is named", remedy="say whose sound to learn: twin train PRODUCER")
    wanted = slug_words(plan.producer)
    for one in store.list_datasets(library.studio):
        if one.producer is not None and slug_words(one.producer) == wanted:
            return store.find(str(one.path), library.studio), one.producer
    remedy = f'freeze one: twin dataset split --producer "{plan.producer}", or name one: --dataset SET (see `twin dataset list`)'
    raise NotFound(f"no training set of {plan.producer!r} in {library.studio}", remedy=remedy)


def _read_parent(parent: Path | None) -> tuple[LoraSpec | AdapterCard, ...]:
    """What the adapter in folder `parent` hands down: its shape, and its card where it has one."""
    if parent is None:
        return ()
    found = adapters.read(parent)
    return (found.spec, found.card) if found.card else (found.spec,)


def _read_changes(plan: TrainPlan) -> dict[str, str]:
    """Values to set by hand, by dotted key of the recipe."""
    return assignments(plan.changes, like="KEY=VALUE, such as training.steps=200")
