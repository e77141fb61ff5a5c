"""What the tests of the model share: diffusers' pipeline over our modules, sounds, noise."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from producertwin.model.instrument import TIMBRE_FRAMES, Instrument
from producertwin.model.key_maps import RENAMES
from producertwin.model.sampling.request import Samples
from producertwin.model.variants import catalogue, convert


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


PREFIX = {part: prefix for prefix, part in convert.PREFIXES.items()}


def save_original(tiny: Instrument, root: Path, version: str = "base") -> Path:
    """tiny as upstream would store it: one state, original names, silence as a stored tensor, two folders beside."""
    folder, vae, words = (root / name for name in (f"acestep-v15-{version}", *catalogue.SHARED))
    for place in (folder, vae, words):
        place.mkdir(parents=True)
    state: dict[str, torch.Tensor] = {"null_condition_emb": tiny.condition_encoder.null_condition_emb.data.clone()}
    for part, prefix in PREFIX.items():
        for key, tensor in getattr(tiny, part).state_dict().items():
            if key in ("null_condition_emb", "silence_latent"):
                continue
            for old, new in RENAMES:
                key = key.replace(new, old)
            state[prefix + key] = tensor.clone().contiguous()
    save_file(state, folder / "model.safetensors")
    net, encoder = tiny.transformer.config, tiny.condition_encoder.config
    config = {key: value for key, value in {**encoder, **tiny.audio_tokenizer.config, **net}.items() if not key.startswith("_")}
    config |= {"layer_types": ["sliding_attention", "full_attention"], "model_version": version, "is_turbo": version == "turbo"}
    config["encoder_hidden_size"] = encoder["hidden_size"]
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(tiny.condition_encoder.silence_latent.transpose(1, 2).contiguous(), folder / "silence_latent.pt")
    vae_state = {key: tensor.contiguous() for key, tensor in tiny.vae.state_dict().items()}
    save_file(vae_state, vae / "diffusion_pytorch_model.safetensors")
    (vae / "config.json").write_text(json.dumps({k: v for k, v in tiny.vae.config.items() if not k.startswith("_")}))
    text = {f"model.{key}": tensor.contiguous() for key, tensor in tiny.text_encoder.state_dict().items()}
    save_file(text, words / "model.safetensors")
    (words / "config.json").write_text(tiny.text_encoder.config.to_json_string())
    tiny.tokenizer.save(str(words / "tokenizer.json"))
    return folder
