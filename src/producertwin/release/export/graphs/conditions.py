"""Prompt, lyric and references as graphs: word embeddings, the text encoder, and the condition that the transformer attends to.

Prompts are causal, so a batch of them is padded on the right and needs no mask. The condition of each item holds its lyric, its
references and its prompt, tokens that count first, as `AceStepConditionEncoder` packs them, padding included; for the XL
variants the timbre is read at the token before each reference (`sampling.timbre`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .transformer import rotary_tables, window_mask


class EmbeddingGraph(nn.Module):
    """Embeddings `(batch, tokens, hidden)` of token ids `(batch, tokens)`: of a lyric, or of a prompt for the text encoder."""

    def __init__(self, text_encoder: Any) -> None:
        super().__init__()
        self.embed_tokens = text_encoder.get_input_embeddings()

    def forward(self, ids: Tensor) -> Tensor:
        found: Tensor = self.embed_tokens(ids)
        return found


class TextGraph(nn.Module):
    """States `(batch, tokens, hidden)` of a prompt's embeddings `(batch, tokens, hidden)`."""

    def __init__(self, text_encoder: Any) -> None:
        super().__init__()
        self.net = text_encoder

    def forward(self, embeddings: Tensor) -> Tensor:
        found: Tensor = self.net(inputs_embeds=embeddings, use_cache=False).last_hidden_state
        return found


class ConditionGraph(nn.Module):
    """The condition `(batch, tokens, hidden)` and which of its tokens count, `(batch, tokens)`.

    `text` and `lyrics` are `(batch, tokens, hidden)`, `references` `(batch, references, frames, width)`; each has a mask
    `(batch, tokens or references)`, true where something counts.
    """

    def __init__(self, encoder: Any, *, token: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.token = token

    def forward(
        self, text: Tensor, text_mask: Tensor, lyrics: Tensor, lyrics_mask: Tensor, references: Tensor, references_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        sung = self._sing(lyrics, lyrics_mask)
        timbre: Tensor = self._hear(references.flatten(0, 1)).unflatten(0, references.shape[:2])  # type: ignore[no-untyped-call]
        timbre = timbre * references_mask[..., None]
        packed, mask = pack(sung, timbre, lyrics_mask, references_mask)
        return pack(packed, self.encoder.text_projector(text), mask, text_mask)

    def _sing(self, lyrics: Tensor, mask: Tensor) -> Tensor:
        """States of the lyric."""
        net = self.encoder.lyric_encoder
        hidden = net.embed_tokens(lyrics)
        counts = mask[:, None, None, :]
        window = window_mask(hidden.shape[1], int(net.sliding_window)) & counts
        return _through(net, hidden, window, counts & torch.ones_like(window))

    def _hear(self, references: Tensor) -> Tensor:
        """The timbre `(references, hidden)` of each reference `(references, frames, width)`."""
        net = self.encoder.timbre_encoder
        hidden = net.embed_tokens(references)
        if self.token:
            hidden = torch.cat([net.special_token.expand(hidden.shape[0], 1, -1), hidden], 1)
        return _through(net, hidden, window_mask(hidden.shape[1], int(net.sliding_window)), None)[:, 0]


def _through(net: Any, hidden: Tensor, window: Tensor, whole: Tensor | None) -> Tensor:
    """`hidden` through the layers of a lyric or timbre encoder; a mask is true where a query may look."""
    tables = rotary_tables(hidden.shape[1], int(net.head_dim), float(net.rope_theta))
    for kind, layer in zip(net._layer_types, net.layers, strict=True):
        mask = _additive(window) if kind == "sliding_attention" else None if whole is None else _additive(whole)
        hidden = layer(hidden_states=hidden, position_embeddings=tables, attention_mask=mask)
    found: Tensor = net.norm(hidden)
    return found


def _additive(mask: Tensor) -> Tensor:
    """A mask to be added: a row in which nothing may be looked at looks at everything alike, as ACE-Step's does."""
    return torch.zeros_like(mask, dtype=torch.float32).masked_fill(~mask, torch.finfo(torch.float32).min)


def pack(first: Tensor, second: Tensor, first_mask: Tensor, second_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Both sequences as one, tokens that count first and in order: `_pack_sequences` without its sort, which ONNX has not."""
    both, counts = torch.cat([first, second], 1), torch.cat([first_mask, second_mask], 1).to(torch.int64)
    total = counts.sum(1, keepdim=True)
    place = torch.where(counts > 0, counts.cumsum(1) - 1, total + (1 - counts).cumsum(1) - 1)
    packed = torch.zeros_like(both).scatter(1, place.unsqueeze(-1).expand(-1, -1, both.shape[-1]), both)
    return packed, torch.arange(both.shape[1]).unsqueeze(0) < total
