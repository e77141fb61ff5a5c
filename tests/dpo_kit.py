"""What the tests of preference training share: a small recipe, pairs made without sound, and a hash of what was learned."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from producertwin.model.instrument import Instrument
from producertwin.model.sampling.request import Metas, Request
from producertwin.preferences.dpo.examples import PairExample
from producertwin.preferences.dpo.loop import DpoTask
from producertwin.preferences.dpo.recipe import DpoRecipe
from producertwin.recipe import read
from producertwin.training.lora.conditions import Conditions
from producertwin.training.lora.recipe import DataPlan

USUAL = {
    "adapter": {"rank": 2, "alpha": 4.0, "targets": "attention"},
    "optimizer": {"rate": 3e-3, "schedule": "constant", "warmup": 0},
    "training": {
        "steps": 8, "batch": 2, "crop_seconds": 1, "precision": "fp32", "save_every": 4, "validate_every": 0, "sample_every": 0,
        "drop_condition": 0.0,
    },
    "dpo": {},
}  # fmt: skip


def recipe(**changes: dict[str, object]) -> DpoRecipe:
    """The usual recipe of the tests, with keys of its tables changed."""
    tables = {name: {**keys, **changes.get(name, {})} for name, keys in USUAL.items()}
    return read(DpoRecipe, tables, where="recipe")


def write_recipe(folder: Path, **changes: dict[str, object]) -> str:
    """The file of the usual recipe of the tests, with keys of its tables changed; tables that are empty are left out."""
    tables = {name: {**keys, **changes.get(name, {})} for name, keys in USUAL.items()}
    texts = [f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
             for name, keys in tables.items() if keys]  # fmt: skip
    path = folder / "small.toml"
    path.write_text("".join(texts))
    return str(path)


def digest(folder: Path | str) -> list[str]:
    """A hash of the weights in a folder; the card beside them also says when the run was begun."""
    tensors = [load_file(path) for path in sorted(Path(folder).glob("*.safetensors"))]
    return [hashlib.sha256(b"".join(one[name].tobytes() for name in sorted(one))).hexdigest() for one in tensors]


def make_examples(instrument: Instrument, count: int = 6) -> tuple[PairExample, ...]:
    """Pairs of waves whose chosen takes lie above zero and whose rejected ones below."""
    conditions = Conditions(instrument, DataPlan(), trained=False)
    found = []
    for number in range(count):
        rng = np.random.default_rng(number)
        wave = np.sin(np.arange(40)[:, None] / rng.uniform(4, 9, instrument.width))
        metas = Metas.of(90.0, "A minor", 4)
        condition = conditions.encode_request(Request(f"lofi number {number % 3}", 1.6, 0, metas=metas))
        takes = [torch.from_numpy(one.astype(np.float32)) for one in (wave + 1.0, wave - 1.0)]
        found.append(PairExample(f"pair{number}", takes[0], takes[1], metas, condition))
    return tuple(found)


def task(instrument: Instrument, *, count: int = 6, **changes: dict[str, object]) -> DpoTask:
    """What is learned from the pairs of `make_examples`."""
    return DpoTask(recipe(**changes), make_examples(instrument, count), "b2:pairs", "Mara Vale")
