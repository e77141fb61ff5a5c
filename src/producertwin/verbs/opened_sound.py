"""A sound that is listened to closely: a file or a take, with what is known of how it was meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import NotFound
from ..progress import Steps
from .sounds import find_sound

if TYPE_CHECKING:
    from ..audio.files import Decoded
    from ..library import Take
    from ..quality.detectors.catalogue import Asked
    from ..quality.detectors.profile import Profile
    from .studio import Studio

LONGEST: Final = 6 * 3600.0
"""Seconds of a file that is listened to."""


@dataclass(frozen=True, slots=True)
class OpenedSound:
    """A decoded sound."""

    name: str
    """Id of the take, or name of the file."""
    path: Path
    decoded: Decoded
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """What a person says that a sound was meant to be; what they leave open is taken from the take, if it is one."""

    style: str | None = None
    bpm: float | None = None
    key: str | None = None
    loop: bool = False


def open_sound(name: str, studio: Studio) -> Steps[OpenedSound]:
    """The sound file, or the take, called `name`. Raises `NotFound`, and `AudioRejected` for a file that cannot be used."""
    path = Path(name)
    if path.is_file():
        return OpenedSound(path.name, path, decode_long(path))
    library = studio.existing_library
    try:
        if library is None or len(path.parts) != 1 or path.suffix:
            raise NotFound(name)
        take = library.takes.get(name)
    except NotFound:
        raise NotFound(f"{name!r} is neither a take nor a file", remedy="see `twin takes list`, or give a path") from None
    found = yield from find_sound(take, studio)
    return OpenedSound(take.id, found, decode_long(found), take)


def decode_long(path: Path) -> Decoded:
    """Decode a file of up to `LONGEST` seconds. Raises as `audio.files.decode` does."""
    from ..audio import files

    return files.decode(path, limits=files.Limits(seconds=LONGEST, cpu_seconds=900, wall_seconds=1_800))


def find_asked(opened: OpenedSound, meant: Meant, references: list[Profile]) -> Asked:
    """What the detectors are told of a sound. Raises `NotFound` for an unknown style and `BadInput` for a key that is none."""
    from ..house_band.styles import find, match
    from ..music import Key
    from ..quality.detectors.catalogue import Asked
    from ..quality.detectors.references import find_reference, learn

    take = opened.take
    found = match(take.caption) if take is not None and take.caption.strip() else None
    caption_style = found.style if found is not None and found.clear else None
    style = find(meant.style) if meant.style is not None else caption_style
    key = meant.key or (take.metas.key if take else None)
    if key is not None:
        Key.parse(key)
    reference = learn("your references", references) if references else find_reference(style.coarse if style else None)
    return Asked(
        bpm=meant.bpm or (take.metas.bpm if take else None),
        key=key,
        artefacts=frozenset(style.expected if style else ()),
        reference=reference,
        loops=meant.loop,
    )
