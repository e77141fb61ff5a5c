"""The job `stems`: a song handed over to a workstation, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Kept, Steps
from ..verbs import stems
from ..verbs.studio import Studio
from .records import Outcome
from .works import Work, check_only


class StemsJob(stems.StemsPlan):
    """A hand-over, and whether it may take the place of an earlier one."""

    replace: bool = False
    """Write it in place of an earlier hand-over."""


def stems_work() -> Work[StemsJob]:
    """The entry of `stems`. It waits with what needs the instrument, which may take stems out of the sound."""
    return Work("stems", StemsJob, "gpu", _hand_over, check_only(_check))


def _check(plan: StemsJob, studio: Studio) -> Steps[stems.PlannedStems]:
    stems.check_place(plan.out, replace=plan.replace)
    return stems.plan_stems(plan, studio)


def _hand_over(plan: StemsJob, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    """Write it; an attempt that was ended behind its last file does not write again."""
    if kept:
        return Outcome(text=kept[-1].unit, files=(plan.out.absolute(),))
    done = yield from stems.stems(plan, studio, replace=plan.replace)
    told = f"{len(done.stems)} stems of {done.seconds:.2f} s, {len(done.files)} files"
    yield Kept(told)
    return Outcome(text=told, files=(done.out.absolute(),))
