"""The transformer as a graph: one velocity for a batch of takes.

Computes what `AceStepTransformer1DModel.forward` computes with `timestep_r = timestep`, for any number of frames: the odd frame
that a patch of two needs is added always and cut off by the convolution's own rounding, so no length is written into the graph.
Padding of shorter conditions is masked, as `sampling.denoiser` masks it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TransformerGraph(nn.Module):
    """Velocity `(batch, frames, width)` of `latents` `(batch, frames, width)` at `level` `(batch,)`.

    `context` is `(batch, frames, 2 * width)`, `condition` `(batch, tokens, hidden)`, `condition_mask` `(batch, tokens)` is true
    where a token counts.
    """

    second: Tensor
    second_modulation: Tensor

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net
        with torch.no_grad():
            second, modulation = net.time_embed_r(torch.zeros(1))
        self.register_buffer("second", second)
        self.register_buffer("second_modulation", modulation)
        self.patch = int(net.patch_size)
        self.reach = int(net.config.sliding_window)

    def forward(self, latents: Tensor, level: Tensor, condition: Tensor, condition_mask: Tensor, context: Tensor) -> Tensor:
        net, frames = self.net, latents.shape[1]
        embedding, modulation = net.time_embed(level)
        embedding, modulation = embedding + self.second, modulation + self.second_modulation
        joined = F.pad(torch.cat([context, latents], -1), (0, 0, 0, self.patch - 1))
        hidden = net.proj_in_conv(joined.transpose(1, 2)).transpose(1, 2)
        told = net.condition_embedder(condition)
        heard = condition_mask[:, None, None, :]
        tables = rotary_tables(hidden.shape[1], int(net.head_dim), float(net.rope_theta))
        window = window_mask(hidden.shape[1], self.reach)
        for kind, block in zip(net.layer_types, net.layers, strict=True):
            hidden = block(
                hidden_states=hidden,
                position_embeddings=tables,
                temb=modulation,
                attention_mask=window if kind == "sliding_attention" else None,
                encoder_hidden_states=told,
                encoder_attention_mask=heard,
            )
        shift, scale = (net.scale_shift_table + embedding.unsqueeze(1)).chunk(2, dim=1)
        hidden = net.norm_out(hidden) * (1 + scale) + shift
        found: Tensor = net.proj_out_conv(hidden.transpose(1, 2)).transpose(1, 2)[:, :frames]
        return found


def rotary_tables(tokens: int, dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines `(tokens, dim)` of each position, halves alike, as `_ace_step_rotary_freqs` has them."""
    rates = 1.0 / (theta ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    angle = torch.outer(torch.arange(tokens, dtype=torch.float32), rates)
    angle = torch.cat([angle, angle], -1)
    return angle.cos(), angle.sin()


def window_mask(tokens: int, reach: int) -> Tensor:
    """Which of `tokens` see each other, `(1, 1, tokens, tokens)`: those at most `reach` apart."""
    place = torch.arange(tokens)
    return ((place[:, None] - place[None]).abs() <= reach)[None, None]
