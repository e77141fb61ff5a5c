"""Reports that are kept: what `inspect` found in a take, a track or an upload, made once and read again.

STUDIO/cache/reports/ID.json is one report. Its id is a hash of what was inspected, what it was held against, and `VERSION` of the
report: the same question again is the same report, and the folder may be removed at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from ..disk import write_whole
from ..errors import NotFound
from ..quality.report import VERSION, Report
from ..recipe import short_id
from .inspect import Inspection, InspectPlan
from .kept_json import read_json, write_json
from .opened_sound import Meant, asset_of
from .studio import Studio

FOLDER: Final = "cache/reports"
SubjectKind = Literal["take", "track", "asset", "file"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was inspected."""

    kind: SubjectKind
    id: str
    """Of the take, track or asset; the hash of where a file lies."""
    name: str
    """What it is called."""


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report, and what it is about."""

    id: str
    subject: Subject
    created: datetime
    rate: int
    """Samples per second as it came."""
    channels: int
    """Channels as it came."""
    meant: Meant
    """What was said that it was meant to be."""
    reference: str
    """What balance was judged by."""
    report: Report


def name_report(subject: Subject, meant: Meant = Meant(), references: Sequence[str] = ()) -> str:
    """The id of the report on a subject; `references` are the contents that it stands beside."""
    said = {"style": meant.style, "bpm": meant.bpm, "key": meant.key, "loop": meant.loop}
    asked = {"kind": subject.kind, "subject": subject.id, **said, "references": sorted(references), "version": VERSION}
    return short_id(asked, person=b"report")


def keep_report(report: KeptReport, studio: Studio) -> KeptReport:
    """Write a report where it is found again."""
    write_whole(_path(report.id, studio), write_json(report))
    return report


def find_report(key: str, studio: Studio) -> KeptReport | None:
    """The report with the id `key`; None where it was not made, or cannot be read."""
    if not key.isalnum():
        return None
    try:
        return read_json(KeptReport, _path(key, studio).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def read_report(key: str, studio: Studio) -> KeptReport:
    """The report with the id `key`. Raises `NotFound`."""
    found = find_report(key, studio)
    if found is None:
        raise NotFound(f"no report {key[:40]!r}", remedy="inspect the sound again")
    return found


def keep_inspection(done: Inspection, plan: InspectPlan, studio: Studio) -> KeptReport:
    """Keep what `inspect` found."""
    asset = asset_of(Path(plan.subject), studio.settings.studio)
    if done.take is not None:
        subject = Subject("take", done.take, done.subject)
    elif asset is not None:
        subject = Subject("asset", asset, done.subject)
    else:
        subject = Subject("file", short_id(str(Path(plan.subject).absolute())), done.subject)
    meant = Meant(plan.style, plan.bpm, plan.key, plan.loop)
    name = name_report(subject, meant, [str(path) for path in plan.reference])
    now = studio.library.takes.clock()
    return keep_report(KeptReport(name, subject, now, done.rate, done.channels, meant, done.reference, done.report), studio)


def _path(key: str, studio: Studio) -> Path:
    return studio.settings.studio / FOLDER / f"{key}.json"
