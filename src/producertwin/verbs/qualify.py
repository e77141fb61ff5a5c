"""`qualify`: what a variant can be relied on for on this device, and the settings that are used for it from then on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..disk import write_json, write_whole
from ..errors import BadInput
from ..progress import Steps, note
from ..recipe import Record
from .qualified import RECORD, folder_of

if TYPE_CHECKING:
    from ..evaluation.qualify.judging import Qualification
    from .studio import Studio


class QualifyVariantPlan(Record):
    """What is qualified, and how thoroughly."""

    variant: str
    """A variant, or a folder of weights."""
    songs: int = 2
    """Songs of the band that the sweep begins from: 1 takes half as long, 2 is surer."""
    seconds: float = 10.24
    """Length of each take, 6 to 60 s."""
    again: bool = False
    """Play everything anew; else what was read before counts."""


@dataclass(frozen=True, slots=True)
class Qualified:
    """A qualification, and its page."""

    found: Qualification
    page: Path


def qualify(plan: QualifyVariantPlan, studio: Studio) -> Steps[Qualified]:
    """Probe a variant, write its settings and its page into the studio, and use the settings from then on.

    A stopped run goes on where it was. Raises `BadInput` for songs or seconds out of range, and as loading the variant does.
    """
    from ..evaluation.qualify import judging, playing
    from ..evaluation.qualify.page import build_page
    from ..model.machine import describe_machine

    if not (1 <= plan.songs <= 2 and 6.0 <= plan.seconds <= 60.0):
        raise BadInput("songs or seconds are out of range", remedy="1 or 2 songs of 6 to 60 seconds")
    instrument = yield from studio.load_instrument(plan.variant)
    device = describe_machine(instrument.device).device
    folder = folder_of(plan.variant, studio.settings)
    readings = folder / f"{instrument.revision.removeprefix('b2:')[:16]}-{plan.songs}-{plan.seconds:g}"
    if plan.again:
        (readings / playing.READINGS).unlink(missing_ok=True)
    probes = playing.probes_of(instrument, playing.QualifyPlan(songs=plan.songs, seconds=plan.seconds))
    found = judging.judge(plan.variant, instrument.revision, device, (yield from playing.run_probes(probes, readings)))
    write_json(folder / RECORD, found.model_dump(mode="json"))
    page = write_whole(folder / "page.html", build_page(found).encode())
    studio.refresh_card(plan.variant)
    yield note(f"used for {plan.variant} from now on, where nobody says otherwise: {tell_settings(found)}")
    return Qualified(found, page)


def tell_settings(found: Qualification) -> str:
    """The settings in words."""
    from ..evaluation.qualify.page import settings_rows

    return ", ".join(f"{name} {value:g}" for name, value in settings_rows(found) if value is not None) or "nothing new"
