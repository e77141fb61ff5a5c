"""The 5 Hz codes as graphs: latents to codes, codes to points, points to latents.

The five frames that a code holds are filled up with silence inside the graph, as `AceStepAudioTokenizer.tokenize` does, so any
number of frames can be given.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class TokenizerGraph(nn.Module):
    """Points `(batch, codes, hidden)` and codes `(batch, codes, 1)` of latents `(batch, frames, width)`."""

    silence: Tensor

    def __init__(self, tokenizer: Any, silence: Tensor) -> None:
        super().__init__()
        self.net = tokenizer
        self.each = int(tokenizer.pool_window_size)
        self.register_buffer("silence", silence[:, : self.each - 1].clone())

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        filled = torch.cat([latents, self.silence.expand(latents.shape[0], -1, -1)], 1)
        count = filled.shape[1] // self.each
        grouped = filled[:, : count * self.each].reshape(latents.shape[0], count, self.each, latents.shape[2])
        points, codes = self.net(grouped)
        return points, codes


class CodebookGraph(nn.Module):
    """Points `(batch, codes, hidden)` of codes `(batch, codes, 1)`."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__()
        self.quantizer = tokenizer.quantizer

    def forward(self, codes: Tensor) -> Tensor:
        found: Tensor = self.quantizer.get_output_from_indices(codes)
        return found


class DetokenizerGraph(nn.Module):
    """Latents `(batch, 5 * codes, width)` of points `(batch, codes, hidden)`."""

    def __init__(self, detokenizer: Any) -> None:
        super().__init__()
        self.net = detokenizer

    def forward(self, points: Tensor) -> Tensor:
        found: Tensor = self.net(points)
        return found
