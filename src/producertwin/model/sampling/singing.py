"""The syllables of a song, told to an instrument that was trained to hear them (`Card.syllables`).

A small transformer does not learn from the text of a lyric alone when a voice sounds: after two thousand steps on sung songs,
takes with lyrics and without were the same. So silence, which stands before it when there is no source, carries beside the
metronome where each syllable begins, how long it is sung, on which pitch, and how its vowel and its first consonant sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...timebase import LATENT_RATE

SIGNALS = 8
STRENGTH = 3.0
"""What a signal is worth where it sounds, as that of a form."""
NEAR = 0.08
"""Seconds in which the signal of a beginning falls to a third."""
MIDDLE = 60
"""The pitch, a MIDI number, at which the signal of the height is 0; an octave higher it is 1."""


@dataclass(frozen=True, slots=True)
class SungSyllable:
    """A syllable that is sung from `begin` to `end`, in seconds."""

    begin: float
    end: float
    pitch: int
    """MIDI number."""
    openness: float
    """First formant of its vowel, 0 (closed, as in see) to 1 (open, as in far)."""
    frontness: float
    """Second formant of its vowel, 0 (back, as in law) to 1 (front, as in see)."""
    hiss: float
    """How much noise its first consonant has, 0 to 1."""


Sung = tuple[SungSyllable, ...]
"""The syllables of a song in their order. Empty where nobody sings, or nobody knows."""


def sung_signals(sung: Sung, frames: int, *, first: int = 0) -> NDArray[np.float32]:
    """What syllables are told by, `(frames, SIGNALS)`; `first` is the frame of the song at which it starts.

    That somebody sings, a beginning, its hiss, the vowel's two places, the pitch as a point on a circle, the height; all zero
    where nobody does.
    """
    signals = np.zeros((frames, SIGNALS), np.float32)
    for one in sung:
        begin, end = round(one.begin * LATENT_RATE) - first, round(one.end * LATENT_RATE) - first
        held = slice(max(begin, 0), max(min(max(end, begin + 1), frames), 0))
        turn = 2 * np.pi * (one.pitch % 12) / 12
        since = (np.arange(held.start, held.stop) - begin) / LATENT_RATE
        begun = np.exp(-since / NEAR)
        vowel = (2 * one.openness - 1, 2 * one.frontness - 1, np.cos(turn), np.sin(turn), (one.pitch - MIDDLE) / 12)
        signals[held] = np.stack([np.ones_like(begun), begun, begun * one.hiss, *(np.full_like(begun, v) for v in vowel)], axis=1)
    return STRENGTH * signals
