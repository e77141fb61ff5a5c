"""nano's second codec: 48 kHz stereo <-> 64 numbers at 25 Hz, with partials that glide.

The encoder reads the features of `gliding_sound.GlidingAnalysis`; the decoder writes the controls of `GlidingSynthesis`. A band
drives an oscillator only where the band's deviation says that the partial is its own, so a note between two semitones is one
partial. Phases advance consistently and are not those of the original: spectra mean something, waveform differences do not.

Conventions: audio `(batch, 2, samples)`, latents `(batch, 64, frames)` normalised to zero mean and unit spread per channel.
It presents the interface of diffusers' VAEs.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from ...timebase import HOP, SAMPLE_RATE
from ..sampling.tiles import CONTEXT, cut_tiles
from .codec import PASSING, ConvNeXt, Decoder, encode_latents, remove_steady
from .gliding_sound import BEYOND, GLIDE_FEATURES, REACH, GlidingAnalysis, GlidingControls, GlidingSynthesis
from .spectral import BANDS, BINS, OSCILLATORS, SEMITONES, STEPS_PER_LATENT, band_spread, overlap_frames, sharpen

LOUDER = 1.3
"""How far, in nats, an oscillator may exceed what its semitone band says; it may fall below freely."""
TILE = 250
"""Frames that are decoded at once, beside context: longer tiles leave the processor's cache and take twice as long."""
_NOTES = len(SEMITONES)


class GlidingEncoder(nn.Module):
    """Features to the mean and log-variance of 64 latents."""

    def __init__(self, width: int, depth: int, latents: int) -> None:
        super().__init__()
        self.enter = nn.Linear(GLIDE_FEATURES, width)
        self.blocks = nn.Sequential(*[ConvNeXt(width) for _ in range(depth)])
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * latents))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.leave(self.blocks(self.enter(features))).chunk(2, -1)
        return mean, log_variance.clamp(-12.0, 4.0)


