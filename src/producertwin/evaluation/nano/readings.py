"""Everything that is measured of one take by itself, as plain numbers that can be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...audio.meters import measure
from ...audio.samples import Samples
from ...metrics import adherence
from ...metrics.flatness import band_flatness
from ...metrics.mel_stats import embed
from ...quality.detectors import flags as faults
from .songs import SongPrompt

VERSION: Final = 2
"""Raised when the same sound would be measured otherwise, by a meter of `audio` too."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sound, measured against the prompt it should fit."""

    embedding: tuple[float, ...]
    tempo_best: bool | None
    """Whether the prompt's tempo fits best; None where no drums keep the time."""
    tempo_chance: float
    bpm: float
    """Tempo found; 0 where nothing pulses."""
    chroma: tuple[float, ...]
    key: str
    """Key found."""
    lufs: float
    peak_db: float
    crest_db: float
    flatness: float | None
    """From 5 to 10 kHz; None where nothing sounds there."""
    clicks: int
    defects: faults.Defects


def read(samples: Samples, prompt: SongPrompt) -> Reading:
    """Measure `samples` (2, n); numbers that are not finite count as a defect and as silence."""
    whole = bool(np.isfinite(samples).all())
    sound = samples if whole else np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    meters = measure(sound)
    tempi = adherence.candidate_tempi(*prompt.tempi, prompt.bpm)
    return Reading(
        embedding=tuple(embed(sound).tolist()),
        tempo_best=adherence.tempo_is_best(meters, tempi) if prompt.drums else None,
        tempo_chance=1 / len(tempi),
        bpm=meters.tempo().bpm,
        chroma=tuple(meters.chroma.tolist()),
        key=str(meters.key.key),
        lufs=meters.loudness_lufs,
        peak_db=meters.peak_db,
        crest_db=meters.crest_db,
        flatness=band_flatness(sound),
        clicks=meters.clicks,
        defects=faults.judge(meters) if whole else faults.Defects(not_finite=True),
    )
