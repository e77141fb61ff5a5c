"""The command line in this process, in a studio of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli_kit import understand
from producertwin.cli.main import run


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
