"""Styles: complete, told apart, and found by id, name or tags."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.house_band import basslines, comping, grooves, harmony, melody
from producertwin.house_band.captions import caption
from producertwin.house_band.compose import compose
from producertwin.house_band.instruments import stem_of
from producertwin.house_band.styles import _MOST_WORDS, COARSE, PATCHES, STYLES, Style, _known_phrases, check_stem, find, match
from producertwin.music import STEMS

PRESETS = tomllib.loads(files("producertwin.presets").joinpath("styles.toml").read_text("utf-8"))
OTHERS = {
    "trap", "boom-bap", "drill", "house", "techno", "drum-and-bass", "synthwave", "ambient", "jazz-trio", "rnb", "rock",
}  # fmt: skip
ROLES = {
    "beat", "perc", "lead", "hum", "chop", "speech", "fills", "counter", "walk", "transitions", "weather", "bells", "zaps",
    *basslines.LINES, *comping.MANNERS,
}  # fmt: skip


def test_presets_hold_thirty_eight_styles_in_five_categories() -> None:
    presets = {name: entry for name, entry in PRESETS.items() if not name.startswith("_")}
    assert Counter(entry["category"] for entry in presets.values()) == {
        "core": 7,
        "seasonal": 9,
        "thematic": 10,
        "instrumental": 7,
        "vocal": 5,
    }
    for prefix, count in (("CORE", 7), ("SEASON", 9), ("THEME", 10), ("INST", 7), ("VOCAL", 5)):
        assert [name for name in presets if name.startswith(prefix)] == [f"{prefix}-{i:02}" for i in range(1, count + 1)]


def test_presets_say_what_a_style_is() -> None:
    wanted = {"name", "category", "extends", "base_tags", "instruments", "production", "mood_options", "tempo_range"}
    for name, entry in PRESETS.items():
        if not name.startswith("_"):
            assert wanted <= entry.keys(), name
            assert entry["extends"] == ["_base_lofi"]
            assert entry["tempo_range"] == list(STYLES[name].tempo), name


def test_every_style_has_one_of_twelve_coarse_styles() -> None:
    assert set(COARSE.values()) == OTHERS | {"lofi"}
    assert Counter(COARSE.values())["lofi"] == 38
    assert len(STYLES) == 49
    assert all(COARSE[name] == name for name in OTHERS)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_style_names_only_what_exists(style: Style) -> None:
    assert set(style.grooves) <= grooves.GROOVES.keys()
    assert set(style.pools) <= harmony.PROGRESSIONS.keys()
    assert style.melody in melody.MANNERS
    assert 30 <= style.tempo[0] < style.tempo[1] <= 300
    assert 0.5 <= style.swing[0] <= style.swing[1] <= 0.67
    assert {meter for meter, _ in style.meters} <= {3, 4, 6}
    for player in style.players:
        assert player.role in ROLES
        assert player.stem in STEMS
        assert {PATCHES[patch].stem for patch in player.patches} == {player.stem}
        assert 0.0 < player.chance <= 1.0


def test_no_two_styles_have_the_same_band() -> None:
    bands = [(style.tempo, style.grooves, style.players) for style in STYLES.values()]
    assert len(set(bands)) == len(bands)


def test_patches_are_those_of_the_synthesiser() -> None:
    assert {name: stem_of(name) for name in PATCHES} == {name: patch.stem for name, patch in PATCHES.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CORE-04", "CORE-04"),
        ("core-04", "CORE-04"),
        ("Lofi House", "CORE-04"),
        ("lo-fi, rainy, rhodes", "SEASON-06"),
        ("christmas, sleigh bells", "SEASON-02"),
        ("lofi", "CORE-01"),
        ("jazz", "jazz-trio"),
        ("drum and bass", "drum-and-bass"),
        ("drum and bass, dark", "drum-and-bass"),
        ("rock, sad", "rock"),
        ("8-bit, chiptune", "THEME-07"),
        ("Trap", "trap"),
        ("rock, energetic, distorted guitar", "rock"),
        ("lofi, spoken word", "VOCAL-04"),
        ("gloomy", "CORE-06"),
        ("Bleak, cassette noise", "CORE-06"),
    ],
)
def test_find_reads_ids_names_and_tags(text: str, expected: str) -> None:
    assert find(text).id == expected


def test_every_style_is_found_by_its_id_name_and_own_tags() -> None:
    for style in STYLES.values():
        assert find(style.id) is style
        assert find(style.name) is style
        assert find(", ".join((*style.base_tags, style.atmosphere or "", *style.instruments))) is style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deep house, warm pads", "house"),
        ("a slow jazz trio with brushes", "jazz-trio"),
        ("Heavy Metal", "rock"),
        ("rainy lofi for a late evening", "SEASON-06"),
        ("dusty piano", "INST-01"),
    ],
)
def test_a_style_is_heard_inside_a_longer_phrase(text: str, expected: str) -> None:
    found = match(text)
    assert found.clear
    assert found.style.id == expected


@pytest.mark.parametrize("text", ["neon freeway", "rapid breakbeats", "reggae, offbeat", "music", "gregorian chant", "xqzzt"])
def test_a_text_that_shares_a_word_or_none_is_not_clear(text: str) -> None:
    assert not match(text).clear


def test_no_known_phrase_is_longer_than_what_is_looked_for() -> None:
    assert max(len(phrase.split()) for phrase in _known_phrases()) <= _MOST_WORDS
    assert match("lofi " * 9_000).clear  # at once, not in a time that grows with the square


@pytest.mark.parametrize("text", ["", "...", " , ;", "🎹"])
def test_a_text_without_words_means_no_style(text: str) -> None:
    assert match(text).score == 0.0


@pytest.mark.thorough
def test_styles_are_found_from_the_captions_of_their_songs() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    songs = [
        (style, caption(compose(style, seed=number, seconds=5.0), rng)) for number, style in enumerate(STYLES) for _ in range(3)
    ]
    found = [(style, match(text)) for style, text in songs]
    assert all(answer.clear for _, answer in found)
    assert np.mean([answer.style.id == style for style, answer in found]) >= 0.94


@pytest.mark.parametrize("text", ["", "  ", " , ,"])
def test_find_refuses_nothing(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        find(text)
    assert "CORE-01" in caught.value.remedy


def test_find_refuses_what_no_style_shares() -> None:
    with pytest.raises(NotFound) as caught:
        find("xylophagous quux")
    assert "synthwave" in caught.value.remedy


def test_an_unknown_stem_is_refused_with_the_known_ones() -> None:
    assert check_stem("bass") == "bass"
    with pytest.raises(BadInput) as caught:
        check_stem("banjo")
    assert "banjo" in caught.value.message
    assert "woodwinds" in caught.value.remedy
