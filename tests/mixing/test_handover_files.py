"""The files of a hand-over, read back by others: libsndfile, FFmpeg, mido, and the rules of DAWproject's schema."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import av
import mido
import numpy as np
import pytest
import soundfile

from handover_kit import MADE, broken_rules, noise, session
from producertwin.audio import files
from producertwin.audio.tags import riff, tags
from producertwin.mixing.handover import midi_files, naming, reaper_project
from producertwin.mixing.handover.dawproject import metadata_xml, project_xml, write_dawproject
from producertwin.mixing.handover.session import Grid, Marker, Session, Stem, fit, residual_db, rest
from producertwin.mixing.handover.wav import acid_chunk, stem_facts, wav_bytes, whole_beats
from producertwin.music import Key

EVIL = [
    "../../etc/passwd",
    "C:\\Users\\mara\\song",
    "夜の歌",
    "🎹🔥",
    "a" * 300,
    "أغنية الليل",
    "\u202egnos",
    "a\"b'c`d <e> & f",
    "line\nbreak\ttab\0nul",
    "CON",
    "   ",
    "\ud800",
    "Café déjà vu",
]


def read_chunks(song: Session, place: int = 0) -> dict[bytes, bytes]:
    return dict(riff.chunks(wav_bytes(song.stems[place].sound, stem_facts(song, place))))


def test_a_stem_is_read_back_by_libsndfile_and_ffmpeg_sample_for_sample(tmp_path: Path) -> None:
    song = session()
    path = tmp_path / "drums.wav"
    path.write_bytes(wav_bytes(song.stems[0].sound, stem_facts(song, 0)))
    info = soundfile.info(path, verbose=True)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (48_000, 2, "PCM_24", 480_000)
    assert "Tempo        : 96" in re.sub(r"[ \t]*:[ \t]*", "        : ", info.extra_info)
    sound, _ = soundfile.read(path, dtype="float64")
    assert np.abs(sound.T - song.stems[0].sound).max() <= 2**-23
    with av.open(str(path)) as opened:
        stream = opened.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.duration) == ("pcm_s24le", 48_000, 480_000)
        assert opened.metadata["date"].startswith("2026-11-27") and opened.metadata["encoded_by"] == "Producer Twin"
    assert np.abs(files.read(path) - song.stems[0].sound).max() <= 2**-23
    assert tags.read(path).title == "Night drive - Drums"


@pytest.mark.skipif(shutil.which("soxi") is None, reason="sox is not installed")
def test_a_stem_is_read_by_sox(tmp_path: Path) -> None:
    song = session()
    path = tmp_path / "drums.wav"
    path.write_bytes(wav_bytes(song.stems[0].sound, stem_facts(song, 0)))
    told = subprocess.run(["soxi", str(path)], capture_output=True, text=True, check=True).stdout
    assert "24-bit" in told and "480000 samples" in told


def test_bext_is_whole_in_utc_and_names_nobody() -> None:
    bext = read_chunks(session())[b"bext"]
    assert bext[256:288].rstrip(b"\0") == b"Producer Twin" and bext[288:320].rstrip(b"\0") == b"TWINabcdefghijkl"
    assert bext[320:338] == b"2026-11-2702:30:15"
    assert struct.unpack_from("<QH", bext, 338) == (0, 1)  # bar 1, version 1
    assert not any(bext[348:602])  # no UMID, nothing reserved
    assert bext[602:].startswith(b"A=PCM,F=48000,W=24,M=stereo,T=Producer Twin") and bext.endswith(b";nano\r\n")


@pytest.mark.parametrize(
    ("samples", "stem", "grid", "flags", "beats"),
    [
        (480_000, "bass", Grid(96.0), 6, 16),  # four whole bars: a loop with a root note
        (480_000, "drums", Grid(96.0), 4, 16),
        (500_000, "bass", Grid(96.0), 3, 0),  # no whole bars: a one-shot
        (450_000, "fx", Grid(96.0), 1, 0),  # 15 beats
        (288_000, "bass", Grid(120.0, 6), 6, 12),
        (216_000, "bass", Grid(120.0, 3), 6, 9),
    ],
)
def test_acid_says_tempo_meter_and_loop(samples: int, stem: str, grid: Grid, flags: int, beats: int) -> None:
    song = session(stems=(Stem(stem, noise(samples)),), mix=noise(samples), grid=grid)
    assert len(read_chunks(song)[b"acid"]) == 24
    found = struct.unpack("<IHHfIHHf", read_chunks(song)[b"acid"])
    note = 66 if flags & 2 else 60
    assert found == (flags, note, 0x8000, 0.0, beats, grid.denominator, grid.meter, grid.tempo)


def test_without_a_tempo_nothing_is_counted() -> None:
    song = session(grid=None)
    assert acid_chunk(song, pitched=True) == b"" and b"acid" not in read_chunks(song)
    assert naming.stem_names(song.title, ["bass"], None, None) == ("Night-drive_bass.wav",)
    root = ElementTree.fromstring(project_xml(song, ("a.wav", "b.wav", "c.wav", "mix.wav")))
    assert broken_rules(root) == [] and root.find("Transport") is None
    assert {one.get("timeUnit") for one in root.iter("Lanes")} == {"seconds", None}
    assert float(root.find(".//Clip").get("duration", "")) == 10.0  # type: ignore[union-attr]
    assert b"TEMPO" not in reaper_project.rpp(song, tuple(map(PurePosixPath, "abcd")))


@pytest.mark.parametrize("title", EVIL)
def test_any_title_gives_safe_names_and_files_that_are_read(title: str, tmp_path: Path) -> None:
    song = session(title=title, markers=(Marker(0.0, title),), stems=(Stem(title, noise(4_800)),), mix=noise(4_800))
    [name] = naming.stem_names(title, [title], song.grid, song.key)
    assert re.fullmatch(r"[A-Za-z0-9-]+_[A-Za-z0-9-]+_F#m_96bpm\.wav", name) and len(name) < 130
    path = tmp_path / name
    path.write_bytes(wav_bytes(song.stems[0].sound, stem_facts(song, 0)))
    assert soundfile.info(path).frames == 4_800
    ElementTree.fromstring(read_chunks(song)[b"iXML"])
    assert broken_rules(ElementTree.fromstring(project_xml(song, (name, "mix.wav")))) == []
    ElementTree.fromstring(metadata_xml(song))
    assert song.grid is not None
    mido.MidiFile(file=io.BytesIO(midi_files.parts_file(song, song.grid)), charset="utf-8")
    text = reaper_project.rpp(song, (PurePosixPath(name), PurePosixPath("mix.wav"))).decode()
    assert text.count("<") - title.count("<") * 3 == text.count("\n>") + text.count("  >")


def test_names_are_ascii_cut_at_words_and_never_twice() -> None:
    assert naming.plain("Straße & Ångström's Łódź", "x") == "Strasse-and-Angstroms-Lodz"
    assert naming.plain("夜の歌", "Song") == "Song" and naming.plain("夜 2", "Song") == "2"
    assert naming.plain("com1", "Song") == "com1-song"
    assert len(naming.plain("word " * 60, "x")) <= naming.LONGEST and naming.plain("word " * 60, "x").endswith("word")
    assert naming.stem_names("A", ["Drums", "drums", "DRUMS"], None, Key.parse("Bb")) == (
        "A_Drums_Bb.wav",
        "A_drums-2_Bb.wav",
        "A_DRUMS-3_Bb.wav",
    )
    assert naming.facts(Grid(120.5, 6), Key.parse("C minor")) == "_Cm_60.25bpm"


def test_sounds_become_one_length_and_none_clips() -> None:
    loud = noise(1_000, 1.0)
    song = session(stems=(Stem("drums", loud), Stem("bass", noise(700))), mix=noise(900))
    assert {stem.sound.shape[1] for stem in song.stems} == {song.samples} == {1_000}
    assert max(np.abs(stem.sound).max() for stem in song.stems) < 1.0
    assert [text.split(" ")[0] for text in song.notes] == ["silence", "stems"]


def test_the_rest_makes_the_sum_the_mix() -> None:
    song = session()
    assert residual_db(song.stems, song.mix) is None or residual_db(song.stems, song.mix) < -120  # type: ignore[operator]
    two = song.stems[:2]
    found = residual_db(two, song.mix)
    assert found is not None and found == pytest.approx(-4.77, abs=0.05)  # one of three equal powers is left
    whole = (*two, Stem("rest", rest(two, song.mix)))
    left = residual_db(whole, song.mix)
    assert left is None or left < -120
    silent = np.zeros((2, 1_000), np.float32)
    assert residual_db((Stem("drums", silent),), silent) is None


def read_project(song: Session, tmp_path: Path) -> zipfile.ZipFile:
    sounds: dict[str, Any] = {}
    for name in ("drums.wav", "bass.wav", "vocals.wav", "mix.wav"):
        sounds[name] = tmp_path / name
        sounds[name].write_bytes(b"RIFF" + name.encode())
    return zipfile.ZipFile(write_dawproject(tmp_path / "song.dawproject", song, sounds))


def test_a_dawproject_keeps_the_schema_and_places_all_from_bar_1(tmp_path: Path) -> None:
    archive = read_project(session(), tmp_path)
    root = ElementTree.fromstring(archive.read("project.xml"))
    assert broken_rules(root) == []
    assert root.get("version") == "1.0" and root.find("Transport/Tempo").get("value") == "96.0"  # type: ignore[union-attr]
    tracks = [one.get("name") for one in root.iter("Track")]
    assert tracks == ["Drums", "Bass", "Backing Vocals", "Mix", "Bass", "Drums", "Master"]
    clips = [one for one in root.iter("Clip") if one.find("Audio") is not None]
    assert [(one.get("time"), one.get("duration")) for one in clips] == [("0.0", "16.0")] * 4
    inside = {one.get("path") for one in root.iter("File")}
    assert inside <= set(archive.namelist()) and archive.testzip() is None
    assert archive.read("audio/bass.wav") == b"RIFFbass.wav"
    muted = {track.get("name"): track.find("Channel/Mute").get("value") for track in root.iter("Track")}  # type: ignore[union-attr]
    assert muted["Mix"] == "true" and muted["Drums"] == "false"
    assert [(one.get("time"), one.get("name")) for one in root.iter("Marker")] == [
        ("0.0", "intro"),
        ("4.0", "verse 1"),
        ("8.0", "verse 2"),
    ]
    meta = ElementTree.fromstring(archive.read("metadata.xml"))
    order = ["Title", "Artist", "Album", "OriginalArtist", "Composer", "Songwriter", "Producer", "Arranger", "Year", "Genre"]
    places = [[*order, "Copyright", "Website", "Comment"].index(one.tag) for one in meta]
    assert places == sorted(places) and meta.findtext("Title") == "Night drive"


def test_the_rules_notice_a_project_that_breaks_them() -> None:
    root = ElementTree.fromstring(project_xml(session(), ("a.wav", "b.wav", "c.wav", "mix.wav")))
    channel = root.find(".//Channel")
    assert channel is not None
    channel.append(channel[0])  # Mute after Volume, and twice
    root.find(".//Audio").attrib.pop("channels")  # type: ignore[union-attr]
    root.find(".//Lanes").set("timeUnit", "bars")  # type: ignore[union-attr]
    found = "; ".join(broken_rules(root))
    for part in ("out of order", "holds Mute twice", "Audio lacks channels", "timeUnit=bars"):
        assert part in found


def test_the_same_session_gives_the_same_archive(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    song = session()
    first, second = (read_project(song, tmp_path / name).filename for name in "ab")
    assert Path(str(first)).read_bytes() == Path(str(second)).read_bytes()


@pytest.mark.parametrize(("meter", "numerator", "denominator", "tempo"), [(4, 4, 4, 96.0), (3, 3, 4, 96.0), (6, 6, 8, 48.0)])
def test_the_tempo_file_is_read_by_mido(meter: int, numerator: int, denominator: int, tempo: float) -> None:
    song = session(grid=Grid(96.0, meter))
    assert song.grid is not None
    [track] = mido.MidiFile(file=io.BytesIO(midi_files.tempo_file(song, song.grid))).tracks
    said = {one.type: one for one in track}
    assert mido.tempo2bpm(said["set_tempo"].tempo) == pytest.approx(tempo, abs=1e-3)
    assert (said["time_signature"].numerator, said["time_signature"].denominator) == (numerator, denominator)
    assert said["key_signature"].key == "F#m"
    at, found = 0, []
    for one in track:
        at += one.time
        if one.type == "marker":
            found.append((at / 960 * 60 / tempo, one.text))
    assert [name for _, name in found] == ["intro", "verse 1", "verse 2"]
    assert [second for second, _ in found] == pytest.approx([0.0, 2.5, 5.0], abs=1e-3)
    assert at / 960 * 60 / tempo == pytest.approx(10.0, abs=1e-3)


@pytest.mark.parametrize(("meter", "quarter"), [(4, 1.0), (3, 1.0), (6, 0.5)])
def test_tempo_changes_stand_in_every_project(meter: int, quarter: float) -> None:
    grid = Grid(96.0, meter, ((6.0, 80.0), (9.0, 120.0)))
    song = session(grid=grid)
    [track] = mido.MidiFile(file=io.BytesIO(midi_files.tempo_file(song, grid))).tracks
    at, found = 0, []
    for one in track:
        at += one.time
        found += [(at / 960, round(mido.tempo2bpm(one.tempo), 2))] if one.type == "set_tempo" else []
    assert found == [(0.0, 96 * quarter), (6 * quarter, 80 * quarter), (9 * quarter, 120 * quarter)]
    assert mido.MidiFile(file=io.BytesIO(midi_files.tempo_file(song, grid))).length == pytest.approx(song.seconds, abs=2e-3)
    names = tuple(map(PurePosixPath, ("stems/a.wav", "stems/b.wav", "stems/c.wav", "mix.wav")))
    lines = [line.split() for line in reaper_project.rpp(song, names).decode().splitlines()]
    points = [(float(line[1]), float(line[2])) for line in lines if line[0] == "PT"]
    assert points == [pytest.approx((grid.map.seconds(beat), bpm * quarter)) for beat, bpm in grid.map.spans]
    root = ElementTree.fromstring(project_xml(song, ("a.wav", "b.wav", "c.wav", "mix.wav")))
    assert not broken_rules(root)
    drawn = [(float(one.get("time", "")), float(one.get("value", ""))) for one in root.iter("RealPoint")]
    assert drawn == found
    [target], [told] = root.iter("Target"), root.iter("Tempo")
    assert target.get("parameter") == told.get("id")
    assert "bpm" not in naming.facts(grid, None) and "96bpm" in naming.facts(Grid(96.0), None)
    assert whole_beats(grid, song.samples) == 0
    assert grid.seconds_of_bar(2.0) == pytest.approx(grid.map.seconds(float(meter)))


def test_every_key_has_a_signature() -> None:
    for text in ("Db major", "C# minor", "Eb minor", "G# minor", "B major", "A# minor", "Gb"):
        song = session(key=Key.parse(text), stems=(), mix=noise(480))
        assert song.grid is not None
        [track] = mido.MidiFile(file=io.BytesIO(midi_files.tempo_file(song, song.grid))).tracks
        [said] = [one.key for one in track if one.type == "key_signature"]
        assert Key.parse(said) == Key.parse(text)


def test_the_notes_of_a_guide_are_read_by_mido() -> None:
    song = session()
    assert song.grid is not None
    _, bass, drums = mido.MidiFile(file=io.BytesIO(midi_files.parts_file(song, song.grid))).tracks
    played = [(one.type, one.note, one.velocity) for one in bass if one.type.startswith("note")]
    assert [one for one in played if one[1] == 36] == [
        ("note_on", 36, 102),
        ("note_off", 36, 64),
        ("note_on", 36, 64),
        ("note_off", 36, 64),
    ]  # the first ends where the second of its pitch begins
    assert [one.program for one in bass if one.type == "program_change"] == [33]
    assert {one.channel for one in drums if one.type == "note_on"} == {9}
    assert [one.velocity for one in drums if one.type == "note_on"] == [102, 127]
    assert all(one.time >= 0 for track in (bass, drums) for one in track)


def test_a_reaper_project_names_every_sound_at_zero() -> None:
    names = tuple(map(PurePosixPath, ("stems/a.wav", "stems/b.wav", "stems/c.wav", "mix.wav")))
    text = reaper_project.rpp(session(), names).decode()
    depth = 0
    for line in text.splitlines():
        depth += line.strip().startswith("<")
        depth -= line.strip() == ">"
        assert depth >= 0
    assert depth == 0 and text.startswith("<REAPER_PROJECT 0.1")
    assert re.findall(r'FILE "(.*)"', text) == [str(name) for name in names]
    assert text.count("POSITION 0\n") == 6 and text.count("LENGTH 10\n") == 4
    assert "TEMPO 96 4 4" in text and 'MARKER 2 2.5 "verse 1" 0' in text
    assert text.count("MUTESOLO 1 0 0") == 3  # the mix and the notes
    assert re.findall(r"E 0 c0 21 00", text) and "E 0 99 24 66" in text


@pytest.mark.parametrize(
    ("said", "quoted"), [("a", '"a"'), ('a"b', "'a\"b'"), ("a\"b'c", "`a\"b'c`"), ("a\"b'c`\n>", "`a\"b'c' >`"), ("", '""')]
)
def test_texts_are_quoted_as_reaper_does(said: str, quoted: str) -> None:
    assert reaper_project.quote(said) == quoted


def test_a_session_is_dated_in_utc() -> None:
    assert b"<Year>2026</Year>" in metadata_xml(session()) and MADE.utcoffset() is not None
    assert fit(session()).made == MADE
