"""Songs over HTTP: checked while they are written, read from MIDI, a hum or a recording, and told of takes."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from producertwin.audio import files
from producertwin.house_band.midi_writing import write_midi
from producertwin.house_band.score import Score
from producertwin.house_band.sheet import Sheet
from producertwin.library import Take, TakeDraft
from producertwin.pipeline.stages import Generate
from producertwin.server.page import PERMISSIONS
from producertwin.verbs.song_out import ExportPlan, play_sheet
from server_kit import House, make_client, problem, tone

SHEET = Sheet(title="Rain", caption="boom bap, dusty", bpm=90, form="verse 2, hook 2", chords="Am7 F | C G/B")
HEADERS = {"content-type": "audio/wav"}


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


@pytest.fixture(scope="module")
def score() -> Score:
    return play_sheet(SHEET, ExportPlan())


@pytest.fixture
def guided(fresh: House, score: Score) -> Take:
    """A take that performed a sketch of a written song."""
    del score
    stage = Generate.model_validate(
        {
            "prompt": {"caption": "boom bap, dusty", "bpm": 90, "key": "A minor"},
            "song": {"form": "verse 2, hook 2", "chords": "Am7 F | C G/B"},
            "guide": "band",
        }
    )
    meters = {"chords_root": 0.9, "chords_third": 0.8, "guide_chords_root": 0.95}
    draft = TakeDraft(
        task="text2music", stage=stage.model_dump(mode="json"), caption="boom bap, dusty", variant="nano", revision="b2:00",
        seed=3, seconds=12.67, audio=files.encode(tone(4.0), "flac"), metas={"bpm": 90.0, "key": "A minor", "meter": 4},
        guide="band", meters=meters,
    )  # fmt: skip
    return fresh.library.takes.add(draft)


def upload(client: TestClient, sound: Any, name: str) -> str:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, 48_000, format="WAV", subtype="FLOAT")
    return str(client.post(f"/v1/assets?name={name}", content=buffer.getvalue(), headers=HEADERS).json()["id"])


def sing(*pitches: int) -> Any:
    """A voice that sings notes of half a second."""
    time = np.arange(24_000) / 48_000
    shape = np.minimum(1, np.minimum(time, 0.5 - time) * 40)
    parts = [shape * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) for pitch in pitches]
    return 0.4 * np.concatenate(parts)[None].astype(np.float32)


@pytest.mark.parametrize(
    ("words", "field", "detail"),
    [
        ({"chords": "Am7 F | C Hm7", "form": "verse 8"}, "chords", "bar 2, beat 3: 'Hm7' is no chord"),
        ({"chords": "solo: Am", "form": "verse 8"}, "chords", "no section is called solo"),
        ({"form": "verse 999", "bpm": 90}, "form", "the form lasts 2664 s"),
        ({"form": "verse 1000"}, "form", "the form has 1000 bars"),
        ({"form": "verse 4", "players": "kazoo"}, "players", "'kazoo'"),
        ({"form": "verse 4", "key": "H"}, "key", "'H' is not a key"),
        ({"form": "verse 4", "bpm": 9999}, "bpm", "9999"),
        ({"form": "verse 4", "meter": 19}, "meter", "19"),
        ({"form": "verse 4", "lines": [{"part": "melody", "notes": "A2 q9"}]}, "lines", "beat 2: 'q9'"),
        ({"form": "verse 4", "hold": "choruses"}, "hold", "'choruses' cannot be held"),
        ({"form": "verse 4", "hold": "tempo>=.8"}, "hold", "tempo is kept or not"),
        ({}, "", "neither form nor chords"),
    ],
)
def test_a_mistake_stands_at_its_field(client: TestClient, words: dict[str, Any], field: str, detail: str) -> None:
    found = client.post("/v1/songs/check", json=words).json()
    assert found["chart"] is None
    assert [one["field"] for one in found["faults"]] == [field]
    assert detail in found["faults"][0]["detail"] and found["faults"][0]["remedy"]


def test_every_mistake_is_told_at_once(client: TestClient) -> None:
    found = client.post("/v1/songs/check", json={"bpm": 1, "key": "H", "form": "vers 2", "chords": "Xm"}).json()
    assert [one["field"] for one in found["faults"]] == ["bpm", "key", "form"]
    found = client.post("/v1/songs/check", json={"chords": "Xm | Am | Y"}).json()
    assert [one["detail"][:5] for one in found["faults"]] == ["bar 1", "bar 3"]


def test_a_song_is_drawn_section_by_section(client: TestClient) -> None:
    words = {
        "caption": "boom bap, 90 bpm",
        "form": "intro 2, hook 4",
        "chords": "Am7 F / / | C/E",
        "players": "hook: drums, bass",
    }
    chart = client.post("/v1/songs/check", json=words).json()["chart"]
    assert [(one["name"], one["first_bar"], one["bars"]) for one in chart["sections"]] == [("intro", 1, 2), ("hook", 3, 4)]
    assert chart["sections"][0]["chart"] == [
        [{"chord": "Am7", "beats": 1.0}, {"chord": "F", "beats": 3.0}],
        [{"chord": "C/E", "beats": 4.0}],
    ]
    assert chart["sections"][1]["players"] == ["drums", "bass"]
    assert (chart["bars"], chart["bpm"], chart["meter"]) == (6, 90, 4) and chart["seconds"] == pytest.approx(18.0)
    assert chart["tempi"] == ""


def read_file(client: TestClient, data: bytes, **more: Any) -> Any:
    plan = {"source": "midi", "midi": base64.b64encode(data).decode(), "name": "riff.mid", **more}
    return client.post("/v1/songs/import", json=plan)


def test_a_midi_file_is_read_and_its_parts_are_told(here: TestClient, score: Score) -> None:
    data = write_midi(score, title="Rain")
    found = read_file(here, data).json()
    parts = [one["part"] for one in found["tracks"]]
    assert (found["bpm"], found["meter"]) == (90, 4) and "drums" in parts and "bass" in parts
    assert {one["part"] for one in found["lines"]} == {part for part in parts if part}
    assert all(text.startswith("riff.mid: ") for text in found["notes"])
    number = parts.index("bass") + 1
    other = read_file(here, data, parts=f"{number}=melody", key="C major").json()
    assert [one["part"] for one in other["lines"]] == ["melody"] and other["key"] == "C major"
    assert [one["part"] for one in other["tracks"] if one["part"]] == ["melody"]
    check = here.post("/v1/songs/check", json={"caption": "boom bap", "bpm": found["bpm"], "lines": other["lines"]}).json()
    assert check["faults"] == [] and check["chart"]["sections"][0]["given"] == ["melody"]


@pytest.mark.parametrize("data", [b"", b"MThd", b"no midi at all", b"MThd\0\0\0\6\0\1\0\1\0\x60" + b"MTrk\0\0\0\4\0\xff\x2f\0"])
def test_a_broken_midi_file_is_refused_by_its_name(here: TestClient, data: bytes) -> None:
    found = problem(read_file(here, data), 422)
    assert "riff.mid" in found["detail"] and found["remedy"]


def midi(events: bytes, division: int = 480) -> bytes:
    """A MIDI file of one track."""
    track = events + b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, division) + b"MTrk" + struct.pack(">I", len(track)) + track


NOTE = b"\x90\x3c\x40\x60\x80\x3c\x40"
YEARS = b"\xff\xff\xff\x7f"
"""The longest wait that MIDI can write: 2^28 - 1 ticks."""
HARMFUL = {
    "years of silence": midi((YEARS + NOTE) * 50),
    "a tick a beat": midi((b"\xff\x7f" + NOTE) * 2000, division=1),
    "no ticks a beat": midi(b"\0" + NOTE, division=0),
    "no time a beat": midi(b"\0\xff\x51\x03\0\0\0\0" + NOTE),
    "bars of no beats": midi(b"\0\xff\x58\x04\0\xff\0\0\0" + NOTE),
    "all tempi": midi(b"\x01\xff\x51\x03\x07\xa1\x20" * 20_000 + b"\0" + NOTE),
    "a hundred thousand notes": midi(b"\0\x90\x3c\x40" + b"\x01\x3c\x00\x01\x3c\x40" * 100_000),
    "a track that lies": b"MThd" + struct.pack(">IHHH", 6, 1, 65535, 480) + b"MTrk" + struct.pack(">I", 0xFFFFFFFF) + b"\0",
    "a message that lies": midi(b"\0\xf0" + YEARS),
    "a title that is no text": midi(b"\0\xff\x03\x05\xff\xfe\xfd\x00\x80\0" + NOTE),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_a_midi_file_made_to_harm_is_read_or_refused(here: TestClient, what: str) -> None:
    answer = read_file(here, HARMFUL[what])
    if answer.status_code == 200:
        assert len(answer.content) < 5000 and answer.json()["lines"]
    else:
        assert "riff.mid" in problem(answer, 422)["detail"] or "bars" in answer.json()["detail"]


def test_what_cannot_be_imported_is_refused(here: TestClient, score: Score) -> None:
    data = write_midi(score, title="Rain")
    for text in ("%%%", "TVRoZA=", "\u202eTVRo", "é" * 9):
        problem(here.post("/v1/songs/import", json={"source": "midi", "midi": text}), 422)
    problem(here.post("/v1/songs/import", json={"source": "hum", "asset": "b2:" + "0" * 64}), 404)
    problem(here.post("/v1/songs/import", json={"source": "hum", "asset": "../secret"}), 404)
    assert "there is no track 99" in problem(read_file(here, data, parts="99=bass"), 422)["detail"]
    assert "'kazoo' is no part" in problem(read_file(here, data, parts="1=kazoo"), 422)["detail"]
    named = read_file(here, b"x", name="../../etc/a:b\0.mid").json()
    assert "/" not in named["detail"]


def read_text(client: TestClient, source: str, text: str, **more: Any) -> Any:
    return client.post("/v1/songs/import", json={"source": source, "text": text, "name": f"mine.{source}", **more})


def test_a_tune_in_abc_is_read_for_any_part_and_key(here: TestClient) -> None:
    text = "T:Rain\nM:4/4\nL:1/8\nQ:1/4=90\nK:Am\nA2 c2 e2 a2 | g4 e4 |"
    found = read_text(here, "abc", text).json()
    assert (found["title"], found["bpm"], found["key"]) == ("Rain", 90, "A minor")
    assert [one["part"] for one in found["lines"]] == ["melody"] and found["tracks"] == []
    bass = read_text(here, "abc", text, parts="bass").json()
    assert [one["part"] for one in bass["lines"]] == ["bass"]
    moved = read_text(here, "abc", text, transpose=2).json()
    assert moved["key"] == "B minor" and moved["lines"] != found["lines"]
    for wrong in ("", "q9 z", "K:H\nA2"):
        told = problem(read_text(here, "abc", wrong), 422)
        assert "mine.abc" in told["detail"] and told["remedy"]


def test_a_song_sheet_is_read_with_everything_in_it(here: TestClient) -> None:
    text = """
