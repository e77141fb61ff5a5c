"""What tests of verbs share: settings of an empty studio, the tiny instrument loaded once, and an open studio with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio", device="cpu", offline=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu", offline=True))


@pytest.fixture
def studio(settings: Settings, tiny: Instrument) -> Iterator[Studio]:
    """An open studio with tiny at hand."""
    with open_library(settings) as library:
        yield Studio(settings, library, {"tiny": tiny})
