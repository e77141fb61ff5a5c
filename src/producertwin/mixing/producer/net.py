"""The net of the producer model: a caption's states, and three heads over them.

Caption: token ids `(batch, words)` of nano's tokenizer -> states `(batch, words, WIDTH)` by one block of self-attention
(Vaswani et al. 2017, pre-norm). Stems: logits `(batch, 12)`, one per stem of `music.STEMS`. Quality: 0 (worst) to 1 of the
numbers of `features.hear_mix` `(batch, MIX_FEATURES)`. Desk: a causal decoder over rows of answers (`grammar`): place t is told
the answer before it, the question that it answers and the stem that it is asked of, looks back on the places before it and
across at the caption's states, and gives logits `(batch, places, STEPS)`. A larger language model can read the captions, and a
causal one the rows (`backbones`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...music import STEMS
from .backbones import Backbone, BackboneDecoder, BackboneReader, begin_cache
from .features import MIX_FEATURES, STEM_FEATURES
from .grammar import list_questions
from .shapes import STEPS

WIDTH: Final = 96
HEADS: Final = 4
DEPTH: Final = 2
WORDS: Final = 64
"""Tokens of a caption that are read."""
BEGIN: Final = STEPS
"""The answer before the first."""
PLACES: Final = 1_024
"""Longest row."""
ROLES: Final = len(STEMS) + 1
"""Stems, and one that nobody knows."""


class Attention(nn.Module):
    """Multi-head attention of `(batch, n, WIDTH)` to `(batch, m, WIDTH)`."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = nn.Linear(WIDTH, WIDTH)
        self.offer = nn.Linear(WIDTH, 2 * WIDTH)
        self.leave = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, other: Tensor, mask: Tensor | None = None, *, causal: bool = False) -> Tensor:
        """`mask` `(batch, m)` is True where `other` is to be seen."""
        asked, (key, value) = self._split(self.ask(x)), map(self._split, self.offer(other).chunk(2, -1))
        seen = None if mask is None else mask[:, None, None, :]
        found = F.scaled_dot_product_attention(asked, key, value, attn_mask=seen, is_causal=causal)
        return self.leave(found.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    @staticmethod
    def _split(x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)


class Block(nn.Module):
    """Attention to itself, across to a caption where there is one, and a small net for each place."""

    def __init__(self, *, across: bool) -> None:
        super().__init__()
        self.norm, self.own = nn.LayerNorm(WIDTH), Attention()
        self.across_norm = nn.LayerNorm(WIDTH) if across else None
        self.across = Attention() if across else None
        self.after = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH), nn.GELU(), nn.Linear(3 * WIDTH, WIDTH))

    def step(self, x: Tensor, past: list[Tensor], caption: CaptionStates) -> Tensor:
        """`forward` of one more place `(1, 1, WIDTH)` of a row, whose earlier places `past` keeps."""
        assert self.across is not None and self.across_norm is not None
        past.append(self.norm(x))
        x = x + self.own(past[-1], torch.cat(past, 1))
        x = x + self.across(self.across_norm(x), caption.states, caption.mask)
        return x + self.after(x)  # type: ignore[no-any-return]

    def forward(self, x: Tensor, mask: Tensor | None, caption: Tensor | None, caption_mask: Tensor | None) -> Tensor:
        inner = self.norm(x)
        x = x + self.own(inner, inner, mask, causal=self.across is not None)
        if self.across is not None and self.across_norm is not None and caption is not None:
            x = x + self.across(self.across_norm(x), caption, caption_mask)
        return x + self.after(x)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class CaptionStates:
    """What was made of captions."""

    states: Tensor
    """`(batch, words, WIDTH)`."""
    mask: Tensor
    """True where there is a word, `(batch, words)`."""
    whole: Tensor
    """Mean and largest of the states, `(batch, 2 * WIDTH)`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of answers as the decoder reads them, `(batch, places)` each."""

    before: Tensor
    """The answer before each place; `BEGIN` at the first."""
    asked: Tensor
    """Number of the question in `grammar.list_questions`."""
    stems: Tensor
    """Numbers of the stem that is asked of, `(batch, places, STEM_FEATURES)`; 0 for buses and master."""
    roles: Tensor
    """Its stem of `music.STEMS` by number, `ROLES - 1` for one that nobody knows, `ROLES` for buses and master."""


