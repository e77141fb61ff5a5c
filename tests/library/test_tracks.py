from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from producertwin.errors import BadInput, NotFound
from producertwin.library import Library, TakeDraft, TrackDraft, TrackSource, open_library
from producertwin.library.rebuild import rebuild
from producertwin.library.track_sidecars import read
from producertwin.library.tracks import Change
from producertwin.recipe import Record
from producertwin.settings import Settings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Score(Record):
    """A note."""

    score: int


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio"), clock=lambda: NOW) as opened:
        yield opened


def draft(number: int = 1, **more: Any) -> TrackDraft:
    facts = {
        "producer": "Ada", "title": f"Song {number}", "format": "wav", "seconds": 60.0, "rate": 44_100, "channels": 2,
        "audio": b"sound %d" % number,
    }  # fmt: skip
    return TrackDraft(**(facts | more))


def test_a_track_is_kept_with_its_stems_and_found_by_its_beginning(library: Library) -> None:
    track, change = library.tracks.put(draft(stems={"drums": b"drums", "bass": b"bass"}))
    assert change is Change.ADDED
    assert library.tracks.get(track.id[:4]) == track
    assert library.tracks.content(track).read_bytes() == b"sound 1"
    assert library.tracks.content(track, "bass").read_bytes() == b"bass"
    assert track.genuine and track.created == NOW
    with pytest.raises(NotFound, match="no vocals"):
        library.tracks.content(track, "vocals")


def test_the_same_sound_is_the_same_track_and_its_facts_are_replaced(library: Library) -> None:
    first, _ = library.tracks.put(draft())
    library.tracks.note(first.id, "caption", {"text": "lofi"})
    assert library.tracks.put(draft()) == (first, Change.SAME)
    again, change = library.tracks.put(draft(title="A better name", source=TrackSource(licence="CC-BY-4.0")))
    assert change is Change.UPDATED
    assert (again.id, again.title, again.created) == (first.id, "A better name", first.created)
    assert library.tracks.list() == (again,)
    assert library.tracks.notes(first.id) == {"caption": {"text": "lofi"}}
    other, change = library.tracks.put(draft(producer="Ben"))
    assert change is Change.ADDED and other.id != first.id


def test_tracks_are_listed_by_producer_and_title(library: Library) -> None:
    for number, producer in ((2, "Ben"), (3, "Ada"), (1, "Ada")):
        library.tracks.put(draft(number, producer=producer))
    assert [track.title for track in library.tracks.list("Ada")] == ["Song 1", "Song 3"]
    assert library.tracks.producers() == [("Ada", 2), ("Ben", 1)]
    assert library.tracks.list("Nobody") == ()


def test_notes_are_put_replaced_and_removed(library: Library) -> None:
    track, _ = library.tracks.put(draft())
    library.tracks.note(track.id, "rating", {"score": 4})
    library.tracks.note(track.id, "rating", {"score": 5})
    assert library.tracks.notes_of_kind("rating", Score) == {track.id: Score(score=5)}
    assert read(library.tracks.sidecars.path(track.id)) == (track, {"rating": {"score": 5}})
    library.tracks.note(track.id, "rating", None)
    assert library.tracks.notes(track.id) == {}
    assert read(library.tracks.sidecars.path(track.id))[1] == {}
    with pytest.raises(NotFound, match="no track"):
        library.tracks.note("aaaaaaaaaaaa", "rating", {"score": 1})


def test_deleting_keeps_what_another_track_shares(library: Library) -> None:
    first, _ = library.tracks.put(draft(stems={"drums": b"shared"}))
    second, _ = library.tracks.put(draft(2, stems={"drums": b"shared"}))
    library.tracks.note(first.id, "rating", {"score": 1})
    assert library.tracks.delete(first.id) == first
    assert library.tracks.list() == (second,)
    assert library.tracks.notes_of_kind("rating", Score) == {}
    assert library.tracks.content(second, "drums").read_bytes() == b"shared"
    assert not library.blobs.path(first.audio).exists()
    assert (library.studio / "tracks" / "deleted" / f"{first.id}.json").exists()


