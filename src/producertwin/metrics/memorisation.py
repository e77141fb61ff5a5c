"""Memorisation: compare takes with training tracks, against a null distribution from songs that cannot be copies.

Every window of four seconds of a take is compared with every place of every training track (`passages`). Songs of one
producer are all somewhat alike, and an ordinary window resembles many tracks, a copy only one. So a window's score is the Fisher
z of its likeness to the nearest track less the mean of the next `COHORT` tracks (a cohort, as Auckenthaler et al. 2000
have it for speakers), and a take's score is its highest.

The null is the scores of songs that cannot be copies: held-out songs against the training tracks, and each training
track against the others, in excerpts as long as the takes. The threshold is the bound that one more honest score passes with
a chance of `rate` / takes, if scores are normal: mean + t · deviation · √(1 + 1 / songs), Student's t with songs - 1
degrees; and never below the largest score of the null. So a whole batch of honest takes raises a flag with a chance of about
`rate`.

Takes come out of a codec, and one that blurs (nano's) hides copies of what was not blurred alike: compute the features of
tracks and siblings from what the instrument's codec gives back of them.

What is out of reach: copies under four seconds, copied melodies in other sounds, changes beyond a semitone or 5 % of tempo, and
passages that several training tracks share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import t as student

from ..errors import BadInput
from .passages import FRAME_RATE, WINDOW, Nearest, PassageFeatures, PassageIndex, passage_features
from .statistics import Floats

__all__ = ["CopyScore", "Memorisation", "Passage", "PassageFeatures", "detect_memorisation", "passage_features"]

COHORT: Final = 5
"""Tracks after the nearest that say how alike any track is."""
LEAST_TRACKS: Final = 4
LEAST_NULL: Final = 8
"""Fewest songs that a null is drawn from."""
RATE: Final = 0.01
"""Chance that a batch of honest takes raises any flag."""
_EXCERPTS: Final = 4
"""Most excerpts of a song in the null."""
_SLACK: Final = 0.4
"""Seconds by which two windows' places may differ and still be one passage."""


@dataclass(frozen=True, slots=True)
class CopyScore:
    """How a sound stands out as a copy of one track."""

    score: float
    """Fisher z of the likeness, less that of the cohort."""
    correlation: float
    """Likeness to the nearest track where the score is highest, -1 to 1."""
    track: str
    """The nearest track there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a take that stands in a training track. Times in seconds."""

    take: str
    track: str
    take_start: float
    take_end: float
    track_start: float
    semitones: float
    """How far the take lies above the track."""
    likeness: CopyScore


@dataclass(frozen=True, slots=True)
class Memorisation:
    """What was found, and what it is measured by."""

    threshold: float
    rate: float
    """Chance that a batch of honest takes raises any flag."""
    scores: dict[str, CopyScore]
    """Of every take."""
    null: dict[str, CopyScore]
    """Of every honest sibling, its highest excerpt."""
    passages: tuple[Passage, ...]
    """Of flagged takes, the worst first."""

    @property
    def flagged_takes(self) -> tuple[str, ...]:
        """Takes whose score exceeds the threshold."""
        return tuple(take for take, found in self.scores.items() if found.score > self.threshold)


def detect_memorisation(
    takes: Mapping[str, PassageFeatures],
    train: Mapping[str, PassageFeatures],
    siblings: Mapping[str, PassageFeatures],
    *,
    rate: float = RATE,
) -> Memorisation:
    """Compare `takes` with the `train` tracks of a producer, beside held-out `siblings`; all by id.

    Raises `BadInput` for no takes, under `LEAST_TRACKS` tracks, or a null of under `LEAST_NULL` songs.
    """
    if not takes or len(train) < LEAST_TRACKS or len(train) + len(siblings) < LEAST_NULL:
        raise BadInput(
            f"{len(takes)} takes, {len(train)} tracks and {len(siblings)} siblings say nothing of copying",
            remedy=f"give takes, {LEAST_TRACKS} training tracks and {LEAST_NULL} songs of the producer in all",
        )
    short = [name for name, take in takes.items() if len(take) < WINDOW]
    if short:
        raise BadInput(f"take {short[0]} is too short to compare", remedy=f"give at least {WINDOW / FRAME_RATE:g} s")
    index = PassageIndex(train)
    length = max(len(take) for take in takes.values())
    null = {song: _excerpts(index, sound, length) for song, sound in siblings.items()}
    null |= {song: _excerpts(index, sound, length, but=song) for song, sound in train.items()}
    heard = {song: found for song, found in null.items() if found}
    if len(heard) < LEAST_NULL:
        raise BadInput(
            f"only {len(heard)} songs are as long as a window", remedy=f"give {LEAST_NULL} songs of four seconds or more"
        )
    threshold = _threshold([[likeness.score for likeness in found] for found in heard.values()], rate / len(takes))
    scores: dict[str, CopyScore] = {}
    passages: list[Passage] = []
    for take, sound in takes.items():
        nearest, starts = index.nearest(sound)
        scores[take] = _highest(index, nearest)
        passages += _passages(index, take, nearest, starts / FRAME_RATE, threshold)
    highest = {song: max(found, key=lambda likeness: likeness.score) for song, found in heard.items()}
    worst_first = sorted(passages, key=lambda passage: -passage.likeness.score)
    return Memorisation(threshold, rate, scores, highest, tuple(worst_first))


