"""ACE-Step 1.5's geometry with random weights, made on the device.

Sizes of ACE-Step 1.5's configuration (`configuration_acestep_v15.py`) and of Qwen3-Embedding-0.6B, whose vocabulary is `tiny`'s:
looking a token up costs the same in a short table. Weights keep the size of signals, so that a take stays among the numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from producertwin.model.instrument import Instrument
from producertwin.model.variants import catalogue
from producertwin.model.variants.tiny import tokenizer
from producertwin.model.weights import build, fill

_2B = {"hidden_size": 2048, "intermediate_size": 6144, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128}
_4B = {"hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128}
_SMALL = {"hidden_size": 128, "intermediate_size": 384, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 64}
_TEXT = {"hidden_size": 1024, "intermediate_size": 3072, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128}
_VAE = {
    "encoder_hidden_size": 128, "decoder_channels": 128, "decoder_input_channels": 64, "sampling_rate": 48_000,
    "downsampling_ratios": [2, 4, 4, 6, 10], "channel_multiples": [1, 2, 4, 8, 16],
}  # fmt: skip

GEOMETRY: dict[str, dict[str, dict[str, Any]]] = {
    "2B": {
        "transformer": _2B | {"num_hidden_layers": 24, "sliding_window": 128},
        "condition_encoder": _2B,
        "text_encoder": _TEXT | {"num_hidden_layers": 28},
        "vae": _VAE,
    },
    "4B": {
        "transformer": _4B | {"num_hidden_layers": 32, "sliding_window": 128, "encoder_hidden_size": 2048},
        "condition_encoder": _2B,
        "text_encoder": _TEXT | {"num_hidden_layers": 28},
        "vae": _VAE,
    },
    "small": {
        "transformer": _SMALL | {"num_hidden_layers": 4, "sliding_window": 32},
        "condition_encoder": _SMALL
        | {"text_hidden_dim": 128, "num_lyric_encoder_hidden_layers": 1, "num_timbre_encoder_hidden_layers": 1},
        "text_encoder": _SMALL | {"num_hidden_layers": 2},
        "vae": _VAE | {"encoder_hidden_size": 8, "decoder_channels": 8},
    },
}
"""By name, the configs of the modules; the rest are diffusers' defaults, which are the 2B's."""


def instrument(geometry: str, variant: str, device: torch.device, dtype: torch.dtype) -> Instrument:
    """A variant of the catalogue in `geometry`. Equal calls give equal weights."""
    from diffusers.models.autoencoders.autoencoder_oobleck import AutoencoderOobleck
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepConditionEncoder
    from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3Model

    sizes, words = GEOMETRY[geometry], tokenizer()
    text = Qwen3Config(vocab_size=words.get_vocab_size(), max_position_embeddings=4096, **sizes["text_encoder"])
    draw = torch.Generator(device).manual_seed(0)
    made = {
        "transformer": build(AceStepTransformer1DModel, sizes["transformer"]),
        "condition_encoder": build(AceStepConditionEncoder, sizes["condition_encoder"]),
        "text_encoder": build(Qwen3Model, {"config": text}),
        "vae": build(AutoencoderOobleck, sizes["vae"]),
    }
    for name, module in made.items():
        state = {key: _random(key, held, draw, dtype) for key, held in module.state_dict().items()}
        fill(module, state, Path("random") / name, dtype=dtype, device=device)
    card = catalogue.VARIANTS[variant].card
    return Instrument(f"random {geometry}", "random", card, device, dtype, tokenizer=words, **made)


def _random(name: str, like: Tensor, draw: torch.Generator, dtype: torch.dtype) -> Tensor:
    shape = tuple(like.shape)
    if name.endswith("weight_g"):
        return torch.full(shape, 0.5, device=draw.device, dtype=dtype)
    if len(shape) < 2:
        fixed = torch.ones if "norm" in name else torch.zeros
        return fixed(shape, device=draw.device, dtype=dtype)
    if name.endswith(("alpha", "beta")):
        return torch.zeros(shape, device=draw.device, dtype=dtype)
    scale = (like[0].numel()) ** -0.5
    return torch.randn(shape, generator=draw, device=draw.device, dtype=dtype) * scale


def weight_bytes(module: Any) -> int:
    """What all weights of a module take."""
    return sum(weight.numel() * weight.itemsize for weight in module.parameters())
