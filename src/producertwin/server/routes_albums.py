"""Albums: planned, begun, made as jobs, told of, approved, changed by talking, downloaded, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter

from ..agent import albums as agent
from ..agent import story
from ..agent.album import AlbumPlan, settle_plan
from ..agent.decisions import Decision
from ..agent.own_table import load_table
from ..agent.references import Reference
from ..agent.rules import plan_album
from ..agent.terms import Terms
from ..errors import BadInput
from ..library.adapters import slug
from ..library.trash import TrashEntry
from .album_facts import (
    AlbumAsked,
    AlbumBegun,
    AlbumDetail,
    AlbumHead,
    AlbumTerms,
    Approvals,
    PlannedAlbum,
    PlannedRevision,
    RevisionApproved,
    RevisionAsked,
    SongAsked,
    detail_of,
    head_of,
)
from .album_jobs import apply_changes, find_job, find_jobs, go_on_with, plan_changes, refuse_busy
from .answers import Page, answer, page
from .archives import ARCHIVE, send_zip
from .asked import check_names, looks_like_path
from .bodies import JsonRoute
from .faults import find_faults
from .job_facts import JobFacts, facts_of
from .routes_jobs import Keyed
from .served import Cursor, Here, Limit, Served

router = APIRouter(prefix="/v1/albums", tags=["albums"], route_class=JsonRoute)
AlbumId = Annotated[str, PathParameter(pattern=agent.ID)]
WHO = "page"
"""Who approves, in the records of an album."""


@router.post("/plan", operation_id="plan_album", response_model=PlannedAlbum)
def plan_one(request: Request, asked: AlbumAsked, here: Here) -> Response:
    """Plan an album of a brief, and of songs to be like: its tracks, what was understood, and what was not. Nothing is made."""
    check_names(asked.model_dump(mode="json"), here)
    card, table = here.studio.read_card(asked.variant), load_table(here.studio.settings.studio)
    songs = here.readings.read(asked.like, asked.adapters)
    return answer(request, _tell_plan(plan_album(asked.commission, card, references=songs, table=table)))


@router.post("/references", operation_id="read_reference", response_model=Reference)
def read_reference(request: Request, asked: SongAsked, here: Here) -> Response:
    """Read a song that an album is to be like: what is heard, how sure that is, and what is not believed. It takes seconds."""
    check_names(asked.model_dump(mode="json"), here)
    return answer(request, here.readings.read_one(asked.song, asked.adapters, field="song"))


@router.post("/check", operation_id="check_album", response_model=PlannedAlbum)
def check_one(request: Request, plan: dict[str, Any], here: Here) -> Response:
    """Check a plan while it is edited: every mistake by its field, and how long its tracks last. Nothing is kept."""
    return answer(request, _tell_plan(_read_plan(plan, here)))


@router.post("", operation_id="begin_album", status_code=201, response_model=AlbumDetail)
def begin(request: Request, asked: AlbumBegun, here: Here, key: Keyed = None) -> Response:
    """Begin an album of a plan: it is kept, and a job makes it. The same key again is the same album."""
    plan = _read_plan(asked.plan, here)
    name = agent.begin_album(plan, Terms(autonomy=asked.autonomy, budget=asked.budget), here.studio, key=key)
    job = find_job(name, here) or go_on_with(name, AlbumTerms(), here)
    found = detail_of(agent.get_album(name, here.studio), job, here)
    return answer(request, found, status=201, headers={"location": f"/v1/albums/{name}"})


@router.get("", operation_id="list_albums", response_model=Page[AlbumHead])
def list_every_album(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the albums, the one changed last first."""
    found, damaged = here.albums.list()
    part = page(found, limit, cursor)
    jobs = find_jobs([one.id for one in part["items"]], here)
    return answer(request, part | {"items": [head_of(one, jobs.get(one.id)) for one in part["items"]], "damaged": damaged})


@router.get("/{album}", operation_id="read_album", response_model=AlbumDetail)
def read_one(request: Request, album: AlbumId, here: Here) -> Response:
    """Read an album: its plan, how far each track is, its candidates, and what waits for approval."""
    return answer(request, detail_of(agent.get_album(album, here.studio), find_job(album, here), here))


