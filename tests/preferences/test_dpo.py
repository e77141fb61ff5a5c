"""Preference training: the loss at the reference, its gradients, one noise a pair, resuming, giving up, what is learned."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dpo_kit import recipe, task
from producertwin.errors import BadInput, Diverged, NotFound
from producertwin.library.runs import CHECKPOINTS
from producertwin.model.instrument import Instrument
from producertwin.model.variants.tiny import build
from producertwin.preferences.dpo.loop import DpoTask, WinnerGuard, learn, open_run
from producertwin.preferences.dpo.loss import LN2, DpoFigures, PairErrors, calibrate_beta, dpo_loss, inside, measure
from producertwin.preferences.dpo.recipe import list_names, load_recipe
from producertwin.progress import finish
from producertwin.training import checkpoints


@pytest.fixture(scope="module")
def tiny() -> Instrument:
    return build(torch.device("cpu"), torch.float32)


def errors(chosen: float, rejected: float, chosen_reference: float = 1.0, rejected_reference: float = 1.0) -> PairErrors:
    """One pair in double precision, whose own errors have gradients."""
    mine = [torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in (chosen, rejected)]
    theirs = [torch.tensor([value], dtype=torch.float64) for value in (chosen_reference, rejected_reference)]
    return PairErrors(*mine, *theirs)


def value(one: Tensor | None) -> float:
    """The only number of a tensor."""
    assert one is not None
    return one.detach().item()


def digest(folder: Path) -> dict[str, str]:
    """A hash of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


# --- the loss


def test_the_loss_at_the_reference_is_ln_2_and_its_gradients_are_a_quarter_of_beta() -> None:
    found = errors(1.3, 0.7, 1.3, 0.7)
    loss = dpo_loss(found, 80.0)
    assert value(loss) == pytest.approx(LN2, abs=1e-12)
    loss.sum().backward()
    assert value(found.chosen.grad) == pytest.approx(20.0) and value(found.rejected.grad) == pytest.approx(-20.0)
    with_winner = errors(1.3, 0.7, 1.3, 0.7)
    dpo_loss(with_winner, 80.0, winner=0.5).sum().backward()
    assert value(with_winner.chosen.grad) == pytest.approx(20.5)
    assert value(with_winner.rejected.grad) == pytest.approx(-20.0)


def test_the_loss_is_the_formula() -> None:
    found = errors(0.9, 1.2, 1.0, 1.1)
    within = -0.5 * 7.0 * ((0.9 - 1.0) - (1.2 - 1.1))
    assert value(inside(found, 7.0)) == pytest.approx(within) == pytest.approx(0.7)
    assert value(dpo_loss(found, 7.0)) == pytest.approx(math.log(1 + math.exp(-within)))
    figures = measure(found, 7.0)
    assert (figures.accuracy, figures.inside) == (1.0, pytest.approx(0.7))
    assert figures.chosen_rise == pytest.approx(-0.1) and figures.rejected_rise == pytest.approx(1.2 / 1.1 - 1)
    assert measure(errors(1.1, 1.0), 7.0).accuracy == 0.0
    assert value(dpo_loss(errors(1e4, 0.0), 5000.0)) == pytest.approx(2.5e7)  # far off, and finite


def test_gradients_agree_with_differences() -> None:
    given = [1.05, 0.98, 1.0, 1.01]
    found = errors(*given)
    dpo_loss(found, 30.0, 0.2).sum().backward()
    for place, mine in enumerate((found.chosen.grad, found.rejected.grad)):
        step = [0.0] * 4
        step[place] = 1e-6
        up = value(dpo_loss(errors(*(one + two for one, two in zip(given, step, strict=True))), 30.0, 0.2))
        down = value(dpo_loss(errors(*(one - two for one, two in zip(given, step, strict=True))), 30.0, 0.2))
        assert value(mine) == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_beta_is_what_makes_the_inside_the_target_for_margins_that_moved_so_far() -> None:
    moved = torch.tensor([0.02, -0.01, 0.03])
    beta = calibrate_beta(moved, target=0.3)
    assert beta == pytest.approx(2 * 0.3 / 0.02)
    assert float((0.5 * beta * moved).abs().mean()) == pytest.approx(0.3)
    assert math.isinf(calibrate_beta(torch.zeros(3), target=0.3))


