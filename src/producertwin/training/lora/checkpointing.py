"""The checkpoints of a run: when one is written, what it belongs to, and going back to one.

A checkpoint belongs to its recipe, its training set and its variant; under any other it is refused with the difference named, and
so is one whose tensors are not those of this adapter. Everything random depends on seed and step alone, so the step is also the
place in the data and the state of the generators, and the learning rate follows from it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ...dataset.manifest import Manifest
from ...disk import whole_folder
from ...errors import BadInput, Resources
from ...library.runs import ADAPTER
from ...model import adapters
from ...model.adapter_spec import AdapterCard
from ...model.adapters.trainable import Trainable
from ...model.instrument import Instrument
from .. import checkpoints
from ..checkpoints import Checkpoint, Writer
from ..log import Callbacks
from ..state import TrainState
from .monitoring import BestValidation, DivergenceGuard
from .recipe import LoraRecipe


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What the checkpoints of a run belong to."""

    recipe: LoraRecipe
    manifest: Manifest
    instrument: Instrument
    created: datetime | None = None
    """When the run was created, for the adapter's card."""

    def to_state(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {
            "variant": self.instrument.variant,
            "revision": self.instrument.revision,
            "dataset": self.manifest.fingerprint,
            "recipe": self.recipe.fingerprint,
            "settings": self.recipe.identity,
        }

    def make_card(self, step: int) -> AdapterCard:
        """Make the card of the adapter after `step` steps."""
        producers = {row.producer for row in self.manifest.rows}
        return AdapterCard(
            producer=self.manifest.plan.producer or (producers.pop() if len(producers) == 1 else ""),
            trigger=self.recipe.data.trigger,
            variant=self.instrument.variant,
            revision=self.instrument.revision,
            dataset=self.manifest.fingerprint,
            recipe=self.recipe.fingerprint,
            steps=step,
            created=self.created,
        )

    def check(self, path: Path, state: Mapping[str, Any]) -> None:
        """Raise `BadInput` that names what the checkpoint at `path` belongs to, unless it is this."""
        mine = self.to_state()
        for key, what in (("variant", "variant"), ("revision", "revision of the variant"), ("dataset", "dataset")):
            if state.get(key) != mine[key]:
                raise BadInput(
                    f"{path} belongs to another {what} ({state.get(key)}, this run's is {mine[key]})",
                    remedy=f"resume with the {what} the run was started with, or start a new run",
                )
        if state.get("recipe") != mine["recipe"]:
            theirs = state.get("settings") or {}
            odd = sorted(key for key in theirs.keys() | mine["settings"].keys() if theirs.get(key) != mine["settings"].get(key))
            named = ", ".join(f"{key} {theirs.get(key)} instead of {mine['settings'].get(key)}" for key in odd[:4])
            raise BadInput(
                f"{path} belongs to another recipe ({named or state.get('recipe')})",
                remedy="resume with the recipe the run was started with, or start a new run",
            )


class Checkpointer:
    """The checkpoints of one run in `folder`. They are written beside the training, one at a time."""

    def __init__(self, folder: Path, identity: RunIdentity, adapter: Trainable, state: TrainState, callbacks: Callbacks) -> None:
        self.folder, self.identity, self.adapter, self.state, self.callbacks = folder, identity, adapter, state, callbacks
        self.guard, self.best = DivergenceGuard(), BestValidation()
        self.stored = -1
        """Step of the newest checkpoint that was written since the run was opened."""
        self.kept = -1
        """Step of the newest checkpoint, also one that is being written."""
        self.threads = 0
        """Threads of the CPU that the run began with; 0 where that is not known."""
        self._good = -1
        self._writer = Writer(folder)

    def resume(self, asked: Path | None) -> int | None:
        """Go on from the checkpoint `asked` for, or from the newest valid one; returns its step, None when there is none.

        Raises `BadInput` when it is damaged or belongs to something else.
        """
        checkpoints.sweep(self.folder)
        passed_over: tuple[str, ...] = ()
        if asked is not None:
            path, found = asked, checkpoints.read(asked)
        else:
            newest = checkpoints.newest(self.folder)
            if newest is None:
                return None
            path, found, passed_over = newest.path, newest.checkpoint, newest.passed_over
        self.identity.check(path, found.state)
        step = self._restore(path, found)
        self.callbacks.on_begin(step)
        for trouble in passed_over:
            self.callbacks.warn(step, f"passed over: {trouble}")
        self._drop_after(step)
        self._good = max(checkpoints.steps_wanted(self.folder, _is_healthy), default=-1)
        self.kept = step if path.parent == self.folder else -1
        return step

    def save(self, step: int) -> None:
        """Begin to write the checkpoint of `step`; `settle` says when it is done."""
        tensors, numbers = self.state.tensors()
        state = self.identity.to_state() | {
            "guard": self.guard.to_state(), "healthy": self.guard.healthy, "best": asdict(self.best), "numbers": numbers,
            "threads": self.threads,
        }  # fmt: skip
        shipped = {name: tensor.detach().to("cpu", copy=True) for name, tensor in self.state.final_weights.items()}
        spec, card = self.adapter.spec, self.identity.make_card(step)
        self.settle(wait=True)
        self._writer.put(
            step, Checkpoint(tensors, state), beside=lambda draft: adapters.write(shipped, spec, card, draft / ADAPTER)
        )
        self.kept = step
        self._good = step if self.guard.healthy else self._good

    def settle(self, *, wait: bool = False) -> None:
        """Report a checkpoint that has been written meanwhile. Raises `Resources` when it could not be."""
        try:
            path = self._writer.wait() if wait else self._writer.take_finished()
        except Resources:
            self.kept = max(checkpoints.steps_in(self.folder), default=-1)
            raise
        if path is not None:
            checkpoints.prune(
                self.folder, self.identity.recipe.training.keep, {self._good, -1 if self.best.step is None else self.best.step}
            )
            self.stored = checkpoints.read_state(path)["step"]
            with self.adapter.off():
                self.callbacks.on_checkpoint(self.stored, path / ADAPTER)

    def roll_back(self, why: str) -> int | None:
        """Go back to the last good checkpoint at half the rate; None when the rate was halved before, or none is good."""
        self.settle(wait=True)
        found = checkpoints.newest(self.folder, _is_healthy)
        halved = self.guard.halved
        if found is not None:
            self._drop_after(found.checkpoint.state["step"])
        if found is None or halved:
            return None
        step = self._restore(found.path, found.checkpoint)
        self.guard.halved = True
        self.callbacks.on_begin(step)
        self.callbacks.warn(step, f"{why}: went back to step {step} and halved the learning rate")
        self.kept = step
        return step

    def ship(self, target: Path, step: int) -> Path:
        """Put the adapter of the checkpoint of `step` at `target`, all or nothing."""
        self.settle(wait=True)
        with whole_folder(target, replace=True) as draft:
            shutil.copytree(checkpoints.path_of(self.folder, step) / ADAPTER, draft, dirs_exist_ok=True)
        return target

    def close(self) -> None:
        """Wait for what is being written."""
        self._writer.close()

    def _restore(self, path: Path, found: Checkpoint) -> int:
        try:
            self.state.restore(found.tensors, found.state.get("numbers") or {})
        except BadInput as error:
            raise BadInput(f"{path}: {error.message}", remedy=error.remedy) from None
        self.guard = DivergenceGuard.from_state(found.state["guard"])
        self.best = BestValidation(**found.state["best"])
        self.threads = found.state.get("threads", 0)
        step: int = found.state["step"]
        return step

    def _drop_after(self, step: int) -> None:
        """Remove the checkpoints after `step`, from which training does not go on."""
        if dropped := checkpoints.drop_after(self.folder, step):
            self.callbacks.warn(step, f"removed the checkpoints after it: {', '.join(map(str, reversed(dropped)))}")


def _is_healthy(state: Mapping[str, Any]) -> bool:
    """Whether a checkpoint is one to go back to."""
    return bool(state.get("healthy"))
