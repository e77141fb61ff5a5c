"""From a defect to what can be done about it: plain edits first, then stages for takes.

`CANDIDATES` is the table: kind -> edits in the order they are tried. `propose` gives the stages that play a sound anew: a repaint
of the region for what is a stretch, a cover at strength .95 for what is in the whole. A take that is one stem, played to a take
or taken out of it, is played again: a repaint or a cover would make a whole mix of it. Stages are proposed here and played by the
verb.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ...pipeline.stages import Cover, Repaint, Stage
from ...timebase import MAX_SECONDS
from ..detectors.defect import Defect
from . import edits, lasting_edits
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
    "dc": _candidates(remove_the_mean=lasting_edits.remove_dc, high_pass=lasting_edits.high_pass),
    "out_of_phase": _candidates(turn_one_channel_over=lasting_edits.turn_over),
    "imbalance": _candidates(
        turn_one_side_down=lasting_edits.balance_sides,
        meet_in_the_middle=lasting_edits.meet_sides,
        turn_one_side_down_and_fade_in=lasting_edits.balance_and_fade,
    ),
    "hum": _candidates(notches=lasting_edits.remove_hum),
    "mud": _candidates(
        cut_6_dB=lasting_edits.clear_mud(6.0),
        cut_9_dB=lasting_edits.clear_mud(9.0),
        cut_12_dB=lasting_edits.clear_mud(12.0),
        cut_3_dB=lasting_edits.clear_mud(3.0),
    ),
    "clipping": _candidates(
        rebuild_the_tops=edits.rebuild_tops,
        rebuild_them_and_limit=edits.rebuild_and_limit,
        rebuild_them_and_turn_down=edits.rebuild_and_turn_down,
    ),
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


def propose(
    defects: Iterable[Defect], source: str, *, seconds: float = MAX_SECONDS, made_by: Stage | None = None
) -> tuple[tuple[Defect, Stage], ...]:
    """The stages that may repair `defects` of the take or file `source`, each with its defect.

    `seconds` is the length of the source, and `made_by` the stage that it came of.
    """
    found: list[tuple[Defect, Stage]] = []
    for one in defects:
        if one.severity == "info" or one.kind not in _REGION | _WHOLE:
            continue
        region = find_region(one, seconds)
        if made_by is not None and made_by.kind in ("extract", "lego"):
            found.append((one, _play_again(made_by, region)))
        elif region is not None:
            found.append((one, Repaint(source=source, start=region[0], end=region[1])))
        else:
            found.append((one, Cover(source=source, strength=COVER)))
    return tuple(found)


def find_region(defect: Defect, seconds: float = MAX_SECONDS) -> tuple[float, float] | None:
    """The seconds that are played anew because of a defect in a sound of so many `seconds`; None is all of it."""
    if defect.kind not in _REGION:
        return None
    return round(max(defect.start - _MARGIN, 0.0), 3), round(min(defect.end + _MARGIN, seconds), 3)


def _play_again(stage: Stage, region: tuple[float, float] | None) -> Stage:
    """`stage` once more; what is played to a take, only in `region` where there is one."""
    if stage.kind != "lego" or region is None:
        return stage
    only = {"regions": [{"start": region[0], "end": region[1]}], "unit": "seconds"}
    return type(stage).model_validate(stage.model_dump() | only)