class GlidingDecoder(nn.Module):
    """Latents to synthesis controls, and the trunk's own guess of the encoder's features (an auxiliary target)."""

    spread: Tensor
    seats: Tensor
    offsets: Tensor
    reach: Tensor

    def __init__(self, width: int, depth: int, fine_width: int, fine_depth: int, latents: int) -> None:
        super().__init__()
        count = len(OSCILLATORS)
        self.enter = nn.Linear(latents, width)
        self.blocks = nn.Sequential(*[ConvNeXt(width) for _ in range(depth)])
        self.features = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, GLIDE_FEATURES))
        self.widen = nn.Linear(width, STEPS_PER_LATENT * fine_width)
        self.tell = nn.Linear(count, fine_width)
        self.fine = nn.Sequential(*[ConvNeXt(fine_width) for _ in range(fine_depth)], nn.LayerNorm(fine_width))
        self.sizes = (count, count, 2 * count, 4 * BINS, 2 * BANDS, BANDS, 2 * BANDS)
        self.heads = nn.Linear(fine_width, sum(self.sizes))
        seats = Decoder._seats()
        pitches, notes = torch.tensor(OSCILLATORS), torch.tensor(SEMITONES, dtype=torch.float32)
        self.register_buffer("spread", band_spread(BANDS), persistent=False)
        self.register_buffer("seats", seats, persistent=False)
        self.register_buffer("offsets", (notes @ seats - pitches).clamp(-0.5, 0.5), persistent=False)
        self.register_buffer("reach", REACH.clone(), persistent=False)

    def _partials(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Log10 power and deviation (semitones) of every oscillator per latent frame, as the trunk's features say."""
        levels, heard = features[..., -2 * _NOTES : -_NOTES], features[..., -_NOTES:].clamp(-1.0, 1.0)
        known = sharpen(levels * 2 - 4) @ self.seats
        deviation = heard @ self.seats + self.offsets
        foreign = (deviation.abs() - self.reach).clamp(min=0)
        return known - (6.0 * foreign).clamp(max=2.0), deviation

    def guess(self, z: Tensor) -> Tensor:
        """The trunk's guess of the features, alone."""
        found: Tensor = self.features(self.blocks(self.enter(z)))
        return found

    def forward(self, z: Tensor) -> tuple[GlidingControls, Tensor]:
        trunk = self.blocks(self.enter(z))
        features = self.features(trunk)
        with torch.autocast(z.device.type, enabled=False):
            known, deviation = (_finer(x) for x in self._partials(features.float()))
        told = self.tell((known + 4) / 2)
        fine = self.fine(self.widen(trunk).unflatten(-1, (STEPS_PER_LATENT, -1)).flatten(1, 2) + told)
        with torch.autocast(z.device.type, enabled=False):
            return self._controls(self.heads(fine.float()), known, deviation), features

    def _controls(self, out: Tensor, known: Tensor, deviation: Tensor) -> GlidingControls:
        parts: tuple[Tensor, ...] = out.split(self.sizes, -1)  # type: ignore[no-untyped-call]
        tone, bend, side, transient, gain, noise, noise_side = parts
        amplitude = torch.exp((math.log(10) / 2 * known + LOUDER - F.softplus(LOUDER - tone)).clamp(-14.0, 1.5))
        most = self.reach + BEYOND
        inphase, quadrature = _halves(side).tanh().unbind(-2)
        levels = torch.exp((_halves(gain) - 3.0).clamp(-12.0, 4.0)) @ self.spread
        return GlidingControls(
            tone=amplitude,
            deviation=torch.minimum(torch.maximum(deviation + 0.2 * bend.tanh(), -most), most),
            tone_side=torch.stack([inphase, quadrature], 2),
            transient=remove_steady(transient.reshape(*transient.shape[:-1], 2, 2, -1) * levels.unsqueeze(3), PASSING),
            noise=torch.exp((noise - 2.0).clamp(-12.0, 4.0)) @ self.spread,
            noise_side=_halves(noise_side).tanh() @ self.spread,
        )


def _finer(x: Tensor) -> Tensor:
    """Values per latent frame, interpolated to the synthesis frames, `(batch, frames, width)`."""
    return F.interpolate(x.transpose(1, 2), scale_factor=STEPS_PER_LATENT, mode="linear").transpose(1, 2)


class GlidingCodec(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The codec as a diffusers VAE: `encode(audio).latent_dist`, `decode(latents).sample`."""

    keeps_phase = False
    tiles_itself = True
    """Decoding takes any length at once: phases run on from tile to tile, which only the codec can carry."""

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
        decoder_width: int = 336,
        decoder_depth: int = 4,
        fine_width: int = 256,
        fine_depth: int = 4,
    ) -> None:
        super().__init__()
        latents = decoder_input_channels
        self.analysis = GlidingAnalysis()
        self.encoder = GlidingEncoder(encoder_width, encoder_depth, latents)
        self.decoder = GlidingDecoder(decoder_width, decoder_depth, fine_width, fine_depth, latents)
        self.synthesis = GlidingSynthesis()
        self.register_buffer("latent_mean", torch.zeros(latents))
        self.register_buffer("latent_std", torch.ones(latents))

    def encode(self, x: Tensor, return_dict: bool = True) -> Any:
        """Audio `(batch, 2, samples)`, samples a multiple of 1 920, to a distribution over `(batch, 64, frames)`."""
        return encode_latents(self, x, return_dict)

    def decode(self, z: Tensor, return_dict: bool = True, first_frame: int = 0, tile: int = TILE) -> Any:
        """Latents `(batch, 64, frames)` to audio; `first_frame` is their place in the song, `tile` the frames decoded at once."""
        z = z.transpose(1, 2) * self.latent_std + self.latent_mean
        pieces, carried = [], None
        for first, last, start, end in cut_tiles(z.shape[1], tile + 2 * CONTEXT):
            controls, _ = self.decoder(z[:, start:end])
            kept = slice(STEPS_PER_LATENT * (first - start), STEPS_PER_LATENT * (last - start))
            core = GlidingControls(**{name: value[:, kept] for name, value in vars(controls).items()})
            piece, carried = self.synthesis(core, STEPS_PER_LATENT * (first_frame + first), carried)
            pieces.append(piece)
        audio = overlap_frames(torch.cat(pieces, 2)).to(z.dtype)
        return DecoderOutput(sample=audio) if return_dict else (audio,)


def _halves(numbers: Tensor) -> Tensor:
    """`(..., 2 n)` as `(..., 2, n)`."""
    return numbers.reshape(*numbers.shape[:-1], 2, -1)
