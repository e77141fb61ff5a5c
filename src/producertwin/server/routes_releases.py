"""Releases of twins: what one would hold, those that lie here, their files one by one and as an archive."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter

from ..errors import BadInput, NotFound
from ..library import adapters as twins
from ..library import sums
from ..library.trash import TrashEntry
from ..recipe import Record, short_id
from ..release.bundle import card
from ..release.bundle.dossier import NOT_STATED, Dossier, SampleTake
from ..untrusted import LARGEST_CONFIG, read_text
from ..verbs import releases as verb
from ..verbs.release import Gap, ReleasePlan, plan_release, tell_gaps
from ..verbs.releases import ID, KeptRelease, ReleaseCheck, ReleaseFile
from .answers import Page, answer, page
from .archives import ARCHIVE, send_zip
from .asked import looks_like_path
from .bodies import JsonRoute
from .media import TYPES, send_file
from .served import Cursor, Here, Limit, Served
from .sounds import BINARY

router = APIRouter(prefix="/v1/releases", tags=["releases"], route_class=JsonRoute)
ReleaseId = Annotated[str, PathParameter(pattern=ID)]


class ReleaseContent(Record):
    """What a release says."""

    producer: str
    variant: str
    """On which the twin plays."""
    kind: str
    """`lora`, `dora` or `lokr`."""
    licence: str
    """Of the weights."""
    licences: str
    """In a sentence: under which licence the weights are, and the songs that they learned from."""
    songs: int
    """Songs that it learned from; 0 where nobody knows."""
    answer: str
    """What its proof found; empty without a proof."""
    merged: bool
    """Whether the variant with the twin merged in is inside."""
    gaps: tuple[Gap, ...]
    """What a reader of it will miss."""


class PlannedRelease(ReleaseContent):
    """What a release would hold if it were made now."""

    takes: tuple[str, ...]
    """Ids of the takes."""
    stated: str
    """The licence that the twin itself states; empty where it states none, and one has to be said."""


class ReleaseFacts(ReleaseContent):
    """A release."""

    id: str
    made: datetime
    takes: tuple[SampleTake, ...]
    files: int
    bytes: int
    check: ReleaseCheck | None
    """What its last check found; absent where it was not checked."""
    current: bool | None
    """Whether it holds the twin as it is now; absent where the producer has none."""


class FileInRelease(Record):
    """A file of a release."""

    id: str
    name: str
    bytes: int


class ReleaseDetail(ReleaseFacts):
    """A release in detail."""

    model_card: str
    """Its card, as Markdown."""
    contents: tuple[FileInRelease, ...]


@router.get("", operation_id="list_releases", response_model=Page[ReleaseFacts])
def list_every_release(
    request: Request,
    here: Here,
    producer: Annotated[str | None, Query(max_length=200, description="Whose; everybody's when absent.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List the releases, the newest first."""
    found, damaged = verb.list_releases(here.studio, producer)
    part = page(found, limit, cursor)
    return answer(request, part | {"items": [_facts(one, here) for one in part["items"]], "damaged": damaged})


@router.get("/plan", operation_id="plan_release", response_model=PlannedRelease)
def plan_one(
    request: Request,
    here: Here,
    producer: Annotated[str, Query(min_length=1, max_length=200)],
    licence: Annotated[str, Query(max_length=200, description="The twin's own when absent.")] = "",
    takes: Annotated[int, Query(ge=0, le=20)] = 3,
    titles: bool = True,
) -> Response:
    """Tell what a release of a producer's twin would hold, and what it would lack. Nothing is made."""
    if looks_like_path(producer):
        raise NotFound(f"no producer {producer[:80]!r}", remedy="see the list of producers")
    twin = twins.get_installed(producer, here.studio.settings.studio)
    stated = twins.describe(twin.folder).card.get("licence", "")
    asked = ReleasePlan(subject=twin.slug, licence=licence or stated or NOT_STATED, takes=takes, titles=titles)
    found, chosen = plan_release(asked, here.studio)
    return answer(request, PlannedRelease(**_content(found), takes=chosen, stated=stated))


