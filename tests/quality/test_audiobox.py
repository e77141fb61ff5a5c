"""AudioBox is asked through its own command, and nothing of it is told without its interval."""

from __future__ import annotations

import json
import os
import stat
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from producertwin.errors import BadInput, Unavailable
from producertwin.quality import audiobox
from producertwin.settings import Settings

RNG = np.random.default_rng(4)
ANSWER = {"CE": 6.0, "CU": 7.0, "PC": 3.0, "PQ": 8.0}


def noise(seconds: float) -> np.ndarray:
    return (0.1 * RNG.standard_normal((2, round(48_000 * seconds)))).astype(np.float32)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of the path, for a command that stands for AudioBox."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / audiobox.COMMAND


def write_command(path: Path, body: str) -> None:
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize(("seconds", "count", "each"), [(6, 3, 2.0), (29, 3, 29 / 3), (45, 4, 10.0), (400, 30, 10.0)])
def test_windows_are_spread_and_never_overlap(seconds: float, count: int, each: float) -> None:
    sound = np.arange(round(48_000 * seconds), dtype=np.float32)[None]
    windows = audiobox.cut_windows(sound)
    assert len(windows) == count and all(one.shape[1] == pytest.approx(48_000 * each, abs=2) for one in windows)
    assert windows[0][0, 0] == 0 and windows[-1][0, -1] == pytest.approx(sound[0, -1], abs=2)
    assert all(a[0, -1] < b[0, 0] for a, b in pairwise(windows))


def test_every_window_is_asked_for_and_the_mean_has_its_interval(command: Path, settings: Settings, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    write_command(command, f"""
rows = [json.loads(line) for line in open(sys.argv[1])]
open({str(seen)!r}, "w").write(json.dumps([os.environ.get("HF_HUB_OFFLINE"), [os.path.getsize(row["path"]) for row in rows]]))
for place, row in enumerate(rows):
    print(json.dumps({{"CE": 6 + place, "CU": 7, "PC": 3, "PQ": 8}}))
""")  # fmt: skip
    told = {one.axis: one for one in audiobox.judge(noise(8.0), settings.model_copy(update={"offline": True}))}
    offline, sizes = json.loads(seen.read_text())
    assert offline == "1" and len(sizes) == 3 and min(sizes) > 1_000
    assert told["CE"].value == 7.0 and told["CE"].low == pytest.approx(7 - 4.303 / np.sqrt(3), abs=0.01)
    assert told["PQ"].low == told["PQ"].high == 8.0 and {one.windows for one in told.values()} == {3}


@pytest.mark.parametrize(
    "body",
    [
        "print('{}')",
        "print('nothing')",
        "print('{\"CE\": NaN}')",
        f"print({json.dumps(json.dumps(ANSWER))})",  # one answer to three windows
        "sys.exit('no weights')",
    ],
)
def test_an_answer_of_another_kind_is_no_figure(command: Path, settings: Settings, body: str) -> None:
    write_command(command, body)
    with pytest.raises(Unavailable, match="audio-aes"):
        audiobox.judge(noise(6.0), settings)


def test_a_short_sound_has_no_interval_and_no_figure(command: Path, settings: Settings) -> None:
    write_command(command, "")
    with pytest.raises(BadInput, match="too short"):
        audiobox.judge(noise(5.9), settings)


def test_a_sound_with_no_numbers_in_it_has_no_figure(command: Path, settings: Settings) -> None:
    write_command(command, "")
    with pytest.raises(BadInput, match="no numbers"):
        audiobox.judge(np.full((2, 300_000), np.nan, np.float32), settings)


def test_the_windows_are_sounds_that_others_read(tmp_path: Path) -> None:
    path = audiobox._write(tmp_path, 0, noise(1.0))
    assert soundfile.info(path).subtype == "PCM_16" and soundfile.info(path).samplerate == 48_000


def test_without_the_command_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(Unavailable) as error:
        audiobox.check_audiobox()
    assert "pipx install audiobox-aesthetics" in error.value.remedy
