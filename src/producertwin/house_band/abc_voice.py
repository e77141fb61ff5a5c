"""One voice of a text in ABC notation: its music read line by line into bars. Lengths are parts of a whole note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ..errors import BadInput
from ..music import LETTERS
from ..wording import write_number
from .abc_bars import AbcBar, AbcNote
from .abc_fields import Meter, Signature, read_key, read_meter, read_unit
from .chord_chart import MOST_BARS

_ACCIDENTALS: Final = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_LENGTH: Final = r"(\d{0,4})(/{1,6}\d{0,4})?"
_NOTE: Final = re.compile(rf"(\^\^|\^|__|_|=)?([A-Ga-g])([',]*){_LENGTH}(-?)")
_REST: Final = re.compile(rf"[zx]{_LENGTH}")
_BARS_OF_REST: Final = re.compile(r"[ZX](\d{0,3})")
_CHORD: Final = re.compile(rf"\[((?:(?:\^\^|\^|__|_|=)?[A-Ga-g][',]*\d{{0,4}}(?:/{{1,6}}\d{{0,4}})?-?\s*)+)\]{_LENGTH}(-?)")
_TUPLET: Final = re.compile(r"\(([2-9])(?::(\d?))?(?::(\d?))?(?=[^\d])")
_BARLINE: Final = re.compile(r":*\|+[\]:|]*|\[\||::+|:\|")
_ENDING: Final = re.compile(r"\[?([1-9])(?:[,-][1-9])*(?![\d/])")
_INLINE: Final = re.compile(r"\[([A-Za-z]):([^\]]*)\]")
_MARK: Final = re.compile(r"!([^!\n]*)!|\+([a-z.]+)\+")
_PASSED: Final = re.compile(r"[()\s\\`y$*]|~(?=\s)")
_LEFT_OUT: Final = re.compile(r"\{[^}]*\}|[.~HLMOPSTuv]")
_DYNAMICS: Final = {"pppp": 30, "ppp": 30, "pp": 45, "p": 60, "mp": 75, "mf": 90, "f": 105, "ff": 120, "fff": 127, "ffff": 127}
"""Dynamics and their MIDI velocities, as abcMIDI plays them."""
USUAL: Final = 0.8
"""Velocity of a note without dynamics."""


@dataclass(slots=True)
class Voice:
    """A voice as far as it is read: bars that are done, and the one that is written."""

    meter: Meter
    unit: Fraction
    signature: Signature
    told: dict[str, None]
    bars: list[AbcBar] = field(default_factory=list)
    bar: AbcBar = field(default_factory=AbcBar)
    accidentals: dict[str, int] = field(default_factory=dict)
    velocity: float = USUAL
    tied: dict[tuple[str, int], int] = field(default_factory=dict)
    """Letter and octave of notes that are tied on, and their pitches."""
    stretch: Fraction = Fraction(1)
    """By what the next note is longer or shorter in a broken rhythm."""
    tuplet: tuple[int, Fraction] = (0, Fraction(1))
    """How many notes of a tuplet are to come, and by what they are shorter."""

    def finish(self) -> list[AbcBar]:
        """All bars."""
        if self.bar.length or self.bar.notes:
            self.bars.append(self.bar)
            self.bar = AbcBar()
        return self.bars

    def change(self, name: str, value: str) -> None:
        """A field within the music."""
        if name == "K":
            self.signature = read_key(value)
        elif name == "L":
            self.unit = read_unit(value)
        elif name == "M" and read_meter(value) != self.meter:
            self._refuse(f"M:{value} changes the meter", "a song has one meter: write all bars in it")
        elif name == "Q":
            self._refuse(f"Q:{value} changes the tempo", "band and instrument keep one tempo: write it once, before the notes")

    def read(self, line: str) -> None:
        """Read a line of music."""
        at = 0
        while at < len(line):
            at = self._read_one(line, at)

    def _read_one(self, line: str, at: int) -> int:
        """Read what begins at `at`, and tell where it ends."""
        if inline := _INLINE.match(line, at):
            self.change(inline[1], inline[2])
            return inline.end()
        if ending := self.bar.length == 0 and _ENDING.match(line, at):
            self.bar.ending = int(ending[1])
            return ending.end()
        if barline := _BARLINE.match(line, at):
            self._end_bar(barline.group())
            return barline.end()
        if tuplet := _TUPLET.match(line, at):
            self._begin_tuplet(tuplet)
            return tuplet.end()
        for pattern, read in ((_CHORD, self._chord), (_NOTE, self._note), (_REST, self._rest), (_BARS_OF_REST, self._rest_bars)):
            if found := pattern.match(line, at):
                read(found)
                return found.end()
        return self._read_mark(line, at)

    def _read_mark(self, line: str, at: int) -> int:
        """Read what is no note and no bar."""
        if mark := _MARK.match(line, at):
            name = mark[1] or mark[2] or ""
            if name in _DYNAMICS:
                self.velocity = _DYNAMICS[name] / 127.0
            else:
                self.told["ornaments are left out"] = None
            return mark.end()
        if line[at] == '"':
            end = line.find('"', at + 1)
            if end < 0:
                self._refuse("a quotation mark is not closed", 'write chord symbols as "Am"')
            symbol = line[at + 1 : end]
            if symbol and "A" <= symbol[0] <= "G":
                self.bar.symbols.append((self.bar.length, symbol))
            return end + 1
        if line[at] in "<>":
            many = len(line) - at - len(line[at:].lstrip(line[at]))
            self._break_rhythm(line[at], many)
            return at + many
        if passed := _PASSED.match(line, at):
            return passed.end()
        if left := _LEFT_OUT.match(line, at):
            self.told["grace notes are left out" if left.group()[0] == "{" else "ornaments are left out"] = None
            return left.end()
        self._refuse(
            f"{line[at:].split()[0][:20]!r} is not understood", "write notes A to G with ^ _ = , ' and lengths, such as ^F2"
        )
        raise AssertionError  # pragma: no cover

    def _end_bar(self, barline: str) -> None:
        begins, ends = barline.endswith(":"), barline.startswith(":")
        if self.bar.length or self.bar.notes:
            self.bar.repeats = ends
            self.bars.append(self.bar)
            self.bar = AbcBar(begins=begins)
        else:
            self.bar.begins = self.bar.begins or begins
            if ends and self.bars:
                self.bars[-1].repeats = True
        if barline in ("||", "|]") or ends:
            (self.bars[-1] if self.bars else self.bar).closes = True
        self.accidentals = {}

    def _begin_tuplet(self, found: re.Match[str]) -> None:
        many = int(found[1])
        compound = self.meter.beats in (6, 9, 12)
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(many, 3 if compound else 2)
        self.tuplet = (int(found[3] or many), Fraction(int(found[2] or usual), many))

    def _break_rhythm(self, sign: str, many: int) -> None:
        """`A>B`: the note before is longer by half, and the next as much shorter; `<` the other way."""
        last = [note for note in self.bar.notes if note.start + note.length == self.bar.length]
        if not last or many > 3:
            self._refuse(f"{sign!r} stands behind no note", "write it between two notes, such as A>B")
        long, short = 2 - Fraction(1, 2**many), Fraction(1, 2**many)
        before, self.stretch = (long, short) if sign == ">" else (short, long)
        change = last[0].length * (before - 1)
        for note in last:
            note.length += change
        self.bar.length += change

    def _length(self, number: str, fraction: str | None) -> Fraction:
        """A length as it is written, in parts of a whole note."""
        length = Fraction(int(number or 1)) * self.unit
        if fraction:
            below = fraction.lstrip("/")
            divisor = int(below) if below else 2 ** len(fraction)
            if not divisor:
                self._refuse("a length is divided by 0", "write lengths such as 3/2")
            length /= divisor
        return length

    def _place(self, pitches: Sequence[tuple[int, Fraction, bool]], lasts: Fraction) -> None:
        """Put notes that begin together into the bar, which goes on after `lasts`."""
        scale, self.stretch = self.stretch, Fraction(1)
        left, shorter = self.tuplet
        if left:
            scale *= shorter
            self.tuplet = (left - 1, shorter)
        start = self.bar.length
        self.bar.notes += [AbcNote(start, length * scale, pitch, self.velocity, tie) for pitch, length, tie in pitches]
        self.bar.length += lasts * scale
        if self.bar.length > self.meter.beats * self.meter.unit:
            had = write_number(round(float(self.bar.length / self.meter.unit), 3))
            self._refuse(
                f"the bar has {had} beats of {self.meter.beats}", "put | where the bar ends, or write shorter notes", whole=True
            )

    def _note(self, found: re.Match[str]) -> None:
        length = self._length(found[4], found[5])
        tied, self.tied = self.tied, {}
        self._place([(self._pitch(found, tied, tie=bool(found[6])), length, bool(found[6]))], length)

    def _chord(self, found: re.Match[str]) -> None:
        outer, tied = self._length(found[2], found[3]) / self.unit, self.tied
        self.tied = {}
        written = []
        for note in _NOTE.finditer(found[1]):
            tie = bool(note[6] or found[4])
            written.append((self._pitch(note, tied, tie=tie), self._length(note[4], note[5]) * outer, tie))
        self._place(written, written[0][1])

    def _rest(self, found: re.Match[str]) -> None:
        self.tied = {}
        self._place([], self._length(found[1], found[2]))

    def _rest_bars(self, found: re.Match[str]) -> None:
        bars = int(found[1] or 1)
        if self.bar.length or not 0 < bars <= MOST_BARS:
            self._refuse(f"{found.group()!r} is no rest of whole bars here", "write it alone in a bar, such as | Z2 |")
        full = self.meter.beats * self.meter.unit
        self.bars += [AbcBar(length=full, begins=self.bar.begins and not number) for number in range(bars - 1)]
        self.bar = AbcBar(length=full, begins=self.bar.begins and bars == 1)

    def _pitch(self, found: re.Match[str], tied: dict[tuple[str, int], int], *, tie: bool) -> int:
        """The MIDI number of a note; an accidental holds to the end of the bar, and over a tie."""
        letter = found[2].upper()
        octave = (5 if found[2].isupper() else 6) + found[3].count("'") - found[3].count(",")
        if found[1]:
            self.accidentals[letter] = _ACCIDENTALS[found[1]]
        shift = self.accidentals.get(letter, self.signature.shifts.get(letter, 0))
        pitch = 12 * octave + LETTERS[letter] + shift
        if not found[1]:
            pitch = tied.get((letter, octave), pitch)
        if not 0 <= pitch <= 127:
            self._refuse(f"{found.group()!r} is outside what instruments play", "write it in another octave")
        if tie:
            self.tied[letter, octave] = pitch
        return pitch

    def _refuse(self, message: str, remedy: str, *, whole: bool = False) -> None:
        """Raise `BadInput` that says where."""
        beat = write_number(round(float(self.bar.length / self.meter.unit) + 1, 3))
        raise BadInput(f"bar {len(self.bars) + 1}{'' if whole else f', beat {beat}'}: {message}", remedy=remedy)