def _excerpts(index: PassageIndex, sound: PassageFeatures, length: int, *, but: str | None = None) -> list[CopyScore]:
    """Likeness of excerpts of `length` frames spread over an honest sound, none overlapping; none where it is too short."""
    count = min(max(len(sound) // length, 1), _EXCERPTS)
    starts = np.linspace(0, max(len(sound) - length, 0), count).round().astype(int)
    cut = [sound[start : start + length] for start in starts]
    return [_highest(index, index.nearest(part, but=but)[0]) for part in cut if len(part) >= WINDOW]


def _scores(nearest: Nearest) -> Floats:
    """Every window's score, shape (windows,)."""
    z = np.arctanh(np.clip(nearest.likeness, -0.999, 0.999))
    ordered = np.sort(np.where(nearest.likeness <= -1.0, -np.inf, z), axis=1)[:, ::-1]
    cohort = ordered[:, 1 : 1 + COHORT]
    found: Floats = ordered[:, 0] - cohort.mean(axis=1, where=np.isfinite(cohort))
    return found


def _highest(index: PassageIndex, nearest: Nearest) -> CopyScore:
    """The likeness of the window that stands out most."""
    scores = _scores(nearest)
    return _copy_score(index, nearest, scores, int(scores.argmax()))


def _copy_score(index: PassageIndex, nearest: Nearest, scores: Floats, window: int) -> CopyScore:
    track = int(nearest.likeness[window].argmax())
    return CopyScore(float(scores[window]), float(nearest.likeness[window, track]), index.names[track])


def _threshold(songs: Sequence[Sequence[float]], chance: float) -> float:
    """What one more honest score passes with `chance`, from the scores of the excerpts of `songs`."""
    found = np.concatenate([np.asarray(song) for song in songs])
    reach = float(student.ppf(1 - chance, len(songs) - 1)) * np.sqrt(1 + 1 / len(songs))
    return max(float(found.mean() + reach * found.std(ddof=1)), float(found.max()))


def _passages(index: PassageIndex, take: str, nearest: Nearest, starts: Floats, threshold: float) -> list[Passage]:
    """Windows beyond the threshold, those that continue each other joined."""
    scores, found = _scores(nearest), list[Passage]()
    for window in np.flatnonzero(scores > threshold):
        likeness = _copy_score(index, nearest, scores, int(window))
        track = index.names.index(likeness.track)
        begin, there = float(starts[window]), float(nearest.frame[window, track]) / FRAME_RATE
        new = Passage(
            take, likeness.track, begin, begin + WINDOW / FRAME_RATE, there, float(nearest.shift[window, track]) / 2, likeness
        )
        last = found[-1] if found else None
        found = [*found[:-1], _join(last, new)] if last is not None and _continues(last, new) else [*found, new]
    return found


def _continues(last: Passage, new: Passage) -> bool:
    """Whether `new` goes on where `last` is, in the take and in the track."""
    drift = (new.take_start - last.take_start) - (new.track_start - last.track_start)
    return new.track == last.track and new.take_start <= last.take_end and abs(drift) <= _SLACK + 0.05 * new.take_start


def _join(last: Passage, new: Passage) -> Passage:
    best = max(last, new, key=lambda passage: passage.likeness.score)
    return Passage(last.take, last.track, last.take_start, new.take_end, last.track_start, best.semitones, best.likeness)
