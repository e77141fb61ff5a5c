"""References of an album, read in a process of its own: reading them needs torch, which is never imported here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ...agent.reference_reading import read_references
from ...progress import finish
from ...settings import Settings
from ...verbs.studio import open_studio
from ...workers import pool

if TYPE_CHECKING:
    from ...agent.references import Reference
    from .attached import Attached

_ONE_AT_A_TIME: Final = threading.Lock()
_Asked = tuple[tuple[str, ...], tuple[str, ...], Settings]


def read_like(names: Sequence[str], twins: Sequence[str], attached: Attached) -> tuple[Reference, ...]:
    """What is read of takes and uploaded sounds. Raises `NotFound` as `Readings.find` does, and as `read_references` does."""
    if not names:
        return ()
    found = tuple(attached.here.readings.find(name)[0] for name in names)
    with _ONE_AT_A_TIME, pool(1, apart=True) as processes:
        return next(processes.map(_read, [(found, tuple(twins), attached.settings)]))


def _read(asked: _Asked) -> tuple[Reference, ...]:
    names, twins, settings = asked
    with open_studio(settings) as studio:  # nothing is kept: all of them are in the studio
        return finish(read_references(names, studio, adapters=twins, keep=False))
