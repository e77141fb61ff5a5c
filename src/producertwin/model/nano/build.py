"""nano: ACE-Step 1.5's own modules at small dimensions, with its own words and its own codec.

Every self-attention layer looks 64 tokens (5.1 s) to each side, so what is learned on crops of 5 to 20 s holds for takes of any
length. The words are a byte-level BPE with whole tokens for what must be obeyed exactly: each tempo, key and meter of the metas
block, each instruction, each stem.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...disk import write_json
from ...music import BPM_RANGE, KEYS, METERS, STEMS
from ..instrument import Card, write_index
from ..weights import pack_file, read_json
from .embedder_net import EMBEDDER

LATENTS = 64
WIDTH, ENCODER_WIDTH, TEXT_WIDTH, CODE_WIDTH = 320, 256, 256, 192
END = "<|endoftext|>"
INSTRUCTIONS = (
    "Fill the audio semantic mask based on the given conditions:",
    "Generate audio semantic tokens based on the given conditions:",
    "Repaint the mask area based on the given conditions:",
    *(f"Extract the {stem.upper()} track from the audio:" for stem in STEMS),
    *(f"Generate the {stem.upper()} track based on the audio context:" for stem in STEMS),
    "Complete the input track with ",
    "Complete the input track:",
)
METAS = (
    *(f"- bpm: {bpm}\n" for bpm in ("N/A", *range(BPM_RANGE[0], BPM_RANGE[1] + 1))),
    *(f"- keyscale: {key}\n" for key in ("N/A", *KEYS)),
    *(f"- timesignature: {meter}\n" for meter in ("N/A", *METERS)),
)
FRAME = ("# Instruction\n", "\n\n# Caption\n", "\n\n# Metas\n", "- duration: ", " seconds\n", "# Languages\n", "\n\n# Lyric\n")
"""The fixed words of the prompt around instruction, caption and metas."""


@dataclass(frozen=True)
class NanoModules:
    """The trainable parts of nano, apart from the codec."""

    transformer: Any
    condition_encoder: Any
    text_encoder: Any

    def all(self) -> nn.ModuleDict:
        """The three as one module."""
        return nn.ModuleDict(vars(self))


@dataclass(frozen=True)
class CodeModules:
    """The 5 Hz codes of a cover's source: tokenizer and detokenizer."""

    audio_tokenizer: Any
    audio_token_detokenizer: Any

    def all(self) -> nn.ModuleDict:
        """Both as one module."""
        return nn.ModuleDict(vars(self))


def build_codes() -> CodeModules:
    """The codes' modules with fresh weights drawn from torch's seeded global state."""
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepAudioTokenDetokenizer, AceStepAudioTokenizer

    pooling = {
        "hidden_size": CODE_WIDTH,
        "intermediate_size": 3 * CODE_WIDTH,
        "audio_acoustic_hidden_dim": LATENTS,
        "num_attention_pooler_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 3,
        "head_dim": 64,
        "rope_theta": 100.0,
    }
    return CodeModules(AceStepAudioTokenizer(fsq_dim=CODE_WIDTH, **pooling), AceStepAudioTokenDetokenizer(**pooling))


def explicit_tokens() -> list[str]:
    """Strings that are one token each."""
    return [*FRAME, *INSTRUCTIONS, *METAS, *(stem.upper() for stem in STEMS)]


