"""Audio codes on the command line, out of a take and into the next, and the lyrics of a take in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files

Twin = Callable[..., Any]
TINY = ("--variant", "tiny", "--steps", "2", "--seed", "1")
EIGHT = "".join(f"<|audio_code_{code}|>" for code in (0, 7, 400, 2_560, 12_345, 12_800, 40_000, 63_999))


@pytest.mark.thorough
def test_codes_go_out_of_a_take_and_into_a_cover_and_a_new_one(twin: Twin) -> None:
    made = twin("make", "lofi", *TINY, "--duration", 1.6, "--guide", "none", "-o", "a.flac", "--json").data["takes"][0]["id"]
    planned = twin("takes", "export", made, "-o", "out.flac", "--codes", "--dry-run", "--json").data["files"]
    done = twin("takes", "export", made, "-o", "out.flac", "--codes", "--json").data["files"]
    assert planned == done == ["out.flac", "out.json", "out.codes.txt"]
    assert Path("out.codes.txt").read_text().count("<|audio_code_") == 8
    assert twin("edit", "cover", made, *TINY, "-o", "plain.flac").code == 0
    assert twin("edit", "cover", made, *TINY, "--codes", "out.codes.txt", "-o", "coded.flac").code == 0
    new = twin("make", "lofi", *TINY, "--codes", "out.codes.txt", "-o", "new.flac", "--json").data["takes"][0]
    codes = Path("out.codes.txt").read_text().strip()
    assert new["stage"]["codes"] == codes
    shown = twin("takes", "show", new["id"]).out
    assert codes[:60] in shown
    assert codes not in shown
    plain, coded = (files.read(f"{name}.flac") for name in ("plain", "coded"))  # their tags name different takes
    assert np.array_equal(plain, coded)  # alone they lack its tempo, key and loudness


def test_without_being_asked_no_codes_are_written(twin: Twin) -> None:
    made = twin("make", "lofi", *TINY, "--duration", 1.2, "--guide", "none", "--json").data["takes"][0]["id"]
    assert twin("takes", "export", made, "-o", "out.flac", "--json").data["files"] == ["out.flac", "out.json"]
    Path("other.codes.txt").write_text("mine")
    assert twin("takes", "export", made, "-o", "other.flac", "--codes").code == 3
    assert Path("other.codes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        (b"", 3, "codes.txt is empty"),
        (b" \r\n\t", 3, "codes.txt is empty"),
        (b"fLaC\x00\x00\x00\xff", 3, "codes.txt"),
        (b"RIFF la la", 3, "'RIFF la la' is no audio code"),
        (EIGHT[:-1].encode(), 3, "is no audio code"),
        ((EIGHT + "<|audio_code_64000|>").encode(), 3, "audio code 64000"),
        (b"x" * (1 << 21), 3, "codes.txt is larger"),
        (None, 4, "codes.txt"),
    ],
)
@pytest.mark.parametrize("command", ["make", "cover"])
def test_files_that_are_no_codes(twin: Twin, command: str, content: bytes | None, code: int, named: str) -> None:
    if content is not None:
        Path("codes.txt").write_bytes(content)
    words = ("make", "lofi") if command == "make" else ("edit", "cover", "song.flac", "--caption", "lofi")
    done = twin(*words, *TINY, "--codes", "codes.txt")
    assert done.code == code
    assert named in done.err


def test_codes_of_another_length_say_which_is_right(twin: Twin) -> None:
    Path("codes.txt").write_text(EIGHT)
    done = twin("make", "lofi", *TINY, "--codes", "codes.txt", "--duration", 3, "--dry-run")
    assert done.code == 3
    assert "8 audio codes, and a take of 3 s has 15" in done.err
    planned = twin("make", "lofi", *TINY, "--codes", "codes.txt", "--dry-run", "--json")
    assert planned.data["seconds"] == 1.6
    assert twin("make", "lofi", *TINY, "--codes", "").code == 3


@pytest.mark.thorough
def test_the_lyrics_of_a_take_are_shown_in_time(twin: Twin) -> None:
    song = "[verse]\nla la\nlo li"
    words = ("make", "lofi", *TINY, "--duration", 1.2, "--guide", "none", "--lyrics", song, "-o", "a.flac")
    made = twin(*words, "--json").data["takes"][0]
    assert [line["text"] for line in made["lines"]] == song.split("\n")
    shown = twin("takes", "show", made["id"]).out
    for line in made["lines"]:
        assert f"00:{line['seconds']:05.2f}  {line['text']}" in shown
    for name in ("lyric_score", "lyric_score_from_noise"):
        assert f"{name} {made['meters'][name]:.6g}" in shown
    lrc = Path("a.lrc").read_text()
    assert twin("takes", "export", made["id"], "-o", "b.flac").out.split() == ["b.flac", "b.json", "b.lrc"]
    assert Path("b.lrc").read_text() == lrc
    assert lrc.splitlines() == [f"[00:{line['seconds']:05.2f}]{line['text']}" for line in made["lines"]]
    plain = twin("make", "lofi", *TINY, "--duration", 1.2, "--guide", "none", "--json").data["takes"][0]
    assert "00:0" not in twin("takes", "show", plain["id"]).out
