"""What is known of a take: enough to make it again, to judge it, and to prove that it is unchanged.

A take's id is 12 base32 letters (60 bits) of BLAKE2b over the canonical JSON of everything in its record but the id, the time
and the making: the parents' ids and the blobs' names are inside, so an id depends on its whole ancestry and a cycle cannot be
made. Making the same take twice gives one take.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, JsonValue, model_validator

from ..errors import BadInput, NotFound
from ..recipe import GrowingRecord, Record, canonical, short_id

TakeId = Annotated[str, Field(pattern=r"^[a-z2-7]{12}$")]
BlobName = Annotated[str, Field(pattern=r"^b2:[0-9a-f]{64}$")]
PARTS = ("audio", "latents", "picture")
"""The blobs a take may have."""
REPAIR = "repair"
"""The task of a repaired take, whose only parent is the take that was repaired."""
OUTSIDE = frozenset({"id", "created", "made"})
"""What of a record is not hashed into its id: what differs between two makings of one take."""


def _check_readings(readings: Any) -> Any:
    """JSON has no infinity: a reading that does not exist, such as the loudness of silence, is None."""
    if not isinstance(readings, dict):
        return readings
    numbers = {name: None if value is None else float(value) for name, value in readings.items()}
    return {name: value if value is None or math.isfinite(value) else None for name, value in numbers.items()}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class TakeMetas(Record):
    """The musical facts that were asked for; None was left open."""

    bpm: float | None = None
    """Beats per minute."""
    key: str | None = None
    """Tonic and mode, `F# minor`."""
    meter: int | None = None
    """Beats per bar."""
    duration: float | None = None
    """Seconds."""
    language: str | None = None
    """Of the lyrics."""


class Hearing(Record):
    """What became of the words that a take was asked for by."""

    taken_for: dict[str, str] = Field(default_factory=dict)
    """Words of the caption that the instrument took for others that it knows."""
    unknown: tuple[str, ...] = ()
    """Words of the caption that the instrument does not know."""
    unsung: tuple[str, ...] = ()
    """What asked an instrument that cannot sing to sing: words of the caption, and `lyrics`."""
    style: str | None = None
    """Id of the band's style that the caption was matched to."""
    drawn: tuple[str, ...] = ()
    """Those of `bpm`, `key` and `meter` that nobody stated, drawn from the style by seed and words."""


class AdapterUse(GrowingRecord):
    """An adapter that was active."""

    LATER: ClassVar[frozenset[str]] = frozenset({"levels"})

    name: str
    """How the user knows it."""
    revision: str
    """Content hash of its weights."""
    scale: float = 1.0
    levels: tuple[float, float] = (0.0, 1.0)
    """Lowest and highest noise level at which it acted."""


class Making(GrowingRecord):
    """On what a take was made, and how long that took; another machine makes other bytes of the same record."""

    LATER: ClassVar[frozenset[str]] = frozenset({"engine", "precision", "provider"})

    device: str = Field(min_length=1)
    """What computed: `cpu`, or the name of the accelerator."""
    threads: int = Field(ge=1)
    """Threads of the CPU that computed."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Of Producer Twin and of the libraries that decide the bytes."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """Seconds of each part of the work, a pass of several takes shared evenly: `prepare`, `denoise`, `decode`, `finish`."""
    engine: Literal["torch", "onnx"] = "torch"
    """What computed: torch's modules, or ONNX graphs."""
    precision: str | None = None
    """Of graphs: what their weights are stored in, `fp32`."""
    provider: str | None = None
    """Of graphs: what onnxruntime computed with, `CPUExecutionProvider`."""


class SungLine(Record):
    """A line of the lyrics, and when it is sung."""

    seconds: float = Field(ge=0)
    """From the start of the take."""
    text: str = Field(min_length=1)
    """As it stands in the lyrics: a line to sing, or a mark such as [verse]."""


