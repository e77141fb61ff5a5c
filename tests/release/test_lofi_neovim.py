"""The program itself: with nano, and with Neovim as its client."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lofi_kit import Client
from producertwin.audio import files
from producertwin.audio.levels import rms_db
from producertwin.library import open_library
from producertwin.settings import Settings

pytestmark = pytest.mark.slow
PROGRAM = "import sys; sys.argv[0] = 'lofi-daemon'; from producertwin.cli.lofi import main; main()"
PLUGIN = Path(__file__).with_name("lofi_client.lua")


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TWIN_STUDIO": str(tmp_path / "studio"), "TWIN_OFFLINE": "1", "LOFI_DEVICE": "cpu", "LOFI_THREADS": "1"}


@pytest.fixture
def process(surroundings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon as the plugin starts it."""
    line = [sys.executable, "-c", PROGRAM, "--daemon"]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings
    ) as one:
        yield one
        if one.poll() is None:
            one.kill()


def client_of(process: subprocess.Popen[bytes]) -> Client:
    assert process.stdin is not None and process.stdout is not None
    return Client(process.stdin, process.stdout, lambda: None)


def test_nano_generates_shows_progress_cancels_and_its_sound_can_be_read(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    client = client_of(process)
    first = client.generate(prompt="lofi, rainy, rhodes", duration_sec=5, seed=3)["track_id"]
    second = client.generate(prompt="house, piano", duration_sec=10, inference_steps=150)
    assert (second["status"], second["position"]) == ("queued", 1)
    assert client.ask("ping")["result"] == {"status": "ok"}, "reading goes on while it plays"
    done = client.until("generation_complete", first)
    told = [one["params"]["percent"] for one in client.heard if one.get("method") == "generation_progress"]
    assert told[-1] == 100 and len(told) > 5
    sound = files.read(Path(done["path"]))
    assert sound.shape == (2, 5 * 48_000)
    assert rms_db(sound) > -40
    client.until("generation_progress", second["track_id"])
    assert client.ask("cancel", {"track_id": second["track_id"]})["result"]["was_generating"]
    assert client.until("generation_cancelled")["at_step"] < 150
    client.request("shutdown")
    assert client.rest()[-1]["result"] == {"status": "shutting_down"}
    assert process.wait(60) == 0
    with open_library(Settings(studio=tmp_path / "studio")) as library:
        assert [take.seed for take in library.takes.list()] == [3]


def test_a_signal_ends_it_as_ctrl_c_does(process: subprocess.Popen[bytes]) -> None:
    client = client_of(process)
    track = client.generate(duration_sec=120, inference_steps=200)["track_id"]  # long: it is not over before the signal comes
    client.until("generation_progress", track)
    process.send_signal(signal.SIGTERM)
    assert client.rest()[-1]["method"] == "generation_cancelled"
    assert process.wait(60) == 130


@pytest.mark.skipif(shutil.which("nvim") is None, reason="needs Neovim: apt-get install -y neovim")
def test_neovim_generates_shows_progress_cancels_and_gets_a_path(surroundings: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "lofi-daemon"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{PROGRAM}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    said = tmp_path / "said.json"
    line = ["nvim", "--headless", "--clean", "-c", f"luafile {PLUGIN}", "-c", "cquit 1"]
    lua = {**surroundings, "LOFI_PROGRAM": str(program), "LOFI_SAID": str(said), "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run(line, env=lua, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(said.read_text(encoding="utf-8"))
    assert found["backend"] == "ready"
    assert found["answer"]["status"] == "generating"
    assert found["progress"][-1] == 100 and len(found["progress"]) > 3
    assert files.read(Path(found["complete"]["path"])).shape == (2, 5 * 48_000)
    assert found["cancel"] == {"cancelled": True, "was_generating": True}
    assert found["cancelled"]["track_id"] == found["second"]["track_id"]
    assert found["exit"] == 0
