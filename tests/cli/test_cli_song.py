"""`twin song`: from an empty sheet to a take, and what is said of a wrong one."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from midi_kit import SONG

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


def test_a_sheet_is_made_of_a_midi_file_and_a_tune(twin: Twin) -> None:
    Path("riff.mid").write_bytes(SONG)
    done = twin("song", "new", "--midi", "riff.mid", "--caption", "boom bap")
    assert done.code == 0 and "1 'Lead' 32 notes: melody" in done.err, done.err
    checked = twin("song", "check", "song.toml", "--json").data
    assert (checked["title"], checked["bars"], checked["key"]) == ("riff", 8, "A minor")
    assert "melody: as given" in twin("song", "show", "song.toml").out
    Path("tune.abc").write_text("T:Rain\nQ:1/4=80\nK:Am\nA2 c2 e2 a2 | g8")
    done = twin("song", "new", "--tune", "tune.abc", "--midi", "riff.mid:bass", "--transpose", "2", "-o", "both.toml")
    text = Path("both.toml").read_text()
    assert done.code == 0 and 'key = "B minor"' in text and "bpm = 90" in text and "[lines]\nbass" in text and "melody = " in text
    assert twin("song", "transpose", "both.toml", "-2").code == 0


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--midi", "none.mid"), 4, "no file at none.mid"),
        (("--midi", "tune.abc"), 3, "tune.abc is no MIDI file"),
        (("--midi", "riff.mid:kazoo"), 3, "'kazoo' is no part"),
        (("--midi", "riff.mid:melody", "--tune", "tune.abc"), 3, "notes of melody are given twice"),
        (("--tune", "wrong.abc"), 3, "wrong.abc, bar 1, beat 1: 'q8' is not understood"),
        (("--tune", "tune.abc", "--transpose", "99"), 3, "transpose 99 semitones is outside"),
        (("--hum", "short.wav"), 3, "short.wav: the recording lasts 0.25 s"),
        (("--hum", "quiet.wav:bass"), 3, "quiet.wav: the recording is silent"),
        (("--hum", "quiet.wav:kazoo"), 3, "'kazoo' is no part"),
        (("--hum", "riff.mid"), 3, "riff.mid"),
        (("--like", "quiet.wav"), 3, "quiet.wav: the recording lasts 1.0 s"),
        (("--like", "none.wav"), 4, "none.wav"),
        (("--line", "kazoo: C8"), 3, "'kazoo' is no part"),
        (("--line", "C8"), 3, "does not say whose notes"),
        (("--line", "melody: C9"), 3, "melody, bar 1: the bar has 4.5 beats of 4"),
        (("--players", "banjo", "--form", "verse 2"), 3, "'banjo' is no player"),
        (("--line", "melody: C8", "--form", "hook 1", "--guide", "none"), 3, "left out"),
    ],
)
def test_notes_that_cannot_be_played_are_refused(twin: Twin, asked: tuple[str, ...], code: int, said: str) -> None:
    Path("riff.mid").write_bytes(SONG)
    Path("tune.abc").write_text("A2 c2 e2 a2")
    Path("wrong.abc").write_text("q8")
    soundfile.write("short.wav", np.ones(2_000), 8_000)
    soundfile.write("quiet.wav", np.zeros(8_000), 8_000)
    done = twin("make", "house", *asked, "--variant", "tiny", "--dry-run")
    assert done.code == code and said in done.err and "try: " in done.err, done.err


def test_lines_and_players_are_options_of_make(twin: Twin) -> None:
    asked = ("--line", "melody: Q:1/4=90\nA2 c2 e2 a2 | g8", "--line", "hook bass: A,,8", "--form", "verse 2, hook 2")
    done = twin("make", "house", *asked, "--players", "drums, bass", "--variant", "tiny", "--dry-run")
    assert done.code == 0 and "from the notes: Am" in done.err and "4 bars, 12.67 s" in done.err, done.err


@pytest.mark.parametrize("caption", ["house, 124 bpm", "house, D minor", "house"])
def test_what_is_said_counts_before_what_a_file_says(twin: Twin, caption: str) -> None:
    Path("riff.mid").write_bytes(SONG)
    done = twin("make", caption, "--midi", "riff.mid:bass", "--variant", "tiny", "--dry-run")
    length = 8 * 4 * 60 / (124 if "124" in caption else 90) + 2
    assert done.code == 0 and f"8 bars, {length:.2f}" in done.err, done.err


def test_files_are_imported_by_what_they_are(twin: Twin) -> None:
    Path("riff.mid").write_bytes(SONG)
    Path("tune.abc").write_text("T:Rain\nA2 c2 e2 a2")
    assert twin("song", "import", "riff.mid", "-o", "a.toml").code == 0 and "[lines]\nmelody" in Path("a.toml").read_text()
    assert twin("song", "import", "tune.abc", "-o", "b.toml", "--bpm", "80").code == 0
    assert 'title = "Rain"\nbpm = 80' in Path("b.toml").read_text()
    refused = twin("song", "import", "score.mscz", "-o", "c.toml")
    assert refused.code == 3 and "is a score that is not read" in refused.err and "MusicXML" in refused.err
    Path("words.md").write_text("# No song")
    refused = twin("song", "import", "words.md")
    assert refused.code == 3 and "words.md holds no song" in refused.err and ".musicxml" in refused.err
    soundfile.write("quiet.wav", np.zeros(80_000), 8_000)
    assert "the recording is silent" in twin("song", "import", "quiet.wav", "-o", "d.toml").err


SCORE = """<score-partwise><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list><part id="P1">
<measure number="1"><attributes><divisions>1</divisions></attributes><direction><direction-type><rehearsal>Verse</rehearsal>
</direction-type><sound tempo="92"/></direction><harmony><root><root-step>A</root-step></root><kind>minor</kind></harmony>
<note><pitch><step>A</step><octave>4</octave></pitch><duration>4</duration><lyric><text>Ride</text></lyric></note></measure>
<measure number="2"><direction><direction-type><rehearsal>Hook</rehearsal></direction-type></direction>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration></note></measure></part></score-partwise>"""


def test_a_score_is_imported_with_its_words_and_is_an_option_of_make(twin: Twin) -> None:
    Path("bus.musicxml").write_text(SCORE)
    done = twin("song", "import", "bus.musicxml", "--caption", "house", "-o", "bus.toml")
    sheet = tomllib.loads(Path("bus.toml").read_text())
    assert done.code == 0 and (sheet["title"], sheet["bpm"], sheet["form"]) == ("bus", 92, "verse 1, hook 1"), done.err
    assert sheet["chords"] == "Am | Am" and sheet["sections"]["verse"]["lyrics"] == "Ride" and "melody" in sheet["lines"]
    done = twin("make", "house", "--score", "bus.musicxml", "--variant", "tiny", "--dry-run")
    assert done.code == 0 and f"2 bars, {2 * 4 * 60 / 92 + 2:.2f} s" in done.err, done.err
    Path("bad.mxl").write_bytes(b"PK\x03\x04")
    refused = twin("song", "import", "bad.mxl", "-o", "c.toml")
    assert refused.code == 3 and "cannot be unpacked" in refused.err and not Path("c.toml").exists()


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
