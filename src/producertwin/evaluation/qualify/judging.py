"""From what the probes read to settings and a grade.

A cliff is the first strength at which takes are more than 20 dB quieter than those from noise alone: there the variant no longer
plays what it begins from. Nothing at or above it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np

from ...recipe import Record
from .probes import Reading

CLIFF_DB: Final = 20.0
"""How far takes fall where they collapse."""
_NEARLY: Final = 0.95
"""Share of the best reading that is as good."""
EXACT: Final = 2e-4
"""Largest difference outside a repaint that is exact: rounding."""
Verdict = Literal["good", "fair", "poor", "not tested"]


class Point(Record):
    """The readings of one strength, means over the songs."""

    strength: float
    """1 - t."""
    level_db: float
    """Level of takes, against takes from noise alone."""
    tempo: float
    """Share that keep the asked tempo."""
    key: float
    """Share that keep the asked key or its relative."""
    chords: float
    """Share of the guide's chords that are heard, of those heard in the guide."""
    copy_of_guide: float
    """Correlation of its harmony over time with the guide's."""


class Judged(Record):
    """One line of the page."""

    what: str
    """What was looked at."""
    verdict: Verdict
    """How it is."""
    told: str
    """The figures, in words."""


class Settings(Record):
    """What is used for a variant from then on where nobody says otherwise."""

    guide_strength: float | None = None
    """How closely takes follow a guide."""
    song_strength: float | None = None
    """How closely they follow a written song."""
    most_strength: float | None = None
    """The strongest start that plays; more collapses. None where no cliff was found."""
    most_cover_noise: float | None = None
    """The same of covers that begin from their source."""


class Qualification(Record):
    """What is known of a variant on a device."""

    variant: str
    """Its name."""
    revision: str
    """Content hash of its weights."""
    device: str
    """On what it was played."""
    grade: Literal["A", "B", "C", "D"]
    """A to D."""
    settings: Settings
    """What follows."""
    judged: tuple[Judged, ...]
    """Everything that was looked at."""
    points: tuple[Point, ...]
    """The sweep of the guide's strength; the first is none."""


def judge(variant: str, revision: str, device: str, readings: Sequence[Reading]) -> Qualification:
    """The qualification that follows from `readings`."""
    plain = _mean(readings, "plain", None)
    guided = (_point(at, _mean(readings, "guide", at), plain) for at in _strengths(readings, "guide"))
    points = (_point(0.0, plain, plain), *guided)
    most = _below_cliff([(one.strength, one.level_db) for one in points[1:]])
    allowed = [one for one in points[1:] if most is None or one.strength <= most]
    covers = [(at, _mean(readings, "cover", at)["level_db"] - plain["level_db"]) for at in _strengths(readings, "cover")]
    most_noise = _below_cliff(covers)
    settings = Settings(
        guide_strength=_least(allowed, lambda one: one.tempo + one.key),
        song_strength=_least(allowed, lambda one: one.chords),
        most_strength=most,
        most_cover_noise=most_noise,
    )
    judged = (
        _judge_start(points, most, readings, plain["level_db"]),
        _judge_obedience(points, settings),
        _judge_chords(points, settings),
        _judge_repaint(readings),
        _judge_covers(covers, most_noise),
        _judge_adapters(readings),
        _judge_speed(readings),
    )
    return Qualification(
        variant=variant, revision=revision, device=device, grade=_grade(judged), settings=settings, judged=judged, points=points
    )


def _grade(judged: Sequence[Judged]) -> Literal["A", "B", "C", "D"]:
    """A: all good but one fair at most. B: nothing poor. C: one thing poor. D: more."""
    poor, fair = (sum(one.verdict == verdict for one in judged) for verdict in ("poor", "fair"))
    return "D" if poor > 1 else "C" if poor else "A" if fair <= 1 else "B"


def _strengths(readings: Sequence[Reading], probe: str) -> list[float]:
    return sorted({one.strength for one in readings if one.probe == probe and one.strength is not None})


def _mean(readings: Sequence[Reading], probe: str, strength: float | None) -> dict[str, float]:
    """Means over the songs; of levels the least, since one take that collapses is enough."""
    found = [one.values for one in readings if one.probe == probe and one.strength == strength]
    names = found[0] if found else {}
    return {name: float((min if name == "level_db" else np.mean)([one[name] for one in found])) for name in names}


def _point(strength: float, read: dict[str, float], plain: dict[str, float]) -> Point:
    return Point(
        strength=strength,
        level_db=round(read["level_db"] - plain["level_db"], 2),
        tempo=read["tempo"],
        key=read["key"],
        chords=round(read["chords"], 4),
        copy_of_guide=round(read["copy"], 4),
    )


def _below_cliff(levels: Sequence[tuple[float, float]]) -> float | None:
    """The strength before the first that collapses; 0 where the first does, None where none does."""
    for place, (_, level) in enumerate(levels):
        if level < -CLIFF_DB:
            return levels[place - 1][0] if place else 0.0
    return None


