"""What is no stem or no song is refused by `twin mix`, `stems`, `send` and `producer demo`, and nothing is left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cli_kit import TONE
from mixing_kit import needs_engine
from producertwin.audio import files

OUT = Path("out")
COMMANDS = {
    "mix": ("mix", "{0}", "-o", "out/mix.flac"),
    "mix dry": ("mix", "{0}", "--dry-run"),
    "stems": ("stems", "{0}", "-o", "out/song.zip"),
    "send live": ("send", "live", "{0}"),
    "demo": ("producer", "demo", "--input", "{0}", "--prompt", "trap", "-o", "out/result.wav"),
}
BROKEN = ("nan.wav", "infinite.wav", "empty.wav", "headless.wav", "cut.wav", "text.wav", "picture.png", "nowhere.wav", "nothing")


@pytest.fixture(autouse=True)
def _sounds() -> None:
    """Sounds that are none, and a folder to write into."""
    OUT.mkdir()
    Path("nothing").mkdir()
    bad = np.stack([TONE, TONE])
    for name, value in (("nan", np.nan), ("infinite", np.inf)):
        bad[0, 500] = value
        soundfile.write(f"{name}.wav", bad.T, 48_000, subtype="FLOAT")
    soundfile.write("empty.wav", np.zeros((0, 2)), 48_000)
    whole = files.write("whole.wav", np.stack([TONE, TONE])).read_bytes()
    Path("headless.wav").write_bytes(whole[50:])
    Path("cut.wav").write_bytes(whole[:30])
    Path("text.wav").write_text("la la la", encoding="utf-8")
    Path("picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    soundfile.write("silent.wav", np.zeros((96_000, 2)), 48_000)


@needs_engine
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_is_refused_with_a_remedy(twin: Callable[..., Any], command: str, name: str) -> None:
    said = twin(*(word.format(name) for word in COMMANDS[command]))
    assert said.code in (3, 4), (said.code, said.err)
    assert "error: " in said.err and "try: " in said.err and "Traceback" not in said.err
    assert not list(OUT.iterdir())


@needs_engine
@pytest.mark.parametrize("command", ["mix", "mix dry", "demo"])
def test_silence_is_no_stem_and_no_song(twin: Callable[..., Any], command: str) -> None:
    said = twin(*(word.format("silent.wav") for word in COMMANDS[command]))
    assert said.code == 3, said.err
    assert "silent" in said.err or "s, and a production takes" in said.err
    assert not list(OUT.iterdir())


def test_thirteen_stems_and_a_folder_of_one_mix_are_refused(twin: Callable[..., Any]) -> None:
    folder = Path("many")
    folder.mkdir()
    for place in range(13):
        files.write(folder / f"s{place}.wav", np.stack([TONE, TONE])[:, :4_800])
    assert "13 stems are given" in twin("mix", folder, "--dry-run").err
    alone = Path("alone")
    alone.mkdir()
    files.write(alone / "mix.wav", np.stack([TONE, TONE]))
    assert twin("mix", alone, "--dry-run").code == 3


@pytest.mark.parametrize("command", ["mix", "demo"])
def test_without_the_engine_its_installation_is_advised(
    twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("producertwin.mixing.engine.is_installed", lambda: False)
    said = twin(*(word.format("whole.wav") for word in COMMANDS[command]))
    assert said.code == 7
    assert "pip install 'producertwin[mix]'" in said.err


@needs_engine
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("command", ["mix", "stems", "demo"])
def test_a_folder_that_may_not_be_written_is_named(twin: Callable[..., Any], command: str) -> None:
    OUT.chmod(0o500)
    said = twin(*(word.format("whole.wav") for word in COMMANDS[command]))
    OUT.chmod(0o700)
    assert said.code in (3, 6), said.err


def test_a_folder_that_is_not_there_is_named(twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.mixing.engine.is_installed", lambda: True)
    OUT.rmdir()
    said = twin(*(word.format("whole.wav") for word in COMMANDS["demo"]))
    assert said.code == 4, said.err
    assert not OUT.exists()


@pytest.mark.parametrize("words", [("send", "live"), ("send", "reaper")])
def test_nobody_who_answers_is_said_with_what_to_do(twin: Callable[..., Any], words: tuple[str, ...]) -> None:
    said = twin(*words, "whole.wav", "--port", "9")
    assert said.code == 7, said.err
    assert "try: " in said.err
