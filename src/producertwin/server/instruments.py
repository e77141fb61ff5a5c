"""Instruments that a browser plays: exports with a player among the studio's models, file by file. They need the token.

`/instruments/NAME/player/` is the page for the export in the folder NAME of `models`; it asks for the graphs one folder above
itself, as it does on any other server. Its script is this package's own, for one from a folder that somebody else made could do
here whatever the studio's page may. It computes in WebAssembly, which no other page here may.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ..errors import NotFound
from .media import send_file
from .page import TYPES
from .served import Here

router = APIRouter(prefix="/instruments", include_in_schema=False)
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; style-src 'self'; connect-src 'self'; "
    "media-src blob:; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may do: compute in WebAssembly, in a worker of its own, and load from this server alone."""
PAGE: Final = Path(__file__).parent.parent / "release" / "export" / "page"
WORDS: Final = "player/words.json"
"""What an export with a player has, and another has not."""
_OWN: Final = ("player.js", "player.css")
_THEIRS: Final = re.compile(
    r"[a-z_]+\.onnx|twin\.json|instrument\.json|constants\.safetensors|tokenizer/tokenizer\.json|player/(?:words\.json|[\w-]+\.wasm)",
    re.ASCII,
)
_TYPES: Final = {**TYPES, ".wasm": "application/wasm"}


@router.get("/{name}")
def go_to_player(name: str, here: Here) -> Response:
    """Go to the page of an instrument."""
    return RedirectResponse(f"/instruments/{quote(_find(here.studio.settings.models, name).name, safe='')}/player/", 307)


@router.get("/{name}/player/")
def show_player(name: str, here: Here) -> Response:
    """Show the page of an instrument."""
    _find(here.studio.settings.models, name)
    text = (PAGE / "index.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers={"content-security-policy": POLICY})


@router.get("/{name}/{file:path}")
def send_instrument_file(request: Request, name: str, file: str, here: Here) -> Response:
    """Send a file that the page needs."""
    folder = _find(here.studio.settings.models, name)
    own = file.removeprefix("player/")
    path = PAGE / own if own != file and own in _OWN else folder / file
    if not (path.parent == PAGE or (_THEIRS.fullmatch(file) and _lies_inside(path, folder))) or not path.is_file():
        raise NotFound("the instrument has no such file for a browser")
    facts = path.stat()
    tag = f"{facts.st_size:x}-{facts.st_mtime_ns:x}"
    return send_file(request, path, tag=tag, media=_TYPES.get(path.suffix, "application/octet-stream"))


def _lies_inside(path: Path, folder: Path) -> bool:
    """Whether no link leads from a file of an instrument to somewhere else."""
    return path.resolve().is_relative_to(folder.resolve())


def _find(models: Path, name: str) -> Path:
    """The folder of an instrument with a player. Raises `NotFound` where there is none of that name."""
    found = next((path for path in models.glob("*/") if path.name == name and (path / WORDS).is_file()), None)
    if found is None:
        remedy = "export one into the studio's models: twin export nano --format onnx --player -o MODELS/NAME"
        raise NotFound("there is no such instrument for a browser", remedy=remedy)
    return found
