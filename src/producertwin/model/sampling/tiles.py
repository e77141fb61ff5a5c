"""How a long take is cut into tiles with context on both sides."""

from __future__ import annotations

from collections.abc import Iterator

CONTEXT = 32
"""Frames of context on each side of a tile; Oobleck hears about 9 frames to either side, nano's codec about 20, and 12 more in
its transients."""


def cut_tiles(frames: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Start and end of each tile's core, then of the core with its context; `most` frames at once."""
    if frames <= most:
        yield 0, frames, 0, frames
        return
    core = most - 2 * CONTEXT
    for first in range(0, frames, core):
        last = min(first + core, frames)
        yield first, last, max(0, first - CONTEXT), min(frames, last + CONTEXT)
