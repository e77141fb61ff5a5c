from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from producertwin.errors import BadInput, NotFound
from producertwin.library import AdapterUse, Filter, Hearing, Library, SungLine, Take, TakeDraft, TakeMetas, open_library
from producertwin.library.provenance import check_prefix, take_id, take_of_draft
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_take_comes_back_with_everything_it_was_given(library: Library, settings: Settings, draft: Draft) -> None:
    parent = library.takes.add(draft(1))
    given = draft(
        2,
        caption="🌧 дождь, lo-fi \N{COMBINING ACUTE ACCENT}",
        lyrics="[verse]\nhm",
        adapters=(AdapterUse(name="mine", revision="b2:aa", scale=0.75),),
        parents=(parent.id,),
        session="evening",
        guide="band",
        lines=(SungLine(seconds=0.5, text="[verse]"), SungLine(seconds=2.25, text="hm")),
    )
    take = library.takes.add(given)
    library.close()
    with open_library(settings) as again:
        assert again.takes.get(take.id) == take
        assert again.takes.content(take).read_bytes() == given.audio
        assert again.takes.content(take, "latents").read_bytes() == given.latents
        assert again.takes.content(take, "picture").read_bytes() == given.picture
        assert again.takes.children(parent.id) == (take.id,)
    for field in set(TakeDraft.model_fields) - {"audio", "latents", "picture"}:
        assert getattr(take, field) == getattr(given, field), field
    assert take.created == datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert take.metas == TakeMetas(bpm=82.5, key="F# minor", meter=4, duration=20.0, language="en")
    assert take.genuine


def test_a_take_without_lines_is_the_one_it_was_before_there_were_any() -> None:
    """The id is that of the version before."""
    facts: dict[str, Any] = {"task": "text2music", "stage": {"kind": "generate"}, "caption": "lofi", "seed": 1, "seconds": 20.0}
    given = TakeDraft(**facts, audio=b"fLaC", variant="nano", revision="b2:00ff")
    blobs, when = {"audio": "b2:" + "0" * 64}, datetime(2031, 1, 1, tzinfo=UTC)
    assert take_of_draft(given, blobs, when).id == "63cibb65pelm"
    sung = given.model_copy(update={"lines": (SungLine(seconds=1, text="la"),)})
    assert take_of_draft(sung, blobs, when).id != "63cibb65pelm"
    assert take_of_draft(sung, blobs, when).genuine


