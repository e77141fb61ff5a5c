"""Disks that fill up and processes that are killed, at every call that writes."""

from __future__ import annotations

import errno
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from producertwin import disk
from producertwin.errors import Resources

WRITES = ("write", "fsync", "replace", "makedirs")


class FaultyOs:
    """`os`, whose Nth call that writes does `fault` instead; 0 only counts."""

    def __init__(self, nth: int, fault: Callable[[], None]) -> None:
        self.nth, self.fault, self.calls = nth, fault, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in WRITES:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.nth:
                if name == "write":  # half of it arrives
                    real(args[0], args[1][: len(args[1]) // 2])
                self.fault()
            return real(*args, **kwargs)

        return call


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def killed_at(nth: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For the time of the block, the process is killed at its Nth call that writes."""
    with monkeypatch.context() as patch:
        patch.setattr(disk, "os", FaultyOs(nth, killed))
        yield


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def files(folder: Path) -> dict[Path, bytes]:
    """Every file of the studio but the database's own."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in found if not path.name.startswith(("library.sqlite", "studio.lock", "reserve"))}


def faults(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Iterator[int]:
    """Do `act` with the disk full at its first writing call, then its second and so on until it succeeds; yields between."""
    for nth in range(1, 1000):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", FaultyOs(nth, disk_full))
            try:
                act()
            except Resources as error:
                assert "No space left" in error.message
                assert error.remedy
            else:
                return
        yield nth
    raise AssertionError("it never succeeded")


def child(act: Callable[[], object]) -> int | None:
    """Run `act` in a forked process; None when it was killed, else its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads, of which the child uses none
        process = os.fork()
    if process == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
