"""Pages that hold figures: Markdown tables, put between two marker lines. What a person wrote around the markers stays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..disk import write_whole
from ..errors import BadInput

BEGIN: Final = "<!-- figures:begin -->"
END: Final = "<!-- figures:end -->"


def place(page: Path, title: str) -> tuple[str, str]:
    """What stands before and after the figures of `page`, which is begun with `title` where it is new.

    Raises `BadInput` when the page has no place for figures.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else f"# {title}\n\n{BEGIN}\n{END}\n"
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise BadInput(f"{page} has no place for the figures", remedy=f"put a line {BEGIN} and a line {END} into it")
    return text.split(BEGIN)[0], text.split(END)[1]


def put(page: Path, title: str, figures: str) -> Path:
    """Write `figures` into their place in `page`."""
    before, after = place(page, title)
    return write_whole(page, f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}".encode())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    titles = list(head)
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def spread(values: tuple[float, float, float]) -> str:
    """A median between its tenth and ninetieth percentile."""
    low, middle, high = values
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
