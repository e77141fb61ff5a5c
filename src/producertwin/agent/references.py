"""A song that an album is to be like, as it stands in the plan: facts, a vector, and the hash of its file.

Nothing of it is a path, and a plan says the same where the file is gone. `reference_reading` fills the record.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from ..errors import BadInput
from ..house_band.sheet import Sheet
from ..house_band.styles import STYLES
from ..library.provenance import BlobName
from ..music import Key, check_bpm
from ..recipe import Record
from ..wording import make_visible

MOST: Final = 8
"""References of an album."""
SHORTEST: Final = 8.0
LONGEST: Final = 600.0
"""Seconds of a reference."""


def one_line(text: str) -> str:
    """A text in one line, hidden characters as escapes."""
    return make_visible(" ".join(text.split()), keep="")[:200]


Line = Annotated[str, AfterValidator(one_line)]


class Reference(Record):
    """A song that an album is to be like. Facts that are absent were not believed."""

    content: BlobName
    """Hash of its file."""
    name: Line = Field(min_length=1)
    """What its file is called, or the id of the take."""
    seconds: float = Field(ge=SHORTEST, le=LONGEST)
    bpm: Annotated[float, AfterValidator(check_bpm)] | None = None
    key: Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))] | None = None
    style: str | None = None
    """Id of the band's style that it sounds most like."""
    instruments: tuple[Line, ...] = Field((), max_length=12)
    """Who is heard, in the words of captions."""
    drums: bool = True
    """Whether there may be drums."""
    form: str = Field("", max_length=2_000)
    """Sections and their bars."""
    chords: str = Field("", max_length=20_000)
    """Chords by section."""
    loudness: float | None = Field(None, ge=-70, le=10)
    """LUFS."""
    vector: tuple[Annotated[float, Field(ge=-1, le=1)], ...] = Field(min_length=8, max_length=1_024)
    """Where it lies in the offline embedder's space, its middle half-minute; of length one."""
    learned: Line = ""
    """The track that a twin of this album learned from and that this is a copy of; likeness to it counts for nothing."""
    read: tuple[Line, ...] = ()
    """What was read and is believed, with how sure that is."""
    doubted: tuple[Line, ...] = ()
    """What was read and is not believed, and what could not be read."""

    @model_validator(mode="after")
    def _is_a_song(self) -> Self:
        from .sheets import settle_length

        if self.style is not None and self.style not in STYLES:
            raise BadInput(f"{self.name}: no style {self.style!r}", remedy="styles stand in docs/reference/styles.md")
        if not 0.9 < sum(value * value for value in self.vector) < 1.1:
            raise BadInput(f"{self.name}: its vector is none", remedy="plan the album anew, with --like")
        if self.form or self.chords:
            settle_length(self.sheet)
        return self

    @property
    def sheet(self) -> Sheet:
        """Its form and its chords."""
        return Sheet(bpm=self.bpm or 100.0, key=self.key, form=self.form, chords=self.chords)

    @property
    def summary(self) -> tuple[str, ...]:
        """All that was read of it, in words."""
        return (*self.read, *(f"not believed: {one}" for one in self.doubted))
