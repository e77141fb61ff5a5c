"""The outline of a song: its form and its chords as a person gives them, from which the band composes the rest.

A form is written `intro 2, verse 8, hook 8 x2, outro 4`: a name and its bars. Names are those that musicians use; each plays like
one of the band's kinds of section (`score.SectionKind`), and sections of one name have the same chords. Chords are one chart for
the whole song, or one for each name, `verse: Am F | C G; hook: F | G`; a chart is repeated until its section is full.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import BadInput
from ..music import Key
from ..timebase import TempoMap
from .chord_chart import MOST_BARS, Bar, read_chart
from .chord_symbols import Symbol
from .score import Note, SectionKind

KINDS_BY_NAME: Final[Mapping[str, SectionKind]] = {
    "intro": "intro", "introduction": "intro", "opening": "intro",
    "verse": "verse", "strophe": "verse", "part": "verse", "head": "verse", "theme": "verse", "solo": "verse", "section": "verse",
    "chorus": "chorus", "hook": "chorus", "refrain": "chorus", "drop": "chorus",
    "bridge": "bridge", "prechorus": "bridge", "pre-chorus": "bridge", "break": "bridge", "breakdown": "bridge",
    "middle": "bridge", "interlude": "bridge", "build": "bridge", "buildup": "bridge", "instrumental": "bridge",
    "outro": "outro", "ending": "outro", "coda": "outro", "end": "outro", "tag": "outro",
    "a": "verse", "b": "chorus", "c": "bridge", "d": "verse",
}  # fmt: skip
"""What sections are called -> how the band plays them."""
_WORD: Final = r"[^\W\d_](?:[^\W\d_]|['-])*"
_COUNT: Final = r"\d{1,9}(?!\d)"
"""A number that is short enough to be one."""
_ENTRY: Final = re.compile(
    rf"\s*({_WORD}(?: {_WORD})*(?: \d+(?=[:= ]+\d))?)(?:[:= ]*(-?{_COUNT}))?(?:\s*bars?\b)?(?:\s*[x×*]\s*({_COUNT}))?"
    r"\s*(?:[,;\n|→]|->|$|(?<=\d)|(?<=\s))",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?:^|[;\n])\s*([^\W\d_][\w' -]*?)\s*:(?!\|)")
_GROUP: Final = re.compile(rf"\(([^()]*)\)\s*[x×*]\s*({_COUNT})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OutlineSection:
    """A section of the form."""

    name: str
    """As it was written: `hook`, `verse 2`."""
    kind: SectionKind
    """How the band plays it."""
    bars: int
    chords: tuple[Bar, ...] = ()
    """A bar of chords for each of its bars; empty where the band chooses."""
    players: tuple[str, ...] = ()
    """The stems that play in it; empty where the band chooses."""


@dataclass(frozen=True, slots=True)
class GivenLine:
    """Notes that a person gives, in beats of the song, and the sections (by index) in which they are what `part` plays."""

    part: str
    """One of `PARTS`."""
    notes: tuple[Note, ...]
    sections: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """Form, chords and notes of a song."""

    sections: tuple[OutlineSection, ...] = ()
    """Empty where the band chooses the form."""
    chart: tuple[Bar, ...] = ()
    """Chords for a song whose form the band chooses, repeated to its end."""
    lines: tuple[GivenLine, ...] = ()
    players: tuple[str, ...] = ()
    """The stems that play where the band chooses the form; empty where it chooses them too."""
    key: Key | None = None
    """As the given notes tell it."""
    tempi: tuple[tuple[float, float | None], ...] = ()
    """Beats from which another tempo holds, and that; None is the tempo of the song again."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the user should know of how form and chords were joined."""

    @property
    def bars(self) -> int:
        """Bars of the whole form."""
        return sum(section.bars for section in self.sections)

    def tempo(self, bpm: float) -> TempoMap:
        """Where the beats fall of a song at `bpm`."""
        spans = [(beat, tempo or bpm) for beat, tempo in self.tempi]
        before = [bpm, *(tempo for _, tempo in spans)]
        kept = tuple(one for one, held in zip(spans, before, strict=False) if one[1] != held)
        return TempoMap(bpm, kept)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every chord that was written, in order."""
        charts = [self.chart, *(section.chords for section in self.sections)]
        return tuple(chord.symbol for chart in charts for bar in chart for chord in bar if chord.symbol)


def read_outline(form: str, chords: str, meter: int, key: Key | None = None) -> Outline:
    """Join a form with the chart of all sections, or with those of each, in `chords`. Each may be absent.

    Raises `BadInput` for a form or chart that cannot be read, for charts of sections that are not in the form, and for a chart of
    a section that does not go into its bars.
    """
    common, charts = split_charts(chords)
    chart = read_chart(common, meter, key) if common.strip() else ()
    own = {_plain(name): _read_section_chart(name, text, meter, key) for name, text in charts}
    if len(own) < len(charts):
        twice = next(name for name in own if sum(_plain(other) == name for other, _ in charts) > 1)
        raise BadInput(f"{twice} has two charts", remedy="write one, or call the sections verse 1 and verse 2")
    if not form.strip():
        if own:
            raise BadInput("there are chords of sections and no form", remedy='give the form, such as "verse 8, chorus 8"')
        return Outline(chart=chart)
    names = read_form(form)
    unused = [name for name in own if not any(name in names_of(section) for section, _ in names)]
    if unused:
        known = ", ".join(dict.fromkeys(name for name, _ in names))
        raise BadInput(f"no section is called {', '.join(unused)}", remedy=f"the form has {known}")
    sections: list[OutlineSection] = []
    notes: list[str] = []
    through = runs_through(len(chart), [bars for _, bars in names])
    for name, bars in names:
        found = next((own[one] for one in names_of(name) if one in own), ())
        if found and bars % len(found):
            message = f"{name} has {bars} bars, and its chart {len(found)}, which do not go into them"
            raise BadInput(message, remedy="write as many bars as the section has, or a half or a quarter of them")
        if not found and chart and bars % len(chart) and not through:
            notes.append(f"{name} has {bars} bars: the chart of {len(chart)} bars ends within it")
        filled = _fill(found or chart, bars, sum(one.bars for one in sections) if through else 0)
        sections.append(OutlineSection(name, kind_of(name), bars, filled))
    return Outline(tuple(sections), notes=tuple(dict.fromkeys(notes)))


def runs_through(length: int, sections: Sequence[int]) -> bool:
    """Whether what has `length` bars runs through the song and is not begun anew in each section: it fills more than any."""
    return len(sections) > 1 and length > max(sections)


def _fill(chart: Sequence[Bar], bars: int, first: int) -> tuple[Bar, ...]:
    """So many bars of `chart`, from its bar `first`, repeated to the end."""
    return tuple(chart[(first + bar) % len(chart)] for bar in range(bars)) if chart else ()


def split_charts(chords: str) -> tuple[str, list[tuple[str, str]]]:
    """The chart of all sections, and the names and charts of sections, from `Am | F; hook: C | G`."""
    found = list(_NAME.finditer(chords))
    ends = [one.start() for one in found[1:]] + [len(chords)]
    charts = [(one[1].strip(), chords[one.end() : end]) for one, end in zip(found, ends, strict=False)]
    return chords[: found[0].start()] if found else chords, charts


def bar_at(outline: Outline, number: int) -> Bar:
    """The chords of bar `number` of the song, from 0; none where none are written."""
    if not outline.sections:
        return outline.chart[number % len(outline.chart)] if outline.chart else ()
    bars = [bar for section in outline.sections for bar in section.chords or ((),) * section.bars]
    return bars[number] if number < len(bars) else ()


def read_form(text: str) -> tuple[tuple[str, int], ...]:
    """Names and bars of the sections of `intro 2, (verse 8, hook 8) x2, outro 4`; without a number a section has 8 bars.

    Raises `BadInput` for what is no section, and for more than 999 bars.
    """
    while found := _GROUP.search(text):
        again = ", ".join([found[1]] * min(int(found[2]), MOST_BARS))
        text = f"{text[: found.start()]}{again}{text[found.end() :]}"
        if len(text) > 100_000:
            raise BadInput("the form repeats itself without end", remedy=f"write {MOST_BARS} bars at most")
    sections: list[tuple[str, int]] = []
    left = text.strip(" \n,;|")
    while left:
        read = _ENTRY.match(left)
        if not read:
            raise BadInput(f"{left[:40]!r} is no section", remedy='write names and bars, such as "intro 2, verse 8, chorus 8"')
        left = left[read.end() :].lstrip(" \n,;|")
        name, bars = read[1].strip(), int(read[2] or 8)
        kind_of(name)
        if bars < 1:
            raise BadInput(f"{name} has {bars} bars", remedy="give every section one bar at least")
        sections += [(name, bars)] * min(int(read[3] or 1), MOST_BARS)
    total = sum(bars for _, bars in sections)
    if not sections:
        raise BadInput("the form has no sections", remedy='write names and bars, such as "intro 2, verse 8, chorus 8"')
    if total > MOST_BARS:
        raise BadInput(f"the form has {total} bars", remedy=f"write {MOST_BARS} bars at most")
    return tuple(sections)


def kind_of(name: str) -> SectionKind:
    """How the band plays a section called `name`. Raises `BadInput` for a name that no musician uses."""
    plain, family = names_of(name)
    for word in (plain, family, plain.split()[0], plain.split()[-1]):
        if word in KINDS_BY_NAME:
            return KINDS_BY_NAME[word]
    near = difflib.get_close_matches(family, [word for word in KINDS_BY_NAME if len(word) > 1], 2, 0.6)
    others = ", ".join(near) if near else "intro, verse, chorus, hook, bridge, breakdown, outro"
    raise BadInput(f"{name!r} is no section that the band knows", remedy=f"call it {others}")


def _read_section_chart(name: str, text: str, meter: int, key: Key | None) -> tuple[Bar, ...]:
    """The chart of a section. Errors say whose it is."""
    try:
        return read_chart(text, meter, key)
    except BadInput as error:
        faults = tuple(f"{name}, {fault}" for fault in error.faults)
        raise BadInput(f"{name}, {error.message}", remedy=error.remedy, faults=faults) from None


def _plain(name: str) -> str:
    """A name without case and needless signs."""
    return " ".join(name.lower().replace("_", " ").split())


def names_of(name: str) -> tuple[str, str]:
    """The names under which chords and words of a section are looked for: its own, then without its number, `verse`."""
    plain = _plain(name)
    return plain, re.sub(r"\s*[0-9]+$", "", plain)
