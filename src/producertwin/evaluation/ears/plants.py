"""Defects to plant into a fine sound: one function per kind, three severities, and where the defect then is.

A plant takes sound (2, n) float32 at 48 kHz, a severity 0 to 2 and a generator of random numbers, and gives a `Planted`. What a
severity means stands in the tuple at the top of each function. Sounds are long enough for all of them from 12 s.
"""
# ruff: noqa: ARG001 - one signature for all plants

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from ...audio.levels import true_peak_db
from ...audio.samples import Samples
from ...house_band.effects import limit
from ...timebase import SAMPLE_RATE, samples_of

Rng = np.random.Generator
Places = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """A sound with a defect: the seconds in which it lies, and what else the detector is to be told."""

    sound: Samples
    places: Places
    asked: tuple[tuple[str, Any], ...] = ()
    """Fields of `quality.detectors.catalogue.Asked`."""


@dataclass(frozen=True, slots=True)
class Song:
    """A fine sound and what is known of it."""

    sound: Samples
    bpm: float | None
    key_steps: tuple[str, str, str] | None
    """Keys three, five and six steps of fifths away from its own."""


Plant = Callable[[Song, int, Rng], Planted]


def _whole(sound: NDArray[Any]) -> Planted:
    return Planted(np.ascontiguousarray(sound, np.float32), ((0.0, sound.shape[1] / SAMPLE_RATE),))


def _place(sound: Samples, seconds: float, rng: Rng) -> int:
    """A sample from which `seconds` lie inside the music, and are heard."""
    length = samples_of(seconds)
    program = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    for _ in range(64):
        start = int(rng.integers(samples_of(0.5), sound.shape[1] - length - samples_of(0.5)))
        part = sound[:, max(start - 2_000, 0) : start + length + 2_000]
        if _rms(part) > 0.5 * program:
            break
    return start


def _rms(part: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(part, dtype=np.float64))))


def _span(start: int, length: int) -> Places:
    return ((start / SAMPLE_RATE, (start + length) / SAMPLE_RATE),)


def plant_not_finite(song: Song, severity: int, rng: Rng) -> Planted:
    """So many samples that are no numbers."""
    count = (1, 20, 2_000)[severity]
    sound, start = song.sound.copy(), _place(song.sound, 0.1, rng)
    sound[:, start : start + count] = np.nan
    return Planted(sound, _span(start, count))


def plant_clipping(song: Song, severity: int, rng: Rng) -> Planted:
    """One second clipped so that this share of its samples lies at the edge."""
    share = (0.001, 0.005, 0.03)[severity]
    sound, start = song.sound.copy(), _place(song.sound, 1.0, rng)
    part = sound[:, start : start + SAMPLE_RATE]
    edge = float(np.quantile(np.abs(part), 1 - share))
    sound[:, start : start + SAMPLE_RATE] = np.clip(part, -edge, edge)
    return Planted(sound, _span(start, SAMPLE_RATE))


def plant_coded_clipping(song: Song, severity: int, rng: Rng) -> Planted:
    """The whole clipped at this share of its samples, then to 44.1 kHz and back."""
    share = (0.005, 0.03, 0.1)[severity]
    edge = float(np.quantile(np.abs(song.sound), 1 - share))
    clipped = 0.8 * np.clip(song.sound, -edge, edge).T / edge
    return _whole(soxr.resample(soxr.resample(clipped, 48_000, 44_100), 44_100, 48_000).T)


def plant_over_limiting(song: Song, severity: int, rng: Rng) -> Planted:
    """Turned up by so many dB into a limiter."""
    gain = 10 ** ((12, 18, 24)[severity] / 20)
    return _whole(limit(song.sound * np.float32(gain), 0.89))


def plant_true_peak(song: Song, severity: int, rng: Rng) -> Planted:
    """Turned up to a true peak of so many dBTP."""
    gain = 10 ** (((0.3, 1.0, 2.0)[severity] - true_peak_db(song.sound)) / 20)
    return _whole(song.sound * np.float32(gain))


def plant_click(song: Song, severity: int, rng: Rng) -> Planted:
    """A click of 1 to 20 samples, so many times the level around it."""
    times = (2.0, 4.0, 10.0)[severity]
    sound, start = song.sound.copy(), _place(song.sound, 0.01, rng)
    width = int(rng.integers(1, 21))
    shape = np.ones(1) if width == 1 else rng.standard_normal(width)
    sound[:, start : start + width] += (times * _rms(song.sound[:, start - 1_000 : start + 1_000]) * shape).astype(np.float32)
    return Planted(sound, _span(start, width))


