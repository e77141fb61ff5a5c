"""What the planner may write next: the thought field by field, then codes or lyrics.

A grammar is a row of parts. A value is a walk through a prefix tree over the tokens that `name: value` really has. Source:
ACE-Step 1.5, `acestep/constrained_logits_processor.py` and `acestep/constants.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import BadInput
from ...music import BPM_RANGE, LANGUAGES, METERS, MODES, UNKNOWN
from .outline import CLOSE, FIELDS, OPEN, Outline
from .parts import Choice, Fixed, Line, Part, Prose, Tokens, Tree
from .vocabulary import Vocabulary

SECONDS = (10, 600)
"""Lengths that the planner may choose."""
KEYS = tuple(f"{letter}{sign} {mode}" for letter in "ABCDEFG" for sign in ("", "#", "b", "♯", "♭") for mode in MODES)
"""The 70 keys that the planner may write."""


@dataclass(slots=True)
class Walk:
    """A way through a row of parts."""

    parts: Sequence[Part]
    place: int = 0
    before: Tokens = ()

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to write."""
        return self.place == len(self.parts)

    def force(self) -> Tokens:
        """Tokens that come next whatever the model says."""
        return self.parts[self.place].force(self.before)

    def allow(self, logits: Tensor) -> Tensor | None:
        """Mask of what may come next; None where the part ended and the next one is to be asked."""
        mask = self.parts[self.place].allow(self.before, logits)
        if mask is None:
            self._go_on()
        return mask

    def advance(self, token: int) -> None:
        """Take notice of a written token."""
        self.before = (*self.before, token)
        if self.parts[self.place].ends(self.before):
            self._go_on()

    def _go_on(self) -> None:
        self.place, self.before = self.place + 1, ()


class Grammar:
    """The grammar of one vocabulary. Raises `BadInput` where its tokens do not let values be told from their names."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        bpm, seconds = (map(str, range(low, high + 1)) for low, high in (BPM_RANGE, SECONDS))
        values: dict[str, Iterable[str]] = {"bpm": bpm, "duration": seconds, "keyscale": KEYS,
                                            "language": (*LANGUAGES, UNKNOWN), "timesignature": map(str, METERS)}  # fmt: skip
        self._trees = {name: self._tree(name, listed) for name, listed in values.items()}

    def thought(self, given: Outline, *, skip: frozenset[str] = frozenset()) -> list[Part]:
        """The thought up to its end tag. What `given` knows is written as it is; fields of `skip` are left out."""
        parts: list[Part] = [Fixed(self.words.encode(OPEN)), Fixed(self.words.encode("\n"))]
        known = given.fields
        for name in FIELDS:
            if name in known:
                parts += [Fixed(self.words.encode(f"{name}:")), Fixed(self.words.encode(f" {known[name]}\n"))]
            elif name not in skip:
                parts += [Fixed(self.words.encode(f"{name}:")), self._value(name)]
        return parts

    def close(self) -> Part:
        """The end tag of the thought."""
        return Fixed(self.words.encode(CLOSE))

    def _value(self, name: str) -> Part:
        if name == "caption":
            return Prose(self.words)
        if name == "genres":
            return Line(self.words)
        number = name in ("bpm", "duration")
        return Choice(self._trees[name], self.words.newline, greedy=name == "language", longest=not number)

    def _tree(self, name: str, values: Iterable[str]) -> Tree:
        """Every beginning of a value's tokens, and what may follow it."""
        head, found = self.words.encode(f"{name}:"), dict[Tokens, set[int]]()
        for value in values:
            tokens = self.words.encode(f"{name}: {value}")
            if tokens[: len(head)] != head:
                raise BadInput(
                    f"the planner's tokenizer joins {name + ':'!r} to {value!r}", remedy="give ACE-Step's tokenizer.json"
                )
            tail = (*tokens[len(head) :], self.words.newline)
            for place, token in enumerate(tail):
                found.setdefault(tail[:place], set()).add(token)
        return {tokens: frozenset(following) for tokens, following in found.items()}


def restrict(logits: Tensor, mask: Tensor) -> Tensor:
    """`logits` with `-inf` for what may not come."""
    return torch.where(mask, logits, torch.full_like(logits, float("-inf")))
