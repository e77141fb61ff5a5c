"""Read any sound file into the studio's 48 kHz stereo, and write the studio's sound to files.

Reading: the kinds of `formats.KINDS`, told by their first bytes, decoded in a limited child process (`sandbox`) to the end
of their sound. What the header promises and the data lack is refused as `truncated`; an MP3 or Ogg stream without such a
promise gives what is there, and what is longer than the header states is read and noted.
Writing: flac, wav, mp3 and ogg by suffix, whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..timebase import CHANNELS
from . import sandbox
from .clipping import ClippingReading
from .encoding import FORMATS, Format, Subtype, encode
from .flat_tops import FlatPassage
from .samples import Samples
from .sandbox import Limits
from .tags.head import HeadTags

__all__ = ["FORMATS", "Decoded", "Info", "Limits", "decode", "encode", "info", "inspect", "read", "write"]

_DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Info:
    """What a file's header says; `seconds` is its claim, which only `read` proves."""

    format: str
    subtype: str
    rate: int
    channels: int
    frames: int
    notes: tuple[str, ...] = ()
    """What is odd about the file: a header that states another length, several recordings, a missing end."""

    @property
    def seconds(self) -> float:
        """Claimed length."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's sound, and what decoding it showed."""

    samples: Samples
    """48 kHz stereo."""
    info: Info
    """Of what was decoded, no longer a claim."""
    clipping: ClippingReading
    """Measured at the file's own rate, before anything else."""


def read(path: str | Path, *, limits: Limits = _DEFAULT_LIMITS) -> Samples:
    """Decode a file to 48 kHz stereo float32 of shape (2, samples).

    Mono is doubled and more channels are folded down; other rates go through soxr's VHQ resampler. Raises `NotFound`,
    `BadInput` for a folder, and `AudioRejected` with a reason of `sandbox.REMEDIES`; `Resources` when the temporary
    folder is full.
    """
    return decode(path, limits=limits).samples


def decode(path: str | Path, *, limits: Limits = _DEFAULT_LIMITS) -> Decoded:
    """As `read`, with what decoding showed."""
    with tempfile.TemporaryFile(prefix="twin-") as out:
        report = sandbox.decode(Path(path), limits, out)
        length = out.seek(0, os.SEEK_END) // (4 * CHANNELS)
        samples = np.zeros((CHANNELS, 0), np.float32)
        if length:
            # The file has no name any more, so the array that is mapped from it is ours alone, and is never in memory twice.
            samples = np.asarray(np.memmap(out, "<f4", "r+", shape=(CHANNELS, length)))
    return Decoded(samples, _info(report), _clipping(report["clipping"]))


def info(path: str | Path, *, limits: Limits = _DEFAULT_LIMITS) -> Info:
    """The header of a file, read in the child too. Raises as `read` does."""
    return inspect(path, limits=limits)[0]


def inspect(path: str | Path, *, limits: Limits = _DEFAULT_LIMITS) -> tuple[Info, HeadTags]:
    """The header and the tags of a file, read in the child. Raises as `read` does."""
    report = sandbox.decode(Path(path), limits, None)
    tags = report["tags"]
    return _info(report), HeadTags(**{**tags, "notes": tuple(tags["notes"])})


def _clipping(report: dict[str, Any]) -> ClippingReading:
    passages = tuple(FlatPassage(**one) for one in report["passages"])
    return ClippingReading(**{**report, "passages": passages})


def _info(report: dict[str, Any]) -> Info:
    said = report["info"]
    return Info(**{**said, "notes": tuple(said["notes"])})


def write(path: str | Path, samples: NDArray[Any], *, subtype: Subtype | None = None, kbps: int = 320) -> Path:
    """Write `samples` (2, n) at 48 kHz to `path`, the format by its suffix: .flac, .wav, .mp3 or .ogg.

    FLAC and WAV are 24-bit unless `subtype` says otherwise. The file appears whole or not at all, and the same samples
    give the same bytes. Raises `BadInput` (NaN, wrong shape, unknown suffix, unwritable folder), `NotFound` (no such
    folder), `Resources` (disk full).
    """
    target = Path(path)
    data = encode(samples, format_of(target), subtype=subtype, kbps=kbps)
    check_parent(target)
    return write_whole(target, data)


def format_of(path: Path) -> Format:
    """The format that `path`'s suffix names. Raises `BadInput` for any other."""
    suffix = path.suffix.lower().removeprefix(".")
    for kind in get_args(Format):
        if suffix == kind:
            found: Format = kind
            return found
    raise BadInput(f"cannot write {path.name!r}: unknown suffix", remedy="end the name with ." + ", .".join(FORMATS))


def check_parent(path: Path) -> None:
    """Raise `NotFound` unless the folder that `path` names is there: a mistyped folder is not made."""
    if not path.parent.is_dir():
        raise NotFound(f"no folder {path.parent}", remedy="make the folder first")
