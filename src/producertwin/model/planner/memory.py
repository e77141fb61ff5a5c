"""How much memory a planner takes, computed from its config and the headers of its files: no weight is read.

It counts the weights in the type they will be kept in, and keys and values of two sequences (guidance has two) as long as the
planner reads. A fifth is added for what a step itself needs.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import torch

from ..variants.footprint import read_shapes
from ..variants.load import choose_dtype
from ..weights import read_json, weight_files
from .language_model import CONTEXT

SPARE = 1.2
"""What is needed beside weights, keys and values, as a factor."""
SEQUENCES = 2


def needed_bytes(folder: Path, device: torch.device) -> int:
    """Bytes that the planner in `folder` needs on `device`, from loading to the last code. Its files are whole."""
    size = choose_dtype(device).itemsize
    weights = sum(prod(shape) for _, shape in read_shapes(weight_files(folder, "model")))
    return int((weights + _cached_numbers(read_json(folder / "config.json"))) * size * SPARE)


def _cached_numbers(config: dict[str, Any]) -> int:
    """Numbers of the keys and values of all layers and sequences."""
    width = int(config["num_key_value_heads"]) * int(
        config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    )
    return 2 * int(config["num_hidden_layers"]) * width * CONTEXT * SEQUENCES
