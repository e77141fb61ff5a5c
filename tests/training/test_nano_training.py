"""What the transformer is shown: clocked silence, examples at their own time, noise levels spread evenly, phases that end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from producertwin.model import nano
from producertwin.model.tasks import Task
from producertwin.progress import Progress, Steps
from producertwin.training.pretrain import runs
from producertwin.training.pretrain.latents import Example
from producertwin.training.pretrain.loop import draws
from producertwin.training.pretrain.nano import ClockedRecipe, NanoRecipe, context_of, levels, starts_of

STILL = torch.linspace(-1, 1, 64)
COUNTED = nano.counted(STILL)
EXAMPLE = Example(
    target=torch.zeros(128, 64), source=None, mask=torch.ones(128), task=Task.TEXT2MUSIC, stems=(), caption="lofi", facts={},
    reference=None, start=75,
)  # fmt: skip


def test_silence_tells_the_time_and_the_clock_fades() -> None:
    clock = COUNTED[0] - STILL
    assert COUNTED.shape == (1, 15_000, 64)
    apart = torch.cdist(clock[:500], clock[:500]) + 99 * torch.eye(500)
    assert float(apart.min()) > 0.5  # every frame of the first 20 s is told from every other
    assert float(clock[500].norm() / clock[0].norm()) == pytest.approx(np.exp(-1), rel=1e-4)
    assert float(clock[10_000:].abs().max()) < 1e-6


def test_an_example_hears_the_silence_of_its_own_time() -> None:
    context = context_of([EXAMPLE, EXAMPLE], COUNTED, [75, 300])
    assert torch.equal(context[0, :, :64], COUNTED[0, 75:203])
    assert torch.equal(context[1, :, :64], COUNTED[0, 300:428])
    assert bool((context[..., 64:] == 1).all())


def test_repaint_hears_the_clock_only_inside_its_window() -> None:
    mask = torch.zeros(128)
    mask[40:60] = 1
    source = torch.full((128, 64), 3.0)
    [row] = context_of([replace(EXAMPLE, task=Task.REPAINT, mask=mask, source=source)], COUNTED, [75])
    assert torch.equal(row[40:60, :64], COUNTED[0, 115:135])
    assert bool((row[:40, :64] == 3).all()) and bool((row[60:, :64] == 3).all())


def test_a_share_of_examples_is_told_a_time_without_a_clock() -> None:
    starts = [starts_of([EXAMPLE] * 8, COUNTED, ClockedRecipe(far=0.25), draws(1, step)) for step in range(100)]
    late = np.array(starts) != EXAMPLE.start
    assert 0.2 < late.mean() < 0.3
    assert {start for row in starts for start in row} == {75, 15_000 - 128}
    assert starts_of([EXAMPLE], COUNTED, NanoRecipe(), draws(1, 0)) == [0]


def test_noise_levels_are_spread_over_a_batch() -> None:
    found = torch.stack([levels(16, NanoRecipe(), draws(3, step)).sort().values for step in range(50)])
    quarters = torch.special.ndtr((torch.logit(found) - 0.4) / 1.1)
    assert bool(((quarters * 16).floor().long() == torch.arange(16)).all())


def test_work_is_stopped_at_a_step_and_closed() -> None:
    closed: list[int] = []

    def work() -> Steps[Any]:
        try:
            for step in range(1, 10):
                yield Progress("step", step, 9)
        finally:
            closed.append(1)

    stopped = runs._until(work(), 4)
    assert [event.done for event in stopped] == [1, 2, 3, 4]
    assert closed == [1]
