"""What the fields of stages may hold, and how a value that cannot be used is refused: by name, with what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WrapValidator

from ..errors import BadInput
from ..music import BPM_RANGE, METERS, STEMS, Key, check_bpm, parse_language, parse_meter
from ..recipe import within
from ..timebase import MAX_SECONDS, MIN_SECONDS

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


def _stem(value: str) -> str:
    if value not in STEMS:
        raise BadInput(f"{value!r} is not a stem", remedy=f"choose one of {', '.join(STEMS)}")
    return value


def _read_references(value: object, read: Callable[[object], tuple[Path, ...]]) -> tuple[Path, ...]:
    """Also a single path, or null, as records had it while a stage took one reference."""
    return read(() if value is None else (value,) if isinstance(value, str | Path) else value)


def _write_references(value: tuple[Path, ...]) -> str | list[str] | None:
    """Null, a path, or a list of paths."""
    paths = [str(path) for path in value]
    return paths[0] if len(paths) == 1 else paths or None


_SECONDS, _SECONDS_SCHEMA = within("duration", MIN_SECONDS, MAX_SECONDS, "s")
_SEED, _SEED_SCHEMA = within("seed", 0, 2**32 - 1)
_SHARE, _SHARE_SCHEMA = within("strength", 0, 1)

Text = Annotated[str, AfterValidator(_text)]
Bpm = Annotated[float, AfterValidator(check_bpm), Field(json_schema_extra={"minimum": BPM_RANGE[0], "maximum": BPM_RANGE[1]})]
KeyName = Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))]
Meter = Annotated[int, BeforeValidator(parse_meter), Field(json_schema_extra={"enum": list(METERS)})]
Language = Annotated[str, AfterValidator(parse_language)]
Seconds = Annotated[float, _SECONDS, _SECONDS_SCHEMA]
Seed = Annotated[int, _SEED, _SEED_SCHEMA]
Share = Annotated[float, _SHARE, _SHARE_SCHEMA]
Stem = Annotated[str, AfterValidator(_stem), Field(json_schema_extra={"enum": list(STEMS)})]
References = Annotated[
    tuple[Path, ...], WrapValidator(_read_references), PlainSerializer(_write_references, when_used="json"), Field(max_length=8)
]
Hash = Annotated[str | None, Field(pattern=r"^b2:[0-9a-f]{64}$")]
