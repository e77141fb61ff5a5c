"""What is shown of a sound: its peaks and its picture, made once and kept in STUDIO/cache/sounds by the hash of its content.

Every sound is decoded in the limited child process, and one at a time, since an hour of sound takes 1.4 GB of temporary disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..disk import whole_folder, write_whole
from ..errors import BadInput, NotFound, Unavailable
from ..library.blobs import NAME
from ..recipe import Record, read
from ..timebase import SAMPLE_RATE
from ..untrusted import read_object

if TYPE_CHECKING:
    from ..audio.files import Decoded

VERSION: Final = 1
"""Changes with what peaks and pictures are; older ones may then be removed."""
LONGEST: Final = 3660.0
"""Seconds of sound that are taken: an hour, and a little."""
LONGEST_PICTURE: Final = 1200.0
"""Seconds of sound of which a picture is drawn."""
PATIENCE: Final = 30.0
"""Seconds to wait while other sounds are decoded."""
MOST_WAITING: Final = 12
"""Requests that wait for their turn; more would take all the threads with which the server answers."""
_FACTS: Final = "peaks.json"


class PeaksLevel(Record):
    """Peaks at one resolution."""

    name: str
    """`fine`, `middle` or `coarse`."""
    samples: int
    """Samples that a peak stands for."""
    peaks: int
    """How many there are; each is three signed bytes: lowest, highest, RMS, where 127 is full scale."""


class Peaks(Record):
    """Which peaks there are of a sound."""

    rate: int
    """Samples a second."""
    seconds: float
    """Length of the sound."""
    levels: tuple[PeaksLevel, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound by its content."""

    blob: str
    """Hash of its content."""
    path: Path
    title: str = ""


class Turn:
    """What one thread does at a time; who has it may take it again. So many others may wait, so many seconds."""

    def __init__(self, patience: float, most_waiting: int) -> None:
        self._patience = patience
        self._held = threading.RLock()
        self._waiting = threading.Semaphore(most_waiting)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Have the turn for the length of a `with`. Raises `Unavailable` when that takes too long, or too many wait already."""
        if not (self._held.acquire(blocking=False) or self._wait()):
            raise Unavailable("other sounds are being read", remedy="try again in a moment")
        try:
            yield
        finally:
            self._held.release()

    def _wait(self) -> bool:
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._held.acquire(timeout=self._patience)
        finally:
            self._waiting.release()


class Previews:
    """What is shown of the sounds of `studio`."""

    def __init__(self, studio: Path) -> None:
        self.folder = studio / "cache" / "sounds"
        self._loudness: dict[str, float] = {}
        self._turn = Turn(PATIENCE, MOST_WAITING)

    def decode(self, path: Path) -> Decoded:
        """Decode a sound to its end in the child process. Raises as `audio.files.decode` does, and `Unavailable` when busy."""
        from ..audio import files

        with self.turn():
            return files.decode(path, limits=files.Limits(seconds=LONGEST, cpu_seconds=120, wall_seconds=180.0))

    def turn(self) -> AbstractContextManager[None]:
        """For the length of a `with`, no other sound is decoded or listened to. Raises as `Turn.take` does."""
        return self._turn.take()

    def keep_peaks(self, blob: str, decoded: Decoded) -> Peaks:
        """Compute and keep the peaks of the sound whose content is called `blob`; those that are kept already stay."""
        with self.turn():
            return self._find_peaks(blob) or self._write_peaks(blob, decoded)

    def _write_peaks(self, blob: str, decoded: Decoded) -> Peaks:
        from ..reporting.peaks import BYTES, STRETCHES, peaks

        found = peaks(decoded.samples)
        levels = tuple(
            PeaksLevel(name=name, samples=samples, peaks=len(found[name]) // BYTES) for name, samples in STRETCHES.items()
        )
        about = Peaks(rate=SAMPLE_RATE, seconds=decoded.samples.shape[1] / SAMPLE_RATE, levels=levels)
        with whole_folder(self._place(blob), replace=True) as folder:
            for name, data in found.items():
                write_whole(folder / name, data)
            write_whole(folder / _FACTS, about.model_dump_json().encode())
        return about

    def peaks(self, sound: Sound) -> Peaks:
        """Which peaks there are of a sound; they are computed where there are none. Raises as `decode` does."""
        if found := self._find_peaks(sound.blob):
            return found
        with self.turn():
            return self._find_peaks(sound.blob) or self._write_peaks(sound.blob, self.decode(sound.path))

    def loudness(self, sound: Sound) -> float:
        """Integrated loudness of a sound in LUFS, -70 at least; it is measured once. Raises as `decode` does."""
        from ..audio.loudness import loudness

        if sound.blob not in self._loudness:
            with self.turn():
                if sound.blob not in self._loudness:
                    self._loudness[sound.blob] = max(-70.0, loudness(self.decode(sound.path).samples))
        return self._loudness[sound.blob]

    def _find_peaks(self, blob: str) -> Peaks | None:
        """The peaks that are kept of a sound, where they can be read."""
        try:
            return read(Peaks, read_object(self._place(blob) / _FACTS), where="the peaks")
        except (NotFound, BadInput):
            return None

    def level(self, sound: Sound, name: str) -> Path:
        """The file of the peaks at one resolution, computed where there is none. Raises `NotFound` for an unknown one."""
        if name not in (one.name for one in self.peaks(sound).levels):
            raise NotFound(f"no resolution {name[:40]!r}", remedy="there are fine, middle and coarse")
        return self._place(sound.blob) / name

    def picture(self, sound: Sound) -> Path:
        """The picture of a sound as PNG: waveform above spectrogram. Raises `BadInput` for a sound that is too long for one."""
        from ..reporting.waveform import draw

        path = self._place(sound.blob).with_suffix(".png")
        if not path.is_file():
            if self.peaks(sound).seconds > LONGEST_PICTURE:
                raise BadInput("the sound is too long for a picture", remedy=f"a picture shows {LONGEST_PICTURE:g} s at most")
            write_whole(path, draw(self.decode(sound.path).samples, title=sound.title))
        return path

    def _place(self, blob: str) -> Path:
        found = NAME.fullmatch(blob)
        assert found is not None, "only names of blobs get here"
        return self.folder / str(VERSION) / found[1] / found[2]
