"""Every call that writes fails once, and the process is killed at every one of them: a take is there whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from producertwin import disk
from producertwin.errors import Resources
from producertwin.library import Library, TakeDraft, open_library
from producertwin.library.verify import Fault, Problem, verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]
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


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def files(folder: Path) -> dict[Path, bytes]:
    """Every file of the studio but the database's own."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in found if not path.name.startswith(("library.sqlite", "studio.lock"))}


def problems(library: Library) -> tuple[Problem, ...]:
    return finish(verify_takes(library)).problems


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


def test_a_full_disk_at_every_write_of_an_add(library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = library.takes.add(draft(1))
    before = files(library.studio)
    shared = draft(2, picture=draft(1).picture)
    count = 0
    for nth in faults(monkeypatch, lambda: library.takes.add(shared)):
        count = nth
        assert files(library.studio) == before, nth
        assert library.takes.list() == (kept,)
    assert count >= 10
    assert len(library.takes.list()) == 2
    assert problems(library) == ()


def test_a_full_disk_at_every_write_of_a_delete(library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.takes.add(draft(1))
    library.takes.add(draft(2, parents=(root.id,)))
    before = files(library.studio)
    count = 0
    for nth in faults(monkeypatch, lambda: library.takes.delete(root.id, cascade=True)):
        count = nth
        assert files(library.studio) == before, nth
        assert len(library.takes.list()) == 2
        assert problems(library) == ()
    assert count >= 4
    assert library.takes.list() == ()


def test_a_full_disk_at_every_write_of_an_export(
    library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    take = library.takes.add(draft(1))
    out = tmp_path / "out"
    count = 0
    for nth in faults(monkeypatch, lambda: library.takes.export(take.id, out / "song.flac")):
        count = nth
        assert [path for path in out.rglob("*") if path.is_file() or path.name.startswith(".")] == [], nth
    assert count >= 10
    assert sorted(path.name for path in out.iterdir()) == ["song.flac", "song.json", "song.png"]


def test_a_full_database_takes_nothing(library: Library, draft: Draft) -> None:
    kept = library.takes.add(draft(1))
    before = files(library.studio)

    def no_more_pages(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    library.engine.dispose()
    event.listen(library.engine, "connect", no_more_pages)
    with pytest.raises(Resources, match="full"):
        library.takes.add(draft(2, caption="long " * 20_000))
    event.remove(library.engine, "connect", no_more_pages)
    library.engine.dispose()
    assert files(library.studio) == before
    assert library.takes.list() == (kept,)
    library.takes.add(draft(2))
    assert problems(library) == ()


def test_a_ctrl_c_after_the_commit_keeps_the_take(library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = library.takes._publish

    def interrupted(*args: Any) -> None:
        publish(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(library.takes, "_publish", interrupted)
    with pytest.raises(KeyboardInterrupt):
        library.takes.add(draft(1))
    assert len(library.takes.list()) == 1
    assert problems(library) == ()


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


def settled(settings: Settings, draft: Draft) -> set[Path]:
    """What must be true after a crash at any moment; then the work is done again, and what files there are now."""
    with open_library(settings) as library:
        known = {take.seed for take in library.takes.list()}
        assert known in ({1}, {1, 2})
        assert {(problem.part, problem.fault) for problem in problems(library)} <= {("sidecar", Fault.UNLISTED)}
        library.takes.add(draft(2))
        assert problems(library) == ()
        library.sweep(older_than=-1)
        found = {path.relative_to(settings.studio) for path in files(settings.studio)}
        library.takes.delete(*[take.id for take in library.takes.list() if take.seed == 2])
        library.sweep(older_than=-1)
        return {path for path in found if path.parts[0] == "blobs"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_kill_9_at_every_write_then_open_again(settings: Settings, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_library(settings) as library:
        library.takes.add(draft(1))
    ends = []

    def writer() -> None:
        with open_library(settings) as library:
            library.takes.add(draft(2))

    for nth in range(1, 1000):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", FaultyOs(nth, killed))
            code = child(writer)
        if code == 0:
            break
        assert code is None  # killed, and nothing else went wrong
        ends.append(settled(settings, draft))
    assert len(ends) >= 10
    assert all(end == ends[0] for end in ends)
    assert len(ends[0]) == 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_kill_9_at_the_commit(settings: Settings, draft: Draft) -> None:
    with open_library(settings) as library:
        library.takes.add(draft(1))

    def writer() -> None:
        with open_library(settings) as library:
            event.listen(library.engine, "commit", lambda _: killed())
            library.takes.add(draft(2))

    assert child(writer) is None
    with open_library(settings) as library:
        assert len(library.takes.list()) == 1
        assert [problem.fault for problem in problems(library)] == [Fault.UNLISTED]
    assert len(settled(settings, draft)) == 6
