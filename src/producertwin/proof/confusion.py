"""The picture on the page of a proof that shows which styles are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from ..reporting.html import Markup

_CELL: Final = 18
_LABELS: Final = 132
"""Room for the styles' names beside and above the squares."""


def confusion(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Markup:
    """Which style (row) is taken for which (column): the fuller a square, the larger its share of the row."""
    side = _LABELS + _CELL * len(names)
    parts = []
    for place, name in enumerate(names):
        middle = _LABELS + _CELL * place + 13
        parts.append(f'<text x="{_LABELS - 6}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<text transform="translate({middle} {_LABELS - 6}) rotate(-90)">{escape(name)}</text>')
    for row, (asked, line) in enumerate(zip(names, counts, strict=True)):
        total = max(sum(line), 1)
        for column, (told, count) in enumerate(zip(names, line, strict=True)):
            x, y = _LABELS + _CELL * column, _LABELS + _CELL * row
            title = escape(f"{asked} told as {told}: {count} of {sum(line)}")
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" fill-opacity="{count / total:.2f}">'
                f"<title>{title}</title></rect>"
            )
    right = sum(line[place] for place, line in enumerate(counts))
    said = f"styles asked for, by row, and told, by column; {right} of {sum(map(sum, counts))} takes are told right"
    view = f'class="confusion" width="{side}" height="{side}" viewBox="0 0 {side} {side}"'
    return Markup(f'<svg role="img" aria-label="{escape(said)}" {view}>{"".join(parts)}</svg>')
