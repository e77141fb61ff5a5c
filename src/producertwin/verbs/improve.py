"""`twin improve`: a twin gets better by what was preferred; what comes of it is kept in a run, and installed by hand.

By keepers it is trained on, with the best takes beside the producer's songs. By dpo it learns from pairs, beginning with the
producer's twin, which is the reference, or with nothing, when the instrument is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..errors import NotFound
from ..progress import Steps, note
from ..recipe import Record
from ..wording import plural
from .improvements import ImprovementFacts, note_run
from .keepers import KeepPlan, keep_best, plan_keepers
from .studio import Studio
from .train import TrainPlan, train

if TYPE_CHECKING:
    from ..library.runs import Run
    from ..preferences.dpo.recipe import DpoRecipe
    from ..preferences.store import PairSet

__all__ = ["ImprovePlan", "Improved", "KeepPlan", "PlannedDpo", "improve", "plan_improve"]

NOTHING = "none"
"""What begins with the instrument alone."""


class ImprovePlan(Record):
    """Whose twin gets better, by what, and how."""

    producer: str = Field(min_length=1)
    """Whose twin gets better."""
    by: Literal["keepers", "dpo"] = "keepers"
    """keepers trains on with the best takes; dpo learns from pairs by direct preference optimisation."""
    pairs: str | None = None
    """Id of a set of pairs, or its beginning; the one that was added to last when absent."""
    keep: int = Field(32, ge=10, le=64)
    """By keepers: most takes that are kept."""
    anchor: float = Field(0.5, ge=0.0, le=0.95)
    """By keepers: share of the producer's own songs in what is learned from."""
    recipe: str | None = None
    """A TOML file or a shipped recipe: of training for keepers, of preference training for dpo; the variant's own when absent."""
    steps: int | None = Field(None, ge=1, le=1_000_000)
    """Optimizer steps; the recipe's when absent."""
    start: str | None = None
    """An adapter to begin with, or none; the producer's twin when absent and one is installed."""
    variant: str = Field("nano", min_length=1)
    """The instrument that learns."""
    rounds: int | None = Field(None, ge=1, le=20)
    """At most so many rounds of candidates, learning and proof; learns once, without proof, when absent."""
    judges: tuple[str, ...] = ()
    """With rounds: a scorer that is not learned from and judges; may be repeated. All that are left when absent."""
    proof: int = Field(50, ge=10, le=1_000)
    """With rounds: prompts that each round is proven on, which nobody learns from."""


@dataclass(frozen=True, slots=True)
class PlannedDpo:
    """Which pairs would be learned from."""

    recipe: DpoRecipe
    pairs: PairSet
    learned: int
    """Pairs of the set that are learned from."""
    held_out: int
    parent: Path | None
    """The adapter that it begins with; None for nothing."""


@dataclass(frozen=True, slots=True)
class Improved:
    """What came of it."""

    run: Run
    adapter: Path
    learned: int
    """Pairs, or takes, that were learned from."""
    left_out: dict[str, str]
    """By id, why others were not."""
    dataset: str | None = None
    """The training set of keepers."""
    off_policy: int = 0
    """Pairs that others made than what training began with."""


def plan_improve(plan: ImprovePlan, studio: Studio) -> PlannedDpo | KeepPlan:
    """Find what `plan` means; no weights are loaded. Raises `NotFound` and `BadInput` for what is named wrongly."""
    studio.read_card(plan.variant)
    if plan.by == "keepers":
        find_parent(plan, studio)
        return plan_keepers(plan.producer, plan.pairs, plan.keep, plan.anchor, studio)
    return plan_dpo(plan, studio)


def plan_dpo(plan: ImprovePlan, studio: Studio) -> PlannedDpo:
    """`plan_improve` by dpo."""
    from ..preferences import store
    from ..preferences.dpo.recipe import load_recipe
    from ..preferences.dpo.runner import choose_pairs, with_parent

    parent = find_parent(plan, studio)
    recipe = with_parent(load_recipe(plan.recipe or "nano"), parent)
    if plan.steps is not None:
        recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"steps": plan.steps})})
    found = store.find(plan.pairs, studio.settings.studio)
    pairs = found.pairs
    chosen, held = choose_pairs(pairs, recipe.dpo.least_margin), sum(one.split == "holdout" for one in pairs)
    learned = sum(one.chosen.take is not None and one.rejected.take is not None for one in chosen)
    if not learned:
        files = len(chosen) - learned
        message = f"set {found.id} has no pair to learn from, of {len(pairs)}, {held} of them held out, {files} of files alone"
        raise NotFound(message, remedy="make more: twin pairs make, or twin pairs collect")
    return PlannedDpo(recipe, found, learned, held, parent)


def find_parent(asked: ImprovePlan, studio: Studio) -> Path | None:
    """The adapter that it begins with; None for nothing. Raises `NotFound` for one that is named and not there."""
    from ..library import adapters as installed

    if asked.start == NOTHING:
        return None
    try:
        return installed.find(asked.start or asked.producer, studio.settings.studio)
    except NotFound:
        if asked.start is not None:
            raise
        return None


def improve(plan: ImprovePlan, studio: Studio) -> Steps[Improved]:
    """Learn what was preferred; the same plan again goes on with a run that was stopped or killed, to the same weights.

    The twin that is installed stays as it is. Raises as `plan_improve` does, and by keepers as `keep_best` and `train` do, by dpo
    as `preferences.dpo.runner.run_dpo` does: `Diverged` where the chosen takes get worse.
    """
    from ..preferences import store

    parent = find_parent(plan, studio)
    pairs = store.find(plan.pairs, studio.settings.studio).id
    facts = ImprovementFacts(by=plan.by, pairs=pairs, start=None if parent is None else str(parent))
    work = _by_keepers(plan, studio) if plan.by == "keepers" else _by_dpo(plan, studio)
    return (yield from note_run(work, facts, studio))


def _by_keepers(plan: ImprovePlan, studio: Studio) -> Steps[Improved]:
    studio.read_card(plan.variant)
    parent = find_parent(plan, studio)
    planned = plan_keepers(plan.producer, plan.pairs, plan.keep, plan.anchor, studio)
    instrument = yield from studio.load_instrument(plan.variant)
    kept = yield from keep_best(planned, instrument, studio)
    asked = TrainPlan(
        producer=plan.producer,
        recipe=plan.recipe,
        changes=() if plan.steps is None else (f"training.steps={plan.steps}",),
        dataset=kept.id,
        variant=plan.variant,
        start=None if parent is None else str(parent),
        no_install=True,
    )
    done = (yield from train(asked, studio)).finished
    return Improved(done.run, done.adapter, len(kept.keepers), kept.refused, kept.id)


def _by_dpo(plan: ImprovePlan, studio: Studio) -> Steps[Improved]:
    from ..preferences.dpo.runner import run_dpo

    studio.read_card(plan.variant)
    found = plan_dpo(plan, studio)
    instrument = yield from studio.load_instrument(plan.variant)
    yield note(f"set {found.pairs.id}: {plural(found.learned, 'pair')} to learn from; {found.held_out} held out")
    yield note(
        "the reference is the instrument alone" if found.parent is None else f"the reference is the twin in {found.parent}"
    )
    done = yield from run_dpo(found.recipe, plan.producer, found.pairs.pairs, found.parent, studio.library, instrument)
    return Improved(done.run, done.adapter, done.pairs, done.left_out, off_policy=done.off_policy)
