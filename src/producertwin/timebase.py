"""One clock for samples, latent frames and codes.

ACE-Step 1.5 hears 48 kHz stereo; its VAE makes one latent frame of 1 920 samples (25 per second), and its
tokenizer one code of five frames (5 per second). Every other module derives its lengths from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SAMPLE_RATE: Final = 48_000
"""Samples per second of all audio inside the studio."""
CHANNELS: Final = 2
HOP: Final = 1_920
"""Samples per latent frame."""
LATENT_RATE: Final = SAMPLE_RATE // HOP
"""Latent frames per second."""
FRAMES_PER_CODE: Final = 5
CODE_RATE: Final = LATENT_RATE // FRAMES_PER_CODE
"""Quantised codes per second."""
MIN_SECONDS: Final = 1.0
MAX_SECONDS: Final = 600.0
"""Shortest and longest take the instrument is asked for."""


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Where beats fall: a tempo, and the beats (from the first downbeat) from which others hold."""

    bpm: float
    """Beats per minute at the beginning."""
    changes: tuple[tuple[float, float], ...] = ()
    """A beat and the tempo from there on, in their order."""

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """First beats and tempi of all stretches of one tempo, that of the beginning first."""
        return self.changes if self.changes and self.changes[0][0] <= 0.0 else ((0.0, self.bpm), *self.changes)

    def seconds(self, beat: float) -> float:
        """When `beat` falls."""
        return self._sum(beat, 1.0)

    def sample(self, beat: float) -> int:
        """Nearest sample to where `beat` falls."""
        return round(self._sum(beat, SAMPLE_RATE))

    def samples(self, beat: float, length: float) -> int:
        """How many samples a note lasts that begins on `beat` and is `length` beats long."""
        if not self.changes:
            return round(length * (60.0 / self.bpm * SAMPLE_RATE))
        return round(self._sum(beat + length, SAMPLE_RATE) - self._sum(beat, SAMPLE_RATE))

    def beat(self, seconds: float) -> float:
        """The beat that falls on `seconds`."""
        first, bpm = self.spans[0]
        begin = self.seconds(first)
        for place, tempo in self.spans[1:]:
            if (at := self.seconds(place)) >= seconds:
                break
            first, bpm, begin = place, tempo, at
        return first + (seconds - begin) * bpm / 60.0

    def bpm_at(self, beat: float) -> float:
        """The tempo in which `beat` is played."""
        return next((bpm for first, bpm in reversed(self.spans) if first <= beat + 1e-9), self.bpm)

    def _sum(self, beat: float, second: float) -> float:
        """Where `beat` falls, when a second is counted as `second`."""
        (begin, bpm), *later = self.spans
        at = 0.0
        for first, tempo in later:
            if beat <= first:
                break
            at += (first - begin) * (60.0 / bpm * second)
            begin, bpm = first, tempo
        return at + (beat - begin) * (60.0 / bpm * second)


def samples_of(seconds: float) -> int:
    """Nearest whole number of samples in `seconds`."""
    return round(seconds * SAMPLE_RATE)


def seconds_of(samples: int) -> float:
    """Seconds that `samples` samples last."""
    return samples / SAMPLE_RATE


def frames_of(seconds: float) -> int:
    """Fewest latent frames that cover `seconds`; a whole number of samples never rounds up twice."""
    return math.ceil(samples_of(seconds) / HOP)


def frame_seconds(frames: int) -> float:
    """Seconds that `frames` latent frames last."""
    return frames / LATENT_RATE


def round_up_to_hop(samples: int) -> int:
    """Smallest multiple of the hop that is not less than `samples`."""
    return math.ceil(samples / HOP) * HOP
