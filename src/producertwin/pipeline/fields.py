"""What the fields of stages may hold, and how a value that cannot be used is refused: by name, with what to write instead."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WrapValidator

from ..errors import BadInput
from ..model.sampling.code_text import parse_codes, write_codes
from ..music import BPM_RANGE, METERS, STEMS, Key, check_bpm, parse_language, parse_meter
from ..recipe import within
from ..timebase import MAX_SECONDS, MIN_SECONDS

LONGEST_TEXT = 50_000
"""Characters of caption or lyrics; the instrument itself reads far fewer and says so when it shortens."""

GUIDED_STEMS = ("drums", "percussion")
"""Stems that fit a song by its tempo and bars, whatever its chords."""
SEEDS = 2**32
"""How many seeds there are; they are counted round."""
_LEVELS = re.compile(r"(\d*\.?\d+)-(\d*\.?\d+)")


def draw_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(SEEDS)


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


def _codes(value: str) -> str:
    """The codes of a text in their one spelling; an empty text is none."""
    return write_codes(parse_codes(value)) if value else ""


def _stem(value: str) -> str:
    if value not in STEMS:
        raise BadInput(f"{value!r} is not a stem", remedy=f"choose one of {', '.join(STEMS)}")
    return value


def _read_adapter(value: object) -> object:
    """`DIR`, `DIR:0.8`, `DIR:0.5-1` or `DIR:0.8:0.5-1` as the fields of an `Adapter`.

    What lies at the path as it is written is never taken for a scale or levels.
    """
    if not isinstance(value, str):
        return value
    found: dict[str, object] = {}
    while not _exists(value):
        folder, _, tail = value.rpartition(":")
        name, setting = _setting(tail)
        if not folder or not name or name in found:
            break
        value, found[name] = folder, setting
    return {"folder": value, **found}


def _setting(text: str) -> tuple[str, object]:
    """`scale` or `levels` and its value, where `text` is one; empty where it is neither."""
    levels = _LEVELS.fullmatch(text)
    if levels:
        return "levels", (float(levels[1]), float(levels[2]))
    try:
        return "scale", float(text)
    except ValueError:
        return "", None


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a text that no path can be
        return False


def _read_references(value: object, read: Callable[[object], tuple[Path, ...]]) -> tuple[Path, ...]:
    """Also a single path, or null, as records had it while a stage took one reference."""
    return read(() if value is None else (value,) if isinstance(value, str | Path) else value)


def _write_references(value: tuple[Path, ...]) -> str | list[str] | None:
    """Null, a path, or a list of paths."""
    paths = [str(path) for path in value]
    return paths[0] if len(paths) == 1 else paths or None


_SECONDS, _SECONDS_SCHEMA = within("duration", MIN_SECONDS, MAX_SECONDS, "s")
_SEED, _SEED_SCHEMA = within("seed", 0, SEEDS - 1)
_SHARE, _SHARE_SCHEMA = within("strength", 0, 1)

Text = Annotated[str, AfterValidator(_text)]
AdapterText = BeforeValidator(_read_adapter)
CodesText = Annotated[str, AfterValidator(_codes)]
Bpm = Annotated[float, AfterValidator(check_bpm), Field(json_schema_extra={"minimum": BPM_RANGE[0], "maximum": BPM_RANGE[1]})]
KeyName = Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))]
Meter = Annotated[int, BeforeValidator(parse_meter), Field(json_schema_extra={"enum": list(METERS)})]
Language = Annotated[str, AfterValidator(parse_language)]
Seconds = Annotated[float, _SECONDS, _SECONDS_SCHEMA]
Seed = Annotated[int, _SEED, _SEED_SCHEMA]
Share = Annotated[float, _SHARE, _SHARE_SCHEMA]
GuideStrength = Annotated[float, *within("guide strength", 0, 0.99)]
Stem = Annotated[str, AfterValidator(_stem), Field(json_schema_extra={"enum": list(STEMS)})]
References = Annotated[
    tuple[Path, ...], WrapValidator(_read_references), PlainSerializer(_write_references, when_used="json"), Field(max_length=8)
]
Hash = Annotated[str | None, Field(pattern=r"^b2:[0-9a-f]{64}$")]
