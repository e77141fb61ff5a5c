"""Sounds that are uploaded: streamed to the disk, counted on the way, decoded in the child process, and kept as assets."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ..disk import disk_errors, make_folder, temporary_of
from ..errors import AudioRejected, BadInput, Resources
from ..library.assets import LONGEST_NAME, Asset, Assets
from ..timebase import SAMPLE_RATE
from ..wording import make_visible
from .previews import Previews

QUOTA: Final = 20 << 30
"""Bytes that all assets may take together."""
FLOOR: Final = 1 << 30
"""Bytes of the disk that uploads leave free."""
AT_ONCE: Final = 4
"""Uploads that are taken at the same time."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What uploads may take."""

    quota: int = QUOTA
    floor: int = FLOOR
    at_once: int = AT_ONCE


class Uploads:
    """The way from a stream of bytes to an asset."""

    def __init__(self, assets: Assets, previews: Previews, limits: UploadLimits = UploadLimits()) -> None:
        self.assets = assets
        self.previews = previews
        self.limits = limits
        self._places = threading.Semaphore(limits.at_once)

    async def take(self, pieces: AsyncIterator[bytes], name: str) -> tuple[Asset, bool]:
        """The asset of a streamed sound, and whether it is new; `name` is what its file was called.

        Nothing is left of one that fails. Raises `AudioRejected` for what is no sound that can be decoded to its end, `BadInput`
        for nothing, `Resources` where quota or disk are full.
        """
        with self._place():
            path = temporary_of(self.assets.blobs.folder / "upload")
            try:
                await self._write(pieces, path)
                return await run_in_threadpool(self._keep, path, name)
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise HTTPException(429, "other uploads are being taken", {"Retry-After": "5"})
        try:
            yield
        finally:
            self._places.release()

    async def _write(self, pieces: AsyncIterator[bytes], path: Path) -> None:
        with disk_errors(path):
            make_folder(path.parent)
            left = await run_in_threadpool(self._room)
            with path.open("xb") as file:
                async for piece in pieces:
                    left -= len(piece)
                    if left < 0:
                        raise Resources("the studio takes no more uploads", remedy="delete assets, or free some disk space")
                    await run_in_threadpool(file.write, piece)

    def _room(self) -> int:
        free = shutil.disk_usage(self.assets.blobs.folder).free - self.limits.floor
        return min(free, self.limits.quota - self.assets.bytes)

    def _keep(self, path: Path, name: str) -> tuple[Asset, bool]:
        if not path.stat().st_size:
            raise BadInput("nothing was uploaded", remedy="send the bytes of a sound file as the body")
        shown = shown_name(name)
        try:
            decoded = self.previews.decode(path)
        except AudioRejected as error:
            message = error.message.replace(str(path), shown or "the sound")
            raise AudioRejected(error.reason, message, remedy=error.remedy) from None
        info, seconds = decoded.info, decoded.samples.shape[1] / SAMPLE_RATE
        if not seconds:
            raise AudioRejected("empty", f"{shown or 'the file'} holds no sound", remedy="choose a file that holds sound")
        shape = (info.rate, info.channels)
        asset, new = self.assets.put(path, name=shown, kind=info.format, seconds=seconds, shape=shape)
        if new:
            self.previews.keep_peaks(asset.id, decoded)
        return asset, new


def shown_name(name: str) -> str:
    """What a client calls a file, as a text to show: its last part, without what cannot be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return make_visible(last, keep="")[:LONGEST_NAME]
