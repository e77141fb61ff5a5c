"""Checkpoints that survive a kill: whole or absent, and enough to continue bit for bit.

A checkpoint is a folder `step-00001200/` with `tensors.safetensors` (weights, their running average, optimizer moments) and
`state.json` (step, recipe fingerprint, anything else the loop needs). It is written under a temporary name, flushed to disk and
renamed; the newest complete one is the one to resume from. No pickles.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from ..errors import BadInput, Resources

TENSORS, STATE = "tensors.safetensors", "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by dotted name, and the loop's plain state."""

    tensors: dict[str, torch.Tensor]
    state: dict[str, Any]


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save(folder: Path, step: int, checkpoint: Checkpoint, *, keep: int = 2) -> Path:
    """Write `checkpoint` as the one of `step` under `folder` and drop all but the `keep` newest. Raises `Resources`."""
    target = folder / f"step-{step:08d}"
    draft = folder / f".{target.name}.{os.getpid()}"
    try:
        draft.mkdir(parents=True, exist_ok=True)
        save_file({name: t.detach().contiguous() for name, t in checkpoint.tensors.items()}, draft / TENSORS)
        (draft / STATE).write_text(json.dumps(checkpoint.state | {"step": step}, indent=1), encoding="utf-8")
        for path in (draft / TENSORS, draft / STATE, draft):
            _flush(path)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
        _flush(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise Resources(
            f"could not save {target}: {error}", remedy="free disk space; the previous checkpoint is whole"
        ) from error
    for old in steps_in(folder)[:-keep]:
        shutil.rmtree(folder / f"step-{old:08d}")
    return target


def steps_in(folder: Path) -> list[int]:
    """Steps that have a complete checkpoint, oldest first."""
    return sorted(int(p.name.removeprefix("step-")) for p in folder.glob("step-*") if (p / STATE).exists())


def load_latest(folder: Path, *, recipe: str) -> Checkpoint | None:
    """The newest checkpoint under `folder`, None when there is none. Another recipe's checkpoint is refused."""
    found = steps_in(folder)
    if not found:
        return None
    path = folder / f"step-{found[-1]:08d}"
    state = json.loads((path / STATE).read_text(encoding="utf-8"))
    if state["recipe"] != recipe:
        raise BadInput(
            f"{path} belongs to another recipe ({state['recipe']}, this run is {recipe})",
            remedy="resume with the recipe the run was started with, or start in another folder",
        )
    return Checkpoint(load_file(path / TENSORS), state)