def _least(points: Sequence[Point], figure: Callable[[Point], float]) -> float | None:
    """The least strength whose figure is nearly the best of all."""
    values = [figure(one) for one in points]
    if not values or max(values) <= 0.0:
        return None
    return next(one.strength for one, value in zip(points, values, strict=True) if value >= _NEARLY * max(values))


def _at(points: Sequence[Point], strength: float | None) -> Point | None:
    return next((one for one in points if one.strength == strength), None)


def _judge_start(points: Sequence[Point], most: float | None, readings: Sequence[Reading], plain: float) -> Judged:
    """Whether takes that begin from a re-noised sound play, and whether re-noised silence does."""
    quiet = [(at, _mean(readings, "silence", at)["level_db"] - plain) for at in _strengths(readings, "silence")]
    fallen = [at for at, level in quiet if level < -CLIFF_DB]
    silence = f"; from re-noised silence takes fall away from {fallen[0]:g} on, as they should" if fallen else ""
    if most is None:
        return Judged(what="starts from a sketch", verdict="good", told=f"no cliff up to {points[-1].strength:g}{silence}")
    cause = ""
    if not fallen:
        cause = "; takes that begin from silence do not fall, so the cause is not a silent start"
    verdict: Verdict = "fair" if most >= 0.3 else "poor"
    return Judged(
        what="starts from a sketch", verdict=verdict, told=f"near-silence above {most:g}: kept at or below it{silence}{cause}"
    )


def _judge_obedience(points: Sequence[Point], settings: Settings) -> Judged:
    guided = _at(points, settings.guide_strength)
    if guided is None:
        return Judged(what="tempo and key", verdict="poor", told="no strength makes takes keep tempo and key")
    told = (
        f"without a guide tempo {points[0].tempo:.0%}, key {points[0].key:.0%}; "
        f"at {guided.strength:g} tempo {guided.tempo:.0%}, key {guided.key:.0%}"
    )
    least = min(guided.tempo, guided.key)
    return Judged(what="tempo and key", verdict="good" if least >= 0.9 else "fair" if least >= 0.5 else "poor", told=told)


def _judge_chords(points: Sequence[Point], settings: Settings) -> Judged:
    sung = _at(points, settings.song_strength)
    if sung is None:
        return Judged(what="written chords", verdict="poor", told="no strength makes takes keep the guide's chords")
    told = f"at {sung.strength:g} {sung.chords:.0%} of what is heard in the guide; without a guide {points[0].chords:.0%}"
    verdict: Verdict = "good" if sung.chords >= 0.75 else "fair" if sung.chords >= 0.5 else "poor"
    return Judged(what="written chords", verdict=verdict, told=told)


def _judge_repaint(readings: Sequence[Reading]) -> Judged:
    read = _mean(readings, "repaint", None)
    if not read:
        return Judged(what="repaint", verdict="not tested", told="the variant cannot repaint")
    exact, new = read["outside"] <= EXACT, read["inside"] > 0.1
    told = f"largest difference outside {read['outside']:.1e}, {read['inside']:.0%} of the level changed inside"
    return Judged(what="repaint", verdict="good" if exact and new else "poor", told=told)


def _judge_covers(levels: Sequence[tuple[float, float]], most: float | None) -> Judged:
    if not levels:
        return Judged(what="covers", verdict="not tested", told="the variant cannot cover")
    if most is None:
        return Judged(what="covers", verdict="good", told=f"no cliff up to a noise strength of {levels[-1][0]:g}")
    verdict: Verdict = "fair" if most >= 0.3 else "poor"
    return Judged(what="covers", verdict=verdict, told=f"near-silence above a noise strength of {most:g}")


def _judge_adapters(readings: Sequence[Reading]) -> Judged:
    found = [one for one in readings if one.probe == "adapter"]
    if not found:
        return Judged(what="adapters", verdict="not tested", told="no adapter was tried")
    idle = [one.name.removeprefix("adapter ") for one in found if one.values["change"] < 1e-3]
    told = f"an adapter changes {', '.join(one.name.removeprefix('adapter ') for one in found)}"
    if idle:
        return Judged(what="adapters", verdict="poor", told=f"an adapter changes nothing in {', '.join(idle)}")
    return Judged(what="adapters", verdict="good", told=told)


def _judge_speed(readings: Sequence[Reading]) -> Judged:
    read = _mean(readings, "speed", None)
    if not read:
        return Judged(what="speed", verdict="not tested", told="nothing was timed")
    memory = f", {read['memory_gb']:.1f} GB at most" if "memory_gb" in read else ""
    verdict: Verdict = "good" if read["realtime"] >= 1.0 else "fair" if read["realtime"] >= 0.2 else "poor"
    return Judged(what="speed", verdict=verdict, told=f"{read['realtime']:.1f} x realtime{memory}")
