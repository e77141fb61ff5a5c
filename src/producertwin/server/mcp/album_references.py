"""References of an album, read in a process of its own: reading them needs torch, which is never imported here."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from ...agent.reference_reading import read_references
from ...errors import BadInput, NotFound, Resources
from ...progress import finish
from ...settings import Settings
from ...verbs.studio import open_studio
from ...workers import pool
from ..readings import Readings
from .arguments import wrong_arguments

if TYPE_CHECKING:
    from ...agent.references import Reference

LISTS = "name takes and uploaded sounds by the ids of list_takes and list_assets"
_Asked = tuple[str, tuple[str, ...], Settings]


class ReadingsApart(Readings):
    """What was read of songs, each by a process of its own."""

    def hear(self, subject: str, adapters: Sequence[str]) -> Reference:
        """As `Readings.hear`; raises `Resources` where the process ends before it is done."""
        try:
            with pool(1, apart=True) as processes:
                return next(processes.map(_read, [(subject, tuple(adapters), self.studio.settings)]))
        except BrokenProcessPool:
            message = "what reads songs was ended by the system before it was done, as it is where memory runs out"
            raise Resources(message, remedy="wait until jobs end, or ask the user to free memory; then call again") from None


def read_like(names: Sequence[str], twins: Sequence[str], readings: Readings) -> tuple[Reference, ...]:
    """What is read of takes and uploaded sounds. Raises as `Readings.read` does, and `NotFound` for one that is not there."""
    for place, name in enumerate(names):
        try:
            readings.find(name)
        except NotFound as error:
            raise NotFound(f"like.{place}: {error.message}", remedy=LISTS) from None
        except BadInput as error:
            raise wrong_arguments([f"like.{place}: {error.message}"], LISTS) from None
    return readings.read(names, twins)


def _read(asked: _Asked) -> Reference:
    subject, twins, settings = asked
    with open_studio(settings) as studio:  # nothing is kept: it is in the studio
        [found] = finish(read_references((subject,), studio, adapters=twins, keep=False))
        return found
