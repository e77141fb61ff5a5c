"""Spectral analysis and additive synthesis of nano's codec, both without weights.

Analysis: log-mel bands of mid and side (100 Hz) and equal-tempered semitone bands of the mid (25 Hz). Synthesis: a bank of
fixed oscillators, a short-time spectrum for transients and shaped noise, overlap-added with a Hann window (after additive
spectral modelling: Serra & Smith 1990; DDSP, Engel et al. 2020). Audio `(batch, 2, samples)`; four synthesis frames of 480
samples make one latent frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...audio.mel import mel_bank
from ...timebase import HOP, SAMPLE_RATE

STEP = HOP // 4
"""Samples between synthesis frames."""
FRAME = 2 * STEP
BINS = FRAME // 2 + 1
STEPS_PER_LATENT = HOP // STEP
MID_MELS, SIDE_MELS, MEL_WINDOW = 96, 32, 1024
SEMITONES = tuple(range(24, 120))
"""MIDI pitches of the semitone bands, 33 Hz to 7.9 kHz."""
FEATURES = STEPS_PER_LATENT * (MID_MELS + SIDE_MELS) + len(SEMITONES)
OSCILLATORS = tuple([float(p) for p in range(24, 132)] + [p + 0.5 for p in range(60, 126)])
"""MIDI pitches of the oscillators: semitones, and quarter tones where upper partials fall between them."""
BANDS = 40
"""Bands in which transients and noise are levelled."""
FLOOR = 1e-8
"""Power below which nothing is told apart."""
NOISE_FRAMES = 331
"""Length of the noise table; prime, so that no beat locks onto it."""


def pitch_hz(pitch: np.ndarray | float) -> np.ndarray:
    """Frequency of a MIDI pitch, A4 = 440 Hz."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(pitch) - 69.0) / 12.0))


def mel_weights(bands: int, bins: int, *, low: float = 30.0, high: float = 20_000.0) -> Tensor:
    """Triangular mel filters `(bins, bands)` with unit sum per band, over `bins` FFT bins up to Nyquist."""
    hz = np.linspace(0, SAMPLE_RATE / 2, bins)
    return torch.from_numpy(mel_bank(hz, bands, low, high, narrow="beyond")).float()


def band_spread(bands: int) -> Tensor:
    """Linear interpolation `(bands, BINS)` that spreads band values over the synthesis bins on the mel scale."""
    mel = 2595 * np.log10(1 + np.linspace(0, SAMPLE_RATE / 2, BINS) / 700)
    place = mel / mel[-1] * (bands - 1)
    weights = np.clip(1 - np.abs(place[None] - np.arange(bands)[:, None]), 0, None)
    return torch.from_numpy(weights).float()


