"""What tests of jobs share: a studio's settings, its store, and works that need no instrument."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import jobs_kit
from producertwin.jobs.catalogue import WORKS
from producertwin.jobs.store import Store, open_store
from producertwin.settings import Settings


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store without jobs."""
    studio = tmp_path_factory.mktemp("empty")
    with open_store(Settings(studio=studio, device="cpu", offline=True)):
        pass
    return studio / "jobs.sqlite"


@pytest.fixture
def settings(tmp_path: Path, empty: Path) -> Settings:
    """An empty studio; making the tables of DBOS takes half a second, so they are there."""
    studio = tmp_path / "studio"
    studio.mkdir()
    shutil.copy(empty, studio)
    return Settings(studio=studio, device="cpu", offline=True)


@pytest.fixture(autouse=True)
def count() -> Iterator[None]:
    jobs_kit.register()
    yield
    del WORKS["count"]


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> Path:
    made = tmp_path / "log"
    made.mkdir()
    return made
