"""The cache of a proof: every sound as FLAC and its measurements as JSON, each with a hash of what made it.

A name belongs to one sound of one side; an entry is used only where its hash is that of the present request. So a stopped proof
continues where it was, and another adapter, seed or length recomputes what it changes and nothing else.
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
from .corpus import EvalTrack
from .readings import VERSION, Reading, read

_BITS = 24


class SoundNote(Record):
    """The JSON beside a sound."""

    made: str
    """Hash of everything that made the sound."""
    measured: str
    """Hash of what made it and of what measured it."""
    lost: bool = False
    """Whether the take is not finite, so that there is no sound."""
    reading: Reading


_NOTE = TypeAdapter(SoundNote)


class SoundCache:
    """The sounds of one side in a folder of their own."""

    def __init__(self, folder: Path, embedders: Sequence[SoundEmbedder]) -> None:
        self.folder, self.embedders = folder, embedders
        self._embedder_names = sorted(embedder.name for embedder in embedders)
        folder.mkdir(parents=True, exist_ok=True)

    def sound(self, name: str) -> Path:
        """Where the sound `name` lies."""
        return self.folder / f"{name}.flac"

    def find(self, name: str, made: str, track: EvalTrack, *, sounding: bool = True) -> Reading | None:
        """The reading of `name` if it was made as asked; measured again where other embedders are asked for.

        `sounding` is whether its sound must be here too.
        """
        note = self._note(name)
        if note is None or note.made != made or (sounding and not note.lost and not self.sound(name).exists()):
            return None
        if note.measured == self._measurement_key(made, track):
            return note.reading
        if not sounding:
            return None
        return self._put(name, made, track, None if note.lost else files.read(self.sound(name)))

    def put(self, name: str, made: str, track: EvalTrack, sound: Samples | None) -> Reading:
        """Keep a sound (None for a take that is not finite) and measure it, as its file will give it back."""
        if sound is None:
            self.sound(name).unlink(missing_ok=True)
            return self._put(name, made, track, None)
        files.write(self.sound(name), sound)
        return self._put(name, made, track, as_written(sound))

    def measure(self, name: str, made: str, track: EvalTrack, sound: Samples) -> Reading:
        """Measure a sound without keeping it."""
        return self._put(name, made, track, sound)

    def _put(self, name: str, made: str, track: EvalTrack, sound: Samples | None) -> Reading:
        found = read(sound, track, self.embedders)
        note = SoundNote(made=made, measured=self._measurement_key(made, track), lost=sound is None, reading=found)
        write_whole(self.folder / f"{name}.json", _NOTE.dump_json(note))
        return found

    def _note(self, name: str) -> SoundNote | None:
        """The note beside `name`; None where there is none or it cannot be read."""
        try:
            return _NOTE.validate_json((self.folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _measurement_key(self, made: str, track: EvalTrack) -> str:
        return fingerprint([made, self._embedder_names, track.style, track.bpm, track.key, VERSION])


def as_written(sound: Samples) -> Samples:
    """`sound` as a FLAC of 24 bits gives it back, so that a figure does not depend on when a proof was stopped."""
    whole: Samples = (quantise(sound, _BITS).T / float(1 << _BITS - 1)).astype("float32")
    return whole
