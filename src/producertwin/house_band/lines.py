"""What a person gives of a song besides form and chords: notes for some of the players, and who plays in which section.

Notes stand in ABC notation. A line of a section belongs to the sections of that name and is repeated until they are full, as a
chart is; one of the whole song begins anew in every section, or runs through the song where it is longer than any section.
Where nobody writes chords, they are read from the notes; where nobody writes a form, the song is one section as long as the
longest line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from ..errors import BadInput
from ..music import STEMS, Key
from ..recipe import Record
from . import note_chords
from .abc_reading import AbcTune, read_abc
from .chord_chart import Bar, read_chart
from .outline import GivenLine, Outline, OutlineSection, names_of, read_outline, runs_through, split_charts
from .score import Note
from .tempo_changes import read_changes

PARTS: Final = ("melody", "chords", *STEMS)
"""Whose notes can be given: the tune, the chords, or a stem's; drums are written as General MIDI numbers them (kick C,,)."""
PLAYING: Final = {
    "kit": "drums", "piano": "keyboard", "keys": "keyboard", "rhodes": "keyboard", "organ": "keyboard", "guitars": "guitar",
    "synths": "synth", "horns": "brass", "voice": "vocals", "choir": "backing_vocals",
}  # fmt: skip
"""Other names of stems."""
UNPITCHED: Final = frozenset({"drums", "percussion", "fx"})
LONGEST: Final = 200_000
"""Characters that the notes of a line may have."""
METER: Final = 4
"""Beats per bar of a song that states none."""


def check_part(name: str) -> str:
    """A part's name in its one spelling. Raises `BadInput` for one that nobody plays."""
    plain = "_".join(name.strip().lower().split())
    plain = {**PLAYING, "tune": "melody", "lead": "melody", "harmony": "chords"}.get(plain, plain)
    if plain not in PARTS:
        near = difflib.get_close_matches(plain, PARTS, 2, 0.5)
        raise BadInput(f"{name!r} is no part", remedy=f"write notes for {', '.join(near or PARTS)}")
    return plain


PartName = Annotated[str, AfterValidator(check_part)]
NotesText = Annotated[str, Field(max_length=LONGEST)]
GivenNotes = dict[PartName, NotesText]
"""Notes in ABC notation by the part that plays them."""


class Line(Record):
    """Notes that are given, written `PART: NOTES` or `SECTION PART: NOTES`."""

    part: PartName
    """Who plays them: melody, chords, bass, drums, or another stem."""
    notes: NotesText
    """The notes in ABC notation, bar by bar."""
    section: str = ""
    """The section they belong to; the whole song where it is empty."""


def read_line(value: object) -> object:
    """`bass: A,2 C2 | …` or `hook bass: …` as the fields of a `Line`. Raises `BadInput` for a text that names no part."""
    if not isinstance(value, str):
        return value
    head, colon, notes = value.partition(":")
    words = head.split()
    if not colon or not words:
        raise BadInput(f"{value[:40]!r} does not say whose notes it has", remedy='write "melody: A2 c2 e2 a2 | g4 e4"')
    many = 2 if "_".join(words[-2:]).lower() in PARTS else 1
    return {"part": " ".join(words[-many:]), "section": " ".join(words[:-many]), "notes": notes.strip()}


@dataclass(frozen=True, slots=True)
class SongText:
    """A song as it is written down."""

    form: str = ""
    chords: str = ""
    lines: Sequence[Line] = ()
    players: str = ""
    """Stems, and stems by section: `drums, bass; verse: keyboard, bass`."""
    tempi: str = ""
    """Tempo changes, as `tempo_changes.read_changes` reads them."""


def meter_of(lines: Sequence[Line]) -> int | None:
    """The meter that given notes state, None where they state none."""
    return next((_read_line(line, None, None).meter for line in lines if _states(line, "M")), None)


def bpm_of(lines: Sequence[Line]) -> float | None:
    """The tempo that given notes state, None where they state none."""
    return next((_read_line(line, None, None).bpm for line in lines if _states(line, "Q")), None)


def _states(line: Line, field: str) -> bool:
    """Whether the notes of a line have a field."""
    return any(text.strip().startswith(f"{field}:") for text in line.notes.splitlines())


