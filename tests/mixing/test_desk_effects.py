"""Every effect against its reference in numpy: by sweep, impulse or bursts of noise, and by what it must never do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from mixing_kit import (
    RATE,
    Sound,
    biquad,
    bursts,
    compress,
    desk_of,
    duck,
    echo,
    factor,
    filtered,
    gate,
    impulse,
    limit,
    needs_engine,
    play,
    reverberate,
    saturate,
    shape_transient,
    sweep,
    widen,
)
from producertwin.audio import levels
from producertwin.audio.samples import Samples
from producertwin.mixing import effects as fx
from producertwin.mixing.desk import MOST_STRIPS, read_desk
from producertwin.mixing.faust import write_faust
from producertwin.mixing.render import play_program, render
from producertwin.mixing.schedule import schedule_desk
from producertwin.progress import finish

pytestmark = needs_engine

COMPRESSOR = {"threshold": -20.0, "ratio": 4.0, "knee": 8.0, "makeup": 3.0, "mix": 0.8, "attack": 5.0, "release": 60.0}
LIMITS = {"threshold": -30.0, "ratio": 20.0, "knee": 0.0, "makeup": 0.0, "mix": 1.0, "attack": 0.1, "release": 2000.0}
GATE = {"threshold": -20.0, "depth": 40.0, "attack": 1.0, "hold": 10.0, "release": 30.0}
SATURATION = {"drive": 18.0, "bias": 0.3, "mix": 0.7}
TRANSIENT = {"attack": 6.0, "sustain": -6.0}
BUTTERWORTH = (0.54119610, 1.30656296)

CASES: dict[str, tuple[dict[str, Any], Callable[[Sound], Sound]]] = {
    "nothing": ({}, lambda x: x),
    "gain": ({"gain": -6.0}, lambda x: x * factor(-6)),
    "polarity": ({"polarity": True}, lambda x: -x),
    "pan": ({"pan": 0.5}, lambda x: x * np.array([[np.cos(np.pi / 4)], [1.0]])),
    "pan_left": ({"pan": -1.0}, lambda x: x * np.array([[1.0], [0.0]])),
    "width": ({"width": 1.6}, lambda x: widen(x, 1.6)),
    "mono": ({"width": 0.0}, lambda x: widen(x, 0.0)),
    "mute": ({"mute": True}, lambda x: 0 * x),
    "high_pass": ({"high_pass": {"hz": 120}}, lambda x: filtered(x, biquad("hp", 120, 0.70710678))),
    "high_pass_24": ({"high_pass": {"hz": 45, "slope": 24}}, lambda x: filtered(x, *(biquad("hp", 45, q) for q in BUTTERWORTH))),
    "low_pass": ({"low_pass": {"hz": 15_000}}, lambda x: filtered(x, biquad("lp", 15_000, 0.70710678))),
    "low_pass_24": ({"low_pass": {"hz": 900, "slope": 24}}, lambda x: filtered(x, *(biquad("lp", 900, q) for q in BUTTERWORTH))),
    "low_shelf": ({"low_shelf": {"hz": 200, "gain": 9, "q": 0.9}}, lambda x: filtered(x, biquad("ls", 200, 0.9, 9))),
    "high_shelf": ({"high_shelf": {"hz": 4000, "gain": -9}}, lambda x: filtered(x, biquad("hs", 4000, 0.707, -9))),
    "bells": (
        {"bells": [{"hz": 80, "gain": 12, "q": 6}, {"hz": 9000, "gain": -12, "q": 0.5}]},
        lambda x: filtered(x, biquad("bell", 80, 6, 12), biquad("bell", 9000, 0.5, -12)),
    ),
    "compressor": ({"compressor": COMPRESSOR}, lambda x: compress(x, COMPRESSOR)),
    "compressor_hard": ({"compressor": LIMITS}, lambda x: compress(x, LIMITS)),
    "gate": ({"gate": GATE}, lambda x: gate(x, GATE)),
    "gate_without_hold": ({"gate": GATE | {"hold": 0.0}}, lambda x: gate(x, GATE | {"hold": 0.0})),
    "saturation": ({"saturation": SATURATION}, lambda x: saturate(x, SATURATION)),
    "transient": ({"transient": TRANSIENT}, lambda x: shape_transient(x, TRANSIENT)),
}


SOUND = np.concatenate([sweep(), bursts(), impulse(480)], axis=1)


def apart(found: Any, wanted: Any) -> float:
    """Largest difference against the reference's peak."""
    return float(np.abs(found - wanted[:, : found.shape[1]]).max() / max(np.abs(wanted).max(), 0.01))


