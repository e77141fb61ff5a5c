"""`twin send` at the command line: what is refused, what a dry run says, and regions that become jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_kit import TONE
from producertwin.audio import files
from producertwin.pipeline.stages import Repaint


def test_a_script_is_written_once_and_replaced_by_leave(twin: Callable[..., Any]) -> None:
    assert twin("send", "reaper", "--install-script", "mine.lua").code == 0
    assert "TimeMap_GetMeasureInfo" in Path("mine.lua").read_text(encoding="utf-8")
    assert twin("send", "reaper", "--install-script", "mine.lua").code == 3
    assert twin("send", "reaper", "--install-script", "mine.lua", "--force").code == 0
    assert twin("send", "reaper", "k3v", "--install-script", "mine.lua").code == 3


def test_a_dry_run_asks_nobody_and_writes_nothing(twin: Callable[..., Any]) -> None:
    files.write("song.flac", np.stack([TONE, TONE]))
    for words in (("send", "live"), ("send", "reaper")):
        said = twin(*words, "song.flac", "--bpm", "96", "--dry-run", "--json")
        assert said.code == 0, said.err
        assert [Path(path).name for path in said.data["files"]] == ["song_mix_96bpm.wav"]
        assert not Path(said.data["files"][0]).exists()
        assert twin(*words).code == 3


def test_what_is_marked_becomes_a_job_once(twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    files.write("song.flac", np.stack([TONE, TONE]))
    source = str(Path("song.flac").absolute())
    prompt, play = {"caption": "lofi"}, {"variant": "nano"}
    good = Repaint.model_validate({"source": source, "start": 0.5, "end": 1.0, "prompt": prompt, "play": play})
    lost = Repaint.model_validate({"source": "nowhere.wav", "start": 0.5, "end": 1.0, "prompt": prompt, "play": play})
    monkeypatch.setattr("producertwin.cli.send.verb.watch_regions", lambda *_, **__: iter([lost, good, good]))
    said = twin("send", "reaper", "--listen")
    assert said.code == 0, said.err
    assert "nowhere.wav" in said.err
    first, second = said.out.splitlines()
    assert first == second
    (job,) = twin("jobs", "list", "--json").data["items"]
    assert first.startswith(job["id"])
