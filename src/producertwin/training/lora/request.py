"""From what a user asks to an order that can be conducted: which training set, recipe, parent and run, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...dataset import shelf
from ...dataset.manifest import Manifest
from ...errors import BadInput, NotFound, Resources
from ...library import Library
from ...library.adapters import find as find_adapter
from ...library.adapters import slug, slug_words
from ...library.runs import CHECKPOINTS, RECIPE, Run
from ...model import adapters, catalogue
from ...model.outline import outline
from ...recipe import assignments
from ...settings import Settings
from . import recipes
from .memory import Plan, estimate, fit, free_bytes, told
from .plan import TrainPlan
from .runner import Order

_NO_RECIPE = ("nano", "tiny")


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, the instrument it is for, and where its recipe comes from."""

    order: Order
    variant: str
    recipe: str
    """Name of the recipe."""
    inherited: dict[str, object]
    """By dotted key of the recipe, what it took over from the adapter it begins with."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """An order with what it takes of the memory that is free."""

    order: Order
    plan: Plan
    free: int
    changes: tuple[str, ...]
    """What was changed so that it fits."""


def order(asked: TrainPlan, library: Library) -> Ordered:
    """What `asked` means in this studio. Raises `NotFound` and `BadInput` before anything is loaded."""
    meant = None if asked.resume is None else _run_of(asked.resume, library)
    if meant is not None:
        return _resumed(asked, *meant, library)
    manifest, producer = _manifest(asked, library)
    slug(producer)
    variant = asked.variant or "nano"
    parent = None if asked.start is None else find_adapter(asked.start, library.studio)
    name = asked.recipe or ("lora-nano" if variant in _NO_RECIPE else "lora-producer")
    chosen = recipes.load(name, _changes(asked), _parents(parent))
    checkpoint = None if asked.resume is None else Path(asked.resume)
    source = None if variant in catalogue.VARIANTS else Path(variant).expanduser().resolve()
    whole = Order(producer, chosen.recipe, manifest, parent, source, checkpoint=checkpoint)
    return Ordered(whole, variant, chosen.name, dict(chosen.inherited))


def fitted(ordered: Ordered, settings: Settings, *, auto: bool) -> Fitted:
    """The order with its memory plan, made smaller where it does not fit and `auto` allows.

    Raises `Resources`, with what would help, when it does not fit. A run that has begun is never changed.
    """
    shape = outline(ordered.variant, settings)
    whole, recipe = ordered.order, ordered.order.recipe
    known = catalogue.VARIANTS.get(ordered.variant)
    card = known.card if known else catalogue.card_of(Path(ordered.variant))
    words = told(whole.manifest.side("train"), recipe, card)
    free = free_bytes(shape.device)
    plan, proposals = estimate(recipe, shape, words), fit(recipe, shape, words, free)
    if not proposals:
        return Fitted(whole, plan, free, ())
    last, changes = proposals[-1], tuple(one.change for one in proposals)
    message = f"training needs about {plan.total / 1e9:.1f} GB, and {free / 1e9:.1f} GB of {shape.device} are free"
    if not last.plan.fits(free):
        message = f"{message}; with {', '.join(changes)} it needs {last.plan.total / 1e9:.1f} GB"
        raise Resources(message, remedy="close other programs, shorten training.crop_seconds, or train a smaller variant")
    if not auto or whole.run is not None:
        begun = "resume it where more is free" if whole.run is not None else f"add --auto-fit, which takes {', '.join(changes)}"
        raise Resources(message, remedy=f"{begun}, or shorten training.crop_seconds")
    return Fitted(replace(whole, recipe=last.recipe), last.plan, free, changes)


def _resumed(asked: TrainPlan, run: Run, checkpoint: Path | None, library: Library) -> Ordered:
    """The order that began `run`, as its folder tells."""
    given = {"--recipe": asked.recipe, "--dataset": asked.dataset, "--variant": asked.variant, "--from": asked.start}
    if more := [name for name, value in given.items() if value is not None]:
        remedy = "leave it out, or leave out --resume to begin a new run"
        raise BadInput(f"{', '.join(more)} cannot change a run that has begun", remedy=remedy)
    if asked.producer is not None and slug_words(asked.producer) != slug_words(run.producer):
        raise BadInput(f"run {run.id} is {run.producer}'s, not {asked.producer}'s", remedy="see `twin runs list`")
    chosen = recipes.load(library.runs.folder(run) / RECIPE, _changes(asked))
    if chosen.recipe.fingerprint != run.recipe:
        was = recipes.load(library.runs.folder(run) / RECIPE).recipe.identity
        odd = [key for key, value in chosen.recipe.identity.items() if was.get(key) != value]
        raise BadInput(
            f"run {run.id} has begun under another recipe ({', '.join(odd) or 'its recipe.toml was changed'})",
            remedy="go on without this change, or leave out --resume to begin a new run",
        )
    manifest = shelf.find(run.dataset.removeprefix("b2:")[:12], library.studio)
    parent, source = (None if place is None else Path(place) for place in (run.start, run.source))
    whole = Order(run.producer, chosen.recipe, manifest, parent, source, run, checkpoint)
    return Ordered(whole, run.source or run.variant, chosen.name, {})


def _run_of(key: str, library: Library) -> tuple[Run, Path | None] | None:
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


def _manifest(asked: TrainPlan, library: Library) -> tuple[Manifest, str]:
    """The training set that is meant, and whose it is."""
    if asked.dataset is not None:
        manifest = shelf.find(asked.dataset, library.studio)
        producer = asked.producer or manifest.plan.producer
        if producer is None:
            remedy = "say whose twin it makes: twin train PRODUCER --dataset SET"
            raise BadInput("the training set is everybody's", remedy=remedy)
        return manifest, producer
    if asked.producer is None:
        raise BadInput("nobody is named", remedy="say whose sound to learn: twin train PRODUCER")
    wanted = slug_words(asked.producer)
    for one in shelf.every(library.studio):
        if one.producer is not None and slug_words(one.producer) == wanted:
            return shelf.find(str(one.path), library.studio), one.producer
    remedy = f'freeze one: twin split --producer "{asked.producer}", or name one: --dataset SET (see `twin dataset list`)'
    raise NotFound(f"no training set of {asked.producer!r} in {library.studio}", remedy=remedy)


def _parents(parent: Path | None) -> tuple[Any, ...]:
    """What an adapter hands down: its shape, and its card where it has one."""
    if parent is None:
        return ()
    found = adapters.read(parent)
    return (found.spec, found.card) if found.card else (found.spec,)


def _changes(asked: TrainPlan) -> dict[str, str]:
    return assignments(asked.changes, like="KEY=VALUE, such as training.steps=200")
