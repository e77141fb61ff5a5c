"""Whole desks drawn at random do what numpy does, sample for sample."""

from __future__ import annotations

import numpy as np
import pytest

from mixing_kit import draw_desk, needs_engine
from mixing_reference import play_reference
from producertwin.mixing.engine import open_engine
from producertwin.mixing.faust import write_faust
from producertwin.mixing.schedule import schedule_desk

LENGTH = 4_096


@needs_engine
@pytest.mark.thorough
@pytest.mark.parametrize("seed", [4, 6, 9])
def test_a_drawn_desk_plays_what_the_reference_plays(seed: int) -> None:
    desk = draw_desk(seed, most=4)
    desk = desk.model_copy(update={"master": desk.master.model_copy(update={"colour": None})})
    noise = np.random.default_rng(seed).uniform(-1, 1, (2 * len(desk.strips), LENGTH)).astype(np.float32)
    noise[:, LENGTH // 2 :] = 0.0
    wanted = play_reference(desk, [noise[2 * place : 2 * place + 2] for place in range(len(desk.strips))])
    assert float(np.abs(wanted).max()) > 0.001
    for played in (write_faust(desk).source, schedule_desk(desk)):
        with open_engine(played) as engine:
            assert float(np.abs(engine.play(noise) - wanted).max()) < 5e-4 * float(np.abs(wanted).max())
