"""The house band's figures as tables for people, and the page that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...metrics.formatting import percent, plain
from .. import markdown
from .suite import BANDS, LOUDNESS_TOLERANCE, BandFigures, StyleRow

TITLE: Final = "The house band"
SPEED: Final = 30.0
FOUND: Final = 0.95


def tables(found: BandFigures) -> str:
    """All figures as Markdown tables, with what they are figures of."""
    return "\n\n".join((_heading(found), _summary(found), _styles(found))) + "\n"


def publish(found: BandFigures, page: Path) -> list[Path]:
    """Write the tables of `found` to `page`. Raises `BadInput` when it has no place for figures."""
    return [markdown.put(page, TITLE, tables(found))]


def _heading(found: BandFigures) -> str:
    suite, styles = found.suite, len(found.styles)
    return (
        f"{suite.songs} songs of {suite.seconds:g} s in each of {styles} styles ({suite.songs * styles} in all, seeds from "
        f"{suite.first_seed}); tempo is read within the style's range, key among all 24. In brackets: 95% intervals "
        f"(Wilson for shares, bootstrap over songs for the rest). Styles are told apart among all {styles} (chance "
        f"{1 / styles:.0%}) by a linear discriminant on `{found.embedding}`, each song left out of the fit that judges it."
    )


def _summary(found: BandFigures) -> str:
    speed = f"{plain(found.realtime, 0)}, slowest song {found.slowest:.0f}"
    rows = (
        ("tempo found", f"≥ {FOUND:.0%}", percent(found.tempo)),
        ("key found", f"≥ {FOUND:.0%}", percent(found.key)),
        (f"loudness within {LOUDNESS_TOLERANCE:g} LU of its target", "–", percent(found.on_target)),
        ("99% of the energy below the tape's corner", "–", percent(found.dark_enough)),
        ("style recognised among all", "–", percent(found.recognised)),
        ("lofi styles recognised among all, mean over styles", "–", f"{found.recognised_lofi:.0%}"),
        ("stems add up to the dry mix within", "–", f"{found.stems_off:.1e}"),
        ("whole songs on one core, x realtime, no note known before", f"≥ {SPEED:g}", speed),
    )
    return markdown.table(("", "bar", "figure"), rows)


def _styles(found: BandFigures) -> str:
    bands = (f"{low:g}–{high:g} Hz, dB" for low, high in BANDS)
    head = ("style", "LUFS", "crest, dB", *bands, "left = right", "recognised", "taken for")
    note = "Medians over a style's songs; a band's level is against the whole."
    return markdown.table(head, map(_style, found.styles)) + f"\n\n{note}"


def _style(row: StyleRow) -> tuple[str, ...]:
    balance = (f"{level:.1f}" for level in row.balance)
    end = (f"{row.width:.2f}", f"{row.recognised:.0%}", row.mistaken or "–")
    return row.style, f"{row.lufs:.1f}", f"{row.crest_db:.1f}", *balance, *end