class ProducerNet(nn.Module):
    """Caption encoder and the three heads; `encoder` and `decoder` take the place of the own reading of captions and of rows."""

    def __init__(self, vocabulary: int, encoder: Backbone | None = None, decoder: Backbone | None = None) -> None:
        super().__init__()
        self.encoder = None if encoder is None else BackboneReader(encoder, WIDTH, WORDS)
        self.words = nn.Embedding(vocabulary, WIDTH) if encoder is None else None
        self.places = nn.Parameter(torch.zeros(WORDS, WIDTH))
        self.phrases = Block(across=False)
        self.stems = nn.Sequential(nn.LayerNorm(2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, len(STEMS)))
        self.hear = nn.Sequential(nn.Linear(MIX_FEATURES, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU())
        self.expect = nn.Linear(2 * WIDTH, WIDTH)
        self.judge = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 64), nn.GELU(), nn.Linear(64, 1))
        self.desk = DeskDecoder(decoder)

    def read(self, ids: Tensor, mask: Tensor) -> CaptionStates:
        """The states of captions; `mask` is True where there is a token, at least at the first."""
        assert self.words is not None, "a backbone reads texts"
        return self.settle(self.words(ids), mask)

    def settle(self, words: Tensor, mask: Tensor) -> CaptionStates:
        """The states of captions whose words are `(batch, words, WIDTH)`."""
        x = self.phrases(words + self.places[: words.shape[1]], mask, None, None)
        held = x.masked_fill(~mask[..., None], 0.0)
        mean = held.sum(1) / mask.sum(1, keepdim=True)
        most = x.masked_fill(~mask[..., None], -1e4).amax(1)
        return CaptionStates(x, mask, torch.cat([mean, most], -1))

    def plan(self, caption: CaptionStates) -> Tensor:
        """Logits of the stems."""
        found: Tensor = self.stems(caption.whole)
        return found

    def assess(self, heard: Tensor, caption: CaptionStates) -> Tensor:
        """Quality of mixes, 0 to 1, `(batch,)`."""
        return self.assess_whole(heard, caption.whole)

    def assess_whole(self, heard: Tensor, whole: Tensor) -> Tensor:
        """`assess` beside captions of which only `CaptionStates.whole` is there."""
        found: Tensor = self.judge(self.hear(heard) + self.expect(whole)).squeeze(-1).sigmoid()
        return found

    def answer(self, rows: Rows, caption: CaptionStates) -> Tensor:
        """Logits of the answers."""
        found: Tensor = self.desk(rows, caption)
        return found


class DeskDecoder(nn.Module):
    """The causal decoder of rows."""

    def __init__(self, backbone: Backbone | None = None) -> None:
        super().__init__()
        self.backbone = None if backbone is None else BackboneDecoder(backbone, WIDTH)
        self.answers = nn.Embedding(STEPS + 1, WIDTH)
        self.asked = nn.Embedding(len(list_questions()), WIDTH)
        self.roles = nn.Embedding(ROLES + 1, WIDTH)
        self.sound = nn.Sequential(nn.Linear(STEM_FEATURES, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))
        self.blocks = nn.ModuleList([Block(across=True) for _ in range(0 if backbone else DEPTH)])
        self.mix = nn.Linear(2 * WIDTH, WIDTH)
        self.leave = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, STEPS))

    def start(self, caption: CaptionStates) -> RowReader:
        """Begin to read a row, place by place."""
        return RowReader(self, caption)

    def enter(self, rows: Rows, caption: CaptionStates) -> Tensor:
        """What the blocks are given of rows."""
        x = self.answers(rows.before) + self.asked(rows.asked) + self.roles(rows.roles) + self.sound(rows.stems)
        return x + self.mix(caption.whole)[:, None]  # type: ignore[no-any-return]

    def forward(self, rows: Rows, caption: CaptionStates) -> Tensor:
        """Logits `(batch, places, STEPS)`."""
        x = self.enter(rows, caption)
        if self.backbone is not None:
            x = self.backbone(x, caption.states, caption.mask)
        for block in self.blocks:
            x = block(x, None, caption.states, caption.mask)
        found: Tensor = self.leave(x)
        return found


class RowReader:
    """Reads one row, place by place; each place is looked at once."""

    def __init__(self, decoder: DeskDecoder, caption: CaptionStates) -> None:
        self._decoder, self._caption = decoder, caption
        self._past: list[list[Tensor]] = [[] for _ in decoder.blocks]
        self._kept = begin_cache() if decoder.backbone is not None else None

    def send(self, place: Rows) -> Tensor:
        """Logits `(STEPS,)` of the next place, told as rows `(1, 1)`."""
        x, caption = self._decoder.enter(place, self._caption), self._caption
        if self._decoder.backbone is not None:
            x = self._decoder.backbone(x, caption.states, caption.mask, self._kept)
        for block, past in zip(self._decoder.blocks, self._past, strict=True):
            assert isinstance(block, Block)
            x = block.step(x, past, caption)
        found: Tensor = self._decoder.leave(x)[0, 0]
        return found
