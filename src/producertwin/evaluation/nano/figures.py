"""From what was measured of every prompt to the figures of a table, with intervals and the number of songs behind each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...audio.tempo import tempo_agreement
from ...metrics import adherence, style_classifier
from ...metrics.mel_stats import Space, fit_space
from ...metrics.statistics import (
    Floats,
    Interval,
    accuracy,
    bootstrap,
    confusion,
    frechet_distance,
    gaussian,
    kad,
    macro_recall,
    mean_interval,
    split_half_floor,
    wilson,
)
from ...music import Key
from ...quality.detectors import flags
from ...recipe import Record
from . import tagging
from .readings import Reading
from .songs import SongPrompt


@dataclass(frozen=True, slots=True)
class Reference:
    """A real song of the reference set: its coarse style and its embedding."""

    label: int
    embedding: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TagReading:
    """What the embedder makes of a sound (`model.nano.embedder.Tags`) and of its prompt's caption."""

    styles: dict[str, float]
    stems: dict[str, float]
    agreement: float
    """Cosine of the sound's and its caption's vectors."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One prompt: its sounds measured, and how far some of them are from each other."""

    prompt: SongPrompt
    readings: dict[str, Reading]
    """By the name of the system that made the sound."""
    distances: dict[str, float]
    """`reconstruction.mel_distance` in dB, by what was compared."""
    convergence: float
    """`reconstruction.spectral_convergence` of the codec."""
    seconds: dict[str, float]
    """Seconds of work per take, by system."""
    tags: dict[str, TagReading]
    """What the embedder hears, by system; empty without one."""


class TagFigures(Record):
    """Tagging figures of one system's sounds."""

    present: Interval
    """Share of the stems that were asked for which are heard."""
    absent: Interval
    """Share of the stems that were not asked for which are not."""
    presets: float | None
    """Mean over the lofi presets of the share recognised among them; None without lofi prompts."""
    agreement: Interval
    """Mean cosine with the caption."""


class System(Record):
    """One row of the table: the sounds of one system."""

    name: str
    songs: int
    style: Interval
    """Share whose coarse style is recognised."""
    style_recall: float
    """Mean of that share over the styles."""
    frechet: Interval
    kad: float
    tempo_fit: Interval
    """Share of prompts with drums whose tempo fits best."""
    tempo_songs: int
    tempo_found: Interval
    """Share of prompts with drums whose tempo the meter reads, octaves allowed."""
    tempo_octave: Interval | None = None
    """Share of them whose tempo it reads as its third, half, double or triple; None was not counted by earlier versions."""
    in_scale: Interval
    """Mean share of the chroma inside the prompt's scale."""
    of_ceiling: float
    """`in_scale` as a part of the codec's."""
    way_to_ceiling: float
    """How far `in_scale` has come from chance (0) to the codec's (1)."""
    same_key: Interval
    """Share whose key is read as the prompt's."""
    same_scale: Interval
    """Share whose key is read as the prompt's or its relative."""
    tags: TagFigures | None
    """None without an embedder."""
    lufs: tuple[float, float, float]
    """10th percentile, median, 90th percentile; so for peak and crest."""
    peak_db: tuple[float, float, float]
    crest_db: tuple[float, float, float]
    flatness: Interval | None = None
    """Mean spectral flatness from 5 to 10 kHz; None where nothing sounds there, or an earlier version measured."""
    clicks_per_minute: float
    defects: dict[str, int]
    defective: int
    """Sounds with any defect."""
    realtime: float | None
    """Seconds of music per second of work; None for what was not generated."""
    confusion: tuple[tuple[int, ...], ...]
    """Row: the prompt's style; column: the style recognised."""


class TakeFigures(Record):
    """All rows, and what they are measured against."""

    embedding: str
    classifier: Interval
    """Share of reference songs that a classifier fitted to the others recognises."""
    classifier_recall: float
    floor: Interval
    """Fréchet distance of two disjoint sets of as many real songs."""
    tempo_chance: float
    systems: tuple[System, ...]
    mel_db: Interval
    """The codec's mel distance from real songs."""
    convergence: Interval
    """The codec's spectral convergence."""
    distances: dict[str, Interval]
    """Mean mel distances in dB between sounds, by what was compared."""
    compared: dict[str, int]
    """How many pairs stand behind each distance."""


@dataclass(frozen=True, slots=True)
class ReferenceSpace:
    """The reference that every system is compared with."""

    space: Space
    points: Floats
    classifier: style_classifier.Classifier
    seconds: float


def fit_reference_space(reference: Sequence[Reference], songs: int, seconds: float) -> ReferenceSpace:
    """Fit the reference for sets of `songs` sounds of `seconds` each to the reference songs."""
    vectors, labels = _reference(reference)
    space = fit_space(vectors, songs=songs)
    return ReferenceSpace(space, space(vectors), style_classifier.fit(vectors, labels), seconds)


def _reference(songs: Sequence[Reference]) -> tuple[Floats, list[int]]:
    return np.array([song.embedding for song in songs], np.float64), [song.label for song in songs]


