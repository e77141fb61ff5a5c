"""Tempo changes of a song as a person writes them: "chorus: 96; bar 17: 100; bar 20 beat 3: 88".

The tempo of a section holds in every section of that name, and in no other; that of a bar holds from there on, and ends with its
section where that has its own. Tempi change at once: one that grows slowly is written beat by beat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from ..errors import BadInput
from ..music import check_bpm
from ..timebase import TempoMap
from ..wording import write_number
from .outline import OutlineSection, names_of

MOST: Final = 1_000
"""Changes of a song."""
_BPM: Final = r"\s*[:= ]\s*(\d{1,4}(?:\.\d{1,6})?)(?:\s*bpm)?"
_BAR: Final = re.compile(rf"bar\s*(\d{{1,4}})(?:\s*beat\s*(\d{{1,2}}(?:\.\d{{1,6}})?))?{_BPM}", re.IGNORECASE)
_SECTION: Final = re.compile(rf"([^\W\d_].*?){_BPM}")
_HOW: Final = 'write "chorus: 96; bar 17: 100; bar 20 beat 3: 88"'


def read_changes(text: str, sections: Sequence[OutlineSection], meter: int) -> tuple[tuple[float, float | None], ...]:
    """Beats of the song and the tempo from each on, None for the song's own. Raises `BadInput` that names what is wrong."""
    if not sections:
        raise BadInput("there are tempo changes and no form", remedy='give the form, such as "verse 8, chorus 8"')
    entries = [one.strip() for one in re.split(r"[;,\n]", text) if one.strip()]
    if len(entries) > MOST:
        raise BadInput(f"there are {len(entries)} tempo changes", remedy=f"write {MOST} at most")
    bars: dict[float, float] = {}
    named: dict[str, float] = {}
    for entry in entries:
        if found := _BAR.fullmatch(entry):
            beat = _beat_of(found, sum(section.bars for section in sections), meter)
            if beat in bars:
                raise BadInput(f"tempo changes: {entry!r} is the second tempo there", remedy="write one")
            bars[beat] = check_bpm(float(found[3]))
        elif found := _SECTION.fullmatch(entry):
            named[_find(found[1], sections, named)] = check_bpm(float(found[2]))
        else:
            raise BadInput(f"tempo changes: {entry[:40]!r} is none", remedy=_HOW)
    return tuple(_join(sections, bars, named, meter))


def write_changes(changes: Sequence[tuple[float, float]], meter: int) -> str:
    """Beats of the song and the tempo from each on, as text that `read_changes` reads."""
    return "; ".join(f"{_place(beat, meter)}: {write_number(round(bpm, 4))}" for beat, bpm in changes)


def tell_changes(tempo: TempoMap, meter: int) -> str:
    """The changes of a song in words: "96 bpm from bar 9, 88 bpm from bar 17", and how many more there are."""
    shown = [f"{write_number(round(bpm, 2))} bpm from {_place(beat, meter)}" for beat, bpm in tempo.changes[:4]]
    more = len(tempo.changes) - 4
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _place(beat: float, meter: int) -> str:
    """Bar and beat of a beat of the song."""
    bar, rest = divmod(round(beat, 6), meter)
    return f"bar {int(bar) + 1}" + (f" beat {write_number(round(rest + 1.0, 6))}" if rest else "")


def _beat_of(found: re.Match[str], bars: int, meter: int) -> float:
    """The beat of the song that an entry names."""
    bar, beat = int(found[1]), float(found[2] or 1)
    if not 1 <= bar <= bars:
        raise BadInput(f"tempo changes: there is no bar {bar}", remedy=f"the form has {bars} bars, counted from 1")
    if not 1 <= beat < meter + 1:
        raise BadInput(f"tempo changes: bar {bar} has no beat {write_number(beat)}", remedy=f"its beats are 1 to {meter}")
    return (bar - 1) * meter + beat - 1.0


def _find(written: str, sections: Sequence[OutlineSection], named: dict[str, float]) -> str:
    """The name of a section in its one spelling."""
    name = names_of(written)[0]
    if not any(name in names_of(section.name) for section in sections):
        known = ", ".join(dict.fromkeys(section.name for section in sections))
        raise BadInput(f"tempo changes: no section is called {written}", remedy=f"the form has {known}; or name a bar: bar 9: 96")
    if name in named:
        raise BadInput(f"tempo changes: {written} has two tempi", remedy="write one")
    return name


def _join(
    sections: Sequence[OutlineSection], bars: dict[float, float], named: dict[str, float], meter: int
) -> Iterator[tuple[float, float | None]]:
    """What holds from each beat on at which anything may change."""
    starts = [first * meter for first in accumulate((section.bars for section in sections), initial=0)]
    held: float | None = None
    for section, first, last in zip(sections, starts, starts[1:], strict=False):
        own = next((named[name] for name in names_of(section.name) if name in named), None)
        inside = {float(first): own or held} | {beat: bpm for beat, bpm in sorted(bars.items()) if first <= beat < last}
        yield from inside.items()
        if own is None:
            held = next(reversed(inside.values()))
