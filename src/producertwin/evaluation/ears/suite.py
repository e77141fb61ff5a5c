"""`twin lab measure ears`: how much of what is planted the detectors find, where, and how often they cry wolf.

Every kind of defect is planted into every song at three severities. A find counts where it is of that kind and at its place:
events within 5 ms, passages where they overlap, what concerns the whole wherever it is told. Whatever else of that kind is found
in a planted song is a false alarm, but for what is found in the song as it was, which is counted against the minutes of fine
music. What is information by a song's style is no alarm, and what its style hides (clicks among crackle, say) is not planted;
what is told as information is no find, but for kinds that are never more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from ... import workers
from ...audio import files
from ...audio.edits import fade
from ...audio.samples import Samples
from ...errors import BadInput
from ...house_band.compose import compose
from ...house_band.render import render
from ...house_band.score import Score
from ...house_band.styles import COARSE, STYLES
from ...metrics.statistics import Interval, wilson
from ...music import TONICS
from ...progress import Clock, Steps
from ...quality.detectors.catalogue import Asked, detect
from ...quality.detectors.defect import KINDS, Defect
from ...quality.detectors.references import find_reference
from ...recipe import Record
from ...timebase import samples_of
from ..suite import EarsSuite
from .planting import Planted, Song
from .plants import PLANTS

SEVERITIES: Final = ("slight", "plain", "heavy")
_EVENT_SECONDS: Final = 0.005
_READ_BY: Final = {
    "coded_clipping": ("coded_clipping", "clipping"),
    "discontinuity": ("click",),
    "silent_start": ("silent",),
    "silent_end": ("silent",),
    "abrupt_start": ("abrupt_end",),
    "not_finite": ("silent",),
}
"""Kinds that another kind's detector finds too."""
_SAME: Final = {
    "click": ("click", "discontinuity"),
    "discontinuity": ("click", "discontinuity"),
    "coded_clipping": ("coded_clipping", "clipping"),
}
"""Kinds that are taken for each other. Clicks and jumps are told by their place, and repaired alike; clipping so hard that tops
are flat even after another rate is told as hard clipping, which is more."""
RECORDED: Final = "recordings"
_PART_SECONDS: Final = 24.0
_FADE: Final = 0.5


class KindRow(Record):
    """What was found of one kind."""

    kind: str
    planted: int
    recalls: tuple[float, float, float]
    """By severity."""
    recall: Interval
    precision: float
    f1: float
    alarms: float
    """False alarms per minute of fine music."""
    by_style: dict[str, float]
    """Recall by style."""


class StyleRow(Record):
    """One style's recall over all kinds, and its false alarms."""

    style: str
    songs: int
    recall: Interval
    alarms: float
    """Per minute of fine music, all kinds together."""
    alarmed: str
    """The kinds of them."""


