"""Stages of a pipeline that no instrument plays: a mix of sounds, and the choice of the best of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ..errors import BadInput
from ..mixing.desk import Desk
from ..recipe import GrowingRecord, Record, within
from ..timebase import MAX_SECONDS
from .fields import Hash
from .stages import MOST_TAKES, Prompt, SourceRef

MOST_INPUTS = 32


class MixInput(Record):
    """One sound of a mix, and how it is set."""

    source: str
    """A stage as @ID, a take (its id or the start of it) or a sound file."""
    source_hash: Hash = None
    """Name of the source's content as a blob; a source with other content is refused."""
    gain: Annotated[float, *within("gain", -60, 24, "dB")] = 0.0
    """Gain in dB."""
    pan: Annotated[float, *within("pan", -1, 1)] = 0.0
    """Balance: -1 is left only, 0 both sides as they are, 1 right only."""
    offset: Annotated[float, *within("offset", 0, MAX_SECONDS, "s")] = 0.0
    """Second of the mix at which it begins."""
    mute: bool = False
    """Leave it out, as if it were not in the list."""


def name_sources(inputs: Sequence[MixInput]) -> tuple[SourceRef, ...]:
    """What `inputs` are of."""
    return tuple(SourceRef(one.source, one.source_hash) for one in inputs)


def pin_inputs(inputs: Sequence[MixInput], sources: Sequence[SourceRef]) -> tuple[MixInput, ...]:
    """The same `inputs` of exactly these `sources`, named in full and with their hashes."""
    pairs = zip(inputs, sources, strict=True)
    return tuple(one.model_copy(update={"source": source.name, "source_hash": source.hash}) for one, source in pairs)


class Mix(GrowingRecord):
    """Sum sounds into one, as waveforms; it is turned down where it would go above -1 dB true peak. A desk mixes them instead."""

    LATER: ClassVar[frozenset[str]] = frozenset({"desk"})

    kind: Literal["mix"] = "mix"
    """The kind of stage."""
    inputs: tuple[MixInput, ...] = Field(min_length=1, max_length=MOST_INPUTS)
    """The sounds, two or more; one is enough for a desk."""
    prompt: Prompt = Prompt()
    """What sounds; what is absent is taken over from the first source that is a take."""
    desk: Desk | None = None
    """How the sounds are mixed, a strip for each in their order; absent adds them up."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on."""
        return name_sources(self.inputs)

    def pin(self, sources: Sequence[SourceRef]) -> Self:
        """The same stage of exactly these `sources`, named in full and with their hashes."""
        return self.model_copy(update={"inputs": pin_inputs(self.inputs, sources)})

    @model_validator(mode="after")
    def _can_be_heard(self) -> Self:
        if all(one.mute for one in self.inputs):
            raise BadInput("every input of the mix is muted", remedy="let one sound")
        if self.desk is None and len(self.inputs) < 2:
            raise BadInput("a mix needs two sounds or more", remedy="name another one in inputs, or give a desk")
        if self.desk is not None and len(self.desk.strips) != len(self.inputs):
            wanted = f"{len(self.desk.strips)} strips for {len(self.inputs)} inputs"
            raise BadInput(f"the desk has {wanted}", remedy="give it one strip for each input, in their order")
        if self.desk is not None and any(one.gain or one.pan or one.mute for one in self.inputs):
            raise BadInput("gain, pan and mute of inputs stand beside a desk", remedy="set them in the desk's strips")
        return self


class Select(Record):
    """Keep the best takes of a batch and go on with those."""

    kind: Literal["select"] = "select"
    """The kind of stage."""
    source: str
    """The stage whose takes are judged, as @ID."""
    by: str = Field("meters", min_length=1)
    """Who judges: meters (faults, tempo and key against what was asked), caption (nearness of sound and words), inspector, or
    chords (how much is heard of those that the band played)."""
    keep: int = Field(1, ge=1, le=MOST_TAKES)
    """How many takes go on."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on."""
        return (SourceRef(self.source),)
