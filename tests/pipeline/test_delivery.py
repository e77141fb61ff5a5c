"""Outputs: names, refusals before any work, room on the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from producertwin.errors import BadInput, Resources
from producertwin.pipeline import delivery
from producertwin.pipeline.delivery import Delivery, check_room
from producertwin.pipeline.shared import Prompt
from producertwin.pipeline.stages import Generate, Repaint
from producertwin.verbs.rendering import list_files


@pytest.mark.parametrize(
    ("out", "count", "names"),
    [
        ("a.flac", 1, ["a.flac"]),
        ("a", 1, ["a.flac"]),
        ("a.b.wav", 3, ["a.b-1.wav", "a.b-2.wav", "a.b-3.wav"]),
        ("a", 2, ["a-1.flac", "a-2.flac"]),
        ("Mix v1.2", 1, ["Mix v1.2.flac"]),
        ("Mix v1.2", 2, ["Mix v1.2-1.flac", "Mix v1.2-2.flac"]),
        ("No. 5", 1, ["No. 5.flac"]),
        ("Mr. Vale.mp3", 1, ["Mr. Vale.mp3"]),
    ],
)
def test_takes_are_numbered_before_the_suffix(out: str, count: int, names: list[str]) -> None:
    assert [path.name for path in Delivery(Path(out)).paths(count)] == names


def test_without_an_output_nothing_is_checked() -> None:
    Delivery().check(3)
    assert Delivery().paths(3) == []


def test_a_good_output_leaves_no_trace(tmp_path: Path) -> None:
    Delivery(tmp_path / "new" / "folder" / "a.ogg").check(2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.aac", "a.txt", "file/a.flac"])
def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput) as caught:
        Delivery(tmp_path / name).check(1)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["d", "d.flac", "Mix v1.2", ".", "d/.."])
def test_a_folder_gets_every_take_under_its_id(tmp_path: Path, name: str) -> None:
    (tmp_path / "d").mkdir()
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    assert Delivery(folder).paths(3) == [folder / "{id}.flac"]
    assert Delivery(folder, fallback="lofi-1").paths(1) == [folder / "lofi-1.flac"]
    Delivery(folder).check(3)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.wav").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real.wav")
    (tmp_path / "folder").mkdir()
    (tmp_path / "shortcut").symlink_to(tmp_path / "folder")
    assert Delivery(tmp_path / "link").paths(1) == [tmp_path / "real.wav"]
    assert Delivery(tmp_path / "shortcut").paths(1) == [tmp_path / "folder" / "{id}.flac"]


def test_a_folder_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(delivery.tempfile, "TemporaryFile", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        Delivery(tmp_path / "a.flac").check(1)


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(b"precious")
    with pytest.raises(BadInput, match="the source itself"):
        Delivery(path).check(1, sources=[tmp_path / "other.flac", tmp_path / "." / "a.flac"])
    Delivery(path).check(1)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("out", "picture", "sung", "names"),
    [
        ("a.flac", False, False, ["a.flac"]),
        ("a.mp3", False, True, ["a.mp3", "a.lrc"]),
        ("a.flac", True, True, ["a.flac", "a.png", "a.lrc"]),
        ("{id}.flac", True, True, []),
    ],
)
def test_all_that_would_be_written_over_is_known_first(
    tmp_path: Path, out: str, picture: bool, sung: bool, names: list[str]
) -> None:
    assert [path.name for path in Delivery(tmp_path / out, picture).files(1, sung=sung)] == names


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        (Generate(prompt=Prompt(caption="lofi", lyrics="la la")), ["a.flac", "a.lrc"]),
        (Repaint(prompt=Prompt(caption="lofi", lyrics="la la"), source="b.flac", start=0.0, end=1.0), ["a.flac", "a.lrc"]),
        (Generate(prompt=Prompt(caption="lofi")), ["a.flac"]),
    ],
)
def test_lyrics_beside_a_copy_are_known_first(tmp_path: Path, stage: Generate | Repaint, names: list[str]) -> None:
    assert [path.name for path in list_files(stage, tmp_path / "a.flac")] == names


def test_a_full_disk_is_noticed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_room([tmp_path / "not" / "yet"], 1.0)
    monkeypatch.setattr(delivery.shutil, "disk_usage", lambda _: SimpleNamespace(free=65_000_000))
    check_room([tmp_path], 1.0)
    with pytest.raises(Resources, match="65 MB free"):
        check_room([tmp_path], 60.0)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_studio_that_cannot_be_written_is_noticed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(**_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(delivery.tempfile, "TemporaryFile", refuse)
    with pytest.raises(BadInput, match="cannot write"):
        check_room([tmp_path], 1.0)
