"""The transformer's forward for training: gradients, mixed batches, and every padding masked.

What `denoiser` does for one walk, done for one step of a batch whose members differ in words, task and noise level. diffusers'
own forward takes no mask for the condition; its blocks do. Conventions as in `flow` and `denoiser`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

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
    silent, _ = encoder.timbre_encoder(encoder.silence_latent[:, :SILENCE], torch.zeros(1, dtype=torch.long))
    timbre = [silent[0]] * len(references)
    if given:
        heard, _ = encoder.timbre_encoder(torch.stack(given), torch.arange(len(given)))
        rows = iter(heard)
        timbre = [silent[0] if r is None else next(rows) for r in references]
    packed = torch.cat([spoken, torch.stack(timbre), hidden], 1)
    ones = torch.ones(len(references), 1, dtype=torch.bool)
    return packed, torch.cat([lyric_mask, ones, text_mask], 1)


def velocity(transformer: Any, x: Tensor, t: Tensor, context: Tensor, packed: Tensor, mask: Tensor) -> Tensor:
    """The transformer's forward with a padding mask on the condition, which diffusers' own forward does not take."""
    from diffusers.models.transformers.ace_step_transformer import _ace_step_rotary_freqs, _create_4d_mask

    embedded, modulation = transformer.time_embed(t)
    embedded_r, modulation_r = transformer.time_embed_r(torch.zeros_like(t))
    embedded, modulation = embedded + embedded_r, modulation + modulation_r
    hidden = transformer.proj_in_conv(torch.cat([context, x], -1).transpose(1, 2)).transpose(1, 2)
    packed = transformer.condition_embedder(packed)
    length, kind = hidden.shape[1], hidden.dtype
    rotary = _ace_step_rotary_freqs(length, transformer.head_dim, transformer.rope_theta, x.device, kind)
    window = _create_4d_mask(length, kind, x.device, None, transformer.config.sliding_window, True, False)
    window = window if length > transformer.config.sliding_window else None
    blind = torch.where(mask, 0.0, torch.finfo(kind).min).to(kind)[:, None, None]
    for block in transformer.layers:
        hidden = block(hidden, rotary, modulation, window, packed, blind)
    shift, scale = (transformer.scale_shift_table + embedded[:, None]).chunk(2, 1)
    hidden = transformer.norm_out(hidden) * (1 + scale) + shift
    made: Tensor = transformer.proj_out_conv(hidden.to(kind).transpose(1, 2)).transpose(1, 2)
    return made
