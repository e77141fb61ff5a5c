from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue

from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.dataset.caption import CaptionResult, caption_tracks, edit, rate, to_review
from producertwin.dataset.captions import Caption, Flag
from producertwin.dataset.manifest import CAPTION, RATING
from producertwin.dataset.quality import Quality
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import ScreeningResult
from producertwin.dataset.taggers import MeterTagger, SidecarTagger, TagResult
from producertwin.errors import BadInput, Unavailable
from producertwin.library import Library, Track, TrackDraft, open_library
from producertwin.model.nano.embedder import Tags
from producertwin.progress import finish
from producertwin.settings import Settings


@dataclass
class Ears:
    name: str = "ears"
    heard: list[int] = field(default_factory=list)

    def embed_audio(self, sound: Samples) -> Tags:
        self.heard.append(sound.shape[1])
        return Tags(np.zeros(2), {"house": 0.9, "trap": 0.1}, {"drums": 0.9})


@dataclass(frozen=True)
class Broken:
    name: str = "broken"

    def tag(self, sound: Samples, given: Mapping[str, JsonValue]) -> TagResult:
        raise Unavailable(f"no answer for {sound.shape} and {len(given)}")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def put(library: Library, number: int, *, accepted: bool = True, **given: JsonValue) -> Track:
    facts = {"producer": "Ada", "title": f"{number}", "format": "wav", "seconds": 1.0, "rate": 48_000, "channels": 2}
    track, _ = library.tracks.put(TrackDraft(**facts, audio=b"%d" % number, given=given))
    sound = (0.1 * np.random.default_rng(number).standard_normal((2, 48_000))).astype(np.float32)
    clips = tuple(library.blobs.put(files.encode(part, "flac")) for part in (sound, sound[:, :24_000]))
    verdict = ScreeningResult(accepted=accepted, quality=Quality(parts=()), seconds=1.0)
    library.tracks.note(track.id, NOTE, ScreenNote(key="k", verdict=verdict, clips=clips).model_dump(mode="json"))
    return track


def run(library: Library, ears: Ears, *others: object, style: str | None = None) -> CaptionResult:
    work = caption_tracks(library.tracks.list(), MeterTagger(ears, style), others, library)  # type: ignore[arg-type]
    return finish(work)


def test_every_accepted_track_is_described_from_all_its_clips(library: Library) -> None:
    track, ears = put(library, 1, bpm=124), Ears()
    put(library, 2, accepted=False)
    found = run(library, ears, SidecarTagger())
    assert list(found.captions) == [track.id]
    assert ears.heard == [72_000]
    caption = found.captions[track.id]
    assert (caption.style, caption.bpm, caption.tagger) == ("house", 124.0, "measure, ears, file")
    assert Caption.model_validate(library.tracks.notes(track.id)[CAPTION]) == caption


def test_nothing_is_described_twice_until_something_changes(library: Library) -> None:
    put(library, 1)
    ears = Ears()
    assert (run(library, ears).written, run(library, ears).written, len(ears.heard)) == (1, 0, 1)
    assert run(library, ears, SidecarTagger()).written == 1
    assert run(library, ears, SidecarTagger(), style="trap").written == 1


def test_a_hand_survives_another_run(library: Library) -> None:
    track = put(library, 1)
    run(library, Ears())
    edited = edit(track, {"mood": "dark", "key": "A minor"}, library)
    assert edited.tags["mood"] == ("dark",)
    again = run(library, Ears(), SidecarTagger()).captions[track.id]
    assert (again.tags["mood"], again.key) == (("dark",), "A minor")


def test_a_failing_tagger_leaves_its_track_and_the_others_go_on(library: Library) -> None:
    track = put(library, 1)
    found = run(library, Ears(), Broken())
    assert (found.captions, found.written, list(found.failures)) == ({}, 0, [track.id])
    assert run(library, Ears()).written == 1


def test_flagged_captions_are_listed_until_answered(library: Library) -> None:
    track = put(library, 1)
    run(library, Ears())
    [(listed, caption)] = to_review(library)
    assert listed == track
    assert Flag.UNSURE_KEY in caption.flags
    edit(track, {"bpm": "120", "key": "C major", "vocal_type": "instrumental", "genre": "house"}, library)
    assert to_review(library, "Ada") == []


def test_a_person_scores_from_one_to_five(library: Library) -> None:
    track = put(library, 1)
    rate(track, 4, library, note="warm")
    assert library.tracks.notes(track.id)[RATING] == {"score": 4, "note": "warm"}
    for bad in (0, 6):
        with pytest.raises(BadInput, match="score"):
            rate(track, bad, library)