def semitone_weights(window: int, pitches: tuple[int, ...]) -> Tensor:
    """Gaussian bands `(bins, pitches)` a third of a semitone wide, at least one bin, over the FFT bins of `window`."""
    hz = np.arange(window // 2 + 1)[:, None] * SAMPLE_RATE / window
    centre = pitch_hz(np.array(pitches))[None]
    width = np.maximum(centre * (2 ** (0.33 / 12) - 1), SAMPLE_RATE / window * 0.7)
    weights = np.exp(-0.5 * ((hz - centre) / width) ** 2)
    return torch.from_numpy(weights / np.sqrt((weights**2).sum(0, keepdims=True))).float()


def frames_of(signal: Tensor, window: int, hop: int) -> Tensor:
    """Frames `(..., samples // hop, window)` centred on the middle of each hop; the ends are padded with silence."""
    left = (window - hop) // 2
    return F.pad(signal, (left, window - hop - left)).unfold(-1, window, hop)


Spectra = tuple[Tensor, Tensor]
"""Real and imaginary parts of spectra, `(batch, frames, bins)`."""
Spectrum = Callable[[Tensor, int, int], Spectra]
"""Spectra of a signal `(batch, samples)`, by window and hop."""


def hann_spectrum(signal: Tensor, window: int, hop: int) -> Spectra:
    """Spectra of frames under a Hann window, 1 for a full sine, as `Spectrum` says."""
    shape = torch.hann_window(window, device=signal.device, dtype=signal.dtype)
    found = torch.fft.rfft(frames_of(signal, window, hop) * shape, norm="forward") * 4.0
    return found.real, found.imag


class Analysis(nn.Module):
    """Features of a sound, `(batch, frames, FEATURES)` at 25 Hz: four frames of log-mels and the semitone bands."""

    RANGES = ((16_384, 24, 55), (8_192, 55, 72), (4_096, 72, 120))
    """Window, first and past-the-last pitch: low notes need long windows to stand apart, high ones may be quick."""

    mid_mel: Tensor
    side_mel: Tensor

    def __init__(self) -> None:
        super().__init__()
        bins = MEL_WINDOW // 2 + 1
        self.register_buffer("mid_mel", mel_weights(MID_MELS, bins), persistent=False)
        self.register_buffer("side_mel", mel_weights(SIDE_MELS, bins), persistent=False)
        for window, low, high in self.RANGES:
            self.register_buffer(f"notes_{window}", semitone_weights(window, tuple(range(low, high))), persistent=False)

    @staticmethod
    def log(power: Tensor) -> Tensor:
        """The feature of a power: 0 at -40 dB, 1 at -20 dB."""
        return (torch.log10(power + FLOOR) + 4.0) / 2.0

    def forward(self, audio: Tensor) -> Tensor:
        """Audio `(batch, 2, samples)`, samples a multiple of the hop."""
        return self.measure(audio, hann_spectrum, self.log)

    def measure(self, audio: Tensor, spectrum: Spectrum, log: Callable[[Tensor], Tensor]) -> Tensor:
        """The features, by other means to transform frames and to take the logarithm of powers."""
        return self.measure_levels(audio, self.transform_notes(audio, spectrum), spectrum, log)

    def transform_notes(self, audio: Tensor, spectrum: Spectrum) -> list[Spectra]:
        """Spectra of the mid under the window of each of `RANGES`."""
        mid = (audio[:, 0] + audio[:, 1]) / 2
        return [spectrum(mid, window, HOP) for window, *_ in self.RANGES]

    def measure_levels(self, audio: Tensor, notes: list[Spectra], spectrum: Spectrum, log: Callable[[Tensor], Tensor]) -> Tensor:
        """The features, of which the semitone bands are read from `notes`, the spectra of `transform_notes`."""
        mid, side = (audio[:, 0] + audio[:, 1]) / 2, (audio[:, 0] - audio[:, 1]) / 2
        mels = torch.cat(
            [
                log(_power(spectrum(mid, MEL_WINDOW, STEP)) @ self.mid_mel),
                log(_power(spectrum(side, MEL_WINDOW, STEP)) @ self.side_mel),
            ],
            -1,
        )
        bands = [getattr(self, f"notes_{window}") for window, *_ in self.RANGES]
        semitones = torch.cat([_power(each) @ weights for each, weights in zip(notes, bands, strict=True)], -1)
        grouped = mels.reshape(mels.shape[0], -1, STEPS_PER_LATENT * mels.shape[-1])
        return torch.cat([grouped, log(semitones)], -1)


def _power(spectra: Spectra) -> Tensor:
    real, imag = spectra
    return real.square() + imag.square()


def sharpen(levels: Tensor, *, slope: float = 3.0, most: float = 2.0) -> Tensor:
    """Semitone levels `(…, semitones)`, log10 of power, each lowered by `slope` times what a neighbour stands above it.

    A band hears some of its neighbour's note, for a window that told them wholly apart would smear time; of two neighbours
    the weaker is taken at most `most` (20 dB) down, so that what sounds beside a note is the note's own spectrum.
    """
    walls = F.pad(levels, (1, 1), value=-torch.inf)
    above = torch.maximum(walls[..., :-2], walls[..., 2:]) - levels
    return levels - (slope * above.clamp(min=0)).clamp(max=most)


@dataclass
class Controls:
    """The decoder's output and the synthesiser's input, per synthesis frame: all `(batch, frames, …)`."""

    tone: Tensor
    """Oscillator amplitudes (mid)."""
    tone_side: Tensor
    """In-phase and quadrature share of the oscillators in the side, `(…, 2, oscillators)`."""
    transient: Tensor
    """Complex short-time spectra of mid and side as `(…, 2, 2, BINS)`: channel, then real and imaginary."""
    noise: Tensor
    """Noise level of the mid, `(…, BINS)`."""
    noise_side: Tensor
    """In-phase and independent share of the noise in the side, `(…, 2, BINS)`."""


class Synthesis(nn.Module):
    """Oscillators, transients and noise, overlap-added with a Hann window."""

    basis: Tensor
    noise: Tensor
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        omega = 2 * np.pi * pitch_hz(np.array(OSCILLATORS)) / SAMPLE_RATE
        rng = np.random.Generator(np.random.PCG64(20_261_121))
        self.phase = rng.uniform(0, 2 * np.pi, len(OSCILLATORS))
        self.omega = omega
        n = np.arange(FRAME)
        basis = np.concatenate([np.cos(omega[:, None] * n), -np.sin(omega[:, None] * n)])
        noise = rng.standard_normal((2, 2, NOISE_FRAMES, BINS)) / math.sqrt(2)
        self.register_buffer("basis", torch.from_numpy(basis).float(), persistent=False)
        self.register_buffer("noise", torch.from_numpy(noise).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(FRAME), persistent=False)

    def _turn(self, first: int, frames: int, like: Tensor) -> tuple[Tensor, Tensor]:
        angle = self.omega * (STEP * (np.arange(first, first + frames)[:, None] - 0.5)) + self.phase
        return tuple(torch.from_numpy(f(angle)).to(like) for f in (np.cos, np.sin))  # type: ignore[return-value]

    def oscillate(self, controls: Controls, cos: Tensor, sin: Tensor) -> Tensor:
        """Shares of cosines and sines of every oscillator, mid and side, `(batch, 2, frames, 2 * oscillators)`.

        `cos` and `sin` are those of the oscillators' phases, `(frames, oscillators)`.
        """
        inphase, quadrature = controls.tone_side.unbind(2)
        return torch.stack(
            [
                torch.cat([controls.tone * cos, controls.tone * sin], -1),
                torch.cat(
                    [
                        controls.tone * (inphase * cos - quadrature * sin),
                        controls.tone * (inphase * sin + quadrature * cos),
                    ],
                    -1,
                ),
            ],
            1,
        )

    def forward(self, controls: Controls, first: int = 0) -> Tensor:
        """Audio `(batch, 2, frames * STEP)`; `first` is the absolute index of the first frame."""
        frames = controls.tone.shape[1]
        tone = self.oscillate(controls, *self._turn(first, frames, controls.tone))
        rows = (torch.arange(first, first + frames, device=controls.tone.device)) % NOISE_FRAMES
        spectrum = shape_noise(self.noise, controls, rows)
        pieces = tone @ self.basis + torch.fft.irfft(torch.complex(spectrum[:, :, 0], spectrum[:, :, 1]), n=FRAME)
        return overlap_frames(pieces * self.window)


class Noisy(Protocol):
    """The controls of transients and noise, as `Controls` has them."""

    transient: Tensor
    noise: Tensor
    noise_side: Tensor


def shape_noise(table: Tensor, controls: Noisy, rows: Tensor) -> Tensor:
    """Spectra of transients and noise `(batch, 2, 2, frames, BINS)`: mid and side, then real and imaginary.

    `rows` are the rows of the noise table for each frame.
    """
    noise = table[:, :, rows] * controls.noise[:, None, None]
    shared, own = controls.noise_side.unbind(2)
    side = noise[:, 0] * shared[:, None] + noise[:, 1] * own[:, None]
    return controls.transient.permute(0, 2, 3, 1, 4) + torch.stack([noise[:, 0], side], 1)


def overlap_frames(pieces: Tensor) -> Tensor:
    """Audio `(batch, 2, frames * STEP)`, left and right, of frames `(batch, 2, frames, FRAME)` of mid and side."""
    mixed = F.pad(pieces[..., :STEP], (0, 0, 0, 1)) + F.pad(pieces[..., STEP:], (0, 0, 1, 0))
    mid, side = mixed.flatten(2)[..., STEP // 2 : -(STEP // 2)].unbind(1)
    return torch.stack([mid + side, mid - side], 1)
