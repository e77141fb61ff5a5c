"""How near base and twin come to the producer, by one embedder: distances, the floor under them, style gain, and variety.

Points lie in the space of `fit_contrast_space`. Every interval is over songs. The floor is what two disjoint sets of the
producer's real songs read at the same count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..metrics.distances import Extrapolated, frechet_infinity, kad_interval, mean_distance, style_gain, vendi
from ..metrics.mel_stats import Space
from ..metrics.sensitivity import REQUIRED_DEGRADATIONS, Sensitivity, reportable
from ..metrics.statistics import (
    Floats,
    Interval,
    bootstrap,
    frechet_distance,
    gaussian,
    jackknife,
    median_distance,
    split_half_floor,
)
from ..recipe import Record
from .plan import LEAST_SONGS, ProofPlan
from .readings import CODEC, REAL, Measurements, Side
from .space import fit_contrast_space

T = TypeVar("T")


class Near(Record):
    """One side's distances from the held-out songs, and how varied it is itself."""

    frechet: Interval | None
    """None for the held-out songs themselves, and where it was not told."""
    infinite: Extrapolated | None
    """The Fréchet distance as if there were infinitely many songs; None where the songs do not carry it."""
    kad: Interval | None
    spread: Interval
    """Mean distance of two of its songs."""
    vendi: Interval
    """How many unlike songs it holds."""


class Nearness(Record):
    """Everything that one embedder says of nearness."""

    ear: str
    """The embedder, and how many dimensions were kept of it."""
    songs: int
    floor: Interval
    """Fréchet distance of two disjoint sets of the producer's real songs."""
    floor_songs: int
    """Songs in each of them; fewer than `songs` where the producer has not twice as many, which raises the floor."""
    sides: dict[str, Near]
    """`real`, `codec`, `base` and `twin`."""
    gain: Interval | None
    """Part of the way from the base to the floor that the twin has come."""
    why: str = ""
    """Why there is no gain."""


def nearness(plan: ProofPlan, measured: Measurements, embedder: str) -> Nearness:
    """What `embedder` says.

    Raises `BadInput` where there are fewer than eight held-out songs, or too few others to span a space.
    """
    songs = len(measured.real)
    if songs < LEAST_SONGS:
        raise BadInput(
            f"{songs} held-out songs carry no distance",
            remedy=f"hold out at least {LEAST_SONGS} songs: `twin dataset split --holdout 0.3`",
        )
    if not len(measured.train):
        raise BadInput("there are no training songs", remedy="give the training songs too")
    space = fit_contrast_space(
        measured.train.vectors(embedder)[:, CODEC], measured.base_on_train.vectors(embedder)[:, 0], songs=songs
    )
    points = {name: _points(space, side, embedder) for name, side in _sides(measured)}
    real = points["real"][:, 0]
    pool = np.concatenate([real, _points(space, measured.train, embedder)[:, REAL]])
    count = min(songs, len(pool) // 2)
    floor = split_half_floor(pool, count, rounds=max(20, plan.rounds // 10), seed=plan.seed)
    width = median_distance(real)
    near = {name: _near(plan, takes, None if name == "real" else real, width) for name, takes in points.items()}
    gain, why = _gain(plan, points, floor.value)
    return Nearness(
        ear=f"{embedder} d={space.dimensions}", songs=songs, floor=floor, floor_songs=count, sides=near, gain=gain, why=why
    )


def drop_insensitive_distances(near: Nearness, curves: Sensitivity) -> Nearness:
    """Remove from `near` the distances that did not grow with every degradation, and name the degradations it misses."""
    told = reportable(curves, of=REQUIRED_DEGRADATIONS)
    sides = near.sides
    if "kad" not in told:
        sides = {name: side.model_copy(update={"kad": None}) for name, side in sides.items()}
    if "frechet" in told:
        deaf = curves.insensitive_to("frechet")
        embedder = f"{near.ear}, deaf to {' and '.join(deaf)}" if deaf else near.ear
        return near.model_copy(update={"ear": embedder, "sides": sides})
    why = (
        f"the Fréchet distance does not grow with {', '.join(curves.insensitive_to('frechet'))} on {curves.songs} of these songs"
    )
    sides = {name: side.model_copy(update={"frechet": None, "infinite": None}) for name, side in sides.items()}
    return near.model_copy(update={"sides": sides, "gain": None, "why": why})


def _sides(measured: Measurements) -> tuple[tuple[str, Side], ...]:
    return ("real", measured.real), ("codec", measured.codec), ("base", measured.base), ("twin", measured.twin)


def _points(space: Space, side: Side, embedder: str) -> Floats:
    """Points of a side's takes, (songs, takes, dimensions)."""
    vectors = side.vectors(embedder)
    return space(vectors.reshape(-1, vectors.shape[-1])).reshape(*vectors.shape[:2], -1)


def _near(plan: ProofPlan, takes: Floats, real: Floats | None, width: float) -> Near:
    """Distances of `takes` (songs, takes, d) from `real` (songs, d). Extrapolation, kernel and variety read the first takes."""
    first = takes[:, 0]
    spread = jackknife(first, mean_distance, seed=plan.seed)
    various = jackknife(first, lambda some: vendi(some, width=width), seed=plan.seed)
    if real is None:
        return Near(frechet=None, infinite=None, kad=None, spread=spread, vendi=various)
    return Near(
        frechet=_frechet(plan, takes, real),
        infinite=_infinite(plan, first, real),
        kad=kad_interval(first, real, rounds=plan.rounds, seed=plan.seed),
        spread=spread,
        vendi=various,
    )


def _frechet(plan: ProofPlan, takes: Floats, real: Floats) -> Interval:
    """The distance with an interval over songs: a song is drawn with all its takes and its prompt's real song."""

    def distance(drawn: NDArray[Any]) -> float:
        return frechet_distance(gaussian(np.concatenate(takes[drawn])), gaussian(real[drawn]))

    found = bootstrap(np.arange(len(real)), distance, rounds=plan.rounds, seed=plan.seed, recentre=True)
    return Interval(found.value, max(found.low, 0.0), found.high)


def _infinite(plan: ProofPlan, first: Floats, real: Floats) -> Extrapolated | None:
    return value_or_reason(lambda: frechet_infinity(first, real, seed=plan.seed))[0]


def _gain(plan: ProofPlan, points: dict[str, Floats], floor: float) -> tuple[Interval | None, str]:
    """The style gain, or why there is none."""
    base, twin, real = points["base"], points["twin"], points["real"][:, 0]
    songs = np.repeat(np.arange(len(real)), base.shape[1])
    far, near = (takes.reshape(-1, takes.shape[-1]) for takes in (base, twin))
    return value_or_reason(lambda: style_gain(far, near, real, floor=floor, songs=songs, rounds=plan.rounds, seed=plan.seed))


def value_or_reason(measure: Callable[[], T]) -> tuple[T | None, str]:
    """The result of `measure`, or None and its error's text where there are too few songs."""
    try:
        return measure(), ""
    except BadInput as refused:
        return None, f"{refused.message} ({refused.remedy})" if refused.remedy else refused.message
