"""Records as answers: JSON without this machine's paths, pages of lists, and 304 where a client has it already."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import is_dataclass
from typing import Any, Final, Generic, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter

from ..errors import BadInput
from ..untrusted import parse_json
from ..wording import hide_keys
from .problems import Hider, Problem

T = TypeVar("T")
TEXTS: Final = frozenset({
    "title", "caption", "lyrics", "text", "source_caption", "source_lyrics", "global_caption", "toml", "chords", "form", "remark",
    "tags", "own_text", "look_at", "result", "status_url", "notes", "players", "chord", "tempi", "model_card", "brief",
    "words", "meaning", "unknown", "cannot", "before", "after", "read", "doubted",
})  # fmt: skip
"""Fields that hold what people wrote, which is given back as it is; and addresses of this server."""
LIMIT: Final = 50
"""Things on a page of a list, where nobody says."""
MOST: Final = 500
_ANY: Final = TypeAdapter(Any)


class Page(BaseModel, Generic[T]):
    """A part of a list, and how to get the next."""

    model_config = ConfigDict(frozen=True)

    items: tuple[T, ...]
    """Things, in the order of the list."""
    next: str | None = None
    """What to send as `cursor` for what follows; absent at the end."""
    damaged: tuple[str, ...] = ()
    """Ids of things that stand here and cannot be read."""


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": words, "model": Problem, "content": {"application/problem+json": {}}}
    for status, words in (
        (400, "The request names another server, or has a body where none belongs."),
        (401, "The token is missing or wrong."),
        (403, "A page of another origin sent it."),
        (404, "There is no such thing."),
        (422, "Something that was sent cannot be used; `errors` names each field."),
        (500, "Something unexpected happened; the server's log has it under `request`."),
        (503, "Something that is needed is missing or busy."),
        (507, "Disk or memory ran out."),
    )
}
"""What any route may answer besides its result."""


def plain(value: Any, hider: Hider, field: str = "") -> Any:
    """`value` in JSON's types: no path of this machine, and None for numbers that JSON lacks."""
    match value:
        case str():
            return value if field in TEXTS else _cut_path(value, hider)
        case bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(name): plain(one, hider, str(name)) for name, one in value.items()}
        case list() | tuple():
            return [plain(one, hider, field) for one in value]
        case BaseModel():
            return plain(value.model_dump(mode="json"), hider, field)
    if is_dataclass(value):
        return plain(_ANY.dump_python(value), hider, field)
    return plain(_ANY.dump_python(value, mode="json"), hider, field)


def answer(request: Request, value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` as JSON; 304 without a body where the client's `If-None-Match` names it."""
    data = plain(value, request.app.state.hider)
    return send_json(request, data, status=status, headers=headers)


def send_json(request: Request, data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`data`, which holds nothing of this machine, as JSON; 304 without a body where the client has it."""
    body = hide_keys(json.dumps(data, ensure_ascii=False, allow_nan=False)).encode("utf-8", "replace")
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = {"etag": tag, "cache-control": "private, no-cache", **(headers or {})}
    if status == 200 and names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=known)
    return Response(body, status, known, "application/json")


def names_tag(header: str, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag (weak comparison, RFC 9110 13.1.2)."""
    named = {one.strip().removeprefix("W/") for one in header.split(",")}
    return tag in named or header.strip() == "*"


def page(items: Sequence[T], limit: int | None, cursor: str | None) -> dict[str, Any]:
    """The page of a list that is at hand as a whole; its cursors are places in it. Raises `BadInput` for another cursor."""
    start = read_cursor(cursor)[0] if cursor else 0
    if not isinstance(start, int) or start < 0:
        raise wrong_cursor()
    end = start + min(limit or LIMIT, MOST)
    return {"items": items[start:end], "next": write_cursor(end) if end < len(items) else None}


def write_cursor(*parts: int | str) -> str:
    """Where the next page begins, as a text that others hand back and need not understand."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_cursor(text: str) -> list[Any]:
    """What `write_cursor` wrote. Raises `BadInput` for another text."""
    try:
        parts = parse_json(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)), "the cursor")
    except (ValueError, BadInput):
        raise wrong_cursor() from None
    if not isinstance(parts, list) or not parts:
        raise wrong_cursor()
    return parts


def wrong_cursor() -> BadInput:
    """The error for a cursor that no list has given out."""
    return BadInput("the cursor is none of this list", remedy="begin without a cursor", faults=("cursor: is none of this list",))


def _cut_path(text: str, hider: Hider) -> str:
    """`text` without a path of this machine; an absolute path alone is cut to its last name."""
    absolute = text.startswith(("/", "~/", "\\\\")) or text[1:3] in (":\\", ":/")
    if absolute and "\n" not in text and len(text) > 1:
        return text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return hider.hide_paths(text)
