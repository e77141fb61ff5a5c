"""The guard and the best validation: what counts as having left the road."""

from __future__ import annotations

import json
import math

import pytest

from producertwin.training.lora.monitoring import SETTLED, TOO_LONG, BestValidation, DivergenceGuard


def fed(guard: DivergenceGuard, losses: list[float]) -> list[str]:
    return [told for loss in losses if (told := guard.note(loss, 1.0)) is not None]


def test_three_bad_batches_in_a_row_are_too_many_and_a_good_one_between_forgives() -> None:
    guard = DivergenceGuard()
    assert fed(guard, [1.0, math.nan, math.inf, 1.0, math.nan, math.nan]) == []
    assert not guard.healthy
    assert guard.note(1.0, math.inf) == "3 batches in a row gave no finite loss"


def test_a_smoothed_loss_half_above_its_best_for_long_is_too_much() -> None:
    guard = DivergenceGuard()
    assert fed(guard, [1.0] * 300 + [1.45] * 2_000) == []
    assert guard.healthy and guard.best == pytest.approx(1.0)
    assert fed(guard, [2.0] * 100) == []
    assert not guard.healthy
    told = fed(guard, [2.0] * (TOO_LONG + 100))
    assert told and "above 1.5 times its best of 1.0000" in told[0]


def test_a_loss_that_comes_back_in_time_is_forgiven() -> None:
    guard = DivergenceGuard()
    assert fed(guard, [1.0] * 300 + [2.0] * 150 + [0.5] * 200 + [0.9] * 10) == []
    assert guard.healthy


def test_first_losses_are_not_believed() -> None:
    guard = DivergenceGuard()
    assert fed(guard, [0.01] * (SETTLED // 5) + [1.0] * 3_000) == []


def test_the_smoothed_loss_of_equal_losses_is_that_loss() -> None:
    guard = DivergenceGuard()
    fed(guard, [0.7, 0.7, math.nan, 0.7])
    assert guard.smooth_loss == pytest.approx(0.7) and guard.count == 3


def test_a_guard_survives_its_checkpoint_exactly() -> None:
    guard = DivergenceGuard(halved=True)
    fed(guard, [0.1 * x for x in range(1, 250)])
    again = DivergenceGuard.from_state(json.loads(json.dumps(guard.to_state(), allow_nan=False)))
    assert again == guard and again.factor == 0.5 and DivergenceGuard().factor == 1.0


def test_the_best_validation_is_the_first_lowest() -> None:
    best = BestValidation()
    assert [best.note(step, loss) for step, loss in enumerate([3.0, 2.0, math.nan, 2.0, 1.0])] == [True, True, False, False, True]
    assert (best.step, best.loss, best.since) == (4, 1.0, 0)
    best.note(5, 1.5)
    assert best.since == 1
