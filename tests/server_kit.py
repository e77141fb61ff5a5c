"""What the tests of the server share: a studio with a few things in it, its application, and a client that was let in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from fastapi.testclient import TestClient

from producertwin.library import Library, Take, TakeDraft, Track, TrackDraft, open_library
from producertwin.library.runs import Run, RunDraft
from producertwin.server.access import Access
from producertwin.server.app import make_app
from producertwin.server.guard import Door, Patience
from producertwin.server.uploads import UploadLimits
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.studio import Studio

TOKEN = "test-token-" + "x" * 32
HOST = "127.0.0.1:8765"
ORIGIN = f"http://{HOST}"
FOREIGN_PATH = "/home/" + "mara/twins/vale"
"""A path as a machine's records hold it; no answer may."""


def tone(seconds: float, pitch: float = 220.0) -> Any:
    """A sine at half of full scale, (2, n)."""
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return np.stack([wave, wave]).astype(np.float32)


@dataclass(frozen=True)
class House:
    """What the studio of the tests holds."""

    settings: Settings
    library: Library
    takes: tuple[Take, ...]
    """The oldest first; each is made from the one before."""
    track: Track
    run: Run


@contextmanager
def furnish(folder: Path, sound: bytes) -> Iterator[House]:
    """A studio in `folder` with three takes, a track with a stem, a run that failed, and a proof."""
    settings = Settings(studio=folder, offline=True, device="cpu")
    with open_library(settings) as library:
        takes: list[Take] = []
        stage = {"kind": "generate", "play": {"adapters": [{"folder": FOREIGN_PATH, "scale": 1.0}]}}
        facts = {"audio": sound, "task": "text2music", "stage": stage, "variant": "nano", "revision": "b2:00", "seconds": 1.0}
        for seed, caption in enumerate(("lofi, rainy", "house, piano", "jazz, <b>brushes</b>")):
            parents = tuple(take.id for take in takes[-1:])
            takes.append(library.takes.add(TakeDraft(**facts, caption=caption, seed=seed, parents=parents)))
        track, _ = library.tracks.put(
            TrackDraft(
                producer="Mara Vale", title="Night/Train", format="flac", seconds=1.0, rate=48_000, channels=2, audio=sound,
                stems={"drums": sound},
            )
        )  # fmt: skip
        yield House(settings, library, tuple(takes), track, _add_run(library))


def _add_run(library: Library) -> Run:
    asked = RunDraft(producer="Mara Vale", variant="nano", revision="b2:00", dataset="b2:00", recipe="b2:00", steps=10)
    run = library.runs.create(asked, "# what is learned\n")
    place = library.runs.folder(run)
    rows = [f'{{"step": {step}, "loss": {1 / step}, "speed": 2.0, "heard": 1.0, "left": 0.0}}\n' for step in range(1, 11)]
    (place / "log.jsonl").write_text("".join(rows))
    (place / "proof").mkdir()
    (place / "proof" / "figures.json").write_text('{"subject": {"producer": "Mara Vale"}}')
    (place / "proof" / "report.html").write_text("<!doctype html><script>alert(1)</script>")
    return library.runs.update(run, status="failed", note=f"cannot write {place}/x: disk full")


def make_door(**fields: Any) -> Door:
    """A door that knows the token and the address of the tests."""
    return Door(Access(TOKEN), frozenset({HOST, "localhost:8765"}), **fields)


def make_client(house: House, *, limits: UploadLimits = UploadLimits(floor=0), door: Door | None = None) -> TestClient:
    """A client of the application over `house`, with the token."""
    app = make_app(Studio(house.settings, house.library), door or make_door(patience=Patience(pause=5.0)), limits)
    return TestClient(app, base_url=ORIGIN, headers={"authorization": f"Bearer {TOKEN}"}, follow_redirects=False)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that an answer tells: of the given status, with the id of its request, and nothing of this machine."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["request"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return found


_SERVE = """
import os
from producertwin.jobs.process import end_with
end_with(os.getppid())
from producertwin.cli.main import main
main()
"""
"""`twin`, which ends with the tests that started it, even if those are killed."""


@contextmanager
def serving(studio: Path, *options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The studio, served by a process of its own: what it said of itself, and the process."""
    line = [sys.executable, "-c", _SERVE, "--studio", str(studio), "--json", "serve", "--port", "0", *options]
    environment = os.environ | {"TWIN_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            told = ""
            while not told.endswith("}\n"):
                piece = process.stdout.readline()
                assert piece, process.stderr and process.stderr.read()
                told += piece
            yield json.loads(told), process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.communicate(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
