"""`twin repair`: try what may mend the defects of a take or a sound file, and keep what the inspector finds better.

Plain edits come first. What they leave is played anew where a budget allows it (see `repair_stages`), and judged as edits are. A
repaired take becomes a take of the library, made from the one that was repaired; a repaired file is written beside it. What was
kept is recorded in the studio's folder `repairs` (see `repaired`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from pydantic import Field, field_validator

from ..errors import BadInput
from ..pipeline.fields import Text
from ..progress import Steps
from ..recipe import Record
from ..timebase import SAMPLE_RATE
from .opened_sound import Meant, OpenedSound, asset_of, check_subject, find_asked, open_sound
from .repair_stages import Replay, play_anew, source_of, stage_of
from .studio import Studio

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take, TakeDraft
    from ..pipeline.stages import Stage
    from ..quality.detectors.catalogue import Asked
    from ..quality.detectors.defect import Defect
    from ..quality.repair.trying import Attempt, Repaired
    from .repaired import RepairStage

__all__ = ["Proposal", "RepairPlan", "RepairResult", "plan_repair", "propose", "repair", "repair_again"]

_OF_TAKES: Final = 2
_LONGEST: Final = 1_200.0
"""Seconds of a sound that is repaired; a longer one is refused by its header, before it is decoded."""


class RepairPlan(Record):
    """What is repaired, how, and where the result goes."""

    subject: Text
    """A sound file, or a take: its id or the beginning of it."""
    only: tuple[str, ...] = ()
    """Kind of defect to repair, such as click; may be repeated. All kinds when absent."""
    at: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()
    """Second at which a defect to repair lies; may be repeated. Everywhere when absent."""
    budget: int | None = Field(None, ge=0, le=50)
    """Most stages (repaints, covers, stems) to play; 2 for a take and none for a file when absent."""
    style: str | None = None
    """Style it is meant to be in, which says what belongs to it; a take's own when absent."""
    loop: bool = False
    """Whether its end is to meet its beginning."""
    variant: str | None = None
    """The instrument that repaints; the one that made the take, or nano, when absent."""
    out: Path | None = None
    """Sound file to write; NAME.repaired.flac in this folder for a file when absent. A take becomes a new take in any case."""

    @field_validator("only")
    @classmethod
    def _are_kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from ..quality.detectors.defect import REPAIRABLE

        for kind in value:
            if kind not in REPAIRABLE:
                raise BadInput(f"{kind!r} is no kind that can be repaired", remedy=f"one of {', '.join(sorted(REPAIRABLE))}")
        return value

    @property
    def only_edits(self) -> bool:
        """Whether it plays nothing anew and needs no instrument: its budget is 0, or it repairs a file and states none."""
        return Path(self.subject).is_file() if self.budget is None else self.budget == 0


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
    take: str | None = None
    """Id of the repaired take, where a take was repaired."""
    asset: str | None = None
    """Id of the repaired asset, where one was repaired."""
    out: Path | None = None
    """The file that was written."""
    repair: str | None = None
    """Id of the record of the repair; None where nothing was kept, and nothing written."""

    @property
    def is_better(self) -> bool:
        """Whether anything was better."""
        return any(one.kept for one in self.attempts)


def plan_repair(plan: RepairPlan, studio: Studio) -> tuple[Path, ...]:
    """The files that `repair` would write; refuses what it would refuse, as far as that is known without decoding."""
    from ..audio import files

    check_subject(plan.subject, Meant(plan.style), studio)
    out = _out(plan, studio)
    if out is None:
        return ()
    files.format_of(out)
    files.check_parent(out)
    return (out,)


