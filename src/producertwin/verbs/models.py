"""`twin models`: list, fetch, check and convert the variants of the instrument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import Progress, Steps
from ..recipe import Record
from .studio import Studio

if TYPE_CHECKING:
    from ..model.variants.catalogue import Status, Variant
    from ..model.variants.downloads import Check

__all__ = ["CheckPlan", "ConvertPlan", "PullPlan", "check", "convert", "list_models", "plan_convert", "plan_pull", "pull"]


class PullPlan(Record):
    """Which variant is fetched."""

    variant: str
    """Name of a variant."""


class CheckPlan(Record):
    """Which variant is checked."""

    variant: str
    """Name of a variant, or a folder of weights."""


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


def pull(plan: PullPlan, studio: Studio) -> Steps[Path]:
    """Fetch a variant's weights and return their folder. Raises as `model.variants.downloads.pull` does."""
    from ..model.variants import downloads

    return (yield from downloads.pull(plan.variant, studio.settings))


def plan_pull(plan: PullPlan) -> Variant:
    """The variant that would be fetched, with its sources. Raises `BadInput` for an unknown one."""
    from ..model.variants import catalogue

    return catalogue.find(plan.variant)


def check(plan: CheckPlan, studio: Studio) -> Steps[Check]:
    """Read a variant's files and compare them with their checksums. Raises as `model.variants.downloads.check`."""
    from ..model.variants import downloads

    yield Progress("check", 0, 1)
    found = downloads.check(plan.variant, studio.settings)
    yield Progress("check", 1, 1)
    return found


def convert(plan: ConvertPlan, studio: Studio) -> Steps[Path]:
    """Write an original ACE-Step checkpoint in diffusers' layout and return its folder.

    Raises as `model.variants.downloads.convert`.
    """
    from ..model.variants import downloads

    return (yield from downloads.convert(plan.checkpoint, studio.settings, plan.into))


def plan_convert(plan: ConvertPlan, studio: Studio) -> Path:
    """The folder that would be written."""
    return plan.into or studio.settings.models / Path(plan.checkpoint).name.removeprefix("acestep-v15-")
