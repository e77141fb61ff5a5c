"""What is wrong in a sound and where, and what was repaired: reports on takes, tracks and assets; repairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import create_model

from ..errors import NotFound
from ..library import Take
from ..quality.detectors.defect import KINDS, REPAIRABLE, Kind
from ..quality.repair.candidates import CANDIDATES
from ..quality.report import inspect
from ..recipe import Record
from ..verbs.opened_sound import Meant, OpenedSound, find_asked
from ..verbs.repaired import RepairRecord, find_repair, list_repairs
from ..verbs.reports import KeptReport, Subject, SubjectKind, find_report, keep_report, name_report, read_report
from . import routes_assets, routes_takes, routes_tracks
from .answers import Page, answer, page
from .bodies import JsonRoute
from .previews import Sound
from .served import Cursor, Here, Limit, Served, finite

reports = APIRouter(prefix="/v1/reports", tags=["reports"], route_class=JsonRoute)
repairs = APIRouter(prefix="/v1/repairs", tags=["repairs"], route_class=JsonRoute)
LONGEST_REPORT: Final = 600.0
"""Seconds of sound that are listened to while somebody waits; a job of the kind `inspect` listens to longer ones."""
ReportFacts: Any = finite(KeptReport)
RepairFacts: Any = create_model("RepairFacts", __base__=finite(RepairRecord), gone=(bool, ...))
"""A repair, and whether what came of it was deleted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound to be inspected."""

    subject: Subject
    sound: Sound
    seconds: float
    take: Take | None = None


class DefectKind(Record):
    """A kind of defect, and what can be done about it."""

    kind: str
    words: str
    """What it is called for people."""
    span: Literal["event", "passage", "whole"]
    """Whether it is a moment, a stretch, or a property of the whole sound."""
    points: float
    """What it costs of ten points where it is as bad as it gets."""
    source: str
    """Where its measure is from."""
    edits: tuple[str, ...]
    """Plain edits that are tried, in their order."""
    repairable: bool
    """Whether anything can be done; without edits its region of a take is played anew."""


@reports.get("/kinds", operation_id="list_defect_kinds", response_model=Page[DefectKind])
def list_defect_kinds(request: Request) -> Response:
    """List the kinds of defects that are looked for."""
    return answer(request, {"items": [_kind(one) for one in KINDS.values()]})


def _kind(one: Kind) -> DefectKind:
    edits = tuple(candidate.name for candidate in CANDIDATES.get(one.name, ()))
    about = {name: getattr(one, name) for name in ("words", "span", "points", "source")}
    return DefectKind(kind=one.name, edits=edits, repairable=one.name in REPAIRABLE, **about)


@reports.get("/{report}", operation_id="read_report", response_model=ReportFacts)
def read_one_report(request: Request, report: str, here: Here) -> Response:
    """Read a report that a job of the kind `inspect` made."""
    return answer(request, read_report(report, here.studio))


@repairs.get("", operation_id="list_repairs", response_model=Page[RepairFacts])
def list_every_repair(
    request: Request,
    here: Here,
    subject: Annotated[str | None, Query(max_length=80, description="Only those of this take or asset.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List the repairs that were kept, the newest first: each names what was there before and what came of it."""
    found = page(list_repairs(here.studio, subject), limit, cursor)
    return answer(request, found | {"items": [_tell(one, here) for one in found["items"]]})


@repairs.get("/{repair}", operation_id="read_repair", response_model=RepairFacts)
def read_one_repair(request: Request, repair: str, here: Here) -> Response:
    """Read a repair: what was tried, what was kept, and what is still there."""
    return answer(request, _tell(find_repair(repair, here.studio), here))


def _tell(record: RepairRecord, here: Served) -> dict[str, Any]:
    """A repair as `RepairFacts`."""
    return {one.name: getattr(record, one.name) for one in fields(record)} | {"gone": _is_gone(record, here)}


def _is_gone(record: RepairRecord, here: Served) -> bool:
    if record.after is None:
        return False
    try:
        here.assets.get(record.after) if record.kind == "asset" else here.library.takes.get(record.after)
    except NotFound:
        return True
    return False


def add_report_route(router: APIRouter, kind: SubjectKind, find: Callable[[str, Served], Heard]) -> None:
    """Add the route of the reports on sounds of a `kind`, which `find` looks up by id."""

    def report_on(request: Request, key: str, here: Here) -> Response:
        """Read what is wrong in the sound and where; it is listened to where nobody has yet."""
        return answer(request, _report_on(find(key, here), here))

    router.add_api_route("/{key}/report", report_on, operation_id=f"read_{kind}_report", response_model=ReportFacts)


def _report_on(heard: Heard, here: Served) -> KeptReport:
    """The report on a sound, made where it is not there yet. Raises as `Previews.decode` does, `NotFound` for a long sound."""
    name = name_report(heard.subject)
    found = find_report(name, here.studio)
    if found is not None:
        return found
    if heard.seconds > LONGEST_REPORT:
        raise NotFound("nobody has inspected this yet, and it is long", remedy="ask for a job of the kind inspect")
    with here.previews.turn():
        found = find_report(name, here.studio)  # whoever was before may have asked the same
        return found or _inspect(name, heard, here)


def _inspect(name: str, heard: Heard, here: Served) -> KeptReport:
    decoded = here.previews.decode(heard.sound.path)
    asked = find_asked(OpenedSound(heard.subject.name, heard.sound.path, decoded, heard.take), Meant(), [])
    report, _ = inspect(decoded.samples, asked, decoded.clipping)
    facts = (decoded.info.rate, decoded.info.channels, Meant(), asked.reference.name)
    return keep_report(KeptReport(name, heard.subject, here.library.takes.clock(), *facts, report), here.studio)


def _hear_take(key: str, here: Served) -> Heard:
    take = here.library.takes.get(key)
    if not here.library.takes.has_sound(take):
        raise NotFound(f"take {take.id} was kept as latents", remedy="ask for a job of the kind inspect, which decodes it")
    return Heard(Subject("take", take.id, take.caption), routes_takes.sound_of(take.id, here), take.seconds, take)


def _hear_asset(key: str, here: Served) -> Heard:
    asset = here.assets.get(key)
    return Heard(Subject("asset", asset.id, asset.name), routes_assets.sound_of(key, here), asset.seconds)


def _hear_track(key: str, here: Served) -> Heard:
    track = here.library.tracks.get(key)
    return Heard(Subject("track", track.id, track.title), routes_tracks.sound_of(track.id, here), track.seconds)


add_report_route(routes_takes.router, "take", _hear_take)
add_report_route(routes_assets.router, "asset", _hear_asset)
add_report_route(routes_tracks.tracks, "track", _hear_track)
