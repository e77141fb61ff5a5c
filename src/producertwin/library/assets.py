"""Assets: sounds that somebody uploaded, to work on them. They stand apart from takes and tracks and are named by their hash.

STUDIO/assets/ab/cdef…        the content, as it came
STUDIO/assets/facts/HEX.json  what is known of it; an asset is there once its facts are
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, Field

from ..disk import disk_errors, write_json
from ..errors import BadInput, NotFound
from ..recipe import Record, read
from ..untrusted import read_object
from .blobs import NAME, Blobs
from .clock import Clock
from .lock import hold_lock
from .provenance import BlobName

FOLDER: Final = "assets"
FACTS: Final = "facts"
LONGEST_NAME: Final = 200
"""Characters of the name that a file had."""


class Asset(Record):
    """An uploaded sound."""

    id: BlobName
    """Hash of its content."""
    name: str = Field("", max_length=LONGEST_NAME)
    """What its file was called where it came from: text to show, never a path."""
    created: AwareDatetime
    """When it was first uploaded."""
    bytes: int = Field(gt=0)
    """Size of its content."""
    format: str
    """Container: `wav`, `mp3`, …"""
    seconds: float = Field(gt=0)
    """Length of its sound, decoded to the end."""
    rate: int = Field(gt=0)
    """Samples per second as it came."""
    channels: int = Field(gt=0)
    """Channels as it came."""


class Assets:
    """Every asset of the studio in folder `studio`."""

    def __init__(self, studio: Path, clock: Clock) -> None:
        self.studio = studio
        self.clock = clock
        self.blobs = Blobs(studio / FOLDER)
        self.place = studio / FOLDER / FACTS

    def put(self, content: Path, *, name: str, kind: str, seconds: float, shape: tuple[int, int]) -> tuple[Asset, bool]:
        """Store the file `content` of a sound; `shape` is its rate and channels. Returns its asset, and whether it is new.

        The same content again is the same asset, whose first name and time stay. Raises `Resources` when the disk is full.
        """
        with hold_lock(self.studio):
            blob = self.blobs.put(content)
            with suppress(NotFound, BadInput):  # damaged facts are written anew
                return self.get(blob), False
            size, (rate, channels) = content.stat().st_size, shape
            facts = {"name": name[:LONGEST_NAME], "created": self.clock(), "bytes": size, "format": kind, "seconds": seconds}
            asset = Asset.model_validate(facts | {"id": blob, "rate": rate, "channels": channels})
            write_json(self._path(blob), asset.model_dump(mode="json"))
        return asset, True

    def get(self, key: str) -> Asset:
        """The asset called `key`. Raises `NotFound`, also for what is no blob name, and `BadInput` for damaged facts."""
        path = self._path(key)
        if not path.is_file() or not self.blobs.path(key).is_file():
            raise NotFound(f"no asset {key[:80]!r}", remedy="upload it again")
        return read(Asset, read_object(path, remedy="upload it again"), where=f"the facts of asset {key}")

    def list(self) -> tuple[Asset, ...]:
        """Every asset, the newest first; one whose facts are damaged is passed over."""
        found = []
        for path in self.place.glob("*.json"):
            with suppress(NotFound, BadInput):
                found.append(self.get(f"b2:{path.stem}"))
        return tuple(sorted(found, key=lambda one: (one.created, one.id), reverse=True))

    def content(self, asset: Asset) -> Path:
        """The file of an asset's sound. Raises `NotFound` when it is gone."""
        return self.blobs.get(asset.id)

    def delete(self, key: str) -> Asset:
        """Delete the asset called `key`. Raises `NotFound`."""
        with hold_lock(self.studio):
            asset = self.get(key)
            with disk_errors(self.place):
                self._path(key).unlink(missing_ok=True)
            self.blobs.remove(key)
        return asset

    @property
    def bytes(self) -> int:
        """What all assets take on disk."""
        return sum(self.blobs.path(name).stat().st_size for name in self.blobs.names())

    def _path(self, key: str) -> Path:
        if not NAME.fullmatch(key):
            raise NotFound(f"no asset {key[:80]!r}", remedy="asset ids are 'b2:' and 64 hex digits")
        return self.place / f"{key.removeprefix('b2:')}.json"
