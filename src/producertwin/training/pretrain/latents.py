"""Batches for the transformer: crops of corpus latents that begin on a bar, each with its task, prompt and context."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from ...errors import NotFound
from ...model.tasks import Task
from ...timebase import LATENT_RATE
from .lyricist import mark_sections


@dataclass(frozen=True)
class Example:
    """One training example: target and source latents `(frames, 64)`, the mask of what is to be made, and its words.

    A cover's source is the target itself, to be heard through the codes.
    """

    target: Tensor
    source: Tensor | None
    mask: Tensor
    task: Task
    stems: tuple[str, ...]
    caption: str
    facts: dict[str, Any]
    reference: Tensor | None
    start: int
    """Frame of the song at which it begins, a bar's first."""
    lyrics: str = ""
    """The words that are sung in it, as far as they are told."""


class LatentShards:
    """All corpus latents in memory, `(frames, 64)` float16 per sound."""

    def __init__(self, folder: Path) -> None:
        self.songs: list[dict[str, Any]] = []
        self.sounds: dict[str, Tensor] = {}
        for path in sorted(folder.glob("latents-*.safetensors")):
            with safe_open(path, "pt") as file:
                self.songs += json.loads(file.metadata()["facts"])
                self.sounds |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        self.split = [song for song in self.songs if song["partial"]]
        self._long: dict[tuple[bool, int], list[dict[str, Any]]] = {}
        self._by_stem: dict[tuple[Task, int], dict[str, list[dict[str, Any]]]] = {}
        if not self.split:
            raise NotFound(f"no latents in {folder}", remedy="run `twin lab pretrain encode` first")

    def sound(self, song: dict[str, Any], name: str) -> Tensor:
        """One sound of a song."""
        return self.sounds[f"{song['index']}.{name}"]

    def songs_of(self, frames: int, *, split: bool) -> list[dict[str, Any]]:
        """The songs of at least `frames` frames; with `split` those with stems. Raises `NotFound` where there is none."""
        known = self._long.get((split, frames))
        if known is None:
            songs = self.split if split else self.songs
            known = self._long[split, frames] = [song for song in songs if len(self.sound(song, "mix")) >= frames]
        if not known:
            raise NotFound(f"no song of {frames} latent frames", remedy="train on shorter crops, or render longer songs")
        return known

    def draw_song(self, task: Task, frames: int, rng: np.random.Generator) -> tuple[dict[str, Any], tuple[str, ...]]:
        """A song of at least `frames` frames, and the stems that `task` is about.

        For extract and lego the stem is drawn first, by the square root of how many songs have it, so that rare ones are learned.
        """
        if task in (Task.EXTRACT, Task.LEGO):
            able = self._songs_by_stem(task, frames)
            chances = np.sqrt([len(those) for those in able.values()])
            stem = list(able)[int(rng.choice(len(able), p=chances / chances.sum()))]
            return able[stem][int(rng.integers(len(able[stem])))], (stem,)
        songs = self.songs_of(frames, split=task is Task.COMPLETE)
        song = songs[int(rng.integers(len(songs)))]
        return song, absent_stems(song) if task is Task.COMPLETE else ()

    def _songs_by_stem(self, task: Task, frames: int) -> dict[str, list[dict[str, Any]]]:
        """The songs of at least `frames` frames in which each stem plays; for lego those whose partial mix lacks it."""
        known = self._by_stem.get((task, frames))
        if known is None:
            known = self._by_stem[task, frames] = {}
            for song in self.songs_of(frames, split=True):
                for stem in absent_stems(song) if task is Task.LEGO else song["stems"]:
                    known.setdefault(stem, []).append(song)
        return known

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and spread per channel over all mixes."""
        every = torch.cat([self.sound(song, "mix").float() for song in self.songs])
        return every.mean(0), every.std(0)


def absent_stems(song: dict[str, Any]) -> tuple[str, ...]:
    """The stems that play in a song and not in its partial mix."""
    return tuple(name for name in song["stems"] if name not in song["partial"])


def _bar_starts(song: dict[str, Any], frames: int, total: int) -> list[int]:
    bar = 60.0 / song["bpm"] * song["meter"] * LATENT_RATE
    return [round(k * bar) for k in range(int((total - frames) / bar) + 1)]


def thin_caption(caption: str, rng: np.random.Generator, drop: float) -> str:
    """The caption with some of its tags left out, never all, in another order."""
    tags = [tag.strip() for tag in caption.split(",")]
    kept = [tag for tag in tags if rng.random() >= drop] or [str(rng.choice(tags))]
    rng.shuffle(kept)
    return ", ".join(kept)


UNTOLD: dict[Task, float] = {
    Task.TEXT2MUSIC: 0.0, Task.COVER: 0.3, Task.REPAINT: 0.3, Task.EXTRACT: 0.5, Task.LEGO: 0.5, Task.COMPLETE: 0.3,
}  # fmt: skip
"""How often the words of a song that is sung are left out: nobody types them in again to edit a sound."""
TERSE = 0.8
"""Share of its tags that a terse caption lacks."""


def draw_example(
    shards: LatentShards,
    rng: np.random.Generator,
    frames: int,
    tasks: Mapping[Task, float],
    *,
    reference: float = 0.15,
    terse: float = 0.0,
) -> Example:
    """One example of `frames` frames; `tasks` are shares that sum to 1.

    `reference` is the chance that it has a reference, and `terse` that its caption then leaves most to it.
    """
    task = list(tasks)[int(rng.choice(len(tasks), p=list(tasks.values())))]
    song, stems = shards.draw_song(task, frames, rng)
    mix = shards.sound(song, "mix")
    start = int(rng.choice(_bar_starts(song, frames, len(mix))))

    def crop(name: str) -> Tensor:
        return shards.sound(song, name)[start : start + frames].float()

    caption = song["captions"][int(rng.integers(len(song["captions"])))]
    mask = torch.ones(frames)
    target, source = crop("mix"), None
    if task is Task.COVER:
        source = target
    elif task is Task.REPAINT:
        length = int(rng.integers(frames // 8, frames * 3 // 4))
        first = int(rng.integers(0, frames - length + 1))
        mask = torch.zeros(frames)
        mask[first : first + length] = 1
        source = target
    elif task is Task.EXTRACT:
        source, target = target, crop(f"stem.{stems[0]}")
    elif task in (Task.LEGO, Task.COMPLETE):
        source = crop("partial")
        target = crop(f"stem.{stems[0]}") if task is Task.LEGO else target
    timbre = None
    if rng.random() < reference:
        at = int(rng.integers(0, len(mix) - 128 + 1))
        timbre = mix[at : at + 128].float()
        if terse and rng.random() < terse:
            caption = thin_caption(caption, rng, TERSE)
    lyrics = "" if rng.random() < UNTOLD[task] else words_within(song, start, frames)
    return Example(target, source, mask, task, stems, caption, song, timbre, start, lyrics)


def words_within(song: dict[str, Any], start: int, frames: int) -> str:
    """The lyrics of the lines of a song of which half and more are sung within `frames` from `start`; empty where none are."""
    begin, end = start / LATENT_RATE, (start + frames) / LATENT_RATE
    inside = [line for line in song.get("sung", ()) if min(line[1], end) - max(line[0], begin) >= 0.5 * (line[1] - line[0])]
    return mark_sections((number, kind, text) for _, _, number, kind, text in inside)


def pad(rows: Sequence[Sequence[int]], fill: int) -> tuple[Tensor, Tensor]:
    """Token ids `(batch, tokens)` and the mask of what is not padding."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])
    mask = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in rows])
    return ids, mask
