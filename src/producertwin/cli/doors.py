"""What every option is checked for before it is understood: a path can be a path, a whole number is whole.

`check_arguments` is a configuration of cyclopts: it is called once per command line, with the words that each option and
position was given, so no command needs a check of its own. `read_out`, `read_lyrics` and `read_codes` read options that mean more
than their type says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from cyclopts import App
from cyclopts.argument import ArgumentCollection

from ..errors import BadInput, NotFound
from ..untrusted import LARGEST_CONFIG, read_text
from ..wording import write_number
from .streams import DASH, STANDARD, check_dash, stream_of

LONGEST_NAME = 255
"""Bytes of one name in a path: the limit of nearly every file system."""
LONGEST_PATH = 4_095
"""Bytes of a whole path."""
SHOWN = 40
"""Characters of an overlong value that a message repeats."""
BEGINNERS = frozenset({"demo", "make", "edit", "pipeline", "models", "lab", "doctor", "config", "serve", "mcp", "lofi-daemon"})
"""Commands with which a studio may begin, so that its folder need not be there; so are those of `BEGINNING`."""
BEGINNING = frozenset({("tracks", "ingest"), ("dataset", "build"), ("dataset", "import"), ("twins", "install")})
TAKE = "{id}"
"""Stands for a take's id in the name of a file to write."""


def check_arguments(_: App, __: Sequence[str], arguments: ArgumentCollection) -> None:
    """Raise `BadInput` for a text or a `-` where a path is asked, and for a fraction where a whole number is asked."""
    for argument in arguments:
        kinds = _types(argument.hint)
        for place, token in enumerate(argument.tokens):
            name = token.keyword or argument.name
            if token.value == STANDARD:
                check_dash(name, argument.field_info.annotation, kinds)
                if stream_of(argument.field_info.annotation) is None:
                    argument.tokens[place] = token.evolve(value=DASH)
            elif Path in kinds:
                check_path(token.value, name)
            elif int in kinds and float not in kinds:
                check_whole(token.value, name)


def check_studio(studio: Path | None, command: Sequence[str]) -> None:
    """Raise `NotFound` where `--studio` names a folder that is not there, unless `command` is one that a studio begins with."""
    begins = command[0] in BEGINNERS or tuple(command[:2]) in BEGINNING
    if studio is not None and not begins and not studio.expanduser().is_dir():
        remedy = "check the path; a studio is made by what fills it, such as `twin make` or `twin dataset build`"
        raise NotFound(f"no studio at {studio}", remedy=remedy)


def check_path(text: str, name: str) -> str:
    """`text` if it can be a path, else `BadInput`; `name` is the option's."""
    if not text.strip():
        raise BadInput(f"{name} is empty", remedy="give a path; . is the folder you are in")
    if any(ord(sign) < 32 for sign in text) or is_overlong(text):
        start = f"{text[:SHOWN]}…" if len(text) > SHOWN else text
        raise BadInput(f"{name} takes a path, and {start!r} is none", remedy=f"give a name of at most {LONGEST_NAME} bytes")
    return text


def check_whole(text: str, name: str) -> str:
    """`text` unless it is a number with a fraction, or without an end; then `BadInput`. What is no number is not judged here."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        raise BadInput(f"{name} takes a whole number, and {text!r} is none", remedy="give digits alone")
    if not value.is_integer():
        near = f"{write_number(math.floor(value))} or {write_number(math.ceil(value))}"
        raise BadInput(f"{name} takes a whole number, and {text} is none", remedy=f"give {near}")
    return text


def is_overlong(text: str) -> bool:
    """Whether `text` is too long for a path on nearly every file system."""
    names = text.replace("\\", "/").split("/")
    return len(text.encode("utf-8", "replace")) > LONGEST_PATH or any(
        len(one.encode("utf-8", "replace")) > LONGEST_NAME for one in names
    )


def read_out(_: Any, tokens: Sequence[Any]) -> Path:
    """Where takes are written: `new/`, with the bar at its end, is a folder that holds each take under its id."""
    text = str(tokens[0].value)
    return Path(text, f"{TAKE}.flac") if text.endswith(("/", "\\")) and not Path(text).is_file() else Path(text)


def read_lyrics(text: str) -> str:
    """The words of a song, given as they are or as the path of a UTF-8 text file.

    A text with spaces, several lines, section marks or letters beyond ASCII is sung, unless a file has that name. Raises
    `NotFound` for one word that names no file, and `BadInput` for a file that is no text.
    """
    path = None if "\n" in text or not text.strip() or is_overlong(text) else Path(text)
    if path is not None and path.exists():
        try:
            return path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, IsADirectoryError):
            raise BadInput(f"{path} is not a text file", remedy="give a UTF-8 text file") from None
    names_file = len(text.split()) == 1 and text.isascii() and not text.startswith("[")
    if path is not None and (names_file or path.suffix.lower() in (".txt", ".lrc", ".md", ".lyrics")):
        raise NotFound(f"no file at {text}", remedy="check the path, or give the words themselves, begun with [verse]")
    return text


def read_codes(text: str) -> str:
    """The audio codes in the file that `text` names; the record judges them.

    Raises `NotFound` where there is none, and `BadInput` for an empty file and for one that is no text.
    """
    remedy = "give a file of audio codes, as twin takes export --codes writes it"
    path = Path(check_path(text, "--codes"))
    found = read_text(path, largest=LARGEST_CONFIG, remedy=remedy).strip()
    if not found:
        raise BadInput(f"{path} is empty", remedy=remedy)
    return found


def _types(hint: Any) -> frozenset[Any]:
    """The types that a hint is made of."""
    inner = get_args(hint)
    return frozenset().union(*map(_types, inner)) if inner else frozenset({hint})
