"""Sound that headers hide: joined, chained, unfinished and lying files are read to their end, and what is odd is told."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from producertwin.audio import files
from producertwin.audio.clipping import ClippingMeter, read_clipping
from producertwin.audio.mpeg_frames import FrameScan
from producertwin.errors import AudioRejected

RATE = 48_000


def noise(seconds: float = 2.0, seed: int = 1, rate: int = RATE, level: float = 0.2):
    return np.random.default_rng(seed).uniform(-level, level, (2, round(seconds * rate))).astype(np.float32)


def seconds_of(path: Path) -> float:
    return files.read(path).shape[1] / RATE


def vbr(path: Path, seconds: float, *, xing: bool) -> Path:
    """A VBR MP3 that is silent first, so that its first frames say nothing of its length."""
    sound = noise(seconds) * (np.arange(round(seconds * RATE)) > seconds * RATE / 2)
    with av.open(str(path), "w", format="mp3", options={"write_xing": str(int(xing)), "id3v2_version": "0"}) as box:
        stream = box.add_stream("libmp3lame", rate=RATE, layout="stereo")
        stream.codec_context.flags |= 2
        stream.codec_context.global_quality = 4 * 118
        for start in range(0, sound.shape[1], 1152):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start : start + 1152]), "fltp", "stereo")
            frame.rate, frame.pts = RATE, start
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("xing", [True, False])
def test_a_vbr_mp3_is_read_to_its_end(tmp_path, xing):
    path = vbr(tmp_path / "a.mp3", 8.0, xing=xing)
    assert seconds_of(path) == pytest.approx(8.0, abs=0.1)
    assert files.info(path).seconds == pytest.approx(8.0, abs=0.1)


def test_pictures_and_old_tags_are_no_sound(tmp_path):
    data = files.encode(noise(), "mp3")[960:]  # without its header frame
    picture = b"APIC" + struct.pack(">I", 400_000) + b"\0\0" + bytes(np.random.default_rng(2).integers(0, 256, 400_000, "u1"))
    size = len(picture)
    tag = b"ID3\x03\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + picture
    path = tmp_path / "a.mp3"
    path.write_bytes(tag + data + b"TAG" + bytes(125))
    assert seconds_of(path) == pytest.approx(2.0, abs=0.1)


def test_an_info_frame_may_lie_and_is_told(tmp_path):
    data = bytearray(files.encode(noise(4.0), "mp3"))
    at = data.index(b"Info")
    data[at + 8 : at + 12] = struct.pack(">I", 40)
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    decoded = files.decode(path)
    assert decoded.samples.shape[1] / RATE == pytest.approx(4.0, abs=0.1)
    assert "states 1.0 s" in " ".join(decoded.info.notes)


@pytest.mark.parametrize("kind", ["mp3", "ogg", "flac", "wav"])
@pytest.mark.parametrize("second_rate", [RATE, 44_100])
def test_files_that_were_joined_give_both(tmp_path, kind, second_rate):
    first = files.encode(noise(), kind)
    soundfile.write(tmp_path / f"b.{kind}", noise(2.0, 2, second_rate).T, second_rate)
    path = tmp_path / f"a.{kind}"
    path.write_bytes(first + (tmp_path / f"b.{kind}").read_bytes())
    decoded = files.decode(path)
    assert decoded.samples.shape[1] / RATE == pytest.approx(4.0, abs=0.1)
    assert "2 recordings" in " ".join(decoded.info.notes)
    assert files.info(path).seconds == pytest.approx(4.0, abs=0.1)


def test_a_chain_of_two_codecs_is_read_and_no_length_is_absurd(tmp_path):
    soundfile.write(tmp_path / "b.opus", noise().T, RATE, format="OGG", subtype="OPUS")
    path = tmp_path / "a.ogg"
    path.write_bytes(files.encode(noise(), "ogg") + (tmp_path / "b.opus").read_bytes())
    assert files.info(path).seconds == pytest.approx(4.0, abs=0.1)
    assert seconds_of(path) == pytest.approx(4.0, abs=0.1)


def test_the_last_page_may_lie(tmp_path):
    data = bytearray(files.encode(noise(), "ogg"))
    at = data.rindex(b"OggS")
    for position in (1 << 50, 480):
        data[at + 6 : at + 14] = struct.pack("<q", position)
        path = tmp_path / "a.ogg"
        path.write_bytes(data)
        assert files.info(path).seconds < 10


@pytest.mark.parametrize("sizes", [(0, 0), (36, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFF024, 0x7FFFF000), (1036, 1000)])
@pytest.mark.parametrize("quiet_start", [False, True])
def test_a_recorder_that_crashed_loses_nothing(tmp_path, sizes, quiet_start):
    sound = noise()
    sound[:, : 4_800 if quiet_start else 0] = 0
    data = bytearray(files.encode(sound, "wav", subtype="PCM_16"))
    at = data.index(b"data")
    data[4:8], data[at + 4 : at + 8] = struct.pack("<I", sizes[0]), struct.pack("<I", sizes[1])
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    assert files.read(path).shape == sound.shape
    assert files.info(path).seconds == pytest.approx(2.0)


def test_chunks_after_the_sound_are_no_sound(tmp_path):
    data = files.encode(noise(), "wav", subtype="PCM_16")
    for more in (b"LIST\x04\0\0\0INFO", b"LIST\x04\0\0\0INFO    ", b"LIST\x04\0\0\0INFOid3 \x02\0\0\0xx", bytes(1000)):
        path = tmp_path / "a.wav"
        path.write_bytes(data + more)
        assert files.read(path).shape == (2, 2 * RATE)


def test_a_flac_header_that_states_too_little_is_told(tmp_path):
    data = bytearray(files.encode(noise(4.0), "flac"))
    data[22:26] = struct.pack(">I", RATE)
    path = tmp_path / "a.flac"
    path.write_bytes(data)
    decoded = files.decode(path)
    assert decoded.samples.shape[1] / RATE == pytest.approx(4.0, abs=0.01)
    assert decoded.info.notes


@pytest.mark.parametrize(("ending", "kind"), [("aifc", "AIFF"), ("w64", "W64"), ("caf", "CAF"), ("oga", "OGG"), ("au", "AU")])
def test_more_formats_are_read(tmp_path, ending, kind):
    soundfile.write(tmp_path / f"a.{ending}", noise().T, RATE, format=kind)
    assert files.read(tmp_path / f"a.{ending}").shape == (2, 2 * RATE)


@pytest.mark.parametrize(("ending", "box"), [("aac", "adts"), ("mp4", "mp4")])
def test_aac_is_read_in_both_its_boxes(tmp_path, ending, box):
    path = tmp_path / f"a.{ending}"
    with av.open(str(path), "w", format=box) as out:
        stream = out.add_stream("aac", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(noise(), "fltp", "stereo")
        frame.rate = RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert files.info(path).seconds == pytest.approx(2.0, abs=0.1)
    assert seconds_of(path) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff\xfe.mp3", "NAMNÄ.flac".encode("latin-1")])
def test_names_need_not_be_text(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(files.encode(noise(0.5), files.format_of(path)))
    assert seconds_of(path) == pytest.approx(0.5, abs=0.05)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
def test_a_file_larger_than_its_sound_is_refused(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(files.encode(noise(), kind))
    with path.open("r+b") as file:
        file.truncate(3 << 30)  # a hole, no disk is used
    for ask in (files.inspect, files.read):
        with pytest.raises(AudioRejected) as caught:
            ask(path)
        assert caught.value.reason == "oversized"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["title", "artist", "album"])
def test_a_title_of_megabytes_is_none(tmp_path, name):
    from producertwin.audio.tags import tags

    for kind in ("wav", "mp3", "flac", "ogg"):
        for length in (2_000, 3_000_000):
            path = files.write(tmp_path / f"a.{kind}", noise(0.2))
            tags.write(path, tags.Tags(**{"title": "T", "artist": "A", name: "x" * length}))
            _, found = files.inspect(path)
            assert getattr(found, name) == ""
            assert found.notes or kind == "ogg"


def test_frames_are_counted_through_junk(tmp_path):
    data = files.encode(noise(), "mp3")
    path = tmp_path / "a.mp3"
    path.write_bytes(bytes(5_000) + data + b"\xff\xfb junk" * 50 + data)
    with path.open("rb") as file:
        scan = FrameScan(file, path.stat().st_size, 1 << 20)
    assert [link.frames for link in scan.links if link.frames] == [scan.links[0].frames] * 2


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_clipping_is_measured_at_the_files_own_rate(tmp_path, rate):
    sound = np.clip(np.random.default_rng(1).standard_normal((rate, 2)).cumsum(0) * 0.02, -0.5, 0.5)
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="PCM_24")
    clipped = files.decode(tmp_path / "a.wav").clipping
    assert clipped.flat_share > 0.01


def test_blocks_are_as_one(tmp_path):
    sound = np.clip(noise(3.0, level=1.3), -1, 1)
    meter = ClippingMeter()
    for start in range(0, sound.shape[1], 10_000):
        meter.add(sound[:, start : start + 10_000].T)
    assert meter.reading().flat_share == pytest.approx(read_clipping(sound).flat_share, abs=0.002)
