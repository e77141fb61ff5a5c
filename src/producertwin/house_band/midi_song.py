"""A MIDI file as parts of a song: its notes on the grid, its tempo, meter, key, sections and chords.

The song is counted in the meter that lasts longest, since band and instrument keep one; notes are kept by beats, and changes of
tempo beside them. Whole bars of silence before the first note are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..errors import BadInput
from ..music import BPM_RANGE, METERS, Key
from ..timebase import TempoMap
from ..wording import write_number
from . import note_chords
from .abc_bars import MOST_NOTES
from .abc_writing import GRID, snap, write_abc
from .chord_chart import MOST_BARS
from .lines import UNPITCHED, Line
from .midi_parts import PartGuess, choose_parts, guess_parts, tell_parts
from .midi_reading import MidiFile
from .outline import kind_of
from .score import Note
from .tempo_changes import MOST as MOST_CHANGES
from .tempo_changes import write_changes

_COMPOUND: Final = {9: 3, 12: 4}
"""Eighths of a bar that are counted as beats of three."""
_USUAL: Final = 120.0
"""Tempo of a file that states none."""


@dataclass(frozen=True, slots=True)
class FoundSong:
    """What a source says of a song; None and empty where it says nothing."""

    title: str = ""
    lines: tuple[Line, ...] = ()
    bpm: float | None = None
    key: Key | None = None
    meter: int | None = None
    form: str = ""
    chords: str = ""
    tempi: str = ""
    """Tempo changes, as `tempo_changes.read_changes` reads them."""
    lyrics: tuple[tuple[str, str], ...] = ()
    """Sections of the form and their words."""
    told: tuple[str, ...] = ()
    first: float = 0.0
    """Seconds of a recording before its first bar."""


def song_of_midi(file: MidiFile, asked: str = "", *, meter: int | None = None, transpose: int = 0, whole: int = 0) -> FoundSong:
    """The song in a MIDI file; `asked` chooses its parts (`midi_parts.choose_parts`), `transpose` moves its notes by semitones.

    With `whole` it has so many bars from the first on, silent ones too, and need not have notes.
    Raises `BadInput` for parts it does not have, and for a meter that the band cannot count unless `meter` says how to.
    """
    guesses = guess_parts(file.tracks)
    chosen = choose_parts(guesses, asked)
    told = [*([f"tracks: {tell_parts(chosen)}"] if guesses else []), *file.told]
    beats, quarter = count_beats(file, meter, told)
    every = [note for guess in guesses for note in guess.track.notes]
    skipped = 0 if whole else int(min(note.start for note in every) * quarter / beats + 1e-6) * beats
    if skipped:
        told.append(f"{skipped // beats} silent bars before the first note are left out")
    lines, moved = [], 0.0
    for part in dict.fromkeys(guess.part for guess in chosen):
        notes = _on_grid(_notes_of(chosen, part), quarter, skipped)
        moved = max([moved, *(abs(snapped.start - note.start) for snapped, note in zip(snap(notes), notes, strict=True))])
        pitched = notes if part in UNPITCHED else [replace(note, pitch=note.pitch + transpose) for note in notes]
        if not all(0 <= note.pitch <= 127 for note in pitched):
            raise BadInput(f"{transpose} semitones move {part} outside what instruments play", remedy="transpose by less")
        lines.append((part, snap(pitched)))
    ends = [math.ceil((note.start + note.length) / beats - 1e-6) for _, notes in lines for note in notes]
    bars = max([whole, *ends])
    if bars > MOST_BARS:
        raise BadInput(f"the file has {bars} bars", remedy=f"give one of {MOST_BARS} bars at most")
    pitched_all = [note for guess in guesses if guess.part not in UNPITCHED for note in guess.track.notes]
    sounding = [replace(note, pitch=note.pitch + transpose) for note in snap(_on_grid(pitched_all, quarter, skipped))]
    key = _key(file, sounding, transpose, told)
    tempo = _tempo(file, quarter, (skipped, bars * beats), beats, told)
    bpm = tempo.bpm
    if moved > 1e-3:
        told.append(f"notes beside the grid of {GRID} parts of a beat are moved by up to {moved * 60000 / bpm:.0f} ms")
    return FoundSong(
        lines=tuple(
            Line(part=part, notes=write_abc(notes, beats, None if part in UNPITCHED else key, bars=bars)) for part, notes in lines
        ),
        bpm=bpm,
        key=key,
        meter=beats,
        form=_form(file, quarter, skipped, (bars, beats)),
        chords=_chords(sounding, bars, beats, key),
        tempi=write_changes(tempo.changes, beats),
        told=tuple(told),
    )


def _notes_of(chosen: Sequence[PartGuess], part: str) -> list[Note]:
    """The notes of all tracks that play a part."""
    notes = [note for guess in chosen if guess.part == part for note in guess.track.notes]
    if len(notes) > MOST_NOTES:
        raise BadInput(f"{part} has {len(notes)} notes", remedy=f"give {MOST_NOTES} at most")
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _on_grid(notes: Sequence[Note], quarter: float, skipped: int) -> list[Note]:
    """Notes in beats from the first bar that is kept; one that begins again while it sounds ends there."""
    found: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes, key=lambda one: (one.start, one.pitch)):
        placed = replace(note, start=note.start * quarter - skipped, length=note.length * quarter)
        before = last.get(note.pitch)
        if before is not None and found[before].start + found[before].length > placed.start:
            if placed.start - found[before].start < 0.5 / GRID:
                continue
            found[before] = replace(found[before], length=placed.start - found[before].start)
        last[note.pitch] = len(found)
        found.append(placed)
    return found


def _longest(changes: Sequence[tuple[Any, ...]], length: float) -> Any:
    """What of `changes` (each begins with its place) holds longest."""
    spans: dict[Any, float] = {}
    for number, (place, *value) in enumerate(changes):
        end = changes[number + 1][0] if number + 1 < len(changes) else max(length, place)
        spans[tuple(value)] = spans.get(tuple(value), 0.0) + max(0.0, min(end, length) - place)
    return max(spans, key=lambda value: spans[value])


def count_beats(file: MidiFile, asked: int | None, told: list[str]) -> tuple[int, float]:
    """Beats per bar, and beats of a quarter note."""
    over, under = _longest(file.meters, file.length) if file.meters else (4, 4)
    if len({change[1:] for change in file.meters}) > 1:
        told.append(f"its meter changes; all bars are counted in {over}/{under}")
    if asked is not None:
        return asked, (under / 4 if over == asked else 1.0)
    if over in _COMPOUND and under == 8:
        return _COMPOUND[over], 2 / 3
    if over not in METERS:
        raise BadInput(
            f"the file is in {over}/{under}", remedy=f"count its bars otherwise, such as --meter {4 if over > 4 else 2}"
        )
    return over, under / 4


def _tempo(file: MidiFile, quarter: float, span: tuple[int, int], meter: int, told: list[str]) -> TempoMap:
    """The tempi of the `span` of beats that is kept (those before it, and how many), in beats from its first.

    A change within a beat counts for the whole beat, so that every beat lasts as long as in the file; where more than
    `MOST_CHANGES` beats have a tempo of their own, every bar does.
    """
    if not file.tempi:
        told.append(f"it states no tempo: {write_number(_USUAL)} quarter notes a minute, as MIDI counts then")
    changes = [(0.0, _USUAL * quarter), *((place * quarter, bpm * quarter) for place, bpm in file.tempi)]
    skipped, beats = span
    places, tempi = (np.array(column) for column in zip(*changes, strict=True))
    ends = np.append(places, max(places[-1], skipped + beats) + 1.0)
    times = np.append(0.0, np.cumsum(np.diff(ends) * 60.0 / tempi))
    for step in (1, meter):
        falls = np.interp(np.arange(skipped, skipped + beats + 1, step), ends, times)
        each = [_plain_tempo(60.0 * step / lasts, quarter) for lasts in np.diff(falls).tolist()]
        found = [(float(at * step), bpm) for at, bpm in enumerate(each) if at == 0 or bpm != each[at - 1]]
        if len(found) <= MOST_CHANGES:
            break
    low, high = BPM_RANGE
    kept = [(beat, min(max(bpm, low), high)) for beat, bpm in found]
    if kept != found:
        told.append(f"its tempo leaves {low} to {high} beats a minute: it is kept at the nearest of these there")
    tempo = round(_longest(kept, float(beats))[0], 2)
    if len(kept) > 1:
        slowest, fastest = min(bpm for _, bpm in kept), max(bpm for _, bpm in kept)
        reach = f"{write_number(round(slowest, 2))} to {write_number(round(fastest, 2))} bpm"
        told.append(f"its tempo changes {len(kept) - 1} times, {reach}; {write_number(tempo)} lasts longest")
        told.append("tempo changes are kept where no other tempo and form are given")
    return TempoMap(tempo, tuple(kept) if len(kept) > 1 else ())


def _plain_tempo(bpm: float, quarter: float) -> float:
    """The shortest number within what a file can say, which counts whole microseconds of a quarter note."""
    lasts = 60e6 * quarter / bpm
    plain = (round(bpm, digits) for digits in range(3))
    return next((one for one in plain if one and abs(60e6 * quarter / one - lasts) <= 0.6), round(bpm, 4))


def _key(file: MidiFile, notes: Sequence[Note], transpose: int, told: list[str]) -> Key | None:
    """The key of its signature, or of its notes where it states none, or C major, which programs write unasked."""
    found = note_chords.key_of_notes(notes) if notes else None
    written = _longest(file.keys, file.length)[0] if file.keys else None
    if written is not None and (written != Key(0, "major") or found is None):
        return Key((written.tonic + transpose) % 12, written.mode)
    if found is not None:
        told.append(f"key by its notes: {found}")
    return found


def _form(file: MidiFile, quarter: float, skipped: int, size: tuple[int, int]) -> str:
    """The sections that its markers name, where they name at least two that the band knows."""
    bars, beats = size
    found: list[tuple[int, str]] = []
    for place, text in file.markers:
        bar = round((place * quarter - skipped) / beats)
        name = " ".join(word for word in text.lower().replace("_", " ").split() if word.isalpha())[:40]
        try:
            kind_of(name or "?")
        except BadInput:
            continue
        if 0 <= bar < bars and not (found and found[-1][0] == bar):
            found.append((bar, name))
    if len(found) < 2:
        return ""
    if found[0][0] > 0:
        found.insert(0, (0, "intro"))
    ends = [bar for bar, _ in found[1:]] + [bars]
    return ", ".join(f"{name} {end - bar}" for (bar, name), end in zip(found, ends, strict=True))


def _chords(notes: Sequence[Note], bars: int, beats: int, key: Key | None) -> str:
    """The chords of all its pitched notes as a chart; empty for drums alone."""
    if not notes or key is None:
        return ""
    found = note_chords.read_chords(notes, bars, beats, key)
    return note_chords.write_bars(found) if any(chord.symbol for bar in found for chord in bar) else ""
