"""Whether a take keeps its tempo is judged in every stretch of one tempo."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio.samples import Samples
from producertwin.model.sampling.request import Metas
from producertwin.pipeline.finish import readings
from producertwin.timebase import SAMPLE_RATE, TempoMap


def click(tempi: TempoMap, beats: int) -> Samples:
    """A click on every beat."""
    mono = np.zeros(tempi.sample(beats), np.float32)
    blow = np.exp(-np.arange(2_400) / 300) * np.random.default_rng(0).standard_normal(2_400) * 0.3
    for beat in range(beats):
        part = mono[tempi.sample(beat) :][:2_400]
        part += blow[: len(part)].astype(np.float32)
    return np.stack([mono, mono])


@pytest.mark.parametrize(
    ("played", "kept"),
    [
        (((20.0, 132.0),), 1.0),
        ((), 0.0),  # the change that was asked for is not played
        (((20.0, 111.0),), 0.0),
    ],
)
def test_every_stretch_is_heard_in_its_own_tempo(played: tuple[tuple[float, float], ...], kept: float) -> None:
    sound = click(TempoMap(90.0, played), 44)
    assert readings(sound, Metas.of(90.0, None, 4), ((20.0, 132.0),))["tempo_kept"] == kept


def test_stretches_too_short_to_tell_are_not_judged() -> None:
    changes = ((11.0, 132.0), (27.0, 90.0))
    sound = click(TempoMap(90.0, changes), 36)[:, : SAMPLE_RATE * 16]
    assert readings(sound, Metas.of(90.0, None, 4), changes)["tempo_kept"] is None
    assert readings(sound, Metas.of(90.0, None, 4), ((0.0, 90.0),))["tempo_kept"] is not None
