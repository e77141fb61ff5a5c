"""How the tracks of a library stand, from their arrival to the newest training set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from producertwin.dataset import store
from producertwin.dataset.captions import Caption, Flag
from producertwin.dataset.manifest import CAPTION, DatasetPlan, freeze
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import Reason, ScreeningResult
from producertwin.dataset.splits import SplitPlan
from producertwin.dataset.standing import find_standings
from producertwin.library import Library, Track, TrackDraft, TrackSource, open_library
from producertwin.settings import Settings
from producertwin.verbs.caption import list_flagged
from producertwin.verbs.studio import Studio

OWN = TrackSource(licence="CC0-1.0")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def bring(library: Library, title: str, source: TrackSource = OWN, producer: str = "Ada") -> Track:
    facts: dict[str, Any] = {
        "producer": producer,
        "title": title,
        "format": "wav",
        "seconds": 60.0,
        "rate": 48_000,
        "channels": 2,
    }
    track, _ = library.tracks.put(TrackDraft(**facts, audio=title.encode(), source=source))
    return track


def screen(library: Library, track: Track, reason: Reason | None = None) -> None:
    verdict = ScreeningResult(accepted=reason is None, reason=reason, seconds=60.0)
    clips = () if reason else (library.blobs.put(f"clip of {track.title}".encode()),)
    library.tracks.note(track.id, NOTE, ScreenNote(key="k", verdict=verdict, clips=clips).model_dump(mode="json"))


def caption(library: Library, track: Track, *flags: Flag, mood: str = "calm") -> None:
    said = Caption(style="house", tags={"mood": (mood,)}, flags=flags)
    library.tracks.note(track.id, CAPTION, said.model_dump(mode="json"))


def prepare(library: Library, title: str, *flags: Flag, **more: Any) -> Track:
    track = bring(library, title, **more)
    screen(library, track)
    caption(library, track, *flags)
    return track


def stand(library: Library) -> dict[str, str]:
    """How the tracks stand, by title."""
    tracks = library.tracks.list()
    found = find_standings(tracks, library, library.studio)
    return {track.title: found[track.id].text for track in tracks}


def test_every_track_says_what_it_lacks_before_there_is_a_set(library: Library) -> None:
    bring(library, "new")
    screen(library, bring(library, "heard"))
    screen(library, bring(library, "loud"), Reason.EXCESSIVE_CLIPPING)
    prepare(library, "bare", source=TrackSource())
    prepare(library, "bought", source=TrackSource(licence="CC-BY-NC-4.0"))
    prepare(library, "odd", Flag.UNSURE_TEMPO, Flag.UNSURE_STYLE)
    prepare(library, "fine")
    assert stand(library) == {
        "new": "not screened",
        "heard": "no caption",
        "loud": "left out: excessive clipping",
        "bare": "left out: no licence is stated",
        "bought": "left out: CC-BY-NC-4.0 forbids commercial use",
        "odd": "needs you: unsure tempo, unsure style; in no set yet",
        "fine": "ready; in no set yet",
    }


def test_what_the_newest_set_holds_is_told(library: Library) -> None:
    for number in range(4):
        prepare(library, f"song {number}")
    odd = prepare(library, "odd", Flag.UNSURE_KEY)
    frozen = freeze(library, DatasetPlan(producer="Ada", split=SplitPlan(share=0.25))).manifest
    path = store.put(frozen, library.studio)
    held = {row.title for row in frozen.rows if row.side == "holdout"}
    assert held
    said = stand(library)
    assert {title for title, text in said.items() if text.endswith("; held out")} == held
    assert said["odd"].startswith("needs you: unsure key") and "set" not in said["odd"]
    caption(library, odd, mood="dark")
    assert stand(library)["odd"] == "ready; differs from the newest set"
    prepare(library, "late")
    prepare(library, "foreign", producer="Bo")
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert (stand(library)["late"], stand(library)["foreign"]) == ("ready; not in the newest set", "ready; in no set yet")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert stand(library)["late"] == "ready; newer than the newest set"


def test_the_plan_of_the_newest_set_decides_what_is_left_out(library: Library) -> None:
    prepare(library, "bare", source=TrackSource())
    prepare(library, "fine")
    store.put(freeze(library, DatasetPlan(allow_unlicensed=True)).manifest, library.studio)
    assert "left out" not in stand(library)["bare"]


@pytest.mark.parametrize("damage", ["{", "", '{"schema": "producertwin.dataset/1", "plan": {}, "rows": []}'])
def test_a_damaged_set_is_none(library: Library, damage: str) -> None:
    prepare(library, "fine")
    (library.studio / "datasets").mkdir(exist_ok=True)
    (library.studio / "datasets" / "0123456789ab.json").write_text(damage)
    assert stand(library) == {"fine": "ready; in no set yet"}


def test_a_review_lists_only_what_an_answer_helps(library: Library) -> None:
    prepare(library, "odd", Flag.UNSURE_TEMPO)
    prepare(library, "bare", Flag.UNSURE_STYLE, source=TrackSource())
    screen(library, prepare(library, "loud", Flag.UNSURE_STYLE), Reason.EXCESSIVE_CLIPPING)
    studio = Studio(Settings(studio=library.studio), library)
    assert [track.title for track, _ in list_flagged(None, studio)] == ["odd"]
