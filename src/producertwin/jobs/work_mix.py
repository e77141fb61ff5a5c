"""Jobs of the desk: `mix` plays stems through one, `desk` has the rules set one."""

from __future__ import annotations

from collections.abc import Sequence

from ..pipeline.sound_stages import Mix
from ..progress import Kept, Steps
from ..verbs import desk_mix
from ..verbs.studio import Studio
from .records import Outcome, Thing
from .works import Work, check_only


def mix_work() -> Work[Mix]:
    """The entry of `mix`: one take."""
    return Work("mix", Mix, "cpu", _mix, check_only(desk_mix.plan_mix))


def desk_work() -> Work[desk_mix.DraftPlan]:
    """The entry of `desk`: a draft."""
    return Work("desk", desk_mix.DraftPlan, "cpu", _draft, check_only(desk_mix.plan_draft))


def _mix(plan: Mix, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    """Play it; an attempt that was ended behind its take does not play again."""
    if kept:
        return Outcome(text=kept[-1].unit, takes=kept[-1].takes)
    take = yield from desk_mix.play_mix(plan, studio)
    told = f"a mix of {len(plan.inputs)} stems, {take.seconds:.1f} s"
    yield Kept(told, (take.id,))
    return Outcome(text=told, takes=(take.id,))


def _draft(plan: desk_mix.DraftPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
    draft = yield from desk_mix.draft_desk(plan, studio)
    return Outcome(text=f"{len(draft.desk.moves)} moves", things=(Thing(kind="desk", id=draft.id),))
