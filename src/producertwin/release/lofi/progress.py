"""How far a track is, told every five percent as lofi.nvim's daemon does."""

from __future__ import annotations

from typing import Any, Final

EVERY: Final = 5
"""Percent."""
MOST: Final = 99
"""Percent of a track that is not stored yet."""


class Meter:
    """Turns steps into the progress that is worth telling."""

    def __init__(self, track: str) -> None:
        self._track, self._told = track, 0
        self._last: dict[str, Any] = {}

    def step(self, done: int, total: int, left: float | None) -> dict[str, Any] | None:
        """What to tell after `done` of `total` steps, with `left` seconds to go; None where it was told already."""
        percent = min(done * 100 // total, MOST) if total else 0
        self._last = {
            "track_id": self._track, "percent": percent, "tokens_generated": done, "tokens_estimated": total,
            "eta_sec": round(left or 0.0, 3), "current_step": done, "total_steps": total,
        }  # fmt: skip
        if percent < (self._told // EVERY + 1) * EVERY:
            return None
        self._told = percent
        return self._last

    def finish(self) -> dict[str, Any]:
        """What to tell when the track is done."""
        return {
            "track_id": self._track,
            "tokens_generated": 0,
            "tokens_estimated": 0,
            **self._last,
            "percent": 100,
            "eta_sec": 0.0,
        }
