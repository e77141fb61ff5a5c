"""What can be asked of the instrument: one frozen record per kind of stage.

Command-line options, HTTP bodies and TOML tables are all made from these records. Groups of fields that stages share are
records of their own: `Prompt` says what should sound, `Play` who plays it and how. A value that cannot be used is refused by
name, with what to write instead. Seconds count from the start of the source; `t` is the noise level, 1 for noise.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from ..errors import BadInput
from ..music import BPM_RANGE, METERS, STEMS, UNKNOWN, Key, check_bpm, parse_language, parse_meter
from ..recipe import Record
from ..timebase import MAX_SECONDS, MIN_SECONDS
from ..wording import write_number

LONGEST_TEXT = 50_000
"""Characters of caption or lyrics; the instrument itself reads far fewer and says so when it shortens."""
MOST_TAKES = 16


def _text(value: str) -> str:
    """`value` in composed Unicode, without control characters other than line ends."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput(f"text {value[:40]!r} is not valid Unicode", remedy="pass the text as UTF-8") from None
    kept = "".join(sign for sign in value if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    if len(kept) > LONGEST_TEXT:
        raise BadInput(f"a text of {len(kept)} characters is too long", remedy=f"use at most {LONGEST_TEXT} characters")
    return unicodedata.normalize("NFC", kept).strip()


def _within(name: str, low: float, high: float, unit: str = "") -> Any:
    """A validator and the schema bounds of a number called `name`."""
    tail = f" {unit}" if unit else ""

    def check(value: float) -> float:
        if not (math.isfinite(value) and low <= value <= high):
            limits = f"{write_number(low)} to {write_number(high)}{tail}"
            raise BadInput(f"{name} {write_number(value)}{tail} is outside {limits}", remedy=f"choose a value from {limits}")
        return value

    return AfterValidator(check), Field(json_schema_extra={"minimum": low, "maximum": high})


def _stem(value: str) -> str:
    if value not in STEMS:
        raise BadInput(f"{value!r} is not a stem", remedy=f"choose one of {', '.join(STEMS)}")
    return value


def _folder_and_scale(value: object) -> object:
    """`DIR` or `DIR:0.8` as the fields of an `Adapter`; what lies at the path as it is written is never taken for a scale."""
    if not isinstance(value, str):
        return value
    if _exists(value):
        return {"folder": value}
    folder, colon, scale = value.rpartition(":")
    try:
        return {"folder": folder, "scale": float(scale)} if colon and folder else {"folder": value}
    except ValueError:
        return {"folder": value}


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a text that no path can be
        return False


_SECONDS, _SECONDS_SCHEMA = _within("duration", MIN_SECONDS, MAX_SECONDS, "s")
_SEED, _SEED_SCHEMA = _within("seed", 0, 2**32 - 1)
_BATCH, _BATCH_SCHEMA = _within("batch", 1, MOST_TAKES, "takes")
_SCALE, _SCALE_SCHEMA = _within("adapter scale", -4, 4)
_SHARE, _SHARE_SCHEMA = _within("strength", 0, 1)

Text = Annotated[str, AfterValidator(_text)]
Bpm = Annotated[float, AfterValidator(check_bpm), Field(json_schema_extra={"minimum": BPM_RANGE[0], "maximum": BPM_RANGE[1]})]
KeyName = Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))]
Meter = Annotated[int, BeforeValidator(parse_meter), Field(json_schema_extra={"enum": list(METERS)})]
Language = Annotated[str, AfterValidator(parse_language)]
Seconds = Annotated[float, _SECONDS, _SECONDS_SCHEMA]
Seed = Annotated[int, _SEED, _SEED_SCHEMA]
Share = Annotated[float, _SHARE, _SHARE_SCHEMA]
Stem = Annotated[str, AfterValidator(_stem), Field(json_schema_extra={"enum": list(STEMS)})]
Hash = Annotated[str | None, Field(pattern=r"^b2:[0-9a-f]{64}$")]


class Adapter(Record):
    """LoRA weights to play with, written `DIR` or `DIR:SCALE`."""

    folder: Path
    """Folder of the adapter."""
    scale: Annotated[float, _SCALE, _SCALE_SCHEMA] = 1.0
    """How strongly it acts; 1 is as trained."""


class Prompt(Record):
    """What should sound."""

    caption: Text = ""
    """Tags or a sentence: genre, mood, instruments, tempo, production, atmosphere, voice."""
    lyrics: Text = ""
    """The words to sing, with [verse] and [chorus] lines; empty is instrumental."""
    bpm: Bpm | None = None
    """Tempo in beats per minute, 30 to 300."""
    key: KeyName | None = None
    """Tonic and mode, such as "F# minor" or "Bb major"."""
    meter: Meter | None = None
    """Beats per bar: 2, 3, 4 or 6 (also written 4/4, 6/8)."""
    language: Language = UNKNOWN
    """Language of the lyrics, such as en, ja, zh-cn or English."""


