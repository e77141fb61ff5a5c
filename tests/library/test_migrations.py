from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from producertwin.errors import BadInput, Unavailable
from producertwin.library import Take, TakeDraft, database, migrations, open_library
from producertwin.library.schema import HEAD, metadata
from producertwin.library.verify import verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(question).fetchall()


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.studio / "library.sqlite"


@pytest.fixture
def oldest(settings: Settings, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> tuple[Take, ...]:
    """The takes of a library of the oldest schema."""
    with monkeypatch.context() as patch:
        patch.setattr(database, "HEAD", "0001")
        with open_library(settings) as library:
            parent = library.takes.add(draft(1))
            library.takes.add(draft(2, parents=(parent.id,)))
            return library.takes.list()


def test_migrations_are_numbered_without_gaps_up_to_head() -> None:
    scripts = [*ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()]
    assert [script.revision for script in reversed(scripts)] == [f"{n:04}" for n in range(1, len(scripts) + 1)]
    assert scripts[0].revision == HEAD


def test_migrations_leave_exactly_the_schema(settings: Settings) -> None:
    with open_library(settings) as library, library.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_is_safe_by_its_settings(settings: Settings) -> None:
    with open_library(settings) as library, library.engine.connect() as connection:
        read = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")}
        read |= {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "busy_timeout")}
    assert read == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": database.BUSY_MS}


def test_an_older_library_is_migrated_after_a_backup(settings: Settings, oldest: tuple[Take, ...], file: Path) -> None:
    assert ask(file, "SELECT version_num FROM alembic_version") == [("0001",)]
    with open_library(settings) as library:
        assert library.takes.list() == oldest
        assert library.takes.children(oldest[1].id) == (oldest[0].id,)
        assert finish(verify_takes(library)).problems == ()
    assert ask(file, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    (backup,) = (settings.studio / "backups").iterdir()
    assert ask(backup, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert ask(backup, "SELECT count(*) FROM takes") == [(2,)]
    open_library(settings).close()
    assert len([*(settings.studio / "backups").iterdir()]) == 1  # nothing to migrate, nothing to copy


def test_a_migration_that_fails_leaves_the_old_library(
    settings: Settings, oldest: tuple[Take, ...], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", fail)  # after the table was created
        with pytest.raises(RuntimeError):
            open_library(settings)
    assert ask(file, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert ask(file, "SELECT name FROM sqlite_master WHERE name = 'runs'") == []
    with open_library(settings) as library:
        assert library.takes.list() == oldest


def test_a_newer_library_is_refused_and_untouched(settings: Settings, file: Path) -> None:
    open_library(settings).close()
    ask(file, "UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    with pytest.raises(Unavailable, match="9999") as caught:
        open_library(settings)
    assert "upgrade Producer Twin" in caught.value.remedy
    assert file.read_bytes() == before
    assert not (settings.studio / "backups").exists()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_library_says_how_to_rebuild_it(settings: Settings, file: Path, content: bytes) -> None:
    settings.studio.mkdir()
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"library\.sqlite") as caught:
        open_library(settings)
    assert "twin library rebuild" in caught.value.remedy
    assert file.read_bytes() == content


def test_a_library_that_lost_its_schema_number(settings: Settings, file: Path) -> None:
    open_library(settings).close()
    ask(file, "DROP TABLE alembic_version")
    with pytest.raises(BadInput, match="no schema number"):
        open_library(settings)


def test_a_studio_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "studio").write_text("in the way")
    with pytest.raises(BadInput, match="studio"):
        open_library(Settings(studio=tmp_path / "studio"))


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "oracle9://x/y", "sqlite:///:memory:"])
def test_urls_that_name_no_library(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match="database URL"):
        open_library(Settings(studio=tmp_path, database=url))


@pytest.mark.parametrize("name", ["what?", "100%20", "C# minor", "a&b=c", "50%", "two words", "[x]", "mode=memory?uri=true"])
def test_a_studio_path_may_have_any_sign(tmp_path: Path, name: str, draft: Draft) -> None:
    settings, plain = Settings(studio=tmp_path / name / "s"), Settings(studio=tmp_path / name.rstrip("?#%20") / "s")
    with open_library(settings) as library:
        library.takes.add(draft(1))
    assert (settings.studio / "library.sqlite").is_file()
    assert sorted(tmp_path.rglob("*.sqlite")) == [settings.studio / "library.sqlite"]
    with open_library(settings) as library:
        assert len(library.takes.list()) == 1
    if plain != settings:
        with open_library(plain) as library:
            assert library.takes.list() == ()


@pytest.mark.parametrize(
    "url",
    ["nonsense://mara:hunter2@host/db", "mara:hunter2@host", "postgresql://mara:hunter2@host:port/db", "sqlite://mara:hunter2"],
)
def test_a_database_url_that_is_none_keeps_its_password_to_itself(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput) as caught:
        open_library(Settings(studio=tmp_path / "studio", database=url))
    assert "hunter2" not in f"{caught.value.message} {caught.value.remedy} {caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_a_database_elsewhere(settings: Settings, tmp_path: Path, draft: Draft) -> None:
    place = tmp_path / "elsewhere" / "catalogue.sqlite"
    with open_library(settings.model_copy(update={"database": f"sqlite:///{place}"})) as library:
        library.takes.add(draft(1))
    assert ask(place, "SELECT count(*) FROM takes") == [(1,)]
    assert not (settings.studio / "library.sqlite").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_missing_driver_is_named(tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable, match="psycopg") as caught:
        open_library(Settings(studio=tmp_path, database=f"{scheme}://localhost/twin"))
    assert caught.value.remedy == "pip install psycopg"
