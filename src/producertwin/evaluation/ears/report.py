"""The detectors' figures as tables for people, and the page that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...metrics.formatting import percent
from ...quality.detectors.defect import KINDS
from .. import markdown
from .suite import SEVERITIES, EarsFigures, KindRow

TITLE: Final = "Finding what is wrong"


def tables(found: EarsFigures) -> str:
    """All figures as Markdown tables, with what they are figures of."""
    return "\n\n".join((_heading(found), _kinds(found), _styles(found))) + "\n"


def publish(found: EarsFigures, page: Path) -> list[Path]:
    """Write the tables of `found` to `page`. Raises `BadInput` when it has no place for figures."""
    return [markdown.put(page, TITLE, tables(found))]


def _heading(found: EarsFigures) -> str:
    planted = sum(row.planted for row in found.kinds)
    return (
        f"{found.songs} songs, {found.minutes:.1f} minutes of fine music; {planted} defects planted one at a time. An event "
        "counts as found within 5 ms, a passage where it overlaps, and what concerns the whole wherever it is told. In brackets: "
        "95% intervals (Wilson)."
    )


def _kinds(found: EarsFigures) -> str:
    head = (
        "defect",
        "kind",
        *(f"recall, {severity}" for severity in SEVERITIES),
        "recall",
        "precision",
        "F1",
        "false alarms a minute",
    )
    return markdown.table(head, map(_kind, found.kinds))


def _kind(row: KindRow) -> tuple[str, ...]:
    recalls = (f"{recall:.2f}" for recall in row.recalls)
    precision = f"{row.precision:.2f}" if row.recall.value else "–"
    return KINDS[row.kind].words, f"`{row.kind}`", *recalls, percent(row.recall), precision, f"{row.f1:.2f}", f"{row.alarms:.2f}"


def _styles(found: EarsFigures) -> str:
    rows = ((row.style, str(row.songs), percent(row.recall), f"{row.alarms:.1f}", row.alarmed or "none") for row in found.styles)
    return markdown.table(("style", "songs", "recall over all kinds", "false alarms a minute", "which"), rows)
