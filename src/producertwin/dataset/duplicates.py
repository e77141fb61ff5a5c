"""Duplicates: tracks that are one recording, in another format, at another level or cut elsewhere.

They are reported, and never dropped without being asked.
"""

from __future__ import annotations

from collections import Counter
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
    """A sentence for every recording that several tracks are; `titles` are the tracks' titles by their ids."""
    often = Counter(titles.values())
    names = {track: f"{title!r} ({track[:6]})" if often[title] > 1 else repr(title) for track, title in titles.items()}
    groups: list[list[str]] = []
    for one in found:
        group = next((group for group in groups if one.first in group or one.second in group), None)
        if group is None:
            groups.append([one.first, one.second])
        else:
            group.extend(track for track in (one.first, one.second) if track not in group)
    return [f"{', '.join(names[track] for track in group[:-1])} and {names[group[-1]]} are one recording" for group in groups]


def redundant_tracks(found: list[Duplicate]) -> set[str]:
    """The tracks that `--drop-duplicates` leaves out: of every group the ones that came later."""
    return {duplicate.second for duplicate in found}
