"""Duplicates: tracks that are one recording, in another format, at another level or cut elsewhere.

They are reported, and never dropped without being asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..audio.fingerprints import Fingerprint, Index, Match
from ..library import Library
from .screen import ScreenNote, fingerprint_of


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two tracks that are one recording."""

    first: str
    second: str
    match: Match


def duplicates(prints: Mapping[str, Fingerprint]) -> list[Duplicate]:
    """Every pair of tracks (by name) that are one recording, each once, in the order of `prints`."""
    index = Index()
    for name, print_ in prints.items():
        index.add(name, print_)
    place = {name: number for number, name in enumerate(prints)}
    found = []
    for name, print_ in prints.items():  # all are added before any is looked for, or the index would be sorted anew for each
        matches = index.find(print_, but=name)
        found += [Duplicate(other, name, match) for other, match in matches.items() if place[other] < place[name]]
    return found


def duplicates_of_notes(notes: Mapping[str, ScreenNote], library: Library) -> list[Duplicate]:
    """The duplicates among screened tracks, in the order of `notes`."""
    return duplicates({track: fingerprint_of(note, library) for track, note in notes.items()})


def describe(found: Iterable[Duplicate], titles: Mapping[str, str]) -> list[str]:
    """A sentence for every pair of `found`; `titles` are the tracks' titles by their ids."""
    return [f"{titles[one.first]!r} and {titles[one.second]!r} are one recording over {one.match.overlap:.0f} s" for one in found]


def redundant_tracks(found: list[Duplicate]) -> set[str]:
    """The tracks that `--drop-duplicates` leaves out: of every group the ones that came later."""
    return {duplicate.second for duplicate in found}
