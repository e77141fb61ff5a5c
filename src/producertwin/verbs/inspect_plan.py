"""What `twin inspect` is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..pipeline.fields import Text
from ..recipe import Record

if TYPE_CHECKING:
    from ..quality.audiobox import Aesthetic
    from ..quality.report import Report


class InspectPlan(Record):
    """What is inspected, beside what, and where the report goes."""

    subject: Text
    """A sound file, or a take: its id or the beginning of it."""
    reference: tuple[Path, ...] = ()
    """Sound files, or folders of them, that it is to stand beside; the producer's own tracks, say."""
    stems: Path | None = None
    """Folder of its stems, called drums, bass, vocals and so on; each gets a report of its own."""
    separate: Literal["extract", "demucs"] | None = None
    """Take stems out of the sound and give each a report of its own: by the instrument's own extract stage, or by Demucs."""
    variant: str = Field("nano", min_length=1)
    """Who extracts: nano, or a variant or folder known to `twin models list`."""
    aesthetics: bool = False
    """Have AudioBox judge it too, by its command audio-aes: four axes, each with its interval."""
    style: str | None = None
    """Style it is meant to be in, which says what belongs to it; a take's own when absent."""
    bpm: float | None = Field(None, ge=20.0, le=400.0)
    """Tempo it was meant to have; a take's own when absent."""
    key: str | None = None
    """Key it was meant to have, such as "D minor"; a take's own when absent."""
    loop: bool = False
    """Whether its end is to meet its beginning."""
    out: Path | None = None
    """Page (.html) or picture (.png) to write."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A report, those of the stems, and what was written."""

    subject: str
    take: str | None
    rate: int
    """Samples per second of the file."""
    channels: int
    reference: str
    """What balance was judged by."""
    report: Report
    stems: tuple[Report, ...] = ()
    aesthetics: tuple[Aesthetic, ...] = ()
    """What AudioBox says, where it was asked."""
    files: tuple[Path, ...] = ()
