"""The recipe of preference training: that of an adapter, with what is its own in the table `dpo`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, model_validator

from ...errors import NotFound
from ...model.adapter_spec import LoraSpec
from ...recipe import Record, fingerprint, load
from ...training.lora.recipe import LoraRecipe, OptimizerPlan, TrainingPlan, identity_of

SHIPPED: Final = Path(str(files("producertwin").joinpath("recipes", "dpo")))


class DpoPlan(Record):
    """How preferences are learned."""

    beta: float | None = Field(None, gt=0.0)
    """How sharply the reference holds; found by the first gradients when absent."""
    target: float = Field(0.3, gt=0.0, le=10.0)
    """Size of what stands inside the sigmoid after the early steps, by which beta is found."""
    early: int = Field(20, ge=1)
    """How many steps are early."""
    winner: float = Field(0.0, ge=0.0, le=100.0)
    """Weight of the error of the chosen takes, which keeps both from rising together."""
    rise: float = Field(0.1, gt=0.0, le=10.0)
    """Rise of the error of the chosen takes over the reference's at which training is given up."""
    least_margin: float = Field(0.0, ge=0.0)
    """Pairs whose margin is less are left out."""


class DpoRecipe(Record):
    """Everything that decides a preference training, except the pairs."""

    adapter: LoraSpec = LoraSpec()
    """Shape of the adapter."""
    optimizer: OptimizerPlan = OptimizerPlan()
    """How its weights are moved."""
    training: TrainingPlan
    """How long, and how often it is saved. A step learns from `batch` pairs at once, `accumulate` times."""
    dpo: DpoPlan = DpoPlan()
    """How preferences are learned."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.adapter.dropout or self.adapter.encoders:
            raise ValueError("preferences are learned without dropout and without encoders: the reference would be another one")
        if self.training.steps is None or self.training.validate_every or self.training.sample_every:
            raise ValueError("give training.steps, and 0 for validate_every and sample_every: what is learned is proven instead")
        return self

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.training.steps or 0

    @property
    def lora(self) -> LoraRecipe:
        """What of it every training of an adapter has."""
        return LoraRecipe(adapter=self.adapter, optimizer=self.optimizer, training=self.training)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the result, by dotted key."""
        return identity_of(self)

    @property
    def fingerprint(self) -> str:
        """Hash of what decides the result."""
        return fingerprint(self.identity)


def list_names() -> tuple[str, ...]:
    """The recipes that are shipped."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load_recipe(name: str) -> DpoRecipe:
    """The recipe of a shipped name or a TOML file. Raises `NotFound`, and `BadInput` that names every mistake."""
    path = SHIPPED / f"{name}.toml" if name in list_names() else Path(name)
    if not path.is_file():
        raise NotFound(f"no recipe {name!r}", remedy=f"give a TOML file, or one of {', '.join(list_names())}")
    return load(DpoRecipe, path)
