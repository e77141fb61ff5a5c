"""The sounds of takes of latents alone, once somebody asked for them: kept beside the sidecar, and never part of the record.

`ID.flac.b2` says by its blob name what `ID.flac` holds, and is written first: a sound whose hash it is not is damaged.
"""

from __future__ import annotations

from pathlib import Path

from ..disk import disk_errors, write_whole
from .blobs import Condition, name_of
from .provenance import Take
from .sidecars import Sidecars


def link_of(take: Take, cards: Sidecars) -> Path:
    """The file named `….flac` of a take: its decoded sound, or for a take with audio another name of that."""
    return cards.path(take).with_suffix(".flac")


def find(take: Take, cards: Sidecars) -> Path | None:
    """The decoded sound of a take of latents alone; None where it was not decoded."""
    path = link_of(take, cards)
    return path if take.audio is None and path.is_file() else None


def keep(take: Take, audio: bytes, cards: Sidecars) -> Path:
    """Keep `audio`, the FLAC that the latents of `take` were decoded to, and its hash."""
    write_whole(_hash_of(take, cards), f"{name_of(audio)}\n".encode())
    return write_whole(link_of(take, cards), audio)


def drop(take: Take, cards: Sidecars) -> None:
    """Remove the decoded sound of a take of latents alone, and its hash."""
    for path in files_of(take, cards):
        with disk_errors(path):
            path.unlink(missing_ok=True)


def files_of(take: Take, cards: Sidecars) -> tuple[Path, ...]:
    """What there is of the decoded sound: it and its hash."""
    there = (link_of(take, cards), _hash_of(take, cards))
    return tuple(path for path in there if take.audio is None and path.is_file())


def check(take: Take, cards: Sidecars) -> Condition:
    """Hash the decoded sound again; one that says no hash counts as damaged, and `MISSING` is that there is none."""
    path, said = find(take, cards), _hash_of(take, cards)
    if path is None:
        return Condition.MISSING
    known = said.read_text(encoding="ascii", errors="replace").strip() if said.is_file() else ""
    return Condition.INTACT if known == name_of(path) else Condition.DAMAGED


def _hash_of(take: Take, cards: Sidecars) -> Path:
    return cards.path(take).with_suffix(".flac.b2")
