"""Strips that are muted: they are not played, sound as silence, and are heard by side-chains still."""

from __future__ import annotations

import numpy as np
import pytest

from mixing_kit import bursts, needs_engine, sweep
from producertwin.errors import BadInput
from producertwin.mixing.desk import Desk, read_desk
from producertwin.mixing.faust import write_faust
from producertwin.mixing.measure import measure_desk
from producertwin.mixing.render import render
from producertwin.mixing.schedule import schedule_desk
from producertwin.progress import finish


def desk_with(mute: bool) -> Desk:
    strips = {
        "kick": {"mute": mute, "saturation": {"drive": 12}, "sends": {"room": -6}},
        "bass": {"gain": -3, "duck": {"by": "kick", "threshold": -40, "depth": 12}},
        "pad": {"pan": 0.4, "sends": {"room": -6}},
    }
    return read_desk({"strips": strips, "buses": {"room": {"kind": "reverb", "seconds": 0.3}}}, where="test")


def test_a_muted_strip_is_in_the_faust_that_is_handed_over_and_is_not_played() -> None:
    desk = desk_with(mute=True)
    assert "kick_process" in write_faust(desk).source
    played, heard = (schedule_desk(desk_with(mute), finish=False, strips=True) for mute in (True, False))
    assert "saturation" in heard.programs
    assert "saturation" not in played.programs
    assert (played.inputs, played.outputs, played.latency) == (6, 8, heard.latency) == (6, 8, 12)


@needs_engine
def test_a_muted_strip_is_silence_and_its_side_chain_goes_on() -> None:
    sounds = [np.asarray(one, np.float32) for one in (bursts(), sweep(), sweep(low=200.0))]
    made = finish(render(desk_with(mute=True), sounds))
    kick, bass, _ = made.strips
    assert not kick.any()
    heard = finish(render(desk_with(mute=False), sounds))
    assert np.abs(bass - heard.strips[1]).max() < 1e-6
    assert np.abs(made.audio - heard.audio[:, : made.audio.shape[1]]).max() > 0.01


def test_a_desk_of_muted_strips_is_refused() -> None:
    desk = read_desk({"strips": {"a": {"mute": True}, "b": {"mute": True}}}, where="test")
    with pytest.raises(BadInput, match="every strip"):
        finish(render(desk, [np.zeros((2, 10), np.float32)] * 2))


@needs_engine
@pytest.mark.thorough
def test_loads_are_those_of_strips_and_a_muted_one_has_none() -> None:
    found = measure_desk(desk_with(mute=True))
    loads = {one.name: one.load for one in found.strips}
    assert loads["kick"] == 0
    assert 0 < loads["pad"] < 1
    assert found.rest_load > 0
    assert found.strips[1].response_db[5] == pytest.approx(-3, abs=0.1)
