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
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...timebase import SAMPLE_RATE
from .spectral import (
    BINS,
    FEATURES,
    FRAME,
    NOISE_FRAMES,
    OSCILLATORS,
    SEMITONES,
    STEP,
    Analysis,
    Spectra,
    Spectrum,
    hann_spectrum,
    pitch_hz,
    shape_noise,
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
BELOW = 3
"""Bins below zero that the lowest oscillator reaches."""
NEAREST = 2.0**-14
"""How near an oscillator comes to the middle of a bin, in bins, so that no lobe is nothing divided by nothing."""


class GlidingAnalysis(nn.Module):
    """Features of a sound, `(batch, frames, GLIDE_FEATURES)` at 25 Hz."""

    turn: Tensor
    centres: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.levels = Analysis()
        hz = pitch_hz(np.array(SEMITONES))
        angle = -2 * np.pi * hz * LAG / SAMPLE_RATE
        self.register_buffer("centres", torch.from_numpy(hz).float(), persistent=False)
        self.register_buffer("turn", torch.from_numpy(np.stack([np.cos(angle), np.sin(angle)])).float(), persistent=False)

    def _advance(self, first: list[Spectra], later: list[Spectra]) -> Tensor:
        """Phase that each semitone band gains from one spectrum to the other over its centre's, `(batch, frames, semitones)`."""
        real, imag = [], []
        for (window, *_), (a, b), (c, d) in zip(Analysis.RANGES, first, later, strict=True):
            weights = getattr(self.levels, f"notes_{window}")
            real.append((a * c + b * d) @ weights)
            imag.append((a * d - b * c) @ weights)
        a, b = torch.cat(real, -1), torch.cat(imag, -1)
        cos, sin = self.turn
        return torch.atan2(a * sin + b * cos, a * cos - b * sin + 1e-20)

    def forward(self, audio: Tensor) -> Tensor:
        """Audio `(batch, 2, samples)`, samples a multiple of the hop."""
        return self.measure(audio, hann_spectrum, Analysis.log)

    def measure(self, audio: Tensor, spectrum: Spectrum, log: Callable[[Tensor], Tensor]) -> Tensor:
        """The features, as `Analysis.measure` has them."""
        first = self.levels.transform_notes(audio, spectrum)
        later = self.levels.transform_notes(F.pad(audio[..., LAG:], (0, LAG)), spectrum)
        known = self.levels.measure_levels(audio, first, spectrum, log)
        hz = self._advance(first, later) * (SAMPLE_RATE / (2 * math.pi * LAG))
        deviation = 12 * torch.log2((1 + hz / self.centres).clamp(min=0.5)).clamp(-WIDEST, WIDEST)
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
    centres: Tensor
    owner: Tensor
    seat: Tensor
    place: Tensor

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.Generator(np.random.PCG64(20_261_126))
        self.hz = pitch_hz(np.array(OSCILLATORS))
        self.phase = rng.uniform(0, 1, len(OSCILLATORS))
        noise = rng.standard_normal((2, 2, NOISE_FRAMES, BINS)) / math.sqrt(2)
        self.register_buffer("noise", torch.from_numpy(noise).float(), persistent=False)
        self.register_buffer("centres", torch.from_numpy(self.hz).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(FRAME), persistent=False)
        self._write_seats()

    def _write_seats(self) -> None:
        """Which bins each oscillator can reach, by bin: its number, the bin, and its row in sums, which begin `BELOW` below."""
        owner, seat = [], []
        for number, hz in enumerate(self.hz):
            most = float(REACH[number]) + BEYOND
            low = math.floor(hz * 2 ** (-most / 12) / _BIN_HZ) - _LOBE
            high = math.ceil(hz * 2 ** (most / 12) / _BIN_HZ) + _LOBE
            owner += [number] * (high - low + 1)
            seat += list(range(low, high + 1))
        order = np.argsort(seat, kind="stable")
        bins = torch.tensor(seat)[order]
        self.register_buffer("owner", torch.tensor(owner)[order], persistent=False)
        self.register_buffer("seat", bins.float()[:, None], persistent=False)
        self.register_buffer("place", bins + BELOW, persistent=False)

    def measure_hz(self, deviation: Tensor) -> tuple[Tensor, Tensor]:
        """Frequencies of the oscillators, and the cycles that each gains over its centre in a frame, of their deviations."""
        hz = self.centres * torch.exp2(deviation / 12)
        return hz, (hz.detach() - self.centres) * (STEP / SAMPLE_RATE)

    def _turn(self, gains: Tensor, first: int, carried: Tensor | None) -> tuple[Tensor, Tensor]:
        """Phases at the middle of each frame, radians, and the cycles gained over the centres, `(batch, oscillators)`.

        Cycles are added up in double precision where the device has it.
        """
        exact = torch.float32 if gains.device.type == "mps" else torch.float64
        gained = torch.cumsum(gains.to(exact), 1)
        if carried is not None:
            gained = gained + carried[:, None]
        frames = np.arange(first, first + gains.shape[1])[:, None]
        fixed = (self.hz * (STEP / SAMPLE_RATE) * frames + self.phase) % 1.0
        cycles = (gained + torch.from_numpy(fixed).to(gained)) % 1.0
        return 2 * math.pi * cycles.to(gains.dtype), gained[:, -1] % 1.0

    def write_partials(self, controls: GlidingControls, hz: Tensor, angle: Tensor, add: Callable[[Tensor], Tensor]) -> Tensor:
        """Spectra of windowed oscillators `(batch, 2, 2, frames, BINS)`: mid and side, then real and imaginary.

        The window's centre lies in the middle of a frame, so every other bin changes sign, as the sine of the lobe does: both
        signs and the sine belong to the oscillator, and a bin needs only the lobe's denominator (`divide_lobe`). `add` sums rows
        `(seats, …)` into `(BELOW + BINS, …)` by `place`. Rows are bins here: adding whole rows is ten times faster than adding
        numbers.
        """
        far = hz / _BIN_HZ
        whole = far.round()
        far = torch.where((far - whole).abs() < NEAREST, whole + NEAREST, far)
        size = controls.tone * torch.sin(math.pi * (far - whole)) * (1 - 2 * (whole % 2)) * (FRAME / (4 * math.pi))
        real, imag = size * torch.cos(angle), size * torch.sin(angle)
        inphase, quadrature = controls.tone_side.unbind(2)
        side = real * inphase - imag * quadrature, real * quadrature + imag * inphase
        parts = torch.stack([real, imag, *side]).movedim(-1, 0).flatten(2)
        below = divide_lobe(far.movedim(-1, 0).flatten(1).index_select(0, self.owner) - self.seat)
        rows = add((parts.index_select(0, self.owner) / below[:, None]).flatten(1))
        rows = rows.reshape(rows.shape[0], 2, 2, *hz.shape[:2]).permute(3, 1, 2, 4, 0)
        return fold_bins(rows)

    def _add(self, entries: Tensor) -> Tensor:
        return entries.new_zeros(BELOW + BINS, entries.shape[1]).index_add(0, self.place, entries)

    def forward(self, controls: GlidingControls, first: int = 0, carried: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Frames `(batch, 2, frames, FRAME)` of mid and side to be overlapped, and the cycles carried to the next stretch.

        `first` is the absolute index of the first frame, `carried` what the stretch before it returned.
        """
        hz, gains = self.measure_hz(controls.deviation)
        angle, carry = self._turn(gains, first, carried)
        rows = torch.arange(first, first + hz.shape[1], device=hz.device) % NOISE_FRAMES
        partials = self.write_partials(controls, hz, angle, self._add)
        rest = shape_noise(self.noise, controls, rows)
        return _inverse(rest) * self.window + _inverse(partials), carry


def _inverse(spectra: Tensor) -> Tensor:
    """Frames `(batch, 2, frames, FRAME)` of spectra `(batch, 2, 2, frames, BINS)`."""
    frames: Tensor = torch.fft.irfft(torch.complex(spectra[:, :, 0], spectra[:, :, 1]), n=FRAME)
    return frames


def fold_bins(rows: Tensor) -> Tensor:
    """Spectra `(…, 2, frames, BINS)`, real and imaginary, of rows that begin `BELOW` bins below zero.

    A bin below zero is its mirror's conjugate; at bin zero both images fall together.
    """
    below, rest = rows[..., :BELOW].flip(-1), rows[..., BELOW:]
    real = torch.cat([2 * rest[..., 0, :, :1], rest[..., 0, :, 1 : BELOW + 1] + below[..., 0, :, :]], -1)
    imag = torch.cat([rest[..., 1, :, :1], rest[..., 1, :, 1 : BELOW + 1] - below[..., 1, :, :]], -1)
    return torch.cat([torch.stack([real, imag], -3), rest[..., BELOW + 1 :]], -1)


def divide_lobe(far: Tensor) -> Tensor:
    """What the sine is divided by in the spectrum of a Hann window over its length, `far` bins from its middle.

    The spectrum is `sin(pi x) / (2 pi x (1 - x^2))`; in factors, nothing is lost beside the zeros.
    """
    return far * (1 - far) * (1 + far)