class EarsFigures(Record):
    """The result."""

    suite: EarsSuite
    songs: int
    minutes: float
    """Of fine music."""
    kinds: tuple[KindRow, ...]
    styles: tuple[StyleRow, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A song of the trial: where it comes from, and its number."""

    style: str
    source: str
    """A style of the house band, or the path of a file."""
    number: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What one song gave."""

    given: Given
    minutes: float
    hits: dict[str, tuple[bool, ...]]
    """By kind: whether each severity was found."""
    extra: dict[str, int]
    """By kind: other finds of it in the planted songs."""
    alarms: dict[str, int]
    """By kind: finds in the song as it was."""


def evaluate(suite: EarsSuite, recordings: Path | None = None) -> Steps[EarsFigures]:
    """Plant into the house band's songs, and into the sound files of the folder `recordings` where one is given.

    Raises `BadInput` where that folder holds none.
    """
    todo = list(_songs(suite, recordings))
    clock = Clock("songs", len(todo))
    yield clock.at(0)
    trials: list[Trial] = []
    with workers.pool(suite.workers) as pool:
        for trial in pool.map(partial(try_song, suite), todo):
            trials.append(trial)
            yield clock.at(len(trials), trial.given.style)
    return judge(suite, trials)


def _songs(suite: EarsSuite, recordings: Path | None) -> Iterator[Given]:
    firsts = {kind: [name for name in STYLES if COARSE[name] == kind] for kind in dict.fromkeys(COARSE.values())}
    for kind, names in firsts.items():
        for number in range(suite.songs):
            yield Given(kind, names[(number * 7) % len(names)], suite.first_seed + number)
    if recordings is not None:
        paths = sorted(path for path in recordings.iterdir() if path.suffix.lower() in (".ogg", ".flac", ".wav", ".mp3"))
        if not paths:
            raise BadInput(f"{recordings} holds no sound files", remedy="name a folder of recordings that are known to be fine")
        for path in paths:
            for number in range(2):
                yield Given(RECORDED, str(path), number)


def try_song(suite: EarsSuite, given: Given) -> Trial:
    """Plant every kind into one song at every severity."""
    song, asked = _open(suite, given)
    kinds = tuple(PLANTS)
    clean = [one for one in detect(song.sound, asked).defects if one.severity != "info"]
    hits: dict[str, tuple[bool, ...]] = {}
    extra: dict[str, int] = {}
    for place, kind in enumerate(kinds):
        hidden = KINDS[kind].expected_as in asked.artefacts
        if hidden or not _fits(song, kind) or any(one.about.span == "whole" and one.kind == kind for one in clean):
            continue
        found = [try_plant(song, kind, severity, asked, (given.number, place, severity)) for severity in range(len(SEVERITIES))]
        hits[kind] = tuple(hit for hit, _ in found)
        before = sum(one.kind in _SAME.get(kind, (kind,)) for one in clean)
        extra[kind] = sum(max(0, others - before) for _, others in found)
    alarms = {kind: sum(one.kind == kind for one in clean) for kind in KINDS}
    return Trial(given, song.sound.shape[1] / samples_of(60.0), hits, extra, alarms)


def try_plant(song: Song, kind: str, severity: int, asked: Asked, seed: tuple[int, ...]) -> tuple[bool, int]:
    """Whether a planted defect is found at its place, and how many others of its kind are found."""
    planted = PLANTS[kind](song, severity, np.random.default_rng(seed))
    told = replace(asked, **({"bpm": None, "key": None} | dict(planted.asked)))
    named = _SAME.get(kind, (kind,))
    every = detect(planted.sound, told, only=_READ_BY.get(kind, (kind,))).defects
    found = [one for one in every if one.kind in named and (one.severity != "info" or one.about.points == 0)]
    matching = [one for one in found if _matches(one, planted)]
    return bool(matching), len(found) - len(matching)


def _matches(defect: Defect, planted: Planted) -> bool:
    span = defect.about.span
    if span == "whole":
        return True
    start, end = planted.places[0]
    return defect.start <= end + _EVENT_SECONDS and defect.end >= start - _EVENT_SECONDS


def _fits(song: Song, kind: str) -> bool:
    """Whether a kind can be planted: nobody knows tempo and key of a recording."""
    return not (kind == "tempo_off" and song.bpm is None) and not (kind == "key_off" and song.key_steps is None)


def _open(suite: EarsSuite, given: Given) -> tuple[Song, Asked]:
    if given.style == RECORDED:
        whole = files.read(given.source)
        count = samples_of(_PART_SECONDS)
        first = min(given.number * (whole.shape[1] // 2), max(whole.shape[1] - count, 0))
        part = fade(whole[:, first : first + count], fade_in=_FADE, fade_out=_FADE)  # where it is cut is no fault of its own
        return Song(part, None, None), Asked()
    score = compose(given.source, seed=given.number, seconds=suite.seconds)
    reference = find_reference(given.style)
    asked = Asked(bpm=score.bpm, key=str(score.key), artefacts=_artefacts(score), reference=reference)
    sound: Samples = render(score).mix
    return Song(sound, score.bpm, _other_keys(score)), asked


def _artefacts(score: Score) -> frozenset[str]:
    """What the desk put into the song on purpose."""
    colour = score.colour
    there: Mapping[str, bool] = {
        "vinyl_crackle": colour.crackle > 0 or colour.ambience != "none",
        "tape_hiss": colour.hiss > 0 or colour.ambience != "none",
        "pitch_wobble": colour.wobble > 0,
        "saturation": colour.saturation > 0,
        "low_pass": colour.low_pass is not None,
    }
    return frozenset(name for name, is_there in there.items() if is_there)


def _other_keys(score: Score) -> tuple[str, str, str]:
    mode = str(score.key).split()[1]
    return tuple(f"{TONICS[(score.key.tonic + steps) % 12]} {mode}" for steps in (3, 11, 6))  # type: ignore[return-value]


def judge(suite: EarsSuite, trials: list[Trial]) -> EarsFigures:
    """Figures over all songs."""
    minutes = sum(trial.minutes for trial in trials)
    styles = tuple(dict.fromkeys(trial.given.style for trial in trials))
    rows = tuple(_kind_row(kind, trials, minutes, styles) for kind in PLANTS if any(kind in trial.hits for trial in trials))
    return EarsFigures(
        suite=suite,
        songs=len(trials),
        minutes=minutes,
        kinds=tuple(sorted(rows, key=lambda row: list(KINDS).index(row.kind))),
        styles=tuple(_style_row(style, [trial for trial in trials if trial.given.style == style]) for style in styles),
    )


def _kind_row(kind: str, trials: list[Trial], minutes: float, styles: tuple[str, ...]) -> KindRow:
    hits = np.array([trial.hits[kind] for trial in trials if kind in trial.hits])
    found, extra = int(hits.sum()), sum(trial.extra.get(kind, 0) for trial in trials)
    recall, precision = hits.mean(), found / max(found + extra, 1)
    by_style = {
        style: float(np.mean([trial.hits[kind] for trial in trials if trial.given.style == style and kind in trial.hits]))
        for style in styles
        if any(trial.given.style == style and kind in trial.hits for trial in trials)
    }
    return KindRow(
        kind=kind,
        planted=hits.size,
        recalls=tuple(hits.mean(axis=0).tolist()),
        recall=wilson(found, hits.size),
        precision=precision,
        f1=float(2 * precision * recall / max(precision + recall, 1e-9)),
        alarms=sum(trial.alarms[kind] for trial in trials) / minutes,
        by_style=by_style,
    )


def _style_row(style: str, trials: list[Trial]) -> StyleRow:
    hits = [hit for trial in trials for kind in trial.hits.values() for hit in kind]
    alarmed = {kind: sum(trial.alarms[kind] for trial in trials) for kind in KINDS}
    names = ", ".join(f"{KINDS[kind].words} {count}" for kind, count in alarmed.items() if count)
    minutes = sum(trial.minutes for trial in trials)
    return StyleRow(
        style=style,
        songs=len(trials),
        recall=wilson(sum(hits), len(hits)),
        alarms=sum(alarmed.values()) / minutes,
        alarmed=names,
    )
