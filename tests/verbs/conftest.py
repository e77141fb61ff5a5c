"""What tests of verbs share: an open studio with the tiny instrument in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio


@pytest.fixture
def studio(settings: Settings, tiny: Instrument) -> Iterator[Studio]:
    """An open studio with tiny at hand."""
    with open_library(settings) as library:
        yield Studio(settings, library, {"tiny": tiny})
