"""The stems of a screened track, cut and levelled as screening cut and levelled their mix.

A track's verdict keeps where its mix was cut, the fade there and the gain; each stem gets the same, and is then cut into the same
clips. So the stems of a clip add up to it as well as those of the track did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..audio import edits, files
from ..audio.samples import Samples
from ..library.blobs import Blobs
from ..timebase import samples_of
from .screening import ScreeningResult, shorten


@dataclass(frozen=True, slots=True)
class Cut:
    """How screening prepared a mix."""

    lengths: tuple[int, ...]
    """Samples of its clips, which follow one another."""
    end: float | None
    """Second at which it was cut."""
    fade: float | None
    """Seconds of the fade there."""
    gain: float
    """Decibels by which it was turned up."""
    start: float = 0.0
    """Second at which it begins."""

    def apply(self, sound: Samples) -> Samples:
        """`sound` as the mix was prepared, as long as the clips together; silence follows one that ends before."""
        whole = samples_of(self.start) + sum(self.lengths) if self.end is None else samples_of(self.end)
        part = np.pad(sound[:, :whole], ((0, 0), (0, max(0, whole - sound.shape[1]))))
        return edits.gain(shorten(part, self.end, self.fade, start=self.start)[:, : sum(self.lengths)], self.gain)


def cut_of(verdict: ScreeningResult, lengths: tuple[int, ...]) -> Cut | None:
    """How a mix with this verdict became clips of these lengths; None where an older version did not keep its gain."""
    if verdict.gain is None:
        return None
    return Cut(lengths, verdict.end, verdict.fade, verdict.gain, verdict.start)


def parts(blobs: Blobs, stem: str, cut: Cut) -> tuple[Samples, ...]:
    """A stem's part of every clip, at the level of its mix."""
    sound = cut.apply(files.read(blobs.get(stem)))
    return tuple(np.split(sound, np.cumsum(cut.lengths)[:-1], axis=1))
