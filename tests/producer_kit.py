"""What tests of the producer model share: stems that are made in an instant, and songs of them."""

from __future__ import annotations

import numpy as np

from producertwin.audio.samples import Samples
from producertwin.training.producer.songs import Song, read_song

RATE = 48_000
HZ = {"drums": 90.0, "bass": 60.0, "keyboard": 400.0, "synth": 900.0, "vocals": 1_500.0}


def stem(name: str, seconds: float = 0.8, level: float = 0.2) -> Samples:
    """A tone that comes and goes, at the pitch of `name`."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = level * np.sin(2 * np.pi * HZ.get(name, 300.0) * t) * (1 - (t * 4) % 1)
    return np.stack([wave, 0.8 * wave]).astype(np.float32)


def song(name: str = "one", seed: int = 0, names: tuple[str, ...] = ("drums", "bass", "keyboard")) -> Song:
    """A song of such stems, read as a corpus reads one."""
    rng = np.random.default_rng(seed)
    stems = {one: stem(one, level=float(rng.uniform(0.05, 0.3))) for one in names}
    mix = np.sum([*stems.values()], axis=0, dtype=np.float32)
    return read_song(name, "trap", ("trap, dark, 808 bass", "dark trap"), stems, mix, rng)
