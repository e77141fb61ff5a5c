"""Jobs of releases that lie in the studio: `release` makes one of a twin, `check-release` checks one again."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Kept, Steps
from ..verbs import releases
from ..verbs.release import plan_release
from ..verbs.studio import Studio
from ..wording import plural, plural_are
from .records import Outcome, Queue, Thing
from .works import Work, check_only


def release_work() -> Work[releases.KeepReleasePlan]:
    """The entry of `release`. Weights are merged by the instrument; without them it needs none."""

    def choose(plan: releases.KeepReleasePlan) -> Queue:
        return "gpu" if plan.merged else "cpu"

    return Work("release", releases.KeepReleasePlan, "cpu", _make, _settle, choose=choose)


def check_work() -> Work[releases.CheckReleasePlan]:
    """The entry of `check-release`. It fails where the release is not what it says, and names every fault."""

    def check(plan: releases.CheckReleasePlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        done = yield from releases.check_kept_release(plan, studio)
        return Outcome(text=f"{plural_are(done.files, 'file')} what the release says; {done.looked}", things=_name(plan.release))

    def choose(plan: releases.CheckReleasePlan) -> Queue:
        return "gpu" if plan.replay else "cpu"

    def find(plan: releases.CheckReleasePlan, studio: Studio) -> releases.KeptRelease:
        return releases.get_release(plan.release, studio)

    return Work("check-release", releases.CheckReleasePlan, "gpu", check, check_only(find), choose=choose)


def _settle(plan: releases.KeepReleasePlan, studio: Studio) -> Steps[releases.KeepReleasePlan]:
    """Check as `plan_release` does, and draw the id, so that every attempt makes the same release."""
    yield from check_only(plan_release)(plan, studio)
    return releases.settle_release(plan)


def _make(plan: releases.KeepReleasePlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
    """Make it; an attempt that was ended behind it does not make it again."""
    name = plan.release or ""
    if releases.place_of(name, studio).is_dir():
        return Outcome(text=f"release {name}", things=_name(name))
    done = yield from releases.keep_release(plan, studio)
    return Outcome(text=f"{plural(len(done.dossier.takes), 'take')}, {done.bytes / 1e6:.1f} MB", things=_name(name))


def _name(release: str) -> tuple[Thing, ...]:
    return (Thing(kind="release", id=release),)
