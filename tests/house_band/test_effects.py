"""Rooms, echo, tape, limiter, loudness and ambience do what they say."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.house_band import ambience, effects, mix

RATE = 48_000


def tone(freq: float, seconds: float, level: float = 0.5) -> np.ndarray:
    wave = level * np.sin(2.0 * np.pi * freq * np.arange(int(seconds * RATE)) / RATE)
    return np.stack((wave, wave)).astype(np.float32)


def rough(seconds: float, level: float = 0.2) -> np.ndarray:
    return (np.random.default_rng(5).standard_normal((2, int(seconds * RATE))) * level).astype(np.float32)


@pytest.mark.parametrize("name", effects.ROOMS)
def test_rooms_decay_and_differ_left_from_right(name: str) -> None:
    response = effects.room(name)
    early, late = np.split(response, [response.shape[1] // 2], axis=1)
    assert np.sum(early**2) > 20.0 * np.sum(late**2)
    assert np.mean(np.sum(response**2, axis=1)) == pytest.approx(1.0, abs=1e-3)
    assert abs(np.corrcoef(response)[0, 1]) < 0.4


def test_reverb_keeps_the_length() -> None:
    send = rough(0.7)[0]
    assert effects.reverb(send, "hall").shape == (2, len(send))


def test_echo_repeats_at_the_delay() -> None:
    lane = np.zeros((2, RATE), dtype=np.float32)
    lane[:, 100:600] = rough(1.0)[:, :500]
    effects.echo(lane, 0.5, 10_000)
    energy = [float(np.sum(lane[:, start : start + 1_500] ** 2)) for start in (100, 10_100, 20_100, 30_100)]
    assert energy[0] > energy[1] > energy[2] > energy[3] > 0.0
    assert not lane[:, 5_000:9_900].any()


def test_wobble_stays_within_its_cents() -> None:
    wave = tone(1_000.0, 4.0)
    bent = effects.wobble(wave, 1.0, np.random.default_rng(3))
    assert bent.shape == wave.shape
    crossings = np.flatnonzero((bent[0, :-1] < 0.0) & (bent[0, 1:] >= 0.0))
    place = crossings + bent[0, crossings] / (bent[0, crossings] - bent[0, crossings + 1])
    cents = 1_200.0 * np.log2(RATE / np.diff(place[::20]) * 20.0 / 1_000.0)
    assert 3.0 < np.abs(cents).max() < 12.5


def test_drift_without_a_curve_changes_nothing() -> None:
    wave = rough(1.0)
    np.testing.assert_allclose(effects.drift(wave, np.zeros(wave.shape[1], np.float32)), wave, atol=1e-6)


@pytest.mark.parametrize("samples", [10, 64, 1_000, 100_003])
def test_limiter_holds_the_ceiling(samples: int) -> None:
    loud = rough(3.0, 0.6)[:, :samples]
    held = effects.limit(loud, 0.5)
    assert held.shape == loud.shape
    assert float(np.abs(held).max()) <= 0.5


def test_limiter_leaves_quiet_sound_alone() -> None:
    quiet = rough(0.5, 0.05)
    assert effects.limit(quiet) is quiet


def test_compressor_turns_down_what_is_loud() -> None:
    quiet, loud = tone(200.0, 1.0, 0.02), tone(200.0, 1.0, 0.8)
    np.testing.assert_allclose(effects.compress(quiet), quiet, atol=1e-6)
    assert np.abs(effects.compress(loud)[:, RATE // 2 :]).max() < 0.7 * 0.8


def test_saturation_leaves_quiet_sound_nearly_alone() -> None:
    quiet = tone(200.0, 0.2, 0.01)
    np.testing.assert_allclose(effects.saturate(quiet, 0.5), quiet * 1.06, atol=1e-4)
    assert np.abs(effects.saturate(tone(200.0, 0.2, 3.0), 1.0)).max() < 0.5


def test_silence_is_not_turned_up() -> None:
    assert mix.dry_gain(np.zeros((2, 100), np.float32), -15.0) == 1.0


def test_duck_dips_at_kicks_and_returns() -> None:
    curve = mix.duck_curve(50_000, [10_000, 30_000], 0.6, 0.25)
    assert curve[10_000] == pytest.approx(0.4, abs=0.01)
    assert curve[29_000] == 1.0
    assert np.abs(np.diff(curve)).max() < 0.02


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["rain", "cafe", "city", "forest", "ocean", "fire", "wind", "crackle", "hiss"])
def test_ambience_loops_without_a_seam(name: str) -> None:
    source = ambience.loop(name)
    assert np.sqrt(np.mean(source**2)) == pytest.approx(1.0, abs=1e-3)
    seam = np.abs(source[:, 0] - source[:, -1]).max()
    assert seam <= np.abs(np.diff(source, axis=1)).max()
    bed = np.zeros((2, source.shape[1] + 5_000), dtype=np.float32)
    ambience.mix_in(bed, name, 0.01, source.shape[1] - 2_000)
    np.testing.assert_allclose(bed[:, 2_000:4_000], source[:, :2_000] * np.float32(0.01), rtol=1e-5)
