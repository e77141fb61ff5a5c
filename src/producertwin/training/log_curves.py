"""Curves of what a run has logged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import NotFound
from ..library import jsonl
from ..reporting.curves import Curve


def read(logs: Sequence[Path], names: tuple[str, ...], *, window: int = 40) -> dict[str, Curve]:
    """Running means over `window` steps of the `log.jsonl` of one run's phases, whose steps are counted on.

    A step written twice counts as it was written last. Raises `NotFound` where no log is, or holds none of `names`.
    """
    rows: dict[int, dict[str, Any]] = {}
    for log in filter(Path.is_file, logs):
        before = max(rows, default=0)
        rows |= {before + row["step"]: row for row in jsonl.rows(log)}
    if not rows:
        raise NotFound(f"no log at {logs[0]}", remedy="train first, or name the run's folder")
    found = {}
    for name in names:
        known = sorted((step, row[name]) for step, row in rows.items() if row.get(name) is not None)
        if known:
            steps, values = np.array(known, np.float64).T
            width = min(window, len(values))
            means = np.convolve(values, np.full(width, 1 / width), "valid")
            found[name] = Curve(steps[width - 1 :], means)
    if not found:
        raise NotFound(f"{logs[0]} holds none of {', '.join(names)}", remedy="name what the run has logged")
    return found
