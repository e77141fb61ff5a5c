"""`twin models`: list, fetch, check and convert the variants of the instrument, and its planners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..progress import Progress, Steps
from ..recipe import Record
from .studio import Studio

if TYPE_CHECKING:
    from ..model.planner.catalogue import PlannerModel
    from ..model.presence import PlannerStatus, Status
    from ..model.variants.catalogue import Variant
    from ..model.variants.downloads import Check

__all__ = [
    "CheckPlan",
    "ConvertPlan",
    "PullPlan",
    "check",
    "convert",
    "is_planner",
    "list_models",
    "list_planners",
    "plan_convert",
    "plan_pull",
    "pull",
]


class PullPlan(Record):
    """Which variant is fetched."""

    variant: str
    """Name of a variant or planner."""


class CheckPlan(Record):
    """Which variant is checked."""

    variant: str
    """Name of a variant or planner, or a folder of weights."""


class ConvertPlan(Record):
    """Which checkpoint is converted, and where to."""

    checkpoint: str
    """A fetched variant, or the folder of an original ACE-Step checkpoint."""
    into: Path | None = None
    """Folder to write; the studio's models when absent."""


def list_models(studio: Studio) -> tuple[Status, ...]:
    """The variants: what each can do, how large it is, and whether it is here."""
    from ..model.variants import catalogue

    return tuple(catalogue.status(studio.settings))


def list_planners(studio: Studio) -> tuple[PlannerStatus, ...]:
    """The planners: how large each is, and whether it is here."""
    from ..model.planner import catalogue

    return tuple(catalogue.status(studio.settings))


def is_planner(name: str) -> bool:
    """Whether `name` is a planner's, and not a variant's."""
    from ..model.planner import catalogue

    return catalogue.is_planner(name)


def pull(plan: PullPlan, studio: Studio) -> Steps[Path]:
    """Fetch the weights of a variant or planner and return their folder. Raises as `model.variants.downloads.pull` does."""
    from ..model.planner import downloads as planners
    from ..model.variants import downloads

    if is_planner(plan.variant):
        return (yield from planners.pull(plan.variant, studio.settings))
    return (yield from downloads.pull(plan.variant, studio.settings))


def plan_pull(plan: PullPlan) -> Variant | PlannerModel:
    """The variant or planner that would be fetched, with its sources. Raises `BadInput` for an unknown one."""
    from ..model.planner import catalogue as planners
    from ..model.variants import catalogue

    return planners.find(plan.variant) if is_planner(plan.variant) else catalogue.find(plan.variant)


def check(plan: CheckPlan, studio: Studio) -> Steps[Check]:
    """Read the files of a variant or planner and compare them with their checksums. Raises as their `downloads.check` do."""
    from ..model.planner import downloads as planners
    from ..model.variants import downloads

    yield Progress("check", 0, 1)
    one = planners.check if is_planner(plan.variant) else downloads.check
    found = one(plan.variant, studio.settings)
    yield Progress("check", 1, 1)
    return found


def convert(plan: ConvertPlan, studio: Studio) -> Steps[Path]:
    """Write an original ACE-Step checkpoint in diffusers' layout and return its folder.

    Raises `BadInput` for a planner, and as `model.variants.downloads.convert` does.
    """
    from ..model.variants import downloads

    _refuse_planner(plan.checkpoint)
    return (yield from downloads.convert(plan.checkpoint, studio.settings, plan.into))


def plan_convert(plan: ConvertPlan, studio: Studio) -> Path:
    """The folder that would be written. Raises as `convert` does for what is no checkpoint or is not here."""
    from ..model.variants import downloads

    _refuse_planner(plan.checkpoint)
    return plan.into or downloads.find_original(plan.checkpoint, studio.settings).target


def _refuse_planner(name: str) -> None:
    if is_planner(name):
        raise BadInput(f"{name} is a planner, which is used as it was fetched", remedy="nothing is to be done: twin models check")
