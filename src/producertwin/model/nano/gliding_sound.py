"""Analysis and synthesis with partials that glide, both without weights.

Beside the log-mels and semitone bands of `spectral.Analysis`, each semitone band says how far from its centre its partial is
(instantaneous frequency: the phase gained between two frames `LAG` samples apart, Flanagan & Golden 1966), so that detuned,
gliding and sung pitches are heard. Synthesis writes the main lobe of each oscillator at its own frequency into the short-time
spectrum (inverse-FFT synthesis: Rodet & Depalle 1992), and adds transients and noise as `spectral.Synthesis` does.

Audio `(batch, 2, samples)`; four synthesis frames of 480 samples make one latent frame. Phases advance by the oscillator's
frequency from frame to frame: they are consistent in time and not those of the original.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...timebase import HOP, SAMPLE_RATE
from .spectral import (
    BINS,
    FEATURES,
    FRAME,
    NOISE_FRAMES,
    OSCILLATORS,
    SEMITONES,
    STEP,
    Analysis,
    frames_of,
    pitch_hz,
)

LAG = 64
"""Samples between the two frames whose phases are compared; deviations up to 375 Hz are told apart."""
GLIDE_FEATURES = FEATURES + len(SEMITONES)
"""Features per latent frame: those of `spectral.Analysis`, then the deviation of every semitone band."""
WIDEST = 1.0
"""Largest deviation that is measured, in semitones."""
_QUARTERS = np.array([(pitch % 1 != 0) or (60 <= pitch <= 126) for pitch in OSCILLATORS])
REACH = torch.from_numpy(np.where(_QUARTERS, 0.25, 0.5)).float()
"""How far from its centre an oscillator owns a partial, in semitones: half the way to the next oscillator."""
BEYOND = 0.2
"""How far an oscillator may leave what it owns, in semitones."""
_BIN_HZ = SAMPLE_RATE / FRAME
_LOBE = 3
"""Bins of a Hann window's lobe that are written to either side; what lies beyond is below -50 dB."""


class GlidingAnalysis(nn.Module):
    """Features of a sound, `(batch, frames, GLIDE_FEATURES)` at 25 Hz."""

    turn: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.levels = Analysis()
        hz = pitch_hz(np.array(SEMITONES))
        self.centres = hz
        angle = -2 * np.pi * hz * LAG / SAMPLE_RATE
        self.register_buffer("turn", torch.from_numpy(np.stack([np.cos(angle), np.sin(angle)])).float(), persistent=False)

    def _advance(self, mid: Tensor) -> Tensor:
        """Phase that each semitone band gains in `LAG` samples over its centre's, radians, `(batch, frames, semitones)`."""
        later = F.pad(mid[..., LAG:], (0, LAG))
        real, imag = [], []
        for window, *_ in Analysis.RANGES:
            shape = torch.hann_window(window, device=mid.device, dtype=mid.dtype)
            first = torch.fft.rfft(frames_of(mid, window, HOP) * shape, norm="forward")
            second = torch.fft.rfft(frames_of(later, window, HOP) * shape, norm="forward")
            cross = second * first.conj()
            weights = getattr(self.levels, f"notes_{window}")
            real.append(cross.real @ weights)
            imag.append(cross.imag @ weights)
        a, b = torch.cat(real, -1), torch.cat(imag, -1)
        cos, sin = self.turn
        return torch.atan2(a * sin + b * cos, a * cos - b * sin + 1e-20)

    def forward(self, audio: Tensor) -> Tensor:
        """Audio `(batch, 2, samples)`, samples a multiple of the hop."""
        known = self.levels(audio)
        mid = (audio[:, 0] + audio[:, 1]) / 2
        hz = self._advance(mid) * (SAMPLE_RATE / (2 * math.pi * LAG))
        centre = torch.as_tensor(self.centres, dtype=hz.dtype, device=hz.device)
        deviation = 12 * torch.log2((1 + hz / centre).clamp(min=0.5)).clamp(-WIDEST, WIDEST)
        return torch.cat([known, deviation * loudness_gate(known[..., -len(SEMITONES) :])], -1)


