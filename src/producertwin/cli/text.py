"""Figures and columns as people read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from ..verbs.text import duration, size

__all__ = ["duration", "quote", "shorten", "size", "table"]


def quote(word: str) -> str:
    """`word` as a shell reads it as one: in double quotes where it needs any and holds nothing that they do not protect."""
    plain = shlex.quote(word)
    return plain if plain == word or any(sign in word for sign in '"$`\\!\n') else f'"{word}"'


def shorten(text: str, width: int = 48) -> str:
    """`text` on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def table(rows: Iterable[Sequence[object]], header: Sequence[str] = ()) -> str:
    """Plain columns, left aligned and two spaces apart, a row to a line: for people, `awk` and screen readers alike."""
    cells = [tuple(str(cell).replace("\n", "\\n") for cell in row) for row in [*([header] if header else []), *rows]]
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(max(map(len, cells), default=0))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)
