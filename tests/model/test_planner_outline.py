"""The form of a thought, written as PyYAML writes it and read line by line."""

from __future__ import annotations

import pytest

from producertwin.errors import BadInput
from producertwin.model.planner.outline import Outline, read_outline, write_thought

LONG = (
    "An emotional ballad that opens with a soft piano, before strings and a restrained drum kit lift the second verse: "
    "slow, wide and warm"
)
FOLDED = (
    "caption: 'An emotional ballad that opens with a soft piano, before strings and a restrained\n"
    "  drum kit lift the second verse: slow, wide and warm'"
)
"""By PyYAML's rules at width 80: quoted for the colon, folded after the word that passes the width, two spaces on."""


def test_a_thought_has_its_fields_in_alphabetical_order() -> None:
    song = Outline(caption="calm piano", bpm=92, key="F# minor", meter=4, seconds=120, language="en", genres="ballad")
    lines = ["bpm: 92", "caption: calm piano", "duration: 120", "keyscale: F# minor", "language: en", "timesignature: 4"]
    assert write_thought(song) == "\n".join(["<think>", *lines, "</think>"])


@pytest.mark.parametrize(
    ("song", "body"),
    [
        (Outline(), ""),
        (Outline(language="no"), "language: 'no'"),
        (Outline(caption="yes"), "caption: 'yes'"),
        (Outline(caption="808"), "caption: 808"),
        (Outline(caption=LONG), FOLDED),
        (Outline(caption="雨の夜, ピアノ"), "caption: 雨の夜, ピアノ"),
        (Outline(bpm=90, lyrics="la la"), "bpm: 90"),
        (Outline(key="B♭ major", meter=6), "keyscale: B♭ major\ntimesignature: 6"),
    ],
)
def test_what_is_not_known_is_left_out_and_yaml_quotes_what_it_would_misread(song: Outline, body: str) -> None:
    assert write_thought(song) == f"<think>\n{body}\n</think>"


@pytest.mark.parametrize(
    "song",
    [
        Outline(caption=LONG, bpm=30, key="C major", meter=2, seconds=10, language="no"),
        Outline(caption='it\'s a "loop": short', bpm=300, key="A♭ minor", meter=6, seconds=600, language="unknown"),
        Outline(caption="- dashes, and # signs", bpm=120, key="B major", meter=3, seconds=61, language="yue"),
    ],
)
def test_what_is_written_is_read_again(song: Outline) -> None:
    read = read_outline(write_thought(song))
    assert (read.caption, read.bpm, read.key, read.meter, read.seconds) == (
        song.caption,
        song.bpm,
        song.key,
        song.meter,
        song.seconds,
    )


def test_lyrics_follow_the_thought_without_their_heading() -> None:
    thought = "<think>\nbpm: 90\ncaption: a\n  b\n\tc\ngenres: folk\n</think>"
    assert read_outline(thought).lyrics == ""
    for heading in ("", "# Lyric\n", "#lyrics \n", "# Lyrics\n"):
        read = read_outline(f"{thought}\n\n{heading}[verse]\nrain\n# Lyric\nstays\n")
        assert read.lyrics == "[verse]\nrain\n# Lyric\nstays"
        assert (read.caption, read.genres) == ("a b c", "folk")


@pytest.mark.parametrize("line", ["bpm: fast", "timesignature: 5", "keyscale: H dur", "duration: 1.5"])
def test_a_value_outside_the_grammar_is_named(line: str) -> None:
    with pytest.raises(BadInput, match=line.partition(": ")[2]):
        read_outline(f"<think>\n{line}\n</think>")


def test_all_metas_are_tempo_key_meter_and_length() -> None:
    whole = Outline(bpm=90, key="C major", meter=4, seconds=30)
    assert whole.has_all_metas
    for name in ("bpm", "key", "meter", "seconds"):
        assert not Outline(**{**{"bpm": 90, "key": "C major", "meter": 4, "seconds": 30}, name: None}).has_all_metas  # type: ignore[arg-type]


def test_control_characters_are_left_out() -> None:
    read = read_outline("<think>\ncaption: a\x07b\x7f\n  c\x85\n</think>\nla\x00\n\tla")
    assert (read.caption, read.lyrics) == ("ab c", "la\n\tla")
