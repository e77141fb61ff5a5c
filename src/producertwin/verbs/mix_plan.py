"""What `twin mix` is asked for."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from ..errors import BadInput
from ..mixing.effects import number
from ..recipe import Record


def read_loudness(value: object) -> object:
    """`-14LUFS`, `-14 LUFS` and `-14` as a number."""
    found = re.fullmatch(r"\s*(-?\d+(?:[.,]\d+)?)\s*(?:LUFS)?\s*", value, re.IGNORECASE) if isinstance(value, str) else None
    return float(found[1].replace(",", ".")) if found else value


class MixPlan(Record):
    """What is mixed, and how."""

    stems: tuple[str, ...] = Field(min_length=1)
    """Sound files, takes (an id or its beginning), or a folder of stems."""
    desk: str = Field("", max_length=4_096)
    """A preset (trap, lofi, jazz, ...), one of the studio's own, or a .toml file; absent mixes automatically."""
    auto: bool | None = None
    """Set the desk from what the stems are and play; as by default without a desk. Off and without a desk, stems are added up."""
    prompt: str = Field("", max_length=2_000)
    """Style and moods of an automatic mix, such as "dark trap, heavy 808s"."""
    like: str = Field("", max_length=4_096)
    """A finished song, file or take, whose spectrum, width, dynamics and loudness the automatic mix comes near."""
    target: Annotated[Annotated[float, *number("target loudness", -40, -5, "LUFS")] | None, BeforeValidator(read_loudness)] = (
        Field(None, json_schema_extra={"signed": True})
    )
    """Loudness, such as -14LUFS; the desk's own when absent."""
    bpm: Annotated[float, *number("tempo", 30, 300, "bpm")] | None = None
    """Tempo for echoes; that of the takes, or of the desk, when absent."""
    caption: str = Field("", max_length=2_000)
    """What sounds, for the take; that of the first take among the stems when absent."""

    without: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = Field((), max_length=200)
    """A move of the automatic mix that is undone, by its number or by how its sentence begins, such as "bass: gain"; the others
    stay as they are."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.auto is False and self._wish:
            message = "a prompt or a song to come near is given, and automatic mixing is off"
            raise BadInput(message, remedy="leave --no-auto out")
        if self.without and not self.is_automatic:
            message = "a move of the automatic mix is to be undone, and nothing is mixed automatically"
            raise BadInput(message, remedy="leave --without out, or ask for --auto")
        return self

    @property
    def _wish(self) -> bool:
        return bool(self.prompt.strip() or self.like)

    @property
    def is_automatic(self) -> bool:
        """Whether the desk is set by the rules: where that is asked for, and without a desk."""
        return self._wish or (not self.desk if self.auto is None else self.auto)
