"""Sounds in and out: uploads that are hostile or plain, ranges of bytes, peaks and pictures."""

from __future__ import annotations

import io
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from producertwin.library import TakeDraft
from producertwin.library.assets import Assets
from producertwin.server.media import Unsatisfiable, parse_range
from producertwin.server.uploads import UploadLimits, shown_name
from producertwin.timebase import SAMPLE_RATE
from server_kit import House, make_client, make_door, problem, tone

RAW = {"content-type": "application/octet-stream"}


def encode(samples: np.ndarray, rate: int = SAMPLE_RATE, kind: str = "WAV", subtype: str | None = None) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, samples.T, rate, format=kind, subtype=subtype)
    return data.getvalue()


def upload(client: TestClient, content: bytes, name: str = "tone.wav") -> dict[str, object]:
    found: dict[str, object] = client.post("/v1/assets", params={"name": name}, content=content, headers=RAW).json()
    return found


def left_behind(house: House) -> list[Path]:
    """Every file below the studio's assets."""
    return [path for path in (house.settings.studio / "assets").rglob("*") if path.is_file()]


# --- uploads


def test_a_sound_is_uploaded_read_and_deleted(fresh: House) -> None:
    client, content = make_client(fresh), encode(tone(0.5), subtype="PCM_16")
    answer = client.post("/v1/assets?name=my%20tone.wav", content=content, headers={"content-type": "audio/wav"})
    asset = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/assets/{asset['id']}"
    assert (asset["name"], asset["bytes"], asset["format"], asset["rate"], asset["channels"]) == (
        "my tone.wav", len(content), "wav", 48_000, 2,
    )  # fmt: skip
    assert asset["seconds"] == 0.5
    audio = client.get(f"{answer.headers['location']}/audio")
    assert (audio.content, audio.headers["content-type"]) == (content, "audio/wav")
    assert [one["id"] for one in client.get("/v1/assets").json()["items"]] == [asset["id"]]
    again = client.post("/v1/assets?name=other", content=content, headers=RAW)
    assert (again.status_code, again.json()) == (200, asset)
    assert client.delete(f"/v1/assets/{asset['id']}").json() == asset
    assert left_behind(fresh) == []
    problem(client.get(f"/v1/assets/{asset['id']}"), 404)
    problem(client.delete(f"/v1/assets/{asset['id']}"), 404)


def long_silence() -> bytes:
    """A small file that decodes to more than an hour."""
    data = io.BytesIO()
    with soundfile.SoundFile(data, "w", 8_000, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(3700):
            file.write(np.zeros(8_000, np.int16))
    return data.getvalue()


def lying_flac() -> bytes:
    """A header that claims 2^36 - 1 samples, and nothing behind it."""
    info = (
        struct.pack(">HH", 4096, 4096)
        + bytes(6)
        + (48_000 << 44 | 1 << 41 | 15 << 36 | (1 << 36) - 1).to_bytes(8, "big")
        + bytes(16)
    )
    return b"fLaC" + b"\x80\x00\x00\x22" + info


HOSTILE = {
    "nothing": lambda: b"",
    "a text": lambda: b"hello, this is no sound" * 9,
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a zip": lambda: b"PK\x03\x04" + bytes(4000),
    "a pickle": lambda: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "a playlist": lambda: b"#EXTM3U\nfile:///etc/passwd\n",
    "a concat list": lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(400),
    "zeros": lambda: bytes(9000),
    "a bare WAV header": lambda: encode(tone(0.5))[:44],
    "a truncated WAV": lambda: encode(tone(2.0))[:9000],
    "a truncated FLAC": lambda: encode(tone(2.0), kind="FLAC")[:9000],
    "a damaged FLAC": lambda: encode(tone(1.0), kind="FLAC")[:400] + bytes(900),
    "a FLAC that lies": lying_flac,
    "NaN": lambda: encode(np.full((2, 4800), np.nan, np.float32), subtype="FLOAT"),
    "infinity": lambda: encode(np.full((2, 4800), np.inf, np.float32), subtype="FLOAT"),
    "no samples": lambda: encode(np.zeros((2, 0), np.float32)),
    "too slow a rate": lambda: encode(tone(1.0), rate=4_000),
    "too many channels": lambda: encode(np.zeros((60, 480), np.float32)),
    "more than an hour": long_silence,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_upload_is_refused_and_leaves_nothing(client: TestClient, house: House, what: str) -> None:
    answer = client.post("/v1/assets?name=../../etc/x.wav", content=HOSTILE[what](), headers=RAW)
    found = problem(answer, 422)
    assert found["remedy"]
    assert ".part" not in answer.text and str(house.settings.studio) not in answer.text
    assert left_behind(house) == []


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_other_rates_are_taken(fresh: House, rate: int) -> None:
    found = upload(make_client(fresh), encode(tone(0.5)[:1], rate=rate))
    assert (found["rate"], found["channels"]) == (rate, 1)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.wav", "x.wav"),
        ("..\\..\\x.wav", "x.wav"),
        ("C:\\Users\\mara\\x.wav", "x.wav"),
        ("a\x00b\n.wav", "a\\x00b\\n.wav"),
        ("\u202egpj.wav", "\\u202egpj.wav"),
        ("x" * 300, "x" * 200),
        ("CON", "CON"),
        ("", ""),
        ("/", ""),
        ("..", ".."),
    ],
)
def test_the_name_of_a_file_is_a_text_and_no_path(fresh: House, name: str, shown: str) -> None:
    assert shown_name(name) == shown
    assert upload(make_client(fresh), encode(tone(0.1)), name)["name"] == shown
    assert sorted(len(path.name) for path in left_behind(fresh)) == [62, 69]  # hashes, whatever it was called


