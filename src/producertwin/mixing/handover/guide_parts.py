"""What a guide holds for a workstation: its players as parts of notes, and its sections as markers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...house_band.midi_writing import MidiPart, name_parts, program_of
from ...house_band.score import Score
from .session import Marker


def note_parts(score: Score) -> tuple[MidiPart, ...]:
    """Every player of `score` that plays a note, called as the band calls it."""
    playing = [part for part in score.parts if part.notes]
    return tuple(MidiPart(name, part.notes, program_of(part)) for name, part in name_parts(playing))


def markers(score: Score, seconds: float) -> tuple[Marker, ...]:
    """The sections that begin within `seconds`, by the names of their writer."""
    begin = [(score.tempo.seconds(section.first_bar * score.meter), section.name or section.kind) for section in score.sections]
    return number_names([(at, name) for at, name in begin if at < seconds - 1e-6])


def number_names(found: Sequence[tuple[float, str]]) -> tuple[Marker, ...]:
    """Markers, with a number where several have one name: `verse 1`, `verse 2`."""
    of_name, seen = Counter(name for _, name in found), Counter[str]()
    numbered = []
    for at, name in found:
        seen[name] += 1
        numbered.append(Marker(at, f"{name} {seen[name]}" if of_name[name] > 1 else name))
    return tuple(numbered)
