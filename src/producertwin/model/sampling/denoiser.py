"""The transformer during sampling: diffusers' blocks and weights, with everything constant over the schedule computed once.

Computes what `AceStepTransformer1DModel.forward` computes (diffusers 0.42), and differs in four ways:

- keys and values of a fixed condition are made once per condition, not once per step;
- a mixed batch masks the padding of the shorter conditions, where diffusers attends to it;
- every token of the unconditional sequence is the same learned vector, so attending to it gives that vector's value
  whatever the query: the unconditional half of a guided step needs no cross-attention at all, only one constant per layer;
- rotary tables, window masks and the modulation of all steps are made once per schedule, a window's attention looks at its
  neighbourhood only, and the two halves of a guided step share all work before the first cross-attention.

Conventions: `x` and contexts `(batch, frames, width)`; hidden states `(batch, tokens, hidden)`, `patch_size` frames per token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .window import Window

Heads = tuple[Tensor, Tensor]
"""Keys and values, each `(batch, heads, tokens, head_dim)`."""


@dataclass(frozen=True, slots=True)
class ConditionCache:
    """Cross-attention keys and values of a batch's conditions, per layer."""

    layers: tuple[Heads, ...]
    mask: Tensor | None
    """`(batch, 1, 1, tokens)`, true where a token counts; None when all do."""
    null: tuple[Tensor, ...] | None
    """Per layer, what cross-attention to the unconditional sequence adds, `(hidden,)`."""


def _spread(kv: Tensor, heads: int) -> Tensor:
    """Repeat grouped keys or values `(batch, kv_heads, tokens, dim)` for every query head."""
    return kv if kv.shape[1] == heads else kv.repeat_interleave(heads // kv.shape[1], dim=1)


def _split(x: Tensor, attention: Any) -> Tensor:
    return x.reshape(*x.shape[:-1], -1, int(attention.head_dim))


def _rms_norm(norm: Any, x: Tensor) -> Tensor:
    """diffusers' `RMSNorm` in one pass."""
    return F.rms_norm(x, norm.weight.shape, norm.weight, norm.eps)


def _rotate(x: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate halves of each head by position; `x` is `(batch, tokens, heads, dim)`, the sine's first half is negated."""
    cos, sin = tables
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), sin)


