"""Checkpoints that survive a kill: whole or absent, and enough to continue bit for bit.

A checkpoint is a folder `step-00001200/` with `tensors.safetensors` (weights, their running average, optimizer moments) and
`state.json` (step, recipe fingerprint, a checksum of the tensors, anything else the loop needs); whoever saves may put more
beside them. It is written under a temporary name, flushed to disk and renamed; the newest valid one is the one to resume from,
and what was damaged is passed over. No pickles.
"""

from __future__ import annotations

import errno
import json
import shutil
import zlib
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..disk import whole_folder, write_whole
from ..errors import BadInput, DiskFull, NotFound, Resources
from ..untrusted import read_object

TENSORS, STATE = "tensors.safetensors", "state.json"
PREFIX: Final = "step-"
_BLOCK: Final = 1 << 22
Beside = Callable[[Path], object]
"""Writes what else belongs to a checkpoint into its folder."""


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by dotted name, and the loop's plain state."""

    tensors: Mapping[str, torch.Tensor]
    state: Mapping[str, Any]


@dataclass(frozen=True)
class FoundCheckpoint:
    """The newest valid checkpoint of a folder, and why newer ones were passed over."""

    path: Path
    checkpoint: Checkpoint
    passed_over: tuple[str, ...]


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found


def path_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of `step` lies, whether or not it is there."""
    return folder / f"{PREFIX}{step:08d}"


def save(folder: Path, step: int, checkpoint: Checkpoint, *, beside: Beside | None = None) -> Path:
    """Write `checkpoint` as the one of `step` under `folder`, all or nothing. Raises `Resources` when the disk is full."""
    target = path_of(folder, step)
    try:
        with whole_folder(target, replace=True) as draft:
            if beside is not None:
                beside(draft)
            save_file({name: t.detach().contiguous() for name, t in checkpoint.tensors.items()}, draft / TENSORS)
            state = dict(checkpoint.state) | {"step": step, "checksum": _checksum(draft / TENSORS)}
            write_whole(draft / STATE, json.dumps(state, indent=1, allow_nan=False).encode())
    except (OSError, SafetensorError, Resources) as error:
        kind = DiskFull if isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC else Resources
        raise kind(f"could not save {target}: {error}", remedy="free disk space; the previous checkpoint is whole") from error
    return target


def prune(folder: Path, keep: int, spare: Collection[int] = ()) -> None:
    """Keep the `keep` newest checkpoints and those of the steps to `spare`; of the others only what lies beside their tensors."""
    for step in steps_in(folder)[:-keep]:
        if step not in spare:
            path = path_of(folder, step)
            (path / STATE).unlink(missing_ok=True)  # first, for without it a checkpoint is none
            (path / TENSORS).unlink(missing_ok=True)
            if not any(path.iterdir()):
                path.rmdir()


def drop_after(folder: Path, step: int) -> tuple[int, ...]:
    """Remove the checkpoints after `step`, the newest first, and what is left of older ones; returns their steps."""
    every = {int(path.name.removeprefix(PREFIX)): path for path in folder.glob(f"{PREFIX}*")}
    dropped = tuple(sorted((found for found in every if found > step), reverse=True))
    for found in dropped:
        (every[found] / STATE).unlink(missing_ok=True)
        shutil.rmtree(every[found])
    return dropped


def sweep(folder: Path) -> None:
    """Remove what a kill left half written."""
    for draft in folder.glob(f".{PREFIX}*"):
        shutil.rmtree(draft, ignore_errors=True)


def steps_in(folder: Path) -> list[int]:
    """Steps that have a complete checkpoint, oldest first."""
    return sorted(int(p.name.removeprefix(PREFIX)) for p in folder.glob(f"{PREFIX}*") if (p / STATE).exists())


def read_state(path: Path) -> dict[str, Any]:
    """The plain state of the checkpoint in the folder `path`. Raises `BadInput` when it is missing or damaged."""
    try:
        state = read_object(path / STATE, remedy="resume from another checkpoint")
    except (NotFound, BadInput) as error:
        raise BadInput(f"{path} is damaged: {error.message}", remedy="resume from another checkpoint") from None
    if not isinstance(state.get("step"), int):
        raise BadInput(f"{path} is damaged: its state names no step", remedy="resume from another checkpoint")
    return state


def read(path: Path) -> Checkpoint:
    """The checkpoint in the folder `path`. Raises `BadInput` when it is missing or damaged."""
    state, remedy = read_state(path), "resume from another checkpoint"
    try:
        sound = _checksum(path / TENSORS) == state.get("checksum")
        tensors = load_file(path / TENSORS)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path} is damaged: {error}", remedy=remedy) from None
    if not sound and "checksum" in state:
        raise BadInput(f"{path} is damaged: its tensors were altered", remedy=remedy)
    return Checkpoint(tensors, state)


def steps_wanted(folder: Path, wanted: Callable[[Mapping[str, Any]], bool]) -> list[int]:
    """Steps of the checkpoints whose state is `wanted`, oldest first; what is damaged counts as not."""
    found = []
    for step in steps_in(folder):
        with suppress(BadInput):
            if wanted(read_state(path_of(folder, step))):
                found.append(step)
    return found


def newest(folder: Path, wanted: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> FoundCheckpoint | None:
    """The newest valid checkpoint under `folder` whose state is `wanted`; None when there is none."""
    passed_over: list[str] = []
    for step in reversed(steps_in(folder)):
        path = path_of(folder, step)
        try:
            if wanted(read_state(path)):
                return FoundCheckpoint(path, read(path), tuple(passed_over))
        except BadInput as error:
            passed_over.append(error.message)
    return None


def load_latest(folder: Path, *, recipe: str) -> Checkpoint | None:
    """The newest valid checkpoint under `folder`, None when there is none. Another recipe's checkpoint is refused."""
    found = newest(folder)
    if found is None:
        return None
    state = found.checkpoint.state
    if state["recipe"] != recipe:
        raise BadInput(
            f"{found.path} belongs to another recipe ({state['recipe']}, this run is {recipe})",
            remedy="resume with the recipe the run was started with, or start in another folder",
        )
    return found.checkpoint


class Writer:
    """Saves checkpoints beside the training, one at a time: a step waits for the disk only when the last is not yet written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._pending: Future[Path] | None = None

    def put(self, step: int, checkpoint: Checkpoint, *, beside: Beside | None = None) -> None:
        """Begin to save. The tensors are copied first, so they may change at once. Raises what the last one raised."""
        self.wait()
        copied = {name: t.detach().to("cpu", copy=True).contiguous() for name, t in checkpoint.tensors.items()}
        self._pending = self._pool.submit(save, self.folder, step, Checkpoint(copied, checkpoint.state), beside=beside)

    def take_finished(self) -> Path | None:
        """The checkpoint that was written since the last call; None while there is none. Raises what saving raised."""
        return self.wait() if self._pending is not None and self._pending.done() else None

    def wait(self) -> Path | None:
        """Wait for what is being written, and return it."""
        pending, self._pending = self._pending, None
        return None if pending is None else pending.result()

    def close(self) -> None:
        """Wait, and end the thread."""
        self._pool.shutdown(wait=True)
