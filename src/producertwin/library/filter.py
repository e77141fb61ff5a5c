"""Which takes to list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from ..recipe import Record


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class Filter(Record):
    """Which takes to list; None leaves a question open."""

    session: str | None = None
    """Takes of this session."""
    variant: str | None = None
    """Takes this variant made."""
    task: str | None = None
    """Takes of this task, `cover`."""
    text: str | None = None
    """Words that the caption or the lyrics all contain, in any case."""
    since: Annotated[datetime, AfterValidator(_aware)] | None = None
    """Made at or after this moment; local time unless it names a zone."""
    folder: str | None = None
    """Takes in this folder, and in those below it."""
    tag: str | None = None
    """Takes that have this tag, in any case."""
    liked: bool | None = None
    """Takes that are liked, or that are not."""
    rating: int | None = Field(None, ge=1, le=5)
    """Takes of at least so many stars."""
    bpm: float | None = Field(None, ge=1, le=1000)
    """Takes that were asked for at this tempo, to two beats per minute."""
    key: str | None = Field(None, max_length=40)
    """Takes that were asked for in this key, such as "A minor"."""
    producer: str | None = Field(None, max_length=200)
    """Takes that this producer's twin plays on."""
    sample: bool | None = None
    """Takes that a training played on its way, or that none did."""
    latents: bool | None = None
    """Takes that were kept as latents alone, such as candidates of pairs, and of which nobody said anything; or all others. Lists
    show the others."""
    limit: int | None = Field(None, ge=1)
    """At most so many."""

    def leave_out_latents(self) -> Filter:
        """This filter, which leaves out takes of latents alone where nothing was said of them."""
        return self if self.latents is not None else self.model_copy(update={"latents": False})
