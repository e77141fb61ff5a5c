"""The machine and what is installed: variants, planners, styles, what it can do, and what the doctor finds."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field

from .. import __version__
from ..audio.encoding import FORMATS
from ..audio.formats import KINDS
from ..errors import NotFound
from ..house_band.styles import STYLES, Style
from ..model.presence import PlannerStatus, Status
from ..music import STEMS
from ..recipe import Record
from ..timebase import MAX_SECONDS, MIN_SECONDS
from ..verbs import config, models
from ..verbs.doctor import Finding, doctor
from .answers import MOST, Page, answer, page
from .bodies import JsonRoute
from .guard import Door
from .media import TYPES, send_file
from .previews import LONGEST
from .served import Cursor, Here, Limit, omit, pick
from .sounds import BINARY
from .style_samples import find_sample

router = APIRouter(prefix="/v1", tags=["studio"], route_class=JsonRoute)
UNMUSICAL: Final = "tiny"
"""The variant that is there for tests: what it makes is no music, so it is not offered for any task."""
SETTABLE: Final = ("producer", "licence", "provider", "device", "memory")
"""Settings that can be changed over HTTP; the others decide what this machine lets in and out."""
UNTOLD: Final = frozenset({"database"})
"""Settings that may hold a password."""
VariantFacts = omit(Status, "where")
PlannerFacts = omit(PlannerStatus, "where")


class StyleFacts(Record):
    """A way of playing that captions can ask for."""

    id: str
    name: str
    category: str
    tempo: tuple[int, int]
    """Beats per minute, from and to."""
    meters: tuple[int, ...]
    tags: tuple[str, ...]
    """Words of a caption that ask for it."""


class Limits(Record):
    """What is taken at most."""

    upload_bytes: int
    assets_bytes: int
    """All assets together."""
    upload_seconds: float
    take_seconds: tuple[float, float]
    """Shortest and longest take."""
    page: int
    """Things on a page of a list."""


class Capabilities(Record):
    """What this server can do."""

    version: str
    tasks: dict[str, tuple[str, ...]]
    """Each task, and the variants that are here and make music of it."""
    variants: tuple[VariantFacts, ...]  # type: ignore[valid-type]
    planners: tuple[PlannerFacts, ...]  # type: ignore[valid-type]
    stems: tuple[str, ...]
    reads: tuple[str, ...]
    """Kinds of sound that can be uploaded."""
    writes: tuple[str, ...]
    """Formats that takes are exported in."""
    limits: Limits


class Examination(Record):
    """What the doctor found."""

    healthy: bool
    findings: tuple[Finding, ...]


class Disk(Record):
    """What the studio takes on the disk, in bytes."""

    free: int
    takes: int
    """How many there are."""
    tracks: int
    sounds_bytes: int
    """Contents of takes and tracks."""
    assets_bytes: int
    models_bytes: int
    trashed: int
    """Entries of the trash."""
    trash_bytes: int


class SettingFacts(Record):
    """A setting as it stands."""

    name: str
    value: str | bool | float | None
    source: str
    """`default`, `file` or `environment`: what the environment says wins."""
    about: str
    settable: bool
    """Whether it can be changed here."""


class SettingSaid(Record):
    """What a setting is to be."""

    value: str | None = Field(None, max_length=200)
    """Nothing keeps none."""


@router.get("/variants", operation_id="list_variants", response_model=Page[VariantFacts])  # type: ignore[valid-type]
def list_variants(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the variants of the instrument: whether each is here, its size and its licence."""
    return answer(request, page([pick(VariantFacts, one) for one in models.list_models(here.studio)], limit, cursor))


