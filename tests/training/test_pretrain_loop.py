"""The pretraining loop: resume bit for bit, whole checkpoints, refusal of foreign ones, divergence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from producertwin.errors import BadInput, Diverged, Resources
from producertwin.progress import finish
from producertwin.recipe import Record
from producertwin.training import checkpoints
from producertwin.training.pretrain.loop import PretrainSchedule, load_average, rate_at, train
from producertwin.training.rng import StepRng, make_rng


class Recipe(Record):
    schedule: PretrainSchedule = PretrainSchedule(steps=12, rate=1e-2, warmup=3, save_every=5, average=0.9)
    name: str = "a"


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def losses_of(net: nn.Module):
    def losses(_step: int, draw: StepRng) -> dict[str, torch.Tensor]:
        x = torch.randn(16, 4, generator=draw.torch)
        return {"loss": (net(x)[:, 0] - x.sum(1)).square().mean()}

    return losses


def run(folder: Path, recipe: Recipe, steps: int | None = None) -> nn.Module:
    net = model()
    plan = recipe.schedule
    work = train(net, losses_of(net), plan, folder, recipe=recipe)
    if steps is None:
        finish(work)
    else:
        for _ in range(steps):
            next(work)
        work.close()
    return net


def test_two_halves_equal_the_whole(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", Recipe())
    run(tmp_path / "halves", Recipe(), steps=7)
    halves = run(tmp_path / "halves", Recipe())
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.equal(a, b)
    rows = [json.loads(line)["step"] for line in (tmp_path / "halves" / "log.jsonl").read_text().splitlines()]
    assert rows == list(range(1, 13))


def test_the_average_is_shipped_and_differs_from_the_last_weights(tmp_path: Path) -> None:
    last = run(tmp_path, Recipe())
    mean = model()
    assert load_average(mean, tmp_path, Recipe()) == 12
    assert not torch.equal(next(mean.parameters()), next(last.parameters()))
    assert load_average(model(), tmp_path / "nothing", Recipe()) == 0


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    run(tmp_path, Recipe())
    with pytest.raises(BadInput, match="another recipe"):
        run(tmp_path, Recipe(name="b"))


def test_only_complete_checkpoints_count_and_old_ones_go(tmp_path: Path) -> None:
    run(tmp_path, Recipe())
    assert checkpoints.steps_in(tmp_path) == [10, 12]
    (tmp_path / "step-00000099").mkdir()
    assert checkpoints.steps_in(tmp_path) == [10, 12]


def test_a_full_disk_leaves_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = checkpoints.Checkpoint({"x": torch.ones(3)}, {"recipe": "r"})
    checkpoints.save(tmp_path, 1, kept)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(Resources) as caught:
        checkpoints.save(tmp_path, 2, kept)
    assert caught.value.remedy
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000001"]
    found = checkpoints.load_latest(tmp_path, recipe="r")
    assert found is not None and torch.equal(found.tensors["x"], torch.ones(3))


def test_three_bad_steps_stop_the_run(tmp_path: Path) -> None:
    net = model()

    def losses(step: int, draw: StepRng) -> dict[str, torch.Tensor]:
        return {"loss": losses_of(net)(step, draw)["loss"] * (float("nan") if step > 3 else 1.0)}

    with pytest.raises(Diverged):
        finish(train(net, losses, Recipe().schedule, tmp_path, recipe=Recipe()))
    assert all(bool(torch.isfinite(p).all()) for p in net.parameters())


def test_draws_depend_on_seed_and_step_alone() -> None:
    assert make_rng(1, 5).numpy.random() == make_rng(1, 5).numpy.random()
    assert make_rng(1, 5).numpy.random() != make_rng(1, 6).numpy.random()
    assert torch.rand(1, generator=make_rng(2, 5).torch) != torch.rand(1, generator=make_rng(1, 5).torch)


def test_the_rate_warms_up_and_falls() -> None:
    plan = PretrainSchedule(steps=100, rate=1.0, warmup=10)
    rates = [rate_at(plan, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] < 0.06
