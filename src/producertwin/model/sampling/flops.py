"""What the transformer's arithmetic costs: the floor that no step can go below.

Counted are the multiplications and additions of matrix products and attention, two per pair; norms, rotations and gates are not.
A linear layer costs `2·rows·in·out`; attention costs `4·queries·keys·width` for scores and mixture, a window's keys being those
within its reach. Training adds the gradient of the activations (as much again: frozen weights need none of their own), the
forward pass once more where activations are recomputed, and six per weight and row for the adapter.
"""

from __future__ import annotations

import time
from typing import Any, Final

import torch

_MATRIX: Final = {"cpu": 1024}
"""Rows of the square matrices whose product is timed; 8192 elsewhere."""
_TIMES: Final = 7


def step_flops(transformer: Any, frames: int, cond_tokens: int, *, guided: bool = False, cached: bool = True) -> float:
    """Of one forward pass over `frames` latent frames and `cond_tokens` states of condition.

    `guided` makes it two passes but for the cross-attention of the second, whose condition is one vector. `cached` leaves out
    keys and values of the condition, which a walk makes once.
    """
    c, tokens = transformer.config, frames / transformer.patch_size
    h, heads, kv = c.hidden_size, c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    rows = tokens * (2 if guided else 1)
    own = 2 * rows * (2 * h * heads + 2 * h * kv + 3 * h * c.intermediate_size)
    cross = 2 * tokens * 2 * h * heads + 4 * tokens * cond_tokens * heads
    made = 0.0 if cached else 2 * cond_tokens * 2 * h * kv
    seen = [min(2 * c.sliding_window + 1, tokens) if kind == "sliding_attention" else tokens for kind in transformer.layer_types]
    ends = 2 * rows * transformer.patch_size * (c.in_channels + c.audio_acoustic_hidden_dim) * h
    embedded = 0.0 if cached else 2 * cond_tokens * transformer.condition_embedder.in_features * h
    return float(c.num_hidden_layers * (own + cross + made) + sum(4 * rows * n * heads for n in seen) + ends + embedded)


def training_flops(transformer: Any, frames: int, cond_tokens: int, *, adapter: int, checkpointing: bool = False) -> float:
    """Of one crop's forward and backward pass with an adapter of `adapter` weights on frozen layers."""
    passes = 3 if checkpointing else 2
    forward = step_flops(transformer, frames, cond_tokens, cached=False)
    return float(passes * forward + 6.0 * adapter * frames / transformer.patch_size)


def machine_flops(device: torch.device, dtype: torch.dtype) -> float:
    """What a large matrix product reaches here, per second: the best of a few."""
    n = _MATRIX.get(device.type, 8192)
    a, b = torch.randn(n, n, device=device).to(dtype), torch.randn(n, n, device=device).to(dtype)
    found: list[float] = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append(time.perf_counter() - start)
    return 2.0 * n**3 / min(found)
