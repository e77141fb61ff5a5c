"""What is known of a track: the recording a producer brought, where it comes from, and what was noted of it since.

A track's id is 12 base32 letters (60 bits) of BLAKE2b over its producer and its sound, so the same file brought again is the
same track, and whatever else is said of it may be said anew. Notes (screening, caption, rating, …) are records of other rooms,
kept here as JSON by their kind.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from ..recipe import Record, short_id
from .provenance import BlobName, TakeId


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _past(day: date) -> date:
    if day > datetime.now(UTC).date():
        raise ValueError("lies in the future")
    return day


class TrackSource(Record):
    """Where a track comes from and what its owner allows; None was not said."""

    provider: str | None = None
    """Who it was got from: `self`, a label, a library."""
    kind: Literal["own", "commissioned", "royalty_free", "creative_commons", "partnership"] | None = None
    """How it was got."""
    artist: str | None = None
    """Who made it, where that is not the producer."""
    licence: str | None = None
    """SPDX name or `LicenseRef-…`."""
    cost: float | None = Field(None, ge=0.0)
    """What it cost."""
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    """ISO 4217 code of the cost."""
    acquired: Annotated[date, AfterValidator(_past)] | None = None
    """Day it was got."""
    proof: str | None = None
    """Address of a receipt, a contract or the licence's page."""
    permitted: bool | None = None
    """Whether its owner permits training; wins over the licence."""
    unclear: str | None = None
    """What was stated of its rights and is not understood: nothing is learned from it until a person answers."""
    verified_by: str | None = None
    """Who checked this."""


class TrackFacts(Record):
    """Everything said of a track but its contents."""

    producer: str = Field(min_length=1)
    """Whose sound it is."""
    title: str = Field(min_length=1)
    group: str | None = None
    """Album or session; tracks of one are never split between training and holdout."""
    source: TrackSource = TrackSource()
    format: str
    """Container of the original: `wav`, `mp3`, …"""
    seconds: float = Field(ge=0.0)
    rate: int = Field(gt=0)
    """Samples per second of the original."""
    channels: int = Field(gt=0)
    given: dict[str, JsonValue] = Field(default_factory=dict)
    """What lay beside the sound: `prompt`, `lyrics`, `metas`, … as it was read."""


class TrackDraft(TrackFacts):
    """A track before it is stored: contents as files or bytes, as they came."""

    audio: bytes | Path
    stems: dict[str, bytes | Path] = Field(default_factory=dict)
    """Stem to its sound."""


class Track(TrackFacts):
    """A stored track: contents as blob names."""

    id: TakeId
    created: Annotated[AwareDatetime, AfterValidator(_utc)]
    audio: BlobName
    stems: dict[str, BlobName] = Field(default_factory=dict)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Every blob it names, the audio first."""
        return (self.audio, *self.stems.values())

    @property
    def name(self) -> str:
        """Its title and the beginning of its id, since titles may repeat."""
        return f"{self.title} ({self.id[:6]})"

    @property
    def genuine(self) -> bool:
        """Whether the id still belongs to producer and sound."""
        return self.id == track_id(self.producer, self.audio)

    def same_facts(self, other: Track) -> bool:
        """Whether both say the same, whenever they were stored."""
        return self.model_dump(exclude={"created"}) == other.model_dump(exclude={"created"})


def track_id(producer: str, audio: str) -> str:
    """The id of the sound `audio` (a blob name) of `producer`."""
    return short_id([producer, audio], person=b"twin.track")


def track_of_draft(draft: TrackDraft, audio: str, stems: dict[str, str], created: datetime) -> Track:
    """The track of `draft` once its contents are stored under these names."""
    facts: dict[str, Any] = draft.model_dump(exclude={"audio", "stems"})
    return Track.model_validate(
        facts | {"id": track_id(draft.producer, audio), "created": created, "audio": audio, "stems": stems}
    )
