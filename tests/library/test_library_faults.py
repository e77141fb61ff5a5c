"""Every call that writes fails once, and the process is killed at every one of them: a take is there whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from faults_kit import WRITES, FaultyOs, child, disk_full, faults, files, killed
from producertwin import disk
from producertwin.errors import Resources, TwinError
from producertwin.library import Library, TakeDraft, open_library, reserve, studio
from producertwin.library.database import typed_errors
from producertwin.library.lock import Unwritable
from producertwin.library.schema import takes
from producertwin.library.track import TrackDraft, TrackSource
from producertwin.library.verify import Problem, verify, verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]


def problems(library: Library) -> tuple[Problem, ...]:
    return finish(verify_takes(library)).problems


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
    monkeypatch.setattr(reserve, "keep_reserve", lambda _: None)
    (library.studio / reserve.NAME).unlink()
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


def settled(settings: Settings, draft: Draft) -> set[Path]:
    """What must be true after a crash at any moment; then the work is done again, and what files there are now."""
    with open_library(settings) as library:
        known = {take.seed for take in library.takes.list()}
        assert known in ({1}, {1, 2})
        assert problems(library) == ()
        library.takes.add(draft(2))
        assert problems(library) == ()
        library.sweep(older_than=-1)
        found = {path.relative_to(settings.studio) for path in files(settings.studio)}
        library.takes.delete(*[take.id for take in library.takes.list() if take.seed == 2])
        library.empty_trash()
        return {path for path in found if path.parts[0] == "blobs"}


@pytest.mark.thorough
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
        assert len(library.takes.list()) == 2
        assert problems(library) == ()
    assert len(settled(settings, draft)) == 6


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_kill_9_at_every_write_of_a_delete(settings: Settings, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_library(settings) as library:
        root = library.takes.add(draft(1))
        library.takes.add(draft(2, parents=(root.id,)))
    kills = 0

    def writer() -> None:
        with open_library(settings) as library:
            library.takes.delete(root.id, cascade=True)

    for nth in range(1, 1000):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", FaultyOs(nth, killed))
            code = child(writer)
        with open_library(settings) as library:
            assert len(library.takes.list()) in (0, 2), nth
            assert problems(library) == (), nth
            if code == 0:
                break
            kills += 1
            library.takes.add(draft(1))
            library.takes.add(draft(2, parents=(root.id,)))
    assert kills >= 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize("act", ["put", "note", "delete"])
def test_kill_9_at_the_commit_of_a_track(settings: Settings, tmp_path: Path, act: str) -> None:
    sound = tmp_path / "song.wav"
    sound.write_bytes(b"RIFF" + bytes(64))
    known = TrackDraft(
        producer="Mara", title="Rain", seconds=9.0, format="wav", rate=48_000, channels=2, source=TrackSource(), audio=sound
    )
    with open_library(settings) as library:
        track, _ = library.tracks.put(known)

    def writer() -> None:
        with open_library(settings) as library:
            event.listen(library.engine, "commit", lambda _: killed())
            if act == "put":
                library.tracks.put(known.model_copy(update={"title": "Sun"}))
            elif act == "note":
                library.tracks.note(track.id, "screen", {"bpm": 84.5})
            else:
                library.tracks.delete(track.id)

    assert child(writer) is None
    with open_library(settings) as library:
        (found,) = library.tracks.list()
        assert found.title == ("Sun" if act == "put" else "Rain")
        assert library.tracks.notes(track.id) == ({"screen": {"bpm": 84.5}} if act == "note" else {})
        assert finish(verify(library, [], lambda _: pytest.fail("no sets"))).problems == ()
        assert not list((settings.studio / "unfinished").iterdir())


def test_a_delete_finds_room_on_a_disk_that_is_full_to_the_last_byte(
    library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = library.takes.add(draft(1))
    kept = library.studio / reserve.NAME
    assert kept.stat().st_size == reserve.BYTES

    class FullUntilFreed(FaultyOs):
        def __getattr__(self, name: str) -> Any:
            real = getattr(os, name)
            if name not in WRITES:
                return real
            return lambda *args, **kwargs: disk_full() if kept.exists() else real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "os", FullUntilFreed(0, disk_full))
        with pytest.raises(Resources):
            library.takes.add(draft(2))
        library.takes.delete(take.id)
    assert library.takes.list() == ()
    library.takes.add(draft(2))
    assert problems(library) == ()


@pytest.mark.parametrize("cause", [Resources("disk full", remedy="free some"), Unwritable("read-only", remedy="another")])
@pytest.mark.parametrize("log", [False, True], ids=["closed", "stopped"])
def test_a_studio_that_cannot_be_written_is_read(
    settings: Settings, draft: Draft, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cause: TwinError, log: bool
) -> None:
    database = settings.studio / "library.sqlite"
    with open_library(settings) as library:
        take = library.takes.add(draft(1))
        if log:  # what a stopped writer leaves: its last rows are only in the log
            for ending in ("", "-wal"):
                shutil.copy(f"{database}{ending}", tmp_path)
    if log:
        for ending in ("", "-wal"):
            shutil.copy(tmp_path / f"library.sqlite{ending}", settings.studio)
        assert Path(f"{database}-wal").stat().st_size

    def refuse(*_: object, **__: object) -> None:
        raise cause

    monkeypatch.setattr(studio, "hold_lock", refuse)
    before = {path: path.read_bytes() for path in settings.studio.glob("library.sqlite*")}
    with open_library(settings) as library:
        assert library.takes.list() == (take,)
        assert finish(verify(library, [], lambda _: pytest.fail("no sets"))).problems == ()
        assert library.info().takes == 1
        library.takes.export(take.id, tmp_path / "song.flac")
        with pytest.raises(type(cause), match=cause.message), typed_errors(library.engine), library.engine.begin() as connection:
            connection.execute(takes.delete())
        assert library.takes.list() == (take,)
    assert {path: path.read_bytes() for path in settings.studio.glob("library.sqlite*")} == before


def test_a_studio_that_is_not_there_is_not_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unwritable("read-only", remedy="another")

    monkeypatch.setattr(studio, "hold_lock", refuse)
    with pytest.raises(Unwritable):
        open_library(settings)


def test_a_sweep_removes_what_was_never_finished_anywhere_in_the_studio(library: Library, draft: Draft) -> None:
    library.takes.add(draft(1))
    kept = library.studio / "adapters" / "mine" / "versions" / "0001"
    left = [
        library.studio / "backups" / ".library.sqlite.0a1b2c3d.part",
        library.studio / "takes" / "2026-11" / ".a.json.00000000.part",
        library.studio / "adapters" / "mine" / "versions" / ".0005.89abcdef.part",
        library.studio / "runs" / ".x.89abcdef.part",
    ]
    kept.mkdir(parents=True)
    strangers = [kept / "notes.part", kept / ".song.part"]
    for path in strangers:
        path.write_bytes(b"")
    for path in left[:2]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    for path in left[2:]:
        path.mkdir(parents=True)
        (path / "model.safetensors").write_bytes(b"half")
    before = files(library.studio)
    assert library.sweep() == ()  # another process may be at it
    assert library.sweep(older_than=-1, dry_run=True) == tuple(sorted(left))
    assert files(library.studio) == before
    assert library.sweep(older_than=-1) == tuple(sorted(left))
    assert not any(path.exists() for path in left) and all(path.exists() for path in strangers)
    assert problems(library) == ()
