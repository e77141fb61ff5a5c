"""Improvements of twins: the rounds of a producer, each with its comparison and its proof; and what came of one installed."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from ..library.runs import Run
from ..metrics.statistics import Interval
from ..recipe import Record
from ..verbs.improvements import Improvement, SetComparison, describe_improvements, find_improvements, install_run
from .answers import Page, answer, page
from .bodies import JsonRoute
from .routes_runs import newest_proof_of
from .served import Cursor, Here, Limit

router = APIRouter(prefix="/v1", tags=["improvements"], route_class=JsonRoute)


class Bounds(Record):
    """A figure between the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


class ScorerFacts(Record):
    """How the takes after a round stand to those before it, by one scorer."""

    scorer: str
    taught: bool
    """Whether it was learned from, so that it says least."""
    wins: Bounds
    """Share of the takes that are better; half is none."""
    difference: Bounds
    """After less before, in the scorer's own units."""
    spread: tuple[float, float]
    """How much the takes of a prompt differ, before and after."""


class ComparisonFacts(Record):
    """Takes of the same prompts and seeds, before and after a round."""

    before: str
    """Id of the set of candidates before."""
    after: str
    prompts: int
    takes: int
    left_out: int
    """Prompts that were learned from."""
    scorers: tuple[ScorerFacts, ...]


class ImprovementRound(Record):
    """A run that improves a twin."""

    run: Run
    at: int
    """Steps in its log."""
    left: float | None
    """Estimated seconds to its end."""
    by: Literal["keepers", "dpo"]
    pairs: str
    """Id of the set of pairs that it learned from."""
    began_with: Literal["twin", "nothing"]
    has_adapter: bool
    """Whether it came to its end."""
    installed: bool
    """Whether what it made is the producer's twin now."""
    comparison: ComparisonFacts | None
    """Absent where no two sets of candidates were made to compare."""
    not_compared: str
    """Why two sets that were made cannot be compared; empty else."""
    proof: str | None
    """Id of its newest proof."""


class InstalledRun(Record):
    """A run whose adapter is its producer's twin."""

    run: str
    producer: str
    versions: int
    """Earlier twins of this producer that were kept."""


@router.get("/improvements", operation_id="list_improvements", response_model=Page[ImprovementRound])
def list_rounds(
    request: Request,
    here: Here,
    producer: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List the rounds that improved twins, or one producer's, the newest first: how each stands, and whether it is proven."""
    found = page(find_improvements(here.studio, producer), limit, cursor)
    proofs = newest_proof_of(here)
    return answer(request, found | {"items": [_facts(one, proofs) for one in describe_improvements(found["items"], here.studio)]})


@router.post("/runs/{run}/install", operation_id="install_run", response_model=InstalledRun)
def install(request: Request, run: str, here: Here) -> Response:
    """Make what came of a run the twin of its producer; the one before is kept as a version."""
    twin = install_run(run, here.studio)
    here.feed.announce("library", {"changed": []})
    return answer(request, InstalledRun(run=here.library.runs.get(run).id, producer=twin.producer, versions=len(twin.versions)))


def _facts(one: Improvement, proofs: dict[str, str]) -> ImprovementRound:
    run = one.summary.run
    return ImprovementRound(
        run=run, at=one.summary.at, left=one.summary.left, by=one.facts.by, pairs=one.facts.pairs,
        began_with="nothing" if one.facts.start is None else "twin", has_adapter=one.has_adapter, installed=one.is_installed,
        comparison=None if one.comparison is None else _tell_comparison(one.comparison), not_compared=one.why_not,
        proof=proofs.get(run.id),
    )  # fmt: skip


def _tell_comparison(found: SetComparison) -> ComparisonFacts:
    done = found.comparison
    scorers = tuple(
        ScorerFacts(
            scorer=one.scorer,
            taught=one.scorer in found.taught,
            wins=_bounds(one.wins),
            difference=_bounds(one.difference),
            spread=one.spread,
        )
        for one in done.scorers
    )
    return ComparisonFacts(
        before=found.before, after=found.after, prompts=done.prompts, takes=done.takes, left_out=done.left_out, scorers=scorers
    )


def _bounds(found: Interval) -> Bounds:
    return Bounds(value=found.value, low=found.low, high=found.high)
