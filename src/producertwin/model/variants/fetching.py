"""Fetch the files of a repository of the Hugging Face hub, none of which is believed before it is checked.

The server is asked once which files there are. Their names must stay inside the folder and their sizes within what the catalogue
expects; then every file is fetched by the hub's client and its content is compared with the hash that the server gave for it:
SHA-256 of large files, Git's SHA-1 of small ones. A file that is another one is removed before anything reads it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from ...errors import DiskFull, Resources, TwinError, Unavailable
from ...untrusted import HEAD_BYTES, foreign_kind
from .catalogue import WeightSource

CODE: Final = ("*.py", "*.bin", "*.ckpt")
"""Files that could run code, which are never fetched."""
ENDPOINT: str | None = None
"""Address of the hub; None is the client's own."""
MOST_FILES: Final = 1_000
SLACK: Final = 2.0
"""How many times the size that the catalogue expects is accepted."""
SMALL: Final = 64 << 20
"""Bytes by which any repository may be larger: configs and tokenizers."""
REMEDY: Final = "check the network and run the same command again: it resumes"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS}
_NAME: Final = re.compile(r"[\w][\w .+@()-]*(?:/[\w][\w .+@()-]*)*")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the server announces it."""

    name: str
    size: int
    digest: str
    """SHA-256 or Git's SHA-1 in hex; empty where the server gives neither."""


def fetch(source: WeightSource, into: Path) -> None:
    """Fetch the files of `source` into the folder `into`; those that are there and whole are kept.

    Raises `Unavailable` where the server does not answer, answers nonsense or gives another file than it announced, `Resources`
    where the disk is full.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    with _type_errors(source, into):
        commit, files = _listing(source)
    for file in files:
        with _type_errors(source, into):
            sent = get_hf_file_metadata(
                hf_hub_url(source.repo, file.name, revision=commit, endpoint=ENDPOINT), endpoint=ENDPOINT
            ).size
            if sent is not None and sent != file.size:
                message = f"{source.repo}: {file.name} has {sent} bytes, not the {file.size} that the server announced"
                raise Unavailable(message, remedy="do not fetch from it")
            path = Path(hf_hub_download(source.repo, file.name, revision=commit, local_dir=into, endpoint=ENDPOINT))
        trouble = _difference(path, file)
        if trouble:
            path.unlink(missing_ok=True)
            raise Unavailable(f"{source.repo}: {file.name} {trouble}; it was removed", remedy=REMEDY)


def _listing(source: WeightSource) -> tuple[str, list[RemoteFile]]:
    """The commit and the wanted files of a repository, as the server tells them."""
    from huggingface_hub import HfApi

    told = HfApi(endpoint=ENDPOINT).model_info(source.repo, files_metadata=True)
    wanted = [one for one in told.siblings or () if _is_wanted(str(one.rfilename), source)]
    files = [_remote(one) for one in wanted]
    if not files or len(files) > MOST_FILES:
        raise Unavailable(f"{source.repo} lists {len(files)} files that are wanted", remedy=REMEDY)
    strange = next((file for file in files if not _NAME.fullmatch(file.name)), None)
    if strange is not None:
        raise Unavailable(f"{source.repo} lists a file that is named {strange.name!r:.120}", remedy="do not fetch from it")
    size = sum(file.size for file in files)
    if size > source.size * SLACK + SMALL:
        message = f"{source.repo} claims {size / 1e9:.0f} GB, {source.size / 1e9:.1f} GB are expected"
        raise Unavailable(message, remedy="do not fetch from it")
    return str(told.sha or "main"), files


def _is_wanted(name: str, source: WeightSource) -> bool:
    return any(fnmatch(name, kind) for kind in source.patterns) and not any(fnmatch(name, kind) for kind in CODE)


def _remote(told: Any) -> RemoteFile:
    size, digest = told.size, told.lfs.sha256 if told.lfs else told.blob_id
    if type(size) is not int or size < 0:
        raise ValueError(f"{told.rfilename!r:.120} has the size {size!r:.40}")
    return RemoteFile(str(told.rfilename), size, digest if isinstance(digest, str) else "")


def _difference(path: Path, file: RemoteFile) -> str:
    """How the file at `path` differs from what was announced; empty where it does not."""
    there = path.stat().st_size
    with path.open("rb") as opened:
        instead = foreign_kind(opened.read(HEAD_BYTES)) if file.size else ""
        opened.seek(0)
        if instead and path.suffix in {".safetensors", ".json", ".pt"} and "zip" not in instead:
            return f"is {instead}"
        if there != file.size:
            return f"has {there} bytes, not the {file.size} that the server announced"
        known = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", file.digest)
        if known is None:
            return ""
        digest = hashlib.sha256() if len(file.digest) == 64 else hashlib.sha1(b"blob %d\0" % there, usedforsecurity=False)
        while block := opened.read(1 << 22):
            digest.update(block)
    return "" if digest.hexdigest() == file.digest else "is not the file whose hash the server announced"


def transport_errors() -> tuple[type[Exception], ...]:
    """What the HTTP library under the hub's client raises; which one that is depends on the client's version."""
    libraries = [import_module(name) for name in ("httpx", "httpx2") if find_spec(name)]
    return tuple(kind for library in libraries for kind in (library.HTTPError, library.InvalidURL))


@contextmanager
def _type_errors(source: WeightSource, into: Path) -> Iterator[None]:
    """Turn whatever the hub's client raises into the project's errors."""
    try:
        yield
    except TwinError:
        raise
    except OSError as error:  # among them the client's own errors, of HTTP and of lengths that do not fit
        if error.errno in _FULL:
            kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else Resources
            raise kind(f"{source.repo} could not be stored in {into}: {error}", remedy="free some disk") from None
        raise Unavailable(f"{source.repo} could not be fetched: {error}", remedy=REMEDY) from None
    except transport_errors() as error:
        raise Unavailable(f"{source.repo} could not be fetched: {error}", remedy=REMEDY) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        message = f"{source.repo} could not be fetched: the server's answer is no listing or no file ({error!r:.200})"
        raise Unavailable(message, remedy=REMEDY) from None
