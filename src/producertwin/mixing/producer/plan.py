"""Plan a production: which stems a song of these words is made of, and what the words say of style, tempo, key and length.

What the text names by name is made, what it denies is not, and of the rest the planning head decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from ...errors import BadInput
from ...metas import read_caption
from ...music import STEMS
from ...recipe import Record
from ..automix.words import find_style, read_roles

if TYPE_CHECKING:
    from .model import Producer

LIKELY: Final = 0.5
"""Chance from which a stem is made."""
_FEWEST: Final = 1
LONGEST_TEXT: Final = 2_000
"""Characters of a text."""


class PlannedStem(Record):
    """A stem that is to be made."""

    stem: str
    """One of ACE-Step's twelve."""
    chance: float = Field(ge=0, le=1)
    """How likely such a song has it, by the model."""
    named: bool = False
    """Whether the text names it."""


class ProductionPlan(Record):
    """What is to be made."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    """What was asked for."""
    stems: tuple[PlannedStem, ...] = Field(max_length=len(STEMS))
    """The stems, the likeliest first."""
    left_out: tuple[PlannedStem, ...] = ()
    """The stems that are not made, the likeliest first."""
    style: str = ""
    """Style of automatic mixing that the text names; empty where it names none."""
    bpm: float | None = None
    """Tempo that the text states."""
    key: str | None = None
    """Key that the text states."""
    seconds: float | None = None
    """Length that the text states."""

    @property
    def names(self) -> tuple[str, ...]:
        """The stems that are made."""
        return tuple(one.stem for one in self.stems)


def plan_production(text: str, producer: Producer | None = None) -> ProductionPlan:
    """The plan for `text`. Raises `BadInput` for no words or too many, and for words that deny every stem; `Unavailable`."""
    from .model import load_producer

    if len(text) > LONGEST_TEXT:
        raise BadInput(f"a text of {len(text)} characters is no line", remedy=f"say it in at most {LONGEST_TEXT} characters")
    chances = (producer or load_producer()).plan_stems(text)
    named, denied = read_roles(text)
    every = [PlannedStem(stem=stem, chance=round(chance, 4), named=stem in named) for stem, chance in chances.items()]
    made = [one for one in every if one.stem not in denied and (one.named or one.chance >= LIKELY)]
    allowed = [one for one in every if one.stem not in denied]
    if not allowed:
        raise BadInput(f"{text!r} denies every stem", remedy="name at least one stem that is to be heard")
    made = made or allowed[:_FEWEST]
    written = read_caption(text)
    return ProductionPlan(
        text=text,
        stems=tuple(made),
        left_out=tuple(one for one in every if one not in made),
        style=find_style(text) or "",
        bpm=written.bpm.value if written.bpm else None,
        key=str(written.key.value) if written.key else None,
        seconds=written.seconds.value if written.seconds else None,
    )