def test_quota_floor_and_size_are_kept(fresh: House) -> None:
    content = encode(tone(0.5))
    for limits in (UploadLimits(quota=len(content) - 1, floor=0), UploadLimits(floor=1 << 60)):
        client = make_client(fresh, limits=limits)
        assert problem(client.post("/v1/assets", content=content, headers=RAW), 507)["remedy"]
    small = make_client(fresh, door=make_door(most_upload=1000))
    problem(small.post("/v1/assets", content=content, headers=RAW), 413)
    problem(small.post("/v1/assets", content=(content[at : at + 100] for at in range(0, 5000, 100)), headers=RAW), 413)
    assert left_behind(fresh) == []
    client = make_client(fresh, limits=UploadLimits(quota=len(content), floor=0))
    assert client.post("/v1/assets", content=content, headers=RAW).status_code == 201
    problem(client.post("/v1/assets", content=encode(tone(0.6)), headers=RAW), 507)


def test_a_flood_of_uploads_waits_at_the_door(fresh: House) -> None:
    client = make_client(fresh, limits=UploadLimits(floor=0, at_once=0))
    answer = client.post("/v1/assets", content=encode(tone(0.1)), headers=RAW)
    problem(answer, 429)
    assert int(answer.headers["retry-after"]) > 0


def test_damaged_facts_of_an_asset_are_written_anew(fresh: House) -> None:
    client, content = make_client(fresh), encode(tone(0.1))
    asset = upload(client, content)
    [facts] = (fresh.settings.studio / "assets" / "facts").glob("*.json")
    facts.write_text("{")
    assert client.get("/v1/assets").json()["items"] == []
    problem(client.get(f"/v1/assets/{asset['id']}"), 422)
    assert upload(client, content)["id"] == asset["id"]
    assert client.get(f"/v1/assets/{asset['id']}").status_code == 200


# --- ids


NASTY = (
    "..%2f..%2fetc%2fpasswd", "%2e%2e", "..\\..", "C:\\x", "\\\\host\\x", "CON", "%00", "a%00b", "%0a", "\u202e", "é",
    "x" * 300, "*", "?", "[", "b2:", "b2:" + "0" * 64, "b2:" + "A" * 64, "b2:../" + "0" * 61,
    "%", "'", '"', "<script>", "~", ".", "{0}",
    "server.token", "a.json", "%25", "1 OR 1=1", "-1", "0", "null",
)  # fmt: skip


@pytest.mark.parametrize(
    "nasty", [pytest.param(one, marks=[pytest.mark.thorough] if place % 6 else []) for place, one in enumerate(NASTY)]
)
def test_no_id_reaches_a_file_that_is_not_meant(client: TestClient, nasty: str) -> None:
    paths = [path for path, methods in client.get("/v1/openapi.json").json()["paths"].items() if "{" in path and "get" in methods]
    assert len(paths) > 20
    for path in paths:
        start, _, rest = path.partition("{")
        rest = rest.partition("}")[2].replace("{level}", "fine").replace("{stem}", "drums")
        answer = client.get(f"{start}{nasty}{rest}")
        assert answer.status_code in {200, 404, 405, 422}, (path, answer.text)
        if answer.status_code != 200:  # the client itself has shortened `.` and `?` to what is above
            problem(answer, answer.status_code)


def test_stems_and_resolutions_are_names(client: TestClient, house: House) -> None:
    track = house.track.id
    assert client.get(f"/v1/tracks/{track}/stems/drums/audio").status_code == 200
    for nasty in ("bass", "%2e%2e", "peaks.json", "%2e%2e%2fpeaks.json", "server.token", "%00"):
        problem(client.get(f"/v1/tracks/{track}/stems/{nasty}/audio"), 404)
        problem(client.get(f"/v1/tracks/{track}/peaks/{nasty}"), 404)


# --- ranges (RFC 9110, 14)


