"""What a user asks of training, and what that means in a studio.

A `TrainPlan` is what is asked. `request.resolve` turns it into a `TrainTask`, in which everything is found and nothing is loaded.
A run (`library.runs.Run`, and while it lasts `loop.TrainingRun`) carries a task out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from ...recipe import Record

if TYPE_CHECKING:
    from ...dataset.manifest import Manifest
    from ...library.runs import Run
    from ...model.variants.catalogue import Located
    from .recipe import LoraRecipe


Install = Literal["always", "never", "unless longer"]
"""When a finished run is installed."""


class TrainPlan(Record):
    """Whose sound is learned, from what, how, and on which instrument."""

    producer: str | None = None
    """Whose sound to learn; may be absent where a run or a training set says it."""
    recipe: str | None = None
    """A shipped recipe or a TOML file; lora-nano on nano and lora-producer elsewhere when absent."""
    changes: tuple[str, ...] = ()
    """KEY=VALUE of the recipe, such as training.steps=200; may be repeated."""
    dataset: str | None = None
    """Id of the training set, its beginning, or a manifest; the producer's newest when absent."""
    variant: str | None = None
    """The instrument that learns; nano when absent."""
    resume: str | None = None
    """A run to go on with, or the folder of a checkpoint."""
    start: str | None = None
    """An adapter to begin with: a path, or a producer whose twin is installed."""
    no_install: bool = False
    """Leave the adapter in its run, and the twin that is installed as it is."""
    force: bool = False
    """Install it even where the twin that is installed was trained longer or on another instrument; that one is kept as a
    version."""
    auto_fit: bool = False
    """Take what makes it fit into memory: gradient checkpointing first, then half the rank until it does."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.no_install and self.force:
            raise ValueError("no_install and force: take one of the two")
        return self

    @property
    def install(self) -> Install:
        """When the finished run is installed."""
        return "never" if self.no_install else "always" if self.force else "unless longer"


@dataclass(frozen=True, slots=True)
class TrainTask:
    """What is to be trained, on what, on which instrument."""

    producer: str
    variant: Located
    """The instrument that learns."""
    recipe: LoraRecipe
    manifest: Manifest
    """The training set."""
    recipe_name: str = ""
    inherited: Mapping[str, object] = field(default_factory=dict)
    """By dotted key of the recipe, what it took over from the adapter it begins with."""
    parent: Path | None = None
    """Adapter to begin with."""
    run: Run | None = None
    """Run to go on with; the one that this task began before, or a new one, when absent."""
    checkpoint: Path | None = None
    """Checkpoint to go on from; the newest valid one of the run when absent."""
    install: Install = "unless longer"
    """Whether the adapter becomes the producer's twin: always, never, or unless the one that is installed was trained longer."""
