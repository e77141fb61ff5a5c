"""Regions of a sound, in seconds or in bars: read, checked against each other, and put into seconds of a source.

Bars are counted from 1, and bar 1 begins with the sound, as in a DAW: region 5-9 is the four bars from the beginning of bar 5 to
that of bar 9, and bar 0 lies before the sound. A bar lasts as long as tempo and meter say: those that the stage states, else
those of its source take, else the tempo that the source's sound is sure of; where nobody says the meter, it has four beats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ..errors import BadInput
from ..recipe import Record, within
from ..timebase import MAX_SECONDS
from ..wording import write_number

MOST_REGIONS = 16
_TEXT = re.compile(r"\s*(-?\d*\.?\d+)\s*-\s*(\d*\.?\d+)?\s*")
Unit = Literal["seconds", "bars"]


class Region(Record):
    """A part of a sound, written `START-END`, or `START-` to the sound's end."""

    start: Annotated[float, *within("start", -MAX_SECONDS, MAX_SECONDS)]
    """Where it begins; before the sound where that is below 0 s or bar 1."""
    end: Annotated[float, *within("end", 0, MAX_SECONDS)] | None = None
    """Where it ends; with the sound when absent."""

    def __str__(self) -> str:
        return f"{write_number(self.start)}-{'' if self.end is None else write_number(self.end)}"


def _read_region(value: object) -> object:
    """`4-8`, `12-` or `-2-3` as the fields of a region."""
    if not isinstance(value, str):
        return value
    found = _TEXT.fullmatch(value)
    if found is None:
        raise BadInput(f"{value!r} is not a region", remedy="write where it begins and ends, such as 4-8, or 12- to the end")
    return {"start": float(found[1]), "end": None if found[2] is None else float(found[2])}


Regions = Annotated[tuple[Annotated[Region, BeforeValidator(_read_region)], ...], Field(max_length=MOST_REGIONS)]


def check_regions(regions: Sequence[Region], unit: Unit) -> None:
    """Raise `BadInput` for a region without a length, and for two that overlap or touch."""
    sign = "s" if unit == "seconds" else "bars"
    for region in regions:
        if region.end is not None and region.end <= region.start:
            raise BadInput(f"the region {region} {sign} has no length", remedy="let the end be later than the start")
    for one, following in pairwise(sorted(regions, key=lambda region: region.start)):
        if one.end is None or following.start <= one.end:
            message = f"the regions {one} and {following} {sign} overlap or touch"
            raise BadInput(message, remedy="write them as one, or leave something between them")


@dataclass(frozen=True, slots=True)
class Bar:
    """How long a bar of a source is, and how that is known."""

    seconds: float
    said: str
    """In words, for whoever asked for bars."""


def bar_of(bpm: float, meter: int | None, known_by: str) -> Bar:
    """A bar of `meter` beats, four where it is None; `known_by` says where the tempo comes from."""
    beats = meter or 4
    seconds = beats * 60.0 / bpm
    four = "" if meter else ", four where nobody says"
    return Bar(seconds, f"a bar is {seconds:.3f} s: {bpm:g} bpm {known_by}, {beats} beats{four}; bar 1 begins with the source")


def in_seconds(regions: Sequence[Region], bar: Bar | None, length: float) -> tuple[Region, ...]:
    """`regions` in their order, in seconds of a source of `length` s, each with its end; `bar` is None where they are so already.

    Raises `BadInput` for one that begins after the source's end or does not fit into the longest sound.
    """
    found = []
    for region in sorted(regions, key=lambda region: region.start):
        start = region.start if bar is None else (region.start - 1.0) * bar.seconds
        end = length if region.end is None else region.end if bar is None else (region.end - 1.0) * bar.seconds
        shown = f"the region {region} s" if bar is None else f"the region {region} in bars, {start:.2f}-{end:.2f} s,"
        if start > length:
            message = f"{shown} begins after the source's end at {length:.2f} s"
            raise BadInput(message, remedy=f"begin at {length:.2f} s or before")
        if end <= start:
            raise BadInput(f"{shown} has no length: the source ends at {length:.2f} s", remedy="begin earlier, or give an end")
        if end < 0.0:
            raise BadInput(f"{shown} ends before the source begins", remedy="let it reach to the source")
        if start < -MAX_SECONDS or end > MAX_SECONDS:
            raise BadInput(f"{shown} does not fit into {write_number(MAX_SECONDS)} s", remedy="choose a smaller region")
        found.append(Region(start=start, end=end))
    return tuple(found)


def windows_of(regions: Sequence[Region], before: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Settled `regions` as seconds of a sound that has `before` seconds more at its beginning."""
    return tuple((region.start + before, (region.end or 0.0) + before) for region in regions)
