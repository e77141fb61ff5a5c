"""What must not be in a take, as yes or no: silence, clipping, numbers that are not, DC, dropouts, noise, a stuck tone.

Proofs and evaluations count these in hundreds of takes. Meters are those of `audio`, limits those at which the located defects of
the same names fail. Crackle belongs to lofi, so
clicks are counted and compared with real songs, and are no defect.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...audio.meters import Meters, measure
from .defect import KINDS

CLIPPED_SHARE: Final = 1e-3
SILENT_SHARE: Final = KINDS["silent"].fails
DC: Final = KINDS["dc"].fails
STUCK_SECONDS: Final = KINDS["stuck"].fails
FLAT_SHARE: Final = KINDS["noise"].fails


@dataclass(frozen=True, slots=True)
class Defects:
    """Which defects a take has."""

    not_finite: bool = False
    silent: bool = False
    clipped: bool = False
    dc: bool = False
    dropout: bool = False
    noise: bool = False
    stuck: bool = False

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(getattr(self, field.name) for field in fields(self))


NAMES: Final = tuple(field.name for field in fields(Defects))


def find(samples: NDArray[Any]) -> Defects:
    """The defects of `samples` (2, n) at 48 kHz. A sound that is not finite is not looked at further."""
    return judge(measure(samples)) if np.isfinite(samples).all() else Defects(not_finite=True)


def judge(meters: Meters) -> Defects:
    """The defects of a sound whose numbers are finite. One that is mostly silence is not looked at further."""
    if meters.silence_share > SILENT_SHARE:
        return Defects(silent=True)
    return Defects(
        clipped=meters.clipped_share > CLIPPED_SHARE,
        dc=meters.dc_offset > DC,
        dropout=bool(meters.dropouts),
        noise=meters.flat_share > FLAT_SHARE,
        stuck=meters.stuck_seconds >= STUCK_SECONDS,
    )
