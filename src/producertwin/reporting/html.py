"""HTML pages that stand alone: no script, nothing from a network, light or dark as the reader prefers.

Text is escaped unless it is `Markup`. Tables have captions and headings for their rows and columns, and the keyboard can scroll
them. On a narrow screen nothing is scrolled sideways: the cells of a row follow its name as running text, each after its column's
name, long ones on lines of their own. A page begins with a link past what comes before its main table.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from . import theme

LIGHT: Final = {"paper": "#ffffff", "ink": "#1b1d26", "faint": "#565c6e", "grid": "#d6d9e2", "peak": "#a9b6da", "body": "#3a57ad"}
DARK: Final = {
    **{name: f"#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in
       {"paper": theme.PAPER, "ink": theme.INK, "faint": theme.FAINT, "grid": theme.GRID}.items()},
    "peak": "#4a60a8",
    "body": "#96b4ff",
}  # fmt: skip
"""The inks of the studio's pictures."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load for a page: nothing."""
SOUNDS_BESIDE: Final = "; img-src data:; media-src 'self' file:"
"""Addition to the policy of a page with pictures inside it and sounds that lie beside it."""
LONG_CELL: Final = 32
"""Characters of a cell above which it has lines of its own on a narrow screen."""
SOUNDS_INSIDE: Final = "; img-src data:; media-src data:"
"""Addition to the policy of a page with pictures and sounds inside it."""


class Markup(str):
    """HTML that was made here, as against text that is still to be escaped."""

    __slots__ = ()


def document(title: str, body: str, *, main: str, loads: str = "", rules: str = "") -> str:
    """A whole page; `main` is the id of the part that the first link leads to.

    `loads` is added to what a browser may load, which is nothing, and `rules` to the style sheet.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}{loads}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style()}{rules}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#{main}">Skip to the {main}</a>\n<main>\n<h1>{cell(title)}</h1>\n{body}\n</main>\n'
        "</body>\n</html>\n"
    )


def section(title: str, content: str) -> str:
    """A part of the page under its heading; its id is the title in small letters with hyphens."""
    name = title.lower().replace(" ", "-")
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{title}</h2>\n{cell(content)}\n</section>'
    )


def figures(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Words and their figures, side by side."""
    return Markup(
        "<dl>" + "".join(f"<div><dt>{cell(word)}</dt><dd>{cell(figure)}</dd></div>" for word, figure in pairs) + "</dl>"
    )


def table(caption: str, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Markup:
    """A table whose first column names the rows; `none` where there are no rows."""
    columns = tuple(head)
    lines = [f'<tr><th scope="row">{cell(name)}</th>{_cells(columns[1:], others)}</tr>' for name, *others in rows]
    if not lines:
        return Markup("<p>none</p>")
    titles = "".join(f'<th scope="col">{cell(title)}</th>' for title in columns)
    return Markup(
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0"><table>\n'
        f"<caption>{cell(caption)}</caption>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table></div>"
    )


def _cells(columns: Iterable[str], contents: Iterable[str]) -> str:
    """The cells of a row, each with its column's name for narrow screens, and marked where it is long."""
    return "".join(
        f'<td data-column="{escape(column)}"{_mark(content)}>{cell(content)}</td>'
        for column, content in zip(columns, contents, strict=True)
    )


def _mark(content: str) -> str:
    return ' class="long"' if isinstance(content, Markup) or len(content) > LONG_CELL else ""


def cell(content: str) -> str:
    """Markup as it is; text escaped, and kept from turning its neighbours' direction."""
    return content if isinstance(content, Markup) else f"<bdi>{escape(content)}</bdi>" if content else ""


def style() -> str:
    """The page's style sheet."""
    light, dark = (" ".join(f"--{name}: {colour};" for name, colour in palette.items()) for palette in (LIGHT, DARK))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{_RULES}"


_RULES: Final = """\
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 110rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; }
code { overflow-wrap: anywhere; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); color: var(--ink); padding: .3rem .6rem; }
:focus-visible { outline: 3px solid var(--body); outline-offset: 2px; }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--grid);
  max-width: 26rem; overflow-wrap: anywhere; }
thead th { color: var(--faint); font-weight: normal; border-top: 0; white-space: nowrap; }
tbody th { font-weight: 600; min-width: 8rem; }
td:empty::before { content: "–"; color: var(--faint); }
summary { cursor: pointer; }
details ul { margin: .3rem 0 0; padding-left: 1.1rem; min-width: 14rem; font-size: .9rem; }
svg { display: block; width: 15rem; height: 2.6rem; }
path { fill: none; stroke-width: .8; }
.peak { stroke: var(--peak); }
.body { stroke: var(--body); }
@media (max-width: 45rem) {
main { padding: 1rem 1rem 3rem; }
dl { gap: .6rem 1.6rem; }
dd { font-size: 1.2rem; }
.wide { overflow-x: visible; }
table, caption, tbody, tr, th, td.long { display: block; max-width: none; }
thead { position: absolute; left: -99rem; }
tr { padding-bottom: .5rem; }
tbody th { padding: .5rem 0 0; min-width: 0; }
td { display: inline-block; border-top: 0; padding: 0 .8rem 0 0; }
td.long { padding: 0; }
td:empty { display: none; }
td::before { content: attr(data-column) " "; color: var(--faint); font-size: .85rem; }
td:has(svg)::before { content: none; }
td svg { margin: .2rem 0; }
td details { display: inline-block; vertical-align: top; }
svg, img { max-width: 100%; }
}
@media print { .skip { display: none; } }
"""
