"""The report on one sound: a score out of ten with its parts, every defect, loudness, and how it stands beside references.

Each kind of defect takes points off: `points` of its table entry times a share that grows with the number and severity of its
defects, 40 % for a warning and 75 % for a failure, each taking its part of what is left. Information takes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.clipping import ClippingReading
from ..audio.loudness import window_lufs
from ..timebase import SAMPLE_RATE
from .detectors.catalogue import Asked, detect
from .detectors.defect import KINDS, Defect
from .detectors.image import width_db
from .detectors.profile import BANDS, Profile
from .detectors.references import shares_db

VERSION: Final = 3
"""Changes with what a report says of the same sound, and with what detectors find; kept reports are then made anew."""
BEST: Final = 10.0
_WEIGHTS: Final = {"info": 0.0, "warning": 0.4, "failure": 0.75}


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one kind of defect takes off."""

    kind: str
    words: str
    count: int
    cost: float
    """Points of ten."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """The loudness table. LUFS, LU, dBTP, dB."""

    integrated_lufs: float
    range_lu: float
    loudest_momentary_lufs: float
    loudest_short_term_lufs: float
    true_peak_dbtp: float
    peak_to_loudness_db: float
    crest_db: float
    width_db: float
    """Sides against middle."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One reading of the sound beside the same of the references."""

    what: str
    unit: str
    reading: float
    low: float
    middle: float
    high: float
    """Least, median and most of the references."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one sound."""

    seconds: float
    score: float
    """0 to 10."""
    parts: tuple[ScorePart, ...]
    defects: tuple[Defect, ...]
    loudness: Loudness | None
    """None where it could not be read."""
    beside: tuple[Beside, ...] = ()
    stem: str | None = None


def score_parts(defects: Iterable[Defect]) -> tuple[ScorePart, ...]:
    """What `defects` take off by kind, dearest first; kinds that take nothing are left out."""
    left: dict[str, float] = {}
    counts: dict[str, int] = {}
    for one in defects:
        if _WEIGHTS[one.severity]:
            left[one.kind] = left.get(one.kind, 1.0) * (1 - _WEIGHTS[one.severity])
            counts[one.kind] = counts.get(one.kind, 0) + 1
    parts = [ScorePart(kind, KINDS[kind].words, counts[kind], KINDS[kind].points * (1 - part)) for kind, part in left.items()]
    return tuple(sorted((part for part in parts if part.cost > 0), key=lambda part: -part.cost))


def score(parts: Iterable[ScorePart]) -> float:
    """Ten less what the parts take off, not below 0."""
    return max(0.0, BEST - sum(part.cost for part in parts))


def inspect(
    samples: NDArray[Any],
    asked: Asked | None = None,
    clipping: ClippingReading | None = None,
    *,
    references: Sequence[Profile] = (),
    stem: str | None = None,
) -> tuple[Report, Profile | None]:
    """The report on `samples` (channels, n) at 48 kHz, and its profile where it could be read. Raises as `detect` does."""
    found = detect(samples, asked, clipping)
    defects = tuple(replace(one, stem=stem) for one in found.defects)
    parts = score_parts(defects)
    profile = found.profile
    report = Report(
        seconds=samples.shape[-1] / SAMPLE_RATE if profile is None else profile.seconds,
        score=score(parts),
        parts=parts,
        defects=defects,
        loudness=None if profile is None else read_loudness(profile),
        beside=() if profile is None else compare(profile, references),
        stem=stem,
    )
    return report, profile


def read_loudness(profile: Profile) -> Loudness:
    """The loudness table of a sound."""
    powers = profile.weighted.sum(axis=0)
    return Loudness(
        integrated_lufs=profile.loudness_lufs,
        range_lu=profile.loudness_range,
        loudest_momentary_lufs=float(window_lufs(powers, 4).max()),
        loudest_short_term_lufs=float(window_lufs(powers, 30).max()),
        true_peak_dbtp=profile.true_peak_db,
        peak_to_loudness_db=profile.true_peak_db - profile.loudness_lufs,
        crest_db=profile.meters.peak_db - _rms(profile),
        width_db=width_db(profile),
    )


def _rms(profile: Profile) -> float:
    power = float(profile.power.mean()) if profile.power.size else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))


def compare(profile: Profile, references: Sequence[Profile]) -> tuple[Beside, ...]:
    """Readings of a sound beside those of `references`, of whatever length they are; nothing without any."""
    if not references:
        return ()
    own, others = readings(profile), [readings(one) for one in references]
    found = []
    for name, (unit, value) in own.items():
        values = np.array([one[name][1] for one in others])
        found.append(Beside(name, unit, value, float(values.min()), float(np.median(values)), float(values.max())))
    return tuple(found)


def readings(profile: Profile) -> dict[str, tuple[str, float]]:
    """What is compared of a sound: name -> unit and value."""
    loudness = read_loudness(profile)
    found = {
        "loudness": ("LUFS", loudness.integrated_lufs),
        "loudness range": ("LU", loudness.range_lu),
        "true peak": ("dBTP", loudness.true_peak_dbtp),
        "peak to loudness": ("dB", loudness.peak_to_loudness_db),
        "sides to middle": ("dB", loudness.width_db),
    }
    shares = shares_db(profile.bands.sum(axis=1))
    for (low, high), share in zip(BANDS, shares.tolist(), strict=True):
        found[f"{low:g} to {high:g} Hz"] = ("dB of the whole", share)
    return found
