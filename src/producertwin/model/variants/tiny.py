"""`tiny`: the whole instrument with random weights, built in code from a seed, under a megabyte. For tests, never for music.

Every module is the class the real variants use, at the smallest useful size; the tokenizer is byte-level BPE without merges,
with the fixed words of the prompt as single tokens so that the real token limits hold.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from ...timebase import LATENT_RATE, SAMPLE_RATE
from ..instrument import Card, Instrument
from ..tasks import Task
from ..weights import content_hash, fill

SEED = 20_261_121
HIDDEN = 32
WIDTH = 4
"""Numbers per latent frame."""
END = "<|endoftext|>"
PHRASES = ("# Instruction\n", "# Caption\n", "# Metas\n", "# Languages\n", "# Lyric\n", "- bpm: ", "- timesignature: ",
           "- keyscale: ", "- duration: ", " seconds\n", " based on the given conditions:", "[Instrumental]")  # fmt: skip

CARD = Card(
    name="tiny", tasks=frozenset(Task), steps=4, guidance=2.0, least_frames=1, licence="Apache-2.0", revision="random weights"
)

_ATTENTION = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
_BLOCKS = {"hidden_size": HIDDEN, "intermediate_size": 64, **_ATTENTION}


def tokenizer() -> Any:
    """A `tokenizers.Tokenizer` over the 256 bytes, the prompt's fixed phrases and the end token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    built = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    built.add_special_tokens([END])
    built.add_tokens(list(PHRASES))
    return built


def _text_encoder(vocabulary: int) -> Any:
    from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3Model

    return Qwen3Model(Qwen3Config(vocab_size=vocabulary, num_hidden_layers=1, max_position_embeddings=4096, **_BLOCKS))


def _modules() -> dict[str, Any]:
    from diffusers.models.autoencoders.autoencoder_oobleck import AutoencoderOobleck
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step.modeling_ace_step import (
        AceStepAudioTokenDetokenizer,
        AceStepAudioTokenizer,
        AceStepConditionEncoder,
    )

    window = {"sliding_window": 16}
    acoustic = {"audio_acoustic_hidden_dim": WIDTH}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*weight_norm", category=FutureWarning)
        vae = AutoencoderOobleck(
            encoder_hidden_size=2 * WIDTH, decoder_channels=4, decoder_input_channels=WIDTH, sampling_rate=SAMPLE_RATE,
            downsampling_ratios=[2, 4, 4, 6, 10], channel_multiples=[1, 1, 1, 2, 2],
        )  # fmt: skip
    return {
        "transformer": AceStepTransformer1DModel(
            num_hidden_layers=2, in_channels=3 * WIDTH, **acoustic, **window, **_BLOCKS
        ),
        "condition_encoder": AceStepConditionEncoder(
            text_hidden_dim=HIDDEN, timbre_hidden_dim=WIDTH, num_lyric_encoder_hidden_layers=1,
            num_timbre_encoder_hidden_layers=1, **window, **_BLOCKS,
        ),
        "audio_tokenizer": AceStepAudioTokenizer(
            fsq_dim=HIDDEN, num_attention_pooler_hidden_layers=1, **acoustic, **window, **_BLOCKS
        ),
        "audio_token_detokenizer": AceStepAudioTokenDetokenizer(
            num_attention_pooler_hidden_layers=1, **acoustic, **window, **_BLOCKS
        ),
        "vae": vae,
    }  # fmt: skip


def _enliven(modules: dict[str, Any]) -> None:
    """Scale the matrices so that signals keep their size from layer to layer: every input then shows in the output."""
    with torch.no_grad():
        for name in ("transformer", "condition_encoder", "audio_tokenizer", "audio_token_detokenizer"):
            for key, weight in modules[name].named_parameters():
                if weight.ndim >= 2 and not key.endswith(("table", "special_token", "special_tokens", "null_condition_emb")):
                    weight.mul_(3**0.5)
        for weight in modules["text_encoder"].parameters():
            if weight.ndim == 2:
                weight.mul_(1.0 / (weight.std() * weight.shape[1] ** 0.5))
        encoder = modules["vae"].encoder
        for key, weight in encoder.named_parameters():
            if key.endswith("bias") and not key.startswith("conv2"):
                weight.zero_()
        encoder.conv1.weight_g.mul_(10.0)
        encoder.conv2.weight_g.mul_(5.0)
        modules["text_encoder"].embed_tokens.weight.mul_(HIDDEN**0.5)


def build(device: torch.device, dtype: torch.dtype, *, seed: int = SEED) -> Instrument:
    """The tiny instrument; equal seeds give equal weights, and the global random state is left as it was."""
    words = tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        modules = _modules() | {"text_encoder": _text_encoder(words.get_vocab_size())}
    _enliven(modules)
    with torch.inference_mode():
        silence = modules["vae"].encode(torch.zeros(1, 2, 2 * SAMPLE_RATE)).latent_dist.mode().transpose(1, 2)
    modules["condition_encoder"].register_buffer("silence_latent", silence[:, : 2 * LATENT_RATE].clone())
    for name, module in modules.items():
        fill(module, module.state_dict(), Path("tiny") / name, dtype=dtype, device=device)
    return Instrument("tiny", content_hash(modules), CARD, device, dtype, tokenizer=words, **modules)
