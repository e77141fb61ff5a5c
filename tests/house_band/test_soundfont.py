"""Parts on a soundfont: events, levels and strips, with a synthesiser that stands in for the package."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from producertwin.errors import Unavailable
from producertwin.house_band import soundfont
from producertwin.house_band.compose import compose
from producertwin.house_band.instruments import PATCHES
from producertwin.house_band.kits import KITS
from producertwin.house_band.render import render
from producertwin.house_band.score import Note, Part
from producertwin.house_band.soundfont import PROGRAMS, Soundfont


class Synth:
    """Holds every sounding note as a constant of its velocity; program 127 is one the soundfont lacks."""

    def __init__(self, samplerate: int) -> None:
        assert samplerate == 48_000
        self.sounding: dict[int, int] = {}
        self.programs: list[tuple[int, int, bool]] = []

    def sfload(self, name: str, max_voices: int) -> int:
        return len(name) + max_voices

    def sounds_off(self, _channel: int) -> None:
        self.sounding.clear()

    def program_select(self, _channel: int, _number: int, bank: int, program: int, drums: bool) -> None:
        self.programs.append((bank, program, drums))

    def noteon(self, _channel: int, pitch: int, velocity: int) -> None:
        self.sounding[pitch] = velocity

    def noteoff(self, _channel: int, pitch: int) -> None:
        self.sounding.pop(pitch, None)

    def generate_simple(self, samples: int, buffer: memoryview) -> None:
        level = 0.0 if self.programs[-1][1] == 127 else sum(self.sounding.values()) / 127
        np.frombuffer(buffer, np.float32)[:] = level
        assert len(buffer) == samples * 8


@pytest.fixture
def font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Soundfont:
    module: Any = ModuleType("tinysoundfont")
    module.Synth = Synth
    monkeypatch.setitem(sys.modules, "tinysoundfont", module)
    monkeypatch.setattr(soundfont, "find_spec", lambda _name: object())
    path = tmp_path / "a.sf3"
    path.write_bytes(b"RIFF")
    return Soundfont(path)


def test_without_the_package_or_the_file_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfont, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="tinysoundfont"):
        Soundfont(tmp_path)
    monkeypatch.setattr(soundfont, "find_spec", lambda _name: object())
    with pytest.raises(Unavailable, match="no soundfont at"):
        Soundfont(tmp_path / "none.sf3")


def test_every_program_is_of_a_patch_and_general_midi() -> None:
    assert set(PROGRAMS) <= set(PATCHES)
    assert set(soundfont.KITS) <= set(KITS)
    assert all(0 <= program < 128 for choice in PROGRAMS.values() for program in choice)


@pytest.mark.parametrize("patch", ["riser", "vocal_speech", "birds"])
def test_patches_without_a_program_are_left_to_the_band(font: Soundfont, patch: str) -> None:
    score = compose("lofi_jazz", seed=3, seconds=3)
    assert font.render_part(score, Part(PATCHES[patch].stem, patch, (Note(0, 1, 60),)), 48_000) is None


@pytest.mark.parametrize(("start", "length"), [(0.0, 1.0), (0.5, 0.25), (1.25, 2.0)])
def test_a_note_sounds_from_its_start_for_its_length(font: Soundfont, start: float, length: float) -> None:
    score = compose("lofi_jazz", seed=3, seconds=3)
    part = Part("keyboard", "piano", (Note(start, length, 60),), reverb=0.0)
    lane = font.render_part(score, part, 480_000)
    assert lane is not None and lane.shape == (2, 480_000)
    beat = 60 / score.bpm * 48_000
    [sounding] = np.nonzero(lane[0])
    assert sounding[0] == round(start * beat) and sounding[-1] + 1 == round(start * beat) + round(length * beat)


def test_kits_play_on_the_drum_bank_and_hand_kits_play_what_they_are_named_for(font: Soundfont) -> None:
    score = compose("lofi_jazz", seed=3, seconds=3)
    events = Soundfont._events(score, Part("percussion", "claves", (Note(0, 1, 1),)), KITS["claves"])
    assert events[0][1] == 75
    assert font.render_part(score, Part("drums", "brushes", (Note(0, 1, 36),)), 48_000) is not None
    assert font._synth.programs[-1] == (128, 40, True)


def test_a_program_that_the_soundfont_lacks_is_silent_and_not_infinite(font: Soundfont) -> None:
    assert font._level(127, drums=False) == 0.0
    assert np.isfinite(font._level(0, drums=False)) and font._level(0, drums=False) > 0


def test_a_whole_song_is_rendered(font: Soundfont) -> None:
    score = compose("lofi_jazz", seed=3, seconds=3)
    found = render(score, seconds=3, player=font)
    assert list(found.stems) == list(score.stems) and np.isfinite(found.mix).all()
