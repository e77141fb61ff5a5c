"""Notes written down in ABC notation, so that `abc_reading` reads the same notes from it.

Positions and lengths are kept exactly on a grid of `GRID` parts of a beat; loudness is kept as one of the dynamics marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from ..errors import BadInput
from ..music import Key
from .abc_fields import key_name, signature_of
from .abc_reading import read_abc
from .abc_voice import USUAL
from .score import Note

GRID: Final = 48
"""Parts of a beat that positions and lengths are written in."""
_BARS_A_LINE: Final = 4
_MARKS: Final[tuple[tuple[int, str], ...]] = (
    (40, "ppp"),
    (52, "pp"),
    (67, "p"),
    (82, "mp"),
    (97, "mf"),
    (112, "f"),
    (123, "ff"),
    (999, "fff"),
)
"""Highest MIDI velocity of each dynamic mark."""
_SHARPS: Final = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
_FLATS: Final = ("C", "_D", "D", "_E", "E", "F", "_G", "G", "_A", "A", "_B", "B")
_Group = tuple[int, int, tuple[Note, ...]]
"""Start and length on the grid, and the notes that have both."""


def write_abc(notes: Sequence[Note], meter: int, key: Key | None = None, *, bars: int = 0) -> str:
    """`notes` (in beats from the first bar) in ABC notation, in so many `bars` at least; what overlaps gets voices."""
    voices = _share_out(_group(notes))
    unit = Fraction(1, 8) if meter == 6 else Fraction(1, 4)
    step = _unit_of(notes)
    head = [f"L:{unit / step}"] + ([f"K:{key_name(key)}"] if key is not None else ["K:none"])
    lines = []
    for number, voice in enumerate(voices, 1):
        written = list(_write_bars(voice, meter, step, key))
        written += [f"z{_length(meter * GRID, step)}"] * (bars - len(written))
        rows = [" | ".join(written[at : at + _BARS_A_LINE]) + " |" for at in range(0, len(written), _BARS_A_LINE)]
        lines += ([f"V:{number}"] if len(voices) > 1 else []) + rows
    return "\n".join([*head, *lines])


def transpose_abc(text: str, semitones: int, meter: int, key: Key | None = None) -> str:
    """The notes of `text` so many semitones higher, written anew in their new key; `key` is theirs where they state none.

    Raises `BadInput` for what cannot be read, and for notes that would be outside what instruments play.
    """
    tune = read_abc(text, meter, key)
    old = tune.key or key
    new = None if old is None else Key((old.tonic + semitones) % 12, old.mode)
    moved = [replace(note, pitch=note.pitch + semitones) for note in tune.notes]
    if not all(0 <= note.pitch <= 127 for note in moved):
        raise BadInput("notes would lie outside what instruments play", remedy="transpose by less")
    return write_abc(moved, tune.meter, new, bars=tune.bars)


def snap(notes: Sequence[Note], parts: int = GRID) -> tuple[Note, ...]:
    """`notes` on a grid of so many parts of a beat, none shorter than one part."""
    return tuple(
        replace(n, start=round(round(n.start * parts) / parts, 6), length=round(max(1, round(n.length * parts)) / parts, 6))
        for n in notes
    )


def _unit_of(notes: Sequence[Note]) -> int:
    """Parts of a beat in the unit length: what most places and lengths are whole numbers of."""
    ticks = [round(value * GRID) for note in notes for value in (note.start, note.length)]
    shares = {step: sum(tick * step % GRID == 0 for tick in ticks) / max(1, len(ticks)) for step in (1, 2, 4)}
    return next((step for step, share in shares.items() if share > 0.9), 4)


def _group(notes: Sequence[Note]) -> list[_Group]:
    """Notes that begin and end together, in order."""
    found: dict[tuple[int, int], dict[int, Note]] = defaultdict(dict)
    for note in notes:
        found[round(note.start * GRID), max(1, round(note.length * GRID))][note.pitch] = note
    return [(start, length, tuple(together.values())) for (start, length), together in sorted(found.items())]


def _share_out(groups: Sequence[_Group]) -> list[list[_Group]]:
    """The groups in as few voices as overlap allows."""
    voices: list[list[_Group]] = []
    for group in groups:
        free = next((voice for voice in voices if voice[-1][0] + voice[-1][1] <= group[0]), None)
        if free is None:
            voices.append([group])
        else:
            free.append(group)
    return voices


def _write_bars(voice: Sequence[_Group], meter: int, step: int, key: Key | None) -> Iterator[str]:
    """The bars of a voice; what crosses a bar is tied."""
    full = meter * GRID
    last = max(start + length for start, length, _ in voice)
    pieces: dict[int, list[tuple[int, int, tuple[Note, ...], bool]]] = defaultdict(list)
    for start, length, notes in voice:
        at, end = start, start + length
        while at < end:
            until = min(end, (at // full + 1) * full)
            pieces[at // full].append((at % full, until - at, notes, until < end))
            at = until
    usual = all(note.velocity == USUAL for _, _, notes in voice for note in notes)
    mark = ""
    for bar in range(-(-last // full)):
        written, place = [], 0
        shifts = dict(signature_of(key).shifts)
        for start, length, notes, tie in pieces[bar]:
            if start > place:
                written.append(f"z{_length(start - place, step)}")
            now = mark if usual else _mark_of(notes)
            written.append(("" if now == mark else f"!{now}!") + _write_notes(notes, length, step, shifts, tie=tie))
            mark, place = now, start + length
        if place < full:
            written.append(f"z{_length(full - place, step)}")
        yield " ".join(written)


def _write_notes(notes: tuple[Note, ...], length: int, step: int, shifts: dict[str, int], *, tie: bool) -> str:
    """A note or a chord with its length; `shifts` are the accidentals of the bar so far."""
    names = [_spell(note.pitch, shifts) for note in sorted(notes, key=lambda note: note.pitch)]
    together = names[0] if len(names) == 1 else f"[{''.join(names)}]"
    return together + _length(length, step) + ("-" if tie else "")


def _spell(pitch: int, shifts: dict[str, int]) -> str:
    """A pitch as a letter with its octave, and its accidental where the bar has another."""
    flats = any(shift < 0 for shift in shifts.values())
    name = (_FLATS if flats else _SHARPS)[pitch % 12]
    sign, letter = name[:-1], name[-1]
    shift = {"^": 1, "_": -1, "": 0}[sign]
    written = "" if shifts.get(letter, 0) == shift else sign or "="
    shifts[letter] = shift
    octave = pitch // 12 - 5
    return written + (letter.lower() + "'" * (octave - 1) if octave > 0 else letter + "," * -octave)


def _length(parts: int, step: int) -> str:
    """Parts of a beat as a multiple of the unit length."""
    length = Fraction(parts * step, GRID)
    over = "" if length.numerator == 1 else str(length.numerator)
    return over + ("" if length.denominator == 1 else f"/{length.denominator}" if length.denominator != 2 else "/")


def _mark_of(notes: Sequence[Note]) -> str:
    loudest = max(round(note.velocity * 127) for note in notes)
    return next(mark for highest, mark in _MARKS if loudest <= highest)
