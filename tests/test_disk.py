"""Files and folders are whole or absent, whatever call of the system fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from producertwin import disk
from producertwin.errors import BadInput, Resources

CALLS = ("open", "write", "fsync", "replace", "makedirs")


class FullDisk:
    """`os`, whose Nth call that writes says that the disk is full."""

    def __init__(self, nth: int) -> None:
        self.nth, self.calls = nth, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.nth:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **kwargs)

        return call


def fail_at_every_call(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Iterator[int]:
    """Do `act` on a disk that is full at its first call, then at its second, until it succeeds."""
    for nth in range(1, 100):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", FullDisk(nth))
            try:
                act()
            except Resources as error:
                assert "No space left" in error.message
            else:
                return
        yield nth
    raise AssertionError("it never succeeded")


def fill(folder: Path, *, replace: bool) -> None:
    with disk.whole_folder(folder, replace=replace) as draft:
        (draft / "inside").mkdir()
        (draft / "inside" / "a").write_bytes(b"new")
        disk.write_whole(draft / "b", b"new")


def test_a_file_is_old_or_new_at_every_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, count = tmp_path / "deep" / "a.json", 0
    for nth in fail_at_every_call(monkeypatch, lambda: disk.write_whole(path, b"one")):
        count = nth
        assert not path.exists() and not [*tmp_path.rglob(f"*{disk.TEMPORARY}")]
    assert count >= 5 and path.read_bytes() == b"one"
    for _ in fail_at_every_call(monkeypatch, lambda: disk.write_whole(path, [b"tw", b"o"])):
        assert path.read_bytes() in (b"one", b"two") and [*path.parent.iterdir()] == [path]
    assert path.read_bytes() == b"two"


def test_a_folder_is_whole_or_absent_at_every_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, count = tmp_path / "set", 0
    for nth in fail_at_every_call(monkeypatch, lambda: fill(folder, replace=True)):
        count = nth
        assert not [*tmp_path.rglob(f"*{disk.TEMPORARY}")]
        assert not folder.exists() or {path.name for path in folder.rglob("*")} == {"inside", "a", "b"}
    assert count >= 8 and (folder / "inside" / "a").read_bytes() == b"new"


def test_an_older_folder_stands_until_the_new_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, count = tmp_path / "set", 0
    folder.mkdir()
    (folder / "old").write_bytes(b"old")
    for nth in fail_at_every_call(monkeypatch, lambda: fill(folder, replace=True)):
        count = nth
        assert (folder / "old").exists() or (folder / "b").read_bytes() == b"new", nth
        assert [*tmp_path.iterdir()] == [folder]
    assert count >= 8 and not (folder / "old").exists()


def test_an_older_folder_is_replaced_only_where_that_was_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    fill(folder, replace=False)
    (folder / "old").write_bytes(b"old")
    with pytest.raises(BadInput, match="is not empty"):
        fill(folder, replace=False)
    assert (folder / "old").exists() and [*tmp_path.iterdir()] == [folder]
    fill(folder, replace=True)
    assert not (folder / "old").exists() and [*tmp_path.iterdir()] == [folder]


def test_what_raises_inside_the_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), disk.whole_folder(tmp_path / "set") as draft:
        (draft / "a").write_bytes(b"half")
        raise ValueError("stop")
    with pytest.raises(ValueError, match="stop"), disk.whole_file(tmp_path / "a") as draft:
        draft.write_bytes(b"half")
        raise ValueError("stop")
    assert [*tmp_path.iterdir()] == []


def test_unfinished_folders_of_that_name_go_after_a_day(tmp_path: Path) -> None:
    old, young, other = (disk.temporary_of(tmp_path / name) for name in ("set", "set", "other"))
    for left in (old, young, other):
        left.mkdir()
    for left in (old, other):
        os.utime(left, (0, 0))
    fill(tmp_path / "set", replace=False)
    assert {path.name for path in tmp_path.iterdir()} == {"set", young.name, other.name}


def test_refusals_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadInput, match="cannot use"):
        disk.write_whole(tmp_path / "file" / "a", b"")
    with pytest.raises(BadInput, match="cannot use"):
        disk.write_whole(tmp_path / ("n" * 300), b"")
    with pytest.raises(BadInput, match="you are in"):
        disk.check_new(empty)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_drive_that_cannot_flush_keeps_files_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(disk, "_UNFLUSHED", set())
    disk.write_whole(tmp_path / "new" / "a.txt", b"one")
    with disk.whole_folder(tmp_path / "folder") as folder:
        (folder / "b.txt").write_bytes(b"two")
    disk.move(tmp_path / "new" / "a.txt", tmp_path / "c.txt")
    assert (tmp_path / "c.txt").read_bytes() == b"one" and (tmp_path / "folder" / "b.txt").read_bytes() == b"two"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot flush" in caplog.text


def test_a_drive_that_fails_while_it_flushes_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Resources):
        disk.write_whole(tmp_path / "a.txt", b"one")
    assert not [*tmp_path.iterdir()]
