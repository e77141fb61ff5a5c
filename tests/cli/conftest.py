"""The command line in this process, in a studio of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_kit import TONE, understand
from producertwin.audio import files
from producertwin.cli.main import run
from producertwin.library import Take, TakeDraft, open_library
from producertwin.settings import Settings


@dataclass(frozen=True)
class Said:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The JSON on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture(autouse=True)
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty studio; the working folder is empty too."""
    place = tmp_path / "studio"
    monkeypatch.setenv("TWIN_STUDIO", str(place))
    monkeypatch.setenv("TWIN_OFFLINE", "1")
    monkeypatch.setenv("TWIN_DEVICE", "cpu")
    monkeypatch.delenv("NO_COLOR", raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return place


@pytest.fixture
def take(studio: Path, tmp_path: Path) -> Take:
    """A take that is a tone of two seconds."""
    sound = files.write(tmp_path / "tone.flac", np.stack([TONE, TONE]))
    draft = TakeDraft(
        audio=sound, variant="tiny", revision="b2:0", seconds=2.0, task="text2music", stage={}, caption="lofi, rainy", seed=1
    )
    with open_library(Settings(studio=studio)) as library:
        return library.takes.add(draft)


@pytest.fixture
def twin(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs one command line. What it says to run next has to be a command line itself."""

    def call(*words: object) -> Said:
        capsys.readouterr()
        code = run([str(word) for word in words])
        heard = capsys.readouterr()
        for line in heard.err.splitlines():
            if line.startswith("next: "):
                understand(line.removeprefix("next: "))
        return Said(code, heard.out, heard.err)

    return call
