"""Which distances may be reported: those that grow with every planted degradation (`degradations`).

Songs are divided in two halves. One is the reference; the other is embedded as it is and after each degradation at growing
strength, always the same songs with the same random numbers, so that a curve moves by the damage alone. A distance in an
embedder's space whose curve falls cannot tell worse from better there, and is not reported. Sets are small, and a slight damage
(highs taken from a sound that has few) may be none: a fall of less than a tenth of the whole rise counts as no fall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from ..audio.samples import Samples
from ..errors import BadInput
from ..progress import Clock, Steps
from ..recipe import Record
from .degradations import DEGRADATIONS
from .embedders import SoundEmbedder
from .mel_stats import fit_space
from .statistics import Floats, frechet_distance, gaussian, kad

STRENGTHS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
REQUIRED_DEGRADATIONS: Final = ("noise", "low-pass", "overdrive")
"""Degradations that a distance must hear to be told at all. Statistics of a whole take cannot hear that its pieces were
exchanged; a distance that misses that alone is reported with a remark."""
SLACK: Final = 0.1
"""Part of its rise by which a curve may fall."""
LEAST_SONGS: Final = 16
DISTANCES: Final[dict[str, Callable[[Floats, Floats], float]]] = {
    "frechet": lambda samples, reference: frechet_distance(gaussian(samples), gaussian(reference)),
    "kad": kad,
}
"""Distances of samples from a reference, by the name that a report gives them."""


class Sensitivity(Record):
    """How distances in one embedder's space grow with degradations."""

    embedder: str
    """Name of the embedder."""
    songs: int
    """Songs, half of them the reference."""
    dimensions: int
    """Dimensions of the space."""
    curves: dict[str, dict[str, tuple[float, ...]]]
    """Distance to degradation to its values at `STRENGTHS`."""

    def insensitive_to(self, distance: str) -> tuple[str, ...]:
        """Degradations with which `distance` does not grow."""
        return tuple(name for name, values in self.curves[distance].items() if not monotone(values))


def monotone(values: Sequence[float]) -> bool:
    """Whether at least two values rise, and none lies further below an earlier one than `SLACK` of the rise."""
    curve = np.asarray(values, np.float64)
    if len(curve) < 2 or not np.isfinite(curve).all() or curve[-1] <= curve[0]:
        return False
    return float((np.maximum.accumulate(curve) - curve).max()) <= SLACK * float(curve[-1] - curve[0])


def reportable(curves: Sensitivity, *, of: Sequence[str] = tuple(DEGRADATIONS)) -> tuple[str, ...]:
    """Names of the distances that grow with every degradation in `of`, and may be reported."""
    return tuple(name for name in curves.curves if set(curves.insensitive_to(name)).isdisjoint(of))


def measure_sensitivity(songs: Mapping[str, Callable[[], Samples]], embedder: SoundEmbedder) -> Steps[Sensitivity]:
    """Measure how distances of `embedder` grow with degradations of `songs` of one length, by id.

    Raises `BadInput` for under `LEAST_SONGS`.
    """
    if len(songs) < LEAST_SONGS:
        raise BadInput(f"{len(songs)} songs draw no curve", remedy=f"give at least {LEAST_SONGS} songs")
    clock = Clock("planted degradations", len(songs))
    reference: list[Floats] = []
    damaged: dict[str, list[list[Floats]]] = {name: [[] for _ in STRENGTHS] for name in DEGRADATIONS}
    length = 0
    yield clock.at(0)
    for number, play in enumerate(songs.values()):
        sound = play()
        if length and sound.shape[1] != length:
            raise BadInput(f"songs of {length} and {sound.shape[1]} samples", remedy="cut all songs to one length")
        length = sound.shape[1]
        if number % 2:
            reference.append(embedder.embed(sound))
        else:
            _degrade(sound, number, embedder, damaged)
        yield clock.at(number + 1)
    space = fit_space(np.array(reference))
    target = space(np.array(reference))
    sets = {name: [space(np.array(vectors)) for vectors in rows] for name, rows in damaged.items()}
    found = {
        distance: {name: tuple(measure(points, target) for points in rows) for name, rows in sets.items()}
        for distance, measure in DISTANCES.items()
    }
    return Sensitivity(embedder=embedder.name, songs=len(songs), dimensions=space.dimensions, curves=found)


def _degrade(sound: Samples, number: int, embedder: SoundEmbedder, damaged: dict[str, list[list[Floats]]]) -> None:
    """Embed one song with every degradation at every strength."""
    whole = embedder.embed(sound)
    for name, degrade in DEGRADATIONS.items():
        for strength, vectors in zip(STRENGTHS, damaged[name], strict=True):
            # the same draw at each strength, so that more strength is more of the same damage
            vectors.append(whole if strength == 0 else embedder.embed(degrade(sound, strength, np.random.default_rng(number))))
