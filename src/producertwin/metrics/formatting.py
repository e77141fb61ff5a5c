"""Figures as text: a value and its interval."""

from __future__ import annotations

from .statistics import Interval


def percent(share: Interval) -> str:
    """A share and its interval."""
    return f"{share.value:.0%} ({share.low:.0%}–{share.high:.0%})"


def plain(value: Interval, digits: int) -> str:
    """A value and its interval."""
    return f"{value.value:.{digits}f} ({value.low:.{digits}f}–{value.high:.{digits}f})"
