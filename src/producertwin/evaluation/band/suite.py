"""`twin lab measure band`: do the house band's songs have the tempo, key, level and style that their scores state?

nano learns from these songs and the tests take them for truth, so their own truth is measured: every style plays some songs, and
meters that know nothing of the score read each one. Tempo is read within the style's range, key among all 24; levels and balance
from the finished mix; styles are told apart by the discriminant of `style_classifier` over all of them, each song left out of
what judges it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ... import workers
from ...audio import meters
from ...audio.samples import Samples
from ...audio.tempo import TOLERANCE
from ...errors import BadInput
from ...house_band.compose import compose
from ...house_band.mix import target
from ...house_band.note_cache import NoteCache
from ...house_band.render import render
from ...house_band.styles import COARSE, STYLES
from ...metrics.mel_stats import NAME as EMBEDDING
from ...metrics.mel_stats import embed
from ...metrics.statistics import Floats, Interval, accuracy, macro_recall, mean_interval, wilson
from ...metrics.style_classifier import cross_validate
from ...progress import Clock, Steps
from ...recipe import Record
from ...timebase import SAMPLE_RATE
from ..nano.songs import keeps_time
from ..suite import BandSuite

BANDS: Final = ((30.0, 120.0), (120.0, 500.0), (500.0, 2_000.0), (2_000.0, 8_000.0), (8_000.0, 20_000.0))
"""Hz: sub and kick, bass and warmth, body, presence, air."""
LOUDNESS_TOLERANCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class SongMeasurements:
    """One song, as the score says and as the meters read."""

    style: str
    tempo_right: bool | None
    """None where no drums keep the time."""
    key_right: bool
    lufs: float
    off_target: float
    """LU above the loudness the desk aims at."""
    dark_enough: bool | None
    """Whether 99 % of the energy lies below the low-pass the score asks for; None where it asks for none."""
    crest_db: float
    balance: tuple[float, ...]
    """dB of each of `BANDS` against the whole."""
    width: float
    """Correlation of left and right."""
    stems_off: float
    """Largest difference between the sum of the stems and the dry mix."""
    embedding: tuple[float, ...]


class StyleRow(Record):
    """What the songs of one style have in common: medians."""

    style: str
    lofi: bool
    lufs: float
    crest_db: float
    balance: tuple[float, ...]
    width: float
    recognised: float
    """Share of its songs that are taken for no other style."""
    mistaken: str
    """The style it is most often taken for, or nothing."""


class BandFigures(Record):
    """The result."""

    suite: BandSuite
    embedding: str
    tempo: Interval
    key: Interval
    on_target: Interval
    """Songs within `LOUDNESS_TOLERANCE` of the loudness the desk aims at."""
    dark_enough: Interval
    """Songs of a low-passed colour with 99 % of their energy below its corner."""
    recognised: Interval
    """Songs whose style is recognised among all."""
    recognised_lofi: float
    """Mean share over the lofi styles, judged among all styles."""
    stems_off: float
    realtime: Interval
    """Seconds of sound per second of one core, over whole songs of one style of each kind, composing included."""
    slowest: float
    styles: tuple[StyleRow, ...]


def evaluate(suite: BandSuite) -> Steps[BandFigures]:
    """Let the band play and measure it."""
    todo = [(name, number) for name in STYLES for number in range(suite.songs)]
    clock = Clock("songs", len(todo))
    yield clock.at(0)
    measured: list[SongMeasurements] = []
    with workers.pool(suite.workers) as pool:
        for song in pool.map(partial(measure_song, suite), todo):
            measured.append(song)
            yield clock.at(len(measured))
    return judge(suite, measured, speeds(suite))


def speeds(suite: BandSuite) -> Floats:
    """x realtime of a whole song in the first style of each coarse kind; notes are made anew for each song."""
    render(compose("CORE-01", seed=suite.seed, seconds=5.0), seconds=5.0)  # what a process loads once
    firsts = {kind: name for name, kind in reversed(COARSE.items())}
    found = []
    for name in firsts.values():
        begin = time.process_time()
        played = render(compose(name, seed=suite.seed), cache=NoteCache())
        found.append(played.mix.shape[1] / SAMPLE_RATE / (time.process_time() - begin))
    return np.array(found)


def measure_song(suite: BandSuite, which: tuple[str, int]) -> SongMeasurements:
    """Play and measure one song."""
    name, number = which
    score = compose(name, seed=suite.first_seed + number, seconds=suite.seconds)
    played = render(score, seconds=suite.seconds)
    mix: Samples = played.mix
    found, low_pass = meters.measure(mix), score.colour.low_pass
    timed = keeps_time(score.stems)
    read = found.tempo(STYLES[name].tempo).bpm if timed else 0.0
    return SongMeasurements(
        style=name,
        tempo_right=abs(read / score.bpm - 1) <= TOLERANCE if timed else None,
        key_right=found.key.key == score.key,
        lufs=found.loudness_lufs,
        off_target=found.loudness_lufs - target(score),
        dark_enough=None if low_pass is None else found.roll_off() <= low_pass,
        crest_db=found.crest_db,
        balance=tuple((10 * np.log10(np.maximum(found.band_energy(BANDS), 1e-9))).tolist()),
        width=found.stereo_correlation,
        stems_off=float(np.abs(np.sum(list(played.stems.values()), axis=0) - played.dry).max()),
        embedding=tuple(embed(mix).tolist()),
    )


def judge(suite: BandSuite, measured: list[SongMeasurements], fast: Floats) -> BandFigures:
    """Figures over all songs; `fast` are x realtime of whole ones. Raises `BadInput` when a style has fewer than two."""
    names = tuple(dict.fromkeys(song.style for song in measured))
    groups = {name: [song for song in measured if song.style == name] for name in names}
    if any(len(group) < 2 for group in groups.values()):
        raise BadInput("a style with one song cannot be judged by others", remedy="play at least two songs of every style")
    labels = [names.index(song.style) for song in measured]
    counts = cross_validate(np.array([song.embedding for song in measured]), labels, names=names, folds=suite.songs)
    lofi = np.array([COARSE[name] == "lofi" for name in names])
    timed = [song.tempo_right for song in measured if song.tempo_right is not None]
    dark = [song.dark_enough for song in measured if song.dark_enough is not None]
    return BandFigures(
        suite=suite,
        embedding=EMBEDDING,
        tempo=wilson(sum(timed), len(timed)),
        key=wilson(sum(song.key_right for song in measured), len(measured)),
        on_target=wilson(sum(abs(song.off_target) <= LOUDNESS_TOLERANCE for song in measured), len(measured)),
        dark_enough=wilson(sum(dark), len(dark)),
        recognised=accuracy(counts),
        recognised_lofi=macro_recall(counts[lofi]) if lofi.any() else 0.0,
        stems_off=max(song.stems_off for song in measured),
        realtime=mean_interval(fast),
        slowest=float(fast.min()),
        styles=tuple(_row(name, groups[name], counts[place], names) for place, name in enumerate(names)),
    )


def _row(name: str, songs: list[SongMeasurements], counts: NDArray[np.int64], names: tuple[str, ...]) -> StyleRow:
    def median(values: list[float]) -> float:
        return float(np.median(values))

    own = names.index(name)
    others = np.where(np.arange(len(names)) == own, 0, counts)
    return StyleRow(
        style=name,
        lofi=COARSE[name] == "lofi",
        lufs=median([song.lufs for song in songs]),
        crest_db=median([song.crest_db for song in songs]),
        balance=tuple(np.median([song.balance for song in songs], axis=0).tolist()),
        width=median([song.width for song in songs]),
        recognised=float(counts[own] / counts.sum()),
        mistaken=names[int(others.argmax())] if others.any() else "",
    )
