"""Tags: in, out, and the sound untouched."""

import shutil

import numpy as np
import pytest
import soundfile

from producertwin.audio import files
from producertwin.audio.tags import id3, ogg_pages, tags
from producertwin.errors import AudioRejected, BadInput, NotFound

RATE = 48_000
FULL = tags.Tags(
    title="Pluie à Paris 雨",
    artist="The House Band",
    album="Nano",
    date="2026-11-21",
    comment="two\nlines = fine",
    provenance={"seed": 7, "stages": [{"kind": "generate", "bpm": 82.5}], "none": None, "long": "x" * 70_000},
)


def sound():
    t = np.arange(RATE) / RATE
    return np.tile((0.3 * np.sin(2 * np.pi * 330 * t)).astype(np.float32), (2, 1))


@pytest.mark.parametrize("name", ["a.flac", "a.wav", "a.mp3", "a.ogg"])
def test_tags_round_trip_and_the_sound_stays(tmp_path, name):
    path = files.write(tmp_path / name, sound())
    plain, before = path.read_bytes(), files.read(path)
    assert tags.read(path) == tags.Tags()
    tags.write(path, FULL)
    assert tags.read(path) == FULL
    assert np.array_equal(files.read(path), before)
    once = path.read_bytes()
    tags.write(path, FULL)
    assert path.read_bytes() == once
    tags.write(path, tags.Tags(title="short"))
    assert tags.read(path) == tags.Tags(title="short")
    tags.write(path, tags.Tags())
    assert tags.read(path) == tags.Tags()
    assert abs(len(path.read_bytes()) - len(plain)) < 9_000


@pytest.mark.parametrize("name", ["a.flac", "a.wav", "a.mp3", "a.ogg"])
def test_other_programs_see_the_title(tmp_path, name):
    path = files.write(tmp_path / name, sound())
    tags.write(path, FULL)
    with soundfile.SoundFile(path) as file:
        seen = file.copy_metadata()
        assert file.frames == RATE
    assert (seen["title"], seen["artist"]) == (FULL.title, FULL.artist)


def test_opus_and_tags_of_other_programs(tmp_path):
    for name, kind, subtype in (("a.opus", "OGG", "OPUS"), ("b.flac", "FLAC", None), ("c.wav", "WAV", None)):
        with soundfile.SoundFile(tmp_path / name, "w", RATE, 2, subtype, format=kind) as file:
            file.title, file.artist = "Outside", "Someone"
            file.write(sound().T)
        found = tags.read(tmp_path / name)
        assert (found.title, found.artist) == ("Outside", "Someone")
        tags.write(tmp_path / name, FULL)
        assert tags.read(tmp_path / name) == FULL


def test_foreign_provenance_is_read_and_unknown_fields_are_kept(tmp_path):
    from producertwin.audio.tags import vorbis_comments

    data = vorbis_comments.into_flac(files.encode(sound(), "flac"), [("ACESTEP_JSON", '{"seed": 1}'), ("MOOD", "calm")])
    assert tags.extract(data).provenance == {"seed": 1}
    assert ("MOOD", "calm") in vorbis_comments.of_flac(tags.embed(data, FULL))
    cover = ("APIC", b"\0image/png\0\3\0" + bytes(50))
    mp3 = id3.pack([cover, ("TIT2", id3.text_frame("old"))]) + files.encode(sound(), "mp3")
    assert cover in id3.unpack(tags.embed(mp3, FULL))
    assert tags.extract(tags.embed(mp3, FULL)) == FULL


def test_old_id3_is_read():
    def frame(name, content):
        return name + len(content).to_bytes(4, "big") + b"\0\0" + content

    body = frame(b"TIT2", b"\x01" + "Über".encode("utf-16")) + frame(b"TYER", b"\x001999") + frame(b"TPE1", b"\0Caf\xe9")
    data = b"ID3\x03\0\0" + id3._to_syncsafe(len(body)) + body + files.encode(sound(), "mp3")
    found = tags.extract(data)
    assert (found.title, found.date, found.artist) == ("Über", "1999", "Café")


@pytest.mark.parametrize("kind", files.FORMATS)
def test_damaged_tags_never_crash(kind):
    data = bytearray(tags.embed(files.encode(sound()[:, :4800], kind), tags.Tags(title="t" * 50, provenance={"a": 1})))
    rng = np.random.default_rng(4)
    for _ in range(60):
        hurt = data.copy()
        for place in rng.integers(4, min(len(hurt), 400), 6):
            hurt[place] = rng.integers(256)
        try:
            assert isinstance(tags.extract(bytes(hurt[: rng.integers(20, len(hurt))])), tags.Tags)
        except BadInput as error:
            assert error.remedy


def test_tags_of_other_things_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(BadInput, match="not supported"):
        tags.read(tmp_path / "a.txt")
    with pytest.raises(NotFound):
        tags.read(tmp_path / "b.flac")
    with pytest.raises(BadInput):
        tags.read(tmp_path)
    path = files.write(tmp_path / "a.flac", sound())
    for provenance in ({"nan": float("nan")}, {"object": object()}):
        with pytest.raises(BadInput, match="JSON"):
            tags.write(path, tags.Tags(provenance=provenance))


def test_ogg_pages_rebuild_the_same_file():
    data = files.encode(sound(), "ogg")
    assert ogg_pages.join(ogg_pages.split(data)) == data
    with pytest.raises(AudioRejected):
        ogg_pages.split(data[100:])


def test_tags_of_a_copy_do_not_touch_the_original(tmp_path):
    path = files.write(tmp_path / "a.flac", sound())
    before = path.read_bytes()
    shutil.copy(path, tmp_path / "b.flac")
    tags.write(tmp_path / "b.flac", FULL)
    assert path.read_bytes() == before
