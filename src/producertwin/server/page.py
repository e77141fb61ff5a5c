"""The page of the studio: its files, and the addresses at which it is shown. They need no token and tell nothing of the studio.

`web/` builds the files into `static`; `demo` holds the take that a first visit hears. All that the page shows of a studio it asks
of `/v1`, as any program does.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from ..errors import NotFound
from .addresses import PLACES
from .answers import names_tag
from .media import send_file

router = APIRouter(include_in_schema=False)
HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
DEMO: Final = HERE / "demo"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".woff2": "font/woff2",
}
"""Media types of the page's files by suffix; another is bytes."""
PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(self)"
"""What the page may ask the browser for: the microphone, into which a line is hummed."""
WORKERS: Final = {"worker.js": "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'"}
"""Files that run as workers, and what each may do, which no other file and no place of the page may: run WebAssembly."""
NONCE: Final = "%STYLE_NONCE%"
"""Where the page says under which nonce its parts may add styles of their own."""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    zipped: bytes
    """The same by gzip; empty where that is no smaller."""
    tag: str


def policy(nonce: str) -> str:
    """What the page may do: run its own scripts and none inside it, load from this server alone, and be shown in no other."""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; frame-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def show_page() -> HTMLResponse:
    """Show the page; which place of it, the address says."""
    nonce = secrets.token_urlsafe(12)
    text = _read("index.html").content.decode().replace(NONCE, nonce)
    return HTMLResponse(text, headers={"content-security-policy": policy(nonce), "permissions-policy": PERMISSIONS})


router.add_api_route("/", show_page)
for _place in PLACES:
    router.add_api_route(f"/{_place}", show_page)
    router.add_api_route(f"/{_place}/{{rest:path}}", show_page)


@router.get("/static/demo/{name}")
def send_demo(request: Request, name: str) -> Response:
    """Send the demo take, or its peaks at one resolution."""
    if name not in _names(DEMO):
        raise NotFound("the page has no such file")
    return send_file(request, DEMO / name, tag=_digest((DEMO / name).read_bytes()), media=_type(name))


@router.get("/static/{name}")
def send_static(request: Request, name: str) -> Response:
    """Send a file of the page, by gzip where the browser takes it."""
    if name not in _names(STATIC) or name == "index.html":
        raise NotFound("the page has no such file")
    file = _read(name)
    zipped = bool(file.zipped) and "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{file.tag}{"-gzip" if zipped else ""}"'
    headers = {"etag": tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    headers |= {"content-encoding": "gzip"} if zipped else {}
    headers |= {"content-security-policy": WORKERS[name]} if name in WORKERS else {}
    return Response(file.zipped if zipped else file.content, 200, headers, _type(name))


@cache
def _names(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir() if path.is_file())


@cache
def _read(name: str) -> _File:
    content = (STATIC / name).read_bytes()
    zipped = gzip.compress(content, 9, mtime=0)
    return _File(content, zipped if len(zipped) < 0.9 * len(content) else b"", _digest(content))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def _type(name: str) -> str:
    return TYPES.get(Path(name).suffix, "application/octet-stream")
