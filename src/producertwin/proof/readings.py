"""What is measured of one sound of a proof: its vector by every embedder, tempo and key against the prompt, and defects.

Sounds are brought to one loudness before they are embedded, so that level does not count as distance. Arrays `(2, n)` at 48 kHz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..audio import edits
from ..audio.loudness import GATE_LUFS
from ..audio.meters import measure
from ..audio.samples import Samples
from ..house_band.styles import STYLES
from ..metrics import adherence
from ..metrics.embedders import SoundEmbedder
from ..metrics.statistics import Floats
from ..music import Key
from ..quality.detectors import flags as faults
from .corpus import EvalTrack

VERSION: Final = 1
"""Raised when the same sound would be measured otherwise, by a meter of `audio` too."""
LUFS: Final = -16.0
"""Loudness at which sounds are embedded."""
REAL: Final = 0
CODEC: Final = 1
"""Positions of the two readings of a training track, or of another producer's."""
_AROUND: Final = (0.7, 1.4)
"""Range of rival tempi, in parts of the asked one, where the style names none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sound, measured against the prompt of its track."""

    vectors: dict[str, tuple[float, ...]]
    """By embedder."""
    bpm: float
    """Tempo found; 0 where nothing pulses."""
    tempo_best: bool | None
    """Whether the asked tempo fits better than its rivals; None where none was asked for."""
    key: str
    """Key found."""
    in_scale: float | None
    """Share of the chroma inside the asked key; None where none was asked for."""
    defects: faults.Defects
    clicks: int


@dataclass(frozen=True, slots=True)
class Side:
    """The sounds of one side: tracks, and the readings of each one's takes."""

    tracks: tuple[EvalTrack, ...]
    readings: tuple[tuple[Reading, ...], ...]

    def __len__(self) -> int:
        return len(self.tracks)

    def vectors(self, embedder: str) -> Floats:
        """Vectors by the embedder called `embedder`, shape (tracks, takes, d)."""
        return np.array([[reading.vectors[embedder] for reading in takes] for takes in self.readings], np.float64)


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything a proof measured. `real`, `codec`, `base` and `twin` have the same tracks in the same order."""

    real: Side
    """The held-out tracks themselves."""
    codec: Side
    """The same through the instrument's codec: the most that any take of it can be."""
    base: Side
    twin: Side
    train: Side
    """Two readings of every track: itself, and through the codec."""
    others: Side
    """The same of other producers' tracks."""
    base_on_train: Side
    """The base's takes of the training songs' captions: with `train` they fit the space of distances."""
    captions: dict[str, Floats]
    """Vectors of the held-out tracks' captions by embedder, (tracks, d); only embedders that read text."""
    folds: tuple[int, ...] = ()
    """Fold of every track of `twin`, which a short twin played that had not heard it; empty where one twin played all."""


def read(sound: Samples | None, track: EvalTrack, embedders: Sequence[SoundEmbedder]) -> Reading:
    """Measure `sound`; None stands for a take that is not finite, which counts as a defect and as silence."""
    if sound is None:
        return _silent(embedders, track)
    meters = measure(sound)
    level = meters.loudness_lufs
    even = edits.gain(sound, LUFS - level) if level > GATE_LUFS else sound
    return Reading(
        vectors={embedder.name: tuple(np.asarray(embedder.embed(even), np.float64).tolist()) for embedder in embedders},
        bpm=meters.tempo().bpm,
        tempo_best=None if track.bpm is None else adherence.tempo_is_best(meters, _rivals(track.style, track.bpm)),
        key=str(meters.key.key),
        in_scale=None if track.key is None else adherence.in_scale(meters.chroma, Key.parse(track.key)),
        defects=faults.judge(meters),
        clicks=meters.clicks,
    )


def _silent(embedders: Sequence[SoundEmbedder], track: EvalTrack) -> Reading:
    """The reading of a take without numbers: as silence of a second."""
    silence = np.zeros((2, max(track.sound().shape[1], 1)), np.float32)
    return Reading(
        vectors={embedder.name: tuple(np.asarray(embedder.embed(silence), np.float64).tolist()) for embedder in embedders},
        bpm=0.0,
        tempo_best=None if track.bpm is None else False,
        key="C major",
        in_scale=None if track.key is None else adherence.CHANCE_IN_SCALE,
        defects=faults.Defects(not_finite=True),
        clicks=0,
    )


def _rivals(style: str, bpm: float) -> tuple[float, ...]:
    low, high = STYLES[style].tempo if style in STYLES else (_AROUND[0] * bpm, _AROUND[1] * bpm)
    return adherence.candidate_tempi(low, high, bpm)
