"""A planner for tests: a Qwen3 of a few thousand random weights, and a tokenizer that cuts text as Qwen3's does.

Everything is made here from a seed. Its words are noise; what the grammar, the prompts and the loop make of them is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

from producertwin.model.planner.options import DEFAULT
from producertwin.model.variants.catalogue import CHECKPOINTS
from producertwin.settings import Settings

KNOWN_CODES = 200
"""Codes 0 to 199, enough for tests."""
UNKNOWN_CODES = (64_000, 64_001)
"""Tokens that the checkpoints have and the quantiser does not."""
SPARE = 5
"""Logits of the model beyond the tokenizer's tokens."""
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""How Qwen3 cuts text before it joins bytes: every digit alone, a space with the word after it, a stop with the line break."""
TEXT = (
    "bpm: caption: duration: genres: keyscale: language: timesignature: A major, Bb minor, C# major; unknown\n"
    "# Instruction\n# Caption\n# Lyric\nsystem\nuser\nassistant\n"
    "A calm piano, a soft drum and a warm bass.\n  It goes on, slowly.\n"
)


def code_words() -> Iterable[str]:
    return (f"<|audio_code_{number}|>" for number in (*range(KNOWN_CODES), *UNKNOWN_CODES))


def make_tokenizer() -> Any:
    """A `tokenizers.Tokenizer` over bytes, with some words joined, the marks of a chat and codes."""
    built = Tokenizer(models.BPE())
    built.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    built.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    built.train_from_iterator([TEXT] * 3, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False))
    built.add_special_tokens(MARKS)
    built.add_tokens(["<think>", "</think>", *code_words()])
    return built


def make_model(tokenizer: Any, seed: int = 7) -> Any:
    """Random weights that love or hate to end a line or a turn, so that captions and lyrics stay short."""
    vocabulary = tokenizer.get_vocab_size() + SPARE
    config = Qwen3Config(
        vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, tie_word_embeddings=True, max_position_embeddings=4096,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen3ForCausalLM(config)
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.data.normal_(0.0, 0.3)
        ends = [tokenizer.token_to_id("<|im_end|>"), *tokenizer.encode("\n").ids]
        model.model.embed_tokens.weight.data[ends] *= 4.0
    return model.eval()


def save_planner(folder: Path) -> Path:
    """The planner as a folder of upstream's layout: the head is tied and not stored."""
    folder.mkdir(parents=True)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(model.config.to_json_string())
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def planner_folder(settings: Settings, name: str = DEFAULT) -> Path:
    """Where a studio keeps a planner."""
    return settings.models / CHECKPOINTS / name
