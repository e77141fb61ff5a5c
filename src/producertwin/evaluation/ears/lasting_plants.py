"""Plants of what lasts: hum, hiss, faults of the image, of the spectrum, of tempo and key, and loops. See `plants`."""
# ruff: noqa: ARG001 - one signature for all plants

from __future__ import annotations

import numpy as np

from ...timebase import SAMPLE_RATE, samples_of
from .planting import Planted, Rng, Song, boost, filter_band, find_place, plant_all, rms, span, warp


def plant_hum(song: Song, severity: int, rng: Rng) -> Planted:
    """50 or 60 Hz and five harmonics at so many dBFS."""
    time = np.arange(song.sound.shape[1]) / SAMPLE_RATE
    hz = 50.0 if rng.random() < 0.5 else 60.0
    wave = np.sum([np.sin(2 * np.pi * hz * k * time + k) / k for k in range(1, 7)], axis=0)
    level = np.sqrt(2) * 10 ** ((-60, -48, -36)[severity] / 20)
    return plant_all(song.sound + (level * wave).astype(np.float32))


def plant_hiss(song: Song, severity: int, rng: Rng) -> Planted:
    """White noise at so many dBFS."""
    level = 10 ** ((-58, -50, -42)[severity] / 20)
    return plant_all(song.sound + (level * rng.standard_normal(song.sound.shape)).astype(np.float32))


def plant_dual_mono(song: Song, severity: int, rng: Rng) -> Planted:
    """Both channels the mean of the two, at every severity."""
    return plant_all(np.repeat(song.sound.mean(axis=0, keepdims=True), 2, axis=0))


def plant_out_of_phase(song: Song, severity: int, rng: Rng) -> Planted:
    """The right channel turned over for so many seconds."""
    length = samples_of((3.0, 6.0, 9.0)[severity])
    sound, start = song.sound.copy(), find_place(song.sound, (3.0, 6.0, 9.0)[severity], rng)
    sound[1, start : start + length] *= -1
    return Planted(sound, span(start, length))


def plant_bass_phase(song: Song, severity: int, rng: Rng) -> Planted:
    """The bass of the right channel turned over by this part."""
    bass = filter_band(song.sound[1], 20.0, 150.0)
    sound = song.sound.copy()
    sound[1] -= ((1.4, 1.7, 2.0)[severity] * bass).astype(np.float32)
    return plant_all(sound)


def plant_mono_loss(song: Song, severity: int, rng: Rng) -> Planted:
    """This part of the middle moved to the sides."""
    part = (0.75, 0.85, 0.95)[severity]
    middle, side = song.sound.mean(axis=0), 0.5 * (song.sound[0] - song.sound[1])
    moved = side + part * np.roll(middle, 400)
    return plant_all(np.stack([(1 - part) * middle + moved, (1 - part) * middle - moved]))


def plant_imbalance(song: Song, severity: int, rng: Rng) -> Planted:
    """One side turned down by so many dB."""
    sound = song.sound.copy()
    sound[int(rms(sound[0]) > rms(sound[1]))] *= np.float32(10 ** (-(4.5, 7.0, 10.0)[severity] / 20))
    return plant_all(sound)


def plant_low_pass(song: Song, severity: int, rng: Rng) -> Planted:
    """Nothing above so many Hz."""
    spectrum = np.fft.rfft(song.sound, axis=1)
    hz = np.fft.rfftfreq(song.sound.shape[1], 1 / SAMPLE_RATE)
    spectrum[:, hz > (15_500, 12_500, 9_500)[severity]] = 0
    return plant_all(np.fft.irfft(spectrum, song.sound.shape[1], axis=1))


def plant_shimmer(song: Song, severity: int, rng: Rng) -> Planted:
    """Lines at multiples of 1,500 Hz, each so many dB against the music."""
    time = np.arange(song.sound.shape[1]) / SAMPLE_RATE
    wave = np.sum([np.sin(2 * np.pi * 1_500.0 * k * time + k * k) for k in range(1, 15)], axis=0)
    level = np.sqrt(2) * 10 ** ((-66, -56, -46)[severity] / 20) * rms(song.sound)
    return plant_all(song.sound + (level * wave).astype(np.float32))


