"""MusicXML scores are read with their repeats, chords, form and words; odd ones as far as they go, hostile ones not at all."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.house_band import musicxml_file
from producertwin.house_band.lines import SongText, read_song
from producertwin.house_band.midi_song import FoundSong
from producertwin.house_band.musicxml_file import parse_musicxml, read_musicxml
from producertwin.house_band.musicxml_order import Signs, order_measures
from producertwin.house_band.musicxml_song import song_of_musicxml

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
FACTS = (
    "<attributes><divisions>2</divisions><key><fifths>0</fifths><mode>minor</mode></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)


def note(step: str = "A", octave: int = 4, duration: float = 8, more: str = "", alter: int = 0) -> str:
    pitch = f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{duration}</duration>{more}</note>"


def sung(text: str, verse: int = 1, syllabic: str = "single") -> str:
    return f'<lyric number="{verse}"><syllabic>{syllabic}</syllabic><text>{text}</text></lyric>'


def chord(root: str, kind: str = "major", more: str = "", text: str = "") -> str:
    alter = {"#": "<root-alter>1</root-alter>", "b": "<root-alter>-1</root-alter>"}.get(root[1:], "")
    said = f' text="{text}"' if text else ""
    return f"<harmony><root><root-step>{root[0]}</root-step>{alter}</root><kind{said}>{kind}</kind>{more}</harmony>"


def mark(text: str) -> str:
    return f"<direction><direction-type><rehearsal>{text}</rehearsal></direction-type></direction>"


def measures(*bodies: str, first: str = FACTS) -> str:
    return "".join(f'<measure number="{n}">{first if n == 1 else ""}{body}</measure>' for n, body in enumerate(bodies, 1))


def score(*parts: str, heads: str = "", title: str = "Night bus") -> bytes:
    listed = heads or "".join(
        f'<score-part id="P{n}"><part-name>Voice {n}</part-name></score-part>' for n in range(1, len(parts) + 1)
    )
    bodies = "".join(f'<part id="P{n}">{body}</part>' for n, body in enumerate(parts, 1))
    work = f"<work><work-title>{title}</work-title></work>"
    return f'{HEAD}<score-partwise version="4.0">{work}<part-list>{listed}</part-list>{bodies}</score-partwise>'.encode()


def read(data: bytes, **asked: int) -> FoundSong:
    return song_of_musicxml(parse_musicxml(data), **asked)  # type: ignore[arg-type]


REPEAT, FORWARD = (
    '<barline location="right"><repeat direction="backward"/></barline>',
    '<barline location="left"><repeat direction="forward"/></barline>',
)
SONG = score(
    measures(
        mark("Verse")
        + '<direction><sound tempo="92"/></direction>'
        + FORWARD
        + chord("A", "minor-seventh")
        + note(duration=4, more=sung("Ri", syllabic="begin") + sung("Go", 2))
        + chord("D", "dominant", "<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter>"
                "<degree-type>add</degree-type></degree>")
        + note("C", 5, 4, '<tie type="start"/>' + sung("ding", syllabic="end")),
        chord("G", "major", "<bass><bass-step>B</bass-step></bass>") + note("C", 5, 8, '<tie type="stop"/>') + REPEAT,
        mark("Chorus") + chord("F", "major-seventh") + note("F", 5, 8),
        chord("E", "none") + "<note><rest/><duration>8</duration></note>",
    )
)  # fmt: skip


def test_a_lead_sheet_is_read_with_its_repeat_written_out() -> None:
    found = read(SONG)
    assert (found.title, found.bpm, str(found.key), found.meter) == ("Night bus", 92.0, "A minor", 4)
    assert found.form == "verse 1 2, verse 2 2, chorus 2"
    assert found.chords == "Am7 / D7b9 / | G/B | Am7 / D7b9 / | G/B | Fmaj7 | N.C."
    assert found.lyrics == (("verse 1", "Riding"), ("verse 2", "Go"))
    outline = read_song(SongText(found.form, found.chords, found.lines), found.meter, found.key)
    assert [(one.name, one.bars) for one in outline.sections] == [("verse 1", 2), ("verse 2", 2), ("chorus", 2)]
    [line] = outline.lines
    assert [(one.start, one.length, one.pitch) for one in line.notes] == [
        (0, 2, 69), (2, 6, 72), (8, 2, 69), (10, 6, 72), (16, 4, 77)
    ]  # fmt: skip


def test_everything_moves_together_when_it_is_transposed() -> None:
    found = read(SONG, transpose=2)
    assert str(found.key) == "B minor" and found.chords.startswith("Bm7 / E7b9 / | A/C#")
    assert read_song(SongText(found.form, found.chords, found.lines), 4, found.key).lines[0].notes[0].pitch == 71


def test_zipped_and_ordered_by_time_it_is_the_same(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("META-INF/container.xml", '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>')
        file.writestr("z.xml", "<nothing/>")
        file.writestr("a/b.xml", SONG)
    (tmp_path / "song.mxl").write_bytes(packed.getvalue())
    assert song_of_musicxml(read_musicxml(tmp_path / "song.mxl")) == read(SONG)
    text = SONG.decode()
    body = text[text.index("<measure") : text.index("</part></score")]
    timed = body.replace("</measure>", "</part></measure>")
    for number in range(1, 5):
        timed = timed.replace(f'<measure number="{number}">', f'<measure number="{number}"><part id="P1">')
    begin = text[: text.index('<part id="P1">')].replace("score-partwise", "score-timewise")
    assert read(f"{begin}{timed}</score-timewise>".encode()) == read(SONG)


def test_chords_alone_are_a_song() -> None:
    rest = "<note><rest/><duration>8</duration></note>"
    found = read(score(measures(chord("C") + rest, rest, chord("Bb", "dominant") + rest, chord("F#", "half-diminished") + rest)))
    assert (found.chords, found.form, found.lines) == ("C | C | Bb7 | F#m7b5", "verse 4", ())
    assert read_song(SongText(found.form, found.chords, ()), 4, None).bars == 4


def test_a_pickup_ends_a_bar_that_begins_silent() -> None:
    found = read(
        score('<measure number="0" implicit="yes">' + FACTS + note(duration=2) + "</measure>" + measures(note(), first=""))
    )
    [line] = read_song(SongText(found.form, found.chords, found.lines), 4, found.key).lines
    assert [(one.start, one.length) for one in line.notes] == [(3, 1), (4, 4)]


def test_drums_and_instruments_that_transpose_sound_as_they_do() -> None:
    heads = (
        '<score-part id="P1"><part-name>Kit</part-name><midi-instrument id="I1"><midi-channel>10</midi-channel>'
        '<midi-unpitched>37</midi-unpitched></midi-instrument></score-part><score-part id="P2"><part-name>Trumpet</part-name>'
        "<midi-instrument id='I2'><midi-channel>2</midi-channel><midi-program>57</midi-program></midi-instrument></score-part>"
    )
    kick = (
        "<note><unpitched><display-step>F</display-step><display-octave>4</display-octave></unpitched>"
        "<duration>8</duration><instrument id='I1'/></note>"
    )
    moved = FACTS.replace("</attributes>", "<transpose><chromatic>-2</chromatic></transpose></attributes>")
    found = read(score(measures(kick), measures(chord("D", "minor") + note("D", 5), first=moved), heads=heads))
    outline = read_song(SongText(found.form, found.chords, found.lines), 4, found.key)
    assert {line.part: line.notes[0].pitch for line in outline.lines} == {"drums": 36, "melody": 72}
    assert found.chords == "Cm"


ENDING = '<barline location="{}"><ending number="{}" type="{}"/>{}</barline>'


def test_endings_and_letters() -> None:
    first = (
        ENDING.format("left", "1", "start", "")
        + note("B")
        + ENDING.format("right", "1", "stop", '<repeat direction="backward"/>')
    )
    second = ENDING.format("left", "2", "start", "") + note("C", 5) + ENDING.format("right", "2", "stop", "")
    double = '<barline location="right"><bar-style>light-light</bar-style></barline>'
    found = read(score(measures(FORWARD + note(), first, second + double, note("D"), note("E"))))
    [line] = read_song(SongText(found.form, found.chords, found.lines), 4, found.key).lines
    assert [one.pitch for one in line.notes] == [69, 71, 69, 72, 62, 64]
    assert found.form == "a 2, a 2, b 2"


@pytest.mark.parametrize(
    ("signs", "order"),
    [
        ({}, "0 1 2 3"),
        ({1: Signs(backward=2)}, "0 1 0 1 2 3"),
        ({1: Signs(forward=True), 2: Signs(backward=3)}, "0 1 2 1 2 1 2 3"),
        ({3: Signs(jump="capo"), 1: Signs(fine=True)}, "0 1 2 3 0 1"),
        ({1: Signs(segno=True, to_coda=True), 2: Signs(jump="segno"), 3: Signs(coda=True)}, "0 1 2 1 3"),
        ({1: Signs(endings=(1, 2), backward=2), 2: Signs(endings=(3,))}, "0 1 0 1 0 2 3"),
        ({0: Signs(backward=2), 3: Signs(jump="segno")}, "0 0 1 2 3 0 1 2 3"),
        ({3: Signs(backward=2, jump="capo")}, "0 1 2 3 0 1 2 3 0 1 2 3"),
    ],
)
def test_the_order_of_measures(signs: dict[int, Signs], order: str) -> None:
    steps = order_measures([signs.get(at, Signs()) for at in range(4)], 99)
    assert " ".join(str(step.measure) for step in steps) == order


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<note/>",
        note(duration=-4) + note(duration=1e300) + note("H"),
        note(octave=99) + note(alter=500),
        "<backup><duration>99999</duration></backup><forward><duration>1e9</duration></forward>" + note(),
        "<attributes><divisions>0</divisions><time><beats>0</beats><beat-type>0</beat-type></time></attributes>" + note(),
        "<attributes><divisions>nan</divisions><key><fifths>99</fifths></key></attributes>" + note(),
        chord("H") + chord("C", "Tristan") + chord("C", "major", text="x%y") + note(),
        '<barline><repeat direction="backward" times="inf"/></barline><barline><ending number="" type="stop"/></barline>'
        + note(),
        '<direction><sound tempo="0"/></direction><sound tempo="-1"/><sound tempo="x" dynamics="9999999"/>' + note(),
        note(more='<lyric number="verse"><text/></lyric><lyric><syllabic>x</syllabic><text>a</text></lyric>'),
        mark("17") + mark("!!") + mark("verse " * 50) + note(),
        "<note><grace/><pitch><step>A</step><octave>4</octave></pitch></note>" + note(),
    ],
)
def test_odd_measures_are_read_as_far_as_they_go(body: str) -> None:
    found = read(score(measures(note() + chord("C"), body, note())))
    assert read_song(SongText(found.form, found.chords, found.lines), found.meter, found.key).bars >= 1


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><score-partwise>&b;</score-partwise>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no XML"),
        (b"MThd", "is no XML"),
        (SONG[:600], "is no XML"),
        (b"<html/>", "its root is <html>"),
        (BOMB, "declares entities"),
        (OUTSIDE, "declares entities"),
        (b"<score-partwise>" + b"<a>" * 100 + b"</a>" * 100 + b"</score-partwise>", "nested too deep"),
        (b"<score-partwise/>", "no measures"),
        (b"PK\x03\x04 and no more", "cannot be unpacked"),
        (b'<?xml version="1.0" encoding="x-none"?><score-partwise/>', "is no XML"),
    ],
)
def test_what_is_no_score_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        read(data)
    assert caught.value.remedy


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.xml", b"<score-partwise>" + b" " * 300_000 + b"</score-partwise>")
    monkeypatch.setattr(musicxml_file, "LARGEST", 100_000)
    with pytest.raises(BadInput, match="unpacks to more"):
        parse_musicxml(packed.getvalue())
    monkeypatch.setattr(musicxml_file, "MOST_ELEMENTS", 20)
    with pytest.raises(BadInput, match="too many elements"):
        parse_musicxml(SONG)
    (tmp_path / "large.xml").write_bytes(b" " * 100_001)
    with pytest.raises(BadInput, match="is larger than"):
        read_musicxml(tmp_path / "large.xml")
    with pytest.raises(NotFound):
        read_musicxml(tmp_path / "none.xml")


def test_a_score_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="more than 999 bars"):
        read(score(measures(*[note()] * 1_000)))
    endless = '<barline location="right"><repeat direction="backward" times="16"/></barline>'
    with pytest.raises(BadInput, match="more than 999 bars"):
        read(score(measures(*[note()] * 80, note() + endless)))
