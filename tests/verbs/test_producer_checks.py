"""What the result of a production has to be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from producertwin.audio.samples import Samples
from producertwin.mixing.desk import Desk, Master, Strip
from producertwin.mixing.effects import Limiter
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.producer_checks import check_result


def clicking(peak_db: float, seconds: float = 4.0) -> Samples:
    """A quiet chord with a beat of 120 bpm whose peaks are `peak_db` dBFS."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.18, 329.63))
    beat = np.sin(2 * np.pi * 80 * t) * np.exp(-20 * (t % 0.5))
    wave = 0.2 * chord + 0.4 * beat
    return np.tile((wave / np.abs(wave).max() * 10 ** (peak_db / 20)).astype(np.float32), (2, 1))


@pytest.mark.parametrize("margin", [0.0, 1.0])
@pytest.mark.parametrize(("peak", "passes"), [(-1.05, True), (-3.0, True), (-0.5, False)])
def test_the_peak_is_held_against_what_was_asked_and_not_against_how_it_was_reached(
    margin: float, peak: float, passes: bool
) -> None:
    desk = Desk(strips={"drums": Strip()}, master=Master(limiter=Limiter(margin=margin)))
    mixed: Any = SimpleNamespace(desk=desk)
    plan: Any = SimpleNamespace(bpm=120.0, key="A major", seconds=4.0)
    checks = {one.what: one for one in check_result(clicking(peak), mixed, plan, 8.0)}
    assert checks["peak"].passed == passes and checks["peak"].found.endswith("dBTP of -1")
    assert checks["length"].passed and checks["key"].passed and checks["inspector"].passed
