"""Hostile, broken and mislabelled files: each is refused by its reason, none hurts the studio."""

import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from producertwin.audio import files, formats, sandbox
from producertwin.errors import AudioRejected

RATE = 48_000
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + bytes(2000)


def reason_of(path, **limits):
    with pytest.raises(AudioRejected) as caught:
        files.read(path, limits=files.Limits(**limits))
    assert caught.value.reason in sandbox.REMEDIES
    assert str(path) in caught.value.message
    assert caught.value.remedy
    return caught.value.reason


def wav_header(channels=2, rate=RATE, data_bytes=400, bits=16):
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * width & 0xFFFFFFFF, width & 0xFFFF, bits)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", data_bytes)
    return b"RIFF" + struct.pack("<I", min(36 + data_bytes, 0xFFFFFFFF)) + head


def flac_of(path, seconds, rate=RATE, channels=2):
    """Silence, which FLAC packs a thousandfold."""
    soundfile.write(path, np.zeros((rate * seconds, channels), np.int16), rate)
    return path


def test_an_hour_of_silence_in_a_small_file_is_refused(tmp_path):
    bomb = flac_of(tmp_path / "bomb.flac", 3600, 8_000, 1)
    assert bomb.stat().st_size < 200_000
    assert reason_of(bomb) == "too_long_to_decode"
    assert files.info(bomb).seconds == 3600


def test_the_limit_counts_seconds_of_sound(tmp_path):
    path = flac_of(tmp_path / "a.flac", 10)
    assert files.read(path, limits=files.Limits(seconds=10)).shape == (2, 10 * RATE)
    assert reason_of(path, seconds=9.9) == "too_long_to_decode"


def test_a_stream_without_a_length_is_counted_while_it_flows(tmp_path):
    data = bytearray(flac_of(tmp_path / "a.flac", 20).read_bytes())
    data[21] &= 0xF0  # the frame count of STREAMINFO is 36 bits; 0 means unknown
    data[22:26] = bytes(4)
    path = tmp_path / "live.flac"
    path.write_bytes(data)
    assert files.read(path).shape == (2, 20 * RATE)
    assert reason_of(path, seconds=19.9) == "too_long_to_decode"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_memory_limit_holds(tmp_path):
    assert reason_of(flac_of(tmp_path / "a.flac", 10), memory_bytes=64 << 20) == "too_much_memory"


def test_wall_clock_limit_is_a_timeout(tmp_path):
    assert reason_of(flac_of(tmp_path / "a.flac", 10), wall_seconds=0.001) == "timeout"


def test_a_flac_header_may_lie(tmp_path):
    stream_info = bytearray(34)
    stream_info[:4] = struct.pack(">HH", 4096, 4096)
    packed = RATE << 44 | 1 << 41 | 15 << 36 | (1 << 36) - 1  # 16 days of stereo
    stream_info[10:18] = packed.to_bytes(8, "big")
    (tmp_path / "liar.flac").write_bytes(b"fLaC" + bytes([0x80, 0, 0, 34]) + stream_info + bytes(28))
    assert reason_of(tmp_path / "liar.flac") == "too_long_to_decode"
    assert reason_of(tmp_path / "liar.flac", seconds=1e9) in {"corrupt", "truncated"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"channels": 65_535}, "too_many_channels"),
        ({"channels": 9}, "too_many_channels"),
        ({"rate": 1}, "unsupported_rate"),
        ({"rate": 384_000}, "unsupported_rate"),
        ({"data_bytes": 400_000}, "truncated"),
    ],
)
def test_wav_headers_are_judged(tmp_path, header, reason):
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(**header) + bytes(400))
    assert reason_of(path) == reason


@pytest.mark.parametrize("header", [{"channels": 0}, {"rate": 0}, {"rate": 4_000_000_000}, {"bits": 0}])
def test_impossible_wav_headers_are_refused(tmp_path, header):
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(**header) + bytes(400))
    assert reason_of(path) in {"corrupt", "unsupported_rate"}


def test_a_live_recording_without_a_data_size_is_read(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(data_bytes=0xFFFFFFFF) + bytes(400))
    assert files.read(path).shape == (2, 100)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"la la la\n" * 100, "not_audio"),
        (JPEG, "not_audio"),
        (b"#!/bin/sh\nrm -rf /\n", "not_audio"),
        (b"\0" * 5000, "not_audio"),
        (b"RIFF\0\0\0\0WAVE", "corrupt"),
        (b"fLaC" + bytes(200), "corrupt"),
        (b"OggS" + bytes(200), "corrupt"),
        (b"\0\0\0\x20ftypM4A " + bytes(200), "corrupt"),
        (b"FORM\0\0\0\x04AIFF", "corrupt"),
        (b"\xff\xfb\xe0\x00" * 3, "corrupt"),
        (wav_header(data_bytes=0), "empty"),
    ],
)
def test_what_is_not_sound_is_refused_whatever_its_name(tmp_path, content, reason):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert reason_of(path) == reason


def noisy(seconds=3):
    rng = np.random.default_rng(3)
    return rng.uniform(-0.3, 0.3, (2, seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("kind", ["flac", "wav", "mp3"])
def test_files_cut_short_of_their_promise_are_refused(tmp_path, kind):
    data = files.encode(noisy(), kind)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(data[: len(data) // 2])
    assert reason_of(path) in {"truncated", "corrupt"}


@pytest.mark.parametrize("kind", ["mp3", "ogg"])
def test_streams_without_a_promise_give_what_is_there(tmp_path, kind):
    data = files.encode(noisy(), kind)
    if kind == "mp3":
        data = data[960:]  # without its first frame, which tells the length
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(data[: len(data) // 2])
    found = files.read(path).shape[1] / RATE
    assert 0.9 < found < 2.1


@pytest.mark.parametrize("kind", ["flac", "wav", "mp3", "ogg"])
def test_flipped_bytes_never_crash_the_reader(tmp_path, kind):
    data = bytearray(files.encode(noisy(1), kind))
    rng = np.random.default_rng(5)
    for trial in range(4):
        hurt = data.copy()
        for place in rng.integers(0, min(len(hurt), [60, 400, 4000, len(hurt)][trial]), 20):
            hurt[place] = rng.integers(256)
        path = tmp_path / f"hurt{trial}.{kind}"
        path.write_bytes(hurt)
        try:
            sound = files.read(path, limits=files.Limits(seconds=60))
        except AudioRejected as error:
            assert error.reason in sandbox.REMEDIES
        else:
            assert sound.shape[0] == 2
            assert np.isfinite(sound).all()


def test_sniffing_is_by_content():
    assert formats.sniff(JPEG) is None
    assert formats.sniff(b"") is None
    assert formats.sniff(b"ID3\x04" + bytes(20)) == "mp3"
    assert formats.sniff(wav_header()) == "wav"


def test_the_child_starts_without_heavy_imports():
    code = "import sys, producertwin.audio.decoder; print(sorted({'torch', 'scipy', 'pydantic', 'av'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