def test_a_failed_put_leaves_nothing(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        library.tracks.put(draft(stems={"drums": tmp_path / "missing.wav"}))
    assert list(library.blobs.names()) == []
    assert library.tracks.list() == ()


def test_a_sweep_spares_what_tracks_have(library: Library) -> None:
    track, _ = library.tracks.put(draft())
    stray = library.blobs.put(b"stray")
    assert library.sweep(older_than=-1.0) == (library.blobs.path(stray),)
    assert library.tracks.content(track).exists()


def test_a_sweep_spares_what_a_frozen_training_set_has(library: Library) -> None:
    clip = library.blobs.put(b"clip")
    manifest = library.studio / "datasets" / "0123456789ab.json"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps({"rows": [{"clips": [clip]}]}))
    assert library.sweep(older_than=-1.0) == ()
    manifest.unlink()
    assert library.sweep(older_than=-1.0) == (library.blobs.path(clip),)


def test_a_damaged_note_is_told_by_its_name(library: Library) -> None:
    track, _ = library.tracks.put(draft())
    library.tracks.note(track.id, "rating", {"score": "many"})
    with pytest.raises(BadInput, match=f"note 'rating' of track {track.id}"):
        library.tracks.notes_of_kind("rating", Score)
    assert library.tracks.note_of_kind(track.id, "caption", Score) is None


def test_an_altered_sidecar_is_not_believed(library: Library) -> None:
    track, _ = library.tracks.put(draft())
    path = library.tracks.sidecars.path(track.id)
    data = json.loads(path.read_text())
    data["track"]["producer"] = "Mallory"
    path.write_text(json.dumps(data))
    with pytest.raises(BadInput, match="altered"):
        read(path)


@pytest.mark.parametrize(
    "bad", [{"cost": -1.0}, {"currency": "euro"}, {"acquired": date.today() + timedelta(days=2)}, {"kind": "stolen"}]
)
def test_a_source_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrackSource(**bad)


def test_a_lost_database_is_made_anew_with_its_tracks_and_notes(tmp_path: Path) -> None:
    settings = Settings(studio=tmp_path / "studio")
    with open_library(settings) as library:
        first, _ = library.tracks.put(draft())
        second, _ = library.tracks.put(draft(2))
        library.tracks.note(first.id, "caption", {"text": "lofi"})
        library.tracks.delete(second.id)
    for path in settings.studio.glob("library.sqlite*"):
        path.unlink()
    assert rebuild(settings).tracks == 1
    with open_library(settings) as library:
        assert library.tracks.list() == (first,)
        assert library.tracks.notes(first.id) == {"caption": {"text": "lofi"}}


def test_a_lost_sidecar_is_written_again_from_its_row(library: Library) -> None:
    track, _ = library.tracks.put(draft())
    library.tracks.note(track.id, "rating", {"score": 3})
    library.tracks.sidecars.path(track.id).unlink()
    assert rebuild(Settings(studio=library.studio)).tracks == 1
    assert read(library.tracks.sidecars.path(track.id)) == (track, {"rating": {"score": 3}})


def test_a_takes_contents_survive_when_a_track_shares_them(library: Library) -> None:
    track, _ = library.tracks.put(draft(audio=b"fLaC shared"))
    made = {
        "task": "text2music",
        "stage": {},
        "caption": "lofi",
        "seed": 1,
        "variant": "nano",
        "revision": "b2:0",
        "seconds": 1.0,
    }
    take = library.takes.add(TakeDraft.model_validate(made | {"audio": b"fLaC shared"}))
    library.takes.delete(take.id)
    library.empty_trash()
    assert library.tracks.content(track).read_bytes() == b"fLaC shared"
