"""Codecs as graphs: ACE-Step's Oobleck autoencoder, and nano's spectral codec.

What nano's codec does with Fourier transforms is done here with what ONNX has: the forward transform of a real signal, and for
the inverse a product with the sines and cosines of a frame. Its oscillators turn in double precision up to the fraction of a
turn, so that a frame far into a song is as exact as its first.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ....model.nano.codec import NanoCodec
from ....model.nano.spectral import FRAME, NOISE_FRAMES, STEP, STEPS_PER_LATENT, Controls, overlap_frames


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

    def __init__(self, codec: NanoCodec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        found = self.codec.encode(audio).latent_dist
        return found.mean, found.std


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
        spectrum = synthesis.shape_noise(controls, places % NOISE_FRAMES)
        pieces = tone @ synthesis.basis + spectrum.movedim(2, -2).flatten(-2) @ self.back
        return overlap_frames(pieces * synthesis.window)


def inverse_transform(length: int) -> Tensor:
    """The matrix `(2 * bins, length)` that makes a frame of the real, then the imaginary parts of its spectrum: `irfft`."""
    bins = torch.arange(length // 2 + 1, dtype=torch.float64)
    angle = 2 * math.pi * (bins[:, None] * torch.arange(length, dtype=torch.float64)[None] % length) / length
    each = torch.full((len(bins), 1), 2.0 / length, dtype=torch.float64)
    each[0] = each[-1] = 1.0 / length
    return torch.cat([each * angle.cos(), -each * angle.sin()]).float()
