"""Duplicates: tracks that are one recording, in another format, at another level or cut elsewhere.

All of them are reported; the best of each recording is learned from, unless all are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..audio.fingerprints import Fingerprint, Index, Match
from ..library import Library
from .screen import ScreenNote, fingerprint_of
from .text_files import shorten_list


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


def groups(found: Iterable[Duplicate]) -> list[tuple[str, ...]]:
    """The tracks of every recording that several are, in the order in which they were found."""
    whole: dict[str, list[str]] = {}
    for one in found:
        first, second = whole.setdefault(one.first, [one.first]), whole.setdefault(one.second, [one.second])
        if first is not second:
            first += second
            whole |= dict.fromkeys(second, first)
    return [tuple(group) for group in {id(group): group for group in whole.values()}.values()]


def describe(found: Sequence[Duplicate], names: Mapping[str, str], learned: Collection[str] = ()) -> list[str]:
    """A sentence for every recording that several tracks are; `names` are theirs by id, `learned` the ids in the set."""
    lines = []
    for group in groups(found):
        shown = shorten_list((names[track] for track in group), 3)
        overlap = max(one.match.overlap for one in found if one.first in group)
        kept = [names[track] for track in group if track in learned]
        which = f"; {shorten_list(kept, 3)} is in the set" if len(kept) == 1 else ""
        lines.append(f"{shown} are one recording over {overlap:.0f} s{which}")
    return lines


def redundant_tracks(found: Iterable[Duplicate], rank: Callable[[str], Any]) -> set[str]:
    """Of every recording all tracks but the one that `rank` puts highest."""
    return {track for group in groups(found) for track in group if track != max(group, key=rank)}