def read_song(text: SongText, meter: int | None, key: Key | None) -> Outline:
    """Form, chords, notes and players, joined and checked.

    Raises `BadInput` that names section, bar and beat of what cannot be read, and what does not go together.
    """
    beats = meter or meter_of(text.lines) or METER
    tunes = [(line, _read_line(line, beats, key)) for line in text.lines]
    form = text.form
    told: list[str] = []
    if tunes and not form.strip():
        form = f"verse {_bars_without_form(tunes, text.chords, beats, key)}"
        told.append(f"no form is written: one section of {form.partition(' ')[2]} bars, as long as the notes")
    found_key = key or _key_of(tunes)
    outline = read_outline(form, text.chords, beats, found_key)
    told += outline.notes
    lines = tuple(_place_lines(outline, tunes, beats, told))
    outline = replace(outline, lines=lines, key=None if key else found_key)
    if tunes and not outline.symbols:
        outline = _add_chords(outline, tunes, (beats, found_key), told)
    for _, tune in tunes:
        told += tune.told
    outline = _seat(outline, text.players)
    if text.tempi.strip():
        outline = replace(outline, tempi=read_changes(text.tempi, outline.sections, beats))
    return replace(outline, notes=tuple(dict.fromkeys(told)))


def _read_line(line: Line, meter: int | None, key: Key | None) -> AbcTune:
    """The notes of a line. Errors say whose they are."""
    try:
        return read_abc(line.notes, meter, key)
    except BadInput as error:
        raise BadInput(f"{_name(line)}, {error.message}", remedy=error.remedy) from None


def _name(line: Line) -> str:
    return f"{line.part} of {line.section}" if line.section else line.part


