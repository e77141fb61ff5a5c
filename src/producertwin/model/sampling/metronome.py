"""The metronome: where the beats fall, told to an instrument that was trained to hear it (`Card.metronome`).

A take begins on a bar, so its beats are a function of tempo and time. Rotary positions are relative and tell no time, and a
small transformer does not learn to multiply a tempo it reads by a place it must guess. So silence, which stands before the
transformer when there is no source, carries sines and cosines of the bar, the beat, its half and its quarter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...timebase import LATENT_RATE, TempoMap
from .form import SIGNALS as FORM_SIGNALS
from .form import Sections, form_signals
from .request import Metas
from .singing import SIGNALS as SUNG_SIGNALS
from .singing import Sung, sung_signals

DIVISIONS = (1, 2, 4)
"""Turns per beat; the bar's turn comes before them."""
SIGNALS = 2 * (1 + len(DIVISIONS))


def metronome(
    metas: Metas,
    frames: int,
    width: int,
    *,
    first: int = 0,
    tempi: tuple[tuple[float, float], ...] = (),
    sections: Sections | None = None,
    sung: Sung | None = None,
) -> NDArray[np.float32]:
    """What is added to `frames` of silence, `(frames, width)`; zero when the tempo is not told.

    `first` is the frame of the song, which begins on a bar, at which it starts. Channel c carries signal c modulo 8. Without
    a meter the bar's two signals are zero. `tempi` are beats from which another tempo holds, and that. Unless `sections` are
    None, the last channels carry the form instead (`form.form_signals`), and unless `sung` is None those before it the syllables
    (`singing.sung_signals`).
    """
    if sections is not None:
        counted = metronome(metas, frames, width - FORM_SIGNALS, first=first, tempi=tempi, sung=sung)
        return np.concatenate([counted, form_signals(sections, frames, first=first)], axis=1)
    if sung is not None:
        counted = metronome(metas, frames, width - SUNG_SIGNALS, first=first, tempi=tempi)
        return np.concatenate([counted, sung_signals(sung, frames, first=first)], axis=1)
    if metas.bpm is None:
        return np.zeros((frames, width), np.float32)
    seconds = (first + np.arange(frames)) / LATENT_RATE
    beats = seconds * metas.bpm / 60.0
    if tempi:
        tempo = TempoMap(metas.bpm, tempi)
        beats = np.array([tempo.beat(second) for second in seconds.tolist()])
    bar = np.zeros((2, frames)) if metas.meter is None else _turn(beats / metas.meter)
    signals = np.concatenate([bar, *(_turn(beats * division) for division in DIVISIONS)])
    return np.ascontiguousarray(np.tile(signals, (-(-width // SIGNALS), 1))[:width].T, np.float32)


def _turn(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.cos(2 * np.pi * phase), np.sin(2 * np.pi * phase)])
