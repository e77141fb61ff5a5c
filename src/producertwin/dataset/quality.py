"""Quality of a recording, 0 to 100: 100 less the points of every fault.

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

from ..audio.clipping import ClippingReading, read_clipping
from ..audio.meters import Meters, measure
from ..quality.detectors.colour import missing_highs
from ..recipe import Record

Sound = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the parts read: the meters of a sound, and its clipping at its file's own rate."""

    meters: Meters
    clipping: ClippingReading


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: it costs nothing at `good`, and `points` at `bad` and beyond."""

    name: str
    read: Callable[[Heard], float]
    unit: str
    good: float
    bad: float
    points: float
    expected_as: str | None = None
    """The artefact of a style that makes it no fault."""

    def cost(self, reading: float) -> float:
        """Points off for `reading`."""
        return self.points * float(np.clip((reading - self.good) / (self.bad - self.good), 0.0, 1.0))


class GradedPart(Record):
    """One part as it was read."""

    part: str
    reading: float
    unit: str
    cost: float
    """Points off."""


class Quality(Record):
    """What the score is made of."""

    parts: tuple[GradedPart, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return round(max(0.0, 100.0 - sum(part.cost for part in self.parts)))

    def expecting(self, artefacts: Collection[str]) -> Quality:
        """The same of a recording whose style expects `artefacts`, which then cost nothing."""
        fine = {part.name for part in PARTS if part.expected_as in artefacts}
        return Quality(parts=tuple(one.model_copy(update={"cost": 0.0}) if one.part in fine else one for one in self.parts))


PARTS: Final = (
    Part(
        "clipping", lambda heard: 1_000.0 * heard.clipping.flat_share, "per mille of the samples", 0.02, 1.0, 40.0, "saturation"
    ),
    Part("pile-up", lambda heard: heard.clipping.pile_up, "times the samples below", 1.8, 4.0, 20.0, "saturation"),
    Part("silence", lambda heard: heard.meters.silence_share, "share of the length", 0.05, 0.5, 25.0),
    Part("true peak", lambda heard: heard.meters.true_peak_db, "dBTP", 0.0, 2.0, 10.0),
    Part("loudness range", lambda heard: -heard.meters.loudness_range, "LU, negated", -3.0, 0.0, 10.0),
    Part("missing highs", lambda heard: missing_highs(heard.meters), "kHz", 3.0, 9.0, 20.0, "low_pass"),
    Part("DC offset", lambda heard: heard.meters.dc_offset, "of full scale", 0.002, 0.02, 15.0),
    Part("out of phase", lambda heard: -heard.meters.stereo_correlation, "correlation, negated", 0.0, 0.6, 30.0),
)
"""In the order they are shown."""


def quality(sound: Sound, clipping: ClippingReading | None = None) -> Quality:
    """The quality of `sound` (2, n) at 48 kHz as it came, for a style that expects no fault.

    `clipping` is what was read at the file's own rate; without it `sound` itself is read.
    """
    meters = measure(sound)
    heard = clipping or read_clipping(meters.samples)
    readings = [(part, float(part.read(Heard(meters, heard)))) for part in PARTS]
    graded = [GradedPart(part=part.name, reading=read, unit=part.unit, cost=part.cost(read)) for part, read in readings]
    return Quality(parts=tuple(graded))
