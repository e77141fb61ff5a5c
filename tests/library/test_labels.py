"""Labels of takes: kept beside the record, found by, and there again after a restore, a rebuild and a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from producertwin.errors import NotFound
from producertwin.library import Filter, Labels, Library, Take, TakeDraft, open_library
from producertwin.library import labels as module
from producertwin.library.rebuild import rebuild
from producertwin.settings import Settings


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as found:
        yield found


def add(library: Library, seed: int, **metas: object) -> Take:
    facts = {
        "task": "text2music",
        "stage": {},
        "variant": "nano",
        "revision": "b2:00",
        "seconds": 1.0,
        "audio": b"fLaC" + bytes([seed]),
    }
    return library.takes.add(TakeDraft.model_validate({**facts, "seed": seed, "caption": f"take {seed}", "metas": metas}))


def found(library: Library, **query: object) -> list[int]:
    return sorted(take.seed or 0 for take in library.takes.list(Filter.model_validate(query)))


def test_what_a_training_played_is_found_apart(library: Library) -> None:
    for seed in range(3):
        add(library, seed)
    facts = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0, "audio": b"fLaC"}
    draft = TakeDraft.model_validate({**facts, "seed": 3, "caption": "", "session": "run"})
    library.takes.add(draft)
    assert found(library, sample=True) == [3] and found(library, sample=False) == [0, 1, 2] and len(found(library)) == 4


def test_takes_of_latents_alone_are_found_apart_until_somebody_says_something_of_them(library: Library) -> None:
    add(library, 0)
    facts = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0, "caption": "a candidate"}
    both = library.takes.add(TakeDraft.model_validate({**facts, "seed": 1, "audio": b"fLaC", "latents": b"one"}))
    silent = library.takes.add(TakeDraft.model_validate({**facts, "seed": 2, "latents": b"two"}))
    assert found(library, latents=True) == [2] and found(library, latents=False) == [0, 1] and found(library) == [0, 1, 2]
    assert library.takes.count(Filter(latents=True, limit=1)) == 1 and library.takes.count(Filter(text="candidate")) == 2
    library.takes.label(silent.id, Labels(rating=5))
    assert found(library, latents=True) == [] and found(library, latents=False) == [0, 1, 2]
    library.takes.label(silent.id, Labels())
    library.takes.label(both.id, Labels(liked=True))
    assert found(library, latents=True) == [2] and found(library, latents=False) == [0, 1]


def test_what_people_say_is_kept_and_found_by(library: Library) -> None:
    takes = [add(library, seed) for seed in range(4)]
    library.takes.label(
        takes[0].id[:6], Labels(title="Night Train", tags=("Rainy", "keep_me%"), folder="EP/sketches", liked=True)
    )
    library.takes.label(takes[1].id, Labels(tags=("rain",), folder="EP", rating=4))
    library.takes.label(takes[2].id, Labels(folder="EPILOGUE", remark="for Ana", rating=2))
    assert found(library, tag="rainy") == [0] and found(library, tag="RAIN") == [1]
    assert found(library, tag="keep_me%") == [0] and found(library, tag="keepXmeY") == []
    assert found(library, folder="EP") == [0, 1] and found(library, folder="EP/sketches") == [0]
    assert found(library, liked=True) == [0] and found(library, liked=False) == [1, 2, 3]
    assert found(library, rating=3) == [1] and found(library, rating=1) == [1, 2]
    assert found(library, text="night take") == [0] and found(library, text="ana") == [2]
    assert library.takes.label_counts() == (
        {"EP": 1, "EP/sketches": 1, "EPILOGUE": 1},
        {"Rainy": 1, "keep_me%": 1, "rain": 1},
    )
    library.takes.label(takes[0].id, Labels())
    assert found(library, liked=True) == [] and not module.path_of(library.studio, takes[0].id).exists()
    with pytest.raises(NotFound):
        library.takes.label("aaaa", Labels(liked=True))


def test_takes_are_found_by_what_they_were_asked_for(library: Library) -> None:
    add(library, 0, bpm=90, key="A minor")
    add(library, 1, bpm=91.5, key="C major")
    add(library, 2)
    assert found(library, bpm=90) == [0, 1] and found(library, bpm=87) == []
    assert found(library, key="Am") == [0] and found(library, bpm=90, key="c major") == [1]


def test_labels_come_back_with_a_take_and_go_with_it_for_good(library: Library) -> None:
    take = add(library, 0)
    library.takes.label(take.id, Labels(liked=True, tags=("a",)))
    _, entry = library.takes.delete(take.id)
    assert found(library, liked=True) == []
    library.restore(entry.id)
    assert library.takes.labels([take.id])[take.id] == Labels(liked=True, tags=("a",))
    library.takes.delete(take.id)
    library.empty_trash()
    assert not module.path_of(library.studio, take.id).exists() and library.takes.label_counts() == ({}, {})


def test_labels_are_rebuilt_from_their_files(library: Library) -> None:
    take, other = add(library, 0), add(library, 1)
    library.takes.label(take.id, Labels(liked=True))
    library.takes.label(other.id, Labels(folder="x"))
    module.path_of(library.studio, other.id).write_text("{")
    library.close()
    for path in library.studio.glob("library.sqlite*"):
        path.unlink()
    rebuild(Settings(studio=library.studio))
    with open_library(Settings(studio=library.studio)) as again:
        assert again.takes.labels([take.id, other.id]) == {take.id: Labels(liked=True)}


def test_a_kill_between_file_and_row_is_mended(library: Library) -> None:
    take = add(library, 0)
    path = module.path_of(library.studio, take.id)
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"liked": true}')
    (library.studio / "unfinished").mkdir(exist_ok=True)
    (library.studio / "unfinished" / f"labels-{take.id}").touch()
    library.close()
    with open_library(Settings(studio=library.studio)) as again:
        assert again.takes.labels([take.id]) == {take.id: Labels(liked=True)}
        assert list((library.studio / "unfinished").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"tags": ("a", "A", "", "b")}, Labels(tags=("a", "b"))),
        ({"title": "  two\nlines\u202e "}, Labels(title="two lines\\u202e")),
        ({"folder": "a\x00b"}, Labels(folder="a\\x00b")),
    ],
)
def test_labels_are_lines_that_can_be_seen(given: dict[str, object], kept: Labels) -> None:
    assert Labels.model_validate(given) == kept


@pytest.mark.parametrize(
    "given",
    [{"rating": 0}, {"rating": 6}, {"tags": ("x" * 61,)}, {"tags": ("x",) * 51}, {"title": "x" * 300}, {"remark": "x" * 5001},
     {"else": 1}],
)  # fmt: skip
def test_labels_have_their_limits(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Labels.model_validate(given)
