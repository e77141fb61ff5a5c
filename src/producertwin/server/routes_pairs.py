"""Sets of pairs: listed, counted, collected from verdicts, and what is left in them for a person to decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter

from ..house_band import styles
from ..library import Take, VerdictFilter
from ..preferences.pair import PairPrompt
from ..preferences.undecided import UndecidedPair, Why
from ..recipe import Record
from ..verbs import pairs as verb
from ..verbs.undecided import find_queue
from .answers import Page, answer, page
from .bodies import JsonRoute
from .routes_takes import sound_of
from .served import Cursor, Here, Limit, Served

router = APIRouter(prefix="/v1/pairs", tags=["pairs"], route_class=JsonRoute)

SetId = Annotated[str, PathParameter(pattern="^[a-z2-7]{1,12}$", description="Id of a set, or its beginning.")]


class PairSetFacts(Record):
    """A set of pairs."""

    id: str
    made: str
    """Of what: candidates, verdicts, or what was imported."""
    pairs: int
    held_out: int
    """Pairs that are not learned from."""
    prompts: int
    """Prompts whose takes were made and scored; 0 where nobody scored any."""
    changed: str
    """When pairs were added last."""
    scorers: tuple[str, ...]
    """Who scored."""
    adapters: tuple[str, ...]
    """What the takes were played with."""


class CollectedPairs(Record):
    """A set that was made of verdicts."""

    set: str
    pairs: int
    verdicts: int
    """Verdicts that were read."""


class CoverageRow(Record):
    """How often something was asked for."""

    facet: str
    """style, tempo, key, instrument or mood."""
    what: str
    name: str
    """What people call it."""
    prompts: int


class UndecidedSide(Record):
    """One of two takes."""

    take: str
    seconds: float
    heard: bool
    """Whether its sound is there; a job of the kind `decode` makes it."""
    gain: float | None
    """Decibels to turn it by, so that both are equally loud and neither louder than it was; absent until both are there."""


class UndecidedFacts(Record):
    """Two takes of one prompt between which nobody has decided."""

    prompt: PairPrompt
    why: Why
    """dispute: the scorers contradict each other; alike: they see hardly a difference."""
    a: UndecidedSide
    b: UndecidedSide


class DecisionQueue(Record):
    """What is left to decide in a set. Who scored what is not told: it would sway whoever listens."""

    set: str
    left: int
    """Pairs, one of each prompt."""
    decided: int
    """Pairs of this set that people decided."""
    pairs: tuple[UndecidedFacts, ...]
    """The first of them."""


@router.get("", operation_id="list_pair_sets", response_model=Page[PairSetFacts])
def list_sets(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the sets of pairs, the one that was added to last first."""
    told = verb.list_sets(here.studio)
    found = page(sorted(told.sets, key=lambda one: (one.set.changed, one.set.id), reverse=True), limit, cursor)
    return answer(request, found | {"items": [_facts(one) for one in found["items"]], "damaged": sorted(told.damaged)})


@router.post("/collect", operation_id="collect_pairs", response_model=CollectedPairs)
def collect_pairs(request: Request, asked: VerdictFilter, here: Here) -> Response:
    """Make a set of the verdicts that stand; the same question again brings it up to date."""
    found, count, read = verb.collect_pairs(here.studio, asked)
    return answer(request, CollectedPairs(set=found.id, pairs=count, verdicts=read))


@router.get("/{key}/coverage", operation_id="read_coverage", response_model=Page[CoverageRow])
def read_coverage(request: Request, key: SetId, here: Here) -> Response:
    """Read how often the prompts of a set ask for each style, tempo, key, instrument and mood."""
    _, counted = verb.count_coverage(key, here.studio)
    rows = [
        CoverageRow(facet=facet, what=what, name=styles.find(what).name if facet == "style" else what, prompts=count)
        for facet, what, count in counted.rows()
    ]
    return answer(request, {"items": rows, "next": None})


@router.get("/{key}/undecided", operation_id="list_undecided", response_model=DecisionQueue)
def list_undecided(
    request: Request,
    key: SetId,
    here: Here,
    limit: Annotated[int, Query(ge=1, le=32, description="Pairs that are told, the first of the queue.")] = 8,
    skip: Annotated[tuple[str, ...], Query(max_length=200, description="Pairs to pass over, as A.B.")] = (),
) -> Response:
    """List the pairs of a set that its scorers leave undecided, those whose answer teaches most first."""
    found = find_queue(key, here.studio)
    passed = {frozenset(one.split(".")) for one in skip}
    left = [one for one in found.pairs if frozenset(one.takes) not in passed]
    shown = tuple(_tell_pair(one, here) for one in left[:limit])
    return answer(request, DecisionQueue(set=found.set.id, left=len(found.pairs), decided=found.decided, pairs=shown))


def _facts(one: verb.SetSummary) -> PairSetFacts:
    plan = one.set.plan
    return PairSetFacts(
        id=one.set.id,
        made=str(plan.get("made", "")),
        pairs=one.counts.pairs,
        held_out=one.counts.held_out,
        prompts=one.counts.prompts,
        changed=one.set.changed,
        scorers=tuple(str(name) for name in plan.get("scorers", ())),
        adapters=tuple(str(name) for name in plan.get("adapters", ())),
    )


def _tell_pair(pair: UndecidedPair, here: Served) -> UndecidedFacts:
    takes = [here.library.takes.get(name) for name in pair.takes]
    levels = [_loudness_of(take, here) for take in takes]
    known = [level for level in levels if level is not None]
    gains = [None if level is None or len(known) < 2 else min(known) - level for level in levels]
    a, b = (
        UndecidedSide(take=take.id, seconds=take.seconds, heard=level is not None, gain=gain)
        for take, level, gain in zip(takes, levels, gains, strict=True)
    )
    return UndecidedFacts(prompt=pair.prompt, why=pair.why, a=a, b=b)


def _loudness_of(take: Take, here: Served) -> float | None:
    """Integrated loudness of a take in LUFS, -70 at least; None where its sound is not there yet."""
    if not here.library.takes.has_sound(take):
        return None
    return here.previews.loudness(sound_of(take.id, here))
