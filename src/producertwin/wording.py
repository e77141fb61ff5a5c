"""How values are written in messages: numbers unrounded, times in words, hidden characters visible, no passwords or keys."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, and so the order in which a terminal shows the others."""
_HIDDEN = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Unicode categories of controls (ESC among them), of line and paragraph ends, and of halves of a character."""
_SECRET = re.compile(r"(?i)\b(password|passwd|passphrase|pwd|token|secret|api[_-]?key)(\s*[=:]\s*)[^&\s]+")
_KEY_NAME = re.compile(r"(?i)(?:^|_)(?:token|key|secret|password)$")
_SHORTEST_KEY = 8
"""Fewest letters of a value that counts as a key; shorter ones are words such as `true`."""
_KEY = re.compile(
    r"(?i:(?P<scheme>\b(?:bearer|basic)\s+)[\w.+/=~-]{8,})"
    r"|\b(?:hf_[A-Za-z0-9]{16,}|sk-[\w-]{16,}|AIza[\w-]{30,}|gh[pousr]_\w{20,})"
)
"""What an `Authorization` header holds, and keys of Hugging Face, OpenAI, Google and GitHub."""
_SCHEME = re.compile(r"^\s*(?:[A-Za-z][\w+.-]*:/{1,3}|[A-Za-z][\w+.-]*/{1,3})?")


def write_number(value: float) -> str:
    """`value` with every digit it has, and no more: `4294967296`, `0.1`, `-3`, `1e+300`, `inf`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)


def plural(many: int, thing: str) -> str:
    """`1 track`, `2 tracks`, `2 entries`: a number and what it counts, for words that take an s, and those that end in -ry."""
    several = f"{thing[:-1]}ies" if thing.endswith("ry") else f"{thing}s"
    return f"{many} {thing if many == 1 else several}"


def plural_are(many: int, thing: str) -> str:
    """`1 track is`, `2 tracks are`: what is counted, and the verb that goes with it."""
    return f"{plural(many, thing)} {'is' if many == 1 else 'are'}"


def suggest_name(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the one of `known` that `name` is nearly written like, or an empty text."""
    meant = find_nearest(name, known)
    return "" if meant is None else f"; did you mean {meant}?"


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` is nearly written like."""
    return next(iter(get_close_matches(name, list(known), 1)), None)


def split_words(value: object) -> object:
    """Words of a text with commas, each once; what is no text stays as it is."""
    return tuple(dict.fromkeys(word.strip() for word in value.split(","))) if isinstance(value, str) else value


def duration(seconds: float) -> str:
    """`12 s`, `3 min 05 s` or `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def make_visible(text: str, *, keep: str = "\n\t") -> str:
    r"""`text` with controls, bidi marks and lone surrogates written as escapes (`\x1b`, `\u202e`), all but those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in keep or not _is_hidden(sign) else _escape(sign) for sign in text)


def visible_json(data: Any, *, encoding: str = "utf-8") -> str:
    r"""`data` as JSON to read, whose strings show hidden characters as the escapes of JSON (`\u007f`, `\u202e`).

    So are those written that a stream of `encoding` cannot carry; whoever reads the text gets every string as it was. Raises
    `ValueError` for numbers that JSON does not have.
    """
    text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(sign if sign == "\n" or _can_show(sign, encoding) else json.dumps(sign)[1:-1] for sign in text)


def hide_secrets(url: str) -> str:
    """A database URL, well formed or not, with what can be its password replaced by `***`.

    That is all from the first colon after the user's name to the last `@`, or to the end where there is no `@`.
    """
    start = _SCHEME.match(url)
    head, rest = (url[: start.end()], url[start.end() :]) if start else ("", url)
    login, at, place = rest.rpartition("@")
    if at:
        user, colon, _ = login.partition(":")
        rest = f"{user}{':***' if colon else ''}@{place}"
    elif ":" in rest:
        rest = f"{rest.partition(':')[0]}:***"
    return _SECRET.sub(r"\1\2***", head + rest)


def hide_keys(text: str) -> str:
    """`text` without the keys and tokens of this machine's owner, which a server may have sent back: `***` in their place.

    Those are the values of environment variables that are named like one and are no paths, and what is shaped like a known kind.
    """
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_KEY and _KEY_NAME.search(name) and not value.startswith(("/", "~")):
            text = text.replace(value, "***")
    return _KEY.sub(lambda found: f"{found['scheme'] or ''}***", text)


def _can_show(sign: str, encoding: str) -> bool:
    """Whether a character is visible, and one that `encoding` gives back (Shift JIS writes the yen as a backslash)."""
    if _is_hidden(sign):
        return False
    try:
        return sign.encode(encoding).decode(encoding) == sign
    except UnicodeError:
        return False


def _is_hidden(sign: str) -> bool:
    return sign in _BIDI or unicodedata.category(sign) in _HIDDEN


def _escape(sign: str) -> str:
    return repr(sign)[1:-1] if sign in "\n\r\t" else f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"
