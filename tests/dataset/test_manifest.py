from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.dataset.captions import Caption, Flag
from producertwin.dataset.duplicates import describe, duplicates_of_notes, groups
from producertwin.dataset.manifest import CAPTION, RATING, DatasetPlan, freeze, load, write
from producertwin.dataset.quality import GradedPart, Quality
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import Reason, ScreeningResult
from producertwin.dataset.splits import SplitPlan
from producertwin.errors import BadInput, NotFound
from producertwin.library import Library, Track, TrackDraft, TrackSource, open_library
from producertwin.settings import Settings

PLAN = DatasetPlan(split=SplitPlan(share=0.2))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def graded(cost: float, part: str = "silence") -> Quality:
    return Quality(parts=(GradedPart(part=part, reading=1.0, unit="", cost=cost),))


def put(library: Library, number: int, *, licence: str | None = "CC-BY-4.0", reason: Reason | None = None, **more: Any) -> Track:
    facts = {
        "producer": "Ada", "title": f"Song {number}", "format": "wav", "seconds": 100.0, "rate": 48_000, "channels": 2,
        "audio": b"sound %d" % number, "group": f"album {number // 2}", "source": TrackSource(licence=licence),
    }  # fmt: skip
    track, _ = library.tracks.put(TrackDraft(**(facts | more)))
    clip = library.blobs.put(b"clip %d" % number)
    print_ = np.random.default_rng(number).integers(1, 2**32, 400, np.uint32)
    verdict = ScreeningResult(accepted=reason is None, reason=reason, quality=graded(10.0 + number), seconds=100.0)
    fingerprint = library.blobs.put(print_.astype("<u4").tobytes())
    note = ScreenNote(key="k", verdict=verdict, clips=() if reason else (clip,), fingerprint=fingerprint)
    library.tracks.note(track.id, NOTE, note.model_dump(mode="json"))
    caption = Caption(style="house", tags={"genre": ("house",)}, bpm=120, flags=(Flag.UNSURE_KEY,))
    library.tracks.note(track.id, CAPTION, caption.model_dump(mode="json"))
    return track


def test_what_may_be_learned_from_is_frozen_in_the_order_of_ids(library: Library) -> None:
    tracks = [put(library, number) for number in range(20)]
    library.tracks.note(tracks[3].id, RATING, {"score": 5})
    found = freeze(library, PLAN)
    rows = found.manifest.rows
    assert [row.track for row in rows] == sorted(track.id for track in tracks)
    assert found.left_out == {}
    [rated] = [row for row in rows if row.rating]
    assert (rated.track, rated.rating) == (tracks[3].id, 5)
    assert (rated.caption, rated.bpm, rated.flags) == ("house, upbeat tempo, 120 bpm", 120, ("unsure_key",))
    assert len(found.manifest.side("holdout")) == 4
    assert found.manifest.balance()[0].share == pytest.approx(0.2)


def test_what_is_left_out_says_why(library: Library) -> None:
    good = put(library, 0)
    why = {
        put(library, 1, licence=None).id: "no licence is stated",
        put(library, 2, licence="CC-BY-NC-4.0").id: "CC-BY-NC-4.0 forbids commercial use",
        put(library, 3, reason=Reason.TOO_SHORT).id: "too_short",
        put(library, 4, source=TrackSource(licence="CC0-1.0", permitted=False)).id: "its source does not permit training",
    }
    bare, _ = library.tracks.put(
        TrackDraft(
            producer="Ada",
            title="x",
            format="wav",
            seconds=1.0,
            rate=1,
            channels=1,
            audio=b"x",
            source=TrackSource(permitted=True),
        )
    )
    why[bare.id] = "not screened"
    tired = put(library, 40)
    why[tired.id] = "quality below 60"
    found = freeze(library, PLAN.model_copy(update={"least_quality": 60}))
    assert found.left_out == why
    assert [row.track for row in found.manifest.rows] == [good.id]
    open_ = freeze(library, PLAN.model_copy(update={"allow_unlicensed": True, "allow_restricted": True}))
    assert len(open_.manifest.rows) == 4
    assert ("too short", 1) in open_.reasons()


def copy(library: Library, first: Track, number: int, **more: Any) -> Track:
    """A track that is the same recording as `first`."""
    track = put(library, number, **more)
    print_ = library.tracks.notes(first.id)[NOTE]["fingerprint"]
    library.tracks.note(track.id, NOTE, library.tracks.notes(track.id)[NOTE] | {"fingerprint": print_})
    return track


def test_of_copies_the_best_is_learned_from_unless_all_are_asked_for(library: Library) -> None:
    worse = put(library, 5)
    better = copy(library, worse, 1)
    lossy = copy(library, worse, 0, format="mp3")
    found = freeze(library, PLAN)
    assert [row.track for row in found.manifest.rows] == [better.id]
    assert found.left_out == dict.fromkeys((worse.id, lossy.id), "a duplicate")
    assert len(freeze(library, PLAN.model_copy(update={"drop_duplicates": False})).manifest.rows) == 3


@pytest.mark.parametrize("source", [TrackSource(permitted=False), TrackSource(unclear="license 'ask me'")])
def test_a_copy_of_a_recording_that_is_refused_is_refused(library: Library, source: TrackSource) -> None:
    refused, other = put(library, 1, source=source), put(library, 9)
    copied = copy(library, refused, 2)
    for plan in (PLAN, PLAN.model_copy(update={"drop_duplicates": False, "allow_unlicensed": True})):
        found = freeze(library, plan)
        assert [row.track for row in found.manifest.rows] == [other.id]
        assert "refused under another name" in found.left_out[copied.id]


def test_copies_of_one_recording_are_one_line_and_told_apart(library: Library) -> None:
    first = put(library, 0, title="song")
    tracks = [first, *(copy(library, first, number, title="song") for number in range(1, 10))]
    notes = library.tracks.notes_of_kind(NOTE, ScreenNote)
    found = duplicates_of_notes({track.id: notes[track.id] for track in tracks}, library)
    assert len(found) == 45 and [len(group) for group in groups(found)] == [10]
    [line] = describe(found, {track.id: track.name for track in tracks})
    assert first.name in line and "7 more" in line


def test_a_fingerprint_stands_for_contents_words_and_split(library: Library) -> None:
    tracks = [put(library, number) for number in range(6)]
    first = freeze(library, PLAN).manifest.fingerprint
    assert freeze(library, PLAN).manifest.fingerprint == first
    other = PLAN.model_copy(update={"split": SplitPlan(share=0.2, seed=9)})
    assert freeze(library, other).manifest.fingerprint != first
    library.tracks.note(tracks[0].id, CAPTION, Caption(style="house", own_text="other words").model_dump(mode="json"))
    assert freeze(library, PLAN).manifest.fingerprint != first


def test_a_manifest_is_read_back_and_an_altered_one_refused(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        put(library, number)
    manifest = freeze(library, PLAN).manifest
    path = write(manifest, tmp_path / "set.json")
    assert load(path) == manifest
    data = json.loads(path.read_text())
    data["rows"][0]["caption"] = "forged"
    path.write_text(json.dumps(data))
    with pytest.raises(BadInput, match="altered"):
        load(path)
    path.write_text("[]")
    with pytest.raises(BadInput, match="not an object"):
        load(path)
    with pytest.raises(NotFound):
        load(tmp_path / "none.json")


def test_nothing_to_learn_from_is_said(library: Library) -> None:
    with pytest.raises(BadInput, match="there are no tracks"):
        freeze(library, PLAN)
    put(library, 1, licence=None)
    with pytest.raises(BadInput, match="1 x no licence"):
        freeze(library, PLAN)