@pytest.mark.thorough
def test_the_trial_that_finds_beta_is_undone_and_keeps_what_it_promises(tiny: Instrument, tmp_path: Path) -> None:
    given = task(tiny, count=24, optimizer={"rate": 1e-3}, training={"steps": 20, "batch": 4}, dpo={"rise": 10.0, "early": 12})
    with open_run(given, tmp_path, tiny) as run:
        before = {name: weight.detach().clone() for name, weight in run.state.weights.items()}
        run.trainer.beta = run.trainer.find_beta()
        assert all(torch.equal(weight, before[name]) for name, weight in run.state.weights.items())
        assert not run.state.optimizer.state and not run.state.torn
        found = [run.trainer.take(step).figures.inside for step in range(12)]
    assert 0.1 < sum(found[-5:]) / 5 < 1.0, found  # `dpo.target` is 0.3 after `dpo.early` steps


# --- recipes


def test_every_shipped_recipe_is_read() -> None:
    assert list_names() == ("nano",)
    found = load_recipe("nano")
    assert found.steps == 60 and found.dpo.beta is None and found.fingerprint.startswith("b2:")
    with pytest.raises(NotFound):
        load_recipe("none")


@pytest.mark.parametrize(
    "changes",
    [
        {"adapter": {"dropout": 0.1}},
        {"adapter": {"encoders": ("lyric",)}},
        {"training": {"steps": None, "epochs": 2}},
        {"training": {"validate_every": 5}},
        {"dpo": {"beta": 0}},
        {"dpo": {"betta": 5}},
    ],
)
def test_a_recipe_that_would_move_the_reference_is_refused(changes: dict[str, dict[str, object]]) -> None:
    with pytest.raises(BadInput):
        recipe(**changes)


# --- a step


def test_both_takes_of_a_pair_are_shown_at_one_timestep_under_one_noise(tiny: Instrument, tmp_path: Path) -> None:
    with open_run(task(tiny), tmp_path, tiny) as run:
        crops, [batch] = run.trainer._draw(3)
        again, [same] = run.trainer._draw(3)
        other = run.trainer._draw(4)[1][0]
    count = len(crops)
    assert torch.equal(batch.t[:count], batch.t[count:])
    noise = [batch.target[at] + (crops[at].chosen if at < count else crops[at - count].rejected) for at in range(2 * count)]
    for at in range(count):
        assert torch.allclose(noise[at], noise[at + count], atol=1e-6)
    assert torch.equal(batch.context[:count], batch.context[count:]) and torch.equal(
        batch.condition[:count], batch.condition[count:]
    )
    assert torch.equal(batch.x_t, same.x_t) and [one.id for one in crops] == [one.id for one in again]
    assert not torch.equal(batch.t, other.t)


@pytest.mark.thorough
def test_training_begins_at_the_reference_and_leaves_the_instrument_as_it_was(tiny: Instrument, tmp_path: Path) -> None:
    before = {name: one.clone() for name, one in tiny.transformer.state_dict().items()}
    given = task(tiny, dpo={"beta": 50.0})
    with open_run(given, tmp_path, tiny) as run:
        found = run.trainer.errors(run.trainer._draw(0)[1][0])
        assert torch.equal(found.chosen, found.chosen_reference) and torch.equal(found.rejected, found.rejected_reference)
        first = run.trainer.take(0)
        assert first.loss == pytest.approx(LN2, abs=1e-6) and first.figures.inside == 0.0 and first.norm > 0
        moved = run.trainer.errors(run.trainer._draw(0)[1][0])
        assert not torch.equal(moved.chosen, moved.chosen_reference) and torch.equal(
            moved.chosen_reference, found.chosen_reference
        )
    after = tiny.transformer.state_dict()
    assert after.keys() == before.keys() and all(torch.equal(after[name], one) for name, one in before.items())


@pytest.mark.thorough
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_instrument_of_half_precision_learns_too_and_stays_as_it_was(precision: str, tmp_path: Path) -> None:
    half = build(torch.device("cpu"), torch.bfloat16)
    before = {name: one.clone() for name, one in half.transformer.state_dict().items()}
    with open_run(task(half, training={"precision": precision, "checkpointing": True}), tmp_path, half) as run:
        finish(run.begin())
        first = run.trainer.take(0)
    assert first.loss == pytest.approx(LN2, abs=1e-6) and math.isfinite(first.norm) and first.norm > 0
    after = half.transformer.state_dict()
    assert all(torch.equal(after[name], one) and after[name].dtype == one.dtype for name, one in before.items())


# --- a run


