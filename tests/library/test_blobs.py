from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.library.blobs import Blobs, Condition, name_of


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_blob_comes_back_from_where_its_hash_says(blobs: Blobs) -> None:
    name = blobs.put(b"sound")
    digest = hashlib.blake2b(b"sound", digest_size=32).hexdigest()
    assert name == f"b2:{digest}"
    assert blobs.get(name) == blobs.folder / digest[:2] / digest[2:]
    assert blobs.get(name).read_bytes() == b"sound"
    assert list(blobs.names()) == [name]


def test_bytes_and_a_file_of_the_same_content_are_one_blob(blobs: Blobs, tmp_path: Path) -> None:
    content = os.urandom(3_000_001)  # more than one chunk
    source = tmp_path / "source.bin"
    source.write_bytes(content)
    fresh: list[str] = []
    assert blobs.put(source, fresh=fresh) == blobs.put(content, fresh=fresh) == name_of(content)
    assert fresh == [name_of(content)]
    assert [path.read_bytes() for path in files(blobs.folder)] == [content]
    assert source.exists()


def test_an_intact_blob_is_not_written_again_and_a_damaged_one_is_healed(blobs: Blobs) -> None:
    path = blobs.get(blobs.put(b"sound"))
    before = path.stat().st_ino
    blobs.put(b"sound")
    assert path.stat().st_ino == before
    path.write_bytes(b"sownd")
    assert blobs.check(name_of(b"sound")) is Condition.DAMAGED
    blobs.put(b"sound")
    assert blobs.check(name_of(b"sound")) is Condition.INTACT


def test_checking_and_getting_what_is_gone(blobs: Blobs) -> None:
    name = blobs.put(b"")
    blobs.remove(name)
    blobs.remove(name)
    assert blobs.check(name) is Condition.MISSING
    with pytest.raises(NotFound, match=name):
        blobs.get(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "b2:../../../../etc/passwd",
        "b2:" + "g" * 64,
        "b2:" + "A" * 64,
        "b2:" + "a" * 63,
        "b2:" + "a" * 64 + "\n",
        "b2:" + "a" * 2 + "/" + "a" * 61,
        "b2:aa\x00" + "a" * 61,
        "md5:" + "a" * 64,
        "CON",
    ],
)
def test_only_blob_names_become_paths(blobs: Blobs, name: str) -> None:
    for act in (blobs.path, blobs.get, blobs.check, blobs.remove):
        with pytest.raises(BadInput, match="not a blob name"):
            act(name)


def test_whatever_the_name_the_path_stays_inside(blobs: Blobs) -> None:
    pieces, draw, inside = ("b2:", "..", "/", "\\", "\0", "a" * 64, "é", "C:", "~", ""), random.Random(3), 0
    for _ in range(3000):
        name = "".join(draw.choices(pieces, k=draw.randint(1, 5)))
        try:
            path = blobs.path(name)
        except BadInput:
            continue
        inside += 1
        assert path == blobs.folder / "aa" / ("a" * 62)
    assert inside > 3


def test_a_source_that_is_not_there_or_not_a_file(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        blobs.put(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="cannot read"):
        blobs.put(tmp_path)
    assert files(blobs.folder) == []


def test_a_source_that_changes_while_it_is_read_is_refused(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "growing.flac"
    source.write_bytes(b"one")
    monkeypatch.setattr("producertwin.library.blobs.name_of", lambda _: name_of(b"another"))
    with pytest.raises(BadInput, match="changed while"):
        blobs.put(source)
    assert files(blobs.folder) == []


def test_a_store_that_cannot_be_a_folder_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(BadInput, match="blobs"):
        Blobs(tmp_path / "blobs").put(b"sound")


def test_strays_are_old_files_that_nobody_names(blobs: Blobs) -> None:
    kept, lost = blobs.put(b"kept"), blobs.put(b"lost")
    unfinished = blobs.path(kept).with_name(".x.part")
    unfinished.write_bytes(b"half")
    assert blobs.strays({kept}) == []  # all too young
    assert sorted(blobs.strays({kept}, older_than=-1)) == sorted([blobs.path(lost), unfinished])