def _out(plan: RepairPlan, studio: Studio) -> Path | None:
    subject = Path(plan.subject)
    if plan.out is not None or not subject.is_file() or asset_of(subject, studio.settings.studio) is not None:
        return plan.out
    return Path(f"{subject.stem}.repaired.flac")


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
    """Repair the subject of `plan`, and keep the result where anything is better: as a take, as an asset, or as a file.

    Raises `NotFound` for a subject that is not there, `AudioRejected` for a file that is no sound or lasts more than
    20 minutes, `BadInput` for an output that cannot be written, and as `edit` does where stages are played.
    """
    from .repaired import keep_repair

    plan_repair(plan, studio)
    begun = time.perf_counter()
    opened, asked = yield from _open(plan, studio)
    sound = np.ascontiguousarray(opened.decoded.samples)
    done = yield from _mend(plan, opened, asked, studio)
    scores = (done.score_before, done.score_after)
    result = RepairResult(opened.name, *scores, done.attempts, done.before, done.after, done.changed_seconds, done.cut_seconds)
    if not result.is_better:
        return result
    record = keep_repair(opened, _stage(plan, opened, done), (sound, done), begun, studio)
    out = _out(plan, studio)
    return replace(
        result,
        take=record.after if record.kind == "take" else None,
        asset=record.after if record.kind == "asset" else None,
        out=None if out is None else _write(out, done.sound),
        repair=record.id,
    )


def repair_again(take: Take, studio: Studio) -> Steps[TakeDraft]:
    """The repaired take `take` made again from its record, not stored: the same edits of the same sound.

    Raises `BadInput` where regions were played anew, and `NotFound` where the take that was repaired is gone.
    """
    from .repaired import RepairStage, draft_of

    stage = RepairStage.model_validate(take.stage)
    if not stage.is_edits:
        raise BadInput(f"a part of take {take.id} was played anew", remedy=f"repair {stage.source} again")
    begun = time.perf_counter()
    fields = {name: getattr(stage, name) for name in ("only", "at", "style", "loop")}
    plan = RepairPlan(subject=stage.source, budget=0, **fields)
    opened, asked = yield from _open(plan, studio)
    assert opened.take is not None, "a repaired take was made from a take"
    done = yield from _mend(plan, opened, asked, studio)
    return draft_of(opened.take, stage, done, begun)


def _mend(plan: RepairPlan, opened: OpenedSound, asked: Asked, studio: Studio) -> Steps[Repaired]:
    """Edits, then stages as far as the budget goes. What is outside of the stretches is as it was."""
    from ..quality.repair import trying

    sound = np.ascontiguousarray(opened.decoded.samples)
    done = yield from trying.repair_in_steps(sound, asked, plan.only, at=plan.at)
    replay = Replay(opened, asked, partial(_is_wanted, plan=plan), plan.variant, chosen=plan.budget is not None)
    done = yield from play_anew(done, replay, _budget(plan, opened), studio)
    if any(one.kept for one in done.attempts) and not trying.is_untouched(sound, done):
        raise AssertionError("a repair changed samples outside its stretches")
    return done


def _budget(plan: RepairPlan, opened: OpenedSound) -> int:
    return plan.budget if plan.budget is not None else _OF_TAKES * (opened.take is not None)


def _open(plan: RepairPlan, studio: Studio) -> Steps[tuple[OpenedSound, Asked]]:
    opened = yield from open_sound(plan.subject, studio, _LONGEST)
    return opened, find_asked(opened, Meant(plan.style, loop=plan.loop), [])


def _is_wanted(defect: Defect, plan: RepairPlan) -> bool:
    from ..quality.repair.trying import lies_at

    return defect.severity != "info" and (not plan.only or defect.kind in plan.only) and lies_at(defect, plan.at)


def _stage(plan: RepairPlan, opened: OpenedSound, done: Repaired) -> RepairStage:
    """The stage of the take that comes of a repair."""
    from .repaired import RepairStage

    take = opened.take
    mended = dict.fromkeys(f"{one.kind}: {one.candidate}" for one in done.attempts if one.kept)
    said = {name: getattr(plan, name) for name in ("only", "at", "style", "loop", "variant")}
    source, content = (opened.name, None) if take is None else (take.id, take.audio)
    return RepairStage(source=source, source_hash=content, budget=_budget(plan, opened), mended=tuple(mended), **said)


def _write(out: Path, sound: Samples) -> Path:
    from ..audio import files
    from ..audio.encoding import Subtype

    subtype: Subtype | None = "FLOAT" if out.suffix.lower() == ".wav" and float(np.abs(sound).max()) > 1 else None
    return files.write(out, sound, subtype=subtype)
