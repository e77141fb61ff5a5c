"""The recipe of an adapter: one record that decides, with a training set and a variant, every number of the result.

A recipe is written as TOML with four tables, one per part. When a run is resumed, only `FREE` keys may change, which say how
often something is saved or played; `LoraRecipe.identity` holds all others.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from ...model.adapter_spec import BasePrecision, LoraSpec
from ...recipe import GrowingRecord, Record, fingerprint
from ...timebase import LATENT_RATE, frames_of

FREE: Final = frozenset({"save_every", "keep", "sample_every", "threads"})
"""Keys of the table `training` that do not decide what is learned."""
PATCH: Final = 2
"""Latent frames that ACE-Step's transformer reads as one token; a crop is a whole number of tokens."""


class OptimizerPlan(Record):
    """How the weights are moved."""

    kind: Literal["adamw", "adamw8bit"] = "adamw"
    """adamw8bit keeps its moments in 8 bits and needs the package bitsandbytes."""
    rate: float = Field(1e-4, gt=0.0, le=1.0)
    """Peak learning rate."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """After the warm-up the rate falls along a cosine to a twentieth, or stays."""
    warmup: int = Field(20, ge=0)
    """Steps of linear warm-up."""
    decay: float = Field(0.01, ge=0.0, lt=1.0)
    """Weight decay of matrices."""
    clip: float = Field(1.0, gt=0.0)
    """Largest gradient norm."""


class TrainingPlan(GrowingRecord):
    """How long, on how much at once, and how often it is looked at."""

    LATER: ClassVar[frozenset[str]] = frozenset({"base_precision"})
    steps: int | None = Field(None, ge=1)
    """Optimizer steps in all; give these or epochs."""
    epochs: float | None = Field(None, gt=0.0)
    """How often the training side is heard as a whole; give these or steps."""
    batch: int = Field(1, ge=1, le=1024)
    """Crops per forward pass."""
    accumulate: int = Field(1, ge=1, le=1024)
    """Forward passes per optimizer step."""
    crop_seconds: float = Field(30.0, ge=1.0, le=600.0)
    """Length of a crop; a shorter clip is taken whole."""
    precision: Literal["fp32", "bf16"] = "bf16"
    """What products are computed in; the adapter's own weights are always float32."""
    base_precision: BasePrecision = "stored"
    """What the frozen weights of the variant's blocks are kept in: stored, as they are; int8 or nf4, coarser and smaller."""
    timesteps: Literal["variant", "shifted"] = "variant"
    """Noise levels as the variant was trained with, or uniform ones shifted towards noise."""
    shift: float = Field(3.0, gt=0.0, le=10.0)
    """How far shifted noise levels lean towards noise."""
    drop_condition: float = Field(0.15, ge=0.0, lt=1.0)
    """Share of examples under the null condition, where the variant is guided."""
    weighting: Literal["none", "min-snr"] = "none"
    """Whether all noise levels weigh the same, or the easy and the hopeless ones less."""
    checkpointing: bool = False
    """Recompute activations in the backward pass: much less memory, a third more time."""
    compile: bool = False
    """Compile the forward pass (torch.compile): slow to begin, then faster."""
    average: float = Field(0.0, ge=0.0, lt=1.0)
    """Decay of the running average of the adapter's weights, which is then what is shown and shipped; 0 for none."""
    seed: int = Field(7, ge=0, lt=2**31)
    """Seed of every draw."""
    save_every: int = Field(100, ge=1)
    """Steps between checkpoints."""
    keep: int = Field(3, ge=1)
    """Checkpoints kept whole, to go on from; of older ones only the adapter stays."""
    validate_every: int = Field(100, ge=0)
    """Steps between validations on the held-out side; 0 for none."""
    sample_every: int = Field(100, ge=0)
    """Steps between sample takes, of which there are some at the beginning and at the end too; 0 for none."""
    threads: int = Field(0, ge=0, le=256)
    """Threads of the CPU; 0 to take what is fastest when training begins."""
    patience: int = Field(0, ge=0)
    """Validations without improvement after which training stops early; 0 to never stop."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        if self.patience and not self.validate_every:
            raise ValueError("patience needs validate_every")
        return self

    @property
    def crop_frames(self) -> int:
        """Latent frames of a crop, a whole number of tokens."""
        return frames_of(self.crop_seconds) // PATCH * PATCH

    @property
    def together(self) -> int:
        """Crops per optimizer step."""
        return self.batch * self.accumulate


class TaskShares(Record):
    """How often each task is practised, as parts of their sum. All but text2music and repaint need stems."""

    text2music: float = Field(1.0, ge=0.0)
    """Make music from words."""
    repaint: float = Field(0.0, ge=0.0)
    """Make a stretch anew between what is given."""
    extract: float = Field(0.0, ge=0.0)
    """Take one stem out of the mix."""
    lego: float = Field(0.0, ge=0.0)
    """Add one stem to others."""
    complete: float = Field(0.0, ge=0.0)
    """Add all stems that others lack."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not sum(self.model_dump().values()):
            raise ValueError("every share is 0: practise at least one task")
        return self

    @property
    def stems(self) -> bool:
        """Whether any task needs stems."""
        return bool(self.extract or self.lego or self.complete)


class DataPlan(Record):
    """What is shown."""

    tasks: TaskShares = TaskShares()
    """How often each task is practised."""
    trigger: str = Field("", max_length=64, pattern=r"^[^\n,#|<>]*$")
    """Word put before every caption, which later calls the sound; empty for none."""
    drop_meta: float = Field(0.0, ge=0.0, lt=1.0)
    """Chance that tempo, key or meter, each for itself, is left out of the words."""
    instrumental: bool = False
    """Learn every track as an instrumental, whatever is sung in it."""
    validation_clips: int = Field(16, ge=1, le=1024)
    """Most held-out clips that a validation hears."""


def identity_of(recipe: Record) -> dict[str, Any]:
    """What of a recipe decides the result, by dotted key: all but how often it is saved and sampled, and by how many threads."""
    dotted = {f"{part}.{key}": value for part, keys in recipe.model_dump(mode="json").items() for key, value in keys.items()}
    return {key: value for key, value in dotted.items() if key.removeprefix("training.") not in FREE}


class LoraRecipe(Record):
    """Everything that decides an adapter, except what it is trained on."""

    adapter: LoraSpec = LoraSpec()
    """Shape of the adapter."""
    optimizer: OptimizerPlan = OptimizerPlan()
    """How its weights are moved."""
    training: TrainingPlan
    """How long, and how often it is looked at."""
    data: DataPlan = DataPlan()
    """What is shown."""

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the result, by dotted key: a run goes on only under the same."""
        return identity_of(self)

    @property
    def fingerprint(self) -> str:
        """Hash of what decides the result."""
        return fingerprint(self.identity)

    def steps(self, frames: int) -> int:
        """Optimizer steps on a training side of `frames` latent frames; an epoch is as many crops as it holds."""
        if self.training.steps is not None:
            return self.training.steps
        crops = frames / self.training.crop_frames
        return max(1, round((self.training.epochs or 0.0) * crops / self.training.together))

    def seconds(self, steps: int) -> float:
        """Seconds of music heard in `steps` steps."""
        return steps * self.training.together * self.training.crop_frames / LATENT_RATE
