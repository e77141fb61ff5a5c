"""What the tests of the model share: diffusers' pipeline over our modules, sounds, noise."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch

from producertwin.model.instrument import TIMBRE_FRAMES, Instrument
from producertwin.model.sampling.request import Samples


def pipeline_of(instrument: Instrument) -> Any:
    """diffusers' pipeline around the same modules; only its silence is stored at full length."""
    from diffusers import AceStepPipeline, FlowMatchEulerDiscreteScheduler
    from transformers import PreTrainedTokenizerFast

    encoder = copy.deepcopy(instrument.condition_encoder)
    encoder.silence_latent = instrument.silence(2 * TIMBRE_FRAMES)
    words = PreTrainedTokenizerFast(tokenizer_object=instrument.tokenizer, pad_token="<|endoftext|>", padding_side="left")
    pipe = AceStepPipeline(
        vae=instrument.vae,
        text_encoder=instrument.text_encoder,
        tokenizer=words,
        transformer=instrument.transformer,
        condition_encoder=encoder,
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
        audio_tokenizer=instrument.audio_tokenizer,
        audio_token_detokenizer=instrument.audio_token_detokenizer,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def chord(seconds: float, seed: int = 0, gain: float = 0.2) -> Samples:
    """A sound with pitch, beat and a little noise, `(2, samples)`."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 48_000)) / 48_000
    tone = sum(np.sin(2 * np.pi * f * t + p) for f, p in zip((220, 277, 330), rng.uniform(0, 6, 3), strict=True))
    beat = np.exp(-8 * (t % 0.5))
    both = np.stack([tone * beat, np.roll(tone, 100) * beat]) + 0.02 * rng.standard_normal((2, len(t)))
    return (gain * both).astype(np.float32)


def noise_of(seed: int, frames: int, width: int) -> torch.Tensor:
    """The noise the engine draws for a seed."""
    return torch.randn(1, frames, width, generator=torch.Generator("cpu").manual_seed(seed))
