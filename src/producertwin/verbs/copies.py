"""Files that are nothing but copies of takes: they can be written over, because the library keeps what they hold."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TwinError
from ..library.export import SUFFIXES

if TYPE_CHECKING:
    from ..library import Take
    from .studio import Studio


def find_copies(files: Collection[Path], studio: Studio) -> dict[Path, str]:
    """Those of `files` that are copies of a take of the studio, byte for byte, and the take's id.

    A sound is one if the copy that would be written of the take that it names is the same file; a picture or lyrics in time are
    with the sound beside them. Whatever was changed, or cannot be read, is none.
    """
    library = studio.existing_library
    if library is None:
        return {}
    found: dict[Path, str] = {}
    for path in files:
        sounds = [path] if path.suffix.lower() in SUFFIXES else [path.with_suffix(suffix) for suffix in SUFFIXES]
        for sound in sounds:
            try:
                take = _read_take(sound, studio)
            except (TwinError, OSError):
                continue
            if take is not None and (sound == path or _is_companion(path, take, studio)):
                found[path] = take.id
    return found


def _read_take(sound: Path, studio: Studio) -> Take | None:
    """The take of which `sound` is a copy, None where it is none. Raises what reading or finding it raises."""
    from ..audio.tags import tags
    from ..pipeline.delivery import copy_tags, write_copy

    provenance = tags.read(sound).provenance
    name = provenance.get("take") if provenance else None
    if not isinstance(name, str):
        return None
    takes = studio.library.takes
    take = takes.get(name)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / sound.name
        write_copy(takes.content(take), copy, copy_tags(take, takes))
        return take if copy.read_bytes() == sound.read_bytes() else None


def _is_companion(path: Path, take: Take, studio: Studio) -> bool:
    """Whether `path` is the picture or the lyrics in time of `take`, as they are written beside its copy."""
    from ..library.lrc import as_lrc

    if path.suffix == ".png" and take.picture:
        return path.read_bytes() == studio.library.takes.content(take, "picture").read_bytes()
    return path.suffix == ".lrc" and bool(take.lines) and path.read_bytes() == as_lrc(take.lines)
