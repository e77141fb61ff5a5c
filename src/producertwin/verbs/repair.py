"""`twin repair`: try what may mend the defects of a take or a sound file, and keep what the inspector finds better.

Plain edits come first. What they leave is played anew where a budget allows it (see `repair_stages`), and judged as edits are.
What was kept is stored as a pair, before and after, in the studio's folder `repairs`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import Field, field_validator

from ..errors import BadInput
from ..pipeline.fields import Text
from ..progress import Steps
from ..recipe import Record
from ..timebase import SAMPLE_RATE
from .opened_sound import Meant, OpenedSound, find_asked, open_sound
from .repair_stages import Replay, play_anew, source_of, stage_of
from .studio import Studio

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..pipeline.stages import Stage
    from ..quality.detectors.catalogue import Asked
    from ..quality.detectors.defect import Defect
    from ..quality.repair.trying import Attempt, Repaired

__all__ = ["Proposal", "RepairPlan", "RepairResult", "plan_repair", "propose", "repair"]

PAIRS: Final = "repairs"
_OF_TAKES: Final = 2
_LONGEST: Final = 1_200.0


class RepairPlan(Record):
    """What is repaired, how, and where the result goes."""

    subject: Text
    """A sound file, or a take: its id or the beginning of it."""
    only: tuple[str, ...] = ()
    """Kind of defect to repair, such as click; may be repeated. All kinds when absent."""
    budget: int | None = Field(None, ge=0, le=50)
    """Most stages (repaints, covers, stems) to play; 2 for a take and none for a file when absent."""
    style: str | None = None
    """Style it is meant to be in, which says what belongs to it; a take's own when absent."""
    loop: bool = False
    """Whether its end is to meet its beginning."""
    variant: str | None = None
    """The instrument that repaints; the one that made the take, or nano, when absent."""
    out: Path | None = None
    """Sound file to write; NAME.repaired.flac in this folder when absent."""

    @field_validator("only")
    @classmethod
    def _are_kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from ..quality.detectors.defect import REPAIRABLE

        for kind in value:
            if kind not in REPAIRABLE:
                raise BadInput(f"{kind!r} is no kind that can be repaired", remedy=f"one of {', '.join(sorted(REPAIRABLE))}")
        return value


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may be done about one defect."""

    defect: Defect
    edits: tuple[str, ...]
    """Plain edits by name, in the order in which they are tried."""
    stage: Stage | None
    """The stage that would play it anew."""


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What was tried and kept."""

    subject: str
    score_before: float
    score_after: float
    attempts: tuple[Attempt, ...]
    before: tuple[Defect, ...]
    after: tuple[Defect, ...]
    changed_seconds: float
    """Length of the stretches in which samples differ; all others are as they were."""
    cut_seconds: float
    """What was cut off before the beginning."""
    out: Path | None
    """None where nothing was kept, and nothing written."""
    pair: Path | None = None
    """Folder of the stored pair."""


def plan_repair(plan: RepairPlan) -> tuple[Path, ...]:
    """What `repair` would write."""
    return (_out(plan),)


def _out(plan: RepairPlan) -> Path:
    return plan.out or Path(f"{Path(plan.subject).stem}.repaired.flac")


def propose(plan: RepairPlan, studio: Studio) -> Steps[tuple[Proposal, ...]]:
    """What may be done about every defect of the subject; nothing is done. Raises as `open_sound` does."""
    from ..quality.detectors.catalogue import detect
    from ..quality.repair.candidates import CANDIDATES
    from ..quality.repair.candidates import propose as propose_stages

    opened, asked = yield from _open(plan, studio)
    found = [one for one in detect(opened.decoded.samples, asked, opened.decoded.clipping).defects if _is_wanted(one, plan)]
    seconds = opened.decoded.samples.shape[1] / SAMPLE_RATE
    proposed = propose_stages(found, source_of(opened), seconds=seconds, made_by=stage_of(opened))
    stages = {id(defect): stage for defect, stage in proposed}
    return tuple(
        Proposal(one, tuple(candidate.name for candidate in CANDIDATES.get(one.kind, ())), stages.get(id(one))) for one in found
    )


