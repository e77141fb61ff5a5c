"""What tests of the agent share: the card of nano, and a studio with the tiny instrument."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from producertwin.library import open_library
from producertwin.model.instrument import Card, Instrument
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    """What nano can do."""
    return Studio(Settings(studio=tmp_path_factory.mktemp("none"), device="cpu", offline=True)).read_card("nano")


@pytest.fixture
def studio(settings: Settings, tiny: Instrument) -> Iterator[Studio]:
    """An open studio with tiny at hand."""
    with open_library(settings) as library:
        yield Studio(settings, library, {"tiny": tiny})