@router.get("/{release}", operation_id="read_release", response_model=ReleaseDetail)
def read_release(request: Request, release: ReleaseId, here: Here) -> Response:
    """Read a release: what it says, its model card, and its files."""
    found = verb.get_release(release, here.studio)
    files = tuple(FileInRelease(id=_id(one), name=one.name, bytes=one.bytes) for one in found.files)
    text = read_text(found.folder / card.NAME, largest=LARGEST_CONFIG, remedy=sums.REMEDY)
    facts = _facts(found, here).model_dump() | {"model_card": text, "contents": files}
    return answer(request, ReleaseDetail(**facts))


@router.get("/{release}/archive", operation_id="download_release", response_class=Response,
            responses={200: {"content": {ARCHIVE: {}}}})  # fmt: skip
def send_archive(request: Request, release: ReleaseId, here: Here) -> Response:
    """Send a release as one archive, packed while it is sent."""
    found = verb.get_release(release, here.studio)
    root = f"{twins.slug(found.dossier.producer)}-{found.dossier.created:%Y%m%d}"
    return send_zip(request, root, [(one.name, one.path) for one in found.files], found.dossier.created)


@router.get("/{release}/files/{file}", operation_id="read_release_file", response_class=Response,
            responses={200: {"content": {"application/octet-stream": {}}}, **BINARY})  # fmt: skip
def send_one(request: Request, release: ReleaseId, file: Annotated[str, PathParameter(pattern=ID)], here: Here) -> Response:
    """Send a file of a release, or one range of its bytes."""
    found = next((one for one in verb.get_release(release, here.studio).files if _id(one) == file), None)
    if found is None:
        raise NotFound(f"no file {file} in release {release}", remedy="read the release for its files")
    suffix = found.path.suffix.lower().lstrip(".")
    tag = short_id([found.name, found.bytes, found.path.stat().st_mtime_ns])
    sent = send_file(request, found.path, tag=tag, media=TYPES.get(suffix, "application/octet-stream"))
    sent.headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(found.path.name, safe='')}"
    return sent


@router.delete("/{release}", operation_id="delete_release", response_model=TrashEntry)
def delete_one(request: Request, release: ReleaseId, here: Here) -> Response:
    """Move a release to the trash."""
    return answer(request, verb.delete_release(release, here.studio))


def _content(found: Dossier) -> dict[str, Any]:
    """What a dossier says, by the fields of `ReleaseContent`."""
    return {
        "producer": found.producer,
        "variant": found.instrument.name,
        "kind": found.kind,
        "licence": found.licence,
        "licences": found.licence_sentence,
        "songs": len(found.learned.side("train")),
        "answer": found.proven.answer if found.proven else "",
        "merged": found.merged,
        "gaps": tuple(tell_gaps(found)),
    }


def _facts(found: KeptRelease, here: Served) -> ReleaseFacts:
    dossier = found.dossier
    return ReleaseFacts(
        **_content(dossier),
        id=found.id,
        made=dossier.created,
        takes=dossier.takes,
        files=len(found.files),
        bytes=sum(one.bytes for one in found.files),
        check=found.check,
        current=_is_current(dossier, here),
    )


def _is_current(found: Dossier, here: Served) -> bool | None:
    """Whether the producer's twin is the one of the release, by what both say of themselves: of weights nothing is read."""
    try:
        twin = twins.get_installed(found.producer, here.studio.settings.studio)
    except (NotFound, BadInput):
        return None
    said = found.adapter.model_dump(mode="json", exclude_defaults=True)
    return twins.describe(twin.folder).card == {name: str(value) for name, value in said.items()}


def _id(file: ReleaseFile) -> str:
    """The id of a file within its release."""
    return short_id(file.name, person=b"release file")
