"""onnxruntime for browsers: one file of WebAssembly, kept among the studio's models, fetched once and compared with its hash.

It is no part of this package: it weighs 14 MB. The page of `page/`, which holds the script that goes with it, is built from the
same release of onnxruntime-web (`web/package.json`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from ...disk import write_whole
from ...errors import BadInput, Unavailable
from ...model.variants.fetching import transport_errors
from ...settings import Settings

VERSION: Final = "1.30.0"
FILE: Final = "ort-wasm-simd-threaded.wasm"
ADDRESS: Final = f"https://cdn.jsdelivr.net/npm/onnxruntime-web@{VERSION}/dist/{FILE}"
SHA256: Final = "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
BYTES: Final = 14_239_897
_PATIENCE: Final = 30.0
"""Seconds without an answer after which a download is given up."""


def place_of(settings: Settings) -> Path:
    """Where the studio keeps the file."""
    return settings.models / f"onnxruntime-web-{VERSION}" / FILE


def require_reachable(settings: Settings) -> None:
    """Raise `Unavailable` where the file is not here and may not be fetched."""
    if settings.offline and not place_of(settings).is_file():
        raise Unavailable(f"onnxruntime-web {VERSION} is not here and cannot be fetched offline", remedy=_advise(settings))


def find_runtime(settings: Settings) -> Path:
    """The file, fetched where it is not here yet.

    Raises `Unavailable` where it is not here and cannot be fetched, or another file was sent, `BadInput` where another file lies
    in its place, `DiskFull`.
    """
    path = place_of(settings)
    if path.is_file():
        if not _is_right(path.read_bytes()):
            raise BadInput(f"{path} is not the file of onnxruntime-web {VERSION}", remedy="delete it: it is fetched anew")
        return path
    require_reachable(settings)
    return write_whole(path, _fetch(settings))


def _fetch(settings: Settings) -> bytes:
    import httpx

    try:
        with httpx.stream("GET", ADDRESS, timeout=_PATIENCE, follow_redirects=True) as answer:
            answer.raise_for_status()
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > BYTES:
                    break
    except transport_errors() as error:
        trouble = f"onnxruntime-web could not be fetched from {ADDRESS}: {error!s:.200}"
        raise Unavailable(trouble, remedy=_advise(settings)) from None
    if not _is_right(content):
        raise Unavailable(f"{ADDRESS} sent another file than onnxruntime-web {VERSION}", remedy=_advise(settings))
    return bytes(content)


def _is_right(content: bytes | bytearray) -> bool:
    return len(content) == BYTES and hashlib.sha256(content).hexdigest() == SHA256


def _advise(settings: Settings) -> str:
    return f"fetch {ADDRESS} elsewhere and put it at {place_of(settings)}"
