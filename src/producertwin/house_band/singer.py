"""A singer of syllables: a buzz through formants that move from sound to sound, and noise for the consonants.

A syllable is a row of sounds, each with its formants, how loudly the voice sounds in it and how long it lasts; consonants take
their time from the vowel, which is held. The rows are smoothed over `GLIDE`, as a mouth moves, and become the levels of the
voice's harmonics; hisses and bursts are laid beside them. Formants of the vowels are those of Peterson & Barney (1952) for men; a
woman's are 17 % higher. Those of sonorants follow Klatt (1980); what is only noise has those of the vowel beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..timebase import SAMPLE_RATE, samples_of
from .oscillators import (
    BLOCK,
    Curve,
    Sound,
    Tone,
    contour,
    drift,
    edges,
    fall,
    filter_biquad,
    harmonics,
    moving_bank,
    noise,
    vibrato,
)
from .syllables import LA, Syllable

GLIDE: Final = 0.03
"""Seconds over which one sound becomes the next."""
WOMAN: Final = 1.17
"""How much shorter a woman's mouth and throat are: the factor of her formants."""
_FORMANTS: Final[dict[str, tuple[float, float, float]]] = {
    "ah": (730, 1090, 2440), "ae": (660, 1720, 2410), "eh": (530, 1840, 2480), "ih": (390, 1990, 2550), "ee": (270, 2290, 3010),
    "aw": (570, 840, 2410), "oh": (460, 800, 2400), "oo": (300, 870, 2240), "uh": (640, 1190, 2390), "er": (490, 1350, 1690),
    "m": (250, 1000, 2200), "n": (250, 1500, 2400), "ng": (250, 2000, 2600), "l": (360, 1050, 2800), "r": (330, 1060, 1380),
    "w": (290, 610, 2150), "y": (260, 2070, 3020),
}  # fmt: skip
"""Hz of the first three formants of a man."""
_GAINS: Final = (1.0, 0.8, 0.5, 0.3)
_WIDTHS: Final = (80.0, 100.0, 140.0, 220.0)
_FOURTH: Final = 3_400.0


@dataclass(frozen=True, slots=True)
class Consonant:
    """How a consonant sounds."""

    seconds: float
    voice: float
    """Loudness of the voice in it, 1 that of a vowel."""
    hiss: float = 0.0
    """Loudness of its noise."""
    hertz: float = 0.0
    """Centre of the noise."""
    q: float = 0.7
    burst: bool = False
    """Whether the noise bursts at its end, after a silence, instead of lasting."""


CONSONANTS: Final[dict[str, Consonant]] = {
    "p": Consonant(0.075, 0.0, 0.5, 900, 0.7, True), "t": Consonant(0.075, 0.0, 0.9, 4_500, 0.8, True),
    "k": Consonant(0.08, 0.0, 0.8, 2_000, 1.0, True), "b": Consonant(0.06, 0.15, 0.3, 700, 0.7, True),
    "d": Consonant(0.055, 0.15, 0.5, 3_800, 0.8, True), "g": Consonant(0.06, 0.15, 0.45, 1_800, 1.0, True),
    "f": Consonant(0.09, 0.0, 0.3, 6_000, 0.3), "s": Consonant(0.11, 0.0, 0.6, 7_000, 1.2),
    "sh": Consonant(0.11, 0.0, 0.6, 3_200, 1.2), "th": Consonant(0.08, 0.0, 0.22, 6_500, 0.3),
    "h": Consonant(0.06, 0.05, 0.35, 1_500, 0.5), "v": Consonant(0.06, 0.35, 0.15, 5_500, 0.3),
    "z": Consonant(0.09, 0.3, 0.4, 6_500, 1.2), "dh": Consonant(0.045, 0.4, 0.1, 5_000, 0.3),
    "ch": Consonant(0.11, 0.0, 0.7, 3_300, 1.0), "j": Consonant(0.08, 0.2, 0.5, 3_000, 1.0), "m": Consonant(0.075, 0.5),
    "n": Consonant(0.065, 0.5), "ng": Consonant(0.075, 0.45), "l": Consonant(0.06, 0.65), "r": Consonant(0.06, 0.6),
    "w": Consonant(0.06, 0.6), "y": Consonant(0.055, 0.6),
}  # fmt: skip
_SHARE: Final = 0.45
"""Share of a note that its consonants take at most; in short notes all of them are quicker."""
_GLIDE_SHARE: Final = 0.6
"""Where in a vowel that glides the second one begins."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One sound of a syllable: how it is made, its seconds and its formants in Hz."""

    seconds: float
    voice: float
    formants: tuple[float, float, float]
    consonant: Consonant | None = None


