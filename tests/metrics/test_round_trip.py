"""What nano's codec makes of its own music and of foreign sounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soxr
from scipy.signal import lfilter

from producertwin.audio.samples import Samples
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.metrics import round_trip
from producertwin.model.instrument import Instrument
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE

SECONDS = 6.0
TIME = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("nano", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu", offline=True))


def play(style: str = "house") -> Samples:
    return render(compose(style, seed=2**31 + 5, seconds=SECONDS), seconds=SECONDS).mix


def stereo(wave: np.ndarray) -> Samples:
    return np.stack([wave, wave]).astype(np.float32)


def sing_vowels() -> Samples:
    """A buzz that glides as a speaking voice does, through two formants, in syllables."""
    pitch = 120 + 40 * np.sin(2 * np.pi * 0.7 * TIME) + 15 * np.sin(2 * np.pi * 2.3 * TIME)
    wave = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE)) * (np.sin(2 * np.pi * 3.1 * TIME) > -0.3)
    for formant in (650.0, 1_700.0):
        angle, radius = 2 * np.pi * formant / SAMPLE_RATE, 0.99
        wave = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], wave)
    return stereo(0.3 * wave / np.abs(wave).max())


def detune(cents: float) -> Samples:
    return np.ascontiguousarray(soxr.resample(play().T, SAMPLE_RATE * 2 ** (cents / 1_200), SAMPLE_RATE).T, np.float32)


FOREIGN: dict[str, Callable[[], Samples]] = {
    "speech": sing_vowels,
    "one steady tone": lambda: stereo(0.3 * np.sin(2 * np.pi * 452.9 * TIME)),
    "noise": lambda: (0.1 * np.random.default_rng(0).standard_normal((2, len(TIME)))).astype(np.float32),
    "clicks": lambda: stereo((np.arange(len(TIME)) % 12_000 == 0).astype(np.float64)),
    "channels against each other": lambda: np.stack([play()[0], -play()[0]]),
    "a quarter of a tone too high": lambda: detune(50.0),
}


@pytest.mark.thorough
@pytest.mark.parametrize("style", ["house", "boom-bap", "synthwave", "ambient", "CORE-01"])
def test_music_of_its_own_kind_is_carried(nano: Instrument, style: str) -> None:
    found = round_trip.measure(nano, play(style))
    assert nano.card.copy_error is not None and found.error <= nano.card.copy_error
    assert found.harmony > 0.5


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_sounds_are_outside(nano: Instrument, kind: str) -> None:
    found = round_trip.measure(nano, FOREIGN[kind]())
    assert nano.card.copy_error is not None and found.error > nano.card.copy_error


@pytest.mark.thorough
@pytest.mark.parametrize("gain_db", [-20.0, -6.0, 3.0])
def test_the_level_of_a_source_is_not_what_is_judged(nano: Instrument, gain_db: float) -> None:
    sound = play()
    found = round_trip.measure(nano, sound * np.float32(10 ** (gain_db / 20)))
    assert found.error == pytest.approx(round_trip.measure(nano, sound).error, abs=0.05)


def test_a_perfect_copy_is_not_off() -> None:
    sound = play()
    assert round_trip.compare(sound, sound) == round_trip.RoundTrip(0.0, pytest.approx(1.0), 0.0, 62.5, 0.0)


@pytest.mark.parametrize("centre", [125.0, 1_000.0, 8_000.0])
def test_the_worst_band_is_named(centre: float) -> None:
    sound = (0.1 * np.random.default_rng(1).standard_normal((2, 3 * SAMPLE_RATE))).astype(np.float32)
    spectrum = np.fft.rfft(sound, axis=1)
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    spectrum[:, np.abs(np.log2(np.maximum(hz, 1.0) / centre)) <= 0.5] *= 0.1
    found = round_trip.compare(np.fft.irfft(spectrum, axis=1).astype(np.float32), sound)
    assert found.worst_hz == centre and 8.0 < found.worst_db < 21.0, "20 dB, less what leaks in from beside a low band"


@pytest.mark.parametrize("seconds", [1.0, 15.0, 15.5, 100.0])
def test_excerpts_are_the_whole_or_three_parts_from_end_to_end(seconds: float) -> None:
    sound = np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32)[None].repeat(2, 0)
    parts = round_trip.excerpts(sound)
    assert parts[0][0, 0] == 0 and parts[-1][0, -1] == sound[0, -1]
    if seconds > 15.36:
        assert [part.shape[1] for part in parts] == [round_trip.EXCERPT] * 3
    else:
        assert len(parts) == 1


@pytest.mark.thorough
def test_the_same_sound_reads_the_same(nano: Instrument) -> None:
    assert round_trip.measure(nano, play()) == round_trip.measure(nano, play())
