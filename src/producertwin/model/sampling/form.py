"""The form of a song, told to an instrument that was trained to hear it (`Card.form`).

A transformer that hears a few seconds to each side cannot know whether a song has just begun, is at its height or about to end.
So silence, which stands before it when there is no source, carries beside the metronome which section plays, and how near its
bounds are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...timebase import LATENT_RATE

KINDS = ("intro", "verse", "chorus", "bridge", "outro", "end")
"""The kinds of sections; `end` is what comes after the last note's bar."""
SIGNALS = len(KINDS) + 2
Sections = tuple[tuple[float, str], ...]
"""Second and kind of each section, from the first on; `end` where the song is over. Empty where nobody knows the form."""
STRENGTH = 3.0
"""What a signal is worth where it sounds: twice the spread of the silence that carries it, for it stands in few channels."""
GUIDED_ABOVE = 0.6
"""The noise levels at which a form is guided: who plays, and how much, is settled there."""
NEAR = 2.0
"""Seconds in which a bound's signal falls to a third."""


def has_sections(sections: Sections) -> bool:
    """Whether a song of this form has sections of several kinds, so that one can differ from another."""
    return len({kind for _, kind in sections} - {"end"}) > 1


def form_signals(sections: Sections, frames: int, *, first: int = 0) -> NDArray[np.float32]:
    """What a form is told by, `(frames, SIGNALS)`: one signal a kind, then the nearness of the bound behind and of the one ahead.

    `first` is the frame of the song at which it starts. Zero where the form is not known.
    """
    signals = np.zeros((frames, SIGNALS), np.float32)
    if not sections:
        return signals
    seconds = (first + np.arange(frames)) / LATENT_RATE
    begins = np.array([second for second, _ in sections])
    kinds = np.array([KINDS.index(kind) for _, kind in sections])
    at = np.maximum(np.searchsorted(begins, seconds, side="right") - 1, 0)
    signals[np.arange(frames), kinds[at]] = 1.0
    ahead = np.append(begins, np.inf)[at + 1]
    signals[:, -2] = np.exp(-np.maximum(seconds - begins[at], 0.0) / NEAR)
    signals[:, -1] = np.exp(-np.maximum(ahead - seconds, 0.0) / NEAR)
    return STRENGTH * signals
