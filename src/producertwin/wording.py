"""How values are written in messages: numbers unrounded, times in words, hidden characters visible, passwords left out."""

from __future__ import annotations

import re
import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, and so the order in which a terminal shows the others."""
_HIDDEN = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Unicode categories of controls (ESC among them), of line and paragraph ends, and of halves of a character."""
_SECRET = re.compile(r"(?i)\b(password|passwd|passphrase|pwd|token|secret|api[_-]?key)(\s*[=:]\s*)[^&\s]+")
_SCHEME = re.compile(r"^\s*(?:[A-Za-z][\w+.-]*:/{1,3}|[A-Za-z][\w+.-]*/{1,3})?")


def write_number(value: float) -> str:
    """`value` with every digit it has, and no more: `4294967296`, `0.1`, `-3`, `1e+300`, `inf`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)


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


def _is_hidden(sign: str) -> bool:
    return sign in _BIDI or unicodedata.category(sign) in _HIDDEN


def _escape(sign: str) -> str:
    return repr(sign)[1:-1] if sign in "\n\r\t" else f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"
