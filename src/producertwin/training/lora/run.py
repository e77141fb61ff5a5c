"""Train an adapter: the loop, and what it never loses.

A step is drawn from (seed, step) alone (`practice`), and between two steps everything fits together. Only there the run is
stopped, validated and saved; so N steps equal N/2, a resume and N/2 bit for bit on a CPU. Checkpoints are written beside the
training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import torch

from ...dataset.cache import Cache
from ...dataset.manifest import Manifest
from ...errors import BadInput, Diverged, Interrupted, Resources
from ...library import Library
from ...library.runs import ADAPTER, CHECKPOINTS
from ...model import adapters
from ...model.instrument import Instrument
from ...model.trainable import checkpointed, release, trainable
from ...progress import Clock, Steps
from ..log import Watch, silent
from ..stopping import Stop, stoppable
from .examples import Examples, sources
from .keeping import Identity, Keeper
from .learner import Learner, widened
from .practice import Practice
from .recipe import LoraRecipe
from .validation import Validation
from .words import Words


@dataclass(frozen=True, slots=True)
class TrainJob:
    """One run: what to train, on what, and where."""

    recipe: LoraRecipe
    manifest: Manifest
    folder: Path
    """The run's folder: `checkpoints/` and, at the end, `adapter/` come to lie here."""
    resume: Path | None = None
    """Checkpoint to go on from; the newest valid one of the folder when absent."""
    parent: Path | None = None
    """Adapter whose weights a fresh run begins with."""
    watch: Watch = field(default=silent, repr=False)
    """Who hears of it."""
    created: datetime | None = None
    """When the run was created, for the adapter's card."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a run."""

    step: int
    """Steps made."""
    adapter: Path
    """PEFT folder of the last weights, or of the best ones where the recipe has a patience."""
    stopped: str | None
    """Why it stopped early; None when it made all its steps."""
    best: int | None
    """Step with the lowest validation loss; None without validation."""


def train(job: TrainJob, library: Library, instrument: Instrument) -> Steps[Trained]:
    """Train, from where the folder's newest valid checkpoint stands. The instrument is afterwards as it was, bit for bit.

    Raises `BadInput` when a checkpoint belongs to something else or nothing can be learned from, `NotFound` when the set is not
    encoded for this variant, `Diverged`, `Interrupted` after saving, `Resources` when disk or memory run out, `Unavailable` when
    the recipe wants to compile and nothing here can.
    """
    with opened(job, library, instrument) as run, stoppable() as stop:
        try:
            return (yield from run.all(stop))
        except torch.OutOfMemoryError as error:
            remedy = "take --auto-fit, or --set training.checkpointing=true, a smaller training.batch or training.crop_seconds"
            raise Resources(f"the device's memory ran out at step {run.step}: {error}", remedy=remedy) from None


@contextmanager
def opened(job: TrainJob, library: Library, instrument: Instrument) -> Iterator[Run]:
    """The run with its adapter on the instrument, which is taken off at the end."""
    plan = job.recipe.training
    cache = Cache(library, instrument)
    shown = sources(cache, job.manifest.side("train"), stems=job.recipe.data.tasks.stems)
    examples = Examples(instrument, shown, job.recipe.data, plan.crop_frames)
    with widened(instrument.transformer, plan.precision):
        adapter = trainable(instrument, job.recipe.adapter, seed=plan.seed)
        checkpointed(instrument.transformer, plan.checkpointing)
        try:
            words = Words(instrument, job.recipe.data, trained=bool(job.recipe.adapter.encoders))
            held = sources(cache, job.manifest.side("holdout")) if plan.validate_every else []
            practice = Practice(instrument, job.recipe, examples, words)
            learner = Learner(adapter, job.recipe, job.recipe.steps(examples.frames))
            run = Run(job, learner, practice, Validation(instrument, held, job.recipe, words))
            try:
                yield run
            finally:
                run.keeper.close()
        finally:
            release(instrument.transformer)
            adapter.remove()


