"""A pair: two takes of one prompt, of which one is better, and everything that is needed to learn from it and to judge it.

It is a superset of the rows that the field uses: audio-alpaca (prompt, chosen, rejected) and TangoFlux (captions, duration,
chosen, reject). Prompts, not pairs, are held out: a prompt's hash decides on which side all pairs of it stand, in whatever set
they are.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal, Self

from pydantic import Field, JsonValue, model_validator

from ..library import Take, TakeMetas
from ..library.provenance import BlobName, TakeId
from ..library.verdict import Origin, Source
from ..recipe import Record, short_id

Split = Literal["train", "holdout"]
HOLDOUT: Final = 0.1
"""Share of the prompts that is held out."""


class PairPrompt(Record):
    """What both takes were asked for."""

    caption: str = Field(min_length=1)
    lyrics: str = ""
    """Empty is instrumental."""
    metas: TakeMetas = TakeMetas()

    @property
    def id(self) -> str:
        """The same for the same words, in whatever set they stand."""
        return short_id(self.model_dump(mode="json"), person=b"prompt")

    @property
    def split(self) -> Split:
        """On which side pairs of it stand."""
        place = int.from_bytes(hashlib.blake2b(self.id.encode(), digest_size=8).digest()) / 2**64
        return "holdout" if place < HOLDOUT else "train"


class Side(Record):
    """One of the two takes."""

    take: TakeId | None = None
    """Its id; None where it is of no studio, as in rows that were imported."""
    file: str | None = None
    """The sound of a row that was imported, as it was named there."""
    latents: BlobName | None = None
    """The blob of its latents."""
    seconds: float | None = Field(None, gt=0)
    seed: int | None = Field(None, ge=0)
    origin: Origin | None = None
    """What made it; None where that is not known."""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    """The stage that makes it again."""
    scores: dict[str, float] = Field(default_factory=dict)
    """By scorer; more is better."""
    defects: tuple[str, ...] = ()
    """What an inspector found wrong."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.take is None and self.file is None:
            raise ValueError("a take or a file has to be named")
        return self

    @classmethod
    def of(cls, take: Take, scores: dict[str, float] | None = None, defects: tuple[str, ...] = ()) -> Side:
        """The side of a take."""
        facts: dict[str, Any] = {"take": take.id, "latents": take.latents, "seconds": take.seconds, "seed": take.seed}
        facts |= {"origin": Origin.of(take), "parameters": take.stage}
        return cls(**facts, scores=scores or {}, defects=defects)


class Pair(Record):
    """Two takes of one prompt, of which one is better."""

    prompt: PairPrompt
    chosen: Side
    rejected: Side
    margin: float | None = None
    """How much better, in units of what decided; None where nobody measured it."""
    source: Source = "scorer"
    """Who or what decided."""
    judge: str = ""
    """The listener, or the scorers."""
    verdict: str | None = None
    """The verdict that it comes from."""
    licence: str | None = None
    """Under which the takes may be used."""

    @property
    def id(self) -> str:
        """A hash of prompt, sides and who decided."""
        facts = (self.prompt.id, self.chosen.take or self.chosen.file, self.rejected.take or self.rejected.file)
        return short_id([*facts, self.source, self.judge], person=b"pair")

    @property
    def split(self) -> Split:
        """Whether it is learned from, or held out."""
        return self.prompt.split

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if (self.chosen.take, self.chosen.file) == (self.rejected.take, self.rejected.file):
            raise ValueError("chosen and rejected are one take")
        return self


def prompt_of(take: Take) -> PairPrompt:
    """What a take was asked for."""
    return PairPrompt(caption=take.caption or "-", lyrics=take.lyrics, metas=take.metas)
