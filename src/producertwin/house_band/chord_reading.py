"""What a sound keeps of written chords: read beat by beat and compared with the chart, as MIREX compares chords.

Root: the share of beats whose root is right. Major and minor: root and third, over the beats whose chord has a third and a plain
fifth. Sevenths: root, third and seventh over the same beats (`root`, `majmin` and `sevenths` of mir_eval, Raffel et al. 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.chords import QUALITIES, ChordEstimate, chords
from ..timebase import seconds_of
from .harmony import tones
from .outline import Outline, bar_at
from .score import Score

MEASURED = ("chords_root", "chords_third", "chords_seventh")
"""Names of the readings."""
SPREAD = ("chords_root_low", "chords_root_high")
"""Names of the bounds of the first one."""
_DRAWS = 1_000
_THIRDS, _SEVENTHS = (3, 4), (10, 11)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares of beats, 0 to 1, that keep a chart; None where there is no beat to judge."""

    root: float | None
    third: float | None
    seventh: float | None
    beats: int
    """How many beats there are with a chord."""
    spread: tuple[float, float] | None = None
    """Between which shares the root's lies with a chance of 95 %, bars being what varies."""


def measure(samples: NDArray[Any], outline: Outline, bpm: float, meter: int) -> Agreement:
    """How much of the chords of `outline` is heard in `samples`, which begin with its first bar at `bpm`.

    Samples are (2, n) at 48 kHz. Beats that the sound does not hold in full, and beats without a chord, are not judged.
    """
    beat = 60.0 / bpm
    wanted = list(_roots(outline, meter, int(seconds_of(np.shape(samples)[-1]) / beat + 0.05)))
    return compare(wanted, chords(samples, [number * beat for number in range(len(wanted) + 1)], meter=meter), meter)


def measure_score(samples: NDArray[Any], score: Score) -> Agreement:
    """How much of the chords of `score` is heard in `samples`, which begin with its first bar; otherwise as `measure`."""
    tempo = score.tempo
    beats = min(int(tempo.beat(seconds_of(np.shape(samples)[-1])) + 0.05), score.bars * score.meter)
    read = chords(samples, [tempo.seconds(number) for number in range(beats + 1)], meter=score.meter)
    return compare(chords_of(score, beats), read, score.meter)


def chords_of(score: Score, beats: int) -> list[tuple[int, Sequence[int]] | None]:
    """Root and intervals of the chord of each of the first `beats`, None for silence."""
    found: list[tuple[int, Sequence[int]] | None] = [None] * beats
    for chord in score.chords:
        for at in range(int(np.ceil(chord.start - 1e-6)), min(int(np.ceil(chord.start + chord.length - 1e-6)), beats)):
            found[at] = None if chord.silent else (chord.root, tones(chord.quality))
    return found


def compare(wanted: Sequence[tuple[int, Sequence[int]] | None], read: Sequence[ChordEstimate], meter: int = 4) -> Agreement:
    """How much of the chords `wanted` (root and intervals, None for silence) is `read`, beat by beat, in bars of `meter`."""
    roots, thirds, sevenths = [], [], []
    bars: dict[int, list[bool]] = {}
    for beat, (asked, found) in enumerate(zip(wanted, read, strict=False)):
        if asked is None:
            continue
        root, steps = asked
        right = found.root == root
        roots.append(right)
        bars.setdefault(beat // meter, []).append(right)
        third = _one_of(_THIRDS, steps)
        if third is None or _is_altered(steps):
            continue
        heard = QUALITIES[found.quality]
        thirds.append(right and _one_of(_THIRDS, heard) == third)
        sevenths.append(thirds[-1] and _one_of(_SEVENTHS, heard) == _one_of(_SEVENTHS, steps))
    return Agreement(_share(roots), _share(thirds), _share(sevenths), len(roots), _spread(tuple(bars.values())))


def _roots(outline: Outline, meter: int, beats: int) -> Iterator[tuple[int, Sequence[int]] | None]:
    """Root and intervals of the chord of every beat, None where none is written."""
    bars = outline.bars or beats // meter + 1
    for number in range(bars):
        bar = bar_at(outline, number)
        for beat in range(min(meter, beats - number * meter)):
            symbol = next((one.symbol for one in reversed(bar) if one.start <= beat + 1e-6), None)
            yield None if symbol is None else (symbol.root, symbol.intervals)


def _is_altered(steps: Sequence[int]) -> bool:
    """Whether the fifth is diminished or augmented; a fifth that is left out, as in a thirteenth, counts as plain."""
    return 7 not in steps and bool({6, 8} & set(steps))


def _one_of(choices: Sequence[int], steps: Sequence[int]) -> int | None:
    return next((step for step in choices if step in steps), None)


def _spread(bars: Sequence[Sequence[bool]]) -> tuple[float, float] | None:
    """The 95 % interval of the share of right beats, by drawing bars again and again (Efron 1979); None for less than two."""
    if len(bars) < 2:
        return None
    right, count = (np.array([measured(bar) for bar in bars], np.float64) for measured in (sum, len))
    drawn = np.random.default_rng(0).integers(0, len(bars), (_DRAWS, len(bars)))
    low, high = np.percentile(right[drawn].sum(axis=1) / count[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _share(right: Sequence[bool]) -> float | None:
    return float(np.mean(right)) if right else None
