"""A small encoded training set for the tiny instrument, made without sound, and runs of its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from producertwin.dataset.array_cache import ArrayEntry
from producertwin.dataset.cache import EncodedCache, encode_conditions
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.library import Library
from producertwin.model.instrument import Instrument
from producertwin.model.variants import catalogue
from producertwin.model.variants.tiny import build
from producertwin.progress import Message, Steps, finish
from producertwin.settings import Settings
from producertwin.timebase import HOP
from producertwin.training.log import Callbacks, no_callbacks
from producertwin.training.lora import recipes
from producertwin.training.lora.loop import TrainedAdapter, train_adapter
from producertwin.training.lora.plan import TrainTask
from producertwin.training.lora.recipe import LoraRecipe

PLAIN = """
[adapter]
rank = 2
alpha = 4
targets = "attention"
[optimizer]
rate = 1e-2
warmup = 2
[training]
steps = 8
batch = 2
crop_seconds = 1
precision = "fp32"
average = 0.9
save_every = 4
validate_every = 4
"""


def tiny(**card: Any) -> Instrument:
    """The tiny instrument, its card changed."""
    built = build(torch.device("cpu"), torch.float32)
    if not card:
        return built
    return Instrument(**{name: getattr(built, name) for name in built.__slots__} | {"card": built.card.model_copy(update=card)})


def row_of(number: int, *frames: int, **more: Any) -> Row:
    """A row with clips of these lengths."""
    facts: dict[str, Any] = {
        "track": f"track{number}", "producer": "Ada", "title": f"Song {number}", "group": f"g{number}", "side": "train",
        "style": "house", "clips": tuple(f"b2:{number:016x}{at:016x}" for at in range(len(frames))),
        "seconds": sum(frames) / 25, "caption": f"warm house number {number}", "bpm": 120.0, "key": "A minor", "meter": 4,
        "quality": 90,
    }  # fmt: skip
    return Row(**(facts | more))


def encode(library: Library, instrument: Instrument, row: Row, frames: Sequence[int]) -> Row:
    """Put what encoding would have made of `row` into the cache: a slow wave per track, with a little noise."""
    cache = EncodedCache(library, instrument)
    for at, (blob, count) in enumerate(zip(row.clips, frames, strict=True)):
        rng = np.random.default_rng([len(row.track), int(row.track[5:]), at])
        wave = np.sin(np.arange(count)[:, None] / rng.uniform(2, 9, instrument.width))
        latents = (wave + 0.1 * rng.standard_normal(wave.shape)).astype(np.float32)
        cache.entries.put(cache.clip_key(blob), ArrayEntry(latents, count * HOP))
        said = cache.prompt_of(row, count * HOP)
        keys = (cache.text_key(said), cache.lyrics_key(said), cache.reference_key)
        if all(cache.entries.find(key) for key in keys):
            continue
        for key, array in zip(keys, encode_conditions(instrument, said), strict=True):
            cache.entries.put(key, ArrayEntry(array))
    return row


def frozen(library: Library, instrument: Instrument) -> Manifest:
    """Three tracks to learn from, one of two clips and one shorter than a crop, and one held out."""
    lengths = {1: (60, 40), 2: (18,), 3: (90,), 4: (50,)}
    rows = [
        encode(library, instrument, row_of(number, *frames, side="holdout" if number == 4 else "train"), frames)
        for number, frames in lengths.items()
    ]
    return Manifest(plan=DatasetPlan(), rows=tuple(rows))


def recipe(tmp_path: Path, **overrides: Any) -> LoraRecipe:
    """The plain recipe, with overrides whose dots are written as two underscores."""
    path = tmp_path / "plain.toml"
    path.write_text(PLAIN, encoding="utf-8")
    return recipes.load(path, {key.replace("__", "."): str(value) for key, value in overrides.items()}).recipe


@dataclass
class Recorder:
    """Callbacks that remember."""

    begun: list[int] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    validations: list[dict[str, float]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def on_begin(self, step: int) -> None:
        self.begun.append(step)
        self.rows = [row for row in self.rows if row["step"] <= step]

    def on_step(self, row: Any) -> None:
        self.rows.append(dict(row))

    def on_validation(self, row: Any) -> None:
        self.validations.append(dict(row))

    def on_checkpoint(self, step: int, adapter: Path) -> None:
        assert (adapter / "adapter_model.safetensors").is_file()
        self.kept.append(step)

    def warn(self, step: int, text: str) -> None:
        self.warnings.append(f"{step}: {text}")

    def take_messages(self) -> Sequence[Message]:
        return ()


@dataclass(frozen=True)
class Job:
    """A task, and the folder and callbacks of its run."""

    task: TrainTask
    folder: Path
    callbacks: Callbacks = no_callbacks


@dataclass
class Studio:
    """An instrument, a library and a training set."""

    instrument: Instrument
    library: Library
    manifest: Manifest
    tmp_path: Path

    def job(self, folder: str = "run", plan: LoraRecipe | None = None, callbacks: Callbacks = no_callbacks, **task: Any) -> Job:
        """A job in its own folder; `task` changes its task."""
        variant = catalogue.resolve("tiny", Settings(studio=self.library.studio))
        whole = TrainTask("Ada", variant, plan or recipe(self.tmp_path), self.manifest)
        return Job(replace(whole, **task), self.tmp_path / folder, callbacks)

    def train(self, job: Job) -> Steps[TrainedAdapter]:
        """The training of a job, event by event."""
        return train_adapter(job.task, job.folder, self.library, self.instrument, job.callbacks)

    def run(self, job: Job) -> TrainedAdapter:
        """Train to the end."""
        return finish(self.train(job))
