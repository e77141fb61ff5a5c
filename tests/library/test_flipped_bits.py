"""A database with flipped bits ends in a typed error or tells the truth, and a rebuild brings every record back."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from producertwin.errors import TwinError
from producertwin.library import Library, Take, TakeDraft, open_library
from producertwin.library.rebuild import rebuild
from producertwin.library.track import Track, TrackDraft, TrackSource
from producertwin.library.verify import verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]
SEEDS = range(40)


@pytest.fixture
def made(library: Library, draft: Draft, tmp_path: Path) -> tuple[tuple[Take, ...], tuple[Track, ...]]:
    """Twelve takes and three tracks with notes, in a closed library whose journal is written back."""
    root = library.takes.add(draft(0))
    for number in range(1, 12):
        library.takes.add(draft(number, parents=(root.id,), caption=f"lofi, rain {number}"))
    for number in range(3):
        sound = tmp_path / f"song {number}.wav"
        sound.write_bytes(b"RIFF" + bytes([number]) * 64)
        track, _ = library.tracks.put(
            TrackDraft(
                producer="Mara",
                title=f"Song {number}",
                seconds=9.0,
                format="wav",
                rate=48_000,
                channels=2,
                source=TrackSource(),
                audio=sound,
            )
        )
        library.tracks.note(track.id, "screen", {"bpm": 84.5, "words": ["a", "b"]})
    found = library.takes.list(), library.tracks.list()
    library.close()
    return found


@pytest.fixture
def database(settings: Settings, made: object) -> Path:
    path = settings.studio / "library.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def everything(settings: Settings) -> tuple[object, object, list[object]]:
    with open_library(settings) as library:
        tracks = library.tracks.list()
        return library.takes.list(), tracks, [library.tracks.notes(track.id) for track in tracks]


@pytest.mark.thorough
def test_five_flipped_bits_never_cost_a_record(
    settings: Settings, made: tuple[tuple[Take, ...], tuple[Track, ...]], database: Path
) -> None:
    whole, truth = database.read_bytes(), everything(settings)
    assert (len(made[0]), len(made[1])) == (12, 3) and truth[:2] == made
    for seed in SEEDS:
        draw, content = random.Random(seed), bytearray(whole)
        for _ in range(5):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        for part in database.parent.glob("library.sqlite-*"):
            part.unlink()
        database.write_bytes(content)
        try:
            with open_library(settings) as library:
                library.takes.list()
                library.takes.unlisted_sidecars()
                library.tracks.list()
                finish(verify_takes(library))
        except TwinError as error:
            assert error.remedy
        done = rebuild(settings)
        assert (done.takes, done.tracks, done.backup is not None) == (12, 3, True), seed
        assert everything(settings) == truth, seed


@pytest.mark.thorough
@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE alembic_version SET version_num = '9004'",
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE alembic_version SET version_num = '00 4'",
        "INSERT INTO alembic_version VALUES ('0003')",
        "DROP TABLE alembic_version",
        "DROP TABLE track_notes",
        "ALTER TABLE takes RENAME TO tajes",
        "ALTER TABLE tracks RENAME COLUMN producer TO prodscer",
        "UPDATE takes SET record = '{\"a\":' || record",
        "UPDATE takes SET record = CAST(x'ff' || record AS TEXT)",
        "UPDATE takes SET id = 'zzzz' || rowid",
        "UPDATE tracks SET record = replace(record, 'Mara', 'Nara')",
        "UPDATE track_notes SET record = '[1]'",
        f"UPDATE track_notes SET record = '{'[' * 9000}'",
        f"UPDATE takes SET record = '{'9' * 5000}'",
    ],
)
def test_a_spoilt_table_is_never_needed(settings: Settings, database: Path, spoil: str) -> None:
    truth = everything(settings)
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(spoil)
    connection.close()
    try:
        with open_library(settings) as library:
            library.takes.list()
            library.tracks.list()
            finish(verify_takes(library))
    except TwinError as error:
        assert error.remedy
    assert rebuild(settings).takes == 12
    assert everything(settings) == truth


def test_a_damaged_row_is_read_from_its_sidecar_or_passed_over_and_named(
    settings: Settings, made: tuple[tuple[Take, ...], tuple[Track, ...]], database: Path
) -> None:
    first, second = made[0][:2]
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE takes SET record = '{' WHERE id IN (?, ?)", (first.id, second.id))
    connection.close()
    with open_library(settings) as library:
        assert library.takes.survey() == (made[0], ())
        path = library.takes.sidecars.path(first)
        path.write_text("[" * 100_000)
        listed, damaged = library.takes.survey()
        assert listed == made[0][1:]
        assert [one.id for one in damaged] == [first.id] and damaged[0].error.remedy == "run `twin library rebuild`"
    done = rebuild(settings)
    assert done.takes == 11 and set(done.unreadable) == {str(path), first.id}


@pytest.mark.parametrize("text", ["[" * 100_000, f'{{"schema": {"9" * 5_000}}}', '{"a": NaN}', "\0"])
def test_one_sidecar_that_cannot_be_read_stops_nothing(
    settings: Settings, made: tuple[tuple[Take, ...], tuple[Track, ...]], database: Path, text: str
) -> None:
    with open_library(settings) as library:
        paths = library.takes.sidecars.path(made[0][3]), library.tracks.sidecars.path(made[1][1].id)
        for path in paths:
            path.write_text(text)
        assert [problem.owner for problem in finish(verify_takes(library)).problems] == [made[0][3].id]
        assert library.takes.list() == made[0] and library.tracks.list() == made[1]
    done = rebuild(settings)
    assert (done.takes, done.tracks, set(done.unreadable)) == (12, 3, {str(path) for path in paths})
    with open_library(settings) as library:
        assert finish(verify_takes(library)).problems == ()


def test_a_lost_database_leaves_records_that_are_not_listed(settings: Settings, database: Path) -> None:
    database.unlink()
    with open_library(settings) as library:
        assert (
            library.takes.list() == ()
            and len(library.takes.unlisted_sidecars()) == 12
            and len(library.tracks.unlisted_sidecars()) == 3
        )
    rebuild(settings)
    with open_library(settings) as library:
        assert library.takes.unlisted_sidecars() == () and library.tracks.unlisted_sidecars() == ()
