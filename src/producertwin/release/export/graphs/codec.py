"""Codecs as graphs: ACE-Step's Oobleck autoencoder, and nano's spectral codec.

What nano's codec does with Fourier transforms is done here with products of small matrices of sines and cosines, which every
runtime has. Its oscillators turn in double precision up to the fraction of a turn, so that a frame far into a song is as exact as
its first.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ....model.nano.codec import NanoCodec, encode_features
from ....model.nano.gliding_codec import GlidingCodec
from ....model.nano.gliding_sound import BELOW
from ....model.nano.spectral import (
    BINS,
    FLOOR,
    FRAME,
    MEL_WINDOW,
    NOISE_FRAMES,
    STEP,
    STEPS_PER_LATENT,
    Analysis,
    Controls,
    overlap_frames,
    shape_noise,
)
from ....timebase import SAMPLE_RATE


class OobleckEncoderGraph(nn.Module):
    """Mean and deviation, each `(batch, width, frames)`, of audio `(batch, 2, samples)`."""

    def __init__(self, codec: Any) -> None:
        super().__init__()
        self.encoder = codec.encoder

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        mean, scale = self.encoder(audio).chunk(2, dim=1)
        return mean, nn.functional.softplus(scale) + 1e-4


class OobleckDecoderGraph(nn.Module):
    """Audio `(batch, 2, frames * 1920)` of latents `(batch, width, frames)`."""

    def __init__(self, codec: Any) -> None:
        super().__init__()
        self.decoder = codec.decoder

    def forward(self, latents: Tensor) -> Tensor:
        found: Tensor = self.decoder(latents)
        return found


class NanoEncoderGraph(nn.Module):
    """Mean and deviation, each `(batch, width, frames)`, of audio `(batch, 2, samples)`, samples a multiple of 1 920."""

    def __init__(self, codec: NanoCodec | GlidingCodec) -> None:
        super().__init__()
        self.codec = codec
        windows = (MEL_WINDOW, *(window for window, *_ in Analysis.RANGES))
        self.spectra = nn.ModuleDict({str(window): SpectrumGraph(window) for window in windows})

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        found = encode_features(self.codec, self.codec.analysis.measure(audio, self._spectrum, self._log))
        return found.mean, found.std

    @staticmethod
    def _log(power: Tensor) -> Tensor:
        """`Analysis.log` without an addition of `FLOOR`, which the exporter's optimiser takes for an addition of nothing."""
        return (torch.log10(power * (1.0 / FLOOR) + 1.0) + (4.0 + math.log10(FLOOR))) / 2.0

    def _spectrum(self, signal: Tensor, window: int, hop: int) -> tuple[Tensor, Tensor]:
        """`hann_spectrum`, with frames taken by their places."""
        left, count = (window - hop) // 2, signal.shape[-1] // hop
        places = torch.arange(count)[:, None] * hop + torch.arange(window)[None]
        found: tuple[Tensor, Tensor] = self.spectra[str(window)](
            nn.functional.pad(signal, (left, window - hop - left))[:, places]
        )
        return found