@pytest.fixture(scope="module")
def audio(client: TestClient, house: House) -> tuple[str, bytes]:
    """Address and bytes of a take's sound."""
    address = f"/v1/takes/{house.takes[0].id}/audio"
    return address, client.get(address).content


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-99", slice(0, 100)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-1", slice(-1, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=-999999999", slice(0, None)),
        ("bytes=10-999999999", slice(10, None)),
        ("BYTES=0-9", slice(0, 10)),
        ("bytes= 0-9 ", slice(0, 10)),
    ],
)
def test_a_range_is_sent(client: TestClient, audio: tuple[str, bytes], asked: str, part: slice) -> None:
    address, whole = audio
    answer = client.get(address, headers={"range": asked})
    first = range(len(whole))[part][0]
    assert (answer.status_code, answer.content) == (206, whole[part])
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(whole[part]) - 1}/{len(whole)}"
    assert answer.headers["content-length"] == str(len(whole[part]))
    head = client.head(address, headers={"range": asked})
    assert (head.status_code, head.content, head.headers["content-range"]) == (206, b"", answer.headers["content-range"])


@pytest.mark.parametrize(
    "asked",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "items=0-1", "bytes=0-1,5-6", "bytes=0-0," * 900, "bytes=--1",
     "bytes=0x0-0x9", "bytes=٣-٤", "bytes=1.0-2", "bytes 0-1", "bytes=+1-2", "bytes=0-1;q=1"],
)  # fmt: skip
def test_what_is_no_single_range_gets_the_whole(client: TestClient, audio: tuple[str, bytes], asked: str) -> None:
    address, whole = audio
    answer = client.get(address, headers={"range": asked.encode()})
    assert (answer.status_code, answer.content) == (200, whole)
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=999999999-9999999999", "bytes=-0"])
def test_a_range_past_the_end_is_told(client: TestClient, audio: tuple[str, bytes], asked: str) -> None:
    address, whole = audio
    answer = client.get(address, headers={"range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_if_range_holds_for_the_same_content_alone(client: TestClient, audio: tuple[str, bytes]) -> None:
    address, whole = audio
    tag = client.get(address).headers["etag"]
    for condition, status in ((tag, 206), ('"other"', 200), (f"W/{tag}", 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200), ("", 200)):
        answer = client.get(address, headers={"range": "bytes=0-9", "if-range": condition})
        assert (answer.status_code, len(answer.content)) == (status, 10 if status == 206 else len(whole))
    assert client.get(address, headers={"range": "bytes=0-9", "if-none-match": tag}).status_code == 304


@given(st.text(alphabet="bytes=-0123456789, ", max_size=24), st.integers(0, 50))
def test_a_range_is_inside_or_none(header: str, size: int) -> None:
    try:
        found = parse_range(header, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] <= found[1] < size


# --- peaks and pictures


def test_peaks_tell_the_sound_at_three_resolutions(client: TestClient, house: House) -> None:
    address = f"/v1/takes/{house.takes[0].id}/peaks"
    about = client.get(address).json()
    assert {one["name"]: one["peaks"] for one in about["levels"]} == {"fine": 100, "middle": 10, "coarse": 1}
    for level in about["levels"]:
        data = np.frombuffer(client.get(f"{address}/{level['name']}").content, np.int8).reshape(-1, 3)
        assert len(data) == level["peaks"]
        low, high, rms = data.astype(int).T
        assert (abs(low + 64) <= 1).all() and (abs(high - 64) <= 1).all()
        assert (abs(rms - 45) <= 3).all()  # half of full scale, by the root of two; a stretch is no whole number of periods


def test_peaks_are_computed_once(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/v1/takes/{house.takes[0].id}/peaks"
    first = client.get(address)
    monkeypatch.setattr("producertwin.server.previews.Previews.decode", lambda *_: pytest.fail("decoded again"))
    assert client.get(address).content == first.content
    assert client.get(f"{address}/coarse", headers={"range": "bytes=0-2"}).status_code == 206


def test_a_picture_is_drawn_by_the_studios_own_hand(client: TestClient, house: House) -> None:
    answer = client.get(f"/v1/takes/{house.takes[0].id}/picture")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")


# --- readers beside a writer


def test_readers_go_on_while_somebody_writes(fresh: House, sound: bytes) -> None:
    client, wrong = make_client(fresh), []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            for address in ("/v1/takes", f"/v1/takes/{fresh.takes[0].id}", "/v1/tracks", "/v1/assets"):
                answer = client.get(address)
                if answer.status_code != 200:
                    wrong.append(answer.text)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for one in readers:
        one.start()
    try:
        for seed in range(10):
            facts = fresh.takes[0].model_dump(exclude={"id", "created", "audio", "latents", "picture", "seed"})
            fresh.library.takes.add(TakeDraft(**facts, audio=sound, seed=100 + seed))
    finally:
        stop.set()
        for one in readers:
            one.join()
    assert wrong == []
    assert len(client.get("/v1/takes").json()["items"]) == 13


def test_assets_of_one_content_are_one_asset(fresh: House, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"content")
    assets = Assets(fresh.settings.studio, fresh.library.takes.clock)
    first, new = assets.put(path, name="a", kind="wav", seconds=1.0, shape=(48_000, 2))
    second, again = assets.put(path, name="b", kind="wav", seconds=1.0, shape=(48_000, 2))
    assert (new, again, first) == (True, False, second)
    assert assets.bytes == 7
