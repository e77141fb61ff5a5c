from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.library import Library, Take, TakeDraft

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
