"""`twin tracks caption`: describe the tracks, list what a person should look at, and change captions by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..dataset import caption as captioning
from ..dataset.caption import CaptionPlan, CaptionResult
from ..dataset.captions import EDITABLE, TAGS, Caption, explain_flags
from ..dataset.llm_tagger import PRICES_READ, Estimate, estimate
from ..dataset.standing import State, find_standings
from ..dataset.taggers import MeterTagger
from ..errors import TwinError
from ..library import Track
from ..progress import Steps
from ..recipe import Record, assignments
from .screen import find_tracks
from .studio import Studio

__all__ = [
    "EDITABLE",
    "Caption",
    "CaptionPlan",
    "CaptionTracksPlan",
    "CaptionedTracks",
    "PlannedCaptions",
    "caption",
    "edit",
    "explain_flags",
    "find_caption",
    "list_flagged",
    "plan_caption",
    "read_changes",
    "write_text",
]


class CaptionTracksPlan(Record):
    """Which tracks are described, and by whom."""

    producer: str | None = None
    """Whose tracks; everybody's when absent."""
    caption: CaptionPlan = CaptionPlan()
    """Who describes them."""


@dataclass(frozen=True, slots=True)
class CaptionedTracks:
    """What a run of captions did."""

    tracks: tuple[Track, ...]
    captioned: CaptionResult

    @property
    def captions(self) -> list[tuple[Track, Caption]]:
        """Every track that is described, with its caption."""
        found = self.captioned.captions
        return [(track, found[track.id]) for track in self.tracks if track.id in found]

    @property
    def failures(self) -> dict[str, TwinError]:
        """Why tracks could not be described, by their names."""
        names = {track.id: track.name for track in self.tracks}
        return {names[track]: error for track, error in self.captioned.failures.items()}


@dataclass(frozen=True, slots=True)
class PlannedCaptions:
    """What describing the tracks would ask of a language model."""

    tracks: int
    asks: str | None
    """Name of the model; None where none is asked."""
    estimate: Estimate | None
    """What it would cost; None where no model is asked."""
    prices_read: str = str(PRICES_READ)
    """Day on which the prices were read."""


def caption(plan: CaptionTracksPlan, studio: Studio) -> Steps[CaptionedTracks]:
    """Describe the screened tracks; what was described before, from the same sound, stands.

    Raises `NotFound` where there are no tracks, and as `dataset.caption` does.
    """
    tracks = find_tracks(plan.producer, studio)
    others = captioning.taggers_of(plan.caption, studio.settings)
    measure = MeterTagger(studio.load_embedder(), plan.caption.style)
    done = yield from captioning.caption_tracks(tracks, measure, others, studio.library)
    return CaptionedTracks(tracks, done)


def plan_caption(plan: CaptionTracksPlan, studio: Studio) -> PlannedCaptions:
    """What describing the tracks would ask of a language model, and what that costs. Raises `NotFound` without tracks."""
    tracks, llm = find_tracks(plan.producer, studio), plan.caption.llm
    if llm is None:
        return PlannedCaptions(len(tracks), None, None)
    asked = captioning.untagged_tracks(studio.library, plan.producer, llm)
    return PlannedCaptions(len(tracks), llm.name, estimate([track.seconds for track in asked], llm))


def list_flagged(producer: str | None, studio: Studio) -> list[tuple[Track, Caption]]:
    """The tracks whose captions a person should look at, without those that are left out of training sets whatever they say."""
    found = captioning.to_review(studio.library, producer)
    standings = find_standings([track for track, _ in found], studio.library, studio.settings.studio)
    return [(track, one) for track, one in found if standings[track.id].state is State.NEEDS_YOU]


def find_caption(key: str, studio: Studio) -> tuple[Track, Caption]:
    """A track by its id or the beginning of it, and its caption; an empty one where there is none. Raises `NotFound`."""
    track = studio.library.tracks.get(key)
    return track, captioning.caption_of(track, studio.library)


def edit(key: str, changes: Mapping[str, str], studio: Studio) -> Caption:
    """Set parts of a track's caption by hand and return it. Raises as `dataset.captions.set_by_hand` does."""
    track, known = find_caption(key, studio)
    return captioning.edit(track, changes, studio.library) if changes else known


def write_text(caption: Caption) -> str:
    """The parts of `caption` that a hand may set as text, a line `NAME = VALUE` each."""
    return "".join(f"{name} = {value}\n" for name, value in _parts(caption).items())


def read_changes(text: str, caption: Caption) -> dict[str, str]:
    """What a person changed in the text that `write_text` gives of `caption`. Raises `BadInput` for a line that sets nothing."""
    before = _parts(caption)
    after = assignments(line for line in text.splitlines() if line.strip())
    return {name: value.strip() for name, value in after.items() if before.get(name) != value.strip()}


def _parts(caption: Caption) -> dict[str, str]:
    facts = {"style": caption.style, **{group: ", ".join(caption.tags.get(group, ())) for group in TAGS}}
    facts |= {"bpm": f"{caption.bpm:g}" if caption.bpm else "", "key": caption.key or ""}
    facts |= {"meter": str(caption.meter or ""), "lyrics": caption.lyrics.text.replace("\n", "\\n")}
    return facts | {"language": caption.lyrics.language, "text": (caption.own_text or "").replace("\n", " ")}
