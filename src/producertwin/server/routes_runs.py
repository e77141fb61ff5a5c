"""Runs with their curves, and the proofs of what twins learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import JsonValue

from ..errors import BadInput, NotFound
from ..library.jsonl import rows
from ..library.runs import RECIPE, Run
from ..library.trash import TrashEntry
from ..recipe import Record
from ..reporting.curves import Curve
from ..training.log import SAMPLES, WARNINGS, read_curves, read_preferences
from ..untrusted import LARGEST_TOML, read_object, read_text
from ..verbs.evaluate import find_proofs
from ..verbs.runs import RunSummary, delete_run, list_runs
from .answers import Page, answer, page
from .bodies import JsonRoute
from .reports import send_report
from .served import Cursor, Here, Limit, Served

runs = APIRouter(prefix="/v1/runs", tags=["runs"], route_class=JsonRoute)
proofs = APIRouter(prefix="/v1/proofs", tags=["proofs"], route_class=JsonRoute)

MOST_POINTS: Final = 2000
"""Points of a curve that are sent, at most."""
FIGURES, REPORT = "figures.json", "report.html"
"""What `twin prove` writes into the folder of a proof."""
ProofId = Annotated[str, PathParameter(pattern="^[a-z2-7]{12}$")]


class CurvePoints(Record):
    """Values by step, thinned out where there are very many."""

    steps: tuple[float, ...]
    values: tuple[float, ...]


class RunDetail(Record):
    """A run in detail."""

    run: Run
    recipe: str
    """The recipe with every choice made, as TOML."""
    samples: tuple[dict[str, JsonValue], ...]
    """The takes that were made on the way."""
    warnings: tuple[dict[str, JsonValue], ...]
    """What did not stop it but should be known."""
    checkpoints: tuple[int, ...]
    """Steps that can be gone on from."""


class RunCurves(Record):
    """Loss by step: squared error of the velocity, less is better."""

    curves: dict[str, CurvePoints]
    """`training` is smoothed; `held out` is measured on songs that are not learned from."""
    preferences: dict[str, CurvePoints]
    """Of a training on preferences, smoothed: `accuracy`, the share of the pairs shown that lie on the right side; `inside`, the
    size of what stands inside the sigmoid; `chosen_rise` and `rejected_rise`, how far the errors of the preferred takes, and of
    the others, rose over the reference. Empty for a training on tracks."""


class ProofFacts(Record):
    """A proof of what a twin learned."""

    id: str
    run: str | None
    """The run whose twin it is about; absent for a twin from elsewhere."""
    name: str
    """The twin it is about, where it is of no run."""
    made: datetime
    report: bool
    """Whether there is a page to read."""
    producer: str
    """Whose twin it is about; empty where the figures cannot be read."""
    answer: str
    """Whether the twin plays like its producer, in one sentence; empty where the figures are of an older form."""


@dataclass(frozen=True, slots=True)
class _Proof:
    facts: ProofFacts
    folder: Path


@runs.get("", operation_id="list_runs", response_model=Page[RunSummary])
def list_every_run(
    request: Request,
    here: Here,
    producer: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List the runs, the newest first: how each stands, its last loss and its best validation."""
    found = list_runs(here.studio, producer)
    return answer(request, page(found.runs, limit, cursor) | {"damaged": sorted(found.damaged)})


@runs.get("/{run}", operation_id="read_run", response_model=RunDetail)
def read_run(request: Request, run: str, here: Here) -> Response:
    """Read a run: its recipe, samples, warnings and checkpoints."""
    found = here.library.runs.get(run)
    folder = here.library.runs.folder(found)
    return answer(
        request,
        RunDetail(
            run=found,
            recipe=read_text(folder / RECIPE, largest=LARGEST_TOML),
            samples=tuple(rows(folder / SAMPLES)),
            warnings=tuple(rows(folder / WARNINGS)),
            checkpoints=tuple(step for step, _ in here.library.runs.checkpoints(found)),
        ),
    )


