"""A lead sheet as a page of its own: title, facts, and every section with four bars a line. Nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .html import Markup, cell, document, figures

_RULES: Final = """
.bars { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); border-left: 2px solid currentColor; margin: .5rem 0; }
.bar { border-right: 2px solid currentColor; padding: .6rem .5rem; min-height: 3rem; display: grid; gap: .4rem; font-weight: 600;
  position: relative; overflow-wrap: anywhere; }
.bar small { position: absolute; top: 0; left: .25rem; font-weight: 400; opacity: .7; }
.words { white-space: pre-line; }
@media (max-width: 40rem) { .bars { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media print { section { break-inside: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class LeadSection:
    """A section: its name, its first bar from 1, the chords of each bar by beats, and its words."""

    name: str
    first_bar: int
    bars: Sequence[Sequence[tuple[str, float]]]
    """Chord and beats, for each bar; a bar without any is empty."""
    words: str = ""
    """Its lines."""


def build_page(title: str, facts: Iterable[tuple[str, str]], sections: Sequence[LeadSection], notes: Sequence[str] = ()) -> str:
    """The page of a song: `facts` are names and values, `notes` what the reader should know."""
    parts: list[str] = [figures(facts), *(f"<p>{cell(note)}</p>" for note in notes), '<div id="sheet">']
    for number, one in enumerate(sections, 1):
        bars = Markup("".join(_bar(chords, one.first_bar + at) for at, chords in enumerate(one.bars)))
        words = f'<p class="words">{cell(one.words)}</p>' if one.words else ""
        name = f"{one.name}, bar {one.first_bar}"
        parts.append(_section(number, name, Markup(f'<div class="bars">{bars}</div>{words}')))
    return document(title, "\n".join([*parts, "</div>"]), main="sheet", rules=_RULES)


def _section(number: int, name: str, content: Markup) -> str:
    """A section under its heading; names may come twice, numbers do not."""
    return (
        f'<section id="part-{number}" aria-labelledby="part-{number}-title">\n<h2 id="part-{number}-title">{cell(name)}</h2>\n'
        f"{content}\n</section>"
    )


def _bar(chords: Sequence[tuple[str, float]], number: int) -> str:
    """One bar: its number, and its chords as wide as they last."""
    widths = " ".join(f"{max(beats, 0.5):g}fr" for _, beats in chords) or "1fr"
    inside = "".join(f"<span>{cell(name)}</span>" for name, _ in chords)
    return f'<div class="bar" style="grid-template-columns: {widths}"><small aria-hidden="true">{number}</small>{inside}</div>'
