"""What conditions the transformer on an example: lyric, timbre and prompt as one sequence of states, packed as inference does.

Each example is encoded alone and unpadded. Where the condition encoder is not trained, its states never change, so they are
computed once per wording and kept (up to `KEPT_BYTES`); where it is trained, its inputs are kept instead.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

import torch
from torch import Tensor

from ...dataset.cache import encode_conditions
from ...model.instrument import Instrument
from ...model.sampling.conditioning import timbre
from ...model.sampling.prompts import TokenLimits, build, prepend_trigger
from ...model.sampling.request import Metas, Request
from ...model.sampling.timbre import pack
from ...model.tasks import Task
from ...music import INSTRUMENTAL
from .examples import Example
from .recipe import DataPlan

KEPT_BYTES: Final = 2 << 30
"""Bytes of states that are kept in memory."""
Inputs = tuple[Tensor, Tensor]
"""What the condition encoder reads: text states and lyric embeddings, `(tokens, hidden)` each."""


class Conditions:
    """Encodes the conditions of examples. `trained` says that the condition encoder changes while training."""

    def __init__(self, instrument: Instrument, plan: DataPlan, *, trained: bool) -> None:
        self.instrument, self.plan, self.trained = instrument, plan, trained
        self.encoder = instrument.condition_encoder
        self.null: Tensor = self.encoder.null_condition_emb.detach()[0]
        """The condition of an example without any, `(1, hidden)`."""
        self._reference = timbre(instrument)
        self._kept: OrderedDict[Hashable, tuple[Tensor, ...]] = OrderedDict()
        self._bytes = 0

    def encode(self, example: Example) -> Tensor:
        """The states of `example`, `(tokens, hidden)` float32 on the instrument's device."""
        key = (example.source.row.track, example.source.place, example.task, example.stems, example.metas)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._read(example)
            if not self.trained:
                with torch.no_grad():
                    kept = (self._pack(*kept).cpu(),)
            self._keep(key, kept)
        self._kept.move_to_end(key)
        return (self._pack(*kept) if self.trained else kept[0].to(self.instrument.device)).float()

    def _read(self, example: Example) -> Inputs:
        """The encoder's inputs: from the cache where this very prompt was encoded, else computed as inference does."""
        source, plan = example.source, self.plan
        silenced = plan.instrumental and (source.row.lyrics, source.row.language) != (INSTRUMENTAL, Metas().language)
        if (example.task, example.metas, plan.trigger, silenced) == (Task.TEXT2MUSIC, source.metas(), "", False):
            return torch.from_numpy(source.clip.text), torch.from_numpy(source.clip.lyrics)
        return self._read_request(self._make_request(example))

    @torch.no_grad()
    def encode_request(self, request: Request) -> Tensor:
        """The states of what a take was asked for by, `(tokens, hidden)` float32 on the instrument's device; not kept."""
        return self._pack(*self._read_request(request)).float()

    def _read_request(self, request: Request) -> Inputs:
        prompt = build(self.instrument.tokenizer, request, request.seconds, limits=_limits(self.instrument))
        text, lyrics, _ = encode_conditions(self.instrument, prompt)
        return torch.from_numpy(text), torch.from_numpy(lyrics)

    def _make_request(self, example: Example) -> Request:
        row, plan = example.source.row, self.plan
        caption = prepend_trigger(row.caption, plan.trigger)
        lyrics, metas = row.lyrics, example.metas
        if plan.instrumental:
            lyrics, metas = INSTRUMENTAL, Metas(metas.bpm, metas.key, metas.meter)
        return Request(caption, example.source.clip.seconds, 0, example.task, lyrics, metas, stems=example.stems)

    def _pack(self, text: Tensor, lyrics: Tensor) -> Tensor:
        """Encode and pack as `model.sampling.conditioning.states` does."""
        place = {"device": self.instrument.device, "dtype": self.encoder.null_condition_emb.dtype}
        read = (text[None].to(**place), lyrics[None].to(**place), self._reference.to(**place))
        return pack(self.encoder, *read, token=self.instrument.has_timbre_token)

    def _keep(self, key: Hashable, states: tuple[Tensor, ...]) -> None:
        self._kept[key] = states
        self._bytes += _count_bytes(states)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= _count_bytes(self._kept.popitem(last=False)[1])


def _count_bytes(states: tuple[Tensor, ...]) -> int:
    return sum(one.numel() * one.element_size() for one in states)


def _limits(instrument: Instrument) -> TokenLimits:
    card = instrument.card
    return TokenLimits(card.text_tokens, card.lyric_tokens, card.few_words)
