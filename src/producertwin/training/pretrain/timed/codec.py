"""Train the gliding codec by the clock: what latents hold first, then spectra, and critics for the rest of the time.

The critics' gradient on the copies is scaled to a share of the spectra's (the balance of Defossez et al. 2022), so that no weight
has to be tuned.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....model.nano.gliding_codec import GlidingCodec
from ....recipe import Record
from ...rng import make_rng
from ..gliding import GlidingWeights, guess, reconstruct, spectral_distance, weigh
from ..loop import Losses
from ..pool import SoundPool, whole_frames
from .discriminator import Critics, codec_loss, critics_loss
from .state import TimedState

Note = Callable[[str, dict[str, Any]], None]


class TimedCodecRecipe(Record):
    """Settings of the codec's training by the clock."""

    batch: int = 48
    """Crops per step."""
    frames: int = 48
    """Latent frames per crop."""
    rate: float = 1.5e-3
    """Peak learning rate."""
    guesses_until: float = 0.12
    """Share of the time in which encoder and trunk learn alone, by the features."""
    critics_from: float = 0.40
    """Share of the time after which the critics join."""
    critics_rate: float = 3e-4
    """Their learning rate."""
    critics_batch: int = 24
    """Crops they look at."""
    critics_share: float = 0.5
    """Size of their gradient on the copies against the spectra's."""
    weights: GlidingWeights = GlidingWeights()
    """Of the losses."""
    bf16: bool = True
    """Compute in bfloat16."""
    seed: int = 7
    """Seed of every draw."""


class CodecTraining:
    """The codec, its critics, and their states."""

    def __init__(self, model: GlidingCodec, pool: SoundPool, recipe: TimedCodecRecipe) -> None:
        self.model, self.pool, self.recipe = model, pool, recipe
        self.state = TimedState(dict(model.named_parameters()), recipe.rate, warmup=150, average=0.998)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.critics = Critics().to(pool.device)
        self.critics_state = TimedState(dict(self.critics.named_parameters()), recipe.critics_rate, warmup=100, average=0.9)
        self.trouble = ""
        """Why the critics were left out, where they were."""

    def advance(self, share: float) -> Losses:
        """One step; `share` of the time is gone. Returns losses on the device."""
        recipe, draw = self.recipe, make_rng(self.recipe.seed, self.state.step)
        audio = self.pool.crops(draw.numpy, recipe.batch, recipe.frames)
        if share < recipe.guesses_until:
            found = guess(self.model, audio, recipe.weights, draw, bf16=recipe.bf16)
            torch.autograd.backward(weigh(found, recipe.weights))
            found["norm"] = self.state.update(share)
            return {name: value.detach() for name, value in found.items()}
        made, found = reconstruct(self.model, audio, recipe.weights, draw, bf16=recipe.bf16)
        distance, parts = spectral_distance(made, audio, recipe.weights, draw)
        rest = weigh(found, recipe.weights)
        found = {"loss": distance + rest, **parts, **found}
        judged = self._judge(audio, made) if share >= recipe.critics_from and not self.trouble else None
        if judged is None:
            torch.autograd.backward(distance + rest)
        else:
            pull, losses = judged
            [gradient] = torch.autograd.grad(distance, made)
            ramp = min(1.0, (share - recipe.critics_from) / 0.05) * recipe.critics_share
            scale = ramp * gradient.norm() / pull.norm().clamp(min=1e-12)
            torch.autograd.backward([made, rest], [gradient + scale * pull, torch.ones_like(rest)])
            found |= losses
        found["norm"] = self.state.update(share)
        return {name: value.detach() for name, value in found.items()}

    def _judge(self, audio: Tensor, made: Tensor) -> tuple[Tensor, Losses] | None:
        """What `_ask_critics` finds; None, and no critics any more, where the device refuses them (memory, a kernel it lacks)."""
        try:
            return self._ask_critics(audio, made)
        except RuntimeError as error:
            self.trouble = str(error).splitlines()[0]
            return None

    def _ask_critics(self, audio: Tensor, made: Tensor) -> tuple[Tensor, Losses]:
        """Move the critics; then their gradient on `made`, and their losses."""
        count = self.recipe.critics_batch
        with torch.autocast(audio.device.type, torch.bfloat16, enabled=self.recipe.bf16):
            loss = critics_loss(self.critics(audio[:count]), self.critics(made[:count].detach()))
        torch.autograd.backward(loss)
        self.critics_state.update(0.0)
        copy = made[:count].detach().requires_grad_()
        with torch.autocast(audio.device.type, torch.bfloat16, enabled=self.recipe.bf16):
            with torch.no_grad():
                real = self.critics(audio[:count])
            verdict, gap = codec_loss(real, self.critics(copy))
        [pull] = torch.autograd.grad(verdict + 2.0 * gap, copy)
        whole = torch.zeros_like(made)
        whole[:count] = pull
        return whole, {"critics": loss, "verdict": verdict, "gap": gap}


def train_codec(
    model: GlidingCodec, pool: SoundPool, recipe: TimedCodecRecipe, until: float, note: Note, save: Callable[[], None]
) -> int:
    """Train `model` until `time.time()` is `until`, ending with its running average in place; `save` is called every minute.

    Returns the steps made.
    """
    training = CodecTraining(model, pool, recipe)
    began = saved = time.time()
    while (now := time.time()) < until:
        losses = training.advance((now - began) / max(1e-6, until - began))
        if training.state.step % 50 == 1:
            note("codec", {"step": training.state.step, **{name: float(value) for name, value in losses.items()}})
        if now - saved > 60:
            with training_average(training.state):
                save()
            saved = now
    if training.trouble:
        note("codec", {"step": training.state.step, "without critics": training.trouble})
    training.state.take_average()
    return training.state.step


class training_average:  # noqa: N801 - read as a phrase in a `with`
    """The running average in place of the weights for the length of a `with`."""

    def __init__(self, state: TimedState) -> None:
        self.state = state

    def __enter__(self) -> None:
        self.learnt = {name: weight.detach().clone() for name, weight in self.state.weights.items()}
        self.state.take_average()

    @torch.no_grad()
    def __exit__(self, *_: object) -> None:
        for name, weight in self.state.weights.items():
            weight.copy_(self.learnt[name])


def mel_decibels(model: GlidingCodec, sounds: list[Tensor], device: torch.device) -> float:
    """Mean distance of the copies from `sounds`, dB over 128 mel bands (window 2048, floor -80 dB)."""
    from ....model.nano.spectral import mel_weights
    from ..codec import spectra

    bank, gaps = mel_weights(128, 1025).to(device), []
    with torch.inference_mode():
        for sound in sounds:
            audio = whole_frames(sound, device)
            copy = model.decode(model.encode(audio).latent_dist.mode()).sample
            pair = [spectra(x.mean(1), 2048, 0).square() @ bank for x in (audio, copy)]
            high = 10 * torch.log10(pair[0].max().clamp(min=1e-9))
            levels = [(10 * torch.log10(power.clamp(min=1e-9))).clamp(min=high - 80) for power in pair]
            gaps.append(float((levels[0] - levels[1]).abs().mean()))
    return float(np.mean(gaps))
