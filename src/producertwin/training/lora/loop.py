"""Train an adapter: the loop around `step`, with validation, checkpoints and going back when training diverges.

A step is drawn from (seed, step) alone, and the run is validated, saved and stopped only between two steps; so N steps equal N/2,
a resume and N/2 bit for bit on a CPU. Checkpoints are written beside the training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from ...dataset.cache import EncodedCache
from ...errors import BadInput, Diverged, Interrupted, Resources
from ...library import Library
from ...library.runs import ADAPTER, CHECKPOINTS
from ...model import adapters
from ...model.adapters.quantised import quantise
from ...model.adapters.trainable import Trainable, release, set_checkpointing, trainable
from ...model.instrument import Instrument
from ...progress import Event, Kept, Steps, note
from .. import optimizer
from ..log import Callbacks, no_callbacks
from ..loop import run_steps
from ..speed import LEAST_STEPS, describe_speed, may_choose_threads, measure_speed, suggest_shorter
from ..state import TrainState
from ..stopping import Stop, stoppable
from .checkpointing import Checkpointer, RunIdentity
from .conditions import Conditions
from .examples import ExampleSampler, load_sources
from .monitoring import Validation
from .plan import TrainTask
from .recipe import LoraRecipe, OptimizerPlan
from .step import TrainStep


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """The result of a run."""

    step: int
    """Steps made."""
    adapter: Path
    """PEFT folder of the last weights, or of the best ones where the recipe has a patience."""
    stopped: str | None
    """Why it stopped early; None when it made all its steps."""
    best: int | None
    """Step with the lowest validation loss; None without validation."""


def train_adapter(
    task: TrainTask,
    folder: Path,
    library: Library,
    instrument: Instrument,
    callbacks: Callbacks = no_callbacks,
    created: datetime | None = None,
) -> Steps[TrainedAdapter]:
    """Train, from the newest valid checkpoint in the run's `folder` on. The instrument is afterwards as it was, bit for bit.

    In `folder` come to lie `checkpoints/` and, at the end, `adapter/`; `created` is what the adapter's card says.

    Raises `BadInput` when a checkpoint belongs to something else or nothing can be learned from, `NotFound` when the set is not
    encoded for this variant, `Diverged`, `Interrupted` after saving, `Resources` when disk or memory run out, `Unavailable` when
    the recipe wants to compile and nothing here can.
    """
    with open_run(task, folder, library, instrument, callbacks, created) as run, stoppable() as stop:
        try:
            return (yield from run.make_all_steps(stop))
        except torch.OutOfMemoryError as error:
            remedy = "take --auto-fit, or --set training.checkpointing=true, a smaller training.batch or training.crop_seconds"
            raise Resources(f"the device's memory ran out at step {run.step}: {error}", remedy=remedy) from None


@contextmanager
def open_run(
    task: TrainTask,
    folder: Path,
    library: Library,
    instrument: Instrument,
    callbacks: Callbacks = no_callbacks,
    created: datetime | None = None,
) -> Iterator[TrainingRun]:
    """Open the run in `folder` with its adapter on the instrument, which is taken off at the end."""
    recipe, plan, cache = task.recipe, task.recipe.training, EncodedCache(library, instrument)
    sources = load_sources(cache, task.manifest.side("train"), stems=recipe.data.tasks.stems)
    examples = ExampleSampler(instrument, sources, recipe.data, plan.crop_frames)
    with widen(instrument.transformer, plan.precision), quantise(instrument.transformer, plan.base_precision):
        adapter = trainable(instrument, recipe.adapter, seed=plan.seed)
        random = bool(recipe.adapter.dropout)
        set_checkpointing(instrument.transformer, plan.checkpointing, compiled=plan.compile, random=random)
        try:
            conditions = Conditions(instrument, recipe.data, trained=bool(recipe.adapter.encoders))
            held_out = load_sources(cache, task.manifest.side("holdout")) if plan.validate_every else []
            state = make_state(adapter, recipe, recipe.steps(examples.frames))
            trainer = TrainStep(instrument, recipe, examples, conditions, state)
            validation = Validation(instrument, held_out, recipe, conditions)
            identity = RunIdentity(recipe, task.manifest, instrument, created)
            checkpointer = Checkpointer(folder / CHECKPOINTS, identity, adapter, state, callbacks)
            try:
                yield TrainingRun(task, folder, trainer, validation, checkpointer)
            finally:
                checkpointer.close()
        finally:
            release(instrument.transformer)
            adapter.remove()


def make_state(adapter: Trainable, recipe: LoraRecipe, steps: int) -> TrainState:
    """The adapter's weights with a fresh optimizer, to be trained for `steps` steps."""
    plan = recipe.optimizer
    chosen = optimizer.adamw(adapter.parameters, plan.rate, plan.decay, eight_bit=plan.kind == "adamw8bit")
    average = recipe.training.average or None

    def rate(step: int) -> float:
        return rate_at(plan, step, steps)

    return TrainState(adapter.parameters, chosen, rate, clip=plan.clip, average=average, load=adapter.load)


