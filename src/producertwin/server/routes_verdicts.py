"""Verdicts on takes: given while listening, listed, and taken back by another one; none is ever lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, Field

from ..library import Judgement, Verdict, VerdictFilter
from ..library.verdict import EARLIEST, Choice, takes_of
from ..recipe import Record, read
from ..verbs import rate as verb
from .answers import Page, answer, page
from .bodies import JsonRoute
from .served import Here

router = APIRouter(prefix="/v1/verdicts", tags=["verdicts"], route_class=JsonRoute)

AHEAD: Final = timedelta(minutes=5)
"""How far the clock of whoever sends a verdict may be ahead of this one."""


def _in_reach(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + AHEAD:
        raise ValueError("this moment is yet to come: set the clock of the device")
    if moment < EARLIEST:
        raise ValueError(f"nothing was said before {EARLIEST:%Y}: set the clock of the device")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Words(Record):
    """What a person says beside a verdict."""

    judge: str = Field("studio", min_length=1, max_length=60)
    """Who says so."""
    tags: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """What it is about, a few words each."""
    remark: str = Field("", max_length=5000)
    """Why."""
    given: Moment | None = None
    """When it was said; now when absent. Sent again with the same moment, it is the same verdict and kept once."""

    def judgement(self) -> Judgement:
        """These words as a person's. Raises `BadInput` for a tag that is too long."""
        said = {"judge": self.judge, "tags": self.tags, "remark": self.remark}
        return read(Judgement, said, where="the verdict")


class NewRating(Words):
    """How good a take is."""

    take: str = Field(max_length=40)
    """Its id, or the beginning of it."""
    stars: int = Field(ge=1, le=5, strict=True)


class NewPreference(Words):
    """Which of two takes is better."""

    a: str = Field(max_length=40)
    b: str = Field(max_length=40)
    choice: Choice


class Reason(Record):
    """Why a verdict is taken back."""

    remark: str = Field("", max_length=5000)
    given: Moment | None = None
    """When it was said; now when absent. Sent again with the same moment, it changes nothing."""


class VerdictFacts(Record):
    """A verdict, and whether it stands."""

    verdict: Annotated[Verdict, Field(discriminator="kind")]
    withdrawn: bool
    """Whether it was taken back."""


class VerdictQuery(VerdictFilter):
    """Which verdicts to list, and which part of the list."""

    cursor: str | None = Field(None, max_length=400)
    """What the page before gave as `next`."""


@router.get("", operation_id="list_verdicts", response_model=Page[VerdictFacts])
def list_verdicts(request: Request, query: Annotated[VerdictQuery, Query()], here: Here) -> Response:
    """List the verdicts that stand, the newest first; with `every` also those that were taken back."""
    asked = VerdictFilter.model_validate(query.model_dump(exclude={"cursor", "limit"}))
    found = here.library.verdicts.list(asked)
    gone = here.library.verdicts.withdrawn([one.id for one in found]) if query.every else frozenset[str]()
    facts = [VerdictFacts(verdict=one, withdrawn=one.id in gone) for one in found]
    return answer(request, page(facts, query.limit, query.cursor))


@router.post("/ratings", operation_id="rate_take", response_model=VerdictFacts)
def rate_take(request: Request, said: NewRating, here: Here) -> Response:
    """Rate a take; the newest rating of a person is its stars."""
    return _tell(request, verb.rate(said.take, said.stars, here.studio, said.judgement(), given=said.given), here)


@router.post("/preferences", operation_id="prefer_take", response_model=VerdictFacts)
def prefer_take(request: Request, said: NewPreference, here: Here) -> Response:
    """Say which of two takes is better. Blind, and at one loudness: a listening test, whose answers are kept as preferences."""
    return _tell(request, verb.prefer((said.a, said.b), said.choice, here.studio, said.judgement(), given=said.given), here)


@router.post("/{verdict}/withdraw", operation_id="take_back_verdict", response_model=VerdictFacts)
def take_back_verdict(request: Request, verdict: str, said: Reason, here: Here) -> Response:
    """Take a verdict back. It stays among every verdict, and does not count."""
    found = verb.take_back(verdict, here.studio, Judgement(remark=said.remark), given=said.given)
    return _tell(request, found, here, withdrawn=True)


def _tell(request: Request, verdict: Verdict, here: Here, *, withdrawn: bool = False) -> Response:
    here.feed.announce("library", {"changed": list(takes_of(verdict))})
    return answer(request, VerdictFacts(verdict=verdict, withdrawn=withdrawn))
