"""Everything that is measured of one take by itself, as plain numbers that can be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..audio.levels import crest_db, sample_peak_db
from ..audio.loudness import loudness
from ..audio.samples import Samples
from ..audio.tempo import tempo
from ..audio.tonal import chroma, key
from . import adherence
from . import defects as faults
from .embedding import embed
from .songs import Prompt

VERSION: Final = 1
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
    clicks: int
    defects: faults.Defects


def read(samples: Samples, prompt: Prompt) -> Reading:
    """Measure `samples` (2, n); numbers that are not finite count as a defect and as silence."""
    found = faults.find(samples)
    sound = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0) if found.not_finite else samples
    tempi = adherence.candidate_tempi(*prompt.tempi, prompt.bpm)
    return Reading(
        embedding=tuple(embed(sound).tolist()),
        tempo_best=adherence.tempo_is_best(sound, tempi) if prompt.drums else None,
        tempo_chance=1 / len(tempi),
        bpm=tempo(sound).bpm,
        chroma=tuple(chroma(sound).tolist()),
        key=str(key(sound).key),
        lufs=loudness(sound),
        peak_db=sample_peak_db(sound),
        crest_db=crest_db(sound),
        clicks=faults.clicks(sound),
        defects=found,
    )
