"""An encoded training set for the tiny instrument in a studio, made without sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from producertwin.dataset import store
from producertwin.dataset.array_cache import ArrayEntry
from producertwin.dataset.cache import EncodedCache, encode_conditions
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.library import Library, open_library
from producertwin.library.runs import Run
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.timebase import HOP
from producertwin.verbs.studio import Studio
from producertwin.verbs.train import TrainPlan, train

FRAMES = 60
SMALL = ("training.steps=6", "training.batch=1", "training.crop_seconds=1", "training.save_every=2", "training.validate_every=3",
         "adapter.rank=2", "adapter.targets=attention")  # fmt: skip
SET = tuple(word for change in SMALL for word in ("--set", change))


def freeze(studio: Path, producer: str = "Mara Vale", *, tracks: int = 4, encoded: bool = True) -> Manifest:
    """A training set of `producer` on the shelf, its last track held out; encoded for tiny if wanted."""
    rows = tuple(_row(number, producer, held=number == tracks) for number in range(1, tracks + 1))
    manifest = Manifest(plan=DatasetPlan(producer=producer), rows=rows)
    settings = Settings(studio=studio, device="cpu", offline=True)
    with open_library(settings) as library:
        store.put(manifest, studio)
        cache = EncodedCache(library, load("tiny", settings))
        for row in rows if encoded else ():
            rng = np.random.default_rng(int(row.track[5:]))
            latents = np.sin(np.arange(FRAMES)[:, None] / rng.uniform(2, 9, cache.instrument.width)).astype(np.float32)
            cache.entries.put(cache.clip_key(row.clips[0]), ArrayEntry(latents, FRAMES * HOP))
            said = cache.prompt_of(row, FRAMES * HOP)
            keys = (cache.text_key(said), cache.lyrics_key(said), cache.reference_key)
            for key, array in zip(keys, encode_conditions(cache.instrument, said), strict=True):
                cache.entries.put(key, ArrayEntry(array))
    return manifest


def _row(number: int, producer: str, *, held: bool) -> Row:
    return Row(
        track=f"track{number}", producer=producer, title=f"Song {number}", group=f"g{number}", style="house",
        side="holdout" if held else "train", clips=(f"b2:{number:064x}",), seconds=FRAMES / 25,
        caption=f"warm house number {number}", bpm=120.0, key="A minor", meter=4, quality=90,
    )  # fmt: skip


def train_twin(settings: Settings, library: Library, producer: str = "Mara Vale") -> tuple[Manifest, Run]:
    """A twin of `producer`, learned by tiny in six steps; its training set and its run."""
    manifest = freeze(settings.studio, producer)
    done = finish(train(TrainPlan(producer=producer, variant="tiny", changes=SMALL), Studio(settings, library)))
    return manifest, done.finished.run