title = "Rain"
caption = "boom bap, dusty"
bpm = 90
key = "A minor"
form = "verse 2, hook 2"
chords = "Am7 F"
players = "drums, bass"
[lines]
melody = "A2 c2"
[sections.hook]
chords = "C | G/B"
lyrics = "It rains"
bpm = 96
"""
    found = read_text(here, "sheet", text).json()
    assert (found["caption"], found["bpm"], found["form"]) == ("boom bap, dusty", 90, "verse 2, hook 2")
    assert "Am7 F" in found["chords"] and "hook: C | G/B" in found["chords"] and "hook: 96" in found["tempi"]
    assert found["players"] == "drums, bass" and "[hook]\nIt rains" in found["lyrics"]
    moved = read_text(here, "sheet", text, transpose=3).json()
    assert moved["key"] == "C minor" and "Cm7" in moved["chords"] and "Eb" in moved["chords"]
    assert read_text(here, "sheet", text, key="C major").json()["key"] == "C major"
    problem(read_text(here, "sheet", text, transpose=13), 422)
    for wrong in ("no toml", 'chords = "Hm7"', "tempo = 90", 'form = "vers 4"'):
        assert problem(read_text(here, "sheet", wrong), 422)["remedy"]


@pytest.mark.parametrize(
    ("words", "semitones", "key", "chords"),
    [
        ({"key": "A minor", "chords": "Am7 F | C G/B"}, 2, "B minor", "Bm7 G | D A/C#"),
        ({"caption": "lofi, A minor", "chords": "Am | F"}, -2, "G minor", "Gm | Eb"),
        ({"chords": "verse: C | G; hook: F"}, 12, "", "verse: C | G; hook: F"),
        ({"key": "C major", "chords": "I | vi | ii7 V7"}, 5, "F major", "I | vi | ii7 V7"),
    ],
)
def test_what_is_written_is_moved(client: TestClient, words: dict[str, Any], semitones: int, key: str, chords: str) -> None:
    lines = [
        {"part": "melody", "notes": "A2 c2 e4"},
        {"part": "drums", "notes": "C,8"},
        {"part": "bass", "notes": "A,8", "section": "hook"},
    ]
    asked = words | {"form": "verse 2, hook 2", "lines": lines, "semitones": semitones}
    found = client.post("/v1/songs/transpose", json=asked).json()
    assert (found["key"], found["chords"]) == (key, chords)
    assert [(one["part"], one["section"]) for one in found["lines"]] == [("melody", ""), ("drums", ""), ("bass", "hook")]
    assert found["lines"][1]["notes"] == "C,8", "drums stay"
    back = client.post("/v1/songs/transpose", json=asked | found | {"semitones": -semitones}).json()
    assert back["chords"] == words["chords"]


@pytest.mark.parametrize(("chords", "semitones"), [("Hm", 1), ("Am", 13), ("Am", "x"), ("Am", None), ("Am", 0.5)])
def test_what_cannot_be_moved_is_refused(client: TestClient, chords: str, semitones: Any) -> None:
    problem(client.post("/v1/songs/transpose", json={"chords": chords, "semitones": semitones}), 422)


@pytest.mark.thorough
def test_a_hummed_line_becomes_notes(here: TestClient) -> None:
    asset = upload(here, sing(69, 72, 76, 74, 72, 71, 69, 69), "my line.wav")
    found = here.post("/v1/songs/import", json={"source": "hum", "asset": asset, "bpm": 120}).json()
    assert [one["part"] for one in found["lines"]] == ["melody"]
    assert found["notes"][0].startswith("my line.wav: heard ") and found["bpm"] == 120 and found["tracks"] == []
    bass = here.post("/v1/songs/import", json={"source": "hum", "asset": asset, "bpm": 120, "parts": "bass"}).json()
    assert [one["part"] for one in bass["lines"]] == ["bass"]


def test_silence_is_no_hum(here: TestClient) -> None:
    asset = upload(here, np.zeros((1, 96_000), np.float32), "nothing.wav")
    found = problem(here.post("/v1/songs/import", json={"source": "hum", "asset": asset}), 422)
    assert found["detail"].startswith("nothing.wav: ") and found["remedy"]


def test_a_guided_take_tells_its_song_and_what_is_heard_of_it(here: TestClient, guided: Take) -> None:
    found = here.get(f"/v1/takes/{guided.id}/song").json()
    assert found["origin"] == "written" and found["first_beat"] == 0
    assert [(one["name"], one["bars"]) for one in found["chart"]["sections"]] == [("verse", 2), ("hook", 2)]
    assert [one["chord"] for one in found["chart"]["sections"][0]["chart"][0]] == ["Am7", "F"]
    assert any("the root is heard on 90% of the beats" in text for text in found["chart"]["notes"])
    assert "# origin: written" in found["toml"]
    for form, head in (("mid", b"MThd"), ("html", b"<!"), ("txt", b"boom bap"), ("cho", b"{title"), ("toml", b"# origin")):
        sent = here.get(f"/v1/takes/{guided.id}/song/export?format={form}")
        assert sent.content[:200].lower().startswith(head.lower()), form
        assert sent.headers["content-disposition"].endswith(f"{guided.id}.{form}")
    problem(here.get(f"/v1/takes/{guided.id}/song/export?format=exe"), 422)


def test_the_page_alone_may_ask_for_the_microphone(client: TestClient) -> None:
    assert client.get("/make").headers["permissions-policy"] == PERMISSIONS
    assert "microphone=()" in client.get("/v1/takes").headers["permissions-policy"]


def test_a_sheet_changes_key_with_its_chords(client: TestClient) -> None:
    sheet = {"key": "D minor", "form": "verse 2", "chords": "Dm | Gm"}
    told = client.post("/v1/songs/key", json={"sheet": sheet, "key": "Fm"}).json()
    assert (told["sheet"]["key"], told["sheet"]["chords"], told["moved"]) == ("F minor", "Fm | Bbm", True)
    assert "3 semitones up" in told["note"]
    for key in ("", "H", "../x", "x" * 200, 7, None, ["F minor"]):
        assert problem(client.post("/v1/songs/key", json={"sheet": sheet, "key": key}), 422)["errors"][0]["pointer"] == "/key"
    for wrong in ({"key": "H"}, {"chords": "H7"}, {"path": "/etc"}, {"chords": "x" * 20_001}):
        problem(client.post("/v1/songs/key", json={"sheet": sheet | wrong, "key": "F minor"}), 422)