class Play(Record):
    """Who plays, and how."""

    variant: str = Field("nano", min_length=1)
    """Which instrument: nano, or a variant or folder known to `twin models list`."""
    adapters: tuple[Annotated[Adapter, BeforeValidator(_folder_and_scale)], ...] = ()
    """Adapter to play with, as DIR or DIR:SCALE; may be repeated."""
    seed: Seed | None = None
    """Seed of the first take; the same seed makes the same file. Drawn and told when absent or -1."""
    batch: Annotated[int, _BATCH, _BATCH_SCHEMA] = 1
    """How many takes to make, with consecutive seeds."""
    steps: Annotated[int, *_within("steps", 1, 500)] | None = None
    """Denoising steps; the variant's own number when absent."""
    guidance: Annotated[float, *_within("guidance", 1, 30)] | None = None
    """Weight of the prompt (classifier-free guidance), 1 is none; the variant's own when absent."""
    shift: Annotated[float, *_within("shift", 0.1, 10)] | None = None
    """Shift of the noise schedule; the variant's own when absent."""

    @field_validator("seed", mode="before")
    @classmethod
    def _draw_at_random(cls, value: object) -> object:
        """-1 asks for a drawn seed, as in ComfyUI and ACE-Step; so does nothing."""
        return None if value == -1 else value


@dataclass(frozen=True, slots=True)
class SourceRef:
    """A source as a stage names it."""

    name: str
    """A take (its id or the start of it) or a sound file."""
    hash: str | None = None
    """Name of its content as a blob; None takes whatever content it has."""


class Generate(Record):
    """Make music from words."""

    kind: Literal["generate"] = "generate"
    """The kind of stage."""
    prompt: Prompt
    """What should sound."""
    seconds: Seconds = 30.0
    """Length of each take in seconds, 1 to 600."""
    guide: Literal["none", "band", "auto"] = "auto"
    """Perform a sketch by the house band in the asked tempo, key and meter; auto: on nano where the caption is clear of style."""
    guide_strength: Annotated[float, *_within("guide strength", 0, 0.99)] = 0.2
    """How closely takes follow the guide, 0 (not at all) to 0.99 (the sketch itself); denoising starts at t = 1 - strength."""
    reference: Path | None = None
    """A sound file whose timbre to take."""
    raw: bool = False
    """Leave the end as it was played; else a take that stops in mid-phrase fades out."""
    play: Play = Play()
    """Who plays, and how."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on: nothing."""
        return ()

    def pin(self, _: Sequence[SourceRef]) -> Self:
        """The same stage: there are no sources to name in full."""
        return self

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.prompt.caption:
            raise BadInput("the caption is empty", remedy='say what to play, such as "lofi, rainy, rhodes"')
        return self


class _OneSource(Record):
    """The fields that all stages with one source share. A kind adds its own, which stand before `prompt` and `play`."""

    kind: str
    """The kind of stage."""
    source: str
    """A take (its id or the start of it) or a sound file."""
    source_hash: Hash = None
    """Name of the source's content as a blob; a source with other content is refused."""
    prompt: Prompt = Prompt()
    """What should sound; what is absent is taken over from the source take."""
    play: Play = Play()
    """Who plays, and how."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on."""
        return (SourceRef(self.source, self.source_hash),)

    def pin(self, sources: Sequence[SourceRef]) -> Self:
        """The same stage of exactly these `sources`, named in full and with their hashes."""
        [source] = sources
        return self.model_copy(update={"source": source.name, "source_hash": source.hash})

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Put `prompt` and `play` after the fields of the kind, so in stored records and in the help."""
        for name in ("prompt", "play"):
            cls.__pydantic_fields__[name] = cls.__pydantic_fields__.pop(name)
        cls.model_rebuild(force=True)


class Refine(_OneSource):
    """Play a take again, closer or further from how it was."""

    kind: Literal["refine"] = "refine"
    """The kind of stage."""
    denoise: Annotated[float, *_within("denoise", 0.01, 1)] = 0.5
    """How much is played anew, 0.01 (the source as it was) to 1 (nothing of it is kept)."""


class Cover(_OneSource):
    """Play the source's music in another style."""

    kind: Literal["cover"] = "cover"
    """The kind of stage."""
    strength: Share = 1.0
    """Share of the steps that follow the source's melody and form."""
    reference: Path | None = None
    """A sound file whose timbre to take."""


class Repaint(_OneSource):
    """Play a region anew and keep the rest. The region may reach past the end, which makes the source longer."""

    kind: Literal["repaint"] = "repaint"
    """The kind of stage."""
    start: Annotated[float, *_within("start", 0, MAX_SECONDS, "s")]
    """First second of the region."""
    end: Annotated[float, *_within("end", 0, MAX_SECONDS, "s")]
    """Second at which the region ends."""

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end <= self.start:
            message = f"the region {write_number(self.start)}-{write_number(self.end)} s has no length"
            raise BadInput(message, remedy="let the end be later than the start")
        return self


class Extract(_OneSource):
    """Take one stem out of the mix."""

    kind: Literal["extract"] = "extract"
    """The kind of stage."""
    stem: Stem
    """The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals."""


class Lego(_OneSource):
    """Play one more stem to the source. The result is that stem alone."""

    kind: Literal["lego"] = "lego"
    """The kind of stage."""
    stem: Stem
    """The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals."""


class Complete(_OneSource):
    """Arrange the source: play the missing stems together with it."""

    kind: Literal["complete"] = "complete"
    """The kind of stage."""
    stems: tuple[Stem, ...] = ()
    """A stem to add; may be repeated. Without any, the instrument chooses."""


Edit = Refine | Cover | Repaint | Extract | Lego | Complete
"""Stages that work on a source."""
Stage = Annotated[Generate | Edit, Field(discriminator="kind")]
"""Any stage; `kind` says which. `behaviours.BEHAVIOURS` says what the executor does for each."""
EDITS: dict[str, type[Edit]] = {record.model_fields["kind"].default: record for record in get_args(Edit)}
"""The records of the stages that work on a source, by kind."""
