"""The embedder's figures as tables for people, and the page that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...metrics.formatting import percent, plain
from .. import markdown
from .suite import STRENGTHS, EmbedderFigures

TITLE: Final = "The offline embedder"


def tables(found: EmbedderFigures) -> str:
    """All figures as Markdown tables, with what they are figures of."""
    return "\n\n".join((_heading(found), _names(found), _distances(found))) + "\n"


def publish(found: EmbedderFigures, page: Path) -> list[Path]:
    """Write the tables of `found` to `page`. Raises `BadInput` when it has no place for figures."""
    return [markdown.put(page, TITLE, tables(found))]


def _heading(found: EmbedderFigures) -> str:
    suite = found.suite
    return (
        f"`{found.embedder}` on {suite.songs} held-out songs of {suite.seconds:g} s (seed {suite.seed}). In brackets: 95% "
        "intervals (Wilson). Style and captions are the house band's own, as in training."
    )


def _names(found: EmbedderFigures) -> str:
    rows = (
        (f"song found by its caption, first of {found.suite.songs}", percent(found.first), f"{1 / found.suite.songs:.1%}"),
        ("among the first ten", percent(found.tenth), f"{10 / found.suite.songs:.0%}"),
        ("style named, of all 49", percent(found.style), f"{1 / 49:.0%}"),
        ("the 38 lofi presets, mean recall", "–" if found.presets is None else f"{found.presets:.0%}", f"{1 / 38:.0%}"),
        ("stems that play are heard", percent(found.present), "50%"),
        ("other stems are not", percent(found.absent), "50%"),
    )
    return markdown.table(("", "right", "chance"), rows)


def _distances(found: EmbedderFigures) -> str:
    head = ("Fréchet distance after", *(f"strength {strength:g}" for strength in STRENGTHS))
    rows = ((name, *(f"{value:.1f}" for value in row)) for name, row in found.distances.items())
    verdict = "grows" if found.monotone else "does **not** grow"
    note = (
        f"{found.dimensions} dimensions, {found.suite.songs // 2} songs a side; two halves of real songs are "
        f"{plain(found.floor, 2)} apart. The distance {verdict} with every degradation."
    )
    return f"{markdown.table(head, rows)}\n\n{note}"