@cache
def play_cases() -> dict[str, Samples]:
    """What every strip of `CASES` makes of one sound, behind its fader, from as few programs as there can be."""
    played: dict[str, Samples] = {}
    for names in batched(CASES, MOST_STRIPS):
        strips = {f"s{place}": CASES[name][0] for place, name in enumerate(names)}
        schedule = schedule_desk(read_desk({"strips": strips}, where="test"), finish=False, strips=True)
        out = play_program(schedule, [SOUND.astype(np.float32)] * len(names), SOUND.shape[1])
        played |= {name: out[2 + 2 * place : 4 + 2 * place] for place, name in enumerate(names)}
    return played


@pytest.mark.parametrize("name", CASES)
def test_a_strip_does_what_the_reference_does(name: str) -> None:
    assert apart(play_cases()[name], CASES[name][1](SOUND)) < 5e-4


def batched(names: Iterable[str], size: int) -> list[list[str]]:
    every = list(names)
    return [every[at : at + size] for at in range(0, len(every), size)]


@pytest.mark.parametrize("low_pass", [150.0, 20_000.0])
def test_a_side_chain_listens_to_the_other_strip_even_when_that_is_muted(low_pass: float) -> None:
    strips = {"kick": {"mute": True, "gain": -60}, "a": {"duck": {"by": "kick", "low_pass": low_pass}}}
    desk = read_desk({"strips": strips, "master": {"limiter": False}}, where="test")
    settings = fx.Duck(by="kick", low_pass=low_pass).model_dump()
    assert apart(play(desk, bursts(), sweep()), duck(sweep(), bursts(), settings)) < 2e-4


@pytest.mark.parametrize("ping_pong", [False, True])
def test_echoes_come_when_they_should(ping_pong: bool) -> None:
    bus = {"kind": "delay", "seconds": 0.02, "feedback": 0.6, "ping_pong": ping_pong}
    desk = desk_of({"sends": {"echo": -6}}, buses={"echo": bus})
    settings = fx.Delay.model_validate(bus).model_dump()
    assert apart(play(desk, bursts()), bursts() + echo(bursts() * factor(-6), settings)) < 2e-4


def test_echoes_follow_the_tempo() -> None:
    bus = {"kind": "delay", "seconds": 1.0, "beats": 0.25, "low_cut": 20, "high_cut": 20_000}
    wet = play(desk_of({"sends": {"echo": 0}}, buses={"echo": bus}, bpm=100), impulse(), length=12_000)[:, 200:]
    assert np.argmax(np.abs(wet[0])) + 200 == pytest.approx(100 + 0.15 * RATE, abs=2)


@pytest.mark.parametrize("side", ["left", "both"])
def test_the_room_is_that_of_the_reference_and_decays_in_its_time(side: str) -> None:
    bus = {"kind": "reverb", "seconds": 0.4, "damping": 20_000, "low_cut": 20}
    sound = impulse(24_000, side)
    wet = play(desk_of({"sends": {"room": 0}}, buses={"room": bus}), sound) - sound
    assert apart(wet, reverberate(sound, fx.Reverb.model_validate(bus).model_dump())) < 2e-4
    left = np.cumsum((wet**2).sum(axis=0)[::-1])[::-1]  # Schroeder's integral
    decay = 10 * np.log10(left / left[0])
    fifth, twenty_fifth = np.argmax(decay < -5), np.argmax(decay < -25)
    assert 3 * (twenty_fifth - fifth) / RATE == pytest.approx(0.4, rel=0.12)
    assert abs(np.corrcoef(wet[:, 4000:])[0, 1]) < 0.4


def test_a_parallel_bus_is_in_time_with_the_strip() -> None:
    bus = {"kind": "parallel", "compressor": COMPRESSOR | {"mix": 1.0}, "gain": -3}
    strip = {"sends": {"crush": -6}, "saturation": SATURATION}
    warm = saturate(bursts(), SATURATION)
    wanted = warm + factor(-3) * compress(warm * factor(-6), COMPRESSOR | {"mix": 1.0})
    assert apart(play(desk_of(strip, buses={"crush": bus}), bursts()), wanted) < 2e-4


