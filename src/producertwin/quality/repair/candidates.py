"""From a defect to what can be done about it: plain edits first, then stages for takes.

`CANDIDATES` is the table: kind -> edits in the order they are tried. `propose` gives the stages that play a take anew: the region
for what is a stretch, all of it at strength .95 for what is in the whole. Stages are proposed here and played by the verb.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ...pipeline.stages import Cover, Repaint, Stage
from ..detectors.defect import Defect
from . import edits
from .edits import Edit


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing to try."""

    name: str
    edit: Edit


def _candidates(**by_name: Edit) -> tuple[Candidate, ...]:
    return tuple(Candidate(name.replace("_", " "), edit) for name, edit in by_name.items())


_CLICKS: Final = _candidates(interpolate=edits.remove_clicks)
CANDIDATES: Final[dict[str, tuple[Candidate, ...]]] = {
    "silent_start": _candidates(trim=edits.trim_start),
    "silent_end": _candidates(trim=edits.trim_end),
    "dropout": _candidates(interpolate=edits.fill_gaps),
    "noise_burst": _candidates(interpolate=edits.fill_gaps),
    "discontinuity": _CLICKS,
    "click": _CLICKS,
    "dc": _candidates(remove_the_mean=edits.remove_dc, high_pass=edits.high_pass),
    "out_of_phase": _candidates(turn_one_channel_over=edits.turn_over),
    "imbalance": _candidates(turn_one_side_down=edits.balance_sides),
    "hum": _candidates(notches=edits.remove_hum),
    "mud": _candidates(
        cut_6_dB=edits.clear_mud(6.0),
        cut_9_dB=edits.clear_mud(9.0),
        cut_12_dB=edits.clear_mud(12.0),
        cut_3_dB=edits.clear_mud(3.0),
    ),
    "clipping": _candidates(rebuild_the_tops=edits.rebuild_tops),
    "true_peak": _candidates(limit=edits.limit_peaks, turn_down=edits.turn_down),
    "abrupt_start": _candidates(fade=edits.fade_start),
    "abrupt_end": _candidates(fade=edits.fade_end),
}
"""In the order in which kinds are repaired: what others are heard by comes first."""
_REGION: Final = frozenset({"dropout", "noise_burst", "click", "discontinuity", "clipping", "stuck", "repetition", "mud"})
_WHOLE: Final = frozenset({"coded_clipping", "over_limiting", "shimmer", "fizz", "noise", "key_off", "tempo_off"})
_MARGIN: Final = 0.25
"""Seconds on each side that a repaint has to find its way in."""
COVER: Final = 0.95


def propose(defects: Iterable[Defect], take: str) -> tuple[tuple[Defect, Stage], ...]:
    """The stages that may repair `defects` of the take with the id `take`, each with its defect."""
    found: list[tuple[Defect, Stage]] = []
    for one in defects:
        if one.severity == "info":
            continue
        if one.kind in _REGION:
            start, end = max(one.start - _MARGIN, 0.0), one.end + _MARGIN
            found.append((one, Repaint(source=take, start=round(start, 3), end=round(end, 3))))
        elif one.kind in _WHOLE:
            found.append((one, Cover(source=take, strength=COVER)))
    return tuple(found)
