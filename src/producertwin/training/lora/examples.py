"""What training shows: crops of encoded clips, each with a task, its context and its words.

Every clip is heard about as often as it is long: an epoch is a shuffled list in which a clip stands once per crop it holds, so
the place in the data is a function of the step. Crops begin at any frame; a clip shorter than a crop is taken whole.

Contexts are those of `model.context`: silence for text2music, silence inside a repaint's window, the mix for extract. Latents do
not add up, so lego and complete hear a single other stem. An instrument that hears a metronome hears it where the beats are
known: in the clip with which a track begins, counted from the crop's first frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...dataset.cache import Cache, EncodedClip
from ...dataset.manifest import Row
from ...errors import BadInput
from ...model.instrument import Instrument
from ...model.metronome import metronome
from ...model.request import Latents, Metas
from ...model.tasks import Task
from ..draws import shuffled
from .recipe import PATCH, DataPlan, Shares

LEAST_WINDOW, MOST_WINDOW = 1 / 8, 3 / 4
"""Shares of a crop that a repaint's window covers."""
_STEMS_NEEDED: Final = {Task.EXTRACT: 1, Task.LEGO: 2, Task.COMPLETE: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One clip to learn from."""

    row: Row
    place: int
    """Which of the row's clips."""
    clip: EncodedClip

    @property
    def frames(self) -> int:
        """Its length."""
        return len(self.clip.latents)

    def metas(self) -> Metas:
        """The facts its words state."""
        row = self.row
        return Metas.of(row.bpm, row.key, row.meter, row.language)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One crop, ready to be batched."""

    source: Source
    task: Task
    stems: tuple[str, ...]
    """The stems its words name."""
    start: int
    """Frame of the clip at which it begins."""
    target: Tensor
    """What is to be made, `(frames, width)`."""
    context: Tensor
    """`(frames, 2 * width)`."""
    metas: Metas
    """The facts its words state."""

    def __str__(self) -> str:
        return f"{self.source.row.title} ({self.task}) from frame {self.start} of clip {self.source.place}"


def sources(cache: Cache, rows: Sequence[Row], *, stems: bool = False) -> list[Source]:
    """Every clip of `rows`. Raises `NotFound` where one is not encoded."""
    return [
        Source(row, place, clip)
        for row in rows
        for place, clip in enumerate(cache.row(row, stems=stems).clips)
        if len(clip.latents) >= PATCH
    ]


class Examples:
    """Draws examples from the clips of one side."""

    def __init__(self, instrument: Instrument, found: Sequence[Source], plan: DataPlan, crop: int) -> None:
        self.plan, self.crop = plan, crop
        self.width, self.counts = instrument.width, instrument.card.metronome
        self.silence = instrument.silence(crop)[0]
        self.shares = {Task(name): share for name, share in plan.tasks.model_dump().items() if share > 0}
        for task in self.shares:
            instrument.require(task)
        self.sources = [one for one in found if self._able(one)]
        if not self.sources:
            raise BadInput(_nothing(plan.tasks), remedy="freeze a dataset with tracks on the training side, and encode it")
        self.slots = [at for at, one in enumerate(self.sources) for _ in range(max(1, round(one.frames / crop)))]

    @property
    def frames(self) -> int:
        """Length of all that is shown."""
        return sum(one.frames for one in self.sources)

    def at(self, place: int, seed: int, rng: np.random.Generator) -> Example:
        """The example at a place of the endless row of shuffled epochs; its crop, task and facts are drawn from `rng`."""
        epoch, within = divmod(place, len(self.slots))
        return self.drawn(self.sources[self.slots[self._order(seed, epoch)[within]]], rng)

    def drawn(self, source: Source, rng: np.random.Generator) -> Example:
        """A crop of `source`, any of its tasks, any of its facts left out as the plan says."""
        able = self._able(source)
        shares = np.array(list(able.values()))
        task = list(able)[int(rng.choice(len(shares), p=shares / shares.sum()))]
        frames = min(self.crop, source.frames // PATCH * PATCH)
        start = int(rng.integers(source.frames - frames + 1))
        keep = rng.random(3) >= self.plan.drop_meta
        told = source.metas()
        metas = Metas(
            told.bpm if keep[0] else None, told.key if keep[1] else None, told.meter if keep[2] else None, told.language
        )
        return self._example(source, task, start, frames, metas, rng)

    def plain(self, source: Source, rng: np.random.Generator) -> Example:
        """A crop of `source` as text2music with all its facts: what a validation hears."""
        frames = min(self.crop, source.frames // PATCH * PATCH)
        start = int(rng.integers(source.frames - frames + 1))
        return self._example(source, Task.TEXT2MUSIC, start, frames, source.metas(), rng)

    def _order(self, seed: int, epoch: int) -> list[int]:
        if getattr(self, "_epoch", None) != (seed, epoch):
            self._epoch, self._shuffled = (seed, epoch), shuffled(len(self.slots), seed, epoch)
        return self._shuffled

    def _able(self, source: Source) -> dict[Task, float]:
        """The shares of the tasks that `source` has stems for."""
        have = len(source.clip.stems)
        return {task: share for task, share in self.shares.items() if have >= _STEMS_NEEDED.get(task, 0)}

    def _example(self, source: Source, task: Task, start: int, frames: int, metas: Metas, rng: np.random.Generator) -> Example:
        def crop(latents: Latents) -> Tensor:
            return torch.from_numpy(np.asarray(latents[start : start + frames]))

        clip, still = source.clip, self.silence[:frames]
        target, mask, stems = crop(clip.latents), torch.ones(frames, 1), tuple[str, ...]()
        heard = target
        if task is Task.TEXT2MUSIC:
            heard = still
            if self.counts and source.place == 0:
                heard = still + metronome(metas, frames, self.width, first=start)
        elif task is Task.REPAINT:
            length = int(rng.integers(max(1, int(frames * LEAST_WINDOW)), int(frames * MOST_WINDOW) + 1))
            first = int(rng.integers(frames - length + 1))
            mask = torch.zeros(frames, 1)
            mask[first : first + length] = 1.0
            heard = torch.where(mask > 0, still, target)
        else:
            names = [str(name) for name in rng.permutation(sorted(clip.stems))]
            if task is Task.EXTRACT:
                stems, target = (names[0],), crop(clip.stems[names[0]])
            else:
                heard = crop(clip.stems[names[0]])
                stems = (names[1],) if task is Task.LEGO else tuple(sorted(names[1:]))
                target = crop(clip.stems[names[1]]) if task is Task.LEGO else target
        return Example(source, task, stems, start, target, torch.cat([heard, mask.expand(-1, self.width)], -1), metas)


def _nothing(shares: Shares) -> str:
    wanted = ", ".join(name for name, share in shares.model_dump().items() if share)
    return f"no clip on the training side can be used for {wanted}" + (" (which need stems)" if shares.stems else "")