class Denoiser:
    """The transformer along one schedule, for takes of one length. `compiled` fuses the work of each block (`torch.compile`)."""

    def __init__(self, transformer: Any, frames: int, levels: Sequence[float], *, compiled: bool = False) -> None:
        self.net = transformer
        self.compiled = compiled
        self.frames = frames
        weight = transformer.proj_in_conv.weight
        self.device, self.dtype = weight.device, weight.dtype
        self.groups = self.device.type == "cuda" and self.dtype != torch.float32
        """Whether fused attention reads grouped keys as they are: a GPU's does in half precision, without a mask."""
        self.patch = int(transformer.patch_size)
        self.tokens = -(-frames // self.patch)
        self._modulate(levels)
        self._build_positions()

    def _modulate(self, levels: Sequence[float]) -> None:
        """Time embeddings of every step; only `t - r = 0` is ever used of the second one."""
        t = torch.tensor(levels, dtype=torch.float32, device=self.device)
        first, shape = self._embed(self.net.time_embed, t)
        second, shape_r = self._embed(self.net.time_embed_r, torch.zeros_like(t[:1]))
        self.embedding = first + second
        self.modulation = shape + shape_r

    def _embed(self, module: Any, t: Tensor) -> tuple[Tensor, Tensor]:
        """As `AceStepTimestepEmbedding`, but with the level in full precision until the first matrix."""
        wave = module.time_sinusoid(t * module.scale).to(self.dtype)
        embedded = module.linear_2(module.act1(module.linear_1(wave)))
        return embedded, module.time_proj(module.act2(embedded)).unflatten(1, (6, -1))

    def _build_positions(self) -> None:
        """Rotary tables `(tokens, 1, head_dim)` and the window mask."""
        dim = int(self.net.head_dim)
        rates = 1.0 / (self.net.rope_theta ** (torch.arange(0, dim, 2, dtype=torch.float32, device=self.device) / dim))
        angle = torch.outer(torch.arange(self.tokens, dtype=torch.float32, device=self.device), rates).repeat(1, 2)
        sine = angle.sin()
        sine[:, : dim // 2].neg_()
        self.rotary = (angle.cos().to(self.dtype)[:, None], sine.to(self.dtype)[:, None])
        self.window = Window(self.tokens, int(self.net.config.sliding_window), self.dtype, self.device)

    def cache_conditions(self, conditions: Sequence[Tensor], null: Tensor | None) -> ConditionCache:
        """Keys and values of each take's condition `(tokens, hidden)`; `null` is the unconditional vector, for guidance."""
        return self.project_conditions(*self.pad_conditions(conditions), null)

    def pad_conditions(self, conditions: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Conditions side by side, `(batch, tokens, hidden)`, and the mask of the cache."""
        lengths = [len(states) for states in conditions]
        padded = torch.zeros(len(lengths), max(lengths), conditions[0].shape[1], dtype=self.dtype, device=self.device)
        for row, states in zip(padded, conditions, strict=True):
            row[: len(states)] = states.to(self.dtype)
        if min(lengths) == max(lengths):
            return padded, None
        ends = torch.tensor(lengths, device=self.device)
        return padded, (torch.arange(max(lengths), device=self.device)[None] < ends[:, None])[:, None, None]

    def project_conditions(self, padded: Tensor, mask: Tensor | None, null: Tensor | None) -> ConditionCache:
        """Keys and values of conditions that are side by side already."""
        hidden = self.net.condition_embedder(padded)
        layers = tuple(self._keys_values(block.cross_attn, hidden) for block in self.net.layers)
        return ConditionCache(layers, mask, None if null is None else self._constants(null))

    def _keys_values(self, attention: Any, hidden: Tensor) -> Heads:
        keys = _rms_norm(attention.norm_k, _split(attention.to_k(hidden), attention)).transpose(1, 2)
        values = _split(attention.to_v(hidden), attention).transpose(1, 2)
        return _spread(keys, attention.heads).contiguous(), _spread(values, attention.heads).contiguous()

    def _constants(self, null: Tensor) -> tuple[Tensor, ...]:
        hidden = self.net.condition_embedder(null.reshape(1, 1, -1).to(device=self.device, dtype=self.dtype))
        found = []
        for block in self.net.layers:
            attention = block.cross_attn
            values = _split(attention.to_v(hidden), attention).repeat_interleave(attention.heads // attention.kv_heads, -2)
            found.append(attention.to_out[0](values.flatten(-2))[0, 0])
        return tuple(found)

    def _self_attend(self, attention: Any, x: Tensor) -> Tensor:
        query = _rotate(_rms_norm(attention.norm_q, _split(attention.to_q(x), attention)), self.rotary).transpose(1, 2)
        key = _rotate(_rms_norm(attention.norm_k, _split(attention.to_k(x), attention)), self.rotary).transpose(1, 2)
        value = _split(attention.to_v(x), attention).transpose(1, 2)
        if attention.sliding_window is None and self.groups:
            mixed = F.scaled_dot_product_attention(query, key, value, scale=attention.scaling, enable_gqa=True)
        else:
            key, value = _spread(key, attention.heads), _spread(value, attention.heads)
            if attention.sliding_window is None:
                mixed = F.scaled_dot_product_attention(query, key, value, scale=attention.scaling)
            else:
                mixed = self.window.attend(query, key, value, attention.scaling)
        out: Tensor = attention.to_out[0](mixed.transpose(1, 2).flatten(2))
        return out

    def _cross_attend(self, attention: Any, x: Tensor, memory: Heads, mask: Tensor | None) -> Tensor:
        query = _rms_norm(attention.norm_q, _split(attention.to_q(x), attention)).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(query, *memory, attn_mask=mask, scale=attention.scaling)
        out: Tensor = attention.to_out[0](mixed.transpose(1, 2).flatten(2))
        return out

    def _project_in(self, x: Tensor, context: Tensor) -> Tensor:
        joined = torch.cat([context, x], -1).to(self.dtype)
        joined = F.pad(joined, (0, 0, 0, self.tokens * self.patch - self.frames))
        entered: Tensor = self.net.proj_in_conv(joined.transpose(1, 2)).transpose(1, 2)
        return entered

    def _project_out(self, hidden: Tensor, embedding: Tensor) -> Tensor:
        shift, scale = (self.net.scale_shift_table + embedding).chunk(2, dim=1)
        out = torch.addcmul(shift, _rms_norm(self.net.norm_out, hidden), 1 + scale).to(self.dtype)
        frames: Tensor = self.net.proj_out_conv(out.transpose(1, 2)).transpose(1, 2)
        return frames[:, : self.frames].float()

    def velocities(
        self, x: Tensor, context: Tensor, step: int, conditions: ConditionCache, *, guided: bool
    ) -> tuple[Tensor, ...]:
        """The model's velocity at a step, float32: `(conditional,)`, or `(conditional, unconditional)` when `guided`.

        `x` and `context` are `(batch, frames, width)` and `(batch, frames, 2 * width)`.
        """
        found = self.compute(x, context, self.embedding[step], self.modulation[step], conditions, guided=guided)
        return found.chunk(2 if guided else 1)

    def compute(
        self, x: Tensor, context: Tensor, embedding: Tensor, modulation: Tensor, conditions: ConditionCache, *, guided: bool
    ) -> Tensor:
        """All velocities of a step, the conditional ones first; `embedding` and `modulation` are the step's own rows."""
        hidden = self._project_in(x, context)
        through = _compile() if self.compiled else Denoiser._through
        nothing = conditions.null if guided and conditions.null is not None else (None,) * len(conditions.layers)
        for i, block in enumerate(self.net.layers):
            given = (conditions.layers[i], conditions.mask, nothing[i])
            hidden = through(self, block, hidden, modulation, *given, guided and i == 0)
        return self._project_out(hidden, embedding)

    def _through(
        self, block: Any, hidden: Tensor, modulation: Tensor, told: Heads, mask: Tensor | None, null: Tensor | None, double: bool
    ) -> Tensor:
        """One block. Before the first one, both halves of a guided step are one: `double` makes them two."""
        *rows, mlp_shift, mlp_scale, mlp_gate = (block.scale_shift_table + modulation).chunk(6, dim=1)
        hidden = self._attend_to_itself(block, hidden, *rows)
        if double:
            hidden = hidden.repeat(2, 1, 1)
        batch = len(told[0])
        guided = hidden[:batch]
        guided += self._cross_attend(block.cross_attn, _rms_norm(block.cross_attn_norm, guided), told, mask)
        if null is not None:
            unguided = hidden[batch:]
            unguided += null
        normed = torch.addcmul(mlp_shift, _rms_norm(block.mlp_norm, hidden), 1 + mlp_scale).to(self.dtype)
        return torch.addcmul(hidden, block.mlp(normed), mlp_gate)

    def _attend_to_itself(self, block: Any, hidden: Tensor, shift: Tensor, scale: Tensor, gate: Tensor) -> Tensor:
        """The first part of a block."""
        normed = torch.addcmul(shift, _rms_norm(block.self_attn_norm, hidden), 1 + scale).to(self.dtype)
        return torch.addcmul(hidden, self._self_attend(block.self_attn, normed), gate)

    def attention(
        self, x: Tensor, context: Tensor, step: int, conditions: ConditionCache, heads: Mapping[int, Sequence[int]]
    ) -> Tensor:
        """How some heads of one take attend to its condition at a step: weights `(heads, condition tokens, tokens)`, float32.

        `heads` are named by layer; no layer beyond the last of them is computed.
        """
        hidden, modulation, found = self._project_in(x, context), self.modulation[step], []
        for i, block in enumerate(self.net.layers[: max(heads) + 1]):
            if i in heads:
                rows = (block.scale_shift_table + modulation).chunk(6, dim=1)[:3]
                heard = _rms_norm(block.cross_attn_norm, self._attend_to_itself(block, hidden, *rows))
                found.append(_weigh(block.cross_attn, heard, conditions.layers[i][0], heads[i]))
            hidden = self._through(block, hidden, modulation, conditions.layers[i], conditions.mask, None, False)
        return torch.cat(found).mT


def _weigh(attention: Any, x: Tensor, keys: Tensor, heads: Sequence[int]) -> Tensor:
    """Attention weights `(heads, tokens, keys)` of the first of a batch, as cross-attention has them but never shows."""
    query = _rms_norm(attention.norm_q, _split(attention.to_q(x), attention))[0].transpose(0, 1)[list(heads)]
    weights: Tensor = (query.float() @ keys[0, list(heads)].float().mT * attention.scaling).softmax(-1)
    return weights


@cache
def _compile() -> Any:
    """`Denoiser._through`, compiled once for all blocks of a kind and a length: the blocks' weights are among its inputs."""
    return torch.compile(Denoiser._through)
