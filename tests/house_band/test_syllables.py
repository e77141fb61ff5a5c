"""Words become syllables by their spelling, in any script, and nothing breaks on what is no word."""

from __future__ import annotations

import pytest

from producertwin.house_band.singer import _FORMANTS, CONSONANTS
from producertwin.house_band.syllables import LA, Syllable, can_read, read_syllables
from producertwin.training.pretrain.lyricist import DEEDS, LOOKS, PLACES, THINGS


def written(line: str) -> str:
    """The syllables of a line as text: `r-eh:ee-n`."""
    return " ".join("-".join(filter(None, map(":".join, (s.onset, s.vowels, s.coda)))) for s in read_syllables(line))


@pytest.mark.parametrize(
    ("line", "sounds"),
    [
        ("rain", "r-eh:ee-n"),
        ("home", "h-oh-m"),
        ("the night", "dh-uh n-ah:ee-t"),
        ("window", "w-ih-n d-oh"),
        ("city", "s-ih t-ee"),
        ("table", "t-ae b-uh-l"),
        ("stayed", "s:t-eh:ee-d"),
        ("moved", "m-aw-v:d"),
        ("queen", "k:w-ee-n"),
        ("happy", "h-ae p-ee"),
        ("yellow", "y-eh l-oh"),
        ("every", "eh v-eh r-ee"),
        ("café", "k-ae f-eh:ee"),
        ("4", "f-aw-r"),
    ],
)
def test_words_are_read_by_their_spelling(line: str, sounds: str) -> None:
    assert written(line) == sounds


@pytest.mark.parametrize(
    ("word", "many"),
    [("love", 1), ("river", 2), ("morning", 2), ("tonight", 2), ("remember", 3), ("little", 2), ("strength", 1), ("ocean", 2)],
)
def test_words_have_as_many_syllables_as_they_are_sung_on(word: str, many: int) -> None:
    assert len(read_syllables(word)) == many


@pytest.mark.parametrize("line", ["", "   ", "... — !", "[]", "\n"])
def test_what_is_no_word_has_no_syllables(line: str) -> None:
    assert read_syllables(line) == ()


@pytest.mark.parametrize("line", ["Привет", "夜", "مرحبا", "नमस्ते"])
def test_other_scripts_are_sung_on_la_and_said_to_be(line: str) -> None:
    assert set(read_syllables(line)) == {LA}
    assert not can_read(line) and can_read("rain, über 7")


def test_a_word_without_a_vowel_is_sung_all_the_same() -> None:
    assert read_syllables("hmm") == (Syllable(("m",), ("uh",)),)


@pytest.mark.parametrize("words", [THINGS, DEEDS, LOOKS, PLACES], ids=["things", "deeds", "looks", "places"])
def test_every_sound_of_the_training_lyrics_can_be_sung(words: tuple[str, ...]) -> None:
    for word in words:
        for syllable in read_syllables(word):
            assert {*syllable.onset, *syllable.coda} <= CONSONANTS.keys()
            assert {*syllable.vowels} <= _FORMANTS.keys()


@pytest.mark.parametrize("line", ["x" * 5_000, "a" * 5_000, "strength" * 500, "'" * 900, "ʼn ﬁ ½ ①", "a\u0301\u0301\u0301"])
def test_odd_words_end(line: str) -> None:
    for syllable in read_syllables(line):
        assert syllable.vowels and len(syllable.onset) <= 8 and len(syllable.coda) <= 8
        assert {*syllable.onset, *syllable.coda} <= CONSONANTS.keys() and {*syllable.vowels} <= _FORMANTS.keys()
