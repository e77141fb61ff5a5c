"""What the rules know of genres, from `presets/planner.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import Field, field_validator

from ..house_band.outline import read_form
from ..house_band.styles import STYLES
from ..quality.detectors.defect import KINDS
from ..recipe import Record, read

FALLBACK: Final = "lofi"
"""Genre of a brief that names none."""


class VariantTable(Record):
    """How a family of variants plays a genre; what is absent is the variant's own."""

    steps: int | None = Field(None, ge=1, le=500)
    guidance: float | None = Field(None, ge=1, le=30)
    shift: float | None = Field(None, ge=0.1, le=10)
    refine: float | None = Field(None, ge=0.01, le=1)
    """Share that a second pass plays anew."""
    guide_strength: float | None = Field(None, ge=0.01, le=0.99)
    """How closely takes follow the band's sketch, where that is another than the variant's or the genre's."""


class Overlay(Record):
    """What is laid over a genre."""

    watch: tuple[str, ...] = ()
    """Kinds of defects that count double."""
    variants: Mapping[str, VariantTable] = Field(default_factory=dict)
    """By family: base, sft, turbo."""

    @field_validator("watch")
    @classmethod
    def _are_kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if odd := [kind for kind in value if kind not in KINDS]:
            raise ValueError(f"{odd[0]!r} is no kind of defect")
        return value


class Genre(Overlay):
    """How songs of a genre are built and played."""

    styles: tuple[str, ...]
    """Coarse styles of the band."""
    forms: tuple[tuple[tuple[str, int], ...], ...]
    """Sections and their weights."""
    seconds: tuple[float, float]
    """Length of a song that nobody states, from and to."""
    guide_strength: float
    loudness: float
    """LUFS."""

    @field_validator("forms", mode="before")
    @classmethod
    def _read_forms(cls, value: list[str]) -> tuple[tuple[tuple[str, int], ...], ...]:
        return tuple(read_form(text) for text in value)


class Ranking(Record):
    """Points of a candidate beside those that the inspector gives."""

    caption: float
    """For its agreement with the caption, a share of one."""
    chords: float
    """For the share of beats on which the written chord is heard."""
    notes: float
    """For how clearly the written notes stand out, as a share of how clearly they do in the guide's own sound."""
    nearness: float
    """For its nearness to references, a share of one."""
    likeness: float
    """For its likeness to the reference that its track follows, a cosine."""
    watch: float
    """How much more a watched defect costs: 1 is double."""


class ReferenceTable(Record):
    """How long candidates are played that are to be like a reference."""

    bar: float = Field(gt=-1, lt=1)
    """Likeness, a cosine, from which on a candidate is like enough."""
    more: int = Field(ge=0, le=15)
    """Candidates of a track that are played at most beside those of every track, while none is like enough."""


class TitleWords(Record):
    """The two halves of titles."""

    first: tuple[str, ...]
    last: tuple[str, ...]


class Heuristics(Record):
    """The whole table."""

    ranking: Ranking
    references: ReferenceTable
    albums: Mapping[str, int]
    """Tracks of a kind of release whose number nobody says."""
    arc: Mapping[str, float]
    """Where opener, peak and closer stand between the slowest and the fastest tempo."""
    genres: Mapping[str, Genre]
    singing: Overlay
    words: Mapping[str, str]
    """Word of briefs -> the tag that it means."""
    needless: str
    """Words of briefs that ask for nothing."""
    cannot: Mapping[str, tuple[str, ...]]
    """What is known and cannot be played."""
    titles: Mapping[str, TitleWords]

    def genre_of(self, style: str) -> str:
        """The row that a style of the band falls under."""
        coarse = STYLES[style].coarse
        return next((name for name, row in self.genres.items() if coarse in row.styles), FALLBACK)


@cache
def load_heuristics() -> Heuristics:
    """The shipped table."""
    text = files("producertwin").joinpath("presets", "planner.toml").read_text("utf-8")
    return read(Heuristics, tomllib.loads(text), where="planner.toml")


def family_of(variant: str) -> str:
    """Which family a variant belongs to: base, sft or turbo; its own name for any other."""
    name = variant.lower()
    return next((one for one in ("turbo", "sft", "base") if one in name.split("-")), name)
