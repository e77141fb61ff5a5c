"""How a take ends, and how loud it is. nano plays until its time is over, so its takes stop in mid-phrase; they fade out instead.

A take that has come to its end by itself is left as it is. Audio is float32 `(2, samples)` at 48 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..audio import edits
from ..house_band import styles
from ..house_band.mix import target_of_style
from ..model.sampling.request import Metas, Samples
from ..timebase import samples_of, seconds_of
from .stages import Generate

QUIET_DB = 30.0
"""A take whose last moment is this far below the whole has ended by itself."""
FADE: Final = "fade_seconds"
"""The reading of a take of latents alone that says over how long its end fades once it is decoded."""
LEAST: Final = "least_loudness_lufs"
"""The reading of a take of latents alone that says how loud it is at least once it is decoded."""
_LAST = 0.1
_LAST_SHARE = 1 / 60
"""That moment: at most so many seconds, and at most this share of the sound."""
_LONGEST_SHARE = 1 / 6
"""Most of a take that fades."""
_BARS = 2.0
_BAR = 2.0
"""Bars of a fade, and seconds of a bar, where no style and no tempo say otherwise."""


def fade_of(stage: Generate, metas: Metas) -> float:
    """Seconds over which a take of `stage` fades out: so many bars as its style does; 0 where the end is to be left raw."""
    if stage.raw:
        return 0.0
    found = styles.match(stage.prompt.caption)
    bars = found.style.fade if found.score > 0 else _BARS
    return min(bars * _bar(metas), stage.seconds * _LONGEST_SHARE)


def loudness_of(stage: Generate) -> float | None:
    """LUFS that a take of `stage` has at least: those of its style; None where it is to be left raw, or names no style."""
    found = styles.match(stage.prompt.caption)
    return None if stage.raw or found.score <= 0 else target_of_style(found.style)


def fade_like(source: Samples, metas: Metas) -> float:
    """Seconds over which a take fades that is played over `source`: a take ends quietly where its source does."""
    return fade_over(seconds_of(source.shape[1]), metas) if is_over(source) else 0.0


def fade_over(seconds: float, metas: Metas) -> float:
    """Seconds over which a take of `seconds` fades that is to end quietly, where no style says otherwise."""
    return min(_BARS * _bar(metas), seconds * _LONGEST_SHARE)


def is_over(audio: Samples) -> bool:
    """Whether `audio` has come to its end: its last moment is far below its level."""
    last = min(samples_of(_LAST), max(1, round(audio.shape[1] * _LAST_SHARE)))
    return bool(_power(audio[:, -last:]) <= _power(audio) * 10.0 ** (-QUIET_DB / 10.0))


def end(audio: Samples, seconds: float) -> Samples:
    """`audio` with its last `seconds` faded out, unless it is over by itself."""
    return audio if seconds <= 0 or is_over(audio) else edits.fade(audio, fade_out=seconds)


def _bar(metas: Metas) -> float:
    return _BAR if metas.bpm is None else (metas.meter or 4) * 60.0 / metas.bpm


def _power(audio: Samples) -> float:
    return float(np.mean(np.square(audio, dtype=np.float64))) if audio.size else 0.0