def rate_at(plan: OptimizerPlan, step: int, steps: int) -> float:
    """Learning rate of `step` out of `steps`."""
    if plan.schedule == "cosine":
        return plan.rate * optimizer.cosine(step, plan.warmup, steps)
    return plan.rate * (optimizer.warm_up(step, plan.warmup) or 1.0)


class TrainingRun:
    """One run while it lasts, as `training.loop` drives it."""

    def __init__(
        self, task: TrainTask, folder: Path, trainer: TrainStep, validation: Validation, checkpointer: Checkpointer
    ) -> None:
        self.task, self.folder, self.trainer, self.validation, self.checkpointer = task, folder, trainer, validation, checkpointer
        self.plan, self.state = task.recipe.training, trainer.state
        self.adapter, self.callbacks = checkpointer.adapter, checkpointer.callbacks
        self.step = 0
        """Steps made."""
        self._told = 0
        """Step of the last checkpoint that was told of."""
        self.steps = task.recipe.steps(trainer.examples.frames)
        """Steps in all."""

    def make_all_steps(self, stop: Stop) -> Steps[TrainedAdapter]:
        """Make all steps from where the run stands, and put the adapter into the run's folder."""
        with _keep_threads():
            yield from self._begin()
            try:
                yield from run_steps(self, stop)
            except KeyboardInterrupt:
                remedy, kept = "run the same command again to go on", self.checkpointer.kept
                raise Interrupted(f"training stopped; everything up to step {kept} is saved", remedy=remedy) from None
        done = self._end()
        yield from self.take_messages()
        return done

    def is_finished(self) -> bool:
        """Whether all steps are made, or the patience is at its end."""
        return self.step >= self.steps or self._is_out_of_patience()

    def advance(self) -> str:
        """Make one optimizer step and what follows it. Raises `Diverged`."""
        guard = self.checkpointer.guard
        done = self.trainer.take(self.step, guard.factor)
        self.step += 1
        wrong = guard.note(done.loss, done.norm)
        self.state.torn = False
        self.state.drop_gradients()
        self.callbacks.on_step(done.row(self.step))
        if not done.finite:
            named = "; ".join(map(str, done.examples))
            self.callbacks.warn(self.step, f"skipped a batch with loss {done.loss:g} and gradient {done.norm:g}: {named}")
        if wrong is not None:
            self._roll_back(wrong)
        else:
            self._validate_and_save()
        return f"loss {done.loss:.3f}"

    def rescue(self) -> None:
        """Save where the run stands, if its weights are those of a step."""
        self.state.drop_gradients()
        self.checkpointer.settle(wait=True)
        if not self.state.torn and self.step != self.checkpointer.kept:
            self.checkpointer.save(self.step)
            self.checkpointer.settle(wait=True)

    def take_messages(self) -> Sequence[Event]:
        """Warnings since the last call, and the newest checkpoint if there is a new one."""
        told: list[Event] = [*self.callbacks.take_messages()]
        if self.checkpointer.stored > self._told:
            self._told = self.checkpointer.stored
            told.append(Kept(f"step {self._told}"))
        return told

    def _begin(self) -> Steps[None]:
        """Restore or begin, and say how long it will take; a fresh run is validated and saved before its first step."""
        step = self.checkpointer.resume(self.task.checkpoint)
        if step is not None:
            self.step = step
        yield from self._measure_speed(fresh=step is None)
        if step is None:
            self.callbacks.on_begin(-1)
            if self.task.parent is not None:
                self._start_from(self.task.parent)
            if self.validation:
                self._validate()
        if self.checkpointer.kept < 0:
            self.checkpointer.save(self.step)

    def _measure_speed(self, *, fresh: bool) -> Steps[None]:
        """Choose the threads, unless recipe or checkpoint have, and tell how long it takes, and what shortens a `fresh` run."""
        left, known = self.steps - self.step, self.plan.threads or self.checkpointer.threads
        if known:
            torch.set_num_threads(known)
        self.checkpointer.threads = torch.get_num_threads()
        if left < LEAST_STEPS:  # measuring would take as long
            return
        choose = not known and may_choose_threads(self.trainer.instrument.device)
        speed = measure_speed(lambda: self.trainer.try_out(self.step), left, choose=choose)
        self.checkpointer.threads = speed.threads
        yield note(describe_speed(speed, left))
        key, value = ("steps", self.plan.steps) if self.plan.steps else ("epochs", self.plan.epochs)
        if fresh and value and (offer := suggest_shorter(speed, left, f"training.{key}", value)):
            yield note(offer)

    def _start_from(self, parent: Path) -> None:
        try:
            self.state.start_from(adapters.read(parent).state())
        except BadInput as error:
            remedy = "take the shape of that adapter over: name it with --from and leave the adapter's settings out"
            raise BadInput(f"training cannot begin with {parent}: {error.message}", remedy=remedy) from None

    def _is_out_of_patience(self) -> bool:
        return bool(self.plan.patience) and self.checkpointer.best.since >= self.plan.patience

    def _validate_and_save(self) -> None:
        """Validate and save where it is time."""
        plan, last, best = self.plan, self.step == self.steps, False
        if self.validation and (last or self.step % plan.validate_every == 0):
            best = self._validate()
        if last or self.step % plan.save_every == 0 or best or self._is_out_of_patience():
            self.checkpointer.save(self.step)
        self.checkpointer.settle()

    def _validate(self) -> bool:
        """Measure the held-out loss; returns whether it was the best so far."""
        self.adapter.set_training(False)
        try:
            with self.state.show_average():
                row = self.validation.measure(self.step)
        finally:
            self.adapter.set_training(True)
        self.callbacks.on_validation(row)
        return self.checkpointer.best.note(self.step, row["loss"])

    def _roll_back(self, wrong: str) -> None:
        """Go back to the last good checkpoint. Raises `Diverged` when that was done before."""
        self.state.torn = True
        found = self.checkpointer.roll_back(wrong)
        if found is None:
            remedy = "lower optimizer.rate, or look at the tracks named in the log; the last good checkpoint is kept"
            raise Diverged(f"training diverged at step {self.step}, again at half the rate: {wrong}", remedy=remedy)
        self.step, self.state.torn = found, False

    def _end(self) -> TrainedAdapter:
        checkpointer, best = self.checkpointer, self.checkpointer.best.step
        checkpointer.settle(wait=True)
        stopped = f"no better validation since step {best}" if self.step < self.steps else None
        shipped = best if self.plan.patience and best is not None else self.step
        return TrainedAdapter(self.step, checkpointer.ship(self.folder / ADAPTER, shipped), stopped, best)


@contextmanager
def _keep_threads() -> Iterator[None]:
    """Give torch as many threads afterwards as it had."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def widen(transformer: Any, precision: str) -> Iterator[None]:
    """Turn the transformer's frozen weights into float32 where products are to be, and afterwards back, bit for bit."""
    kind = transformer.proj_in_conv.weight.dtype
    if precision != "fp32" or kind == torch.float32:
        yield
        return
    torch.nn.Module.to(transformer, torch.float32)
    try:
        yield
    finally:
        torch.nn.Module.to(transformer, kind)