def test_files_and_bytes_make_the_same_take(library: Library, draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "take.flac"
    path.write_bytes(bytes(draft(1).audio))
    take = library.takes.add(draft(1, audio=path))
    assert take == library.takes.add(draft(1))
    assert len(library.takes.list()) == 1
    assert path.exists()


def test_adding_again_heals_what_was_lost(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    library.takes.content(take).unlink()
    library.takes.sidecars.path(take).unlink()
    assert library.takes.add(draft(1)) == take
    assert library.takes.content(take).read_bytes() == draft(1).audio
    assert library.takes.sidecars.path(take).exists()


def test_the_id_vouches_for_the_whole_record(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    record = take.model_dump(mode="json")
    assert take_id(record) == take.id
    for name, value in (("caption", "other"), ("seed", 9), ("audio", "b2:" + "0" * 64), ("parents", [take.id])):
        assert take_id(record | {name: value}) != take.id
    assert take_id(record | {"created": "later"}) == take.id
    assert not take.model_copy(update={"seed": 2}).genuine


def test_a_field_of_later_versions_leaves_old_ids_alone(library: Library, draft: Draft) -> None:
    plain, heard = library.takes.add(draft(1)), library.takes.add(draft(1, hearing=Hearing(unknown=("zither",))))
    old = {name: value for name, value in plain.model_dump(mode="json").items() if name != "hearing"}
    assert take_id(old) == plain.id == Take.model_validate(old).id
    assert Take.model_validate(old).genuine
    assert heard.id != plain.id
    assert heard.genuine
    assert library.takes.get(heard.id).hearing == Hearing(unknown=("zither",))
    assert not heard.model_copy(update={"hearing": Hearing(unknown=("kazoo",))}).genuine


def test_a_take_without_latents_and_picture(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1, latents=None, picture=None))
    assert set(take.blobs) == {"audio"}
    with pytest.raises(NotFound, match="no latents"):
        library.takes.content(take, "latents")


def test_readings_that_do_not_exist_are_none(draft: Draft) -> None:
    meters = {"loudness": -math.inf, "key_confidence": math.nan, "peak": np.float32(0.5), "count": 3}
    assert draft(1, meters=meters).meters == {"loudness": None, "key_confidence": None, "peak": 0.5, "count": 3.0}


@pytest.mark.parametrize(
    "fields",
    [
        {"seconds": 0},
        {"seconds": math.nan},
        {"seed": -1},
        {"seed": 2**63},
        {"variant": ""},
        {"parents": ("../../x",)},
        {"stage": {"steps": math.inf}},
        {"stage": {"when": object()}},
        {"metas": {"tempo": 3}},
        {"audio": None, "latents": None},
        {"surprise": 1},
    ],
)
def test_drafts_that_make_no_sense(draft: Draft, fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        draft(**fields)


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"parents": ("aaaaaaaaaaaa",)}, NotFound, "aaaaaaaaaaaa"),
        ({"audio": b""}, BadInput, "FLAC"),
        ({"audio": b"RIFF...."}, BadInput, "FLAC"),
        ({"audio": Path("nowhere.flac")}, NotFound, "nowhere.flac"),
        ({"latents": Path("nowhere.safetensors")}, NotFound, "nowhere.safetensors"),
    ],
)
def test_a_refused_take_leaves_nothing(
    library: Library, draft: Draft, fields: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        library.takes.add(draft(1, **fields))
    assert library.takes.list() == ()
    assert files(library.blobs.folder) == []
    assert files(library.studio / "takes") == []


def test_records_are_frozen(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    with pytest.raises(ValidationError):
        take.caption = "other"  # type: ignore[misc]


def test_a_beginning_of_an_id_is_enough_when_it_is_unique(library: Library, draft: Draft) -> None:
    takes = [
        library.takes.add(draft(seed, latents=None, picture=None)) for seed in range(33)
    ]  # of 32 first letters: two share one
    ids = sorted(take.id for take in takes)
    shared = next(one[0] for one, two in pairwise(ids) if one[0] == two[0])
    with pytest.raises(BadInput, match="could be"):
        library.takes.get(shared)
    for take in takes:
        assert library.takes.get(take.id) == take
        shortest = next(n for n in range(1, 13) if sum(i.startswith(take.id[:n]) for i in ids) == 1)
        assert library.takes.get(f" {take.id[:shortest].upper()}\n") == take
    with pytest.raises(NotFound):
        library.takes.get("222222222222")


@pytest.mark.parametrize("key", ["", "%", "_", "../x", "a" * 13, "ab'c", "été", "0"])
def test_what_no_id_begins_with(key: str) -> None:
    with pytest.raises(BadInput, match="not a take id"):
        check_prefix(key)


def test_lists_are_newest_first_and_filtered(library: Library, draft: Draft) -> None:
    add = library.takes.add
    one = add(draft(1, session="a", caption="Lofi, RAINY Straße"))
    two = add(draft(2, session="b", task="cover", lyrics="Über den Wolken 100%"))
    three = add(draft(3, session="a", variant="turbo"))

    def listed(**query: object) -> tuple[Take, ...]:
        return library.takes.list(Filter.model_validate(query))

    assert listed() == (three, two, one)
    assert listed(session="a") == (three, one)
    assert listed(variant="turbo") == (three,)
    assert listed(task="cover", session="b") == (two,)
    assert listed(task="cover", session="a") == ()
    assert listed(limit=2) == (three, two)
    assert listed(since=two.created) == (three, two)
    assert listed(text="rainy STRASSE") == (one,)  # every word, any case, any script
    assert listed(text="über wolken") == (two,)
    assert listed(text="100%") == (two,)
    assert listed(text="1_0%") == ()  # no wildcards
    assert listed(text="  ") == (three, two, one)


def test_a_since_without_zone_is_local_time() -> None:
    local = datetime(2031, 1, 1, 12)
    assert Filter(since=local).since == local.astimezone(UTC)


def test_a_take_with_children_is_not_deleted_unless_they_go_too(library: Library, draft: Draft) -> None:
    root = library.takes.add(draft(1))
    left = library.takes.add(draft(2, parents=(root.id,)))
    right = library.takes.add(draft(3, parents=(root.id,)))
    last = library.takes.add(draft(4, parents=(left.id, right.id, root.id)))
    other = library.takes.add(draft(5))
    with pytest.raises(BadInput, match="has children"):
        library.takes.delete(root.id)
    with pytest.raises(BadInput, match=last.id):
        library.takes.delete(root.id, left.id, right.id)
    assert len(library.takes.list()) == 5
    planned = library.takes.deletion_plan(root.id, cascade=True)
    assert len(library.takes.list()) == 5
    gone, entry = library.takes.delete(root.id, cascade=True)
    assert (gone, set(entry.names)) == (planned, {take.id for take in planned})
    assert {take.id for take in planned} == {root.id, left.id, right.id, last.id}
    assert library.takes.list() == (other,)


def test_what_is_deleted_goes_with_the_trash_and_shared_contents_stay(library: Library, draft: Draft) -> None:
    one = library.takes.add(draft(1))
    two = library.takes.add(draft(1, caption="the same sound by another name", latents=b"its own"))
    played = library.takes.play_path(two.id)
    mine = {draft(1).audio, draft(1).latents, draft(1).picture}
    library.takes.delete(two.id)
    assert library.takes.list() == (one,)
    assert {path.read_bytes() for path in files(library.blobs.folder)} == {*mine, b"its own"}
    assert not played.exists()
    library.sweep(older_than=-1)
    assert {path.read_bytes() for path in files(library.blobs.folder)} == {*mine, b"its own"}
    assert library.empty_trash().bytes > len(b"its own")
    assert {path.read_bytes() for path in files(library.blobs.folder)} == mine
    library.takes.delete(one.id)
    library.empty_trash()
    assert files(library.blobs.folder) == []
    with pytest.raises(NotFound):
        library.takes.delete(one.id)
    assert library.takes.add(draft(1)).id == one.id  # and it can come back


def test_a_path_to_play_has_a_name_a_player_knows(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    path = library.takes.play_path(take.id[:8])
    assert path.name == f"{take.id}.flac"
    assert path.read_bytes() == draft(1).audio
    assert library.takes.play_path(take.id) == path
    path.unlink()
    path.write_bytes(b"something else")
    assert library.takes.play_path(take.id).read_bytes() == draft(1).audio
    library.takes.content(take).unlink()
    with pytest.raises(NotFound, match="missing"):
        library.takes.play_path(take.id)


def test_a_path_to_play_without_links(library: Library, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    take = library.takes.add(draft(1))
    monkeypatch.setattr("os.link", refuse)
    assert library.takes.play_path(take.id).read_bytes() == draft(1).audio


def test_what_the_studio_holds(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    info = library.info()
    assert (info.takes, info.blobs, info.studio) == (1, 3, library.studio)
    assert info.bytes == sum(library.blobs.get(name).stat().st_size for name in take.blobs.values())


def test_a_take_is_found_by_its_audio(library: Library, draft: Draft) -> None:
    old = library.takes.add(draft(1))
    other, new = library.takes.add(draft(2)), library.takes.add(draft(1, caption="other words"))
    assert old.id != new.id
    assert old.audio == new.audio != other.audio
    assert library.takes.find_by_audio(new.audio) == next(take for take in library.takes.list() if take.audio == new.audio)
    assert library.takes.find_by_audio(other.audio) == other
    assert library.takes.find_by_audio("b2:" + "0" * 64) is None