class Run:
    """One run in the making."""

    def __init__(self, job: TrainJob, learner: Learner, practice: Practice, validation: Validation) -> None:
        self.job, self.learner, self.practice, self.validation = job, learner, practice, validation
        self.plan = job.recipe.training
        identity = Identity(job.recipe, job.manifest, practice.instrument, job.created)
        self.keeper = Keeper(job.folder / CHECKPOINTS, identity, learner, job.watch)
        self.step = 0
        """Steps made."""
        self.torn = False
        """Whether the weights fit no step, and are not to be saved."""

    def all(self, stop: Stop) -> Steps[Trained]:
        """All steps from where the run stands."""
        self._begin()
        clock, whole = Clock("step", self.learner.steps), False
        try:
            while self.step < self.learner.steps and not self._enough():
                loss = self._advance()
                yield clock.at(self.step, f"loss {loss:.3f}")
                if stop.asked:
                    raise KeyboardInterrupt
            whole = True
        except KeyboardInterrupt:
            self._rescue()
            whole = True
            remedy = "run the same command again to go on"
            raise Interrupted(f"training stopped; everything up to step {self.keeper.kept} is saved", remedy=remedy) from None
        finally:
            if not whole:
                self._rescue()
        return self._end()

    def _begin(self) -> None:
        """Restore or begin; a fresh run is looked at and saved before its first step."""
        step = self.keeper.resume(self.job.resume)
        if step is not None:
            self.step = step
        else:
            self.job.watch.begin(-1)
            if self.job.parent is not None:
                self._inherit(self.job.parent)
            if self.validation:
                self._validate()
        if self.keeper.kept < 0:
            self.keeper.save(self.step)

    def _inherit(self, parent: Path) -> None:
        try:
            self.learner.begin_with(adapters.read(parent).state())
        except BadInput as error:
            remedy = "take the shape of that adapter over: name it with --from and leave the adapter's settings out"
            raise BadInput(f"training cannot begin with {parent}: {error.message}", remedy=remedy) from None

    def _enough(self) -> bool:
        return bool(self.plan.patience) and self.keeper.best.since >= self.plan.patience

    def _advance(self) -> float:
        """One optimizer step and what follows it; returns its loss. Raises `Diverged`."""
        guard, rate = self.keeper.guard, self.learner.rate(self.step)
        done = self.practice.gather(self.step)
        self.torn = True
        norm = self.learner.step(self.step, guard.factor) if math.isfinite(done.loss) else math.nan
        self.step += 1
        wrong = guard.note(done.loss, norm)
        self.torn = False
        self.learner.forget()
        row = {"step": self.step, "loss": done.loss, **done.quarters, "norm": norm, "rate": rate * guard.factor}
        self.job.watch.step(row | {"audio": done.seconds})
        if not (math.isfinite(done.loss) and math.isfinite(norm)):
            shown = "; ".join(map(str, done.examples))
            self.job.watch.warn(self.step, f"skipped a batch with loss {done.loss:g} and gradient {norm:g}: {shown}")
        if wrong is not None:
            self._go_back(wrong)
        else:
            self._look()
        return done.loss

    def _look(self) -> None:
        """Validate and save where it is time."""
        plan, last, best = self.plan, self.step == self.learner.steps, False
        if self.validation and (last or self.step % plan.validate_every == 0):
            best = self._validate()
        if last or self.step % plan.save_every == 0 or (best and plan.patience) or self._enough():
            self.keeper.save(self.step)
        self.keeper.settle()

    def _validate(self) -> bool:
        """Ask the held-out side; returns whether it was the best so far."""
        with self.learner.showing():
            row = self.validation.row(self.step, self.practice.velocity)
        self.job.watch.validation(row)
        return self.keeper.best.note(self.step, row["loss"])

    def _go_back(self, wrong: str) -> None:
        """Go back to the last good checkpoint. Raises `Diverged` when that was done before."""
        self.torn = True
        found = self.keeper.go_back(wrong)
        if found is None:
            remedy = "lower optimizer.rate, or look at the tracks named in the log; the last good checkpoint is kept"
            raise Diverged(f"training left the road at step {self.step}, again at half the rate: {wrong}", remedy=remedy)
        self.step, self.torn = found, False

    def _rescue(self) -> None:
        """Save where the run stands, if its weights are those of a step."""
        self.learner.forget()
        self.keeper.settle(wait=True)
        if not self.torn and self.step != self.keeper.kept:
            self.keeper.save(self.step)
            self.keeper.settle(wait=True)

    def _end(self) -> Trained:
        keeper, best = self.keeper, self.keeper.best.step
        keeper.settle(wait=True)
        stopped = f"no better validation since step {best}" if self.step < self.learner.steps else None
        shipped = best if self.plan.patience and best is not None else self.step
        return Trained(self.step, keeper.ship(self.job.folder / ADAPTER, shipped), stopped, best)
