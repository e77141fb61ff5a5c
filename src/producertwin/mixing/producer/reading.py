"""Captions and rows of answers as tensors of the producer model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch

from ...model.variants.catalogue import NANO
from ...model.variants.parts import read_tokenizer
from ...music import STEMS, common_words
from .features import STEM_FEATURES, StemSound
from .grammar import Question, list_questions
from .net import BEGIN, ROLES, WORDS, CaptionStates, ProducerNet, Rows

_REMEDY: Final = "install the package again"


@lru_cache(maxsize=1)
def read_words() -> Any:
    """nano's tokenizer, by which captions are read. Raises `Unavailable` where it is missing."""
    return read_tokenizer(NANO / "tokenizer" / "tokenizer.json", _REMEDY)


def count_words() -> int:
    """How many tokens there are."""
    return int(read_words().get_vocab_size())


@lru_cache(maxsize=20_000)
def encode_text(text: str) -> tuple[int, ...]:
    """The token ids of `text`, the first `WORDS` of them; an empty one has one too."""
    ids: list[int] = read_words().encode(common_words(f" {text.strip()}")).ids if text.strip() else []
    return tuple(ids[:WORDS]) or (0,)


def stack_texts(texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask of texts, `(batch, words)`."""
    rows = [encode_text(text) for text in texts]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row)], mask[place, : len(row)] = torch.tensor(row), True
    return ids, mask


def read_texts(net: ProducerNet, texts: Sequence[str]) -> CaptionStates:
    """The states of captions, by the net's own words or by its backbone."""
    return net.read(*stack_texts(texts)) if net.encoder is None else net.settle(*net.encoder(texts))


def number_of_role(role: str | None) -> int:
    """The number of a stem, or of one that nobody knows."""
    return ROLES - 1 if role is None else STEMS.index(role)


@lru_cache(maxsize=1)
def numbers_of_questions() -> Mapping[str, int]:
    """The number of everything that can be asked."""
    return {asked: place for place, asked in enumerate(list_questions())}


def stack_rows(batch: Sequence[tuple[Sequence[Question], Sequence[StemSound]]]) -> Rows:
    """Questions with the stems that they are asked of as the decoder reads them; each place is told the answer before it.

    Shorter rows are filled up at the end with what no loss counts.
    """
    longest = max(len(questions) for questions, _ in batch)
    before = np.full((len(batch), longest), BEGIN)
    asked = np.zeros((len(batch), longest), np.int64)
    roles = np.full((len(batch), longest), ROLES)
    sounds = np.zeros((len(batch), longest, STEM_FEATURES), np.float32)
    for row, (questions, stems) in enumerate(batch):
        vectors = [one.vector() for one in stems]
        for place, question in enumerate(questions):
            asked[row, place] = numbers_of_questions()[question.asks]
            if place:
                before[row, place] = questions[place - 1].known
            if question.strip is not None:
                sounds[row, place] = vectors[question.strip]
                roles[row, place] = number_of_role(stems[question.strip].role)
    return Rows(*(torch.from_numpy(one) for one in (before, asked, sounds, roles)))
