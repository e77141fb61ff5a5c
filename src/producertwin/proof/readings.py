"""What is measured of one sound of a proof: how every embedder hears it, whether it keeps tempo and key, what is wrong with it.

Sounds are brought to one loudness before they are embedded, so that no distance is one of level. Arrays `(2, n)` at 48 kHz.
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
from ..quality import detectors as faults
from .corpus import Piece

VERSION: Final = 1
"""Raised when the same sound would be measured otherwise, by a meter of `audio` too."""
LUFS: Final = -16.0
"""Loudness at which sounds are embedded."""
REAL: Final = 0
CODEC: Final = 1
"""Which reading of a training piece, or of another producer's, is which."""
_AROUND: Final = (0.7, 1.4)
"""Range of rival tempi, in parts of the asked one, where the style names none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sound, measured against the words of its piece."""

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
    """The sounds of one side: pieces, and the readings of each one's takes."""

    pieces: tuple[Piece, ...]
    readings: tuple[tuple[Reading, ...], ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def vectors(self, ear: str) -> Floats:
        """What the embedder `ear` hears, shape (pieces, takes, d)."""
        return np.array([[reading.vectors[ear] for reading in takes] for takes in self.readings], np.float64)


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything a proof measured. `real`, `codec`, `base` and `twin` have the same pieces in the same order."""

    real: Side
    """The held-out pieces themselves."""
    codec: Side
    """The same through the instrument's codec: the most that any take of it can be."""
    base: Side
    twin: Side
    train: Side
    """Two readings of every piece: itself, and through the codec."""
    others: Side
    """The same of other producers' pieces."""
    ruler: Side
    """What the base makes of training songs' words: with `train` it lays the space of distances."""
    said: dict[str, Floats]
    """Embedder to what it makes of the held-out pieces' captions, (pieces, d); only those that read."""


def read(sound: Samples | None, piece: Piece, embedders: Sequence[SoundEmbedder]) -> Reading:
    """Measure `sound`; None stands for a take that left the numbers, which counts as a defect and as silence."""
    if sound is None:
        return _silent(embedders, piece)
    meters = measure(sound)
    level = meters.loudness_lufs
    even = edits.gain(sound, LUFS - level) if level > GATE_LUFS else sound
    return Reading(
        vectors={ear.name: tuple(np.asarray(ear.embed(even), np.float64).tolist()) for ear in embedders},
        bpm=meters.tempo().bpm,
        tempo_best=None if piece.bpm is None else adherence.tempo_is_best(meters, _rivals(piece.style, piece.bpm)),
        key=str(meters.key.key),
        in_scale=None if piece.key is None else adherence.in_scale(meters.chroma, Key.parse(piece.key)),
        defects=faults.judge(meters),
        clicks=meters.clicks,
    )


def _silent(embedders: Sequence[SoundEmbedder], piece: Piece) -> Reading:
    """The reading of a take without numbers: as silence of a second."""
    silence = np.zeros((2, max(piece.sound().shape[1], 1)), np.float32)
    return Reading(
        vectors={ear.name: tuple(np.asarray(ear.embed(silence), np.float64).tolist()) for ear in embedders},
        bpm=0.0,
        tempo_best=None if piece.bpm is None else False,
        key="C major",
        in_scale=None if piece.key is None else adherence.CHANCE_IN_SCALE,
        defects=faults.Defects(not_finite=True),
        clicks=0,
    )


def _rivals(style: str, bpm: float) -> tuple[float, ...]:
    low, high = STYLES[style].tempo if style in STYLES else (_AROUND[0] * bpm, _AROUND[1] * bpm)
    return adherence.candidate_tempi(low, high, bpm)
