"""What a guide holds for a workstation: its players as parts of notes, and its sections as markers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ...house_band.instruments import find
from ...house_band.kit import Kit
from ...house_band.midi_writing import name_parts
from ...house_band.score import Score
from ...house_band.soundfont import PROGRAMS
from .session import Marker, NotePart

_BY_STEM: Final = {
    "woodwinds": 73, "brass": 61, "fx": 98, "synth": 81, "strings": 48, "keyboard": 0, "guitar": 24, "bass": 33,
    "backing_vocals": 53, "vocals": 52,
}  # fmt: skip
"""General MIDI program of a stem's players whose patch has none of its own."""


def note_parts(score: Score) -> tuple[NotePart, ...]:
    """Every player of `score` that plays a note, called as the band calls it."""
    found = []
    for name, part in name_parts([part for part in score.parts if part.notes]):
        drums = isinstance(find(part.patch), Kit) or part.stem in ("drums", "percussion")
        program = PROGRAMS.get(part.patch, (_BY_STEM.get(part.stem, 0),))[0]
        found.append(NotePart(name, part.notes, None if drums else program))
    return tuple(found)


def markers(score: Score, seconds: float) -> tuple[Marker, ...]:
    """The sections that begin within `seconds`, by the names of their writer."""
    bar = score.meter * 60.0 / score.bpm
    begin = [(section.first_bar * bar, section.name or section.kind) for section in score.sections]
    return number_names([(at, name) for at, name in begin if at < seconds - 1e-6])


def number_names(found: Sequence[tuple[float, str]]) -> tuple[Marker, ...]:
    """Markers, with a number where several have one name: `verse 1`, `verse 2`."""
    of_name, seen = Counter(name for _, name in found), Counter[str]()
    numbered = []
    for at, name in found:
        seen[name] += 1
        numbered.append(Marker(at, f"{name} {seen[name]}" if of_name[name] > 1 else name))
    return tuple(numbered)