@router.get("/planners", operation_id="list_planners", response_model=Page[PlannerFacts])  # type: ignore[valid-type]
def list_planners(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the planners: whether each is here, its size and its licence."""
    return answer(request, page([pick(PlannerFacts, one) for one in models.list_planners(here.studio)], limit, cursor))


@router.get("/styles", operation_id="list_styles", response_model=Page[StyleFacts])
def list_styles(request: Request, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the styles that captions can ask for."""
    return answer(request, page([_style(one) for one in STYLES.values()], limit, cursor))


@router.get("/styles/{style}/sample", operation_id="read_style_sample", response_class=Response, responses=BINARY)
def read_style_sample(request: Request, style: str, here: Here) -> Response:
    """Send how a style sounds: a few bars by the house band, as MP3."""
    path = find_sample(style, here.studio.settings.studio, here.previews.turn)
    return send_file(request, path, tag=f"style-{path.stem}", media=TYPES["mp3"])


@router.get("/capabilities", operation_id="read_capabilities", response_model=Capabilities)
def read_capabilities(request: Request, here: Here) -> Response:
    """Read what this server can do: tasks and the variants that do them, formats and limits."""
    door: Door = request.app.state.door
    variants = models.list_models(here.studio)
    tasks: dict[str, tuple[str, ...]] = {task: () for one in variants for task in one.tasks}
    for one in variants:
        if one.present and one.name != UNMUSICAL:
            tasks |= {task: (*tasks[task], one.name) for task in one.tasks}
    limits = Limits(
        upload_bytes=door.most_upload,
        assets_bytes=here.uploads.limits.quota,
        upload_seconds=LONGEST,
        take_seconds=(MIN_SECONDS, MAX_SECONDS),
        page=MOST,
    )
    found: dict[str, Any] = {
        "version": __version__,
        "tasks": tasks,
        "variants": [pick(VariantFacts, one) for one in variants],
        "planners": [pick(PlannerFacts, one) for one in models.list_planners(here.studio)],
        "stems": STEMS,
        "reads": KINDS,
        "writes": FORMATS,
        "limits": limits,
    }
    return answer(request, found)


@router.get("/disk", operation_id="read_disk", response_model=Disk)
def read_disk(request: Request, here: Here) -> Response:
    """Read what the studio takes on the disk, and what is free."""
    info, studio = here.library.info(), here.studio.settings.studio
    models_ = sum(one.stat().st_size for one in (studio / "models").rglob("*") if one.is_file() and not one.is_symlink())
    found = Disk(
        free=shutil.disk_usage(studio).free, takes=info.takes, tracks=info.tracks, sounds_bytes=info.bytes,
        assets_bytes=here.assets.bytes, models_bytes=models_, trashed=info.trashed, trash_bytes=info.trash_bytes,
    )  # fmt: skip
    return answer(request, found)


@router.get("/config", operation_id="list_settings", response_model=Page[SettingFacts])
def list_every_setting(request: Request, here: Here) -> Response:
    """List the settings of the studio, and where each comes from."""
    found = [_setting(one) for one in config.list_settings(here.studio.settings) if one.name not in UNTOLD]
    return answer(request, {"items": found})


@router.put("/config/{name}", operation_id="set_setting", response_model=SettingFacts)
def set_setting(request: Request, name: str, said: SettingSaid, here: Here) -> Response:
    """Keep a setting in the studio's file, or none. What runs goes on as it began; new workers and `twin` commands follow it."""
    if name not in SETTABLE:
        raise NotFound(f"no setting {name[:40]!r} can be changed here", remedy=f"there are {', '.join(SETTABLE)}")
    if said.value is None:
        config.unset(name, here.studio.settings)
        return answer(request, _setting(config.get(name, here.studio.settings)))
    return answer(request, _setting(config.set_value(name, said.value, here.studio.settings)))


@router.get("/doctor", operation_id="examine", response_model=Examination)
def examine(request: Request, here: Here) -> Response:
    """Look at versions, device, memory, disk, codecs and variants, as `twin doctor` does."""
    found = doctor(here.studio)
    healthy = all(one.state != "trouble" for one in found)
    return answer(request, {"healthy": healthy, "findings": [asdict(one) for one in found]})


def _setting(one: config.Setting) -> SettingFacts:
    source = "default" if one.source == "default" else "environment" if one.source == one.variable else "file"
    return SettingFacts(name=one.name, value=one.value, source=source, about=one.about, settable=one.name in SETTABLE)


def _style(style: Style) -> StyleFacts:
    words = dict.fromkeys((*style.base_tags, *style.instruments, *style.production, *style.moods))
    meters = tuple(meter for meter, _ in style.meters)
    return StyleFacts(id=style.id, name=style.name, category=style.category, tempo=style.tempo, meters=meters, tags=tuple(words))
