"""Captions: in order, true, and varied only when asked."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.house_band import album as albums
from producertwin.house_band.captions import GROUPS, caption, groups, metas, narrow_tempi, tempo_words, vocabulary
from producertwin.house_band.compose import compose
from producertwin.house_band.styles import PATCHES, STYLES, SYNONYMS


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("style", STYLES)
def test_the_caption_names_what_plays_in_order(style: str) -> None:
    score = compose(style, seed=2, seconds=15.0)
    tags = caption(score).split(", ")
    assert tuple(tags) == score.tags
    assert len(tags) == len(set(tags))
    found = groups(score)
    assert tuple(found) == GROUPS
    assert tags == list(dict.fromkeys(tag for group in GROUPS for tag in found[group]))
    words = {PATCHES[part.patch].word for part in score.parts if part.stem != "vocals"}
    assert set(found["instruments"]) == words
    assert (found["vocal_type"] == ("instrumental",)) == ("vocals" not in score.stems)
    assert found["mood"][0] in STYLES[style].moods
    assert f"{score.bpm:g} bpm" in tags


def test_production_is_what_is_heard() -> None:
    for style in STYLES:
        score = compose(style, seed=3, seconds=15.0)
        production = groups(score)["production"]
        assert ("vinyl crackle" in production) == (score.colour.crackle >= 0.25)
        assert ("side-chain compression" in production) == any(part.duck >= 0.2 for part in score.parts)
        assert ("rain ambience" in groups(score)["atmosphere"]) == (score.colour.ambience == "rain")


def test_varied_captions_stay_true_and_differ() -> None:
    for style in ("CORE-01", "SEASON-07", "techno", "VOCAL-05"):
        score = compose(style, seed=4, seconds=15.0)
        canonical = set(score.tags) | {f"{score.key.mode} key"}
        told = [caption(score, rng(seed)) for seed in range(30)]
        assert len(set(told)) >= 25
        for seed in range(30):
            for tag in caption(score, rng(seed)).split(", "):
                means = {tag} | {word for word, others in SYNONYMS.items() if tag in others}
                assert means & canonical, tag
    assert caption(score, rng(1)) == caption(score, rng(1))


def test_the_vocabulary_is_wide() -> None:
    assert sum(len(others) for others in SYNONYMS.values()) >= 150
    assert all(tag not in others and len(set(others)) == len(others) for tag, others in SYNONYMS.items())
    known = {PATCHES[patch].word for patch in PATCHES} | {tag for style in STYLES.values() for tag in style.tags}
    assert {patch.word for patch in PATCHES.values()} <= SYNONYMS.keys()
    assert "rhodes" in known


def test_tempo_words_rise_with_the_tempo() -> None:
    words = [tempo_words(bpm) for bpm in (60, 70, 80, 90, 100, 120, 140, 174)]
    assert len(set(words)) == 8
    assert tempo_words(300) == words[-1]
    assert words[1] == "slow tempo"


def test_metas_are_the_ones_of_the_score() -> None:
    score = compose("SEASON-02", seed=1, bpm=80, key="C major", meter=3, seconds=18.0)
    assert metas(score) == {"bpm": 80, "key": "C major", "meter": 3, "duration": pytest.approx(score.seconds)}


def test_an_album_shares_its_producers_habits() -> None:
    habits, songs = albums.album("Mira Vale", 4, style="CORE-01")
    again, same = albums.album(" mira vale ", 4, style="CORE-01")
    other, _ = albums.album("Jonas Keel", 4, style="CORE-01")
    assert (habits.progressions, habits.effects, songs) == (again.progressions, again.effects, same)
    assert other.effects != habits.effects
    later, more = albums.album("Mira Vale", 4, style="CORE-01", seed=1)
    assert later == habits and not {song.seed for song in more} & {song.seed for song in songs}
    assert len({song.seed for song in songs}) == 4
    assert len({song.key.mode for song in songs}) == 1
    assert len({song.colour for song in songs}) == 1
    kits = {part.patch for song in songs for part in song.parts if part.stem == "bass"}
    assert len(kits) == 1
    assert max(song.bpm for song in songs) - min(song.bpm for song in songs) <= 10


def test_an_album_without_a_style_lets_the_name_choose() -> None:
    styles = {albums.album(name, 1, seconds=8.0)[1][0].style for name in ("Ada", "Bo", "Cyd", "Dee", "Eli", "Fay")}
    assert len(styles) >= 3


def test_albums_refuse_what_cannot_be() -> None:
    for name, songs in (("", 3), ("  ", 3), ("Ada", 0), ("Ada", -1), ("Ada", 501)):
        with pytest.raises(BadInput):
            albums.album(name, songs, style="CORE-01")
    with pytest.raises(NotFound):
        albums.album("Ada", 1, style="zzz-unknown")


def test_sidecars_describe_the_song() -> None:
    score = compose("VOCAL-05", seed=2)
    files = albums.sidecars(score)
    assert files.keys() == {".caption.txt", ".lyrics.txt", ".json", ".annotations.json"}
    assert files[".caption.txt"].strip() == caption(score)
    assert "[Verse]" in files[".lyrics.txt"]
    assert "Mmm" in files[".lyrics.txt"]
    facts = json.loads(files[".annotations.json"])
    assert len(facts["beats"]) == score.bars * score.meter
    assert len(facts["downbeats"]) == score.bars
    assert facts["sections"][-1]["end"] == pytest.approx(score.seconds, abs=1e-3)
    assert facts["chords"][-1]["end"] == pytest.approx(score.seconds, abs=1e-3)
    assert albums.lyrics(compose("techno", seed=1)) == "[Instrumental]"


def test_the_vocabulary_holds_every_word_of_every_caption() -> None:
    known = vocabulary()
    assert known == {word.lower() for word in known}
    chance = rng(4)
    for number, style in enumerate(STYLES):
        score = compose(style, seed=number, seconds=8.0)
        said = {word for _ in range(6) for word in re.findall(r"[^\s,]+", caption(score, chance)) if not word.isdigit()}
        assert said | {word for tag in score.tags for word in tag.split() if not word.isdigit()} <= known


@pytest.mark.parametrize(
    ("text", "tempi"),
    [
        ("lofi", (70, 90)),
        ("lofi, Slow", (70, 75)),
        ("slowly", (70, 90)),
        ("slow, uptempo", (70, 90)),
        ("medium tempo", (84, 90)),
        ("adagio", (70, 75)),
        ("very slow", (50, 63)),
        ("breakneck tempo", (150, 300)),
    ],
)
def test_words_narrow_the_tempi_of_a_style(text: str, tempi: tuple[int, int]) -> None:
    low, high = narrow_tempi(text, 70, 90)
    assert (high, low > 0) == (tempi[1], True)
    if text not in ("very slow", "breakneck tempo"):  # beyond the style: the words win
        assert low == tempi[0]


def test_a_fast_style_stays_fast() -> None:
    assert narrow_tempi("drum and bass, fast", 165, 178) == (165, 178)
    assert narrow_tempi("drum and bass, slow", 165, 178) == (64, 75)
