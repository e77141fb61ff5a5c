"""The losses of nano's gliding codec, on any device.

Those of `codec` (multi-resolution spectra, tonality and levels per band, repetition, the trunk's guess of the encoder's features,
KL divergence), the deviations of the semitone bands among the features, each counted as far as its band sounds. A codec begun
from one that does not hear deviations (`begin_from`) may be held near its latents, so that what was trained on them stays of use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...model.nano.codec import Encoder, NanoCodec
from ...model.nano.gliding_codec import GlidingCodec, GlidingEncoder
from ...model.nano.gliding_sound import partial_gate
from ...model.nano.spectral import FEATURES, OSCILLATORS, SEMITONES, overlap_frames
from ...progress import Steps
from ...recipe import Record
from ..rng import StepRng
from .codec import repetition_gap, spectral_loss
from .loop import Losses, PretrainSchedule, train
from .pool import SoundPool, map_sounds, whole_frames

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
    anchor: float = 0.0
    """Of the squared distance from the latents of the codec it was begun from, in units of their spread."""
    noise: float = 0.2
    """Most noise added to the latents, as a share of their spread: what a generator's imprecise latents will be like."""


@dataclass(frozen=True)
class Anchor:
    """The encoder whose latents are held near, and their spread `(64,)`."""

    encoder: Encoder | GlidingEncoder
    spread: Tensor


@torch.no_grad()
def begin_from(codec: NanoCodec | GlidingCodec) -> tuple[GlidingCodec, Anchor]:
    """A gliding codec with the weights of `codec`, whose latents it has, and the anchor that holds it there.

    What it hears and writes beyond a `NanoCodec`, deviations and bends, begins at nothing.
    """
    model = GlidingCodec(**{name: size for name, size in codec.config.items() if name.endswith(("_width", "_depth"))})
    state, tones = model.state_dict(), len(OSCILLATORS)
    for name in state.keys() - codec.state_dict().keys():
        state[name].zero_()
    for name, known in codec.state_dict().items():
        own = state[name]
        if own.shape == known.shape:
            own.copy_(known)
            continue
        own.zero_()
        if name == "encoder.enter.weight":
            own[:, :FEATURES] = known
        elif name.startswith("decoder.features."):
            own[:FEATURES] = known
        else:
            own[:tones], own[2 * tones :] = known[:tones], known[tones:]
    return model, Anchor(codec.encoder.eval().requires_grad_(False), codec.latent_std)


def reconstruct(
    model: GlidingCodec, audio: Tensor, weights: GlidingWeights, draw: StepRng, *, bf16: bool, anchor: Anchor | None = None
) -> tuple[Tensor, Losses]:
    """The codec's copy of `audio` `(batch, 2, samples)`, and the losses that do not look at it: guesses and divergence."""
    with torch.no_grad():
        features = model.analysis(audio)
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=bf16):
        latents, found = _latents(model, features, weights, draw, anchor)
        controls, guess = model.decoder(latents)
    return overlap_frames(model.synthesis(controls)[0]), _gaps(guess, features) | found


def guess(model: GlidingCodec, audio: Tensor, weights: GlidingWeights, draw: StepRng, *, bf16: bool) -> Losses:
    """The losses of `reconstruct` alone: encoder and trunk learn what the latents have to hold, several times faster."""
    with torch.no_grad():
        features = model.analysis(audio)
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=bf16):
        latents, found = _latents(model, features, weights, draw, None)
        guessed = model.decoder.guess(latents)
    return _gaps(guessed, features) | found


def _latents(
    model: GlidingCodec, features: Tensor, weights: GlidingWeights, draw: StepRng, anchor: Anchor | None
) -> tuple[Tensor, Losses]:
    """Latents of `features` with noise on them, `(batch, frames, 64)`; their divergence from a unit normal, and from `anchor`."""
    mean, log_variance = (x.float() for x in model.encoder(features))
    amount = weights.noise * torch.rand(len(mean), 1, 1, generator=draw.torch).to(mean.device)
    extra = amount * mean.detach().std((0, 1), keepdim=True)
    shake = torch.randn(mean.shape, generator=draw.torch).to(mean.device)
    found = {"kl": 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()}
    if anchor is not None:
        with torch.no_grad():
            before = anchor.encoder(features[..., : anchor.encoder.enter.in_features])[0].float()
        found["anchor"] = ((mean - before) / anchor.spread).square().mean()
    return mean + shake * (log_variance.exp() + extra.square()).sqrt(), found


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
        + weights.anchor * found.get("anchor", 0.0)
    )
    return total


def spectral_distance(made: Tensor, audio: Tensor, weights: GlidingWeights, draw: StepRng) -> tuple[Tensor, Losses]:
    """What is minimised of the copy itself, and its parts."""
    heard = spectral_loss(made, audio, draw) | {"repetition": repetition_gap(made, audio)}
    total = heard["sc"] + heard["log"] + weights.tonality * heard["tonal"]
    return total + weights.levels * heard["levels"] + weights.repetition * heard["repetition"], heard


class GlidingRecipe(Record):
    """Settings of the gliding codec's training on a CPU, begun from the first codec."""

    schedule: PretrainSchedule = PretrainSchedule(steps=9000, rate=1e-3, warmup=100, average=0.995, save_every=200)
    """Optimizer and steps."""
    batch: int = 10
    """Crops per step."""
    frames: int = 32
    """Latent frames per crop (25 per second)."""
    weights: GlidingWeights = GlidingWeights(tonality=0.5, noise=0.3, anchor=0.1)
    """Of the losses."""
    bf16: bool = True
    """Compute the convolutional trunks in bfloat16."""


def gliding_losses(
    model: GlidingCodec, anchor: Anchor, pool: SoundPool, recipe: GlidingRecipe
) -> Callable[[int, StepRng], Losses]:
    """The loss of one step."""

    def losses(_step: int, draw: StepRng) -> Losses:
        audio, weights = pool.crops(draw.numpy, recipe.batch, recipe.frames), recipe.weights
        made, found = reconstruct(model, audio, weights, draw, bf16=recipe.bf16, anchor=anchor)
        distance, parts = spectral_distance(made, audio, weights, draw)
        return {"loss": distance + weigh(found, weights), **parts, **found}

    return losses


def train_gliding(
    recipe: GlidingRecipe,
    model: GlidingCodec,
    anchor: Anchor,
    songs: Path,
    folder: Path,
    *,
    stop_after: float = float("inf"),
) -> Steps[int]:
    """Train `model` on the sounds in `songs`; the run lives in `folder`. Returns the step reached.

    Raises `NotFound` as `map_sounds` does.
    """
    losses = gliding_losses(model, anchor, map_sounds(songs), recipe)
    return (yield from train(model, losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))


@torch.inference_mode()
def normalise(model: GlidingCodec, sounds: list[Tensor], device: torch.device) -> None:
    """Give the latents zero mean and unit spread over `sounds`."""
    model.latent_mean.zero_()
    model.latent_std.fill_(1.0)
    found = torch.cat([model.encode(whole_frames(sound, device)).latent_dist.mode()[0] for sound in sounds], -1)
    model.latent_mean.copy_(found.mean(-1))
    model.latent_std.copy_(found.std(-1).clamp(min=1e-3))