def judge(outcomes: Sequence[Outcome], reference: Sequence[Reference], ruler: ReferenceSpace) -> TakeFigures:
    """The figures of `outcomes` against the reference songs, to which `ruler` was fitted."""
    left_out = style_classifier.cross_validate(*_reference(reference))
    space = ruler.space
    pool = np.concatenate([ruler.points, space(_vectors(outcomes, "real"))])
    ceiling = float(_in_scale(outcomes, "codec").mean())
    return TakeFigures(
        embedding=space.name,
        classifier=accuracy(left_out),
        classifier_recall=macro_recall(left_out),
        floor=split_half_floor(pool, min(len(outcomes), len(pool) // 2)),
        tempo_chance=float(np.mean([outcome.readings["real"].tempo_chance for outcome in outcomes])),
        systems=tuple(_system(name, outcomes, ruler, ceiling) for name in outcomes[0].readings),
        mel_db=mean_interval(np.array([outcome.distances["codec, its song"] for outcome in outcomes])),
        convergence=mean_interval(np.array([outcome.convergence for outcome in outcomes])),
        **_distances(outcomes),
    )


def _system(name: str, outcomes: Sequence[Outcome], ruler: ReferenceSpace, ceiling: float) -> System:
    found = [outcome.readings[name] for outcome in outcomes]
    vectors, labels = _vectors(outcomes, name), np.array([outcome.prompt.label for outcome in outcomes])
    points, target = ruler.space(vectors), gaussian(ruler.points)
    frechet = bootstrap(points, lambda drawn: frechet_distance(gaussian(drawn), target), rounds=200, recentre=True)
    counts = confusion(labels, ruler.classifier.guess(vectors), len(style_classifier.NAMES))
    in_scale = mean_interval(_in_scale(outcomes, name))
    timed = [(reading, outcome.prompt) for reading, outcome in zip(found, outcomes, strict=True) if outcome.prompt.drums]
    keys = [(Key.parse(reading.key), outcome.prompt.asked_key) for reading, outcome in zip(found, outcomes, strict=True)]
    worked = [outcome.seconds[name] for outcome in outcomes if name in outcome.seconds]
    return System(
        name=name,
        songs=len(found),
        style=accuracy(counts),
        style_recall=macro_recall(counts),
        frechet=Interval(frechet.value, max(frechet.low, 0.0), frechet.high),
        kad=kad(points, ruler.points),
        tempo_fit=_share(reading.tempo_best is True for reading, _ in timed),
        tempo_songs=len(timed),
        tempo_found=_share(tempo_agreement(reading.bpm, prompt.bpm).share > 0 for reading, prompt in timed),
        tempo_octave=_share(tempo_agreement(reading.bpm, prompt.bpm).share == 0.5 for reading, prompt in timed),
        in_scale=in_scale,
        of_ceiling=in_scale.value / ceiling,
        way_to_ceiling=adherence.way_from_chance(in_scale.value, ceiling),
        same_key=_share(heard == asked for heard, asked in keys),
        same_scale=_share(adherence.same_scale(heard, asked) for heard, asked in keys),
        tags=_tag_figures(name, outcomes),
        lufs=_spread(reading.lufs for reading in found),
        peak_db=_spread(reading.peak_db for reading in found),
        crest_db=_spread(reading.crest_db for reading in found),
        flatness=mean_of(reading.flatness for reading in found),
        clicks_per_minute=sum(reading.clicks for reading in found) / (len(found) * ruler.seconds / 60.0),
        defects={kind: sum(getattr(reading.defects, kind) for reading in found) for kind in flags.NAMES},
        defective=sum(reading.defects.any for reading in found),
        realtime=len(worked) * ruler.seconds / sum(worked) if worked else None,
        confusion=tuple(tuple(row) for row in counts.tolist()),
    )


def _tag_figures(name: str, outcomes: Sequence[Outcome]) -> TagFigures | None:
    heard = [(outcome.tags[name], outcome.prompt) for outcome in outcomes if name in outcome.tags]
    if not heard:
        return None
    present, absent = tagging.stems((tags.stems, prompt.stems) for tags, prompt in heard)
    return TagFigures(
        present=present,
        absent=absent,
        presets=tagging.presets((tags.styles, prompt.style) for tags, prompt in heard),
        agreement=mean_interval(np.array([tags.agreement for tags, _ in heard])),
    )


def _vectors(outcomes: Sequence[Outcome], name: str) -> Floats:
    return np.array([outcome.readings[name].embedding for outcome in outcomes], np.float64)


def _in_scale(outcomes: Sequence[Outcome], name: str) -> Floats:
    return np.array([adherence.in_scale(np.array(o.readings[name].chroma), o.prompt.asked_key) for o in outcomes])


def mean_of(values: Iterable[float | None]) -> Interval | None:
    """The mean of the values that are there; None without any."""
    given = [value for value in values if value is not None]
    return mean_interval(np.array(given)) if given else None


def _share(answers: Iterable[bool]) -> Interval:
    given = list(answers)
    return wilson(sum(given), len(given))


def _spread(values: Iterable[float]) -> tuple[float, float, float]:
    low, middle, high = np.percentile(list(values), (10, 50, 90))
    return float(low), float(middle), float(high)


def _distances(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Interval] | dict[str, int]]:
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.distances)
    found = {name: np.array([o.distances[name] for o in outcomes if name in o.distances]) for name in names}
    return {
        "distances": {name: mean_interval(values) for name, values in found.items()},
        "compared": {name: len(values) for name, values in found.items()},
    }
