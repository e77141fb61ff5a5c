"""The stems of a screened track, cut and levelled as screening cut and levelled their mix.

A screening note keeps where a mix was cut, but neither its gain nor the length of its fade. The gain is measured: at the mix's
loudest sample, what was prepared is divided by what came. The fade is that of every shipped profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..audio import edits, files
from ..audio.samples import Samples
from ..library.blobs import Blobs
from ..timebase import samples_of
from .screening import LOFI

FADE: Final = LOFI.fade
"""Seconds of the fade at a cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How screening cut a mix."""

    lengths: tuple[int, ...]
    """Samples of its clips, which follow one another."""
    end: float | None
    """Second at which it was cut and faded."""

    def kept(self, sound: Samples) -> Samples:
        """The part of `sound` that the clips cover, lengthened by silence where it ends before."""
        whole = sum(self.lengths) if self.end is None else samples_of(self.end)
        part = np.pad(sound[:, :whole], ((0, 0), (0, max(0, whole - sound.shape[1]))))
        return (part if self.end is None else edits.fade(part, fade_out=FADE))[:, : sum(self.lengths)]


def parts(blobs: Blobs, stem: str, cut: Cut, gain: Callable[[], float]) -> tuple[Samples, ...]:
    """A stem's part of every clip, at the level of its mix."""
    sound = np.float32(gain()) * cut.kept(files.read(blobs.get(stem)))
    return tuple(np.split(sound, np.cumsum(cut.lengths)[:-1], axis=1))


def level(blobs: Blobs, mix: str, clips: tuple[str, ...], cut: Cut) -> float:
    """By how much screening multiplied a mix."""
    came = cut.kept(files.read(blobs.get(mix)))
    channel, place = np.unravel_index(np.abs(came).argmax(), came.shape)
    which = int(np.searchsorted(np.cumsum(cut.lengths), place, side="right"))
    prepared = files.read(blobs.get(clips[which]))
    return float(prepared[channel, place - sum(cut.lengths[:which])] / came[channel, place])