def test_the_limiter_is_that_of_the_reference() -> None:
    desk = desk_of(master={"limiter": {"ceiling": -3}, "gain": 12})
    assert desk.master.limiter is not None
    wanted = limit(bursts() * factor(12), desk.master.limiter.model_dump())
    assert apart(play(desk, bursts())[:, : wanted.shape[1]], wanted) < 2e-4


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["square", "noise", "impulses", "near_nyquist"])
def test_no_true_peak_passes_the_ceiling(kind: str) -> None:
    rng, t = np.random.default_rng(3), np.arange(24_000)
    sounds = {
        "square": np.sign(np.sin(t * 0.037)),
        "noise": sosfilt(butter(8, 16_000, fs=RATE, output="sos"), rng.normal(0, 1, t.size)),
        "impulses": (rng.random(t.size) < 0.002) * rng.choice([-3.0, 3.0], t.size),
        "near_nyquist": np.sin(2 * np.pi * t * 11_997 / RATE + 0.7) * (t > 5_000),
    }
    limited = play(desk_of(master={"limiter": {"ceiling": -1}, "gain": 18}), np.stack([sounds[kind]] * 2))
    assert levels.true_peak_db(limited) <= -0.95
    assert levels.true_peak_db(limited) > -2.5 or kind == "impulses"


def test_a_mix_by_the_desk_that_came_back_is_the_same_mix() -> None:
    """Noise to the end of the spectrum makes true peaks that the limiter does not see: its margin is found once, not added up."""
    noise = np.random.default_rng(3).normal(0, 0.5, (2, RATE)).astype(np.float32)
    desk = desk_of(master={"limiter": {"ceiling": -1}, "gain": 12})
    first = finish(render(desk, [noise]))
    again = finish(render(first.desk, [noise]))
    assert first.desk.master.limiter is not None and first.desk.master.limiter.margin > 0.0
    assert first.desk.master.limiter.ceiling == -1.0 and levels.true_peak_db(first.audio) <= -1.0
    assert again.desk == first.desk and np.array_equal(again.audio, first.audio)


def test_strips_stay_together_when_one_is_late() -> None:
    strips = {"warm": {"saturation": {"drive": -12, "mix": 0.0}}, "plain": {"polarity": True}}
    desk = read_desk({"strips": strips, "master": {"limiter": False}}, where="test")
    assert write_faust(desk).latency == 12
    assert np.abs(play(desk, sweep(), sweep())).max() < 1e-6


def test_saturation_folds_little_back() -> None:
    """Of a loud tone at 15 kHz the third harmonic, 45 kHz, falls to 3 kHz without oversampling."""
    t = np.arange(9_600) / RATE
    tone = np.stack([0.9 * np.sin(2 * np.pi * 15_000 * t)] * 2)

    def at_3k(sound: Any) -> float:
        spectrum = np.abs(np.fft.rfft(sound[0, 600:9_000] * np.hanning(8_400)))
        return float(20 * np.log10(spectrum[525] / spectrum.max()))

    settings = {"drive": 12.0, "bias": 0.0, "mix": 1.0}
    naive = saturate(tone, settings, oversampled=False)
    assert at_3k(naive) > -25
    assert at_3k(play(desk_of({"saturation": settings}), tone)) < at_3k(naive) - 30


def test_old_machines_add_what_they_say() -> None:
    silence = np.zeros((2, 48_000))
    hiss = play(desk_of(master={"colour": {"hiss": -40}}), silence)
    assert levels.rms_db(hiss) == pytest.approx(-40 - 4.77, abs=0.5)  # uniform noise of that peak
    assert abs(np.corrcoef(hiss)[0, 1]) < 0.05
    crackle = play(desk_of(master={"colour": {"crackle": -20, "crackles": 20}}), silence)
    assert 5 < (np.abs(crackle[0]) > 0.2 * np.abs(crackle[0]).max()).reshape(-1, 480).any(axis=1).sum() < 60
    assert not play(desk_of(master={"colour": {}}), silence).any()


def test_wow_bends_the_pitch_by_what_it_says() -> None:
    t = np.arange(96_000) / RATE
    tone = np.stack([0.5 * np.sin(2 * np.pi * 1_000 * t)] * 2)
    bent = play(desk_of(master={"colour": {"wow": 1.0, "wow_hz": 4.0}}), tone)[0, 6_000:-6_000]
    crossings = np.flatnonzero((bent[:-1] < 0) & (bent[1:] >= 0))
    exact = crossings - bent[crossings] / (bent[crossings + 1] - bent[crossings])
    pitch = RATE / np.diff(exact)
    assert (pitch.max(), pitch.min()) == (pytest.approx(1_010, abs=1), pytest.approx(990, abs=1))
