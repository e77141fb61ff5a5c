"""`twin lab measure ears`: how much of what is planted into fine songs the detectors find."""

from __future__ import annotations

from pathlib import Path

from ..evaluation.suite import EarsSuite
from ..progress import Steps
from ..recipe import Record
from .evaluate import Evaluated
from .studio import Studio

__all__ = ["EarsSuite", "EvaluateEarsPlan", "evaluate_ears"]


class EvaluateEarsPlan(Record):
    """How the detectors are tried, and where their figures go."""

    suite: EarsSuite = EarsSuite()
    """On how many songs."""
    recordings: Path | None = None
    """Folder of recordings that are known to be fine, tried beside the house band's songs."""
    page: Path | None = None
    """Markdown page to write the tables into."""


def evaluate_ears(plan: EvaluateEarsPlan, studio: Studio) -> Steps[Evaluated]:  # noqa: ARG001 - one signature for all verbs
    """Measure how much of what is planted into songs the detectors find, where, and how often they cry wolf.

    Raises `BadInput` for a page without a place for the figures, and as `evaluation.ears.suite.evaluate` does.
    """
    from ..evaluation import markdown
    from ..evaluation.ears import report, suite

    if plan.page:
        markdown.place(plan.page, report.TITLE)
    found = yield from suite.evaluate(plan.suite, plan.recordings)
    written = report.publish(found, plan.page) if plan.page else []
    return Evaluated(found, report.tables(found), tuple(written))
