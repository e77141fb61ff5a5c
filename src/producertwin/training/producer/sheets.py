"""Songs of which only the words and the stems are known: what planning learns from, composed and never played.

Sheet `number` is the band's song of that number, as in `songs`; those from `songs.HELD_OUT` on are for measurements.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...library.jsonl import mend
from ...music import STEMS
from ...progress import Clock, Steps
from .songs import Song, compose_song, word_song


@dataclass(frozen=True, slots=True)
class Sheet:
    """Wordings of a song, and the stems that it has."""

    captions: tuple[str, ...]
    stems: tuple[str, ...]


def write_sheet(seed: int, number: int) -> Sheet:
    """Compose sheet `number`."""
    score = compose_song(seed, number)
    return Sheet(word_song(score, np.random.Generator(np.random.PCG64([seed, number, 1]))), tuple(score.stems))


def sheet_of(song: Song) -> Sheet:
    """The sheet of a song that was played."""
    return Sheet(song.captions, tuple(dict.fromkeys(one.role for one in song.stems if one.role is not None)))


def mark_stems(stems: Sequence[str]) -> list[float]:
    """1 for each of `music.STEMS` that is among `stems`, else 0."""
    return [float(stem in stems) for stem in STEMS]


def compose_sheets(seed: int, first: int, count: int, path: Path) -> Steps[tuple[Sheet, ...]]:
    """The sheets from `first` on, kept in `path`; goes on after those that are there."""
    mend(path)
    found = list(_read(path))[:count]
    clock = Clock("sheets", count)
    with path.open("a", encoding="utf-8") as file:
        while len(found) < count:
            sheet = write_sheet(seed, first + len(found))
            file.write(json.dumps({"captions": sheet.captions, "stems": sheet.stems}) + "\n")
            file.flush()
            found.append(sheet)
            yield clock.at(len(found))
    return tuple(found)


def _read(path: Path) -> Iterator[Sheet]:
    """The whole lines of a file of sheets."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        row = json.loads(line)
        yield Sheet(tuple(row["captions"]), tuple(row["stems"]))
