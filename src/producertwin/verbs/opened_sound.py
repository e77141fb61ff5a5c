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

ASSETS: Final = "assets"
"""Folder of the studio in which uploads lie, see `library.assets`."""
LONGEST: Final = 6 * 3600.0
"""Seconds of a file that is listened to."""
SOUNDS: Final = (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aif", ".aiff")
"""Ends of the names of files that are taken from a folder."""


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


def check_subject(name: str, meant: Meant, studio: Studio) -> Take | None:
    """The take called `name`, or None where it is a file, with nothing decoded.

    Raises `NotFound` for neither and for an unknown style, `BadInput` for a key that is none.
    """
    from ..house_band.styles import find
    from ..music import Key

    if meant.style is not None:
        find(meant.style)
    if meant.key is not None:
        Key.parse(meant.key)
    return None if Path(name).is_file() else _find_take(name, studio)


def asset_of(path: Path, studio: Path) -> str | None:
    """The id of the asset whose content lies at `path`; None for another file."""
    place = studio.absolute() / ASSETS
    found = path.absolute()
    return f"b2:{found.parent.name}{found.name}" if found.parent.parent == place else None


def _find_take(name: str, studio: Studio) -> Take:
    library, path = studio.existing_library, Path(name)
    try:
        if library is None or len(path.parts) != 1 or path.suffix:
            raise NotFound(name)
        return library.takes.get(name)
    except NotFound:
        raise NotFound(f"{name!r} is neither a take nor a file", remedy="see `twin takes list`, or give a path") from None


def open_sound(name: str, studio: Studio, longest: float = LONGEST) -> Steps[OpenedSound]:
    """The sound file, or the take, called `name`. Raises `NotFound`, and `AudioRejected` for a file that cannot be used, or that
    lasts more than `longest` seconds.
    """
    path = Path(name)
    if path.is_file():
        return OpenedSound(_shown_name(path, studio), path, decode_long(path, longest))
    take = _find_take(name, studio)
    found = yield from find_sound(take, studio)
    return OpenedSound(take.id, found, decode_long(found, longest), take)


def _shown_name(path: Path, studio: Studio) -> str:
    """What a file is called; an asset as the file that was uploaded."""
    from ..library.assets import Assets

    asset = asset_of(path, studio.settings.studio)
    return path.name if asset is None else Assets(studio.settings.studio, studio.library.takes.clock).get(asset).name or "upload"


def decode_long(path: Path, longest: float = LONGEST) -> Decoded:
    """Decode a file of up to `longest` seconds. Raises as `audio.files.decode` does."""
    from ..audio import files

    return files.decode(path, limits=files.Limits(seconds=longest, cpu_seconds=900, wall_seconds=1_800))


def list_sounds(folder: Path) -> list[Path]:
    """The sound files of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS and path.is_file())


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
