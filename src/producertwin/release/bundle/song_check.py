"""Whether a released song is what it says: files, samples, disclosure and signature against the dossier. Faults are values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ...audio import files
from ...errors import TwinError, Unavailable
from ...library import sums
from ...recipe import read
from ...untrusted import read_object, read_text
from . import card, song
from .check import ReleaseFault
from .dossier import NAME
from .hashing import hash_samples
from .lineage import SCHEMA, SongDossier
from .signing import read_manifest

_SOUND: Final = ("Valid", "Trusted")
"""What C2PA calls a signature whose content is untouched; it trusts only certificates of its own list."""


def is_song(data: dict[str, Any]) -> bool:
    """Whether a dossier is a song's."""
    return data.get("schema") == SCHEMA


def read_song(data: dict[str, Any], folder: Path) -> SongDossier:
    """The dossier of a song. Raises `BadInput` for one that says other things than a dossier does."""
    return read(SongDossier, data, where=str(folder / NAME))


def find_faults(folder: Path, found: SongDossier) -> Iterator[ReleaseFault]:
    """Everything in which the song in `folder` is not what its dossier `found` says."""
    files_off = sums.find_faults(folder)
    yield from (ReleaseFault(name, words) for name, words in files_off.items())
    if card.NAME not in files_off and read_text(folder / card.NAME) != song.describe_song(found):
        yield ReleaseFault(card.NAME, f"does not say what {NAME} says")
    if song.DISCLOSURE not in files_off and read_object(folder / song.DISCLOSURE) != song.disclose(found):
        yield ReleaseFault(song.DISCLOSURE, f"does not say what {NAME} says")
    if (found.disclosure, found.source_type) != (found.lineage.statement, found.lineage.source_type):
        yield ReleaseFault(NAME, "its disclosure is not the one that its lineage asks for")
    if Path(found.file).name != found.file:
        yield ReleaseFault(found.file[:80], f"{NAME} names a sound outside the folder")
        return
    try:
        sound = files.read(folder / found.file)
    except TwinError as error:
        yield ReleaseFault(found.file, error.message)
        return
    if hash_samples(sound) != found.samples:
        yield ReleaseFault(found.file, f"its sound is not the one that {NAME} names")
    if found.signed and (why := _find_signature_fault(folder, found)):
        yield ReleaseFault(found.file, why)


def tell_signature(folder: Path, found: SongDossier) -> str:
    """What is known of the signature of a song without a fault, in words."""
    if not found.signed:
        return "its manifest is not signed"
    try:
        manifest = read_manifest(folder / found.file) or {}
    except Unavailable as error:
        return f"its signature was not looked at: {error.message}"
    trusted = manifest.get("validation_state") == "Trusted"
    return "its signature is sound" + ("" if trusted else "; C2PA does not know whose certificate it is")


def _find_signature_fault(folder: Path, found: SongDossier) -> str:
    """What is wrong with the signature; empty where nothing is, or where the package that looks at it is missing."""
    try:
        manifest = read_manifest(folder / found.file)
    except Unavailable:
        return ""
    if manifest is None:
        return f"{NAME} says that it is signed, and it is not"
    if manifest.get("validation_state") not in _SOUND:
        told = manifest.get("validation_status") or []
        return "its signature does not belong to it: " + "; ".join(str(one.get("code")) for one in told if isinstance(one, dict))
    return "" if found.samples in str(manifest.get("manifests")) else "its signature is of another song"