class TakeFacts(GrowingRecord):
    """How a take came to be, and what it measures.

    A take's id is a hash of all of these fields, defaults included, but for those of `LATER` that are at their default: any other
    new field changes the id of every take that is kept.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"lines", "hearing"})

    task: str = Field(min_length=1)
    """What the instrument was asked to do, `text2music`."""
    stage: dict[str, JsonValue]
    """The resolved pipeline stage as JSON: running it again makes this take."""
    caption: str
    lyrics: str = ""
    """Empty is instrumental."""
    metas: TakeMetas = TakeMetas()
    seed: int = Field(ge=0, lt=2**63)
    variant: str = Field(min_length=1)
    revision: str
    """Content hash of the variant's weights."""
    adapters: tuple[AdapterUse, ...] = ()
    parents: tuple[TakeId, ...] = ()
    """Takes this one was made from."""
    session: str | None = None
    """The brief it belongs to."""
    guide: str | None = None
    """Who played the sketch it began from, `band`; None began from noise."""
    hearing: Hearing | None = None
    """What became of its words; None was not looked at."""
    meters: Annotated[dict[str, float | None], BeforeValidator(_check_readings)] = Field(default_factory=dict)
    """Readings by name; None does not exist for this sound."""
    seconds: float = Field(gt=0)
    """How long the audio is."""
    lines: tuple[SungLine, ...] = ()
    """The lyrics in time, where the instrument says when it sings them."""

    @model_validator(mode="after")
    def _is_json(self) -> Self:
        canonical(self.stage)
        return self


class TakeDraft(TakeFacts):
    """A take before it is stored: contents as bytes or as files to copy."""

    audio: bytes | Path | None = None
    """FLAC; None where nobody has decoded the latents."""
    latents: bytes | Path | None = None
    """safetensors."""
    picture: bytes | Path | None = None
    """PNG, the spectrogram."""
    made: Making | None = None
    """On what, and in which time."""

    @model_validator(mode="after")
    def _can_be_heard(self) -> Self:
        _check_sound(self)
        return self


class Take(TakeFacts):
    """A stored take: contents as blob names."""

    LATER: ClassVar[frozenset[str]] = TakeFacts.LATER | {"made"}

    id: TakeId
    created: Annotated[AwareDatetime, AfterValidator(_utc)]
    audio: BlobName | None = None
    """None where nobody has decoded the latents, which stand for the sound."""
    latents: BlobName | None = None
    picture: BlobName | None = None
    made: Making | None = None
    """On what, and in which time; None was not written down."""

    @model_validator(mode="after")
    def _can_be_heard(self) -> Self:
        _check_sound(self)
        return self

    @property
    def blobs(self) -> dict[str, str]:
        """Blob names by part; absent parts are left out."""
        named = {"audio": self.audio, "latents": self.latents, "picture": self.picture}
        return {part: name for part, name in named.items() if name is not None}

    @property
    def genuine(self) -> bool:
        """Whether the id still is the hash of the record."""
        return self.id == take_id(self.model_dump(mode="json"))


def take_id(record: dict[str, Any]) -> str:
    """The id that belongs to a take's JSON record; what stands in `OUTSIDE` is left out of the hash."""
    return short_id({name: value for name, value in record.items() if name not in OUTSIDE})


def _check_sound(one: TakeDraft | Take) -> None:
    """Raise `ValueError` for a take that is neither sound nor latents."""
    if one.audio is None and one.latents is None:
        raise ValueError("a take needs its audio, or latents to decode")


def take_of_draft(draft: TakeDraft, blobs: dict[str, str], created: datetime) -> Take:
    """The take of `draft` once its contents are stored under the names `blobs`."""
    facts = draft.model_dump(mode="json", exclude=set(PARTS)) | {part: blobs.get(part) for part in PARTS}
    return Take.model_validate(facts | {"id": take_id(facts), "created": created})


def check_prefix(text: str, what: str = "take", listing: str = "twin takes list") -> str:
    """`text` as the beginning of an id. Raises `BadInput` when no id could begin so."""
    prefix = text.strip().lower()
    if not re.fullmatch(r"[a-z2-7]{1,12}", prefix):
        raise BadInput(f"{text!r} is not a {what} id", remedy=f"ids are 12 letters and digits; see `{listing}`")
    return prefix


def only_match(found: Sequence[str], key: str, studio: Path, what: str = "take", listing: str = "twin takes list") -> str:
    """The one id of `found` that `key` means. Raises `NotFound` for none, and `BadInput` for several."""
    if not found:
        raise NotFound(f"no {what} {key!r} in {studio}", remedy=f"see `{listing}`")
    if len(found) > 1:
        raise BadInput(f"{key!r} could be {', '.join(found[:5])}", remedy="give more of the id")
    return found[0]