def plant_discontinuity(song: Song, severity: int, rng: Rng) -> Planted:
    """A cut to a place where the waveform stands so far away, times the level around it."""
    step = (1.0, 1.8, 2.6)[severity]
    sound, start = song.sound, _place(song.sound, 1.0, rng)
    wanted = step * _rms(sound[:, start - 1_000 : start + 1_000])
    steps = np.abs(sound[0, start + 500 : start + 24_000] - sound[0, start - 1])
    at = start + 500 + int(np.abs(steps - wanted).argmin())
    return Planted(np.concatenate([sound[:, :start], sound[:, at:]], axis=1), _span(start, 1))


def plant_noise_burst(song: Song, severity: int, rng: Rng) -> Planted:
    """White noise for 10 to 100 ms at so many times the level around it."""
    times = (0.5, 1.0, 2.0)[severity]
    sound, start = song.sound.copy(), _place(song.sound, 0.2, rng)
    length = int(rng.integers(480, 4_800))
    level = times * _rms(song.sound[:, start - 1_000 : start + length + 1_000])
    sound[:, start : start + length] += (level * rng.standard_normal(length)).astype(np.float32)
    return Planted(sound, _span(start, length))


def plant_dropout(song: Song, severity: int, rng: Rng) -> Planted:
    """Digital silence for so many milliseconds."""
    length = samples_of((0.003, 0.010, 0.050)[severity])
    sound, start = song.sound.copy(), _place(song.sound, 0.1, rng)
    sound[:, start : start + length] = 0
    return Planted(sound, _span(start, length))


def plant_silent(song: Song, severity: int, rng: Rng) -> Planted:
    """Silence over this part of the length."""
    sound = song.sound.copy()
    sound[:, round(sound.shape[1] * (1 - (0.6, 0.75, 0.95)[severity])) :] = 0
    return _whole(sound)


def plant_silent_start(song: Song, severity: int, rng: Rng) -> Planted:
    """So many seconds before the music."""
    length = samples_of((1.5, 3.0, 6.0)[severity])
    return Planted(np.pad(song.sound, ((0, 0), (length, 0))), _span(0, length))


def plant_silent_end(song: Song, severity: int, rng: Rng) -> Planted:
    """So many seconds after the music."""
    length = samples_of((4.0, 7.0, 11.0)[severity])
    return Planted(np.pad(song.sound, ((0, 0), (0, length))), _span(song.sound.shape[1], length))


def plant_abrupt_start(song: Song, severity: int, rng: Rng) -> Planted:
    """The beginning cut off where the waveform stands at this part of the music's level."""
    wanted = (0.35, 0.8, 1.6)[severity] * _rms(song.sound)
    start = _place(song.sound, 1.0, rng)
    near = np.abs(np.abs(song.sound[:, start : start + SAMPLE_RATE]).max(axis=0) - wanted)
    return Planted(song.sound[:, start + int(near.argmin()) :], ((0.0, 0.01),))


def plant_abrupt_end(song: Song, severity: int, rng: Rng) -> Planted:
    """The end cut off within the music, with a fade of so many milliseconds."""
    fade = samples_of((0.008, 0.003, 0.0)[severity])
    end = _place(song.sound, 1.0, rng)
    sound = song.sound[:, : max(end, samples_of(8.0))].copy()
    if fade:
        sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return Planted(sound, _span(sound.shape[1] - 480, 480))


def plant_dc(song: Song, severity: int, rng: Rng) -> Planted:
    """So much of full scale on the left channel for 6 s."""
    sound, start = song.sound.copy(), _place(song.sound, 6.0, rng)
    sound[0, start : start + samples_of(6.0)] += np.float32((0.008, 0.015, 0.04)[severity])
    return Planted(sound, _span(start, samples_of(6.0)))


def plant_hum(song: Song, severity: int, rng: Rng) -> Planted:
    """50 or 60 Hz and five harmonics at so many dBFS."""
    time = np.arange(song.sound.shape[1]) / SAMPLE_RATE
    hz = 50.0 if rng.random() < 0.5 else 60.0
    wave = np.sum([np.sin(2 * np.pi * hz * k * time + k) / k for k in range(1, 7)], axis=0)
    level = np.sqrt(2) * 10 ** ((-60, -48, -36)[severity] / 20)
    return _whole(song.sound + (level * wave).astype(np.float32))


def plant_hiss(song: Song, severity: int, rng: Rng) -> Planted:
    """White noise at so many dBFS."""
    level = 10 ** ((-58, -50, -42)[severity] / 20)
    return _whole(song.sound + (level * rng.standard_normal(song.sound.shape)).astype(np.float32))


