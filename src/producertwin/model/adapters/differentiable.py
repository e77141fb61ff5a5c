"""The transformer's forward for training: gradients, mixed batches, and every padding masked.

What `denoiser` does for one walk, done for one step of a batch whose members differ in words, task and noise level. diffusers'
own forward takes no mask for the condition; its blocks do. Conventions as in `flow` and `denoiser`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

SILENCE = 8
"""Frames of silent reference that are encoded: attention averages equals, so steady silence sounds the same at any length."""


def condition(
    text_encoder: Any, encoder: Any, words: tuple[Tensor, ...], references: list[Tensor | None]
) -> tuple[Tensor, Tensor]:
    """Packed condition `(batch, tokens, width)` and its mask; the silent reference is encoded once for all who have none."""
    text, text_mask, lyrics, lyric_mask = words
    given = [r for r in references if r is not None]
    hidden = encoder.text_projector(text_encoder(input_ids=text).last_hidden_state)
    spoken = text_encoder.get_input_embeddings()(lyrics)
    spoken = encoder.lyric_encoder(inputs_embeds=spoken, attention_mask=lyric_mask)
    silent, _ = encoder.timbre_encoder(encoder.silence_latent[:, :SILENCE], torch.zeros(1, dtype=torch.long, device=text.device))
    timbre = [silent[0]] * len(references)
    if given:
        heard, _ = encoder.timbre_encoder(torch.stack(given), torch.arange(len(given), device=text.device))
        rows = iter(heard)
        timbre = [silent[0] if r is None else next(rows) for r in references]
    packed = torch.cat([spoken, torch.stack(timbre), hidden], 1)
    ones = torch.ones(len(references), 1, dtype=torch.bool, device=text.device)
    return packed, torch.cat([lyric_mask, ones, text_mask], 1)


def velocity(
    transformer: Any,
    x: Tensor,
    t: Tensor,
    context: Tensor,
    packed: Tensor,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """The velocity `(batch, frames, width)` at noise levels `t` `(batch,)`, as diffusers' own forward with `r = t` gives it.

    `mask` `(batch, tokens)` says which states of `packed` count, and `lengths` `(batch,)` how many frames of each member; None
    where all do. Frames past a member's length are masked and influence nothing.
    """
    from diffusers.models.transformers.ace_step_transformer import _ace_step_rotary_freqs

    embedded, modulation = transformer.time_embed(t)
    embedded_r, modulation_r = transformer.time_embed_r(torch.zeros_like(t[:1]))
    embedded, modulation = embedded + embedded_r, modulation + modulation_r
    frames, patch = x.shape[1], transformer.patch_size
    joined = functional.pad(torch.cat([context, x], -1), (0, 0, 0, -frames % patch))
    hidden = transformer.proj_in_conv(joined.transpose(1, 2)).transpose(1, 2)
    packed = transformer.condition_embedder(packed)
    kind = hidden.dtype
    rotary = _ace_step_rotary_freqs(hidden.shape[1], transformer.head_dim, transformer.rope_theta, x.device, kind)
    seen = _seen(transformer, hidden, None if lengths is None else (lengths + patch - 1) // patch)
    blind = None if mask is None else _hiding(mask, kind)[:, None, None]
    for kept, block in zip(transformer.layer_types, transformer.layers, strict=True):
        hidden = block(hidden, rotary, modulation, seen[kept], packed, blind)
    shift, scale = (transformer.scale_shift_table + embedded[:, None]).chunk(2, 1)
    hidden = transformer.norm_out(hidden) * (1 + scale) + shift
    made: Tensor = transformer.proj_out_conv(hidden.to(kind).transpose(1, 2)).transpose(1, 2)
    return made[:, :frames]


def block(
    layer: Any,
    hidden: Tensor,
    rotary: tuple[Tensor, Tensor],
    modulation: Tensor,
    seen: Tensor | None,
    packed: Tensor,
    blind: Tensor | None,
) -> Tensor:
    """What `AceStepTransformerBlock.forward` computes, up to rounding, so that a GPU has fast kernels for all of it.

    No fast kernel takes a mask together with grouped keys, so they are repeated for every head; norms are one kernel each, and a
    compiler sees no choice of attention that it could not follow.
    """
    kind = hidden.dtype
    shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = (layer.scale_shift_table + modulation).chunk(6, dim=1)
    normed = (_rms_norm(layer.self_attn_norm, hidden) * (1 + scale) + shift).to(kind)
    hidden = (hidden + _attend(layer.self_attn, normed, normed, seen, rotary) * gate).to(kind)
    normed = _rms_norm(layer.cross_attn_norm, hidden).to(kind)
    hidden = hidden + _attend(layer.cross_attn, normed, packed, blind, None)
    normed = (_rms_norm(layer.mlp_norm, hidden) * (1 + mlp_scale) + mlp_shift).to(kind)
    out: Tensor = (hidden + layer.mlp(normed) * mlp_gate).to(kind)
    return out


def _rms_norm(norm: Any, x: Tensor) -> Tensor:
    return functional.rms_norm(x, norm.weight.shape, norm.weight.to(x.dtype), norm.eps)


def _attend(attention: Any, x: Tensor, told: Tensor, mask: Tensor | None, rotary: tuple[Tensor, Tensor] | None) -> Tensor:
    query, key, value = (
        layer(of).unflatten(-1, (-1, attention.head_dim)).transpose(1, 2)
        for layer, of in ((attention.to_q, x), (attention.to_k, told), (attention.to_v, told))
    )
    kind = value.dtype
    query, key = _rms_norm(attention.norm_q, query).to(kind), _rms_norm(attention.norm_k, key).to(kind)
    if rotary is not None:
        query, key = _rotate(query, rotary), _rotate(key, rotary)
    times = query.shape[1] // key.shape[1]
    if times > 1:
        key, value = key.repeat_interleave(times, 1), value.repeat_interleave(times, 1)
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=attention.scaling)
    out: Tensor = attention.to_out[0](mixed.transpose(1, 2).flatten(2))
    return out


def _rotate(x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Halves of each head rotated by position; `x` is `(batch, heads, tokens, dim)`."""
    cos, sin = rotary
    first, second = x.chunk(2, -1)
    return (x * cos + torch.cat([-second, first], -1) * sin).to(x.dtype)


def _hiding(counts: Tensor, kind: torch.dtype) -> Tensor:
    """What is added to an attention's scores where `counts` is false."""
    return torch.zeros(counts.shape, dtype=kind, device=counts.device).masked_fill_(~counts, torch.finfo(kind).min)


def _seen(transformer: Any, hidden: Tensor, tokens: Tensor | None) -> dict[str, Tensor | None]:
    """By kind of layer, the mask of self-attention; None where every token sees all others."""
    length, reach, kind = hidden.shape[1], int(transformer.config.sliding_window), hidden.dtype
    place = torch.arange(length, device=hidden.device)
    whole = None if tokens is None else _hiding(place[None] < tokens.to(hidden.device)[:, None], kind)[:, None, None]
    if length <= reach + 1:
        return {"full_attention": whole, "sliding_attention": whole}
    near = _hiding((place[:, None] - place[None]).abs() <= reach, kind)[None, None]
    return {"full_attention": whole, "sliding_attention": near if whole is None else torch.minimum(near, whole)}
