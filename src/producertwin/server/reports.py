"""Reports: pages that the studio has written, sent so that a browser shows them and lets them do nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from fastapi import Request, Response

from ..errors import NotFound
from ..untrusted import LARGEST
from .answers import names_tag

POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""No script, no form, no request: styles, pictures and sounds inside the page alone."""


def send_report(request: Request, path: Path) -> Response:
    """The page at `path`. Raises `NotFound` where there is none."""
    if path.is_symlink() or not path.is_file():
        raise NotFound("there is no report of this", remedy="make it again: its page is written with it")
    if path.stat().st_size > LARGEST:
        raise NotFound(f"the report is larger than {LARGEST >> 20} MiB", remedy="open it in the studio's folder")
    content = path.read_bytes()
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"content-security-policy": POLICY, "x-frame-options": "SAMEORIGIN", "etag": tag}
    headers |= {"cache-control": "private, no-cache"}
    if names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, "text/html; charset=utf-8")
