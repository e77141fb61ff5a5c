"""The parts of what the planner writes: fixed words, a value of a list, a caption, a line, lyrics, codes.

A part is a rule without a state of its own: it is asked with the tokens that it was given so far. Masks are bool `(vocabulary,)`,
True for a token that may come; logits are float32 of the same shape. Source: ACE-Step 1.5,
`acestep/constrained_logits_processor.py`. Where ours is stricter, `docs/parity.md` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from .vocabulary import Vocabulary, mask_of

Tokens = tuple[int, ...]
Tree = Mapping[Tokens, frozenset[int]]
"""Tokens of a value so far -> what may follow."""
CAPTION_TOKENS = 512
"""Longest caption, and longest line of genres."""


class Part(Protocol):
    """One piece of what the planner writes."""

    def force(self, before: Tokens, /) -> Tokens:
        """Tokens that must come after `before`; empty where there is a choice."""

    def allow(self, before: Tokens, logits: Tensor, /) -> Tensor | None:
        """Mask of what may come after `before`; None where the part is over, and the next one begins."""

    def ends(self, before: Tokens, /) -> bool:
        """Whether the part is over after `before`."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Tokens that are written as they are."""

    tokens: Tokens

    def force(self, before: Tokens) -> Tokens:
        """What is left of the tokens."""
        return self.tokens[len(before) :]

    def allow(self, before: Tokens, logits: Tensor) -> Tensor:
        """The next token alone."""
        return mask_of(self.tokens[len(before) : len(before) + 1], logits.numel())

    def ends(self, before: Tokens) -> bool:
        """Whether all is written."""
        return len(before) >= len(self.tokens)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a list, and the line break after it."""

    tree: Tree
    newline: int
    greedy: bool = False
    """Whether the first token is the likeliest, not a drawn one: so upstream chooses a language."""
    longest: bool = True
    """Whether a complete value ends at once, even where another one begins with it."""

    def force(self, before: Tokens) -> Tokens:
        """The only token that may follow, if there is one."""
        following = self._following(before)
        return tuple(following) if len(following) == 1 else ()

    def allow(self, before: Tokens, logits: Tensor) -> Tensor:
        """What may follow in the tree."""
        following = self._following(before)
        if self.greedy and not before:
            following = frozenset({max(sorted(following), key=lambda token: float(logits[token]))})
        return mask_of(following, logits.numel())

    def ends(self, before: Tokens) -> bool:
        """Whether the line break is written."""
        return before[-1:] == (self.newline,)

    def _following(self, before: Tokens) -> frozenset[int]:
        following = self.tree[before]
        return frozenset({self.newline}) if self.longest and self.newline in following else following


@dataclass(frozen=True, slots=True)
class Prose:
    """A caption: text over several lines of which all but the first are indented, without backticks."""

    words: Vocabulary
    most: int = CAPTION_TOKENS

    def force(self, before: Tokens) -> Tokens:
        """The line break after the longest caption."""
        return (self.words.newline,) if len(before) == self.most and not self._breaks(before) else ()

    def allow(self, before: Tokens, logits: Tensor) -> Tensor | None:
        """Text; after a line break an indented line, or nothing where the likeliest token is not indented."""
        words = self.words
        if self._breaks(before):
            if len(before) >= self.most or not words.indents[int(logits.argmax())]:
                return None
            return words.text & words.indents & ~words.breaks & ~words.ticks
        mask = words.text & ~words.ticks
        return mask if words.decode(before).strip() else mask & ~words.breaks

    def ends(self, before: Tokens) -> bool:
        """Whether there is no room for another line."""
        return len(before) > self.most

    def _breaks(self, before: Tokens) -> bool:
        return bool(before) and bool(self.words.breaks[before[-1]])


@dataclass(frozen=True, slots=True)
class Line:
    """Genres: one line of text that is not empty."""

    words: Vocabulary
    most: int = CAPTION_TOKENS

    def force(self, before: Tokens) -> Tokens:
        """The line break after the longest line."""
        return (self.words.newline,) if len(before) == self.most else ()

    def allow(self, before: Tokens, logits: Tensor) -> Tensor:
        """Text without a break inside; the line break where it is the likeliest of all."""
        words, stop = self.words, mask_of((self.words.newline,), logits.numel())
        within = words.text & ~words.breaks
        if not words.decode(before).strip():
            return within
        return stop if int(logits.argmax()) == words.newline else within | stop

    def ends(self, before: Tokens) -> bool:
        """Whether the line break is written."""
        return before[-1:] == (self.words.newline,)


@dataclass(frozen=True, slots=True)
class Text:
    """Lyrics: any text up to the end of the turn."""

    words: Vocabulary

    def force(self, _: Tokens) -> Tokens:
        """Nothing: a turn may end at once."""
        return ()

    def allow(self, _: Tokens, logits: Tensor) -> Tensor:
        """Text, or the end."""
        return self.words.text | mask_of((self.words.end, self.words.pad), logits.numel())

    def ends(self, before: Tokens) -> bool:
        """Whether the turn has ended."""
        return before[-1:] in ((self.words.end,), (self.words.pad,))


@dataclass(frozen=True, slots=True)
class Codes:
    """Audio codes, exactly `count`. The turn ends with the last one, so its end is not written."""

    words: Vocabulary
    count: int

    def force(self, _: Tokens) -> Tokens:
        """Nothing: a code is always a choice."""
        return ()

    def allow(self, _: Tokens, __: Tensor) -> Tensor:
        """Any code."""
        return self.words.codes

    def ends(self, before: Tokens) -> bool:
        """Whether all codes are there."""
        return len(before) >= self.count
