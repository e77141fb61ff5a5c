"""`twin tracks caption`: every screened track described; what the same taggers described before, from the same sound, stands.

The first tagger measures; the others add. A tagger that fails leaves its track without a new caption and the others go on: the
failure is told, and the next run tries again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..audio import files
from ..errors import BadInput, Resources, TwinError
from ..library import Library, Track
from ..llm import Llm, choose, connect
from ..progress import Clock, Steps
from ..recipe import Record, fingerprint
from ..settings import Settings
from .captions import Caption, NamedStyle, keep_edits, set_by_hand
from .llm_tagger import LlmTagger
from .manifest import CAPTION, RATING, Rating
from .screen import NOTE as SCREEN
from .screen import ScreenNote
from .taggers import MeterTagger, SidecarTagger, Tagger, describe

VERSION = 3
"""Raised when the same sound would be described otherwise."""


class CaptionPlan(Record):
    """Who describes the tracks."""

    style: NamedStyle | None = None
    """The style of every track, where the producer says so; heard when absent."""
    tagger: Literal["measure", "gemini", "openai-compatible"] = "measure"
    """Who hears them: meters and embedder alone, or a language model too, which is sent half a minute of each."""
    model: str | None = None
    """The language model's name; the one that the environment names when absent."""

    @property
    def llm(self) -> Llm | None:
        """The language model that is asked; None where none is."""
        if self.tagger == "measure":
            return None
        return choose("gemini" if self.tagger == "gemini" else "openai", model=self.model)


@dataclass(frozen=True, slots=True)
class CaptionResult:
    """What a run of captions did."""

    captions: dict[str, Caption]
    """By track, the accepted ones."""
    written: int
    """How many are new or changed."""
    failures: dict[str, TwinError]
    """By track."""


def caption_tracks(
    tracks: Sequence[Track], measure: MeterTagger, others: Sequence[Tagger], library: Library
) -> Steps[CaptionResult]:
    """Describe those of `tracks` that screening accepted. Raises what ends a whole run, such as a full disk."""
    screens = library.tracks.notes_of_kind(SCREEN, ScreenNote)
    known = library.tracks.notes_of_kind(CAPTION, Caption)
    todo = [track for track in tracks if track.id in screens and screens[track.id].verdict.accepted]
    names = [measure.name, *(tagger.name for tagger in others)]
    found: dict[str, Caption] = {}
    failures: dict[str, TwinError] = {}
    written = 0
    clock = Clock("caption", len(todo))
    for done, track in enumerate(todo):
        yield clock.at(done, track.title)
        made_from = fingerprint([VERSION, screens[track.id].clips, track.given, names, measure.style])
        old = known.get(track.id)
        if old is not None and old.made_from == made_from:
            found[track.id] = old
            continue
        try:
            new = _describe(track, screens[track.id], measure, others, library)
        except Resources:
            raise
        except TwinError as error:
            failures[track.id] = error
            continue
        caption = keep_edits(new.model_copy(update={"made_from": made_from}), old)
        library.tracks.note(track.id, CAPTION, caption.model_dump(mode="json"))
        found[track.id] = caption
        written += 1
    yield clock.at(len(todo))
    return CaptionResult(found, written, failures)


def taggers_of(plan: CaptionPlan, settings: Settings) -> list[Tagger]:
    """The taggers besides the meters: the texts beside the tracks, and the language model of `plan`. Raises `NoAnswer`."""
    return [SidecarTagger(), *([] if plan.llm is None else [LlmTagger(connect(plan.llm, settings))])]


def untagged_tracks(library: Library, producer: str | None, llm: Llm) -> list[Track]:
    """The accepted tracks that `llm` has not described."""
    screens = library.tracks.notes_of_kind(SCREEN, ScreenNote)
    known = library.tracks.notes_of_kind(CAPTION, Caption)
    fit = [one for one in library.tracks.list(producer) if one.id in screens and screens[one.id].verdict.accepted]
    return [track for track in fit if track.id not in known or llm.name not in known[track.id].tagger.split(", ")]


def caption_of(track: Track, library: Library) -> Caption:
    """The caption of a track; an empty one where it has none."""
    return library.tracks.note_of_kind(track.id, CAPTION, Caption) or Caption()


def edit(track: Track, changes: Mapping[str, str], library: Library) -> Caption:
    """Set parts of a track's caption by hand; see `captions.set_by_hand`."""
    caption = set_by_hand(caption_of(track, library), changes)
    library.tracks.note(track.id, CAPTION, caption.model_dump(mode="json"))
    return caption


def rate(track: Track, score: int, library: Library, *, note: str = "") -> None:
    """Keep a person's score of a track, 1 to 5. Raises `BadInput` for another."""
    if not 1 <= score <= 5:
        raise BadInput(f"a score of {score}", remedy="give 1 to 5")
    library.tracks.note(track.id, RATING, Rating(score=score, note=note).model_dump(mode="json"))


def to_review(library: Library, producer: str | None = None) -> list[tuple[Track, Caption]]:
    """The tracks whose captions are flagged."""
    known = library.tracks.notes_of_kind(CAPTION, Caption)
    pairs = [(track, known[track.id]) for track in library.tracks.list(producer) if track.id in known]
    return [(track, caption) for track, caption in pairs if caption.flags]


def _describe(track: Track, screen: ScreenNote, measure: MeterTagger, others: Sequence[Tagger], library: Library) -> Caption:
    sound = np.concatenate([files.read(library.blobs.get(clip)) for clip in screen.clips], axis=1)
    said = {tagger.name: tagger.tag(sound, track.given) for tagger in others}
    return describe(measure.tag(sound, track.given), said, tagger=", ".join([measure.name, *said]))
