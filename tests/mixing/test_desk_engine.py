"""The engine: what it refuses, and how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixing_kit import needs_engine
from producertwin.errors import BadInput, Resources, Unavailable
from producertwin.mixing import engine as room
from producertwin.mixing.engine import Engine, PlayLimits, open_engine, play_through, strong_licences

IMPORT = 'import("stdfaust.lib"); '


def test_without_an_engine_the_remedy_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable) as caught, open_engine("process = _;"):
        pass
    assert "pip install" in caught.value.remedy


@needs_engine
@pytest.mark.parametrize("source", ["process = nothing;", "process = ", "", "process = 1 2;"])
def test_a_program_that_is_wrong_is_refused_with_the_compilers_words(source: str) -> None:
    with pytest.raises(BadInput, match="Faust refuses"), open_engine(source):
        pass


@needs_engine
def test_gpl_functions_are_refused_by_what_they_declare() -> None:
    with pytest.raises(BadInput, match="GPL-3"), open_engine(IMPORT + "process = ba.slidingMax(64, 64);"):
        pass


@pytest.mark.parametrize(
    ("licence", "strong"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-only", True),
        ("GPLv3 license", True),
        ("LGPL-2.1", False),
        ("LicenseRef-LGPL-2.1-or-later-with-Faust-exception", False),
        ("GPL-2.0-or-later with FAUST exception", False),
        ("LicenseRef-STK-4.3", False),
        ("MIT", False),
    ],
)
def test_a_licence_is_strong_or_not(licence: str, strong: bool) -> None:
    assert bool(strong_licences({"some.lib/f:license": licence})) == strong
    assert strong_licences({"some.lib/f:author": licence}) == []


@needs_engine
def test_the_short_way_from_db_to_a_factor_is_as_exact_as_it_says() -> None:
    library = Path(room.__file__).with_name("effects.dsp").read_text(encoding="utf-8")
    (line,) = re.findall(r"^twin_factor.*$", library, re.MULTILINE)
    for low, high, most in ((-40, 40, 2e-6), (-80, -40, 2e-4)):
        db = np.linspace(low, high, 2_000, dtype=np.float32)[None]
        played = play_through(f"{IMPORT}{line} process = twin_factor;", db)
        assert np.abs(played / 10 ** (db.astype(np.float64) / 20) - 1).max() < most


@needs_engine
def test_blocks_follow_one_another_without_a_seam() -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, (1, 50_000)).astype(np.float32)
    source = "process = + ~ *(0.999);"
    with open_engine(source) as engine:
        parts = [engine.play(sound[:, at : at + size]) for at, size in ((0, 1), (1, 999), (1_000, 49_000))]
    assert np.array_equal(np.concatenate(parts, axis=1), play_through(source, sound)[:, :50_000])


@pytest.mark.parametrize(
    ("does", "error"),
    [
        ("pass", Unavailable),
        ("print('{', end='', flush=True); sys.exit(3)", Unavailable),
        ("print('{', end='', flush=True); os.kill(os.getpid(), signal.SIGKILL)", Resources),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_an_engine_that_ends_within_its_answer_is_told_of(does: str, error: type[Exception]) -> None:
    code = f"import os, signal, sys; sys.stdin.readline(); {does}"
    with (
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child,
        pytest.raises(error, match=r"ended by itself|used up"),
    ):
        Engine(child, PlayLimits()).start("process = _;", 48_000)


@pytest.mark.thorough
@needs_engine
def test_a_program_that_takes_too_long_is_ended() -> None:
    bomb = IMPORT + "process = par(i, 40000, os.osc(i)) :> _;"
    with pytest.raises(Resources, match="longer than"), open_engine(bomb, limits=PlayLimits(compile_seconds=1.0)):
        pass


@pytest.mark.thorough
@needs_engine
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")
def test_a_program_that_takes_too_much_memory_is_ended() -> None:
    with (
        pytest.raises(Resources),
        open_engine("process = @(900000000);", limits=PlayLimits(compile_seconds=20, block_seconds=20)) as engine,
    ):
        engine.play(np.zeros((1, 64), np.float32))