class SpectrumGraph(nn.Module):
    """Real and imaginary parts `(…, window / 2 + 1)` of frames `(…, window)` under a Hann window, 1 for a full sine.

    The transform is done in two steps of about the root of the window's length (Bailey's four-step transform), which need small
    matrices only: n = rest + columns * n1, k = k1 + rows * k2.
    """

    shape: Tensor
    first: Tensor
    turn: Tensor
    second: Tensor

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window
        self.rows = 2 ** (window.bit_length() // 2)
        self.columns = window // self.rows
        rows, columns = (torch.arange(n, dtype=torch.float64) for n in (self.rows, self.columns))
        self.register_buffer("shape", torch.hann_window(window) * (4.0 / window))
        self.register_buffer("first", _waves(torch.outer(rows, rows) / self.rows))
        self.register_buffer("turn", _waves(torch.outer(rows, columns) / window))
        self.register_buffer("second", _waves(torch.outer(columns, columns[: self.columns // 2 + 1]) / self.columns))

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        grid = (frames * self.shape).reshape(*frames.shape[:-1], self.rows, self.columns)
        real, imag = self.first[0] @ grid, self.first[1] @ grid
        real, imag = real * self.turn[0] - imag * self.turn[1], real * self.turn[1] + imag * self.turn[0]
        real, imag = real @ self.second[0] - imag @ self.second[1], real @ self.second[1] + imag @ self.second[0]
        return self._in_order(real), self._in_order(imag)

    def _in_order(self, grid: Tensor) -> Tensor:
        return grid.transpose(-1, -2).flatten(-2)[..., : self.window // 2 + 1]


def _waves(turns: Tensor) -> Tensor:
    """Cosines and negative sines `(2, …)` of whole turns: the factors of a forward transform."""
    angle = 2 * math.pi * (turns % 1.0)
    return torch.stack([angle.cos(), -angle.sin()]).float()


class NanoDecoderGraph(nn.Module):
    """Audio `(batch, 2, frames * 1920)` of latents `(batch, width, frames)`; `first_frame` `(1,)` is their place in the song."""

    turns: Tensor
    phase: Tensor
    back: Tensor

    def __init__(self, codec: NanoCodec) -> None:
        super().__init__()
        self.codec = codec
        synthesis = codec.synthesis
        self.register_buffer("turns", torch.from_numpy(synthesis.omega) / (2 * math.pi))
        self.register_buffer("phase", torch.from_numpy(synthesis.phase) / (2 * math.pi))
        self.register_buffer("back", inverse_transform(FRAME))

    def forward(self, latents: Tensor, first_frame: Tensor) -> Tensor:
        z = latents.transpose(1, 2) * self.codec.latent_std + self.codec.latent_mean
        controls, _ = self.codec.decoder(z)
        return self._play(controls, first_frame * STEPS_PER_LATENT)

    def _play(self, controls: Controls, first: Tensor) -> Tensor:
        """`Synthesis.forward` with the transform and the turns of the head of this file."""
        synthesis = self.codec.synthesis
        places = first + torch.arange(controls.tone.shape[1])
        turns = (places[:, None] - 0.5).to(torch.float64) * STEP * self.turns + self.phase
        angle = (turns - turns.floor()).float() * (2 * math.pi)
        tone = synthesis.oscillate(controls, angle.cos(), angle.sin())
        spectrum = shape_noise(synthesis.noise, controls, places % NOISE_FRAMES)
        pieces = tone @ synthesis.basis + _side_by_side(spectrum) @ self.back
        return overlap_frames(pieces * synthesis.window)


class GlidingDecoderGraph(nn.Module):
    """Audio `(batch, 2, frames * 1920)` of latents `(batch, width, frames)`, and the cycles that oscillators carry on.

    A take is decoded in tiles with context on both sides. Its partials glide, so the phase in which a tile begins is what all
    tiles before it have gained: `carried` `(batch, oscillators)`, in cycles over the oscillators' centres, where the frame
    `carried_at` `(1,)` of `latents` begins. It stands there and not at the tile's first frame, because frames at the edge lack
    context and would gain something else. `carry` `(batch, frames, oscillators)` is what is gained after each frame; the next
    tile is given that of the frame before its own first. At the start of a take both are zero. `first_frame` `(1,)` is the place
    of `latents` in the song. Cycles are float64 and never wrapped.
    """

    turns: Tensor
    phase: Tensor
    back: Tensor

    def __init__(self, codec: GlidingCodec) -> None:
        super().__init__()
        self.codec = codec
        synthesis = codec.synthesis
        self.register_buffer("turns", torch.from_numpy(synthesis.hz) * (STEP / SAMPLE_RATE))
        self.register_buffer("phase", torch.from_numpy(synthesis.phase))
        self.register_buffer("back", inverse_transform(FRAME))
        self.sums = SumGraph(synthesis.place)

    def forward(self, latents: Tensor, first_frame: Tensor, carried: Tensor, carried_at: Tensor) -> tuple[Tensor, Tensor]:
        z = latents.transpose(1, 2) * self.codec.latent_std + self.codec.latent_mean
        controls, _ = self.codec.decoder(z)
        synthesis = self.codec.synthesis
        hz, gains = synthesis.measure_hz(controls.deviation)
        gained = torch.cumsum(gains.to(torch.float64), 1)
        after = gained[:, STEPS_PER_LATENT - 1 :: STEPS_PER_LATENT]
        origin = carried[:, None] - nn.functional.pad(after, (0, 0, 1, 0)).index_select(1, carried_at)
        places = first_frame * STEPS_PER_LATENT + torch.arange(gains.shape[1])
        cycles = gained + origin + places[:, None].to(torch.float64) * self.turns + self.phase
        angle = (cycles - cycles.floor()).float() * (2 * math.pi)
        partials = synthesis.write_partials(controls, hz, angle, self.sums)
        rest = shape_noise(synthesis.noise, controls, places % NOISE_FRAMES)
        pieces = _side_by_side(rest) @ self.back * synthesis.window + _side_by_side(partials) @ self.back
        return overlap_frames(pieces), after + origin


class SumGraph(nn.Module):
    """Rows `(BELOW + BINS, …)` that are sums of the entries `(seats, …)` at each of the rising `places`.

    Each product of a small matrix of ones makes `ROWS` rows: a sum whose order no runtime changes.
    """

    ROWS = 16

    def __init__(self, places: Tensor) -> None:
        super().__init__()
        self.cuts = [int((places < row).sum()) for row in range(0, int(places[-1]) + self.ROWS + 1, self.ROWS)]
        for number, (first, last) in enumerate(pairwise(self.cuts)):
            rows = self.ROWS * number + torch.arange(self.ROWS)
            self.register_buffer(f"ones_{number}", (places[first:last] == rows[:, None]).float())

    def forward(self, entries: Tensor) -> Tensor:
        sums = [getattr(self, f"ones_{i}") @ entries[first:last] for i, (first, last) in enumerate(pairwise(self.cuts))]
        return nn.functional.pad(torch.cat(sums), (0, 0, 0, BELOW + BINS - self.ROWS * len(sums)))


def _side_by_side(spectra: Tensor) -> Tensor:
    """Spectra `(batch, 2, 2, frames, bins)` as rows `(batch, 2, frames, 2 * bins)`: the real parts, then the imaginary ones."""
    return spectra.movedim(2, -2).flatten(-2)


def inverse_transform(length: int) -> Tensor:
    """The matrix `(2 * bins, length)` that makes a frame of the real, then the imaginary parts of its spectrum: `irfft`."""
    bins = torch.arange(length // 2 + 1, dtype=torch.float64)
    angle = 2 * math.pi * (bins[:, None] * torch.arange(length, dtype=torch.float64)[None] % length) / length
    each = torch.full((len(bins), 1), 2.0 / length, dtype=torch.float64)
    each[0] = each[-1] = 1.0 / length
    return torch.cat([each * angle.cos(), -each * angle.sin()]).float()