def loudness_gate(levels: Tensor) -> Tensor:
    """How far a band sounds, 0 to 1, from its level feature: below -84 dB nothing does."""
    return ((levels + 1.2) * 1.5).clamp(0, 1)


def partial_gate(levels: Tensor) -> Tensor:
    """How far a band's deviation counts, 0 to 1, from the level features `(…, semitones)`: not beside a band 10 dB above it."""
    walls = F.pad(levels, (1, 1), value=-torch.inf)
    above = torch.maximum(walls[..., :-2], walls[..., 2:]) - levels
    return loudness_gate(levels) * (1 - 2 * above).clamp(0, 1)


@dataclass
class GlidingControls:
    """The decoder's output and the synthesiser's input, per synthesis frame: all `(batch, frames, …)`."""

    tone: Tensor
    """Oscillator amplitudes (mid)."""
    deviation: Tensor
    """Their frequencies, semitones from the centres."""
    tone_side: Tensor
    """In-phase and quadrature share of the oscillators in the side, `(…, 2, oscillators)`."""
    transient: Tensor
    """Complex short-time spectra of mid and side as `(…, 2, 2, BINS)`: channel, then real and imaginary."""
    noise: Tensor
    """Noise level of the mid, `(…, BINS)`."""
    noise_side: Tensor
    """In-phase and independent share of the noise in the side, `(…, 2, BINS)`."""