def plant_dual_mono(song: Song, severity: int, rng: Rng) -> Planted:
    """Both channels the mean of the two, at every severity."""
    return _whole(np.repeat(song.sound.mean(axis=0, keepdims=True), 2, axis=0))


def plant_out_of_phase(song: Song, severity: int, rng: Rng) -> Planted:
    """The right channel turned over for so many seconds."""
    length = samples_of((3.0, 6.0, 9.0)[severity])
    sound, start = song.sound.copy(), _place(song.sound, (3.0, 6.0, 9.0)[severity], rng)
    sound[1, start : start + length] *= -1
    return Planted(sound, _span(start, length))


def plant_bass_phase(song: Song, severity: int, rng: Rng) -> Planted:
    """The bass of the right channel turned over by this part."""
    bass = _band(song.sound[1], 20.0, 150.0)
    sound = song.sound.copy()
    sound[1] -= ((1.4, 1.7, 2.0)[severity] * bass).astype(np.float32)
    return _whole(sound)


def plant_mono_loss(song: Song, severity: int, rng: Rng) -> Planted:
    """This part of the middle moved to the sides."""
    part = (0.75, 0.85, 0.95)[severity]
    middle, side = song.sound.mean(axis=0), 0.5 * (song.sound[0] - song.sound[1])
    moved = side + part * np.roll(middle, 400)
    return _whole(np.stack([(1 - part) * middle + moved, (1 - part) * middle - moved]))


def plant_imbalance(song: Song, severity: int, rng: Rng) -> Planted:
    """One side turned down by so many dB."""
    sound = song.sound.copy()
    sound[int(_rms(sound[0]) > _rms(sound[1]))] *= np.float32(10 ** (-(4.5, 7.0, 10.0)[severity] / 20))
    return _whole(sound)


def plant_low_pass(song: Song, severity: int, rng: Rng) -> Planted:
    """Nothing above so many Hz."""
    spectrum = np.fft.rfft(song.sound, axis=1)
    hz = np.fft.rfftfreq(song.sound.shape[1], 1 / SAMPLE_RATE)
    spectrum[:, hz > (15_500, 12_500, 9_500)[severity]] = 0
    return _whole(np.fft.irfft(spectrum, song.sound.shape[1], axis=1))


def plant_shimmer(song: Song, severity: int, rng: Rng) -> Planted:
    """Lines at multiples of 1,500 Hz, each so many dB against the music."""
    time = np.arange(song.sound.shape[1]) / SAMPLE_RATE
    wave = np.sum([np.sin(2 * np.pi * 1_500.0 * k * time + k * k) for k in range(1, 15)], axis=0)
    level = np.sqrt(2) * 10 ** ((-66, -56, -46)[severity] / 20) * _rms(song.sound)
    return _whole(song.sound + (level * wave).astype(np.float32))


def plant_fizz(song: Song, severity: int, rng: Rng) -> Planted:
    """Noise from 9 to 16 kHz at so many dB of the level of the body, which it follows."""
    body = _band(song.sound.mean(axis=0), 200.0, 3_000.0)
    kernel = np.hanning(961) / np.hanning(961).sum()
    envelope = np.sqrt(np.maximum(np.convolve(body**2, kernel, "same"), 0))
    noise = _band(rng.standard_normal(song.sound.shape[1]), 9_000.0, 16_000.0)
    noise *= 10 ** ((-30, -20, -10)[severity] / 20) / _rms(noise)
    return _whole(song.sound + (noise * envelope).astype(np.float32))


def plant_mud(song: Song, severity: int, rng: Rng) -> Planted:
    """From 180 to 500 Hz turned up by so many dB for 8 s."""
    return _boost(song, (180.0, 500.0), (6.0, 10.0, 15.0)[severity], 8.0, rng)


def plant_balance(song: Song, severity: int, rng: Rng) -> Planted:
    """One of three bands turned up by so many dB."""
    band = ((500.0, 2_000.0), (2_000.0, 6_000.0), (6_000.0, 12_000.0))[int(rng.integers(3))]
    gain = 10 ** ((8.0, 14.0, 20.0)[severity] / 20) - 1
    part = np.stack([_band(channel, band[0], band[1]) for channel in song.sound])
    return _whole(0.5 * (song.sound + gain * part))


def plant_tempo_drift(song: Song, severity: int, rng: Rng) -> Planted:
    """Slower by so many per cent from beginning to end."""
    return _whole(_warp(song.sound, np.linspace(1.0, 1 - (0.04, 0.07, 0.12)[severity], 64)))


