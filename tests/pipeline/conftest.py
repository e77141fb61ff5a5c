"""What tests of stages share: stages are played on tiny, and there is a song to work on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_kit import tone
from producertwin.audio import files
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.pipeline.stages import Stage
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.rendering import Rendered, render
from producertwin.verbs.studio import Studio


@pytest.fixture
def play(settings: Settings, tiny: Instrument) -> Callable[..., list[Rendered]]:
    """Runs a stage to its end on tiny."""

    def played(stage: Stage, out: Path | None = None, *, picture: bool = False) -> list[Rendered]:
        with open_library(settings) as library:
            return finish(render(stage, Studio(settings, library, {"tiny": tiny}), out=out, picture=picture))

    return played


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "song.flac", tone())
