"""A song that is handed over: a take, a sound file, or the file that is a copy of a take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..library.file_names import short_name
from ..progress import Steps

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take
    from .studio import Studio


@dataclass(frozen=True, slots=True)
class Song:
    """What is handed over: a take, a file, or the file of a take."""

    name: str
    """Id of the take, or the path of the file."""
    sound: Samples
    take: Take | None
    path: Path | None

    @property
    def words(self) -> str:
        """Its name for people, without a path."""
        return f"take {self.take.id}" if self.take is not None else short_name(self.name)


def open_song(name: str, studio: Studio) -> Steps[Song]:
    """The take or the sound file called `name`; the file that is a take's copy is that take.

    Raises `NotFound`, and `AudioRejected` for a file that is no sound.
    """
    from ..audio import files
    from ..pipeline.sources import find_copied
    from .opened_sound import open_sound

    path, library = Path(name), studio.existing_library
    if not path.is_file():
        opened = yield from open_sound(name, studio)
        return Song(opened.name, opened.decoded.samples, opened.take, None)
    sound = files.read(path)
    take = None if library is None else find_copied(path, sound, library)
    if take is not None:
        return Song(take.id, sound, take, path)
    return Song(str(path.absolute()), sound, None, path)
