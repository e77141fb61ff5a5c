"""What a verdict says: a rating of a take, a preference between two, or that an earlier verdict is taken back.

Verdicts are never changed: who thinks otherwise gives another one, and who did not mean it takes it back, which is a verdict too.
Each names the instrument and the adapters that made its takes, so that it still means something when a twin has moved on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, model_validator

from ..recipe import Record, short_id
from .labels import Tag, unique_tags
from .provenance import Take, TakeId

Source = Literal["human", "scorer", "repair", "reference", "seeds", "parameters"]
"""Who or what decided: a person; a scorer; a repair, before against after; nearness to a reference; or scores of takes of one
prompt that differ in their seeds, or in their parameters."""
Choice = Literal["a", "b", "tie"]
PERSON: Final = b"verdict"


EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No take, and so no verdict, is older."""


def _utc(moment: datetime) -> datetime:
    if moment < EARLIEST:  # years of fewer than four digits would sort behind all others, too
        raise ValueError(f"nothing was said before {EARLIEST:%Y}: set the clock of the device")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar has this moment") from None


class Origin(Record):
    """What made a take."""

    variant: str
    revision: str
    """Content hash of the variant's weights."""
    adapters: tuple[str, ...] = ()
    """Content hashes of the adapters that were active."""

    @classmethod
    def of(cls, take: Take) -> Origin:
        """What made `take`."""
        return cls(variant=take.variant, revision=take.revision, adapters=tuple(one.revision for one in take.adapters))


class Judgement(Record):
    """How a verdict was come to, and by whom."""

    source: Source = "human"
    judge: Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=60)] = "studio"
    """Name of the listener or of the scorer."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=50), AfterValidator(unique_tags)] = ()
    """What it is about, a few words each: `too busy`."""
    remark: str = Field("", max_length=5000)
    """Why."""


class _Verdict(Record):
    id: TakeId
    created: Annotated[AwareDatetime, AfterValidator(_utc)]
    judgement: Judgement = Judgement()

    @property
    def genuine(self) -> bool:
        """Whether the id still is the hash of the record."""
        return self.id == verdict_id(self.model_dump(mode="json"))


class TakeRating(_Verdict):
    """How good a take is."""

    kind: Literal["rating"] = "rating"
    take: TakeId
    stars: int = Field(ge=1, le=5, strict=True)
    origin: Origin


class TakePreference(_Verdict):
    """Which of two takes is better."""

    kind: Literal["preference"] = "preference"
    a: TakeId
    b: TakeId
    choice: Choice
    margin: float | None = None
    """How much better, in the units of the scorer; None where nobody measured it."""
    origins: tuple[Origin, Origin]
    """What made A, and what made B."""

    @model_validator(mode="after")
    def _of_two(self) -> TakePreference:
        if self.a == self.b:
            raise ValueError("a take cannot be preferred to itself")
        return self

    @property
    def better(self) -> str | None:
        """The take that is preferred; None in a tie."""
        return {"a": self.a, "b": self.b, "tie": None}[self.choice]


class Withdrawal(_Verdict):
    """An earlier verdict is taken back."""

    kind: Literal["withdrawal"] = "withdrawal"
    of: TakeId
    """Id of that verdict."""


Verdict = TakeRating | TakePreference | Withdrawal
Kind = Literal["rating", "preference", "withdrawal"]
ANY_VERDICT: Final[TypeAdapter[Verdict]] = TypeAdapter(Annotated[Verdict, Field(discriminator="kind")])


class VerdictFilter(Record):
    """Which verdicts to list; None leaves a question open."""

    take: str | None = Field(None, max_length=40)
    """Verdicts on this take: its id, or its beginning."""
    only: Kind | None = None
    """Ratings, preferences, or what was taken back."""
    source: Source | None = None
    """Verdicts that were come to in this way."""
    judge: str | None = Field(None, max_length=60)
    """Verdicts of this listener or scorer."""
    every: bool = False
    """Also those that were taken back, and the taking back."""
    limit: int | None = Field(None, ge=1)
    """At most so many, the newest."""


def verdict_id(record: dict[str, Any]) -> str:
    """The id that belongs to a verdict's JSON record."""
    return short_id({name: value for name, value in record.items() if name != "id"}, person=PERSON)


def make_verdict(facts: dict[str, Any]) -> Verdict:
    """The verdict of its facts, which has an id of its own. Raises pydantic's `ValidationError`."""
    draft = ANY_VERDICT.validate_python({**facts, "id": "a" * 12})
    return draft.model_copy(update={"id": verdict_id(draft.model_dump(mode="json"))})


def takes_of(verdict: Verdict) -> tuple[str, ...]:
    """Ids of the takes that a verdict is about; none where it takes another back."""
    match verdict:
        case TakeRating():
            return (verdict.take,)
        case TakePreference():
            return verdict.a, verdict.b
    return ()
