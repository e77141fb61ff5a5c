"""Chord symbols of published lists are read, wrong ones are refused with what is near."""

from __future__ import annotations

import pytest

from producertwin.errors import BadInput
from producertwin.house_band.chord_symbols import COMMON, intervals, read_symbol
from producertwin.music import Key

IREAL = """
5 2 add9 + o h sus ^ - ^7 -7 7 7sus h7 o7 ^9 ^13 6 69 ^7#11 ^9#11 ^7#5 -6 -69 -^7 -^9 -9 -11 -7b5 h9 -b6 -#5 9 7b9
7#9 7#11 7b5 7#5 9#11 9b5 9#5 7b13 7#9#5 7#9b5 7#9#11 7b9#11 7b9b5 7b9#5 7b9#9 7b9b13 7alt 13 13#11 13b9 13#9
7b9sus 7susadd3 9sus 13sus 7b13sus 11
"""
"""The qualities of iReal Pro."""
MUSICXML = {
    "": "0 4 7", "m": "0 3 7", "aug": "0 4 8", "dim": "0 3 6", "7": "0 4 7 10", "maj7": "0 4 7 11", "m7": "0 3 7 10",
    "dim7": "0 3 6 9", "aug7": "0 4 8 10", "ø7": "0 3 6 10", "mmaj7": "0 3 7 11", "6": "0 4 7 9", "m6": "0 3 7 9",
    "9": "0 4 7 10 14", "maj9": "0 4 7 11 14", "m9": "0 3 7 10 14", "m11": "0 3 7 10 14 17", "maj11": "0 4 7 11 14 17",
    "13": "0 4 7 10 14 21", "maj13": "0 4 7 11 14 21", "m13": "0 3 7 10 14 21", "sus2": "0 2 7", "sus4": "0 5 7", "5": "0 7",
}  # fmt: skip
"""The kinds of MusicXML that name a chord, by their tones; 13 without its eleventh, as it is played."""
SAME: tuple[tuple[str, ...], ...] = (
    ("maj7", "M7", "Maj7", "ma7", "Δ7", "Δ", "^7", "^", "(maj7)", "j7"),
    ("m7", "min7", "mi7", "-7"),
    ("m7b5", "ø", "ø7", "h", "h7", "m7(b5)", "min7b5", "-7b5", "m7-5", "half-dim"),
    ("mmaj7", "mM7", "m(maj7)", "minMaj7", "-^7", "-Δ7", "min(maj7)"),
    ("dim7", "°7", "o7"),
    ("aug", "+", "augmented"),
    ("aug7", "+7", "7#5", "7+5", "7+"),
    ("6/9", "69", "6(9)"),
    ("7b9", "7(b9)", "7♭9", "7-9"),
    ("7#11", "7(#11)", "7♯11"),
    ("madd9", "m(add9)", "-add9"),
    ("7sus4", "7sus"),
    ("13b9", "13(b9)"),
    ("7b9#11", "7(b9,#11)", "7b9,#11"),
    ("", "maj", "M", "major"),
    ("7no5", "7omit5"),
    ("m7add11", "m7(11)"),
)


@pytest.mark.parametrize("quality", [*IREAL.split(), *COMMON])
def test_every_quality_of_the_lists_is_read(quality: str) -> None:
    for root, number in (("C", 0), ("F#", 6), ("Bb", 10)):
        symbol = read_symbol(root + quality)
        assert symbol is not None
        assert (symbol.root, symbol.quality, symbol.bass) == (number, quality, None)
        assert symbol.intervals[0] == 0
        assert list(symbol.intervals) == sorted(set(symbol.intervals))
        assert 2 <= len(symbol.intervals) <= 7


@pytest.mark.parametrize("quality", MUSICXML)
def test_the_tones_of_musicxml_kinds(quality: str) -> None:
    assert intervals(quality) == tuple(map(int, MUSICXML[quality].split()))


@pytest.mark.parametrize("spellings", SAME, ids=lambda same: same[0] or "major")
def test_spellings_of_one_chord_have_the_same_tones(spellings: tuple[str, ...]) -> None:
    assert {intervals(one) for one in spellings} == {intervals(spellings[0])}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("C/B", (0, "", 11)), ("G7/F#", (7, "7", 6)), ("Am7/A", (9, "m7", None)), ("Bb6/9", (10, "6/9", None)),
     ("D6/9/F#", (2, "6/9", 6)), ("Bb5", (10, "5", None)), ("E♭maj7", (3, "maj7", None)), ("Cb", (11, "", None)),
     ("Fbb", (3, "", None)), ("A##m", (11, "m", None))],
)  # fmt: skip
def test_roots_and_bass_notes(text: str, wanted: tuple[int, str, int | None]) -> None:
    symbol = read_symbol(text)
    assert symbol is not None
    assert (symbol.root, symbol.quality, symbol.bass) == wanted


@pytest.mark.parametrize("text", ["N.C.", "NC", "n.c.", "-"])
def test_silence_is_no_chord(text: str) -> None:
    assert read_symbol(text) is None


@pytest.mark.parametrize(
    ("text", "major", "minor"),
    [("I", (0, ""), (0, "")), ("ii7", (2, "m7"), (2, "m7")), ("iv", (5, "m"), (5, "m")), ("V7", (7, "7"), (7, "7")),
     ("VI", (9, ""), (8, "")), ("bVI", (8, ""), (8, "")), ("bVII", (10, ""), (10, "")), ("III", (4, ""), (3, "")),
     ("vii°7", (11, "°7"), (11, "°7")),
     ("viiø7", (11, "ø7"), (11, "ø7")), ("#iv°", (6, "°"), (6, "°")), ("V7/V", (2, "7"), (2, "7")), ("V7/vi", (4, "7"), (3, "7")),
     ("ii7/IV", (7, "m7"), (7, "m7")), ("Imaj7", (0, "maj7"), (0, "maj7"))],
)  # fmt: skip
@pytest.mark.parametrize("tonic", [0, 9])
def test_roman_numerals_are_degrees_of_the_key(text: str, major: tuple[int, str], minor: tuple[int, str], tonic: int) -> None:
    for mode, (root, quality) in (("major", major), ("minor", minor)):
        symbol = read_symbol(text, Key(tonic, mode))  # type: ignore[arg-type]
        assert symbol is not None
        assert (symbol.root, symbol.quality) == ((root + tonic) % 12, quality)


@pytest.mark.parametrize(
    "text",
    [
        "H7",
        "",
        "x",
        "Am7x",
        "Cmaj77",
        "Cmm",
        "Amb",
        "G7sus5",
        "A/H",
        "Am7/",
        "C//E",
        "Ddfg",
        "c",
        "C7777",
        "Caddd9",
        "V7/x",
        "C13 13",
        "m7",
    ],
)
def test_what_is_no_chord_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_symbol(text, Key(0, "major"))
    assert caught.value.remedy


def test_a_wrong_chord_is_told_what_is_near_it() -> None:
    with pytest.raises(BadInput, match="'F#mja7' is no chord") as caught:
        read_symbol("F#mja7")
    assert "F#maj7" in caught.value.remedy
    with pytest.raises(BadInput, match="no key is given"):
        read_symbol("ii7")
