"""The planner's tokens: which are codes, which end a turn, and which may stand in running text.

ACE-Step's tokenizer is Qwen3's with `<|audio_code_N|>` added. It holds some codes from 64 000 on that no quantiser knows; they
are never written. Masks are bool `(vocabulary,)`, True for a token that may come; the model's own vocabulary may be longer than
the tokenizer's, and what it has beyond may never come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from ...errors import BadInput
from ..sampling.code_text import CODEBOOK
from ..variants.parts import read_tokenizer

END_OF_TURN, PAD = "<|im_end|>", "<|endoftext|>"
_CODE = re.compile(r"<\|audio_code_(\d+)\|>")
_MARK = re.compile(r"<\|[^|]*\|>|</?think>|</?tool\w*>")
"""Tokens that are no text."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """A tokenizer, and what the grammar has to know of its tokens."""

    tokenizer: Any
    """A `tokenizers.Tokenizer`."""
    size: int
    """Tokens that the model has logits of."""
    code_of: Mapping[int, int]
    """Number of the code that a token is."""
    end: int
    """The token that ends a turn."""
    pad: int
    newline: int
    codes: Tensor
    """Mask of the codes."""
    text: Tensor
    """Mask of what may stand in running text: no codes, no marks."""
    breaks: Tensor
    """Mask of text tokens with a line break inside."""
    indents: Tensor
    """Mask of text tokens that begin with a space or a tab."""
    ticks: Tensor
    """Mask of text tokens with a backtick inside."""

    @classmethod
    def of(cls, tokenizer: Any, size: int, where: Path) -> Self:
        """Sort the tokens of `tokenizer` for a model of `size` logits. Raises `BadInput` where it is not a planner's."""
        words: Mapping[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        marks = {name: words.get(name) for name in (END_OF_TURN, PAD, "<|audio_code_0|>")}
        lacking = [name for name, place in marks.items() if place is None]
        if lacking or max(words.values()) >= size:
            trouble = f"lacks {lacking[0]}" if lacking else f"has more tokens than the model's {size}"
            raise BadInput(f"{where} {trouble}", remedy="give the folder of an acestep-5Hz-lm checkpoint")
        numbers = {place: int(found[1]) for word, place in words.items() if (found := _CODE.fullmatch(word))}
        codes = {place: code for place, code in numbers.items() if code < CODEBOOK}
        plain = sorted(place for word, place in words.items() if not _MARK.fullmatch(word))
        shown = dict(zip(plain, tokenizer.decode_batch([[place] for place in plain], skip_special_tokens=False), strict=True))
        return cls(
            tokenizer,
            size,
            codes,
            end=words[END_OF_TURN],
            pad=words[PAD],
            newline=_only(tokenizer, "\n", where),
            codes=mask_of(codes, size),
            text=mask_of(plain, size),
            breaks=mask_of((place for place, text in shown.items() if "\n" in text or "\r" in text), size),
            indents=mask_of((place for place, text in shown.items() if text[:1] in (" ", "\t")), size),
            ticks=mask_of((place for place, text in shown.items() if "`" in text), size),
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """Tokens of `text`, marks taken as marks."""
        return tuple(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`, marks written out."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=False))


def read_vocabulary(path: Path, size: int, remedy: str) -> Vocabulary:
    """The vocabulary of the `tokenizer.json` at `path`. Raises as `read_tokenizer` and `Vocabulary.of` do."""
    return Vocabulary.of(read_tokenizer(path, remedy), size, path)


def mask_of(tokens: Iterable[int], size: int) -> Tensor:
    """A mask in which `tokens` may come."""
    mask = torch.zeros(size, dtype=torch.bool)
    mask[torch.tensor(list(tokens), dtype=torch.long)] = True
    return mask


def _only(tokenizer: Any, text: str, where: Path) -> int:
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    if len(tokens) != 1:
        raise BadInput(f"{where} has no token for {text!r}", remedy="give the folder of an acestep-5Hz-lm checkpoint")
    return int(tokens[0])
