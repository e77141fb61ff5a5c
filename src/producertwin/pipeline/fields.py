"""The kinds of fields that stages are made of: texts, bounded numbers, musical facts. What is unusable is refused by name."""

from __future__ import annotations

import math
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ..errors import BadInput
from ..music import BPM_RANGE, METERS, STEMS, Key, check_bpm, parse_language, parse_meter
from ..timebase import MAX_SECONDS, MIN_SECONDS
from ..wording import write_number

LONGEST_TEXT = 50_000
"""Characters of caption or lyrics; the instrument itself reads far fewer and says so when it shortens."""


def _text(value: str) -> str:
    """`value` in composed Unicode, without control characters other than line ends."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput(f"text {value[:40]!r} is not valid Unicode", remedy="pass the text as UTF-8") from None
    kept = "".join(sign for sign in value if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    if len(kept) > LONGEST_TEXT:
        raise BadInput(f"a text of {len(kept)} characters is too long", remedy=f"use at most {LONGEST_TEXT} characters")
    return unicodedata.normalize("NFC", kept).strip()


def bounds(name: str, low: float, high: float, unit: str = "") -> Any:
    """A validator and the schema bounds of a number called `name`."""
    tail = f" {unit}" if unit else ""

    def check(value: float) -> float:
        if not (math.isfinite(value) and low <= value <= high):
            limits = f"{write_number(low)} to {write_number(high)}{tail}"
            raise BadInput(f"{name} {write_number(value)}{tail} is outside {limits}", remedy=f"choose a value from {limits}")
        return value

    return AfterValidator(check), Field(json_schema_extra={"minimum": low, "maximum": high})


def _stem(value: str) -> str:
    if value not in STEMS:
        raise BadInput(f"{value!r} is not a stem", remedy=f"choose one of {', '.join(STEMS)}")
    return value


_SECONDS, _SECONDS_SCHEMA = bounds("duration", MIN_SECONDS, MAX_SECONDS, "s")
_SEED, _SEED_SCHEMA = bounds("seed", 0, 2**32 - 1)
_SHARE, _SHARE_SCHEMA = bounds("strength", 0, 1)

Text = Annotated[str, AfterValidator(_text)]
Bpm = Annotated[float, AfterValidator(check_bpm), Field(json_schema_extra={"minimum": BPM_RANGE[0], "maximum": BPM_RANGE[1]})]
KeyName = Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))]
Meter = Annotated[int, BeforeValidator(parse_meter), Field(json_schema_extra={"enum": list(METERS)})]
Language = Annotated[str, AfterValidator(parse_language)]
Seconds = Annotated[float, _SECONDS, _SECONDS_SCHEMA]
Seed = Annotated[int, _SEED, _SEED_SCHEMA]
Share = Annotated[float, _SHARE, _SHARE_SCHEMA]
Stem = Annotated[str, AfterValidator(_stem), Field(json_schema_extra={"enum": list(STEMS)})]
Hash = Annotated[str | None, Field(pattern=r"^b2:[0-9a-f]{64}$")]