def sing_syllable(tone: Tone, syllable: Syllable, hold: int, *, throat: float = 1.0) -> Sound:
    """`syllable` on a note of `hold` samples that may ring to `tone.samples`, (n,). `throat` is the factor of the formants."""
    rows = _rows(syllable, hold / SAMPLE_RATE)
    time = edges(tone.samples)
    voice, places = _follow(rows, time)
    k = harmonics(tone.freq, 80, 9_000.0)
    freqs = k * tone.freq
    shape = k**-0.75 * np.exp(-freqs / (3_000 + 4_500 * tone.velocity))
    levels = shape * _resonate(freqs, places * throat, throat)
    levels /= np.sqrt(np.sum(levels**2, axis=1, keepdims=True))
    sound = moving_bank(freqs, levels * voice[:, None], tone.samples, phases=k * 0.7)[0]
    sound = drift(sound, np.float32(-25.0) * fall(tone.time, 0.25))
    sound = vibrato(tone, sound * contour(tone.time, 0.012, 4.0, 0.85), 13.0, 5.4, 0.3)
    for begin, row in _begins(rows):
        if row.consonant is not None and row.consonant.hiss:
            _add_noise(sound, tone.rng, row.consonant, (begin, row.seconds))
    return sound


def describe(syllable: Syllable) -> tuple[float, float, float]:
    """How a syllable sounds, from 0 to 1: how open and how far in front its vowel is, how much its first consonant hisses."""
    first, second, _ = _FORMANTS[syllable.vowels[0]]
    hiss = max((CONSONANTS[name].hiss for name in syllable.onset), default=0.0)
    return round((first - 270) / 460, 3), round((second - 840) / 1_450, 3), hiss


def sing_la(tone: Tone, throat: float) -> Sound:
    """The singer where no words are given, (n,)."""
    return sing_syllable(tone, LA, tone.samples, throat=throat)


def _rows(syllable: Syllable, seconds: float) -> list[_Row]:
    """The sounds of a syllable that lasts `seconds`."""
    consonants = [CONSONANTS[name] for name in (*syllable.onset, *syllable.coda)]
    taken = sum(one.seconds for one in consonants)
    speed = min(1.0, _SHARE * seconds / taken) if taken else 1.0
    held = seconds - taken * speed
    first, last = syllable.vowels[0], syllable.vowels[-1]
    glides = len(syllable.vowels) > 1
    vowels = [_Row(held * (_GLIDE_SHARE if glides else 1.0), 1.0, _FORMANTS[first])]
    vowels += [_Row(held * (1.0 - _GLIDE_SHARE), 0.9, _FORMANTS[last])] if glides else []

    def shape(names: Sequence[str], vowel: str) -> list[_Row]:
        made = [(CONSONANTS[name], _FORMANTS.get(name, _FORMANTS[vowel])) for name in names]
        return [_Row(one.seconds * speed, one.voice, formants, one) for one, formants in made]

    return [*shape(syllable.onset, first), *vowels, *shape(syllable.coda, last)]


def _begins(rows: Sequence[_Row]) -> list[tuple[float, _Row]]:
    """Each row with the second at which it begins."""
    begins = np.cumsum([0.0, *(row.seconds for row in rows[:-1])])
    return [(float(begin), row) for begin, row in zip(begins, rows, strict=True)]


def _follow(rows: Sequence[_Row], time: Curve) -> tuple[Curve, Curve]:
    """Loudness of the voice (E,) and Hz of the formants (E, 3) at each of `time`; the last sound lasts on."""
    ends = np.cumsum([row.seconds for row in rows])
    index = np.minimum(np.searchsorted(ends, time, side="right"), len(rows) - 1)
    tracks = np.array([[row.voice, *row.formants] for row in rows])[index]
    width = max(1, round(GLIDE * SAMPLE_RATE / BLOCK))
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(tracks, ((width, width), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(track, window / window.sum(), mode="same")[width:-width] for track in padded.T], axis=1)
    return smooth[:, 0], smooth[:, 1:]


def _resonate(freqs: Curve, places: Curve, throat: float) -> Curve:
    """Gain of formants at `places` (E, 3) and of the fourth, which stays, for `freqs` (K,): (E, K)."""
    total = np.full((len(places), len(freqs)), 0.02)
    fourth = np.full(len(places), _FOURTH * throat)
    for centre, gain, width in zip((*places.T, fourth), _GAINS, _WIDTHS, strict=True):
        total += gain / (1.0 + ((freqs - centre[:, None]) / width) ** 2)
    # a floor keeps the fundamental audible when it lies below every formant
    return np.asarray(total + 0.2 * (freqs < freqs[0] * 1.5))


def _add_noise(sound: Sound, rng: np.random.Generator, made: Consonant, span: tuple[float, float]) -> None:
    """Lay the noise of a consonant into `sound`; `span` is the second at which it begins, and how many it lasts."""
    begin, lasts = span
    seconds = min(0.03, 0.5 * lasts) if made.burst else lasts
    first = samples_of(begin + lasts - seconds)
    count = min(samples_of(seconds), len(sound) - first)
    if count < 8:
        return
    place = np.linspace(0.0, 1.0, count, dtype=np.float32)
    shape = np.exp(-4.0 * place) * np.minimum(1.0, place * 20.0) if made.burst else np.sin(np.pi * place).clip(0.0) ** 0.7
    hiss = filter_biquad(noise(rng, count), "band", made.hertz, made.q)
    hiss *= np.float32(0.25 * made.hiss / max(float(np.sqrt(np.mean(hiss**2))), 1e-9))
    sound[first : first + count] += hiss * shape.astype(np.float32)
