"""What a training begins with: weights that are drawn, or those of the shipped nano.

The codec, codes, embedder and transformer of the shipped nano belong together. A codec that goes on from it is held near its
latents (`gliding.Anchor`), so that the others need a fraction of their steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from torch import nn

from ...model.variants.catalogue import NANO
from ...model.variants.parts import open_codec
from ...model.weights import read_state, weight_files

Begin = Literal["nothing", "nano"]
_STEMS = {"text_encoder": "model"}


def open_shipped_codec() -> Any:
    """The shipped codec."""
    return open_codec(NANO / "vae")


def read_shipped_words() -> Any:
    """The shipped nano's words."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(NANO / "tokenizer")


def load_nano(modules: Mapping[str, nn.Module], home: Path = NANO) -> None:
    """Give each of `modules` the shipped weights of the part of its name. A silence that it knows stays: it is the codec's."""
    for name, module in modules.items():
        state = read_state(weight_files(home / name, _STEMS.get(name, "diffusion_pytorch_model")))
        if "silence_latent" in state:
            state["silence_latent"] = module.get_buffer("silence_latent")
        module.load_state_dict(state)
