"""The trial of the detectors: its arithmetic, and the floors that its figures must not fall below."""

from __future__ import annotations

import pytest

from producertwin.evaluation.ears import report
from producertwin.evaluation.ears.plants import PLANTS
from producertwin.evaluation.ears.suite import Given, Trial, evaluate, judge
from producertwin.evaluation.suite import EarsSuite
from producertwin.progress import finish
from producertwin.quality.detectors.defect import KINDS

SUITE = EarsSuite(songs=1, seconds=12.0)
FLOORS = {
    **dict.fromkeys(KINDS, 0.9),
    "coded_clipping": 0.8,
    "over_limiting": 0.35,
    "click": 0.75,
    "discontinuity": 0.4,
    "noise_burst": 0.65,
    "abrupt_start": 0.55,
    "hum": 0.5,
    "out_of_phase": 0.8,
    "shimmer": 0.6,
    "fizz": 0.3,
    "mud": 0.5,
    "balance": 0.4,
    "tempo_drift": 0.85,
    "tuning_drift": 0.8,
    "loop_seam": 0.65,
    "repetition": 0.8,
}
"""Recall over all severities in the house band's songs; below the measured by about twice its error."""
MOST_ALARMS = 1.5
"""False alarms a minute in the house band's songs, all kinds together."""


def trial(style: str, hits: tuple[bool, ...], *, extra: int = 0, alarms: int = 0) -> Trial:
    return Trial(
        Given(style, style, 1),
        minutes=0.5,
        hits={"click": hits},
        extra={"click": extra},
        alarms=dict.fromkeys(KINDS, 0) | {"click": alarms},
    )


def test_recall_precision_and_alarms_are_counted() -> None:
    found = judge(SUITE, [trial("house", (True, True, True), extra=1), trial("rock", (False, False, True), alarms=3)])
    (row,) = found.kinds
    assert (row.planted, row.recalls, row.alarms) == (6, (0.5, 0.5, 1.0), 3.0)
    assert row.recall.value == pytest.approx(4 / 6) and row.recall.low < 4 / 6 < row.recall.high
    assert row.precision == pytest.approx(4 / 5)
    assert row.f1 == pytest.approx(2 * 0.8 * (4 / 6) / (0.8 + 4 / 6))
    assert row.by_style == {"house": 1.0, "rock": pytest.approx(1 / 3)}
    assert [(style.style, style.alarms) for style in found.styles] == [("house", 0.0), ("rock", 6.0)]
    assert "| click | `click` | 0.50 | 0.50 | 1.00 |" in report.tables(found)


def test_a_kind_that_is_never_found_has_no_precision() -> None:
    found = judge(SUITE, [trial("house", (False, False, False))])
    assert found.kinds[0].f1 == 0.0
    assert "| – | 0.00 |" in report.tables(found)


def test_every_kind_has_a_floor() -> None:
    assert set(FLOORS) == set(PLANTS)


@pytest.mark.slow
def test_the_detectors_hold_their_floors() -> None:
    found = finish(evaluate(SUITE))
    below = {row.kind: row.recall.value for row in found.kinds if row.recall.value < FLOORS[row.kind]}
    assert below == {}
    assert sum(row.alarms for row in found.kinds) < MOST_ALARMS
