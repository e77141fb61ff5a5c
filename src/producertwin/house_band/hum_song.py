"""A hummed line as a part of a song: its notes on the grid, its tempo and its key."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from ..audio.humming import hear_line, put_on_grid
from ..errors import BadInput
from ..music import TONICS, Key
from ..wording import write_number
from .abc_writing import write_abc
from .lines import METER, Line, check_part
from .midi_song import FoundSong
from .note_chords import key_of_notes
from .score import Note


def song_of_hum(
    samples: NDArray[Any],
    part: str,
    *,
    bpm: float | None = None,
    meter: int | None = None,
    key: Key | None = None,
    transpose: int = 0,
) -> FoundSong:
    """The line in `samples` (channels, n) at 48 kHz as notes of `part`; tempo and key are found where they are not given.

    Raises `BadInput` that says what was heard where it is no line of single notes.
    """
    heard = hear_line(samples)
    line = put_on_grid(heard.notes, bpm)
    beats = meter or METER
    notes = [Note(note.start, note.length, note.pitch + transpose, note.velocity) for note in line.notes]
    if not all(0 <= note.pitch <= 127 for note in notes):
        raise BadInput(f"{transpose} semitones move the line outside what instruments play", remedy="transpose by less")
    bars = max(math.ceil((note.start + note.length) / beats - 1e-6) for note in notes)
    found = key or key_of_notes(notes)
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    told = [
        f"heard {len(notes)} notes, {name_of(low)} to {name_of(high)}, in {bars} bars",
        f"{write_number(line.bpm)} bpm, {'as asked' if bpm else 'found'}",
        f"notes are moved to sixteenths, by {line.moved * 1000:.0f} ms in the mean",
    ]
    if abs(heard.tuning) >= 5:
        told.append(f"it is {abs(heard.tuning):.0f} cents {'above' if heard.tuning > 0 else 'below'} 440 Hz, which is taken off")
    abc = write_abc(notes, beats, found, bars=bars)
    return FoundSong(lines=(Line(part=check_part(part), notes=abc),), bpm=line.bpm, key=found, meter=beats, told=tuple(told))


def name_of(pitch: int) -> str:
    """A note as people call it: A4 for 69."""
    return f"{TONICS[pitch % 12]}{pitch // 12 - 1}"
