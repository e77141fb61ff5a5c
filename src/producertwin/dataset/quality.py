"""How good a recording is, 0 to 100, as the sum of what is wrong with it.

Every part reads one meter and costs points from where it begins to matter to where it is as bad as it gets; between the two
the cost grows evenly. A style may expect a fault (lofi is low-passed and saturated on purpose), which then costs nothing:
`Quality.expecting`. The score ranks recordings of one collection; it knows nothing of the music.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio import levels, spectrum
from ..audio.loudness import loudness_range
from ..recipe import Record
from ..timebase import samples_of

Sound = NDArray[Any]

_LOWEST_EDGE: Final = 8_000.0
"""Below this many Hz no edge is looked for, since music itself falls there."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: it costs nothing at `good`, and `points` at `bad` and beyond."""

    name: str
    read: Callable[[Sound], float]
    unit: str
    good: float
    bad: float
    points: float
    expected_as: str | None = None
    """The artefact of a style that makes it no fault."""

    def cost(self, reading: float) -> float:
        """Points off for `reading`."""
        return self.points * float(np.clip((reading - self.good) / (self.bad - self.good), 0.0, 1.0))


class Graded(Record):
    """One part as it was read."""

    part: str
    reading: float
    unit: str
    cost: float
    """Points off."""


class Quality(Record):
    """What the score is made of."""

    parts: tuple[Graded, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return round(max(0.0, 100.0 - sum(part.cost for part in self.parts)))

    def expecting(self, artefacts: Collection[str]) -> Quality:
        """The same of a recording whose style expects `artefacts`, which then cost nothing."""
        fine = {part.name for part in PARTS if part.expected_as in artefacts}
        return Quality(parts=tuple(one.model_copy(update={"cost": 0.0}) if one.part in fine else one for one in self.parts))


def missing_highs(sound: Sound) -> float:
    """Kilohertz below 20 at which the spectrum ends: at a steep edge (20 dB within 1 kHz), or where all but a millionth of the
    energy lies below 8 kHz, as a source of a low rate leaves it. 0 where it does not end.
    """
    edge = spectrum.bandwidth_edge(sound)
    if edge.drop_db > 20.0:
        return max(0.0, 20.0 - edge.hz / 1_000.0)
    middle, reach = sound.shape[1] // 2, samples_of(5.0)
    for part in (sound[:, max(middle - reach, 0) : middle + reach], sound):  # ten seconds mostly settle it
        top = spectrum.roll_off(part, 1.0 - 1e-6)
        if top >= _LOWEST_EDGE:
            return 0.0
    return 20.0 - top / 1_000.0 if top > 0.0 else 0.0


def _per_mille_clipped(sound: Sound) -> float:
    return 1_000.0 * levels.clipped_share(sound)


def _against_phase(sound: Sound) -> float:
    return -spectrum.stereo_correlation(sound)


def _flat_dynamics(sound: Sound) -> float:
    return -loudness_range(sound)


def _silent_share(sound: Sound) -> float:
    return levels.silence_share(sound)


PARTS: Final = (
    Part("clipping", _per_mille_clipped, "per mille of the samples", 0.02, 1.0, 40.0, "saturation"),
    Part("silence", _silent_share, "share of the length", 0.05, 0.5, 25.0),
    Part("true peak", levels.true_peak_db, "dBTP", 0.0, 2.0, 10.0),
    Part("loudness range", _flat_dynamics, "LU, negated", -3.0, 0.0, 10.0),
    Part("missing highs", missing_highs, "kHz", 3.0, 9.0, 20.0, "low_pass"),
    Part("DC offset", levels.dc_offset, "of full scale", 0.002, 0.02, 15.0),
    Part("out of phase", _against_phase, "correlation, negated", 0.0, 0.6, 30.0),
)
"""In the order they are shown."""


def quality(sound: Sound) -> Quality:
    """The quality of `sound` (2, n) at 48 kHz as it came, for a style that expects no fault."""
    readings = [(part, float(part.read(sound))) for part in PARTS]
    graded = [Graded(part=part.name, reading=read, unit=part.unit, cost=part.cost(read)) for part, read in readings]
    return Quality(parts=tuple(graded))
