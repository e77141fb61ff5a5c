"""Lengths of time and sizes as people read them."""

from __future__ import annotations

from ..wording import duration

__all__ = ["duration", "size"]


def size(count: float) -> str:
    """`312 B`, `4.2 MB` or `1.3 GB` (powers of 1 000)."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"
