from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.library import Library, SungLine, Take, TakeDraft
from producertwin.library.export import destinations
from producertwin.library.lrc import clock

Draft = Callable[..., TakeDraft]


@pytest.fixture
def take(library: Library, draft: Draft) -> Take:
    return library.takes.add(draft(1))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_sound_picture_and_record_side_by_side(library: Library, take: Take, draft: Draft, tmp_path: Path) -> None:
    out = tmp_path / "new" / "song.flac"
    files = library.takes.export(take.id[:9], out)
    assert set(files) == {out, out.with_suffix(".png"), out.with_suffix(".json")}
    assert names(out.parent) == ["song.flac", "song.json", "song.png"]
    assert out.read_bytes() == draft(1).audio
    assert out.with_suffix(".png").read_bytes() == draft(1).picture
    record = json.loads(out.with_suffix(".json").read_bytes())
    assert record.pop("schema") == "producertwin.take/1"
    assert Take.model_validate(record) == take


def test_a_folder_gets_files_named_by_the_id(library: Library, take: Take, tmp_path: Path) -> None:
    library.takes.export(take.id, tmp_path / "album")
    assert names(tmp_path / "album") == [f"{take.id}.flac", f"{take.id}.json", f"{take.id}.png"]


def test_a_take_without_picture(library: Library, draft: Draft, tmp_path: Path) -> None:
    bare = library.takes.add(draft(2, picture=None))
    assert len(library.takes.export(bare.id, tmp_path / "song.flac")) == 2
    assert not (tmp_path / "song.png").exists()


def test_other_formats_are_encoded(library: Library, take: Take, draft: Draft, tmp_path: Path) -> None:
    def encode(source: Path, target: Path) -> None:
        target.write_bytes(target.suffix.encode() + source.read_bytes())

    library.takes.export(take.id, tmp_path / "song.MP3", encode=encode)
    assert (tmp_path / "song.MP3").read_bytes() == b".MP3" + bytes(draft(1).audio)


@pytest.mark.parametrize("name", ["song.exe", "song.json", "song.png", "song.mp3"])
def test_formats_that_cannot_be_written(library: Library, take: Take, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=name):
        library.takes.export(take.id, tmp_path / "out" / name)  # and mp3 without an encoder
    assert not (tmp_path / "out").exists()


def test_an_encoder_that_fails_leaves_nothing(library: Library, take: Take, tmp_path: Path) -> None:
    def encode(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise BadInput("cannot encode")

    with pytest.raises(BadInput, match="cannot encode"):
        library.takes.export(take.id, tmp_path / "out" / "song.ogg", encode=encode)
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("name", ["song.flac", "song.png", "song.json"])
def test_nothing_is_replaced_unless_asked(library: Library, take: Take, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"precious")
    with pytest.raises(BadInput, match=name):
        library.takes.export(take.id, out / "song.flac")
    assert names(out) == [name]
    assert (out / name).read_bytes() == b"precious"
    library.takes.export(take.id, out / "song.flac", overwrite=True)
    assert names(out) == ["song.flac", "song.json", "song.png"]
    assert (out / name).read_bytes() != b"precious"


def test_a_take_whose_sound_is_gone_is_not_exported(library: Library, take: Take, tmp_path: Path) -> None:
    library.takes.content(take).unlink()
    with pytest.raises(NotFound, match="missing"):
        library.takes.export(take.id, tmp_path / "out" / "song.flac")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written(library: Library, take: Take, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match="file"):
        library.takes.export(take.id, tmp_path / "file" / "song.flac")


LINES = (SungLine(seconds=0, text="[verse]"), SungLine(seconds=59.996, text="la é"), SungLine(seconds=605.254, text="ジャズ"))


def test_lyrics_in_time_go_beside_the_sound(library: Library, draft: Draft, tmp_path: Path) -> None:
    sung = library.takes.add(draft(3, lyrics="[verse]\nla é\nジャズ", lines=LINES))
    out = tmp_path / "song.flac"
    assert out.with_suffix(".lrc") in library.takes.export(sung.id, out)
    assert out.with_suffix(".lrc").read_bytes().decode() == "[00:00.00][verse]\n[01:00.00]la é\n[10:05.25]ジャズ\n"
    record = json.loads(out.with_suffix(".json").read_bytes())
    assert record["lines"][1] == {"seconds": 59.996, "text": "la é"}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "00:00.00"),
        (1.5, "00:01.50"),
        (9.994, "00:09.99"),
        (9.996, "00:10.00"),
        (59.999, "01:00.00"),
        (6_000.0, "100:00.00"),
    ],
)
def test_the_clock_of_a_line(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_codes_go_beside_the_sound_where_they_are_wanted(library: Library, take: Take, tmp_path: Path) -> None:
    out = tmp_path / "out" / "song.flac"
    codes = "<|audio_code_1|><|audio_code_63999|>"
    files = library.takes.export(take.id, out, codes=codes)
    assert files == tuple(destinations(take, out, codes=True).values())
    assert (out.parent / "song.codes.txt").read_text() == codes + "\n"
    assert names(out.parent) == ["song.codes.txt", "song.flac", "song.json", "song.png"]


@pytest.mark.parametrize("name", ["song.lrc", "song.codes.txt"])
def test_lyrics_and_codes_replace_nothing_unless_asked(library: Library, draft: Draft, tmp_path: Path, name: str) -> None:
    sung = library.takes.add(draft(3, lines=LINES))
    (tmp_path / name).write_bytes(b"precious")
    with pytest.raises(BadInput, match=name):
        library.takes.export(sung.id, tmp_path / "song.flac", codes="<|audio_code_1|>")
    assert {path.name for path in tmp_path.glob("song*")} == {name}
    library.takes.export(sung.id, tmp_path / "song.flac", codes="<|audio_code_1|>", overwrite=True)
    assert (tmp_path / name).read_bytes() != b"precious"