def plant_tempo_off(song: Song, severity: int, rng: Rng) -> Planted:
    """Asked for at another tempo."""
    whole = _whole(song.sound)
    return Planted(whole.sound, whole.places, (("bpm", (song.bpm or 100.0) * (1.07, 1.15, 1.3)[severity]),))


def plant_key_off(song: Song, severity: int, rng: Rng) -> Planted:
    """Asked for in a key three, five or six steps of fifths away."""
    whole = _whole(song.sound)
    return Planted(whole.sound, whole.places, (("key", song.key_steps[severity] if song.key_steps else None),))


def plant_tuning_drift(song: Song, severity: int, rng: Rng) -> Planted:
    """The second half lower by so many cents."""
    lower = 2 ** (-(30, 45, 60)[severity] / 1200) if severity < 2 else 2 ** (-45 / 1200)
    bent = np.where(np.arange(64) < 32, 1.0 if severity < 2 else 2 ** (15 / 1200), lower)
    return _whole(_warp(song.sound, bent))


def plant_loop_seam(song: Song, severity: int, rng: Rng) -> Planted:
    """A loop whose end and beginning stand so far apart, times the level around."""
    start = _place(song.sound, 1.0, rng)
    wanted = (1.0, 1.8, 2.6)[severity] * _rms(song.sound[:, start - 1_000 : start + 1_000])
    later = start + samples_of(2.0)
    far = np.abs(np.abs(song.sound[0, later : later + 24_000] - song.sound[0, start]) - wanted)
    sound = song.sound[:, start : later + int(far.argmin())]
    end = sound.shape[1]
    return Planted(sound, _span(end - 48, 48), (("loops", True),))


def plant_repetition(song: Song, severity: int, rng: Rng) -> Planted:
    """A piece of so many seconds ten times over."""
    seconds = (1.0, 0.5, 0.2)[severity]
    start, length = _place(song.sound, seconds, rng), samples_of(seconds)
    stuck = np.tile(song.sound[:, start : start + length], (1, 10))
    sound = np.concatenate([song.sound[:, :start], stuck, song.sound[:, start + length :]], axis=1)
    return Planted(sound, _span(start, 10 * length))


def plant_stuck(song: Song, severity: int, rng: Rng) -> Planted:
    """A tone in place of the music for so many seconds."""
    seconds = (3.5, 5.0, 8.0)[severity]
    sound, start = song.sound.copy(), _place(song.sound, seconds, rng)
    time = np.arange(samples_of(seconds)) / SAMPLE_RATE
    sound[:, start : start + len(time)] = (_rms(song.sound) * np.sqrt(2) * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    return Planted(sound, _span(start, len(time)))


def plant_noise(song: Song, severity: int, rng: Rng) -> Planted:
    """Noise louder than the music by so many dB."""
    level = 10 ** ((14, 20, 40)[severity] / 20)
    noise = 0.1 * rng.standard_normal(song.sound.shape)
    return _whole(noise + song.sound * (0.1 / level / _rms(song.sound)))


def _band(channel: Any, low: float, high: float) -> NDArray[np.float64]:
    found: NDArray[np.float64] = sosfiltfilt(butter(4, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), channel)
    return found


def _boost(song: Song, band: tuple[float, float], db: float, seconds: float, rng: Rng) -> Planted:
    start, length = _place(song.sound, seconds, rng), samples_of(seconds)
    part = np.stack([_band(channel, band[0], band[1]) for channel in song.sound])
    window = np.zeros(song.sound.shape[1])
    window[start : start + length] = 1
    window = np.convolve(window, np.hanning(4_801) / np.hanning(4_801).sum(), "same")
    louder = song.sound + (10 ** (db / 20) - 1) * window * part
    peak = max(float(np.abs(louder).max()), 0.9) / 0.9
    return Planted((louder / peak).astype(np.float32), _span(start, length))


def _warp(sound: Samples, speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sound` played at a speed that follows the curve `speed` over its length."""
    steps = np.interp(np.linspace(0, 1, sound.shape[1]), np.linspace(0, 1, len(speed)), speed)
    at = np.cumsum(steps)
    at = at[at < sound.shape[1] - 1]
    return np.stack([np.interp(at, np.arange(sound.shape[1]), channel) for channel in sound])


PLANTS: Final[dict[str, Plant]] = {
    name.removeprefix("plant_"): made for name, made in sorted(globals().items()) if name.startswith("plant_")
}
"""Every plant by the kind of its defect."""
