"""MIDI files are read as far as they can be, their parts guessed, and their notes played as they stand in the file."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from midi_kit import BASS, CHORDS, CONDUCTOR, DRUMS, SONG, TUNE, meta, midi, notes, tempo, track
from producertwin.errors import BadInput, NotFound
from producertwin.house_band.lines import SongText, read_song
from producertwin.house_band.midi_parts import guess_parts
from producertwin.house_band.midi_reading import LARGEST, parse_midi, read_midi
from producertwin.house_band.midi_song import song_of_midi
from producertwin.music import Key

SINGLE = b"\0\x90\x3c\x40\x83\x60\x3c\0" + b"\0\x3e\x40\x83\x60\x3e\0"
"""Two quarter notes with running status, each ended by one of no velocity."""


def chunk(body: bytes, length: int | None = None) -> bytes:
    return b"MTrk" + (len(body) if length is None else length).to_bytes(4, "big") + body


def test_a_song_is_read_part_by_part() -> None:
    found = song_of_midi(parse_midi(SONG))
    assert (found.bpm, found.key, found.meter, found.form) == (90.0, Key(9, "minor"), 4, "verse 4, chorus 4")
    outline = read_song(SongText(found.form, found.chords, found.lines), found.meter, found.key)
    played = {one.part: sorted((n.start, n.length, n.pitch) for n in one.notes) for one in outline.lines}
    assert played == {"melody": sorted(TUNE), "bass": sorted(BASS), "keyboard": sorted(CHORDS), "drums": sorted(DRUMS)}
    assert found.chords.split(" | ")[:2] == ["Am", "F"] and found.chords.split(" | ")[3] == "G"
    assert "1 'Lead' 32 notes: melody (by its name)" in found.told[0]


def test_all_tracks_in_one_are_told_apart_by_channel() -> None:
    whole = track(
        [(start, bytes([0x90 | channel, pitch, 90])) for channel, part in ((0, TUNE), (9, DRUMS)) for start, _, pitch in part]
    )
    found = parse_midi(midi([whole], kind=0))
    assert [(one.channel, len(one.notes)) for one in found.tracks] == [(1, len(TUNE)), (10, len(DRUMS))]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("", ["melody", "bass", "keyboard", "drums"]),
        ("bass", ["bass"]),
        ("melody, drums", ["melody", "drums"]),
        ("3=strings", ["strings"]),
        ("1=bass, 4=percussion", ["bass", "percussion"]),
    ],
)
def test_parts_are_chosen(asked: str, wanted: list[str]) -> None:
    assert [line.part for line in song_of_midi(parse_midi(SONG), asked).lines] == wanted


@pytest.mark.parametrize(
    ("asked", "said"), [("9=bass", "no track 9"), ("brass", "no track looks like brass"), ("1=kazoo", "no part")]
)
def test_parts_that_are_not_there_are_refused(asked: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        song_of_midi(parse_midi(SONG), asked)


@pytest.mark.parametrize(
    ("track_of", "part"),
    [
        (notes(1, BASS), "bass"),
        (notes(1, TUNE), "melody"),
        (notes(1, CHORDS), "keyboard"),
        (notes(1, CHORDS, "", 49), "strings"),
        (notes(1, CHORDS, "Gtr 2"), "guitar"),
        (notes(10, TUNE), "percussion"),
        (notes(10, DRUMS), "drums"),
        (notes(1, TUNE, "Sub Bass"), "bass"),
        (notes(1, CHORDS, "", 61), "brass"),
    ],
)
def test_a_part_is_guessed(track_of: bytes, part: str) -> None:
    assert [guess.part for guess in guess_parts(parse_midi(midi([track_of])).tracks)] == [part]


def test_one_part_alone_can_be_any() -> None:
    assert song_of_midi(parse_midi(midi([notes(1, TUNE)])), "bass").lines[0].part == "bass"


@pytest.mark.parametrize(
    ("data", "many", "told"),
    [
        (midi([chunk(SINGLE + b"\0\xff\x2f\0")]), 2, ""),
        (midi([chunk(SINGLE)]), 2, ""),
        (midi([chunk(SINGLE, 900)]), 2, "it ends within a track"),
        (midi([chunk(SINGLE + b"\0\x90\x3c")]), 2, "track 1 is damaged at byte"),
        (midi([chunk(SINGLE + b"\0\x90\xff\xff\xff\xff\xff\xff")]), 2, "track 1 is damaged at byte"),
        (midi([chunk(b"\0\xf0\x03abc\0\xff\x01\x02hi" + SINGLE)]), 2, ""),
        (midi([chunk(b"\0\x90\x3c\x40")]), 1, ""),
        (midi([chunk(b"\0\xff\x51\x01\x00\0\xff\x58\x01\x05\0\xff\x59\x00" + SINGLE)]), 2, ""),
        (midi([chunk(SINGLE)], declared=10_000), 2, "it says that it has 10000 tracks, and has 1"),
        (midi([chunk(SINGLE), chunk(SINGLE)], kind=2), 2, "2 patterns"),
        (midi([b"XFIH\0\0\0\1a", chunk(SINGLE)], declared=1), 2, ""),
        (midi([chunk(SINGLE)], division=0xE728), 2, "counted at 120 bpm"),
        (b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + midi([chunk(SINGLE)]), 2, ""),
        (midi([notes(1, [(0.001 * i, 0.0, 60) for i in range(50)])] * 400), 20_000, ""),
    ],
)
def test_odd_files_are_read_as_far_as_they_can_be(data: bytes, many: int, told: str) -> None:
    found = parse_midi(data)
    assert sum(len(one.notes) for one in found.tracks) == many
    assert told in "; ".join(found.told) and bool(told) == bool(found.told)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no MIDI file"),
        (b"MThd", "is no MIDI file"),
        (b"RIFF\0\0\0\0WAVE" + SONG, "is no MIDI file"),
        (b"ID3 a song", "is no MIDI file"),
        (midi([chunk(SINGLE)], division=0), "does not say how long a beat is"),
        (midi([chunk(SINGLE)], division=0x8000), "does not say how long a beat is"),
        (midi([]), "there are no notes"),
        (midi([CONDUCTOR]), "there are no notes"),
        (midi([chunk(b"\xff\xff\xff\xff\xff")]), "there are no notes"),
        (midi([notes(1, [(0.01 * i, 0.0, 60) for i in range(201)])] * 100), "more than 20000 notes"),
    ],
)
def test_what_is_no_song_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        parse_midi(data)
    assert caught.value.remedy


def test_files_that_are_not_there_or_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_midi(tmp_path / "none.mid")
    with pytest.raises(BadInput, match="cannot be read"):
        read_midi(tmp_path)
    (tmp_path / "large.mid").write_bytes(b"MThd" + bytes(LARGEST))
    with pytest.raises(BadInput, match="larger than 4 MiB"):
        read_midi(tmp_path / "large.mid")


@pytest.mark.parametrize("seed", range(8))
def test_damage_never_ends_in_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(6):
        data = bytearray(SONG[: chance.randrange(20, len(SONG))] if chance.random() < 0.5 else SONG)
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            song_of_midi(parse_midi(bytes(data)))
        except BadInput as error:
            assert error.remedy


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ([(0.0, meta(0x58, bytes([3, 2, 24, 8]))), (0.0, tempo(100.0))], (3, 100.0)),
        ([(0.0, meta(0x58, bytes([6, 3, 24, 8]))), (0.0, tempo(80.0))], (6, 160.0)),
        ([(0.0, meta(0x58, bytes([12, 3, 24, 8]))), (0.0, tempo(90.0))], (4, 60.0)),
        ([(0.0, tempo(60.0)), (30.0, tempo(180.0))], (4, 60.0, "bar 1: 60; bar 8 beat 3: 180")),
        ([(0.0, tempo(60.0)), (64.0, tempo(180.0))], (4, 60.0)),
        ([(0.0, tempo(200.0)), (2.0, tempo(75.0))], (4, 75.0, "bar 1: 200; bar 1 beat 3: 75")),
        ([(0.0, tempo(100.0)), (1.0, tempo(10.0))], (4, 30.0, "bar 1: 100; bar 1 beat 2: 30")),
        ([], (4, 120.0)),
    ],
)
def test_tempo_and_meter(head: list[tuple[float, bytes]], wanted: tuple[Any, ...]) -> None:
    found = song_of_midi(parse_midi(midi([track(head), notes(1, TUNE)])))
    assert (found.meter, found.bpm) == (wanted[0], pytest.approx(wanted[1], abs=0.01))
    assert found.tempi == (wanted[2] if len(wanted) == 3 else "")
    assert any("its tempo changes 1 times" in told for told in found.told) == bool(found.tempi)
    assert any("leaves 30 to 300" in told for told in found.told) == (wanted[1] == 30.0)


def test_a_meter_that_nobody_counts_is_refused_unless_another_is_asked() -> None:
    data = parse_midi(midi([track([(0.0, meta(0x58, bytes([7, 3, 24, 8])))]), notes(1, TUNE)]))
    with pytest.raises(BadInput, match="the file is in 7/8"):
        song_of_midi(data)
    assert song_of_midi(data, meter=4).meter == 4


def test_notes_are_transposed_and_silence_before_them_left_out() -> None:
    late = midi(
        [CONDUCTOR, notes(1, [(start + 8.5, length, pitch) for start, length, pitch in TUNE]), notes(10, [(9.0, 0.25, 36)])]
    )
    found = song_of_midi(parse_midi(late), transpose=3)
    outline = read_song(SongText("", "", found.lines), 4, found.key)
    assert found.key == Key(0, "minor") and any("2 silent bars" in told for told in found.told)
    assert [n.pitch - 3 for n in outline.lines[0].notes] == [pitch for _, _, pitch in TUNE] and outline.lines[0].notes[
        0
    ].start == 0.5
    assert outline.lines[1].notes[0].pitch == 36
    with pytest.raises(BadInput, match="outside what instruments play"):
        song_of_midi(parse_midi(midi([notes(1, [(0, 1, 120)])])), transpose=12)


def test_notes_beside_the_grid_are_moved_to_it_and_that_is_told() -> None:
    loose = midi([track([(0.0, tempo(100.0))]), notes(1, [(i + 0.01, 0.9, 60 + i) for i in range(8)])])
    found = song_of_midi(parse_midi(loose))
    [told] = [told for told in found.told if "grid" in told]
    assert told.endswith("are moved by up to 6 ms")