def _bars_without_form(tunes: Sequence[tuple[Line, AbcTune]], chords: str, meter: int, key: Key | None) -> int:
    """How long a song is whose form nobody writes: as its longest line, in whole repeats of its chart."""
    named = next((line for line, _ in tunes if line.section), None)
    if named is not None:
        raise BadInput(f"there is {_name(named)} and no form", remedy='give the form, such as "verse 8, chorus 8"')
    common, charts = split_charts(chords)
    chart = len(read_chart(common, meter, key)) if common.strip() and not charts else 1
    return -(-max(tune.bars for _, tune in tunes) // chart) * chart


def _key_of(tunes: Sequence[tuple[Line, AbcTune]]) -> Key | None:
    """The key that a `K:` states, else the one that the notes tell; None without pitched notes."""
    written = next((tune.key for _, tune in tunes if tune.key), None)
    pitched = [note for line, tune in tunes if line.part not in UNPITCHED for note in tune.notes]
    return written or (note_chords.key_of_notes(pitched) if pitched else None)


def _place_lines(outline: Outline, tunes: Sequence[tuple[Line, AbcTune]], meter: int, told: list[str]) -> Iterator[GivenLine]:
    """Each part's notes in beats of the song; the line of a section is before that of the whole song."""
    spans = _spans(outline)
    every = {name for section in outline.sections for name in names_of(section.name)}
    by_part: dict[str, list[tuple[Line, AbcTune]]] = {}
    for line, tune in tunes:
        if line.section and names_of(line.section)[0] not in every:
            known = ", ".join(dict.fromkeys(section.name for section in outline.sections))
            raise BadInput(f"no section is called {line.section}", remedy=f"the form has {known}")
        by_part.setdefault(line.part, []).append((line, tune))
    for part, given in by_part.items():
        common = [tune for line, tune in given if not line.section]
        own = {names_of(line.section)[0]: tune for line, tune in given if line.section}
        if len(common) > 1 or len(own) + len(common) < len(given):
            raise BadInput(f"the notes of {part} are given twice", remedy="write them once, in one line")
        notes: list[Note] = []
        covered: list[int] = []
        through = bool(common) and runs_through(common[0].bars, [bars for _, bars in spans])
        if through and common[0].bars > outline.bars:
            told.append(f"{part} has {common[0].bars} bars, the form {outline.bars}: the last ones are left out")
        for number, (section, (first, bars)) in enumerate(zip(outline.sections, spans, strict=True)):
            played = next((own[name] for name in names_of(section.name) if name in own), None)
            if played is not None and bars % played.bars:
                message = f"{section.name} has {bars} bars, and its {part} {played.bars}, which do not go into them"
                raise BadInput(message, remedy="fill the notes up with bars of rest, such as Z2, or write another form")
            if played is None and common:
                played = common[0]
                if bars % played.bars and not through:
                    told.append(f"{section.name} has {bars} bars: {part} of {played.bars} bars ends within it")
            if played is None:
                continue
            run = through and played is common[0]
            found = list(_cut(played, first, bars, outline.bars, meter) if run else _repeat(played, first, bars, meter))
            notes += found
            covered += [number] if found else []
        yield GivenLine(part, tuple(sorted(notes, key=lambda note: (note.start, note.pitch))), tuple(covered))


def _spans(outline: Outline) -> list[tuple[int, int]]:
    """First bar and bars of each section."""
    found, first = [], 0
    for section in outline.sections:
        found.append((first, section.bars))
        first += section.bars
    return found


def _repeat(tune: AbcTune, first: int, bars: int, meter: int) -> Iterator[Note]:
    """The notes of `tune` in the bars of a section, again and again."""
    end = float((first + bars) * meter)
    for again in range(-(-bars // tune.bars)):
        for note in tune.notes:
            start = note.start + (first + again * tune.bars) * meter
            if start < end - 1e-6:
                yield replace(note, start=round(start, 6), length=round(min(note.length, end - start), 6))


def _cut(tune: AbcTune, first: int, bars: int, song: int, meter: int) -> Iterator[Note]:
    """The notes of a `tune` of the whole song that begin in the bars of a section; none lasts longer than the `song`."""
    for note in tune.notes:
        if first * meter - 1e-6 <= note.start < (first + bars) * meter - 1e-6:
            yield replace(note, length=round(min(note.length, song * meter - note.start), 6))


def _add_chords(
    outline: Outline, tunes: Sequence[tuple[Line, AbcTune]], given: tuple[int, Key | None], told: list[str]
) -> Outline:
    """The outline with the chords over the notes, or with those that the notes tell; as it is where only drums are given."""
    meter, key = given
    pitched = [note for line in outline.lines if line.part not in UNPITCHED for note in line.notes]
    if not pitched or key is None:
        return outline
    charted = next(((line, tune) for line, tune in tunes if tune.chart and not line.section), None)
    if charted:
        try:
            chart = read_chart(charted[1].chart, meter, key)
        except BadInput as error:
            raise BadInput(f"chord symbols of {_name(charted[0])}, {error.message}", remedy=error.remedy) from None
        through = runs_through(len(chart), [section.bars for section in outline.sections])
        spans = _spans(outline)
        bars = [chart[(bar + first * through) % len(chart)] for first, many in spans for bar in range(many)]
    else:
        bars = list(note_chords.read_chords(pitched, outline.bars, meter, key))
    if not any(chord.symbol for bar in bars for chord in bar):
        return outline
    if not charted:
        told.append(f"from the notes: {note_chords.write_bars(bars[:8])}{' …' if len(bars) > 8 else ''}")
    return replace(outline, sections=tuple(_with_chords(outline, bars)))


def _with_chords(outline: Outline, bars: Sequence[Bar]) -> Iterator[OutlineSection]:
    """The sections with their bars of chords; a section in which nothing sounds leaves them to the band."""
    for section, (first, many) in zip(outline.sections, _spans(outline), strict=True):
        chords = tuple(bars[first : first + many])
        yield replace(section, chords=chords if any(chord.symbol for bar in chords for chord in bar) else ())


def _seat(outline: Outline, players: str) -> Outline:
    """The outline with the stems that play in each section."""
    if not players.strip():
        return outline
    common, own = split_charts(players)
    everywhere = read_players(common, "players") if common.strip(" ;\n") else ()
    named = {names_of(name)[0]: read_players(text, f"players of {name}") for name, text in own}
    every = {name for section in outline.sections for name in names_of(section.name)}
    unused = [name for name in named if name not in every]
    if unused and outline.sections:
        known = ", ".join(dict.fromkeys(section.name for section in outline.sections))
        raise BadInput(f"no section is called {', '.join(unused)}", remedy=f"the form has {known}")
    if unused:
        raise BadInput("there are players of sections and no form", remedy='give the form, such as "verse 8, chorus 8"')
    seated = tuple(
        replace(one, players=next((named[name] for name in names_of(one.name) if name in named), everywhere))
        for one in outline.sections
    )
    return replace(outline, sections=seated, players=() if seated else everywhere)


def read_players(text: str, where: str) -> tuple[str, ...]:
    """The stems of a list such as `drums, bass, piano`; `all` and nothing leave the choice to the band."""
    found = []
    for word in filter(None, (word.strip(" ;\n") for word in text.replace("+", ",").split(","))):
        plain = "_".join(word.lower().split())
        if plain == "all":
            return ()
        stem = PLAYING.get(plain, plain)
        if stem not in STEMS:
            near = difflib.get_close_matches(plain, (*STEMS, *PLAYING), 2, 0.5)
            raise BadInput(f"{where}: {word!r} is no player", remedy=f"write {', '.join(near or STEMS)}, or all")
        found.append(stem)
    return tuple(dict.fromkeys(found))
