"""Chords and key of written notes.

Where several notes sound together the chords are read from them, beat by beat, as `audio.chords` reads a recording. A tune alone
gets a chord of the key for every bar: the one whose tones carry most of its notes, strong beats counting double, by the best path
through all bars (Viterbi) that begins and ends at home and leans on I, IV, V and their relatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..audio.chords import QUALITIES, ChordEstimate, fold_registers, follow, make_even
from ..audio.key import HIGHEST, LOWEST
from ..music import KEYS, Key
from . import harmony
from .chord_chart import Bar, TimedSymbol
from .chord_symbols import SILENT, Symbol, note_names
from .score import Note

_TOGETHER: Final = 2.4
"""Different notes a sounding beat has on average from which on they are chords, not a tune with a second voice now and then."""
_HOME: Final = 0.6
_LEAN: Final = (0.12, 0.0, -0.05, 0.1, 0.08, 0.06, -0.3)
"""How likely a chord on each degree is, beside what its tones say."""
_STAY: Final = -0.05
"""What a chord that is heard again pays."""
_SIGNATURES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
"""Steps of a scale, the leading tone of minor among them."""


def read_chords(notes: Sequence[Note], bars: int, meter: int, key: Key) -> tuple[Bar, ...]:
    """A bar of chords for each of so many `bars`; `notes` are pitched, in beats from the first bar. Silent bars are `N.C.`"""
    weights = _weights(notes, bars * meter)
    sounding = weights.sum(axis=1) > 0
    crowd = float((weights[sounding] > 0).sum(axis=1).mean()) if sounding.any() else 0.0
    if crowd >= _TOGETHER:
        return bars_of(follow(registers_of(notes, bars * meter), meter), meter, key)
    return bars_of(_harmonise(weights, meter, key), meter, key)


def key_of_notes(notes: Sequence[Note]) -> Key:
    """The key whose scale holds most of `notes` by length; the first and the last note, and the lowest ones, tell its tonic."""
    ordered = sorted(notes, key=lambda note: (note.start, note.pitch))
    held = np.zeros(12)
    for note in ordered:
        held[note.pitch % 12] += min(note.length, 4.0)
    held /= max(held.sum(), 1e-9)
    ends = max(note.start + note.length for note in ordered)
    last = min((n for n in ordered if n.start + n.length >= ends - 1e-6), key=lambda note: note.pitch)

    def fit(key: Key) -> float:
        inside = sum(held[(key.tonic + step) % 12] for step in _SIGNATURES[key.mode]) - 0.02 * (key.mode == "minor")
        triad = sum(held[(key.tonic + step) % 12] for step in (0, 3 if key.mode == "minor" else 4, 7))
        return float(inside + 0.25 * triad + 0.06 * (last.pitch % 12 == key.tonic) + 0.04 * (ordered[0].pitch % 12 == key.tonic))

    return max(KEYS, key=fit)


def write_bars(bars: Sequence[Bar]) -> str:
    """Bars of chords as a chart is written."""
    return " | ".join(map(_write_bar, bars))


def _write_bar(bar: Bar) -> str:
    names = [one.symbol.text if one.symbol else SILENT for one in bar]
    if len(bar) == 1:
        return names[0]
    return " ".join(" ".join([name, *["/"] * (round(one.beats) - 1)]) for name, one in zip(names, bar, strict=True))


def _weights(notes: Sequence[Note], beats: int) -> NDArray[np.float64]:
    """How long each pitch class sounds in each beat, shape (beats, 12)."""
    found = np.zeros((beats, 12))
    for note in notes:
        end = note.start + note.length
        for beat in range(int(note.start), min(beats, int(np.ceil(end - 1e-6)))):
            found[beat, note.pitch % 12] += max(0.0, min(end, beat + 1.0) - max(note.start, float(beat)))
    return found


def registers_of(notes: Sequence[Note], beats: int) -> NDArray[np.float64]:
    """What sounds in each of so many `beats`, as `audio.chords` hears it; notes beyond its range move by octaves."""
    strengths = np.zeros((beats, HIGHEST - LOWEST))
    for note in notes:
        end, pitch = note.start + note.length, note.pitch
        pitch += 12 * (max(0, -(-(LOWEST - pitch) // 12)) - max(0, -(-(pitch - HIGHEST + 1) // 12)))
        for beat in range(int(note.start), min(beats, int(np.ceil(end - 1e-6)))):
            strengths[beat, pitch - LOWEST] += max(0.0, min(end, beat + 1.0) - max(note.start, float(beat)))
    return make_even(fold_registers(strengths))


def _harmonise(weights: NDArray[np.float64], meter: int, key: Key) -> list[ChordEstimate]:
    """A chord of the key for every bar of a tune; none before it begins and after it ends."""
    accents = np.array([2.0 if beat == 0 or (meter % 2 == 0 and beat == meter // 2) else 1.0 for beat in range(meter)])
    bars = (weights.reshape(-1, meter, 12) * accents[None, :, None]).sum(axis=1)
    bars /= np.maximum(bars.sum(axis=1, keepdims=True), 1e-9)
    degrees = [harmony.build(key, degree, "triad") for degree in range(1, 8)]
    if key.mode == "minor":
        degrees[4] = ((key.tonic + 7) % 12, "")
    chords = [(root, {"maj": "", "m": "m"}.get(quality, quality)) for root, quality in degrees]
    fits = np.array(
        [[bar[[(root + step) % 12 for step in QUALITIES[quality]]].sum() for root, quality in chords] for bar in bars]
    )
    scores = fits + np.array(_LEAN)
    for place in (0, -1):
        scores[place, 0] += _HOME * (bars[place, key.tonic] + 0.1)
    best, back = scores[0].copy(), []
    for row in scores[1:]:
        moves = best[:, None] + np.where(np.eye(7, dtype=bool), _STAY, 0.0)
        back.append(moves.argmax(axis=0))
        best = moves.max(axis=0) + row
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    sounding = np.flatnonzero(bars.sum(axis=1))
    inside = range(sounding[0], sounding[-1] + 1) if len(sounding) else range(0)
    found = [ChordEstimate(*chords[degree]) if bar in inside else ChordEstimate(None) for bar, degree in enumerate(path[::-1])]
    return [chord for chord in found for _ in range(meter)]


def bars_of(estimates: Sequence[ChordEstimate], meter: int, key: Key) -> tuple[Bar, ...]:
    """Chords of beats as bars of symbols, spelled as the key is."""
    names = note_names(key)
    bars: list[Bar] = []
    for at in range(0, len(estimates) - len(estimates) % meter, meter):
        bar, beat = [], 0
        for chord, group in groupby(estimates[at : at + meter]):
            beats = len(list(group))
            symbol = None if chord.root is None else Symbol(chord.root, chord.quality, None, names[chord.root] + chord.quality)
            bar.append(TimedSymbol(float(beat), float(beats), symbol))
            beat += beats
        bars.append(tuple(bar))
    return tuple(bars)
