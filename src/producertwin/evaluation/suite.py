"""What an evaluation is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..recipe import Record


class TakePlan(Record):
    """How the takes of each prompt are made."""

    seconds: float = Field(10.24, ge=2.0, le=240.0)
    """Length of every sound."""
    steps: int | None = Field(None, ge=1, le=1000)
    """Denoising steps; the variant's own when absent."""
    guidance: float | None = Field(None, ge=1.0, le=30.0)
    """Guidance; the variant's own when absent."""
    strengths: tuple[Annotated[float, Field(gt=0.0, lt=1.0)], ...] = Field((0.2,), min_length=1)
    """Guide strengths to try; denoising starts at t = 1 - strength."""
    again: int = Field(18, ge=0)
    """Prompts of which a second take is made, to see how much takes differ."""
    seed: int = Field(5, ge=0)
    """Seed of songs, sketches and takes."""

    @property
    def guided_systems(self) -> tuple[str, ...]:
        """The guided systems' names, in the order of their strengths."""
        return tuple(f"guided {strength:g}" for strength in self.strengths)


class NanoSuite(TakePlan):
    """What is measured, on how many prompts."""

    prompts: int = Field(200, ge=8, le=10_000)
    """Held-out prompts."""
    reference: int = Field(400, ge=24, le=20_000)
    """Other held-out songs: for the distances, and to teach the style classifier."""
    edits: int = Field(24, ge=0, le=10_000)
    """Held-out songs that are edited, each in every way the variant can."""
    long: int = Field(8, ge=0, le=1_000)
    """Held-out songs that are played at length."""
    long_seconds: float = Field(120.0, ge=40.0, le=600.0)
    """That length."""
    sung: int = Field(40, ge=0, le=1_000)
    """Held-out songs that are asked for with lyrics and without."""
    batch: int = Field(6, ge=1, le=64)
    """Prompts taken together."""
    workers: int = Field(2, ge=1, le=64)
    """Processes that play and measure."""
    examples: int = Field(3, ge=0)
    """Prompts whose sounds are kept for the pictures."""
    speed: Literal["none", "warm", "cold"] = "cold"
    """What is timed: nothing, a minute of music, or `twin make` from an empty process too."""


class BandSuite(Record):
    """How much the band plays."""

    songs: int = Field(6, ge=2, le=1_000)
    """Songs of every style."""
    seconds: float = Field(20.48, ge=5.0, le=600.0)
    """Length of every song."""
    seed: int = Field(9, ge=0)
    """Seed of the songs."""
    workers: int = Field(2, ge=1, le=64)
    """Processes that play and measure."""

    @property
    def first_seed(self) -> int:
        """Seed of the first song of every style."""
        return self.seed * 100_000


class EmbedderSuite(Record):
    """On how many songs the embedder is measured."""

    songs: int = Field(200, ge=16, le=10_000)
    """Held-out songs."""
    seconds: float = Field(10.24, ge=2.0, le=240.0)
    """Length of every song."""
    seed: int = Field(3, ge=0)
    """Seed of the songs."""
    workers: int = Field(2, ge=1, le=64)
    """Processes that play."""


class EarsSuite(Record):
    """On how many songs the detectors are tried."""

    songs: int = Field(2, ge=1, le=1_000)
    """Songs of each coarse style."""
    seconds: float = Field(16.0, ge=12.0, le=120.0)
    """Length of what is written of every song; it rings out after that."""
    seed: int = Field(4, ge=0)
    """Seed of the songs."""
    workers: int = Field(2, ge=1, le=64)
    """Processes that play and listen."""

    @property
    def first_seed(self) -> int:
        """Seed of the first song of every style."""
        return self.seed * 100_000
