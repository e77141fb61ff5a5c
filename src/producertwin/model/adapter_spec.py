"""What an adapter is and where it came from, as frozen records: no tensors, so recipes and the command line read it at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from ..errors import BadInput
from ..recipe import Record
from ..wording import write_number

Kind = Literal["lora", "dora", "lokr"]
Targets = Literal["attention", "attention+mlp", "all-linear"]
Encoder = Literal["lyric", "timbre"]
BasePrecision = Literal["stored", "int8", "nf4"]
"""What the frozen weights under an adapter in training are kept in."""
Form = Literal["peft", "diffusers", "comfyui", "diffsynth"]
"""How an adapter lies on disk."""

EVERY_LEVEL = (0.0, 1.0)
"""The noise levels of an adapter that always acts."""


def check_levels(levels: tuple[float, float]) -> tuple[float, float]:
    """`levels`, lowest and highest. Raises `BadInput` unless they are two noise levels, the lower first."""
    low, high = levels
    if not 0.0 <= low < high <= 1.0:
        remedy = "choose two noise levels from 0 to 1, the lower first, such as 0.5-1"
        raise BadInput(f"adapter levels {write_number(low)} to {write_number(high)}", remedy=remedy)
    return levels


class LoraSpec(Record):
    """The shape of an adapter."""

    kind: Kind = "lora"
    """lora: a low-rank sum; dora: also the length of every row; lokr: a Kronecker product."""
    rank: int = Field(32, ge=1, le=512)
    """Rank of the change of each layer."""
    alpha: float = Field(32.0, gt=0.0)
    """Strength: the change is multiplied by alpha / rank."""
    rslora: bool = False
    """Rank-stabilised: divide alpha by the square root of the rank instead, so that a high rank learns as fast."""
    dropout: float = Field(0.0, ge=0.0, lt=1.0)
    """Share of inputs dropped while training (of a lokr: of rows of its change)."""
    targets: Targets = "all-linear"
    """Which layers: those of attention, also the feed-forward ones, or every linear layer."""
    encoders: tuple[Encoder, ...] = ()
    """Groups of the condition encoder that are trained too."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.kind == "lokr" and self.rslora:
            raise ValueError("a lokr has no rank-stabilised form: set rslora to false")
        if len(set(self.encoders)) < len(self.encoders):
            raise ValueError("encoders names a group twice")
        return self

    @property
    def scaling(self) -> float:
        """What the change is multiplied by."""
        return self.alpha / (self.rank**0.5 if self.rslora else self.rank)


class AdapterCard(Record):
    """Where an adapter came from and how to call it; travels in the metadata of its file."""

    producer: str = ""
    """Whose sound it learned."""
    trigger: str = ""
    """Word that calls it in a caption; empty when it needs none."""
    variant: str = ""
    """Variant it was trained on."""
    revision: str = ""
    """Content hash of that variant's weights."""
    dataset: str = ""
    """Fingerprint of the training set."""
    recipe: str = ""
    """Fingerprint of the recipe."""
    steps: int = Field(0, ge=0)
    """Optimizer steps taken."""
    licence: str = ""
    """Licence of the adapter's weights."""
    created: AwareDatetime | None = None
    """When it was made."""


@dataclass(frozen=True, slots=True)
class AdapterSetting:
    """An adapter that is to be attached, and how it acts."""

    path: Path
    scale: float = 1.0
    """How strongly; 1 is as trained."""
    levels: tuple[float, float] = EVERY_LEVEL
    """Lowest and highest noise level at which it acts (`by_level.acts_at`)."""
