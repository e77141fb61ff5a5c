"""Attention in which every token sees the tokens at most `reach` places away, without computing the rest.

The sequence is cut into blocks of `reach` tokens; a block's queries meet the keys of three blocks (their own and both neighbours)
under a band mask. Equal to masked attention over the whole sequence up to rounding. Tensors are `(batch, heads, tokens, dim)`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class Window:
    """Masks of windowed attention over `tokens` tokens, made once."""

    def __init__(self, tokens: int, reach: int, dtype: torch.dtype, device: torch.device) -> None:
        self.tokens, self.reach = tokens, reach
        self.blocks = -(-tokens // reach)
        self.mask: Tensor | None = None
        if tokens <= reach + 1:
            return
        if self.blocks > 3:
            first = torch.arange(self.blocks, device=device)[:, None, None] * reach
            query = first + torch.arange(reach, device=device)[None, :, None]
            key = first - reach + torch.arange(3 * reach, device=device)[None, None]
        else:
            query = torch.arange(tokens, device=device)[:, None]
            key = torch.arange(tokens, device=device)[None]
        seen = ((query - key).abs() <= reach) & (key >= 0) & ((key < tokens) | (query >= tokens))
        mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill_(~seen, float("-inf"))
        self.mask = mask.reshape(1, -1, *mask.shape[-2:])  # fused attention on a CPU wants all four axes

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Attention of `query` to `key` and `value` inside the window."""
        if self.mask is None or self.blocks <= 3:
            return F.scaled_dot_product_attention(query, key, value, attn_mask=self.mask, scale=scale)
        reach, spare = self.reach, self.blocks * self.reach - self.tokens
        batch, heads, _, dim = query.shape
        rows = F.pad(query, (0, 0, 0, spare)).reshape(batch * heads, self.blocks, reach, dim)
        keys, values = (
            F.pad(x, (0, 0, reach, spare + reach)).flatten(0, 1).unfold(1, 3 * reach, reach).transpose(2, 3) for x in (key, value)
        )
        mixed = F.scaled_dot_product_attention(rows, keys, values, attn_mask=self.mask, scale=scale)
        return mixed.reshape(batch, heads, -1, dim)[:, :, : self.tokens]
