"""Examples to learn from: crops of encoded clips, each with a task, its context and the facts of its prompt.

A clip is drawn in proportion to its length: an epoch is a shuffled list in which a clip stands once per crop it holds, so that
the place in the data is a function of the step. Crops begin at any frame; a clip shorter than a crop is taken whole.

Contexts are those of `model.sampling.task_context`: silence for text2music, silence inside a repaint's window, the mix for
extract. Latents of stems do not add up to those of the mix, so lego and complete are given a single other stem. An instrument
that reads a metronome is given it where the beats are known: in the clip with which a track begins, counted from the crop's first
frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...dataset.cache import EncodedCache, EncodedClip
from ...dataset.manifest import Row
from ...errors import BadInput
from ...model.instrument import Instrument
from ...model.sampling.metronome import metronome
from ...model.sampling.request import Latents, Metas
from ...model.tasks import Task
from ..rng import shuffle
from .recipe import PATCH, DataPlan, TaskShares

LEAST_WINDOW, MOST_WINDOW = 1 / 8, 3 / 4
"""Shares of a crop that a repaint's window covers."""
_STEMS_NEEDED: Final = {Task.EXTRACT: 1, Task.LEGO: 2, Task.COMPLETE: 2}


@dataclass(frozen=True, slots=True, eq=False)
class ClipSource:
    """One clip to learn from."""

    row: Row
    place: int
    """Which of the row's clips."""
    clip: EncodedClip

    @property
    def frames(self) -> int:
        """Its length in latent frames."""
        return len(self.clip.latents)

    def metas(self) -> Metas:
        """The facts its prompt states."""
        row = self.row
        return Metas.of(row.bpm, row.key, row.meter, row.language)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One crop, ready to be batched."""

    source: ClipSource
    task: Task
    stems: tuple[str, ...]
    """The stems its prompt names."""
    start: int
    """Frame of the clip at which it begins."""
    target: Tensor
    """The latents x0 to be generated, `(frames, width)`."""
    context: Tensor
    """What the transformer is given beside x_t, source and mask, `(frames, 2 * width)`."""
    metas: Metas
    """The facts its prompt states."""

    def __str__(self) -> str:
        return f"{self.source.row.title} ({self.task}) from frame {self.start} of clip {self.source.place}"


def load_sources(cache: EncodedCache, rows: Sequence[Row], *, stems: bool = False) -> list[ClipSource]:
    """Open every clip of `rows`. Raises `NotFound` where one is not encoded."""
    return [
        ClipSource(row, place, clip)
        for row in rows
        for place, clip in enumerate(cache.row(row, stems=stems).clips)
        if len(clip.latents) >= PATCH
    ]


class ExampleSampler:
    """Draws examples of at most `crop` frames from the clips of one side."""

    def __init__(self, instrument: Instrument, sources: Sequence[ClipSource], plan: DataPlan, crop: int) -> None:
        self.plan, self.crop = plan, crop
        self.width, self.card = instrument.width, instrument.card
        self.silence = instrument.silence(crop)[0]
        self.shares = {Task(name): share for name, share in plan.tasks.model_dump().items() if share > 0}
        for task in self.shares:
            instrument.require(task)
        self.sources = [one for one in sources if self._able_tasks(one)]
        if not self.sources:
            raise BadInput(
                _describe_shortage(plan.tasks), remedy="freeze a dataset with tracks on the training side, and encode it"
            )
        self.slots = [at for at, one in enumerate(self.sources) for _ in range(max(1, round(one.frames / crop)))]

    @property
    def frames(self) -> int:
        """Latent frames of all clips."""
        return sum(one.frames for one in self.sources)

    def draw_at(self, place: int, seed: int, rng: np.random.Generator) -> Example:
        """Draw the example at a place of the endless row of shuffled epochs; its crop, task and facts come from `rng`."""
        epoch, within = divmod(place, len(self.slots))
        return self.draw(self.sources[self.slots[self._shuffle(seed, epoch)[within]]], rng)

    def draw(self, source: ClipSource, rng: np.random.Generator) -> Example:
        """Draw a crop of `source`, one of its tasks, and which of its facts are left out."""
        able = self._able_tasks(source)
        shares = np.array(list(able.values()))
        task = list(able)[int(rng.choice(len(shares), p=shares / shares.sum()))]
        frames = min(self.crop, source.frames // PATCH * PATCH)
        start = int(rng.integers(source.frames - frames + 1))
        keep = rng.random(3) >= self.plan.drop_meta
        facts = source.metas()
        metas = Metas(
            facts.bpm if keep[0] else None, facts.key if keep[1] else None, facts.meter if keep[2] else None, facts.language
        )
        return self._make(source, task, start, frames, metas, rng)

    def draw_plain(self, source: ClipSource, rng: np.random.Generator) -> Example:
        """Draw a crop of `source` as text2music with all its facts, for validation."""
        frames = min(self.crop, source.frames // PATCH * PATCH)
        start = int(rng.integers(source.frames - frames + 1))
        return self._make(source, Task.TEXT2MUSIC, start, frames, source.metas(), rng)

    def _shuffle(self, seed: int, epoch: int) -> list[int]:
        if getattr(self, "_epoch", None) != (seed, epoch):
            self._epoch, self._shuffled = (seed, epoch), shuffle(len(self.slots), seed, epoch)
        return self._shuffled

    def _able_tasks(self, source: ClipSource) -> dict[Task, float]:
        """The shares of the tasks that `source` has stems for."""
        have = len(source.clip.stems)
        return {task: share for task, share in self.shares.items() if have >= _STEMS_NEEDED.get(task, 0)}

    def _make(self, source: ClipSource, task: Task, start: int, frames: int, metas: Metas, rng: np.random.Generator) -> Example:
        def crop(latents: Latents) -> Tensor:
            return torch.from_numpy(np.asarray(latents[start : start + frames]))

        clip, still = source.clip, self.silence[:frames]
        target, mask, stems = crop(clip.latents), torch.ones(frames, 1), tuple[str, ...]()
        given = target
        if task is Task.TEXT2MUSIC:
            given = still
            if self.card.metronome and source.place == 0:
                sections, sung = self.card.hear_form(), self.card.hear_sung()
                told = metronome(metas, frames, self.width, first=start, sections=sections, sung=sung)
                given = still + torch.from_numpy(told)
        elif task is Task.REPAINT:
            length = int(rng.integers(max(1, int(frames * LEAST_WINDOW)), int(frames * MOST_WINDOW) + 1))
            first = int(rng.integers(frames - length + 1))
            mask = torch.zeros(frames, 1)
            mask[first : first + length] = 1.0
            given = torch.where(mask > 0, still, target)
        else:
            names = [str(name) for name in rng.permutation(sorted(clip.stems))]
            if task is Task.EXTRACT:
                stems, target = (names[0],), crop(clip.stems[names[0]])
            else:
                given = crop(clip.stems[names[0]])
                stems = (names[1],) if task is Task.LEGO else tuple(sorted(names[1:]))
                target = crop(clip.stems[names[1]]) if task is Task.LEGO else target
        return Example(source, task, stems, start, target, torch.cat([given, mask.expand(-1, self.width)], -1), metas)


def _describe_shortage(shares: TaskShares) -> str:
    wanted = ", ".join(name for name, share in shares.model_dump().items() if share)
    return f"no clip on the training side can be used for {wanted}" + (" (which need stems)" if shares.stems else "")
