"""Learn from pairs: the loop around `step`, with checkpoints, and given up where the chosen takes get worse.

Optimizer, checkpoints and the frame of the loop are those of `training`; the state of a run is its step, its weights, beta and
the guard, so N steps equal N/2, a resume and N/2 bit for bit on a CPU.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ...disk import whole_folder
from ...errors import BadInput, Diverged, Interrupted
from ...library.runs import ADAPTER, CHECKPOINTS
from ...model import adapters
from ...model.adapter_spec import AdapterCard
from ...model.adapters.trainable import Trainable, release, set_checkpointing, trainable
from ...model.instrument import Instrument
from ...progress import Event, Kept, Steps, note
from ...training import checkpoints
from ...training.checkpoints import Checkpoint
from ...training.log import Callbacks, no_callbacks
from ...training.loop import run_steps
from ...training.lora.loop import TrainedAdapter, make_state, widen
from ...training.state import TrainState
from ...training.stopping import stoppable
from ...wording import plural
from .examples import PairExample
from .recipe import DpoRecipe
from .step import DpoStep, Reference

SMOOTH: Final = 0.9
"""How slowly the smoothed rise of the winners' error forgets."""
SETTLED: Final = 10
"""Steps before which it is not judged."""
BAD_IN_A_ROW: Final = 5
"""Batches without a finite loss after which training is given up."""


@dataclass(frozen=True, slots=True)
class DpoTask:
    """What is learned from what, and what checkpoints belong to."""

    recipe: DpoRecipe
    examples: tuple[PairExample, ...]
    pairs: str
    """Fingerprint of the pairs."""
    producer: str
    dataset: str = ""
    """Fingerprint of the training set that the parent learned from, against which what comes of it can be proven; else empty."""
    parent: Path | None = None
    """The adapter that training begins with, which is the reference then; None begins with nothing."""
    created: datetime | None = None


@dataclass
class WinnerGuard:
    """What is remembered of the errors of the chosen takes."""

    count: int = 0
    mean: float = 0.0
    """Running sum of their rise over the reference, decaying."""
    bad: int = 0
    """Batches in a row without a finite number."""

    @property
    def rise(self) -> float:
        """The smoothed rise."""
        return self.mean / (1 - SMOOTH**self.count) if self.count else 0.0

    def note(self, loss: float, norm: float, rise: float, most: float) -> str | None:
        """Count one step; returns why training is to be given up."""
        if not (math.isfinite(loss) and math.isfinite(norm) and math.isfinite(rise)):
            self.bad += 1
            return f"{self.bad} batches in a row gave no finite loss" if self.bad >= BAD_IN_A_ROW else None
        self.bad, self.count = 0, self.count + 1
        self.mean = SMOOTH * self.mean + (1 - SMOOTH) * rise
        if self.count < SETTLED or self.rise <= most:
            return None
        return f"the error of the chosen takes rose {self.rise:.0%} over the reference, {most:.0%} is allowed"


def learn(task: DpoTask, folder: Path, instrument: Instrument, callbacks: Callbacks = no_callbacks) -> Steps[TrainedAdapter]:
    """Learn from the pairs, from the newest valid checkpoint in the run's `folder` on.

    The instrument is afterwards as it was. Raises `BadInput` when a checkpoint belongs to something else, `Diverged` when the
    chosen takes get worse or losses are not finite (the last checkpoint is kept), and `Interrupted` after saving.
    """
    with open_run(task, folder, instrument, callbacks) as run, stoppable() as stop:
        yield from run.begin()
        try:
            yield from run_steps(run, stop)
        except KeyboardInterrupt:
            message = f"training stopped; everything up to step {run.kept} is saved"
            raise Interrupted(message, remedy="run the same command again to go on") from None
        return TrainedAdapter(run.step, run.ship(), None, None)


@contextmanager
def open_run(task: DpoTask, folder: Path, instrument: Instrument, callbacks: Callbacks = no_callbacks) -> Iterator[DpoRun]:
    """Open the run in `folder` with its adapter on the instrument, which is taken off at the end."""
    plan = task.recipe.training
    with widen(instrument.transformer, plan.precision):
        adapter = trainable(instrument, task.recipe.adapter, seed=plan.seed)
        set_checkpointing(instrument.transformer, plan.checkpointing, compiled=plan.compile, random=False)
        try:
            state = make_state(adapter, task.recipe.lora, task.recipe.steps)
            if task.parent is not None:
                state.start_from(adapters.read(task.parent).state())
            trainer = DpoStep(instrument, task.recipe, task.examples, state, make_reference(adapter, state, task.parent))
            yield DpoRun(task, folder, trainer, adapter, callbacks)
        finally:
            release(instrument.transformer)
            adapter.remove()


def make_reference(adapter: Trainable, state: TrainState, parent: Path | None) -> Reference:
    """The context in which the instrument is the reference: the adapter off, or with the weights it begins with."""
    if parent is None:
        return adapter.off
    first = {name: weight.detach().clone() for name, weight in state.weights.items()}

    @contextmanager
    def begin_again() -> Iterator[None]:
        learnt = {name: weight.data for name, weight in state.weights.items()}
        try:
            for name, weight in state.weights.items():
                weight.data = first[name]
            yield
        finally:
            for name, weight in state.weights.items():
                weight.data = learnt[name]

    return begin_again


