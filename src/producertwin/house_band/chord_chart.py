"""Chord charts: bars of chord symbols as lead sheets write them, `Dm9 G13 | Cmaj9 A7b9`.

Bars stand between `|`, `;`, or on lines of their own. The chords of a bar share its beats, the first ones taking what is left
over; with `/` in a bar every mark lasts one beat (`C / / G7`). `%` is the bar before once more, `N.C.` is silence, `|: … :|` is
played twice. Positions count from the first beat of the bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from ..errors import BadInput
from ..music import Key
from .chord_symbols import Symbol, read_symbol

MOST_BARS: Final = 999
"""Bars that a song may have."""
_BARLINE: Final = re.compile(r"\|\||\|\]|\[\||\|\:|\:\||\||\n|;")


@dataclass(frozen=True, slots=True)
class TimedSymbol:
    """A chord symbol, from `start` for `beats`; None is silence."""

    start: float
    beats: float
    symbol: Symbol | None


Bar = tuple[TimedSymbol, ...]
"""The chords of a bar, counted from its first beat."""


def read_chart(text: str, meter: int, key: Key | None = None) -> tuple[Bar, ...]:
    """The bars of a chart in `meter` beats each. Roman numerals are those of `key`.

    Raises `BadInput` that names bar and beat of every chord that is none, and of bars that do not fit their beats.
    """
    written = _expand_repeats(text)
    if not written:
        raise BadInput("there are no chords", remedy='write bars such as "Am7 F | C G/B"')
    if len(written) > MOST_BARS:
        raise BadInput(f"the chart has {len(written)} bars", remedy=f"write {MOST_BARS} at most")
    bars: list[Bar] = []
    wrong: list[str] = []
    remedy = ""
    for number, marks in enumerate(written, 1):
        if marks == ["%"] and bars:
            bars.append(bars[-1])
            continue
        try:
            bars.append(_read_bar(marks, meter, key))
        except BadInput as error:
            wrong.append(f"bar {number}{error.message}")
            remedy = remedy or error.remedy
    if wrong:
        raise BadInput("; ".join(wrong[:8]), remedy=remedy, faults=tuple(wrong))
    return tuple(bars)


def _expand_repeats(text: str) -> list[list[str]]:
    """The marks of every bar, with what stands between `|:` and `:|` twice."""
    bars: list[list[str]] = []
    start, at = 0, 0
    for found in [*_BARLINE.finditer(text), None]:
        words = text[at : found.start() if found else len(text)].split()
        marks = [mark for word in words if (mark := word.strip(",;"))]  # some write them between chords
        if marks:
            bars.append(marks)
        if found and found.group() == "|:":
            start = len(bars)
        if found and found.group() == ":|":
            bars += bars[start:]
            start = len(bars)
        if len(bars) > MOST_BARS * 2:
            break
        at = found.end() if found else at
    return bars


def _read_bar(marks: list[str], meter: int, key: Key | None) -> Bar:
    """The chords of one bar. Errors begin with where in the bar they are."""
    if len(marks) > meter:
        raise BadInput(f": {len(marks)} marks in {meter} beats", remedy="write one chord a beat at most, and | between bars")
    slashed = "/" in marks
    if slashed and len(marks) != meter:
        raise BadInput(f": {len(marks)} marks for {meter} beats", remedy="with / every mark is a beat: write one for each")
    if marks[0] in ("/", "%"):
        raise BadInput(", beat 1: nothing stands before it", remedy="begin with a chord; % alone is the bar before once more")
    chords: list[TimedSymbol] = []
    beat = 0.0
    for number, mark in enumerate(marks):
        beats = 1.0 if slashed else float(meter // len(marks) + (number < meter % len(marks)))
        if mark in ("/", "%"):
            chords[-1] = replace(chords[-1], beats=chords[-1].beats + beats)
        else:
            try:
                chords.append(TimedSymbol(beat, beats, read_symbol(mark, key)))
            except BadInput as error:
                raise BadInput(f", beat {beat + 1:g}: {error.message}", remedy=error.remedy) from None
        beat += beats
    return tuple(chords)
