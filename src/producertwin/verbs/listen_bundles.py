"""`twin listen prepare --bundles`: two bundles, or two variants, play the same prompts with the same seeds for a blind test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..errors import BadInput
from ..listening.plan import ListeningPlan
from ..pipeline.stages import Generate, Play, Prompt
from ..progress import Steps, note
from ..recipe import Record
from ..wording import plural
from .listen import PreparePlan, prepare
from .make import make

if TYPE_CHECKING:
    from ..listening.prepare import PreparedTest
    from .studio import Studio

__all__ = ["BundlesPlan", "check_bundles", "list_stages", "prepare_bundles"]

LEADING: Final = 2.0
"""Seconds that every take is longer than what is heard of it: a silent beginning is cut off."""

_DIFFER: Final = "give two that differ, such as two precisions"


class BundlesPlan(Record):
    """Which two are held against each other, and how."""

    bundles: tuple[str, str]
    """Two variants, or folders that `twin export` wrote."""
    test: ListeningPlan = Field(default_factory=ListeningPlan)
    """The blind test; each of its pairs is one prompt and one seed, played by both."""


def list_stages(plan: BundlesPlan, variant: str) -> Iterator[Generate]:
    """What `variant` plays: the captions of the band's styles in turn, each with a seed of its own.

    No guide is laid under them: it would be the same on both sides, and hide what is asked.
    """
    from ..house_band.styles import STYLES

    styles = list(STYLES.values())
    for place in range(plan.test.trials):
        style = styles[place % len(styles)]
        yield Generate(
            prompt=Prompt(caption=", ".join((*style.base_tags, *style.instruments[:3], *style.moods[:1]))),
            seconds=plan.test.begin + plan.test.seconds + LEADING,
            guide="none",
            play=Play(variant=variant, seed=plan.test.seed + place),
        )


def check_bundles(asked: BundlesPlan, studio: Studio) -> None:
    """Raise `NotFound` or `Unavailable` for a bundle that is not there, `BadInput` for one that stands on both sides."""
    first, second = asked.bundles
    for variant in asked.bundles:
        studio.read_card(variant)
    if first == second:
        raise BadInput(f"{first} stands on both sides", remedy=_DIFFER)


def prepare_bundles(plan: BundlesPlan, studio: Studio) -> Steps[PreparedTest]:
    """Let both play every prompt, then prepare the test from their takes, which stay in the library.

    Raises `BadInput` for two that hold the same weights, and as `make` and `listen.prepare` do.
    """
    check_bundles(plan, studio)
    first, second = plan.bundles
    revisions = []
    for variant in plan.bundles:
        revisions.append((yield from studio.load_player(variant)).revision)
    if revisions[0] == revisions[1]:
        raise BadInput(f"{first} and {second} hold the same weights", remedy=_DIFFER)
    sides = []
    for variant in plan.bundles:
        takes = []
        for stage in list_stages(plan, variant):
            takes += [one.take.id for one in (yield from make(stage, studio))]
        yield note(f"{variant}: {plural(len(takes), 'take')}")
        sides.append(",".join(takes))
    return (yield from prepare(PreparePlan(twin=sides[0], other=sides[1], test=plan.test), studio))