def repair(plan: RepairPlan, studio: Studio) -> Steps[RepairResult]:
    """Repair the subject of `plan`, and write the result where anything was kept.

    Raises `NotFound` for a subject that is not there, `AudioRejected` for a file that is no sound, `BadInput` for one that is too
    long or an output that cannot be written, and as `edit` does where stages are played.
    """
    from ..audio import files
    from ..quality.repair import trying

    out = _out(plan)
    files.format_of(out)
    files.check_parent(out)
    opened, asked = yield from _open(plan, studio)
    sound = np.ascontiguousarray(opened.decoded.samples)
    seconds = sound.shape[1] / SAMPLE_RATE
    if seconds > _LONGEST:
        raise BadInput(f"{opened.name} lasts {seconds / 60:.0f} minutes", remedy="cut it into parts of at most 20 minutes first")
    done = trying.repair(sound, asked, plan.only)
    budget = plan.budget if plan.budget is not None else _OF_TAKES * (opened.take is not None)
    replay = Replay(opened, asked, plan.only, plan.variant, chosen=plan.budget is not None)
    done = yield from play_anew(done, replay, budget, studio)
    return _finish(opened, sound, done, out, studio)


def _open(plan: RepairPlan, studio: Studio) -> Steps[tuple[OpenedSound, Asked]]:
    opened = yield from open_sound(plan.subject, studio)
    return opened, find_asked(opened, Meant(plan.style, loop=plan.loop), [])


def _is_wanted(defect: Defect, plan: RepairPlan) -> bool:
    return defect.severity != "info" and (not plan.only or defect.kind in plan.only)


def _finish(opened: OpenedSound, old: Samples, done: Repaired, out: Path, studio: Studio) -> RepairResult:
    from ..audio import files
    from ..audio.encoding import Subtype
    from ..quality.repair.trying import is_untouched

    kept = any(one.kept for one in done.attempts)
    if kept and not is_untouched(old, done):
        raise AssertionError("a repair changed samples outside its stretches")
    changed = sum(last - first for first, last in done.stretches) / SAMPLE_RATE
    result = RepairResult(
        subject=opened.name,
        score_before=done.score_before,
        score_after=done.score_after,
        attempts=done.attempts,
        before=done.before,
        after=done.after,
        changed_seconds=changed,
        cut_seconds=done.start / SAMPLE_RATE,
        out=out if kept else None,
    )
    if not kept:
        return result
    subtype: Subtype | None = "FLOAT" if out.suffix.lower() == ".wav" and float(np.abs(done.sound).max()) > 1 else None
    files.write(out, done.sound, subtype=subtype)
    return replace(result, pair=_store_pair(result, opened, old, done.sound, studio))


def _store_pair(result: RepairResult, opened: OpenedSound, old: Samples, new: Samples, studio: Studio) -> Path:
    """Keep both sounds and what was done, so that a listener may be asked which is better."""
    from ..audio import files
    from ..disk import write_whole

    digest = hashlib.sha256(old.tobytes() + new.tobytes()).hexdigest()[:12]
    folder = studio.library.studio / PAIRS / f"{Path(opened.name).stem}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / "before.flac", old)
    files.write(folder / "after.flac", new)
    record: dict[str, Any] = {
        "schema": "twin.repair/1",
        "take": opened.take.id if opened.take else None,
        "score_before": result.score_before,
        "score_after": result.score_after,
        "attempts": [asdict(one) for one in result.attempts],
        "before": [asdict(one) for one in result.before],
        "after": [asdict(one) for one in result.after],
    }
    write_whole(folder / "repair.json", json.dumps(record, indent=2, allow_nan=False).encode() + b"\n")
    return folder
