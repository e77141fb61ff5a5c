"""An opened sound file as the decoding child sees it: what its header claims, and its blocks of samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from .channels import fold

BLOCK: Final = 65_536
"""Frames decoded at a time."""
TRUNCATED_SECONDS: Final = 0.1
"""A file may lack this much of what its header promises: one FLAC block or a few MP3 frames."""

Blocks = Iterator[NDArray[np.float32]]


@dataclass(slots=True)
class AudioSource:
    """An opened file: what its header claims, and its blocks of shape (frames, channels)."""

    format: str
    subtype: str
    rate: int
    channels: int
    frames: int
    """How long it is, as far as can be told before decoding; 0 where nothing tells."""
    blocks: Blocks
    claimed: int | None = None
    """What the header claims where that is known to be another length."""
    keeps_promise: bool = True
    """Whether less sound than `frames` means that the file was cut short; some headers do not promise."""
    notes: list[str] = field(default_factory=list)
    """What is odd about the file, in words."""


class Rejected(Exception):
    """The file is refused; `reason` is the stable code of `AudioRejected`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def join(parts: Sequence[AudioSource]) -> AudioSource:
    """Recordings of one file, one after the other, at the rate of the first; stereo where their channels differ."""
    first = parts[0]
    if len(parts) == 1:
        return first
    channels = first.channels if all(part.channels == first.channels for part in parts) else 2
    frames = sum(round(part.frames * first.rate / part.rate) for part in parts)
    notes = [f"it holds {len(parts)} recordings one after the other", *(note for part in parts for note in part.notes)]

    def blocks() -> Blocks:
        for part in parts:
            alike = part.channels == channels
            changed = part.blocks if alike else (fold(block) for block in part.blocks)
            yield from changed if part.rate == first.rate else _resample(changed, part.rate, first.rate, channels)

    return AudioSource(
        first.format,
        first.subtype,
        first.rate,
        channels,
        frames,
        blocks(),
        claimed=first.claimed,
        keeps_promise=all(part.keeps_promise for part in parts),
        notes=list(dict.fromkeys(notes)),
    )


def _resample(blocks: Blocks, rate: int, wanted: int, channels: int) -> Blocks:
    change = soxr.ResampleStream(rate, wanted, channels, "float32", "VHQ")
    for block in blocks:
        yield change.resample_chunk(block)
    yield change.resample_chunk(np.zeros((0, channels), np.float32), True)
