"""Desks as Faust: readable, complete, and accepted by both compilers without a warning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixing_kit import draw_desk, needs_engine
from producertwin.mixing import desk as desks
from producertwin.mixing.engine import open_engine, strong_licences
from producertwin.mixing.faust import write_faust, write_limiter
from producertwin.mixing.schedule import schedule_desk

PRESETS = sorted(desks.desk_files())
GOLDEN = Path(__file__).with_name("hip_hop.dsp")
HIP_HOP = {
    "title": "Hip-hop",
    "strips": {
        "bass": {
            "high_pass": {"hz": 40},
            "compressor": {"threshold": -20, "ratio": 4, "attack": 3, "release": 100},
            "duck": {"by": "drums"},
        },
        "drums": {
            "bells": [{"hz": 100, "gain": 2, "q": 1}],
            "compressor": {"threshold": -15, "ratio": 3, "attack": 1, "release": 50},
        },
        "melody": {"bells": [{"hz": 2000, "gain": 1.5, "q": 0.7}], "sends": {"room": -9}},
        "harmony": {"bells": [{"hz": 2000, "gain": 1.5, "q": 0.7}], "width": 1.2, "sends": {"room": -9}},
    },
    "buses": {"room": {"kind": "reverb"}},
    "master": {"loudness": -14},
}
"""Bass, drums, melody and harmony of a hip-hop mix."""


def test_a_hip_hop_desk_is_written_as_it_always_was() -> None:
    assert write_faust(desks.read_desk(HIP_HOP, where="test")).source == GOLDEN.read_text(encoding="utf-8")


def test_every_strip_has_a_process_and_every_number_a_slider_with_its_bounds() -> None:
    source = write_faust(desks.read_desk(HIP_HOP, where="test")).source
    for name in ("bass", "drums", "melody", "harmony", "room", "master"):
        assert f"{name}_process" in source
    assert 'hslider("h:bass/compressor ratio", 4.0, 1.0, 20.0, 0.0001)' in source
    assert 'hslider("h:drums/gain[unit:dB]", 0.0, -60.0, 24.0, 0.0001)' in source
    assert "process(bass_l, bass_r, drums_l, drums_r, melody_l, melody_r, harmony_l, harmony_r)" in source


def test_a_title_cannot_leave_its_string() -> None:
    desk = desks.read_desk(
        {"title": 'a"; process = ffunction(x);\n//', "about": "x\nprocess = 1;", "strips": {"a": {}}}, where="test"
    )
    assert not [line for line in write_faust(desk).source.splitlines() if line.startswith("process = ")]


@needs_engine
@pytest.mark.parametrize("count", [1, *(pytest.param(count, marks=pytest.mark.thorough) for count in range(2, 12)), 12])
def test_desks_of_any_size_compile_without_a_warning(count: int) -> None:
    strips = {f"s{place}": {} for place in range(count)}
    program = write_faust(desks.read_desk({"strips": strips}, where="test"))
    with open_engine(program.source) as engine:
        assert (engine.inputs, engine.outputs, engine.said) == (2 * count, 2, "")


@needs_engine
@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name == "trap" else pytest.mark.thorough) for name in PRESETS])
def test_presets_compile_and_play_finite_bounded_sound(name: str) -> None:
    desk = desks.find_desk(name)
    desk = desk if desk.strips else desk.model_copy(update={"strips": {"song": desks.Strip()}})
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2 * len(desk.strips), 16_384)).astype(np.float32)
    heard = []
    for played in (write_faust(desk).source, schedule_desk(desk)):
        with open_engine(played) as engine:
            heard.append(engine.play(noise))
            assert engine.said == ""
            assert strong_licences(engine.declared) == []
    assert heard[0].shape == (2, 16_384)
    assert 0.001 < np.abs(heard[0]).max() < 1.0
    assert np.abs(heard[0] - heard[1]).max() < 1e-5


def bounded_by_the_desk(seed: int, most: int) -> None:
    desk = draw_desk(seed, most=most)
    program = write_faust(desk)
    noise = np.random.default_rng(seed).uniform(-1, 1, (program.inputs, 16_384)).astype(np.float32)
    noise[:, 8_000:] = 0.0
    with open_engine(program.source) as engine:
        assert (engine.inputs, engine.outputs, engine.said) == (program.inputs, 2, "")
        played = engine.play(noise)
    assert np.isfinite(played).all(), seed
    if desk.master.limiter is not None:
        assert np.abs(played).max() <= 10 ** (desk.master.limiter.ceiling / 20), seed


@pytest.mark.thorough
@needs_engine
@pytest.mark.parametrize("seed", range(2))
def test_drawn_desks_compile_and_play_finite_bounded_sound(seed: int) -> None:
    bounded_by_the_desk(seed, most=2)


@needs_engine
@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_drawn_desks_compile_and_play_finite_bounded_sound(seed: int) -> None:
    bounded_by_the_desk(seed, most=8)


@pytest.mark.skipif(shutil.which("faust") is None, reason="needs the faust tool")
@pytest.mark.parametrize("name", ["hip_hop", "lofi"])
def test_the_faust_tool_makes_cpp_of_a_desk(name: str, tmp_path: Path) -> None:
    desk = desks.read_desk(HIP_HOP, where="test") if name == "hip_hop" else desks.find_desk(name)
    path = tmp_path / "mix.dsp"
    path.write_text(write_faust(desk).source, encoding="utf-8")
    made = subprocess.run(["faust", "-lang", "cpp", "-wall", str(path)], capture_output=True, text=True, check=False, timeout=120)
    assert made.returncode == 0, made.stderr
    assert "compute" in made.stdout


def test_the_limiter_alone_is_that_of_the_whole_program() -> None:
    desk = desks.find_desk("lofi")
    alone, whole = write_limiter(desk.master), write_faust(desk)
    assert alone.source.split("process")[0].count("twin_limiter(") >= 1
    assert whole.latency == schedule_desk(desk, finish=False).latency + alone.latency
