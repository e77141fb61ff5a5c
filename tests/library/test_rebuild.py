from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from producertwin.errors import BadInput
from producertwin.library import Library, Take, TakeDraft, open_library, sidecars
from producertwin.library.rebuild import rebuild
from producertwin.library.schema import take_parents, takes
from producertwin.library.verify import verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]


@pytest.fixture
def made(library: Library, draft: Draft) -> tuple[Take, ...]:
    """Three takes, newest first, in a closed library."""
    root = library.takes.add(draft(1, session="a"))
    middle = library.takes.add(draft(2, parents=(root.id,), lyrics="Straße"))
    library.takes.add(draft(3, parents=(root.id, middle.id), latents=None, meters={"loudness": float("-inf"), "x": 1 / 3}))
    found = library.takes.list()
    library.close()
    return found


def tables(settings: Settings) -> list[list[tuple[object, ...]]]:
    with open_library(settings) as library, library.engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(table.select())), key=str) for table in (takes, take_parents)]


def remove_database(settings: Settings) -> None:
    for path in settings.studio.glob("library.sqlite*"):
        path.unlink()


def test_a_deleted_database_comes_back_equal(settings: Settings, made: tuple[Take, ...]) -> None:
    before = tables(settings)
    remove_database(settings)
    done = rebuild(settings)
    assert (done.takes, done.added, done.restored, done.unreadable, done.backup) == (
        3,
        tuple(take.id for take in reversed(made)),
        (),
        {},
        None,
    )
    assert tables(settings) == before
    with open_library(settings) as library:
        assert library.takes.list() == made
        assert finish(verify_takes(library)).problems == ()


def test_only_the_main_file_is_lost_and_its_journal_is_stale(settings: Settings, made: tuple[Take, ...]) -> None:
    database = settings.studio / "library.sqlite"
    with open_library(settings) as library, library.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        wal = database.with_name("library.sqlite-wal").read_bytes()
    database.unlink()
    database.with_name("library.sqlite-wal").write_bytes(wal or b"\x37\x7f\x06\x82" + bytes(4092))
    rebuild(settings)
    with open_library(settings) as library:
        assert library.takes.list() == made


@pytest.mark.parametrize("spoil", ["head", "middle"])
def test_a_damaged_database_is_set_aside(settings: Settings, made: tuple[Take, ...], spoil: str) -> None:
    database = settings.studio / "library.sqlite"
    content = bytearray(database.read_bytes())
    at = slice(0, 64) if spoil == "head" else slice(4096, len(content))
    content[at] = b"\xa5" * len(content[at])
    database.write_bytes(content)
    assert rebuild(settings, dry_run=True).takes == 3
    assert database.read_bytes() == content
    done = rebuild(settings)
    assert done.backup is not None
    assert done.backup.read_bytes() == content
    with open_library(settings) as library:
        assert library.takes.list() == made


def test_rebuilding_a_sound_library_changes_nothing_but_keeps_a_copy(settings: Settings, made: tuple[Take, ...]) -> None:
    before = tables(settings)
    done = rebuild(settings)
    assert (done.takes, done.added, done.restored, done.unreadable) == (3, (), (), {})
    assert done.backup is not None
    assert done.backup.parent == settings.studio / "backups"
    assert tables(settings) == before


def test_sidecars_without_rows_are_adopted_and_rows_without_sidecars_kept(settings: Settings, made: tuple[Take, ...]) -> None:
    newest, middle, _ = made
    with open_library(settings) as library:
        library.takes.sidecars.path(middle).unlink()
        with library.engine.begin() as connection:
            connection.execute(takes.delete().where(takes.c.id == newest.id))
    planned = rebuild(settings, dry_run=True)
    done = rebuild(settings)
    assert (planned.takes, planned.added, planned.restored) == (done.takes, done.added, done.restored)
    assert (done.takes, done.added, done.restored) == (3, (newest.id,), (middle.id,))
    with open_library(settings) as library:
        assert library.takes.list() == made
        assert finish(verify_takes(library)).problems == ()


def test_a_dry_run_writes_nothing(settings: Settings, made: tuple[Take, ...]) -> None:
    remove_database(settings)
    assert rebuild(settings, dry_run=True).takes == 3
    assert not (settings.studio / "library.sqlite").exists()


def test_deleted_takes_stay_deleted(settings: Settings, made: tuple[Take, ...]) -> None:
    with open_library(settings) as library:
        library.takes.delete(made[0].id)
    remove_database(settings)
    assert rebuild(settings).takes == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"\xff\xfe",
        lambda text: text.replace(b"take/1", b"take/2"),
        lambda text: text.replace(b"Stra", b"Gass"),
        lambda text: json.dumps(json.loads(text) | {"surprise": 1}).encode(),
    ],
)
def test_a_spoilt_sidecar_is_reported_and_its_row_kept_while_there_is_one(
    settings: Settings, made: tuple[Take, ...], spoil: Callable[[bytes], bytes]
) -> None:
    with open_library(settings) as library:
        path = library.takes.sidecars.path(made[1])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(BadInput, match=path.name):
        sidecars.read(path)
    planned = rebuild(settings, dry_run=True)
    assert set(planned.unreadable) == {str(path)}
    assert planned.takes == 3  # the row still knows
    remove_database(settings)
    done = rebuild(settings)
    assert (done.takes, set(done.unreadable)) == (2, {str(path)})


def test_a_take_left_by_a_crash_keeps_its_time_when_made_again(settings: Settings, made: tuple[Take, ...], draft: Draft) -> None:
    remove_database(settings)
    with open_library(settings) as library:  # its clock is in another month
        assert library.takes.add(draft(1, session="a")) == made[2]
        assert len(list(library.takes.sidecars.all())) == 3


def test_an_empty_studio_is_rebuilt_empty(settings: Settings, tmp_path: Path) -> None:
    assert rebuild(settings).takes == 0
    with open_library(settings) as library:
        assert library.takes.list() == ()
