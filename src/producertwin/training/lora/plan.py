"""What a user asks of training, as one record."""

from __future__ import annotations

from ...recipe import Record


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
    auto_fit: bool = False
    """Take what makes it fit into memory: gradient checkpointing first, then half the rank until it does."""
