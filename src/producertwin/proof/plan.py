"""What a proof is asked for. Nothing heavy is imported here: command lines are made from it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ..recipe import Record

EmbedderName = Literal["mel-stats", "offline", "clap"]
"""An embedder: measured statistics, the one shipped with nano, or CLAP where its weights are there."""
LEAST_SONGS: Final = 8
"""Fewest held-out songs of which a distance is told."""
SURE_SONGS: Final = 100
"""Songs below which a distance is read beside its floor only."""


class ProofPlan(Record):
    """How much is played and how it is measured."""

    seconds: float = Field(10.24, ge=2.0, le=240.0)
    """Length of every take and of every real excerpt."""
    prompts: int | None = Field(None, ge=1, le=10_000)
    """Held-out songs that are played, spread over the styles; all when absent."""
    takes: int = Field(1, ge=1, le=16)
    """Takes of every prompt, each with a seed of its own."""
    steps: int | None = Field(None, ge=1, le=1000)
    """Denoising steps; the variant's own when absent."""
    guidance: float | None = Field(None, ge=1.0, le=30.0)
    """Guidance; the variant's own when absent."""
    scale: float = Field(1.0, gt=0.0, le=2.0)
    """Weight of the adapter."""
    trigger: str | None = None
    """Word that the twin's captions begin with, the adapter's own when absent; the base plays without it."""
    ears: tuple[EmbedderName, ...] = Field(("mel-stats", "offline"), min_length=1)
    """Embedders, each with figures of its own; the first one decides where one figure is asked for."""
    others: int = Field(200, ge=0, le=10_000)
    """Most pieces of other producers that are listened to."""
    check: int = Field(32, ge=0, le=1000)
    """Real songs on which a distance must grow with every degradation of their sound, or it is not told; 0, or fewer songs than
    16, for no check."""
    rounds: int = Field(400, ge=50, le=10_000)
    """Times that songs are drawn again for an interval."""
    examples: int = Field(8, ge=0, le=100)
    """Prompts whose takes stand on the report with pictures and players."""
    sounds: Literal["inside", "beside"] = "inside"
    """Where the sounds of the report are: inside it, as MP3, so that it is one file; or beside it, as they were made."""
    batch: int = Field(4, ge=1, le=64)
    """Prompts played together."""
    seed: int = Field(7, ge=0)
    """Seed of the takes and of everything that is drawn."""


class ComparePlan(ProofPlan):
    """How much each checkpoint plays."""

    prompts: int | None = Field(12, ge=1, le=10_000)
    """Held-out songs that every checkpoint plays; under eight no distance is told."""
    others: int = Field(40, ge=0, le=10_000)
    """Most pieces of other producers that are listened to."""
    check: int = Field(0, ge=0, le=1000)
    """Not asked here unless you say so."""
    rounds: int = Field(100, ge=50, le=10_000)
    """Times that songs are drawn again for an interval."""
    examples: int = Field(0, ge=0, le=100)
    """Not used here."""
    sounds: Literal["inside", "beside"] = "beside"
    """Not used here."""
