"""What tests of several rooms share: settings of an empty studio, and the tiny instrument loaded once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from producertwin.settings import Settings

if TYPE_CHECKING:
    from producertwin.model.instrument import Instrument


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio", device="cpu", offline=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    from producertwin.model.variants.load import load

    return load("tiny", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu", offline=True))