@runs.get("/{run}/curves", operation_id="read_run_curves", response_model=RunCurves)
def read_run_curves(request: Request, run: str, here: Here) -> Response:
    """Read how the loss of a run went, and what a training on preferences says of itself; empty before its first step."""
    asked = here.library.runs.get(run)
    folder = here.library.runs.folder(asked)
    curves = _thin(lambda: read_curves(folder))
    preferences = _thin(lambda: read_preferences(folder)) if asked.kind == "dpo" else {}
    return answer(request, {"curves": curves, "preferences": preferences})


def _thin(read: Callable[[], Mapping[str, Curve]]) -> dict[str, dict[str, list[float]]]:
    """Curves of not too many points; none before the first step."""
    try:
        found = read()
    except NotFound:
        return {}
    thin = {name: max(1, -(-len(curve.steps) // MOST_POINTS)) for name, curve in found.items()}
    return {
        name: {"steps": curve.steps[:: thin[name]].tolist(), "values": curve.values[:: thin[name]].tolist()}
        for name, curve in found.items()
    }


@runs.delete("/{run}", operation_id="delete_run", response_model=TrashEntry)
def delete_one_run(request: Request, run: str, here: Here) -> Response:
    """Move a run with its checkpoints and its adapter to the trash; its takes and the installed twin stay."""
    return answer(request, delete_run(run, here.studio)[1])


@proofs.get("", operation_id="list_proofs", response_model=Page[ProofFacts])
def list_proofs(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the proofs of what twins learned, the newest first."""
    found = sorted((one.facts for one in _proofs(here)), key=lambda one: (one.made, one.id), reverse=True)
    return answer(request, page(found, limit, cursor))


@proofs.get("/{proof}", operation_id="read_proof", response_model=dict[str, JsonValue])
def read_proof(request: Request, proof: ProofId, here: Here) -> Response:
    """Read the figures of a proof, as `figures.json` holds them."""
    found: dict[str, Any] = read_object(_find(proof, here).folder / FIGURES)
    return answer(request, found)


@proofs.get("/{proof}/report", operation_id="read_proof_report", response_class=Response)
def read_proof_report(request: Request, proof: ProofId, here: Here) -> Response:
    """Send the report of a proof as a page that loads nothing; its sounds play where they lie inside it."""
    return send_report(request, _find(proof, here).folder / REPORT)


def _proofs(here: Served) -> Iterator[_Proof]:
    studio = here.studio.settings.studio
    for name, folder in find_proofs(studio):
        run = folder.parent.name if folder.name == "proof" and folder.parent.parent.name == "runs" else None
        try:
            made = datetime.fromtimestamp((folder / FIGURES).stat().st_mtime, UTC)
        except FileNotFoundError:  # removed just now
            continue
        told = _read_answer(folder / FIGURES)
        facts = ProofFacts(
            id=name, run=run, name="" if run else folder.name, made=made, report=(folder / REPORT).is_file(),
            producer=told[0], answer=told[1],
        )  # fmt: skip
        yield _Proof(facts, folder)


def _read_answer(path: Path) -> tuple[str, str]:
    """Producer and answer of the figures at `path`; empty where they do not say."""
    try:
        found = read_object(path)
    except (NotFound, BadInput):
        return "", ""
    subject = found.get("subject")
    producer = subject.get("producer") if isinstance(subject, dict) else ""
    said = found.get("answer")
    return producer if isinstance(producer, str) else "", said if isinstance(said, str) else ""


def newest_proof_of(here: Served) -> dict[str, str]:
    """By run, the id of its newest proof."""
    ordered = sorted((one.facts for one in _proofs(here)), key=lambda one: (one.made, one.id))
    return {one.run: one.id for one in ordered if one.run}


def newest_proofs(here: Served) -> dict[str, ProofFacts]:
    """The newest proof of each producer's twin."""
    ordered = sorted((one.facts for one in _proofs(here)), key=lambda one: (one.made, one.id))
    return {one.producer: one for one in ordered if one.producer}


def _find(proof: str, here: Served) -> _Proof:
    found = next((one for one in _proofs(here) if one.facts.id == proof), None)
    if found is None:
        raise NotFound(f"no proof {proof}", remedy="see the list of proofs")
    return found
