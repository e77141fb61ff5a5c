"""`twin song`: from an empty sheet to a take, and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Twin = Callable[..., Any]


def test_a_sheet_is_begun_checked_drawn_and_transposed(twin: Twin) -> None:
    done = twin("song", "new", "--title", "Night bus", "--caption", "boom bap", "--bpm", "90", "--key", "D minor")
    assert done.code == 0 and "next: twin song show song.toml" in done.err
    checked = twin("song", "check", "song.toml", "--json").data
    assert (checked["bars"], checked["key"], len(checked["sections"])) == (40, "D minor", 6)
    assert checked["seconds"] == pytest.approx(40 * 4 * 60 / 90 + 2, abs=0.01)
    assert twin("song", "show", "song.toml").out.startswith("Night bus\nD minor · 4/4 · 90 bpm")
    assert twin("song", "transpose", "song.toml", "2").code == 0
    assert 'key = "E minor"' in Path("song+2.toml").read_text()
    refused = twin("song", "new")
    assert refused.code == 3 and "song.toml is there already" in refused.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('chords = "Am X"', "bar 1, beat 3: 'X' is no chord"),
        ("", "neither form nor chords"),
        ('form = "vers 8"', "'vers' is no section"),
        ("tempo = 90", "tempo"),
        ("chords = [", "song.toml"),
        ('form = "verse 4"\n[sections.bridge]\nchords = "C"', "no section is called bridge"),
        ('form = "verse 3"\n[sections.verse]\nchords = "C | F"', "verse has 3 bars"),
    ],
)
def test_a_wrong_sheet_is_told_where_it_is_wrong(twin: Twin, text: str, said: str) -> None:
    Path("song.toml").write_text(text)
    for command in (("song", "check", "song.toml"), ("song", "play", "song.toml", "--variant", "tiny", "--dry-run")):
        done = twin(*command)
        assert done.code == 3 and said in done.err and "try: " in done.err, done.err


def test_no_sheet_is_not_found(twin: Twin) -> None:
    assert twin("song", "check", "none.toml").code == 4


@pytest.mark.thorough
def test_a_sheet_is_played_and_its_chords_are_read_back(twin: Twin) -> None:
    Path("song.toml").write_text('caption = "house"\nbpm = 124\nform = "verse 2"\nchords = "Am | F"')
    planned = twin("song", "play", "song.toml", "--variant", "tiny", "--dry-run")
    assert planned.code == 0 and not Path("song.flac").exists()
    done = twin("song", "play", "song.toml", "--variant", "tiny", "--seed", "1", "-o", "song.flac")
    assert done.code == 0 and "chords: the root is heard on" in done.err
    [take] = twin("takes", "list", "--json").data["items"]
    meters = twin("takes", "show", take["id"], "--json").data["take"]["meters"]
    assert 0 <= meters["chords_root"] <= 1 and take["seconds"] == pytest.approx(2 * 4 * 60 / 124 + 2, abs=0.01)
    assert twin("replay", take["id"]).code == 0


def test_a_sheet_is_exported_and_a_wrong_suffix_refused(twin: Twin) -> None:
    Path("song.toml").write_text('title = "Bus"\ncaption = "house"\nbpm = 124\nform = "verse 2"\nchords = "Am | F"')
    done = twin("song", "export", "song.toml", "-o", "bus.mid")
    assert done.code == 0 and Path("bus.mid").read_bytes().startswith(b"MThd")
    assert twin("song", "export", "song.toml", "-o", "parts").code == 0
    assert {path.suffix for path in Path("parts").iterdir()} == {".mid", ".html", ".txt", ".cho"}
    refused = twin("song", "export", "song.toml", "-o", "bus.mid")
    assert refused.code == 3 and "there already" in refused.err
    assert twin("song", "export", "song.toml", "-o", "bus.pdf").code == 3
    assert twin("song", "export", "nothing", "-o", "a.txt").code == 4
    assert twin("song", "from", "nothing", "-o", "other.toml").code == 4


def test_a_sheet_that_is_played_later_becomes_a_job(twin: Twin) -> None:
    Path("song.toml").write_text('caption = "house"\nbpm = 124\nform = "verse 2"\nchords = "Am | F"')
    done = twin("song", "play", "song.toml", "--variant", "tiny", "--detach", "--hold", "tempo", "--json")
    assert done.code == 0 and done.data["kind"] == "make"
    assert twin("song", "play", "song.toml", "--detach", "--hold", "everything").code == 3


@pytest.mark.thorough
def test_a_take_that_misses_its_goal_says_so_and_has_a_sheet(twin: Twin) -> None:
    made = twin("make", "house", "--variant", "tiny", "--chords", "Am | F", "--form", "verse 2", "--bpm", "124", "--seed", "1",
                "--hold", "chords>=.99", "--tries", "2", "--json")  # fmt: skip
    assert made.code == 0
    [take] = made.data["takes"]
    assert take["meters"]["hold_tries"] == 2 and take["meters"]["hold_missed"] == 1
    assert any("not held within 2 tries" in text for text in take["warnings"])
    assert "hold" not in take["stage"] and twin("replay", take["id"]).code == 0
    assert twin("song", "from", take["id"], "-o", "again.toml").code == 0
    assert 'form = "verse 2"' in Path("again.toml").read_text() and "# origin: written" in Path("again.toml").read_text()
    assert twin("song", "check", "again.toml").code == 0