def plant_fizz(song: Song, severity: int, rng: Rng) -> Planted:
    """Noise from 9 to 16 kHz at so many dB of the level of the body, which it follows."""
    body = filter_band(song.sound.mean(axis=0), 200.0, 3_000.0)
    kernel = np.hanning(961) / np.hanning(961).sum()
    envelope = np.sqrt(np.maximum(np.convolve(body**2, kernel, "same"), 0))
    noise = filter_band(rng.standard_normal(song.sound.shape[1]), 9_000.0, 16_000.0)
    noise *= 10 ** ((-30, -20, -10)[severity] / 20) / rms(noise)
    return plant_all(song.sound + (noise * envelope).astype(np.float32))


def plant_mud(song: Song, severity: int, rng: Rng) -> Planted:
    """From 180 to 500 Hz turned up by so many dB for 8 s."""
    return boost(song, (180.0, 500.0), (6.0, 10.0, 15.0)[severity], 8.0, rng)


def plant_balance(song: Song, severity: int, rng: Rng) -> Planted:
    """One of three bands turned up by so many dB."""
    band = ((500.0, 2_000.0), (2_000.0, 6_000.0), (6_000.0, 12_000.0))[int(rng.integers(3))]
    gain = 10 ** ((8.0, 14.0, 20.0)[severity] / 20) - 1
    part = np.stack([filter_band(channel, band[0], band[1]) for channel in song.sound])
    return plant_all(0.5 * (song.sound + gain * part))


def plant_tempo_drift(song: Song, severity: int, rng: Rng) -> Planted:
    """Slower by so many per cent from beginning to end."""
    return plant_all(warp(song.sound, np.linspace(1.0, 1 - (0.04, 0.07, 0.12)[severity], 64)))


def plant_tempo_off(song: Song, severity: int, rng: Rng) -> Planted:
    """Asked for at another tempo."""
    whole = plant_all(song.sound)
    return Planted(whole.sound, whole.places, (("bpm", (song.bpm or 100.0) * (1.07, 1.15, 1.3)[severity]),))


def plant_key_off(song: Song, severity: int, rng: Rng) -> Planted:
    """Asked for in a key three, five or six steps of fifths away."""
    whole = plant_all(song.sound)
    return Planted(whole.sound, whole.places, (("key", song.key_steps[severity] if song.key_steps else None),))


def plant_tuning_drift(song: Song, severity: int, rng: Rng) -> Planted:
    """The second half lower by so many cents."""
    lower = 2 ** (-(30, 45, 60)[severity] / 1200) if severity < 2 else 2 ** (-45 / 1200)
    bent = np.where(np.arange(64) < 32, 1.0 if severity < 2 else 2 ** (15 / 1200), lower)
    return plant_all(warp(song.sound, bent))


def plant_loop_seam(song: Song, severity: int, rng: Rng) -> Planted:
    """A loop whose end and beginning stand so far apart, times the level around."""
    start = find_place(song.sound, 1.0, rng)
    wanted = (1.0, 1.8, 2.6)[severity] * rms(song.sound[:, start - 1_000 : start + 1_000])
    later = start + samples_of(2.0)
    far = np.abs(np.abs(song.sound[0, later : later + 24_000] - song.sound[0, start]) - wanted)
    sound = song.sound[:, start : later + int(far.argmin())]
    end = sound.shape[1]
    return Planted(sound, span(end - 48, 48), (("loops", True),))


def plant_repetition(song: Song, severity: int, rng: Rng) -> Planted:
    """A piece of so many seconds ten times over."""
    seconds = (1.0, 0.5, 0.2)[severity]
    start, length = find_place(song.sound, seconds, rng), samples_of(seconds)
    stuck = np.tile(song.sound[:, start : start + length], (1, 10))
    sound = np.concatenate([song.sound[:, :start], stuck, song.sound[:, start + length :]], axis=1)
    return Planted(sound, span(start, 10 * length))


def plant_stuck(song: Song, severity: int, rng: Rng) -> Planted:
    """A tone in place of the music for so many seconds."""
    seconds = (3.5, 5.0, 8.0)[severity]
    sound, start = song.sound.copy(), find_place(song.sound, seconds, rng)
    time = np.arange(samples_of(seconds)) / SAMPLE_RATE
    sound[:, start : start + len(time)] = (rms(song.sound) * np.sqrt(2) * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    return Planted(sound, span(start, len(time)))


def plant_noise(song: Song, severity: int, rng: Rng) -> Planted:
    """Noise louder than the music by so many dB."""
    level = 10 ** ((14, 20, 40)[severity] / 20)
    noise = 0.1 * rng.standard_normal(song.sound.shape)
    return plant_all(noise + song.sound * (0.1 / level / rms(song.sound)))