class GlidingSynthesis(nn.Module):
    """Oscillators whose frequencies move, transients and noise, overlap-added with a Hann window."""

    noise: Tensor
    window: Tensor
    owner: Tensor
    seat: Tensor
    place: Tensor
    real_scale: Tensor
    imag_scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.Generator(np.random.PCG64(20_261_126))
        self.hz = pitch_hz(np.array(OSCILLATORS))
        self.phase = rng.uniform(0, 1, len(OSCILLATORS))
        noise = rng.standard_normal((2, 2, NOISE_FRAMES, BINS)) / math.sqrt(2)
        self.register_buffer("noise", torch.from_numpy(noise).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(FRAME), persistent=False)
        self._write_seats()

    def _write_seats(self) -> None:
        """Which bins each oscillator can reach: its number, the bin, the row it is added to, and the signs of its two parts.

        A bin below zero is its mirror's conjugate; at bin zero both images fall together. The window's centre lies in the middle
        of a frame, so every other bin changes sign.
        """
        owner, seat = [], []
        for number, hz in enumerate(self.hz):
            most = float(REACH[number]) + BEYOND
            low = math.floor(hz * 2 ** (-most / 12) / _BIN_HZ) - _LOBE
            high = math.ceil(hz * 2 ** (most / 12) / _BIN_HZ) + _LOBE
            owner += [number] * (high - low + 1)
            seat += list(range(low, high + 1))
        bins = np.array(seat)
        sign = np.where(bins % 2 == 0, 1.0, -1.0) * np.where(bins == 0, 2.0, 1.0) * FRAME / 2
        self.register_buffer("owner", torch.tensor(owner), persistent=False)
        self.register_buffer("seat", torch.from_numpy(bins).float(), persistent=False)
        self.register_buffer("place", torch.from_numpy(np.abs(bins)), persistent=False)
        self.register_buffer("real_scale", torch.from_numpy(sign).float()[:, None], persistent=False)
        self.register_buffer(
            "imag_scale", torch.from_numpy(sign * np.where(bins < 0, -1.0, 1.0)).float()[:, None], persistent=False
        )

    def _angles(self, hz: Tensor, first: int, carried: Tensor | None) -> tuple[Tensor, Tensor]:
        """Phases at the middle of each frame, radians, and the cycles gained over the centres, `(batch, oscillators)`."""
        frames = hz.shape[1]
        centre = torch.as_tensor(self.hz, dtype=hz.dtype, device=hz.device)
        gained = torch.cumsum((hz - centre) * (STEP / SAMPLE_RATE), 1)
        if carried is not None:
            gained = gained + carried[:, None]
        fixed = (self.hz * (STEP / SAMPLE_RATE) * np.arange(first, first + frames)[:, None] + self.phase) % 1.0
        cycles = (gained + torch.from_numpy(fixed).to(hz)) % 1.0
        return 2 * math.pi * cycles, gained[:, -1] % 1.0

    def _partials(self, controls: GlidingControls, first: int, carried: Tensor | None) -> tuple[Tensor, Tensor]:
        """Windowed oscillators of mid and side, `(batch, 2, frames, FRAME)`, and the cycles carried on."""
        centre = torch.as_tensor(self.hz, dtype=controls.tone.dtype, device=controls.tone.device)
        hz = centre * torch.exp2(controls.deviation / 12)
        angle, carry = self._angles(hz.detach(), first, carried)
        real, imag = controls.tone * torch.cos(angle), controls.tone * torch.sin(angle)
        inphase, quadrature = controls.tone_side.unbind(2)
        reals = torch.stack([real, real * inphase - imag * quadrature])
        imags = torch.stack([imag, real * quadrature + imag * inphase])
        lobe = hann_lobe((hz.flatten(0, 1).T / _BIN_HZ).index_select(0, self.owner) - self.seat[:, None])
        mid, side = torch.complex(self._to_bins(reals, lobe * self.real_scale), self._to_bins(imags, lobe * self.imag_scale))
        return torch.fft.irfft(torch.stack([mid, side], 1), n=FRAME), carry

    def _to_bins(self, parts: Tensor, lobe: Tensor) -> Tensor:
        """Sum in every bin, `(2, batch, frames, BINS)`, of `parts` `(2, batch, frames, oscillators)` times their lobes.

        Rows are bins here: adding whole rows is ten times faster than adding numbers.
        """
        rows = parts.flatten(1, 2).movedim(-1, 0).flatten(1).index_select(0, self.owner).reshape(len(self.owner), 2, -1)
        entries = (rows * lobe[:, None]).flatten(1)
        summed = entries.new_zeros(BINS, entries.shape[1]).index_add(0, self.place, entries)
        return summed.T.reshape(*parts.shape[:3], BINS)

    def forward(self, controls: GlidingControls, first: int = 0, carried: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Frames `(batch, 2, frames, FRAME)` of mid and side to be overlapped, and the cycles carried to the next stretch.

        `first` is the absolute index of the first frame, `carried` what the stretch before it returned.
        """
        frames = controls.tone.shape[1]
        partials, carry = self._partials(controls, first, carried)
        rows = torch.arange(first, first + frames, device=controls.tone.device) % NOISE_FRAMES
        noise = self.noise[:, :, rows] * controls.noise[:, None, None]
        shared, own = controls.noise_side.unbind(2)
        side = noise[:, 0] * shared[:, None] + noise[:, 1] * own[:, None]
        spectrum = controls.transient.permute(0, 2, 3, 1, 4) + torch.stack([noise[:, 0], side], 1)
        rest = torch.fft.irfft(torch.complex(spectrum[:, :, 0], spectrum[:, :, 1]), n=FRAME)
        return rest * self.window + partials, carry


def hann_lobe(far: Tensor) -> Tensor:
    """The spectrum of a Hann window over its length, `far` bins from its middle: `sin(pi x) / (2 pi x (1 - x^2))`."""
    below = 2 * math.pi * far * (1 - far.square())
    near = below.abs() < 1e-3
    return torch.where(near, torch.where(far.abs() < 0.5, 0.5, 0.25), torch.sin(math.pi * far) / torch.where(near, 1.0, below))
