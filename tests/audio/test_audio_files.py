"""Reading and writing: every format out and back, other rates and channel counts, and what must be refused."""

import errno
import io
import os

import av
import numpy as np
import pytest
import soundfile

from producertwin.audio import files
from producertwin.errors import AudioRejected, BadInput, NotFound, Resources

RATE = 48_000


def tone(seconds=1.0, hz=440.0, level=0.5, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def music(seconds=2.0):
    """Two unlike channels of a few tones each."""
    left = tone(seconds, 440, 0.4) + tone(seconds, 3000, 0.1)
    right = tone(seconds, 660, 0.3) + tone(seconds, 110, 0.2)
    return np.stack([left, right])


def snr_db(wanted, found):
    error = wanted.astype(np.float64) - found
    return 10 * np.log10((wanted.astype(np.float64) ** 2).sum() / max((error**2).sum(), 1e-30))


@pytest.mark.parametrize(
    ("name", "subtype", "least_snr"),
    [
        ("a.flac", None, 130),
        ("a.flac", "PCM_16", 85),
        ("a.wav", None, 130),
        ("a.wav", "PCM_16", 85),
        ("a.wav", "FLOAT", 300),
        ("a.MP3", None, 60),
        ("a.ogg", None, 30),
    ],
)
def test_round_trip_keeps_length_and_sound_and_bytes_repeat(tmp_path, name, subtype, least_snr):
    sound = music()
    path = files.write(tmp_path / name, sound, subtype=subtype)
    back = files.read(path)
    assert back.dtype == np.float32
    assert back.shape == sound.shape
    assert snr_db(sound, back) > least_snr
    kind = files.format_of(path)
    assert path.read_bytes() == files.encode(sound, kind, subtype=subtype)
    assert files.info(path).seconds == pytest.approx(2.0)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("length", [1, 575, 1152, 47_999, 100_001])
def test_mp3_decodes_to_exactly_the_written_length(tmp_path, length):
    path = files.write(tmp_path / "a.mp3", music(3)[:, :length])
    assert files.read(path).shape == (2, length)


def test_24_bit_files_are_a_fixed_point(tmp_path):
    once = files.read(files.write(tmp_path / "a.flac", music()))
    assert np.array_equal(files.read(files.write(tmp_path / "b.wav", once)), once)


@pytest.mark.thorough
def test_long_ogg_is_written_whole(tmp_path):
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (2, 35 * RATE)).astype(np.float32)
    path = files.write(tmp_path / "a.ogg", noise)
    assert files.info(path).frames == noise.shape[1]


def test_overs_are_clipped_in_integer_formats_and_kept_in_float(tmp_path):
    loud = 1.5 * tone(0.1, level=1.0) * np.ones((2, 1), np.float32)
    assert np.abs(files.read(files.write(tmp_path / "a.flac", loud))).max() <= 1.0
    assert np.abs(files.read(files.write(tmp_path / "a.wav", loud, subtype="FLOAT"))).max() == pytest.approx(1.5, abs=1e-3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_other_rates_arrive_at_48_khz(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(1.0, 440, rate=rate), rate, subtype="FLOAT")
    back = files.read(tmp_path / "a.wav")
    assert back.shape[0] == 2
    assert abs(back.shape[1] - RATE) <= 2
    assert np.array_equal(back[0], back[1])
    middle = slice(4_800, 43_200)
    assert snr_db(tone()[middle], back[0][middle]) > 80


@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8])
def test_many_channels_fold_to_stereo_without_passing_full_scale(tmp_path, channels):
    soundfile.write(tmp_path / "a.wav", np.full((4800, channels), 0.999, np.float32), RATE)
    back = files.read(tmp_path / "a.wav")
    assert back.shape == (2, 4800)
    assert 0.9 < back.max() <= 1.0
    one_sided = np.zeros((4800, channels), np.float32)
    one_sided[:, 0] = 0.9
    soundfile.write(tmp_path / "b.wav", one_sided, RATE)
    left, right = files.read(tmp_path / "b.wav")
    assert left.min() > 0.2
    assert np.abs(right).max() < 1e-4


