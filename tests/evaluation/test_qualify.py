"""Qualification finds what is planted: a cliff, a repaint that is not exact, an adapter that does nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio.samples import Samples
from producertwin.evaluation.qualify import judging, playing
from producertwin.evaluation.qualify.page import build_page
from producertwin.evaluation.qualify.probes import Play, Reading, plan_probes
from producertwin.model.sampling.request import Request
from producertwin.model.tasks import EVERYWHERE, Task
from producertwin.timebase import samples_of


def noise(request: Request) -> Samples:
    return np.random.default_rng(request.seed).normal(0, 0.1, (2, samples_of(request.seconds))).astype(np.float32)


def variant(cliff: float | None = None, *, from_silence: bool = False, exact: bool = True) -> Play:
    """A variant that plays its start the more closely the stronger it is, and collapses above a `cliff`."""

    def play(request: Request) -> Samples:
        if request.task is Task.REPAINT:
            assert request.source is not None and request.source.audio is not None
            sound = request.source.audio.copy()
            sound[:, samples_of(3.0) : samples_of(5.0)] = noise(request)[:, : samples_of(2.0)]
            return sound if exact else sound + np.float32(0.01)
        start = request.source if request.task is Task.COVER else request.start and request.start.sound
        strength = request.cover_noise if request.task is Task.COVER else 1.0 - request.start.t if request.start else 0.0
        if start is None or start.audio is None:
            return noise(request)
        silent = float(np.abs(start.audio).max()) < 1e-3
        if cliff is not None and strength > cliff and (silent or not from_silence):
            return noise(request) * np.float32(1e-4)
        return start.audio * np.float32(strength) + noise(request) * np.float32(1 - strength) if not silent else noise(request)

    return play


def read(play: Play, songs: int = 1) -> list[Reading]:
    probes = plan_probes(play, EVERYWHERE, songs, 6.0)
    return [Reading(name=one.name, probe=one.kind, strength=one.strength, values=dict(one.read())) for one in probes]


@pytest.fixture(scope="module")
def cliff() -> judging.Qualification:
    return judging.judge("fake", "b2:0", "cpu", read(variant(0.45)))


@pytest.mark.thorough
def test_a_planted_cliff_is_found_and_nothing_is_chosen_above_it(cliff):
    settings = cliff.settings
    assert settings.most_strength == 0.4 and settings.most_cover_noise == 0.4
    assert settings.guide_strength is not None and settings.guide_strength <= 0.4
    assert settings.song_strength is not None and settings.song_strength <= 0.4
    told = {one.what: one for one in cliff.judged}
    assert told["starts from a sketch"].verdict == "fair" and "near-silence above 0.4" in told["starts from a sketch"].told
    assert "near-silence above 0.4" in build_page(cliff)


@pytest.mark.thorough
def test_a_variant_without_a_cliff_has_no_limit():
    found = judging.judge("fake", "b2:0", "cpu", read(variant()))
    assert found.settings.most_strength is None and found.settings.most_cover_noise is None
    assert {one.what: one.verdict for one in found.judged}["repaint"] == "good"


@pytest.mark.thorough
def test_a_fall_from_silence_alone_is_no_cliff():
    """A start that is silent gives silence, whatever the variant: it is told, and limits nothing."""
    found = judging.judge("fake", "b2:0", "cpu", read(variant(0.3, from_silence=True)))
    assert found.settings.most_strength is None
    assert "from re-noised silence takes fall" in found.judged[0].told and found.judged[0].verdict == "good"


@pytest.mark.thorough
def test_a_repaint_that_changes_the_rest_is_poor():
    found = judging.judge("fake", "b2:0", "cpu", read(variant(exact=False)))
    assert {one.what: one.verdict for one in found.judged}["repaint"] == "poor"


def reading(probe: str, strength: float | None = None, **values: float) -> Reading:
    base = {"level_db": -20.0, "tempo": 1.0, "key": 1.0, "chords": 0.5, "copy": 0.2} if probe in ("plain", "guide") else {}
    return Reading(name=f"{probe} {strength} {values}", probe=probe, strength=strength, values=base | values)


@pytest.mark.parametrize(
    ("levels", "most"),
    [((-20, -20, -20), None), ((-20, -45, -50), 0.1), ((-50, -20, -20), 0.0), ((-20, -20, -41), 0.2), ((-20, -39, -39), None)],
)
def test_the_cliff_is_the_first_strength_that_falls(levels, most):
    swept = [reading("guide", at, level_db=float(level)) for at, level in zip((0.1, 0.2, 0.3), levels, strict=True)]
    found = judging.judge("x", "b2:0", "cpu", [reading("plain"), *swept])
    assert found.settings.most_strength == most
    if most == 0.0:
        assert found.settings.guide_strength is None and found.grade in "CD"


def test_one_song_that_collapses_is_a_cliff():
    swept = [reading("guide", 0.1), reading("guide", 0.2, chords=0.9), reading("guide", 0.2, level_db=-70.0)]
    assert judging.judge("x", "b2:0", "cpu", [reading("plain"), *swept]).settings.most_strength == 0.1


def test_the_least_strength_that_is_nearly_the_best_is_chosen():
    swept = [reading("guide", at, chords=chords) for at, chords in ((0.1, 0.4), (0.2, 0.86), (0.3, 0.9), (0.4, 0.88))]
    found = judging.judge("x", "b2:0", "cpu", [reading("plain", tempo=0.0), *swept])
    assert found.settings.song_strength == 0.2 and found.settings.guide_strength == 0.1


def test_an_adapter_that_does_nothing_in_a_task_is_poor():
    worn = [
        Reading(name=f"adapter {task}", probe="adapter", values={"change": change})
        for task, change in (("cover", 0.0), ("lego", 0.3))
    ]
    found = judging.judge("x", "b2:0", "cpu", [reading("plain"), reading("guide", 0.1), *worn])
    judged = {one.what: one for one in found.judged}["adapters"]
    assert judged.verdict == "poor" and "nothing in cover" in judged.told and "lego" not in judged.told


def drain(steps) -> object:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path):
    read_of: list[str] = []

    def probe(name: str) -> Callable[[], dict[str, float]]:
        def work() -> dict[str, float]:
            read_of.append(name)
            return {"level_db": -20.0}

        return work

    probes = [playing.Probe(name, "guide", 0.1, probe(name)) for name in ("a", "b")]
    drain(playing.run_probes(probes[:1], tmp_path))
    with (tmp_path / playing.READINGS).open("a") as log:
        log.write('{"name": "b", "pro')  # it was killed while it wrote
    drain(playing.run_probes(probes, tmp_path))
    drain(playing.run_probes(probes, tmp_path))
    assert read_of == ["a", "b"]