@router.get("/{album}/decisions", operation_id="list_album_decisions", response_model=Page[Decision])
def list_decisions(request: Request, album: AlbumId, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List every decision of an album in order: what, why, instead of what, and at which cost."""
    return answer(request, page(agent.get_album(album, here.studio).story.decisions, limit, cursor))


@router.post("/{album}/jobs", operation_id="go_on_with_album", status_code=202, response_model=JobFacts)
def go_on(request: Request, album: AlbumId, asked: AlbumTerms, here: Here) -> Response:
    """Go on with an album that was stopped; one that is being made, on the same terms, is left to the job that makes it."""
    agent.find_folder(album, here.studio)
    if asked != AlbumTerms():
        refuse_busy(album, here)
    return answer(request, facts_of(go_on_with(album, asked, here), here), status=202)


@router.post("/{album}/approvals", operation_id="approve_album_calls", status_code=202, response_model=JobFacts)
def approve(request: Request, album: AlbumId, asked: Approvals, here: Here) -> Response:
    """Approve calls that wait, or choose candidates, each by its hash, which is checked again when it is done; and go on."""
    folder = agent.find_folder(album, here.studio)
    refuse_busy(album, here)
    story.approve_by_hash(folder, asked.calls, by=WHO)
    return answer(request, facts_of(go_on_with(album, AlbumTerms(), here), here), status=202)


@router.post("/{album}/revisions/plan", operation_id="plan_album_revision", response_model=PlannedRevision)
def plan_revision(request: Request, album: AlbumId, asked: RevisionAsked, here: Here) -> Response:
    """Tell what words would change of an album's plan. Nothing is changed."""
    found = plan_changes(album, asked.words, here)
    told = PlannedRevision(
        changes=found.changes, unknown=found.unknown, cannot=found.cannot, notes=found.notes, call=found.call.hash
    )
    return answer(request, told)


@router.post("/{album}/revisions", operation_id="revise_album", status_code=202, response_model=JobFacts)
def revise(request: Request, album: AlbumId, asked: RevisionApproved, here: Here) -> Response:
    """Make the changes that were shown, and make again only what changed."""
    apply_changes(album, asked.words, asked.call, here, by=WHO)
    return answer(request, facts_of(go_on_with(album, AlbumTerms(), here), here), status=202)


@router.get("/{album}/archive", operation_id="download_album", response_class=Response,
            responses={200: {"content": {ARCHIVE: {}}}})  # fmt: skip
def send_archive(request: Request, album: AlbumId, here: Here) -> Response:
    """Send the folder of an album as one archive, packed while it is sent."""
    found = agent.get_album(album, here.studio)
    root = slug(found.story.album.title) or album
    return send_zip(request, root, agent.list_files(found), datetime.fromtimestamp(found.last_change, UTC))


@router.delete("/{album}", operation_id="delete_album", response_model=TrashEntry)
def delete_one(request: Request, album: AlbumId, here: Here) -> Response:
    """Move an album to the trash; its takes stay in the library."""
    agent.find_folder(album, here.studio)
    refuse_busy(album, here)
    return answer(request, agent.delete_album(album, here.studio))


def _tell_plan(plan: AlbumPlan) -> PlannedAlbum:
    return PlannedAlbum(plan=plan, seconds=plan.seconds, candidates=sum(len(one.seeds) for one in plan.tracks))


def _read_plan(asked: Mapping[str, Any], here: Served) -> AlbumPlan:
    """A plan that was sent. Raises `BadInput` that names every mistake by its field."""
    if faults := find_faults(AlbumPlan, asked):
        raise BadInput(f"the plan: {faults[0]}", remedy="correct the named fields", faults=tuple(faults))
    plan = settle_plan(AlbumPlan.model_validate(asked), where="the plan")
    named = [{"playing": one.playing.model_dump(mode="json", include={"variant", "adapters"})} for one in plan.tracks]
    check_names({"tracks": named}, here)
    if looks_like_path(plan.desk):
        fault = "desk: a path is not taken here"
        raise BadInput(fault, remedy="name a desk; see the list of desks", faults=(fault,))
    return plan
