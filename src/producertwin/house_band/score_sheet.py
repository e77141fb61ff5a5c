"""A song sheet of what the band played: form and chords of a score as a person writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from .chord_symbols import SILENT, note_names
from .score import Chord, Score, Section
from .sheet import Sheet, SheetSection
from .tempo_changes import write_changes


def write_sheet_of(score: Score, *, title: str, caption: str) -> Sheet:
    """The sheet that has the band play the form and chords of `score`; sections of one name that differ are numbered."""
    names = note_names(score.key)
    charts = [" | ".join(write_bars(score, section, names)) for section in score.sections]
    named = name_sections([section.name or section.kind for section in score.sections], charts)
    form = ", ".join(f"{name} {section.bars}" for name, section in zip(named, score.sections, strict=True))
    return Sheet(
        title=title,
        caption=caption,
        bpm=score.bpm,
        key=f"{names[score.key.tonic]} {score.key.mode}",
        meter=score.meter,
        tempi=write_changes(score.tempi, score.meter),
        form=form,
        sections={name: SheetSection(chords=fold(chart)) for name, chart in zip(named, charts, strict=True)},
    )


def name_sections(names: Sequence[str], charts: Sequence[str]) -> list[str]:
    """Names under which every chart stands once: `verse`, `verse 2`; those with the same chart keep one name."""
    known: dict[tuple[str, str], str] = {}
    taken = set[str]()
    for name, chart in zip(names, charts, strict=True):
        if (name, chart) not in known:
            free = (one for number in count(2) if (one := f"{name} {number}") not in {*taken, *names})
            known[name, chart] = name if name not in taken else next(free)
            taken.add(known[name, chart])
    return [known[one] for one in zip(names, charts, strict=True)]


def fold(chart: str) -> str:
    """A chart without the repeats of its beginning: a half or a quarter of it, where that comes again and again."""
    bars = chart.split(" | ")
    for size in range(1, len(bars)):
        if len(bars) % size == 0 and bars == bars[:size] * (len(bars) // size):
            return " | ".join(bars[:size])
    return chart


def write_bars(score: Score, section: Section, names: Sequence[str]) -> list[str]:
    """The chords of each bar of a section, as text."""
    bars = []
    for bar in range(section.first_bar, section.first_bar + section.bars):
        first, last = float(bar * score.meter), float((bar + 1) * score.meter)
        there = [one for one in score.chords if one.start < last - 1e-6 and one.start + one.length > first + 1e-6]
        bars.append(write_bar([(max(one.start - first, 0.0), name_chord(one, names)) for one in there], score.meter))
    return bars


def write_bar(chords: Iterable[tuple[float, str]], meter: int) -> str:
    """The text of a bar from the beats on which its chords begin: `Am F` where they share it evenly, else a mark a beat."""
    by_beat = ["/"] * meter
    for beat, name in chords:
        by_beat[min(int(beat + 0.5), meter - 1)] = name
    by_beat[0] = by_beat[0] if by_beat[0] != "/" else SILENT
    starts = [beat for beat, mark in enumerate(by_beat) if mark != "/"]
    even = [number * meter // len(starts) for number in range(len(starts))]
    if meter % len(starts) == 0 and starts == even:
        return " ".join(by_beat[beat] for beat in starts)
    return " ".join(by_beat)


def name_chord(chord: Chord, names: Sequence[str]) -> str:
    """The symbol of a chord."""
    if chord.silent:
        return SILENT
    bass = "" if chord.bass is None or chord.bass == chord.root else f"/{names[chord.bass]}"
    return name_root(chord.root, chord.quality, names) + bass


def name_root(root: int, quality: str, names: Sequence[str]) -> str:
    """Root and quality as a symbol that `chord_symbols.read_symbol` reads."""
    return f"{names[root]}{'' if quality == 'maj' else quality}"
