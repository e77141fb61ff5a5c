"""Plants of what is at one place, or of the level: clipping, clicks, gaps, silence, ends, offsets. See `plants`."""
# ruff: noqa: ARG001 - one signature for all plants

from __future__ import annotations

import numpy as np
import soxr

from ...audio.levels import true_peak_db
from ...house_band.effects import limit
from ...timebase import SAMPLE_RATE, samples_of
from .planting import Planted, Rng, Song, find_place, plant_all, rms, span


def plant_not_finite(song: Song, severity: int, rng: Rng) -> Planted:
    """So many samples that are no numbers."""
    count = (1, 20, 2_000)[severity]
    sound, start = song.sound.copy(), find_place(song.sound, 0.1, rng)
    sound[:, start : start + count] = np.nan
    return Planted(sound, span(start, count))


def plant_clipping(song: Song, severity: int, rng: Rng) -> Planted:
    """One second clipped so that this share of its samples lies at the edge."""
    share = (0.001, 0.005, 0.03)[severity]
    sound, start = song.sound.copy(), find_place(song.sound, 1.0, rng)
    part = sound[:, start : start + SAMPLE_RATE]
    edge = float(np.quantile(np.abs(part), 1 - share))
    sound[:, start : start + SAMPLE_RATE] = np.clip(part, -edge, edge)
    return Planted(sound, span(start, SAMPLE_RATE))


def plant_coded_clipping(song: Song, severity: int, rng: Rng) -> Planted:
    """The whole clipped at this share of its samples, then to 44.1 kHz and back."""
    share = (0.005, 0.03, 0.1)[severity]
    edge = float(np.quantile(np.abs(song.sound), 1 - share))
    clipped = 0.8 * np.clip(song.sound, -edge, edge).T / edge
    return plant_all(soxr.resample(soxr.resample(clipped, 48_000, 44_100), 44_100, 48_000).T)


def plant_over_limiting(song: Song, severity: int, rng: Rng) -> Planted:
    """Turned up by so many dB into a limiter."""
    gain = 10 ** ((12, 18, 24)[severity] / 20)
    return plant_all(limit(song.sound * np.float32(gain), 0.89))


def plant_true_peak(song: Song, severity: int, rng: Rng) -> Planted:
    """Turned up to a true peak of so many dBTP."""
    gain = 10 ** (((0.3, 1.0, 2.0)[severity] - true_peak_db(song.sound)) / 20)
    return plant_all(song.sound * np.float32(gain))


def plant_click(song: Song, severity: int, rng: Rng) -> Planted:
    """A click of 1 to 20 samples, so many times the level around it."""
    times = (2.0, 4.0, 10.0)[severity]
    sound, start = song.sound.copy(), find_place(song.sound, 0.01, rng)
    width = int(rng.integers(1, 21))
    shape = np.ones(1) if width == 1 else rng.standard_normal(width)
    sound[:, start : start + width] += (times * rms(song.sound[:, start - 1_000 : start + 1_000]) * shape).astype(np.float32)
    return Planted(sound, span(start, width))


def plant_discontinuity(song: Song, severity: int, rng: Rng) -> Planted:
    """A cut to a place where the waveform stands so far away, times the level around it."""
    step = (1.0, 1.8, 2.6)[severity]
    sound, start = song.sound, find_place(song.sound, 1.0, rng)
    wanted = step * rms(sound[:, start - 1_000 : start + 1_000])
    steps = np.abs(sound[0, start + 500 : start + 24_000] - sound[0, start - 1])
    at = start + 500 + int(np.abs(steps - wanted).argmin())
    return Planted(np.concatenate([sound[:, :start], sound[:, at:]], axis=1), span(start, 1))


def plant_noise_burst(song: Song, severity: int, rng: Rng) -> Planted:
    """White noise for 10 to 100 ms at so many times the level around it."""
    times = (0.5, 1.0, 2.0)[severity]
    sound, start = song.sound.copy(), find_place(song.sound, 0.2, rng)
    length = int(rng.integers(480, 4_800))
    level = times * rms(song.sound[:, start - 1_000 : start + length + 1_000])
    sound[:, start : start + length] += (level * rng.standard_normal(length)).astype(np.float32)
    return Planted(sound, span(start, length))


def plant_dropout(song: Song, severity: int, rng: Rng) -> Planted:
    """Digital silence for so many milliseconds."""
    length = samples_of((0.003, 0.010, 0.050)[severity])
    sound, start = song.sound.copy(), find_place(song.sound, 0.1, rng)
    sound[:, start : start + length] = 0
    return Planted(sound, span(start, length))


def plant_silent(song: Song, severity: int, rng: Rng) -> Planted:
    """Silence over this part of the length."""
    sound = song.sound.copy()
    sound[:, round(sound.shape[1] * (1 - (0.6, 0.75, 0.95)[severity])) :] = 0
    return plant_all(sound)


def plant_silent_start(song: Song, severity: int, rng: Rng) -> Planted:
    """So many seconds before the music."""
    length = samples_of((1.5, 3.0, 6.0)[severity])
    return Planted(np.pad(song.sound, ((0, 0), (length, 0))), span(0, length))


def plant_silent_end(song: Song, severity: int, rng: Rng) -> Planted:
    """So many seconds after the music."""
    length = samples_of((4.0, 7.0, 11.0)[severity])
    return Planted(np.pad(song.sound, ((0, 0), (0, length))), span(song.sound.shape[1], length))


def plant_abrupt_start(song: Song, severity: int, rng: Rng) -> Planted:
    """The beginning cut off where the waveform stands at this part of the music's level."""
    wanted = (0.35, 0.8, 1.6)[severity] * rms(song.sound)
    start = find_place(song.sound, 1.0, rng)
    near = np.abs(np.abs(song.sound[:, start : start + SAMPLE_RATE]).max(axis=0) - wanted)
    return Planted(song.sound[:, start + int(near.argmin()) :], ((0.0, 0.01),))


def plant_abrupt_end(song: Song, severity: int, rng: Rng) -> Planted:
    """The end cut off within the music, with a fade of so many milliseconds."""
    fade = samples_of((0.008, 0.003, 0.0)[severity])
    end = find_place(song.sound, 1.0, rng)
    sound = song.sound[:, : max(end, samples_of(8.0))].copy()
    if fade:
        sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return Planted(sound, span(sound.shape[1] - 480, 480))


def plant_dc(song: Song, severity: int, rng: Rng) -> Planted:
    """So much of full scale on the left channel for 6 s."""
    sound, start = song.sound.copy(), find_place(song.sound, 6.0, rng)
    sound[0, start : start + samples_of(6.0)] += np.float32((0.008, 0.015, 0.04)[severity])
    return Planted(sound, span(start, samples_of(6.0)))
