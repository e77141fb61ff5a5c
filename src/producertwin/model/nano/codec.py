"""nano's codec: 48 kHz stereo <-> 64 numbers at 25 Hz, spectral instead of convolutional so that a CPU can train it.

The encoder reads the features of `spectral.Analysis`; the decoder writes the controls of `spectral.Synthesis`, whose oscillators
keep their phase by the absolute frame, so a held note is a constant amplitude. Phases of the original are not kept: waveform
differences mean nothing here, spectra do.

Conventions: audio `(batch, 2, samples)`, latents `(batch, 64, frames)` normalised to zero mean and unit spread per channel.
It presents the interface of diffusers' VAEs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from ...timebase import HOP, SAMPLE_RATE
from .spectral import (
    BANDS,
    BINS,
    FEATURES,
    OSCILLATORS,
    SEMITONES,
    STEPS_PER_LATENT,
    Analysis,
    Controls,
    Synthesis,
    band_spread,
    sharpen,
)

LOUDER = 1.0
"""How far, in nats, an oscillator may exceed what its semitone band says; it may fall below freely. Without the bound the
oscillators imitate noise by sounding on every pitch, which log spectra reward and ears do not."""
PASSING = 12
"""Latent frames to each side, about half a second, over which what is steady in transients is taken out by new weights."""


class ConvNeXt(nn.Module):
    """Depthwise convolution over time, then a pointwise MLP (Liu et al. 2022), `(batch, frames, width)`."""

    def __init__(self, width: int, kernel: int = 7, expansion: int = 3) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, expansion * width)
        self.down = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        mixed: Tensor = self.down(F.gelu(self.up(self.norm(y)), approximate="tanh"))
        return x + self.scale * mixed


class Encoder(nn.Module):
    """Features to the mean and log-variance of 64 latents."""

    def __init__(self, width: int, depth: int, latents: int) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.blocks = nn.Sequential(*[ConvNeXt(width) for _ in range(depth)])
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * latents))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.leave(self.blocks(self.enter(features))).chunk(2, -1)
        return mean, log_variance.clamp(-12.0, 4.0)


class Decoder(nn.Module):
    """Latents to synthesis controls; `features` is the trunk's own guess of the encoder's features (an auxiliary target)."""

    spread: Tensor
    seats: Tensor

    def __init__(self, width: int, depth: int, fine_width: int, fine_depth: int, latents: int, passing: int = 0) -> None:
        super().__init__()
        self.passing = passing
        self.enter = nn.Linear(latents, width)
        self.blocks = nn.Sequential(*[ConvNeXt(width) for _ in range(depth)])
        self.features = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, FEATURES))
        self.widen = nn.Linear(width, STEPS_PER_LATENT * fine_width)
        self.fine = nn.Sequential(*[ConvNeXt(fine_width) for _ in range(fine_depth)], nn.LayerNorm(fine_width))
        k = len(OSCILLATORS)
        self.sizes = (k, 2 * k, 4 * BINS, 2 * BANDS, BANDS, 2 * BANDS)
        self.heads = nn.Linear(fine_width, sum(self.sizes))
        self.register_buffer("spread", band_spread(BANDS), persistent=False)
        self.register_buffer("seats", self._seats(), persistent=False)

    @staticmethod
    def _seats() -> Tensor:
        """Matrix from semitone bands to oscillators, `(semitones, oscillators)`."""
        distance = np.abs(np.array(SEMITONES)[:, None] - np.array(OSCILLATORS)[None])
        near = np.clip(1 - distance, 0, None)
        near[-1, np.array(OSCILLATORS) > SEMITONES[-1]] = 1.0
        return torch.from_numpy(near / near.sum(0, keepdims=True)).float()

    def forward(self, z: Tensor) -> tuple[Controls, Tensor]:
        trunk = self.blocks(self.enter(z))
        features = self.features(trunk)
        fine = self.fine(self.widen(trunk).unflatten(-1, (STEPS_PER_LATENT, -1)).flatten(1, 2))
        tone, side, transient, gain, noise, noise_side = self.heads(fine).float().split(self.sizes, -1)
        known = sharpen(features.float()[..., -len(SEMITONES) :] * 2 - 4) @ self.seats
        base = F.interpolate(known.transpose(1, 2), scale_factor=STEPS_PER_LATENT, mode="linear").transpose(1, 2)
        amplitude = torch.exp((math.log(10) / 2 * base + LOUDER - F.softplus(LOUDER - tone)).clamp(-14.0, 1.5))
        inphase, quadrature = side.unflatten(-1, (2, -1)).tanh().unbind(-2)
        levels = torch.exp((gain.unflatten(-1, (2, -1)) - 3.0).clamp(-12.0, 4.0)) @ self.spread
        shares = noise_side.unflatten(-1, (2, -1)).tanh() @ self.spread
        transient = transient.unflatten(-1, (2, 2, -1)) * levels.unsqueeze(3)
        return (
            Controls(
                tone=amplitude,
                tone_side=torch.stack([inphase, quadrature.abs()], 2),
                transient=remove_steady(transient, self.passing) if self.passing else transient,
                noise=torch.exp((noise - 2.0).clamp(-12.0, 4.0)) @ self.spread,
                noise_side=shares,
            ),
            features,
        )


def remove_steady(transient: Tensor, reach: int) -> Tensor:
    """Transients `(batch, frames, 2, 2, BINS)` without their mean over `reach` latent frames to each side.

    A spectrum that comes again with every frame is no transient: it sounds as lines at multiples of 100 Hz, and one that comes
    again with every latent frame at multiples of 25 Hz. So the mean is that of the frames at one place in their latent frames.
    """
    width = STEPS_PER_LATENT * transient[0, 0].numel()
    places = transient.reshape(transient.shape[0], -1, width).transpose(1, 2)
    steady = F.avg_pool1d(places, 2 * reach + 1, stride=1, padding=reach, count_include_pad=False)
    passing: Tensor = (places - steady).transpose(1, 2).reshape(transient.shape)
    return passing


class LatentDistribution:
    """Diagonal normal over latents `(batch, 64, frames)`; `mode` is what the studio uses, so that encoding is exact."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        self.mean = mean
        self.std = std

    def mode(self) -> Tensor:
        """The mean."""
        return self.mean

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """A draw, from `generator` when one is given."""
        noise = torch.randn(self.mean.shape, generator=generator, dtype=self.mean.dtype, device=self.mean.device)
        return self.mean + self.std * noise


