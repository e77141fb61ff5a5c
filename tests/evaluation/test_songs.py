from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from producertwin.evaluation.nano import songs
from producertwin.evaluation.nano.readings import read
from producertwin.evaluation.nano.songs import Song, sketch, song
from producertwin.house_band.styles import COARSE
from producertwin.metrics import style_classifier

SECONDS = 2.0


@pytest.fixture(scope="module")
def house() -> Song:
    return song("evaluation", 3, 7, SECONDS)


def test_half_is_lofi_and_every_style_comes() -> None:
    coarse = Counter(COARSE[songs.style_of(index)] for index in range(108))
    assert coarse["lofi"] == 54
    assert set(coarse) == set(style_classifier.NAMES)
    assert min(coarse.values()) >= 4
    assert len({songs.style_of(index) for index in range(0, 76, 2)}) == 38


def test_a_held_out_song_is_the_same_every_time_and_in_no_other_set(house: Song) -> None:
    again, other = song("evaluation", 3, 7, SECONDS), song("reference", 3, 7, SECONDS)
    assert house.prompt == again.prompt
    assert (house.audio == again.audio).all()
    assert house.prompt.style == other.prompt.style == "house"
    assert not np.array_equal(house.audio, other.audio)


def test_the_prompt_says_what_is_played(house: Song) -> None:
    prompt = house.prompt
    assert house.audio.shape == (2, round(SECONDS * 48_000))
    assert "house" in prompt.caption
    assert prompt.tempi[0] <= prompt.bpm <= prompt.tempi[1]
    assert str(prompt.asked_key) == prompt.key
    assert style_classifier.NAMES[prompt.label] == "house"
    assert prompt.drums


def test_a_sketch_keeps_the_prompt_and_is_another_song(house: Song) -> None:
    first, second = (sketch(house.prompt, seed, SECONDS).audio for seed in (1, 2))
    assert first.shape == house.audio.shape
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, house.audio)
    assert (first == sketch(house.prompt, 1, SECONDS).audio).all()


def test_a_reading_survives_silence_and_broken_numbers(house: Song) -> None:
    silent = read(np.zeros_like(house.audio), house.prompt)
    assert silent.defects.silent
    assert silent.tempo_best is False
    broken = house.audio.copy()
    broken[0, 5] = np.inf
    assert read(broken, house.prompt).defects.not_finite


def test_tempo_is_not_judged_without_drums(house: Song) -> None:
    quiet = replace(house.prompt, stems=("keyboard", "bass"))
    assert read(house.audio, quiet).tempo_best is None
