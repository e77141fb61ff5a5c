"""What the result of `twin producer demo` has to be: as loud, as fast, in the key and as long as it should, and sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..timebase import SAMPLE_RATE

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..mixing.producer.plan import ProductionPlan
    from .mix import Mixed

_LEVEL: Final = 1.0
"""LU beside the wanted loudness that pass."""
_PEAK: Final = 0.1
"""dB above the ceiling that pass."""
_IN_KEY: Final = 0.75
"""Share of the notes inside the key that passes."""
_SCORE: Final = 7.0
"""What the inspector has to give, of ten."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that the result has to be."""

    what: str
    found: str
    passed: bool


def check_result(sound: Samples, mixed: Mixed, plan: ProductionPlan, score: float) -> Iterator[Check]:
    """Level, peak, tempo, key, length and the inspector."""
    from ..audio.meters import measure
    from ..audio.tempo import same_up_to_octave
    from ..music import Key

    assert plan.bpm is not None and plan.key is not None and plan.seconds is not None
    assert mixed.desk is not None, "only a person's own Faust mixes without a desk"
    meters, master = measure(sound), mixed.desk.master
    wanted = master.loudness or -14.0
    ceiling = master.limiter.ceiling if master.limiter else 0.0
    loud, peak = meters.loudness_lufs, meters.true_peak_db
    yield Check("level", f"{loud:.1f} LUFS of {wanted:g}", abs(loud - wanted) <= _LEVEL)
    yield Check("peak", f"{peak:.2f} dBTP of {ceiling:g}", peak <= ceiling + _PEAK)
    bpm, share = meters.tempo().bpm, meters.in_scale_share(Key.parse(plan.key))
    yield Check("tempo", f"{bpm:.1f} bpm of {plan.bpm:g}", same_up_to_octave(bpm, plan.bpm))
    yield Check("key", f"{share:.0%} of the notes in {plan.key}", share >= _IN_KEY)
    seconds = sound.shape[1] / SAMPLE_RATE
    yield Check("length", f"{seconds:.2f} s of {plan.seconds:.2f}", plan.seconds - 0.1 <= seconds <= plan.seconds + 8.1)
    yield Check("inspector", f"{score:.1f} of 10", score >= _SCORE)