def encode_latents(codec: Any, x: Tensor, return_dict: bool) -> Any:
    """What a codec's `encode` returns: its analysis and its encoder, in latents of mean 0 and deviation 1."""
    found = encode_features(codec, codec.analysis(x.float()).to(x.dtype))
    return AutoencoderKLOutput(latent_dist=found) if return_dict else (found,)


def encode_features(codec: Any, features: Tensor) -> LatentDistribution:
    """The latents that a codec's encoder reads from features of its analysis."""
    mean, log_variance = codec.encoder(features)
    mean = (mean - codec.latent_mean) / codec.latent_std
    std = torch.exp(0.5 * log_variance) / codec.latent_std
    return LatentDistribution(mean.transpose(1, 2), std.transpose(1, 2))


class NanoCodec(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The codec as a diffusers VAE: `encode(audio).latent_dist`, `decode(latents).sample`."""

    keeps_phase = False

    latent_mean: Tensor
    latent_std: Tensor

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(  # noqa: PLR0913 - a diffusers config is the constructor's arguments
        self,
        sampling_rate: int = SAMPLE_RATE,  # noqa: ARG002 - read from the config
        audio_channels: int = 2,  # noqa: ARG002
        downsampling_ratios: tuple[int, ...] = (HOP,),  # noqa: ARG002
        decoder_input_channels: int = 64,
        encoder_width: int = 256,
        encoder_depth: int = 4,
        decoder_width: int = 320,
        decoder_depth: int = 5,
        fine_width: int = 256,
        fine_depth: int = 4,
        passing: int = 0,
    ) -> None:
        super().__init__()
        latents = decoder_input_channels
        self.analysis = Analysis()
        self.encoder = Encoder(encoder_width, encoder_depth, latents)
        self.decoder = Decoder(decoder_width, decoder_depth, fine_width, fine_depth, latents, passing)
        self.synthesis = Synthesis()
        self.register_buffer("latent_mean", torch.zeros(latents))
        self.register_buffer("latent_std", torch.ones(latents))

    def encode(self, x: Tensor, return_dict: bool = True) -> Any:
        """Audio `(batch, 2, samples)`, samples a multiple of 1 920, to a distribution over `(batch, 64, frames)`."""
        return encode_latents(self, x, return_dict)

    def decode(self, z: Tensor, return_dict: bool = True, first_frame: int = 0) -> Any:
        """Latents `(batch, 64, frames)` to audio; `first_frame` is where a tile lies in its song."""
        z = z.transpose(1, 2) * self.latent_std + self.latent_mean
        controls, _ = self.decoder(z)
        audio = self.synthesis(controls, first_frame * STEPS_PER_LATENT).to(z.dtype)
        return DecoderOutput(sample=audio) if return_dict else (audio,)
