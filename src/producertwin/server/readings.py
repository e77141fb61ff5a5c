"""Songs that an album is to be like, named by their ids: what is read of uploads and takes, once while the server runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..agent.reference_reading import read_references
from ..agent.references import Reference
from ..errors import BadInput, NotFound
from ..library.blobs import NAME
from ..progress import finish
from .previews import Turn

if TYPE_CHECKING:
    from ..library.assets import Assets
    from ..verbs.studio import Studio

MOST_KEPT: Final = 64
"""Readings that are kept in memory; the oldest goes first."""
PATIENCE: Final = 120.0
"""Seconds to wait while another song is read: one of ten minutes takes about a minute."""
MOST_WAITING: Final = 4
REMEDY: Final = "upload the song, or name a take by its id"


class Readings:
    """What was read of songs. Where twins play it is not kept, for they may learn from other tracks meanwhile."""

    def __init__(self, studio: Studio, assets: Assets) -> None:
        self.studio = studio
        self.assets = assets
        self._turn = Turn(PATIENCE, MOST_WAITING)  # its own: a long song takes a minute, and waveforms are shown meanwhile
        self._kept: dict[tuple[str, str], Reference] = {}  # by what is read and what it is called

    def read(self, songs: Sequence[str], adapters: Sequence[str]) -> tuple[Reference, ...]:
        """What is read of each song, each content once. Raises as `read_one` does, at `like.N`."""
        found: dict[str, Reference] = {}
        for place, song in enumerate(songs):
            one = self.read_one(song, adapters, field=f"like.{place}")
            found.setdefault(one.content, one)
        return tuple(found.values())

    def read_one(self, song: str, adapters: Sequence[str], *, field: str) -> Reference:
        """What is read of the upload or take with the id `song`.

        Raises `BadInput` that tells what is wrong with it at `field`, and `Unavailable` where others are read for too long.
        """
        try:
            subject, name = self.find(song)
        except (BadInput, NotFound) as error:
            raise _place(error.message, error.remedy or REMEDY, field) from None
        if (known := self._kept.get((subject, name))) is not None and not adapters:
            return known
        with self._turn.take():
            if (known := self._kept.get((subject, name))) is not None and not adapters:  # read while this one waited
                return known
            try:
                found = self.hear(subject, adapters)
            except (BadInput, NotFound) as error:
                raise _place(error.message.replace(subject, name), error.remedy, field) from None
            if not adapters:
                self._keep((subject, name), found)
        return found

    def hear(self, subject: str, adapters: Sequence[str]) -> Reference:
        """Read one song, in this process. Raises as `read_references` does."""
        [found] = finish(read_references((subject,), self.studio, adapters=adapters))
        return found

    def find(self, key: str) -> tuple[str, str]:
        """What is read in the place of an id: the file of an upload, or the whole id of a take; and what it is called.

        Raises `NotFound` for what is neither, and for a take without a sound.
        """
        if NAME.fullmatch(key):
            asset = self.assets.get(key)
            return str(self.assets.content(asset)), asset.name or "the upload"
        take = self.studio.library.takes.get(key)
        if not self.studio.library.takes.has_sound(take):
            raise NotFound(f"take {take.id} was kept as latents", remedy="play it first, which decodes it")
        return take.id, take.id

    def _keep(self, subject: tuple[str, str], found: Reference) -> None:
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[subject] = found


def _place(message: str, remedy: str, field: str) -> BadInput:
    return BadInput(message, remedy=remedy, faults=(f"{field}: {message}",))
