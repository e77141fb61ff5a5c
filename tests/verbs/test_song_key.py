"""A sheet in another key: what is written in the old one is moved the shorter way, and what is not stays and is told."""

from __future__ import annotations

import pytest

from producertwin.errors import BadInput
from producertwin.house_band.sheet import Sheet
from producertwin.verbs.song_key import ChangedKey, KeyChange, change_key


def change(key: str, /, **facts: object) -> ChangedKey:
    return change_key(KeyChange(sheet=Sheet.model_validate({"key": "D minor", "form": "verse 4"} | facts), key=key))


def test_chords_and_notes_of_all_sections_go_with_the_key() -> None:
    sections = {"hook": {"chords": "Bb | C", "lyrics": "rain", "lines": {"melody": "D2 F2 A4"}}}
    found = change("F minor", chords="Dm | Gm", form="verse 2, hook 2", sections=sections)
    assert (found.sheet.key, found.sheet.chords, found.sheet.sections["hook"].chords) == ("F minor", "Fm | Bbm", "Db | Eb")
    assert found.sheet.sections["hook"].lyrics == "rain" and "F A c2" in found.sheet.sections["hook"].lines["melody"]
    assert found.moved and found.note == "chords and notes were moved with the key, 3 semitones up: from D minor to F minor"


@pytest.mark.parametrize(
    ("key", "chords", "words"),
    [
        ("C# minor", "C#m | F#m", "1 semitone down"),
        ("A minor", "Am | Dm", "5 semitones down"),
        ("G# minor", "G#m | C#m", "6 "),
    ],
)
def test_the_shorter_way_is_taken(key: str, chords: str, words: str) -> None:
    found = change(key, chords="Dm | Gm")
    assert (found.sheet.key, found.sheet.chords) == (key, chords) and words in found.note


def test_what_is_in_no_key_or_in_another_mode_stays_and_is_told() -> None:
    other = change("F major", chords="Dm | Gm")
    assert (other.sheet.key, other.sheet.chords, other.moved) == ("F major", "Dm | Gm", False)
    assert "D minor" in other.note and "F major is another mode" in other.note
    for facts in ({"chords": "i | iv"}, {"chords": ""}, {"chords": "Dm | Gm", "key": None}):
        found = change("F minor", **facts)
        assert (found.sheet.key, found.sheet.chords, found.moved, found.note) == ("F minor", facts["chords"], False, "")
    assert change("F major", chords="i | iv").note == ""
    same = change("Dm", chords="Dm | Gm")
    assert (same.sheet.key, same.sheet.chords, same.note) == ("D minor", "Dm | Gm", "")


def test_what_is_no_key_and_what_cannot_be_read_is_refused_at_its_field() -> None:
    with pytest.raises(BadInput) as caught:
        change("H flat", chords="Dm")
    assert caught.value.faults[0].startswith("key: ")
    with pytest.raises(BadInput) as caught:
        change("F minor", chords="H7")
    assert caught.value.faults[0].startswith("sheet.chords: ")
