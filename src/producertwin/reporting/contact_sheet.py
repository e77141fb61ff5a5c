"""A contact sheet: every sound on a card with its pictures, a player and what is known of it; for a phone as for a desk.

The page has no script. Its players are the browser's own: the tab key goes from one to the next, and space plays. Whatever people
wrote is escaped, and hidden characters are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ..wording import make_visible
from .html import SOUNDS_BESIDE, SOUNDS_INSIDE, Markup, cell, document

_RULES: Final = """\
.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.cards > li { border: 1px solid var(--grid); border-radius: .5rem; padding: .9rem 1rem 1rem; min-width: 0; }
.cards > li:target { border-color: var(--body); box-shadow: 0 0 0 1px var(--body); }
.cards h2 { font-size: 1rem; margin: 0 0 .2rem; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 3; overflow: hidden; }
.id { color: var(--faint); font-size: .85rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.cards svg { width: 100%; height: 3.4rem; }
.cards img { display: block; width: 100%; height: 4.5rem; margin: .35rem 0 .6rem; border-radius: .2rem; image-rendering: auto; }
audio { display: block; width: 100%; height: 2.6rem; }
.cards dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin-top: .7rem; font-size: .9rem; }
.cards dl > div { display: contents; }
.cards dd { font-size: .9rem; overflow-wrap: anywhere; }
.cards details { margin-top: .6rem; font-size: .9rem; }
.words { white-space: pre-line; overflow-wrap: anywhere; margin: .4rem 0 0; }
.missing { color: var(--faint); border: 1px dashed var(--grid); padding: .8rem; }
a { color: var(--body); }
"""


@dataclass(frozen=True, slots=True)
class Card:
    """One sound of the sheet."""

    id: str
    title: str
    about: str
    """A line below the title."""
    facts: tuple[tuple[str, str | Markup], ...]
    words: str = ""
    """What is sung, to be unfolded."""
    pictures: tuple[Markup, ...] = ()
    address: str | None = None
    """Where the sound is: beside the page, or the sound itself; None where it is missing."""


def sheet(title: str, about: str, cards: Sequence[Card], *, inside: bool) -> str:
    """The whole page; `inside` says that the sounds are in it, and not beside it."""
    body = f'<p>{_text(about)}</p>\n<section id="takes" aria-label="takes">\n{_cards(cards)}\n</section>'
    return document(make_visible(title), body, main="takes", loads=SOUNDS_INSIDE if inside else SOUNDS_BESIDE, rules=_RULES)


def link(name: str, shown: str) -> Markup:
    """A link to the card of another sound on the page."""
    return Markup(f'<a href="#{escape(name)}">{_text(shown)}</a>')


def _cards(cards: Sequence[Card]) -> str:
    return f'<ol class="cards">\n{"".join(map(_card, cards))}</ol>' if cards else "<p>none</p>"


def _card(card: Card) -> str:
    named = escape(make_visible(f"{card.title}, {card.id}"))
    player = '<p class="missing">The sound is missing from the studio, or damaged.</p>'
    if card.address is not None:
        player = f'<audio controls preload="none" src="{escape(card.address)}" aria-label="{named}"></audio>'
    facts = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(fact)}</dd></div>" for name, fact in card.facts if fact)
    words = f'<details><summary>lyrics</summary><p class="words">{_text(card.words)}</p></details>' if card.words else ""
    return (
        f'<li id="{escape(card.id)}">\n<h2 title="{escape(make_visible(card.title))}">{_text(card.title)}</h2>\n'
        f'<p class="id">{_text(card.about)}</p>\n{"".join(card.pictures)}{player}\n<dl>{facts}</dl>{words}\n</li>\n'
    )


def _text(content: str) -> str:
    """Markup as it is; text escaped, hidden characters shown."""
    return cell(content if isinstance(content, Markup) else make_visible(content))
