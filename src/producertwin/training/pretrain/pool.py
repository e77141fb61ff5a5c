"""Sounds as they come: files of the rendering processes taken into memory, on the device as long as there is room."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ...errors import NotFound
from ...timebase import HOP, SAMPLE_RATE

SHARES = (("mix", 0.60), ("stem", 0.20), ("foreign", 0.20))
"""Share of the codec's crops from mixes, from single stems and from foreign sounds."""


class SoundPool:
    """All sounds so far, `(2, samples)` int16 each, and the facts of the songs.

    Files are removed when they are taken, or, to `keep` them, mapped: more than the memory holds, and the same in a later call.
    """

    def __init__(self, folder: Path, device: torch.device, *, room: int, keep: bool = False) -> None:
        self.folder, self.device, self.room, self.keep = folder, device, room, keep
        self._taken: set[str] = set()
        self.by_kind: dict[str, list[Tensor]] = {kind: [] for kind, _ in SHARES}
        self.sounds: dict[str, Tensor] = {}
        self.facts: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._collect, daemon=True)

    def start(self) -> None:
        """Begin to collect in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Take what is there and end."""
        self._stopped.set()
        self._thread.join()
        self.take()

    def _collect(self) -> None:
        while not self._stopped.is_set():
            if not self.take():
                time.sleep(0.1)

    def take(self) -> int:
        """Take every whole file that is not taken yet; returns how many."""
        paths = [path for path in sorted(self.folder.glob("*.json")) if path.name not in self._taken]
        for path in paths:
            facts, whole = json.loads(path.read_text()), path.with_suffix(".npy")
            # "c": pages are read when asked for, and nothing is written to the file
            sounds = torch.from_numpy(np.load(whole, mmap_mode="c" if self.keep else None))
            if self.keep:
                self._taken.add(path.name)
            else:
                whole.unlink()
                path.unlink()
            self._add(sounds, facts)
        return len(paths)

    def _add(self, sounds: Tensor, facts: list[dict[str, Any]]) -> None:
        with self._lock:
            if self.room >= sounds.nbytes:
                self.room -= sounds.nbytes
                sounds = sounds.to(self.device)
            if not facts:
                self.by_kind["foreign"] += list(sounds)
                return
            rows = iter(sounds)
            for song in facts:
                for name in song.pop("names"):
                    sound = next(rows)
                    self.sounds[f"{song['index']}.{name}"] = sound
                    kind = name.split(".")[0]
                    if kind in self.by_kind:
                        self.by_kind[kind].append(sound)
                self.facts.append(song)

    @property
    def seconds(self) -> float:
        """Length of all mixes."""
        return sum(sound.shape[-1] for sound in list(self.by_kind["mix"])) / SAMPLE_RATE

    def crops(self, rng: np.random.Generator, count: int, frames: int) -> Tensor:
        """`(count, 2, frames * HOP)` float32 on the device: crops of all kinds in their shares, varied (`vary`)."""
        kinds = [(kind, share) for kind, share in SHARES if self.by_kind[kind]]
        weights = np.array([share for _, share in kinds])
        rows, length = [], frames * HOP
        for choice in rng.choice(len(kinds), count, p=weights / weights.sum()):
            sounds = self.by_kind[kinds[choice][0]]
            sound = sounds[int(rng.integers(len(sounds)))]
            speed = float(rng.uniform(0.9, 1.12)) if rng.random() < 0.2 else 1.0
            need = min(sound.shape[-1], round(length * speed))
            at = int(rng.integers(sound.shape[-1] - need + 1))
            row = sound[:, at : at + need].to(self.device, torch.float32) / 32768
            rows.append(row if need == length else F.interpolate(row[None], length, mode="linear")[0])
        return vary(torch.stack(rows), rng)


def whole_frames(sound: Tensor, device: torch.device) -> Tensor:
    """A sound `(2, samples)` int16 as a batch of one, float32, cut to whole latent frames."""
    kept = sound.shape[-1] // HOP * HOP
    return (sound[None, :, :kept].to(device).float() / 32768).contiguous()


def map_sounds(folder: Path) -> SoundPool:
    """All sounds in `folder`, which stay there. Raises `NotFound` where there are none."""
    pool = SoundPool(folder, torch.device("cpu"), room=0, keep=True)
    if not pool.take():
        raise NotFound(f"no songs in {folder}", remedy="run `twin lab pretrain render` first")
    return pool


def _some(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    return (rng.random(count) < share).astype(np.float32)


def vary(audio: Tensor, rng: np.random.Generator) -> Tensor:
    """Levels, sides, width, colour, drive and density of crops `(batch, 2, samples)`, each of some of them, at random."""
    count, length = len(audio), audio.shape[-1]

    def column(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(audio.device).reshape(count, *([1] * (audio.ndim - 1)))

    audio = audio + column(_some(rng, count, 0.12) * rng.uniform(0.3, 1.0, count)) * audio.roll(1, 0)
    swapped = column(_some(rng, count, 0.5))
    audio = torch.lerp(audio, audio.flip(1), swapped)
    mid, side = audio.mean(1, keepdim=True), (audio[:, :1] - audio[:, 1:]) / 2
    side = side * column(1 + _some(rng, count, 0.2) * (rng.uniform(0, 1.6, count) - 1))
    audio = torch.cat([mid + side, mid - side], 1)
    points = rng.uniform(-8, 8, (count, 1, 8)) * _some(rng, count, 0.3)[:, None, None]
    lid = np.where(rng.random((count, 1, 1)) < 0.12, np.exp(rng.uniform(np.log(1_500), np.log(14_000), (count, 1, 1))), 48_000)
    bins = length // 2 + 1
    hz = torch.linspace(0, SAMPLE_RATE / 2, bins, device=audio.device)
    place = (torch.log2((hz + 40) / 40) / np.log2((SAMPLE_RATE / 2 + 40) / 40) * 7).clamp(0, 6.999)
    left = place.long()
    curve = torch.from_numpy(points.astype(np.float32)).to(audio.device)
    decibels = curve[..., left] * (1 - place + left) + curve[..., left + 1] * (place - left)
    beyond = torch.log2((hz[None, None] / column(lid)).clamp(min=1.0)) * 48
    shaped = torch.fft.irfft(torch.fft.rfft(audio) * 10 ** ((decibels - beyond) / 20), n=length)
    drive = column(1 + _some(rng, count, 0.1) * rng.uniform(0.5, 4, count))
    audio = torch.where(drive > 1, torch.tanh(shaped * drive) / drive.sqrt(), shaped)
    return audio * column(10 ** (rng.uniform(-12, 3, count) / 20))
