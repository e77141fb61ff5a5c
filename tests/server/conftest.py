"""A studio with a few things in it, its application, and a client that was let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from producertwin.audio import files
from server_kit import House, furnish, make_client, tone


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A second of FLAC."""
    return files.write(tmp_path_factory.mktemp("sound") / "tone.flac", tone(1.0)).read_bytes()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[House]:
    """A studio that tests only read; those that write have `fresh`."""
    with furnish(tmp_path_factory.mktemp("house") / "studio", sound) as found:
        yield found


@pytest.fixture
def fresh(tmp_path: Path, sound: bytes) -> Iterator[House]:
    """A studio that a test may change."""
    with furnish(tmp_path / "studio", sound) as found:
        yield found


@pytest.fixture(scope="session")
def client(house: House) -> TestClient:
    """A client of the studio that tests only read."""
    return make_client(house)