def build_tokenizer(texts: list[str], size: int = 1800) -> Any:
    """A byte-level BPE over `texts` with at most `size` learned tokens, plus the explicit ones."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in explicit_tokens()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=END, eos_token=END, padding_side="right")


def build(vocabulary: int) -> NanoModules:
    """nano's modules with fresh weights drawn from torch's seeded global state."""
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepConditionEncoder
    from transformers import Qwen3Config, Qwen3Model

    layers = 8
    transformer = AceStepTransformer1DModel(
        hidden_size=WIDTH,
        intermediate_size=896,
        num_hidden_layers=layers,
        num_attention_heads=5,
        num_key_value_heads=5,
        head_dim=64,
        in_channels=3 * LATENTS,
        audio_acoustic_hidden_dim=LATENTS,
        sliding_window=64,
        rope_theta=100.0,  # turns of 6 to 500 tokens: a beat is 4 to 13, a bar 17 to 50, and nothing beyond 64 is seen
        layer_types=["sliding_attention"] * layers,
        encoder_hidden_size=ENCODER_WIDTH,
        model_version="nano",
    )
    condition_encoder = AceStepConditionEncoder(
        hidden_size=ENCODER_WIDTH,
        intermediate_size=512,
        text_hidden_dim=TEXT_WIDTH,
        timbre_hidden_dim=LATENTS,
        num_lyric_encoder_hidden_layers=1,
        num_timbre_encoder_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
    )
    text_encoder = Qwen3Model(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=512,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=64,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
        )
    )
    return NanoModules(transformer, condition_encoder, text_encoder)


def initialise(modules: NanoModules, tokenizer: Any) -> None:
    """Begin near the identity, and place tempi and keys where their neighbours are neighbours.

    Tempo tokens get Fourier features of log2(bpm), key tokens those of the circle of fifths and the mode: what is learned of
    88 bpm helps 89.
    """
    with torch.no_grad():
        for block in modules.transformer.layers:
            for matrix in (block.self_attn.to_out[0], block.cross_attn.to_out[0], block.mlp.down_proj):
                matrix.weight.mul_(0.3)
            block.scale_shift_table.mul_(0.3)
            block.scale_shift_table[:, [2, 5]].add_(0.5)
        for embed in (modules.transformer.time_embed, modules.transformer.time_embed_r):
            embed.time_proj.weight.mul_(0.1)
            embed.time_proj.bias.zero_()
        modules.transformer.proj_out_conv.weight.mul_(0.1)
        table = modules.text_encoder.get_input_embeddings().weight
        table.normal_(0, 0.5)
        low, high = BPM_RANGE
        for bpm in range(low, high + 1):
            place = torch.log2(torch.tensor(bpm / 60.0))
            table[tokenizer.convert_tokens_to_ids(f"- bpm: {bpm}\n")] = _fourier(place, 0.25, 24.0, 1)
        for key in KEYS:
            fifths = torch.tensor((key.tonic * 7 + (3 * 7 if key.mode == "minor" else 0)) % 12 / 12.0)
            vector = _fourier(fifths, 1.0, 6.0, 2)
            vector[-16:] = 0.5 if key.mode == "minor" else -0.5
            table[tokenizer.convert_tokens_to_ids(f"- keyscale: {key}\n")] = vector


def _fourier(place: torch.Tensor, low: float, high: float, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    rates = low * (high / low) ** torch.linspace(0, 1, TEXT_WIDTH // 2)
    if seed == 2:  # whole turns only: the circle of fifths closes
        rates = rates.round().clamp(min=1)
    waves = torch.cat([torch.cos(2 * torch.pi * rates * place), torch.sin(2 * torch.pi * rates * place)])
    mix = torch.randn(TEXT_WIDTH, TEXT_WIDTH, generator=generator) / TEXT_WIDTH**0.5
    found: torch.Tensor = 0.7 * mix @ waves
    return found


def save(modules: NanoModules, codes: CodeModules, codec: Any, embedder: Any, tokenizer: Any, folder: Path, card: Card) -> None:
    """Write nano as a diffusers folder, with its card and, beside the pipeline's parts, its embedder.

    In half precision, the transformer's large matrices in eight bits (`int8.pack`).
    """
    parts = vars(modules) | vars(codes) | {"vae": codec}
    for name, module in {**parts, EMBEDDER: embedder}.items():
        nn.Module.to(module, torch.float16)  # diffusers' own `to` would warn of nothing
        module.save_pretrained(folder / name)
        config = folder / name / "config.json"
        write_json(config, {key: value for key, value in read_json(config).items() if key != "_name_or_path"})
    pack_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    tokenizer.save_pretrained(folder / "tokenizer")
    home = {"text_encoder": "transformers", "vae": type(codec).__module__}
    index = {name: [home.get(name, "diffusers"), type(module).__name__] for name, module in parts.items()}
    write_index(index, card, folder)
