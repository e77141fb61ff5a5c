"""What people give as a song and what is none: read as far as it goes, or refused with a remedy, whatever is wrong with it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from midi_kit import SONG, TUNE, midi, notes
from producertwin.errors import BadInput, TwinError
from producertwin.house_band.sheet import Sheet, SheetHead
from producertwin.verbs.song import check_sheet
from producertwin.verbs.song_sources import SongSources, import_sheet, source_of

RATE = 16_000


def sing(*hertz: float, seconds: float = 4.0) -> np.ndarray[Any, Any]:
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.2 * np.sin(2 * np.pi * one * time) for one in hertz)  # type: ignore[return-value]


def write(path: Path, sound: np.ndarray[Any, Any]) -> Path:
    held = io.BytesIO()
    soundfile.write(held, sound, RATE, format="WAV")
    path.write_bytes(held.getvalue())
    return path


@pytest.mark.parametrize(
    ("song", "said"),
    [
        ({"form": ""}, "neither form nor chords"),
        ({"form": " , ;"}, "the form has no sections"),
        ({"form": "verse 0"}, "verse has 0 bars"),
        ({"form": "verse 1000"}, "1000 bars"),
        ({"form": "(verse 8) x 999999"}, "the form has 7992 bars"),
        ({"form": "verse 8", "chords": "|"}, "there are no chords"),
        ({"form": "verse 8", "chords": "verse: Am | F | G"}, "do not go into them"),
        ({"form": "verse 8", "chords": "Am F C G E | F"}, "5 marks in 4 beats"),
        ({"form": "verse 8", "chords": "C / /"}, "3 marks for 4 beats"),
        ({"form": "verse 8", "chords": "Am | H7"}, "bar 2, beat 1"),
    ],
)
def test_songs_that_cannot_be_played_are_refused(song: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        check_sheet(Sheet.model_validate(song))
    assert caught.value.remedy


def test_the_longest_form_and_charts_that_do_not_fill_it_are_played_and_told() -> None:
    told = check_sheet(Sheet.model_validate({"form": "verse 8, hook 3", "chords": "Am | F", "bpm": 120}))
    assert told.bars == 11 and "hook has 3 bars: the chart of 2 bars ends within it" in told.notes
    assert check_sheet(Sheet.model_validate({"form": "verse 999", "chords": "Am"})).bars == 999


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_files_of_every_type_are_read(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "riff.mid"
    path.write_bytes(midi([notes(1, TUNE, "Lead")], kind=kind))
    sheet, told = import_sheet(SheetHead(), source_of(path))
    assert sheet is not None and "melody" in sheet.lines and told


@pytest.mark.thorough
def test_ten_thousand_tracks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "many.mid"
    path.write_bytes(midi([notes(1, [(float(i % 64), 1.0, 60 + i % 12)]) for i in range(10_000)]))
    sheet, told = import_sheet(SheetHead(), source_of(path))
    assert sheet is not None and check_sheet(sheet).bars == 16 and any("and 9988 more" in one for one in told)


@pytest.mark.parametrize("at", range(0, len(SONG), 37))
def test_files_that_are_cut_off_are_read_or_refused(at: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.mid"
    path.write_bytes(SONG[:at])
    try:
        sheet, told = import_sheet(SheetHead(), source_of(path))
    except BadInput as error:
        assert error.remedy
    else:
        assert sheet is not None and check_sheet(sheet).bars and told


NOISE = 0.1 * np.random.default_rng(0).standard_normal(4 * RATE)


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("noise", NOISE),
        ("silence", np.zeros(4 * RATE)),
        ("chords", sing(220.0, 277.2, 329.6, 440.0)),
        ("blip", sing(220.0, seconds=0.1)),
        ("flat", np.full(4 * RATE, 0.5)),
        ("nothing", np.zeros(0)),
    ],
)
@pytest.mark.parametrize("way", ["hum", "like"])
def test_sounds_that_hold_no_line_are_refused(way: str, name: str, sound: np.ndarray[Any, Any], tmp_path: Path) -> None:
    path = write(tmp_path / f"{name}.wav", sound)
    asked = SongSources(hum=str(path)) if way == "hum" else SongSources(like=path)
    if (way, name) == ("like", "chords"):
        pytest.skip("a held chord is a recording of a song")
    with pytest.raises(TwinError) as caught:
        import_sheet(SheetHead(), asked)
    assert caught.value.remedy and name in str(caught.value)