class DpoRun:
    """One run while it lasts, as `training.loop` drives it."""

    def __init__(self, task: DpoTask, folder: Path, trainer: DpoStep, adapter: Trainable, callbacks: Callbacks) -> None:
        self.task, self.folder, self.trainer, self.adapter, self.callbacks = task, folder, trainer, adapter, callbacks
        self.state, self.guard = trainer.state, WinnerGuard()
        self.step, self.steps = 0, task.recipe.steps
        self.kept = -1
        """Step of the newest checkpoint."""
        self._told = -1

    def begin(self) -> Steps[None]:
        """Go on from the newest checkpoint, or find beta and save before the first step. Raises `BadInput` for another's."""
        place = self.folder / CHECKPOINTS
        checkpoints.sweep(place)
        found = checkpoints.newest(place)
        if found is None:
            if not self.trainer.beta:
                self.trainer.beta = self.trainer.find_beta()
            if not math.isfinite(self.trainer.beta):
                raise BadInput("the pairs do not differ: no gradient tells chosen from rejected", remedy="make other pairs")
            self.callbacks.on_begin(-1)
            self.save()
        else:
            self._restore(found.path, found.checkpoint)
            self.callbacks.on_begin(self.step)
        yield note(
            f"beta {self.trainer.beta:.4g}, {plural(len(self.task.examples), 'pair')}, steps left: {self.steps - self.step}"
        )

    def is_finished(self) -> bool:
        """Whether all steps are made."""
        return self.step >= self.steps

    def advance(self) -> str:
        """Make one step and what follows it. Raises `Diverged`."""
        done = self.trainer.take(self.step)
        self.step += 1
        self.state.drop_gradients()
        self.state.torn = False
        self.callbacks.on_step(done.row(self.step))
        wrong = self.guard.note(done.loss, done.norm, done.figures.chosen_rise, self.task.recipe.dpo.rise)
        if wrong is not None:
            self.state.torn = True
            remedy = f"the checkpoint of step {self.kept} is kept; give dpo.winner more weight, or lower optimizer.rate"
            raise Diverged(f"given up at step {self.step}: {wrong}", remedy=remedy)
        if self.is_finished() or self.step % self.task.recipe.training.save_every == 0:
            self.save()
        return f"loss {done.loss:.3f}, accuracy {done.figures.accuracy:.2f}"

    def rescue(self) -> None:
        """Save where the run stands, if its weights are those of a step."""
        self.state.drop_gradients()
        if not self.state.torn and self.step != self.kept:
            self.save()

    def take_messages(self) -> Sequence[Event]:
        """Warnings since the last call, and the newest checkpoint if there is a new one."""
        told: list[Event] = [*self.callbacks.take_messages()]
        if self.kept > self._told:
            self._told = self.kept
            told.append(Kept(f"step {self.kept}"))
        return told

    def save(self) -> None:
        """Write the checkpoint of this step with its adapter."""
        tensors, numbers = self.state.tensors()
        state = self._identity() | {"beta": self.trainer.beta, "guard": asdict(self.guard), "numbers": numbers}
        shipped = {name: tensor.detach().to("cpu", copy=True) for name, tensor in self.state.final_weights.items()}
        spec, card = self.adapter.spec, self._card()
        place = self.folder / CHECKPOINTS
        path = checkpoints.save(
            place,
            self.step,
            Checkpoint(tensors, state),
            beside=lambda draft: adapters.write(shipped, spec, card, draft / ADAPTER),
        )
        self.kept = self.step
        checkpoints.prune(place, self.task.recipe.training.keep)
        with self.adapter.off():
            self.callbacks.on_checkpoint(self.step, path / ADAPTER)

    def ship(self) -> Path:
        """Put the adapter of the last checkpoint into the run's folder, all or nothing."""
        target = self.folder / ADAPTER
        with whole_folder(target, replace=True) as draft:
            shutil.copytree(checkpoints.path_of(self.folder / CHECKPOINTS, self.kept) / ADAPTER, draft, dirs_exist_ok=True)
        return target

    def _identity(self) -> dict[str, Any]:
        instrument, recipe = self.trainer.instrument, self.task.recipe
        return {
            "variant": instrument.variant,
            "revision": instrument.revision,
            "pairs": self.task.pairs,
            "parent": None if self.task.parent is None else str(self.task.parent),
            "recipe": recipe.fingerprint,
        }

    def _restore(self, path: Path, found: Checkpoint) -> None:
        mine = self._identity()
        if odd := [key for key in mine if found.state.get(key) != mine[key]]:
            remedy = "go on with what the run was begun with, or begin a new one"
            raise BadInput(f"{path} belongs to another {', '.join(odd)}", remedy=remedy)
        try:
            self.state.restore(found.tensors, found.state.get("numbers") or {})
        except BadInput as error:
            raise BadInput(f"{path}: {error.message}", remedy=error.remedy) from None
        self.guard = WinnerGuard(**found.state["guard"])
        self.trainer.beta = found.state["beta"]
        self.step = self.kept = self._told = found.state["step"]
        checkpoints.drop_after(self.folder / CHECKPOINTS, self.step)

    def _card(self) -> AdapterCard:
        instrument = self.trainer.instrument
        return AdapterCard(
            producer=self.task.producer,
            variant=instrument.variant,
            revision=instrument.revision,
            dataset=self.task.dataset,
            recipe=self.task.recipe.fingerprint,
            steps=self.step,
            created=self.task.created,
        )
