"""What a client may read by its address: takes with their picture and sound, albums with their story, reports, repairs, jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...agent.albums import list_albums
from ...errors import NotFound
from ...library import Filter
from ...verbs.repaired import find_repair
from ...verbs.reports import read_report
from .album_records import MOST_ROWS, DecisionPage
from .album_tools import describe_album, describe_decisions
from .attached import Attached
from .job_tools import tell_job
from .names import TAKE
from .quoting import clean
from .sounds import draw, preview
from .take_tools import describe_take, find_take
from .tool import Attachment, show

NEWEST: Final = 20
"""Takes, and albums, that are listed by themselves."""
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of address."""

    name: str
    address: str
    about: str
    media: str
    read: Callable[[str, Attached], Attachment]


@dataclass(frozen=True, slots=True)
class Listed:
    """An address in the list."""

    name: str
    address: str
    about: str
    media: str


def read_address(address: str, attached: Attached) -> Attachment:
    """What stands at an address. Raises `NotFound` for one that is none of ours, and as its reader does."""
    for one in TEMPLATES:
        before, after = one.address.split("{id}")
        found = re.fullmatch(f"{re.escape(before)}({TAKE}){re.escape(after)}", address)
        if found:
            return one.read(found[1], attached)
    raise NotFound(f"nothing stands at {clean(address, 80)!r}", remedy="read one of the resources or templates that are listed")


def list_addresses(attached: Attached) -> list[Listed]:
    """The newest takes, and the albums that were changed last."""
    takes, _ = attached.here.library.takes.survey(Filter(limit=NEWEST, latents=False))
    albums, _ = list_albums(attached.here.studio)
    return [
        *(Listed(one.id, f"twin://takes/{one.id}", f"A take, whose caption is {_quote(one.caption)}", JSON) for one in takes),
        *(
            Listed(one.id, f"twin://albums/{one.id}", f"An album, whose title is {_quote(one.story.album.title)}", JSON)
            for one in albums[:NEWEST]
        ),
    ]


def _quote(text: str) -> str:
    """What people wrote, in quotes: a description of ours would be read as our words."""
    return json.dumps(clean(text, 120), ensure_ascii=False)


def _write(data: Mapping[str, Any], attached: Attached) -> Attachment:
    return Attachment(JSON, json.dumps(show(data, attached.here), ensure_ascii=False, allow_nan=False).encode())


def _read_take(key: str, attached: Attached) -> Attachment:
    return _write(describe_take(find_take(key, attached), attached), attached)


def _read_record(key: str, attached: Attached) -> Attachment:
    return _write(find_take(key, attached).model_dump(mode="json"), attached)


def _read_picture(key: str, attached: Attached) -> Attachment:
    return Attachment("image/png", draw(find_take(key, attached), attached))


def _read_sound(key: str, attached: Attached) -> Attachment:
    heard = preview(find_take(key, attached), attached)
    return Attachment(heard.media, heard.content)


def _read_album(key: str, attached: Attached) -> Attachment:
    return _write(describe_album(key, attached), attached)


def _read_decisions(key: str, attached: Attached) -> Attachment:
    return _write(describe_decisions(DecisionPage(album=key, limit=MOST_ROWS), attached), attached)


def _read_report(key: str, attached: Attached) -> Attachment:
    return _write({"report": read_report(key, attached.here.studio)}, attached)


def _read_repair(key: str, attached: Attached) -> Attachment:
    return _write({"repair": find_repair(key, attached.here.studio)}, attached)


def _read_job(key: str, attached: Attached) -> Attachment:
    return _write(tell_job(attached.require_job(key), attached), attached)


TEMPLATES: Final = (
    Template("take", "twin://takes/{id}", "A take: how it came to be and what it measures.", JSON, _read_take),
    Template("record", "twin://takes/{id}/record", "The whole record of a take: playing it again makes it.", JSON, _read_record),
    Template("picture", "twin://takes/{id}/picture", "Waveform above spectrogram.", "image/png", _read_picture),
    Template("sound", "twin://takes/{id}/sound", "The sound, its first minutes where it is long.", "audio/ogg", _read_sound),
    Template("album", "twin://albums/{id}", "An album: its tracks, candidates and what waits.", JSON, _read_album),
    Template("decisions", "twin://albums/{id}/decisions", "Its story, the first decisions first.", JSON, _read_decisions),
    Template("report", "twin://reports/{id}", "What inspect found in a sound.", JSON, _read_report),
    Template("repair", "twin://repairs/{id}", "What repair tried and kept.", JSON, _read_repair),
    Template("job", "twin://jobs/{id}", "How a job stands.", JSON, _read_job),
)
"""Every kind of address."""
