"""What the records of stages share: what should sound, who plays it and how, and what it is played on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, field_validator

from ..model.adapter_spec import EVERY_LEVEL, check_levels
from ..model.sampling.options import SamplingOptions
from ..music import UNKNOWN
from ..recipe import GrowingRecord, Record, within
from .fields import AdapterText, Bpm, Hash, KeyName, Language, Meter, References, Seed, Text

MOST_TAKES = 16


class Adapter(GrowingRecord):
    """LoRA weights to play with, written `DIR`, `DIR:SCALE`, `DIR:LOW-HIGH` or `DIR:SCALE:LOW-HIGH`."""

    LATER: ClassVar[frozenset[str]] = frozenset({"levels"})

    folder: Path
    """Folder of the adapter."""
    scale: Annotated[float, *within("adapter scale", -4, 4)] = 1.0
    """How strongly it acts; 1 is as trained."""
    levels: Annotated[tuple[float, float], AfterValidator(check_levels)] = EVERY_LEVEL
    """Lowest and highest noise level at which it acts, 1 for the first steps and 0 for the end; not at the lowest itself."""


class Prompt(GrowingRecord):
    """What should sound."""

    LATER: ClassVar[frozenset[str]] = frozenset({"global_caption"})

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
    global_caption: Text = ""
    """The whole song, where the caption says one stem; for variants trained on both (ACE-Step's `is_lego_sft`)."""


class Play(Record):
    """Who plays, and how."""

    variant: str = Field("nano", min_length=1)
    """Which instrument: nano, a variant of `twin models list`, a folder of weights, or an export as ONNX graphs."""
    adapters: tuple[Annotated[Adapter, AdapterText], ...] = ()
    """Adapter to play with, as DIR, DIR:SCALE or DIR:SCALE:LOW-HIGH, between two noise levels; may be repeated."""
    seed: Seed | None = None
    """Seed of the first take; the same seed makes the same file. Drawn and told when absent or -1."""
    batch: Annotated[int, *within("batch", 1, MOST_TAKES, "takes")] = 1
    """How many takes to make, with consecutive seeds."""
    steps: Annotated[int, *within("steps", 1, 500)] | None = None
    """Denoising steps; the variant's own number when absent."""
    guidance: Annotated[float, *within("guidance", 1, 30)] | None = None
    """Weight of the prompt (classifier-free guidance), 1 is none; the variant's own when absent."""
    shift: Annotated[float, *within("shift", 0.1, 10)] | None = None
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


class OneSource(GrowingRecord):
    """The fields that all stages with one source share; in records and help they come after those of a kind."""

    LATER: ClassVar[frozenset[str]] = frozenset({"reference", "sampling"})
    kind: str
    """The kind of stage."""
    source: str
    """A take (its id or the start of it) or a sound file."""
    source_hash: Hash = None
    """Name of the source's content as a blob; a source with other content is refused."""
    reference: References = ()
    """A sound file whose timbre to take; may be repeated, each is heard for itself."""
    prompt: Prompt = Prompt()
    """What should sound; what is absent is taken over from the source take."""
    play: Play = Play()
    """Who plays, and how."""
    sampling: SamplingOptions = SamplingOptions()
    """How takes are sampled, beside steps, guidance and shift."""

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
        """Put what all share after the fields of the kind, so in stored records and in the help."""
        for name in ("reference", "prompt", "play", "sampling"):
            cls.__pydantic_fields__[name] = cls.__pydantic_fields__.pop(name)
        cls.model_rebuild(force=True)
