"""From the language model's logits to the next token.

Order, as upstream's PyTorch backend has it: guidance, the grammar's mask, repetition, top-k, top-p, temperature, draw. Logits are
float32 `(vocabulary,)` on the CPU; `-inf` is a token that cannot come. Source: ACE-Step 1.5, `acestep/llm_inference.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .options import TokenSampling

NEVER = float("-inf")


def guide(told: Tensor, untold: Tensor, strength: float) -> Tensor:
    """Classifier-free guidance: `untold + strength * (told - untold)`; 1 is `told` itself."""
    return untold + strength * (told - untold)


def penalise(logits: Tensor, seen: Sequence[int], penalty: float) -> Tensor:
    """Divide the logits of tokens that were `seen` by `penalty` where they are positive, multiply where they are negative."""
    if penalty == 1.0 or not seen:
        return logits
    places = torch.tensor(sorted(set(seen)))
    old = logits[places]
    return logits.index_copy(0, places, torch.where(old < 0, old * penalty, old / penalty))


def keep_likeliest(logits: Tensor, top_k: int, top_p: float | None) -> Tensor:
    """Bar all but the `top_k` likeliest tokens, then all but the fewest likeliest that together pass `top_p`."""
    if 0 < top_k < logits.numel():
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], NEVER)
    if top_p is not None and top_p < 1.0:
        ranked, order = logits.sort(descending=True, stable=True)
        reached = ranked.softmax(-1).cumsum(-1)
        logits = logits.index_fill(0, order[1:][reached[:-1] > top_p], NEVER)
    return logits


def draw(logits: Tensor, how: TokenSampling, seen: Sequence[int], generator: torch.Generator) -> int:
    """The next token. `logits` have passed guidance and grammar; `seen` are the tokens of prompt and answer so far."""
    logits = keep_likeliest(penalise(logits, seen, how.lm_repetition), how.lm_top_k, how.lm_top_p)
    if how.lm_temperature == 0.0:
        return int(logits.argmax())
    return int(torch.multinomial((logits / how.lm_temperature).softmax(-1), 1, generator=generator))