def test_other_containers_are_read(tmp_path):
    sound = music(1.0).T
    soundfile.write(tmp_path / "a.aiff", sound, RATE)
    soundfile.write(tmp_path / "a.opus", sound, RATE, format="OGG", subtype="OPUS")
    for name, format_name in (("a.aiff", "aiff"), ("a.opus", "ogg")):
        assert files.read(tmp_path / name).shape == (2, RATE)
        assert files.info(tmp_path / name).format == format_name


def test_m4a_is_read_at_its_true_length(tmp_path):
    rate, sound = 44_100, np.tile(tone(1.0, rate=44_100), (2, 1))
    with av.open(str(tmp_path / "a.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=rate, layout="stereo")
        for start in range(0, rate, 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start : start + 1024]), "fltp", "stereo")
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    back = files.read(tmp_path / "a.m4a")
    assert abs(back.shape[1] - RATE) <= 2
    assert snr_db(tone()[4_800:43_200], back[0][4_800:43_200]) > 30


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 0), np.float32),
        np.zeros(100, np.float32),
        np.zeros((100, 2), np.float32),
        np.zeros((1, 100), np.float32),
        np.zeros((1, 2, 100), np.float32),
        np.full((2, 10), np.nan, np.float32),
        np.full((2, 10), np.inf, np.float32),
        np.zeros((2, 10), bool),
        [[0.0], [0.0]],
    ],
)
def test_unsound_arrays_are_not_written(tmp_path, samples):
    with pytest.raises(BadInput):
        files.write(tmp_path / "a.flac", samples)
    assert list(tmp_path.iterdir()) == []


def test_wrong_targets_are_refused(tmp_path):
    sound = music(0.1)
    with pytest.raises(BadInput, match="suffix"):
        files.write(tmp_path / "a.xyz", sound)
    with pytest.raises(BadInput, match="subtype"):
        files.write(tmp_path / "a.flac", sound, subtype="FLOAT")
    with pytest.raises(BadInput, match="bit rate"):
        files.write(tmp_path / "a.mp3", sound, kbps=317)
    with pytest.raises(NotFound, match="no folder"):
        files.write(tmp_path / "missing" / "a.wav", sound)
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(BadInput, match="Is a directory"):
        files.write(tmp_path / "folder.wav", sound)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.wav"]


def test_full_disk_is_a_resource_error_and_leaves_the_old_file(tmp_path, monkeypatch):
    path = files.write(tmp_path / "a.wav", music(0.1))
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Resources):
        files.write(path, music(0.2))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["nothing.wav", "n" * 300 + ".wav", "nul\0byte.wav", "a.wav/b.wav"])
def test_missing_files_are_not_found(tmp_path, name):
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(NotFound):
        files.read(tmp_path / name)


def test_folders_and_pipes_are_bad_input(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path, tmp_path / "pipe.wav", "/dev/null"):
        with pytest.raises(BadInput):
            files.read(path)


def test_awkward_names_are_only_names(tmp_path, monkeypatch):
    data = files.encode(music(0.1), "wav")
    monkeypatch.chdir(tmp_path)
    for name in ("-rf.wav", "ümläut 音 '\"$(x).wav", "concat:a.wav"):
        (tmp_path / name).write_bytes(data)
        assert files.read(name).shape == (2, 4800)


def test_a_module_in_the_current_folder_is_not_run_by_the_child(tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('hijacked')")
    path = files.write(tmp_path / "a.wav", music(0.1))
    monkeypatch.chdir(tmp_path)
    assert files.read(path).shape == (2, 4800)


def test_nan_in_a_file_is_rejected(tmp_path):
    sound = np.zeros((4800, 2), np.float32)
    sound[100, 1] = np.nan
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    with pytest.raises(AudioRejected) as caught:
        files.read(tmp_path / "a.wav")
    assert caught.value.reason == "nan"
    assert caught.value.remedy


def test_float_wav_agrees_with_libsndfile():
    sound = music(0.1)
    back, rate = soundfile.read(io.BytesIO(files.encode(sound, "wav", subtype="FLOAT")), dtype="float32")
    assert rate == RATE
    assert np.array_equal(back.T, sound)
