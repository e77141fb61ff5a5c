"""What the tests of the pipeline share: short stages for tiny, and a sound to work on."""

from __future__ import annotations

from typing import Any

import numpy as np

from producertwin.model.sampling.request import Samples
from producertwin.pipeline.stages import EDITS, Edit, Generate, Play
from producertwin.recipe import read
from producertwin.timebase import SAMPLE_RATE

EDIT_FIELDS: dict[str, dict[str, Any]] = {
    "repaint": {"start": 0.5, "end": 1.0},
    "morph": {"source_caption": "piano, slow"},
    "extract": {"stem": "bass"},
    "lego": {"stem": "drums"},
    "complete": {"stems": ["drums", "bass"]},
}
"""What each edit needs besides its source."""


def on_tiny(seed: int = 1, batch: int = 1) -> Play:
    return Play(variant="tiny", seed=seed, batch=batch, steps=2)


def ask(caption: str = "lofi, rainy, rhodes", *, seed: int = 1, batch: int = 1, prompt: Any = None, **fields: Any) -> Generate:
    """A short stage for tiny."""
    asked = {"seconds": 1.5, "play": on_tiny(seed, batch)} | fields
    return read(Generate, {"prompt": {"caption": caption, **(prompt or {})}, **asked}, where="test")


def edit(kind: str, source: object, **fields: Any) -> Edit:
    """An edit of `source` on tiny."""
    asked = {"source": str(source), "play": on_tiny(), **EDIT_FIELDS.get(kind, {}), **fields}
    return read(EDITS[kind], asked, where="test")


def tone(seconds: float = 2.0, pitch: float = 220.0) -> Samples:
    """A steady sine, louder on the left."""
    wave = 0.4 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return np.stack([wave, 0.8 * wave]).astype(np.float32)
