"""What a proof has finished, kept in its folder: a sound as FLAC, and beside it what was measured, each under what made it.

A name belongs to one sound of one side; what is found under it counts only where its key is that of the present request. So a
stopped proof goes on where it was, and another adapter, seed or length makes anew what it changes and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ..audio import files
from ..audio.encoding import quantise
from ..audio.samples import Samples
from ..disk import write_whole
from ..metrics.embedders import SoundEmbedder
from ..recipe import Record, fingerprint
from .corpus import Piece
from .readings import VERSION, Reading, read

_BITS = 24


class Note(Record):
    """What stands beside a sound."""

    made: str
    """Hash of everything that made the sound."""
    measured: str
    """Hash of what made it and of what measured it."""
    lost: bool = False
    """Whether the take left the numbers, so that there is no sound."""
    reading: Reading


_NOTE = TypeAdapter(Note)


class Shelf:
    """The sounds of one side in a folder of their own."""

    def __init__(self, folder: Path, embedders: Sequence[SoundEmbedder]) -> None:
        self.folder, self.embedders = folder, embedders
        self._ears = sorted(ear.name for ear in embedders)
        folder.mkdir(parents=True, exist_ok=True)

    def sound(self, name: str) -> Path:
        """Where the sound `name` lies."""
        return self.folder / f"{name}.flac"

    def find(self, name: str, made: str, piece: Piece, *, sounding: bool = True) -> Reading | None:
        """The reading of `name` if it was made as asked; measured again where other embedders are asked for.

        `sounding` is whether its sound must be here too.
        """
        note = self._note(name)
        if note is None or note.made != made or (sounding and not note.lost and not self.sound(name).exists()):
            return None
        if note.measured == self._measured(made, piece):
            return note.reading
        if not sounding:
            return None
        return self._put(name, made, piece, None if note.lost else files.read(self.sound(name)))

    def put(self, name: str, made: str, piece: Piece, sound: Samples | None) -> Reading:
        """Keep a sound (None for a take that left the numbers) and measure it, as its file will give it back."""
        if sound is None:
            self.sound(name).unlink(missing_ok=True)
            return self._put(name, made, piece, None)
        files.write(self.sound(name), sound)
        return self._put(name, made, piece, as_written(sound))

    def measure(self, name: str, made: str, piece: Piece, sound: Samples) -> Reading:
        """Measure a sound without keeping it."""
        return self._put(name, made, piece, sound)

    def _put(self, name: str, made: str, piece: Piece, sound: Samples | None) -> Reading:
        found = read(sound, piece, self.embedders)
        note = Note(made=made, measured=self._measured(made, piece), lost=sound is None, reading=found)
        write_whole(self.folder / f"{name}.json", _NOTE.dump_json(note))
        return found

    def _note(self, name: str) -> Note | None:
        """The note beside `name`; one that cannot be read is as none."""
        try:
            return _NOTE.validate_json((self.folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _measured(self, made: str, piece: Piece) -> str:
        return fingerprint([made, self._ears, piece.style, piece.bpm, piece.key, VERSION])


def as_written(sound: Samples) -> Samples:
    """`sound` as a FLAC of 24 bits gives it back, so that a figure does not depend on when a proof was stopped."""
    whole: Samples = (quantise(sound, _BITS).T / float(1 << _BITS - 1)).astype("float32")
    return whole