@pytest.mark.thorough
def test_a_run_that_was_stopped_ends_with_the_same_bytes(tiny: Instrument, tmp_path: Path) -> None:
    given = task(tiny)
    whole = finish(learn(given, tmp_path / "whole", tiny)).adapter
    half = tmp_path / "half"
    finish(learn(given, half, tiny))
    place = half / CHECKPOINTS
    assert checkpoints.steps_in(place) == [0, 4, 8]
    checkpoints.drop_after(place, 4)
    (half / "adapter").rename(tmp_path / "gone")
    resumed = finish(learn(given, half, tiny)).adapter
    assert digest(resumed) == digest(whole)
    assert (
        checkpoints.read(checkpoints.path_of(place, 8)).state
        == checkpoints.read(checkpoints.path_of(tmp_path / "whole" / CHECKPOINTS, 8)).state
    )


@pytest.mark.thorough
def test_the_checkpoint_of_another_run_is_refused(tiny: Instrument, tmp_path: Path) -> None:
    finish(learn(task(tiny), tmp_path, tiny))
    for other, told in (
        (replace(task(tiny), pairs="b2:others"), "pairs"),
        (task(tiny, optimizer={"rate": 1e-3}), "recipe"),
    ):
        with pytest.raises(BadInput, match=told):
            finish(learn(other, tmp_path, tiny))


@pytest.mark.thorough
def test_what_is_preferred_is_learned_and_holds_for_pairs_that_were_not_shown(tiny: Instrument, tmp_path: Path) -> None:
    given = task(
        tiny,
        count=18,
        adapter={"rank": 4, "targets": "all-linear"},
        optimizer={"rate": 1e-3},
        training={"steps": 24, "save_every": 24, "batch": 6},
        dpo={"rise": 10.0},
    )
    shown = replace(given, examples=given.examples[:12])
    found: list[DpoFigures] = []
    with open_run(shown, tmp_path, tiny) as run:
        finish(run.begin())
        found += [run.trainer.take(step).figures for step in range(24)]
        run.trainer.examples = given.examples[12:]
        margins = torch.cat([inside(run.trainer.errors(run.trainer._draw(step)[1][0]), run.trainer.beta) for step in range(4)])
    early = [one.inside for one in found[15:20]]  # `dpo.early` is 20
    assert min(early) > 0.1 and max(early) < 1.0, early  # beta was found, not given
    assert found[-1].accuracy > 0.9 and float((margins > 0).float().mean()) > 0.9


@pytest.mark.thorough
def test_training_is_given_up_where_the_chosen_takes_get_worse(tiny: Instrument, tmp_path: Path) -> None:
    given = task(
        tiny,
        optimizer={"rate": 0.2, "schedule": "constant", "warmup": 0, "clip": 100.0},
        training={"steps": 60},
        dpo={"beta": 500.0},
    )
    with pytest.raises(Diverged, match="given up"):
        finish(learn(given, tmp_path, tiny))
    steps = checkpoints.steps_in(tmp_path / CHECKPOINTS)
    assert 0 in steps or steps  # what was saved before is there, and nothing of the step that was given up
    assert max(steps) < 60 and not (tmp_path / "adapter").exists()


def test_the_guard_waits_until_it_has_seen_enough() -> None:
    guard = WinnerGuard()
    told = [guard.note(0.6, 1.0, 0.5, 0.1) for _ in range(12)]
    assert told[:9] == [None] * 9 and all(told[9:])
    calm = WinnerGuard()
    assert not any(calm.note(0.6, 1.0, rise, 0.1) for rise in [0.3, -0.1] * 30) or calm.rise > 0.1
    broken = WinnerGuard()
    assert [broken.note(math.nan, 1.0, 0.0, 0.1) for _ in range(5)][-1] is not None


@pytest.mark.thorough
def test_a_twin_that_training_begins_with_is_the_reference(tiny: Instrument, tmp_path: Path) -> None:
    parent = finish(learn(task(tiny), tmp_path / "first", tiny)).adapter
    given: DpoTask = replace(task(tiny, dpo={"beta": 50.0}), parent=parent)
    with open_run(given, tmp_path / "second", tiny) as run:
        batch = run.trainer._draw(0)[1][0]
        found = run.trainer.errors(batch)
        assert torch.equal(found.chosen, found.chosen_reference)
        with torch.no_grad(), run.adapter.off():
            plain: Tensor = run.trainer.errors(batch).chosen
        assert not torch.equal(plain, found.chosen)  # the reference is the twin, not the instrument
        assert run.trainer.take(0).loss == pytest.approx(LN2, abs=1e-6)
