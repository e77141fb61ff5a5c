"""Carry out a preference training: which pairs and adapter it begins with, and its run, which goes on where it was killed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...library import Library
from ...library.runs import Run, RunDraft
from ...model import adapters
from ...model.instrument import Instrument
from ...progress import Kept, Steps, note, warning
from ...recipe import fingerprint
from ...training.log import Log
from ...training.lora import recipes
from ...training.lora.loop import TrainedAdapter
from ...training.lora.runner import carry_out
from ...wording import plural, plural_are
from ..pair import Pair
from .examples import load_pairs
from .loop import DpoTask, learn
from .recipe import DpoRecipe


@dataclass(frozen=True, slots=True)
class FinishedDpo:
    """A preference training that came to its end."""

    run: Run
    adapter: Path
    pairs: int
    """Pairs that were learned from."""
    left_out: dict[str, str]
    """By id, why others were not."""
    off_policy: int
    """Pairs that were learned from and that others made than what training began with."""


def count_off_policy(pairs: Iterable[Pair], parent: Path | None) -> int:
    """How many of `pairs` have a take that others made than the adapter `parent` alone, or, where it is None, than no adapter.

    Direct preference optimisation weighs what the reference may play; of what others played it learns less, and drifts more.
    """
    worn = () if parent is None else (adapters.read(parent).revision,)
    origins = ((pair.chosen.origin, pair.rejected.origin) for pair in pairs)
    return sum(any(one is not None and one.adapters != worn for one in both) for both in origins)


def choose_pairs(pairs: Sequence[Pair], least_margin: float) -> tuple[Pair, ...]:
    """The pairs that are learned from: none that is held out, and none whose margin is measured and less than `least_margin`."""
    return tuple(one for one in pairs if one.split == "train" and (one.margin is None or one.margin >= least_margin))


def with_parent(recipe: DpoRecipe, parent: Path | None) -> DpoRecipe:
    """The recipe with the shape of the adapter that it begins with. Raises as `adapters.read` does."""
    if parent is None:
        return recipe
    return recipe.model_copy(update={"adapter": adapters.read(parent).spec.model_copy(update={"dropout": 0.0})})


def run_dpo(
    recipe: DpoRecipe, producer: str, pairs: Sequence[Pair], parent: Path | None, library: Library, instrument: Instrument
) -> Steps[FinishedDpo]:
    """Learn from `pairs` in a run of `producer`; the same again goes on with a run that was stopped or killed.

    Warns of pairs that cannot be learned from. Raises as `load_pairs`, `learn` and `training.lora.runner.carry_out` do.
    """
    loaded = load_pairs(choose_pairs(pairs, recipe.dpo.least_margin), library, instrument)
    if loaded.left_out:
        yield warning(
            f"{plural_are(len(loaded.left_out), 'pair')} left out, the first because {next(iter(loaded.left_out.values()))}"
        )
    learned = {one.id for one in loaded.examples}
    off_policy = count_off_policy((one for one in pairs if one.id in learned), parent)
    if off_policy:
        message = f"{off_policy} of {len(learned)} pairs are off-policy: others made them than what training begins with"
        yield warning(f"{message}; make new ones with it: twin pairs make --adapter")
    card = None if parent is None else adapters.card_of(parent)
    print_of = fingerprint([one.id for one in loaded.examples])
    task = DpoTask(recipe, loaded.examples, print_of, producer, card.dataset if card else "", parent)
    run, begun = _open_record(task, library, instrument)
    yield note(begun)
    yield Kept(f"record of run {run.id}", run=run.id)
    folder = library.runs.folder(run)

    def train(opened: Run) -> Steps[TrainedAdapter]:
        def at_checkpoint(step: int, _: Path) -> list[str]:
            library.runs.update(library.runs.get(opened.id), step=step, status="running")
            return []

        with Log(folder, recipe.steps, sample=at_checkpoint) as log:
            return (yield from learn(replace(task, created=opened.created), folder, instrument, log))

    run, trained = yield from carry_out(run, recipes.to_toml(recipe), train, library)
    return FinishedDpo(run, trained.adapter, len(loaded.examples), loaded.left_out, off_policy)


def _open_record(task: DpoTask, library: Library, instrument: Instrument) -> tuple[Run, str]:
    """The run to go on with or a new one, and a line that says which."""
    draft = RunDraft(
        kind="dpo",
        producer=task.producer,
        variant=instrument.variant,
        revision=instrument.revision,
        dataset=task.pairs,
        recipe=task.recipe.fingerprint,
        steps=task.recipe.steps,
        start=None if task.parent is None else str(task.parent),
    )
    known = library.runs.find_resumable(draft)
    if known is None:
        run = library.runs.create(draft, recipes.to_toml(task.recipe))
        return run, f"run {run.id}: {plural(run.steps, 'step')} from {plural(len(task.examples), 'pair')}"
    saved = library.runs.checkpoints(known)
    where = f"step {saved[-1][0]}" if saved else "its beginning"
    return known, f"run {known.id} was {known.status}: going on from {where}"
