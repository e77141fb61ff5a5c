"""The losses of nano's gliding codec, on any device.

Those of `codec` (multi-resolution spectra, tonality and levels per band, repetition, the trunk's guess of the encoder's features,
KL divergence), the deviations of the semitone bands among the features, each counted as far as its band sounds.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...model.nano.gliding_codec import GlidingCodec
from ...model.nano.gliding_sound import partial_gate
from ...model.nano.spectral import SEMITONES, overlap_frames
from ...recipe import Record
from ..rng import StepRng
from .codec import repetition_gap, spectral_loss
from .loop import Losses

NOTES = len(SEMITONES)


class GlidingWeights(Record):
    """Weights of the losses."""

    kl: float = 5e-4
    """Of the latents' KL divergence."""
    mels: float = 2.5
    """Of the trunk's guess of the mel bands."""
    semitones: float = 4.0
    """Of its guess of the semitone bands."""
    deviations: float = 1.0
    """Of its guess of how far each band's partial is from the band's centre."""
    tonality: float = 0.25
    """Of the difference in tonality."""
    levels: float = 0.5
    """Of the difference in the levels of bands."""
    repetition: float = 1.0
    """Of what comes again at the period of the frames."""
    noise: float = 0.2
    """Most noise added to the latents, as a share of their spread: what a generator's imprecise latents will be like."""


def reconstruct(
    model: GlidingCodec, audio: Tensor, weights: GlidingWeights, draw: StepRng, *, bf16: bool
) -> tuple[Tensor, Losses]:
    """The codec's copy of `audio` `(batch, 2, samples)`, and the losses that do not look at it: guesses and divergence."""
    with torch.no_grad():
        features = model.analysis(audio)
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=bf16):
        latents, kl = _latents(model, features, weights, draw)
        controls, guess = model.decoder(latents)
    return overlap_frames(model.synthesis(controls)[0]), _gaps(guess, features) | {"kl": kl}


def guess(model: GlidingCodec, audio: Tensor, weights: GlidingWeights, draw: StepRng, *, bf16: bool) -> Losses:
    """The losses of `reconstruct` alone: encoder and trunk learn what the latents have to hold, several times faster."""
    with torch.no_grad():
        features = model.analysis(audio)
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=bf16):
        latents, kl = _latents(model, features, weights, draw)
        guessed = model.decoder.guess(latents)
    return _gaps(guessed, features) | {"kl": kl}


def _latents(model: GlidingCodec, features: Tensor, weights: GlidingWeights, draw: StepRng) -> tuple[Tensor, Tensor]:
    """Latents of `features` with noise on them, `(batch, frames, 64)`, and their divergence from a unit normal."""
    mean, log_variance = (x.float() for x in model.encoder(features))
    amount = weights.noise * torch.rand(len(mean), 1, 1, generator=draw.torch).to(mean.device)
    extra = amount * mean.detach().std((0, 1), keepdim=True)
    shake = torch.randn(mean.shape, generator=draw.torch).to(mean.device)
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    return mean + shake * (log_variance.exp() + extra.square()).sqrt(), kl


def _gaps(guessed: Tensor, features: Tensor) -> Losses:
    """How far the trunk's guess is from the features, by kind."""
    gap = (guessed.float() - features).abs()
    gate = partial_gate(features[..., -2 * NOTES : -NOTES])
    return {
        "mels": gap[..., : -2 * NOTES].mean(),
        "semitones": gap[..., -2 * NOTES : -NOTES].mean(),
        "deviations": (gap[..., -NOTES:] * gate).sum() / gate.sum().clamp(min=1.0),
    }


def weigh(found: Losses, weights: GlidingWeights) -> Tensor:
    """The sum of the losses of `reconstruct`."""
    total: Tensor = (
        weights.mels * found["mels"]
        + weights.semitones * found["semitones"]
        + weights.deviations * found["deviations"]
        + weights.kl * found["kl"]
    )
    return total


def spectral_distance(made: Tensor, audio: Tensor, weights: GlidingWeights, draw: StepRng) -> tuple[Tensor, Losses]:
    """What is minimised of the copy itself, and its parts."""
    heard = spectral_loss(made, audio, draw) | {"repetition": repetition_gap(made, audio)}
    total = heard["sc"] + heard["log"] + weights.tonality * heard["tonal"]
    return total + weights.levels * heard["levels"] + weights.repetition * heard["repetition"], heard
