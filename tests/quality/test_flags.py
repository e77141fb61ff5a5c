from __future__ import annotations

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio.artefacts import clicks
from producertwin.quality.detectors.flags import NAMES, Defects, find

CLEAN = piece(90, seconds=5.0)
LENGTH = CLEAN.shape[1]
T = np.arange(LENGTH) / 48_000


def planted(name: str) -> np.ndarray:
    sound = CLEAN.copy()
    match name:
        case "not_finite":
            sound[0, 100] = np.nan
        case "silent":
            sound[:, LENGTH // 3 :] = 0
        case "clipped":
            sound = np.clip(sound * 3, -0.5, 0.5)
        case "dc":
            sound += 0.02
        case "dropout":
            sound[:, 60_000:61_000] = 0
        case "noise":
            sound = np.random.default_rng(0).uniform(-0.3, 0.3, sound.shape)
        case "stuck":
            sound = np.stack([np.sin(2 * np.pi * 440 * T)] * 2) * 0.3
    return sound.astype(np.float32)


def test_clean_music_has_no_defect() -> None:
    assert find(CLEAN) == Defects()
    assert not find(CLEAN).any
    assert not find(CLEAN * np.float32(0.1)).any


@pytest.mark.parametrize("name", NAMES)
def test_each_planted_defect_is_found_and_no_other(name: str) -> None:
    found = find(planted(name))
    assert [kind for kind in NAMES if getattr(found, kind)] == [name]
    assert found.any


def test_turning_a_clipped_sound_down_does_not_hide_it() -> None:
    assert find(planted("clipped") * np.float32(0.5)).clipped


def test_a_held_chord_with_movement_is_not_stuck() -> None:
    tremolo = np.sin(2 * np.pi * 440 * T) * (1 + 0.5 * np.sin(2 * np.pi * 3 * T)) * 0.2
    chord = sum(np.sin(2 * np.pi * hz * T) for hz in (220, 277, 330, 415)) * 0.1
    assert not find(np.stack([tremolo + chord] * 2).astype(np.float32)).stuck


@pytest.mark.parametrize("count", [0, 1, 7])
def test_clicks_are_counted(count: int) -> None:
    sound = np.stack([np.sin(2 * np.pi * 220 * T)] * 2).astype(np.float32) * np.float32(0.3)
    for number in range(count):
        sound[:, 10_000 + number * 20_000] += 0.4
    assert clicks(sound) == count


def test_clicks_of_silence_and_of_nothing() -> None:
    assert clicks(np.zeros((2, 48_000), np.float32)) == 0
    assert clicks(np.zeros((2, 1), np.float32)) == 0
