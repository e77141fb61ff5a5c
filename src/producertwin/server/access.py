"""Who may use the server: whoever has the studio's token, or a browser that was let in once by a link.

The token lies in STUDIO/server.token, readable by its owner alone; programs send it as `Authorization: Bearer`. A browser is let
in by a link with a code that counts once and for an hour, and from then on has a cookie, which is made of the token by HMAC and
tells nothing of it. Remove the file and start again to shut everybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..disk import disk_errors, make_folder, whole_file
from ..errors import BadInput
from ..library.lock import hold_lock

TOKEN: Final = "server.token"
CODE_SECONDS: Final = 3600.0
"""How long a link lets a browser in."""
MOST_CODES: Final = 16
"""Links that are open at the same time; a new one closes the oldest."""
_BYTES: Final = 32
_SHORTEST: Final = 32
"""Characters; a shorter text in the file is no token."""


class Access:
    """A token, and the links that still let a browser in."""

    def __init__(self, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._clock = clock
        self._codes: dict[str, float] = {}
        self._lock = threading.Lock()
        self.cookie = hmac.new(token.encode(), b"producertwin browser", hashlib.sha256).hexdigest()
        """What the cookie of a browser holds."""

    def is_token(self, text: str) -> bool:
        """Whether `text` is the token, in a time that tells nothing of it."""
        return _same(text, self._token)

    def is_cookie(self, text: str) -> bool:
        """Whether `text` is what the cookie of a browser holds."""
        return _same(text, self.cookie)

    def make_code(self) -> str:
        """A new code, for one link."""
        code = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._codes[code] = self._clock() + CODE_SECONDS
            while len(self._codes) > MOST_CODES:
                del self._codes[next(iter(self._codes))]
        return code

    def use_code(self, text: str) -> bool:
        """Whether `text` is a code that still counts; from now on it does not."""
        with self._lock:
            found = [code for code in self._codes if _same(text, code)]
            return any(self._codes.pop(code) > self._clock() for code in found)


def open_access(studio: Path) -> Access:
    """The access to `studio`, whose token is made where there is none.

    Raises `BadInput` where others may read the token, or the file holds none.
    """
    path = studio / TOKEN
    with disk_errors(studio):
        make_folder(studio)
    with hold_lock(studio):
        if not os.path.lexists(path):
            _write_token(path, secrets.token_urlsafe(_BYTES))
        return Access(_read_token(path))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _write_token(path: Path, token: str) -> None:
    with whole_file(path) as temporary:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as open_file:
            open_file.write(token + "\n")


def _read_token(path: Path) -> str:
    remedy = f"remove {path} and start again: a new token is made"
    with disk_errors(path):
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(file, "rb") as open_file:
        mode = os.fstat(open_file.fileno())
        if not stat.S_ISREG(mode.st_mode) or (os.name == "posix" and mode.st_mode & 0o077):
            raise BadInput(f"others may read {path}", remedy=remedy)
        token = open_file.read(1024).decode("utf-8", "replace").strip()
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable():
        raise BadInput(f"{path} holds no token", remedy=remedy)
    return token
