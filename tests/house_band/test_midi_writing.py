import struct

import pytest

from producertwin.house_band.compose import compose
from producertwin.house_band.midi_reading import parse_midi
from producertwin.house_band.midi_song import song_of_midi
from producertwin.house_band.midi_writing import TICKS, end_apart, name_parts, ticks, write_midi
from producertwin.house_band.score import Note


def read(data: bytes) -> tuple[int, list[list[tuple[int, bytes]]]]:
    """An independent reading: format and, for each track, ticks and messages."""
    assert data[:4] == b"MThd" and struct.unpack(">I", data[4:8]) == (6,)
    form, count, division = struct.unpack(">HHH", data[8:14])
    assert division == TICKS
    at, tracks = 14, []
    for _ in range(count):
        assert data[at : at + 4] == b"MTrk"
        size = struct.unpack(">I", data[at + 4 : at + 8])[0]
        tracks.append(events(data[at + 8 : at + 8 + size]))
        at += 8 + size
    assert at == len(data)
    return form, tracks


def events(data: bytes) -> list[tuple[int, bytes]]:
    at, now, found = 0, 0, []

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            value = value << 7 | data[at] & 0x7F
            at += 1
            if data[at - 1] < 0x80:
                return value

    while at < len(data):
        now += number()
        first = at
        if data[at] == 0xFF:
            at += 2
            size = number()
            found.append((now, data[first : first + 2] + data[at : at + size]))
            at += size
        else:
            at += 2 if data[at] >> 4 in (0xC, 0xD) else 3
            found.append((now, data[first:at]))
    return found


def notes_of(track: list[tuple[int, bytes]]) -> list[tuple[int, int, int, int]]:
    sounding, found = {}, []
    for at, message in track:
        if message[0] >> 4 == 0x9:
            assert message[1] not in sounding, "two notes of one pitch at once"
            sounding[message[1]] = (at, message[2])
        elif message[0] >> 4 == 0x8:
            start, force = sounding.pop(message[1])
            found.append((start, at, message[1], force))
    assert not sounding
    return sorted(found)


@pytest.mark.parametrize(("style", "seed", "meter"), [("jazz lofi", 1, None), ("house", 2, None), ("jazz", 3, 3), ("trap", 4, 6)])
def test_notes_read_back_are_those_of_the_score(style, seed, meter):
    score = compose(style, seed=seed, seconds=40, meter=meter)
    form, tracks = read(write_midi(score, title="Night bus"))
    assert form == 1 and len(tracks) == 1 + len(score.parts)
    quarter = 0.5 if meter == 6 else 1.0
    for part, track in zip(score.parts, tracks[1:], strict=True):
        notes = [Note(one.start * quarter, one.length * quarter, one.pitch, one.velocity) for one in part.notes]
        assert notes_of(track) == sorted(end_apart(notes))
        assert {(ticks(note.start), note.pitch) for note in notes} == {(start, pitch) for start, _, pitch, _ in end_apart(notes)}


@pytest.mark.parametrize(("meter", "written"), [(2, (2, 2)), (3, (3, 2)), (4, (4, 2)), (6, (6, 3))])
def test_bars_of_six_are_eighths_whose_tempo_is_told_in_quarters(meter, written):
    score = compose("house", seed=2, seconds=20, bpm=120, meter=meter)
    data = write_midi(score)
    _, [conductor, *_] = read(data)
    told = {message[1]: message[2:] for at, message in conductor if at == 0}
    assert tuple(told[0x58][:2]) == written
    assert int.from_bytes(told[0x51], "big") == round(60e6 / (60 if meter == 6 else 120))
    song = song_of_midi(parse_midi(data))
    assert (song.meter, song.bpm) == (meter, 120)
    end = conductor[-1][0] / TICKS * int.from_bytes(told[0x51], "big") / 1e6
    assert end == pytest.approx(score.seconds, abs=1e-3)


def test_the_first_track_tells_tempo_meter_key_and_sections():
    score = compose("house", seed=2, seconds=60, bpm=124, key="F# minor")
    _, [conductor, *tracks] = read(write_midi(score, title="Night bus"))
    told = {message[1]: message[2:] for at, message in conductor if at == 0}
    assert told[0x03] == b"Night bus" and int.from_bytes(told[0x51], "big") == round(60e6 / 124)
    assert told[0x58][0] == score.meter and told[0x59] == bytes((3, 1))
    markers = [(at, message[2:].decode()) for at, message in conductor if message[1] == 0x06]
    assert markers == [(section.first_bar * score.meter * TICKS, section.kind) for section in score.sections]
    assert conductor[-1] == (score.bars * score.meter * TICKS, b"\xff\x2f")
    names = [message[2:].decode() for track in tracks for _, message in track if message[:2] == b"\xff\x03"]
    assert names == [name for name, _ in name_parts(score.parts)] and len({*names}) == len(names)


def test_a_note_ends_where_the_next_of_its_pitch_begins():
    notes = [Note(0.0, 4.0, 60), Note(1.0, 1.0, 60), Note(1.0, 0.0, 62), Note(0.5, 1.0, 64, 2.0)]
    assert end_apart(notes) == [(0, 960, 60, 102), (480, 1440, 64, 127), (960, 1920, 60, 102), (960, 961, 62, 102)]


def test_notes_of_one_pitch_at_one_time_both_stay():
    assert end_apart([Note(0.0, 1.0, 60), Note(0.0, 2.0, 60)])[0][:2] == (0, 1)
