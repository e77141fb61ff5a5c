"""The song sheet: a song as a person writes it down, in one file, and as a lead sheet shows it.

A sheet is TOML: what it is called and how it sounds, tempo, key, meter, form, and chords and words by section. Bars are counted
from 1 for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from ..errors import BadInput
from ..music import Key, beat_unit, check_bpm, parse_meter
from ..recipe import Record, toml_value
from .abc_writing import transpose_abc
from .chord_chart import Bar
from .chord_symbols import SILENT, note_names, read_symbol
from .lines import UNPITCHED, GivenNotes, Line, SongText, read_song
from .outline import Outline, names_of, split_charts
from .tempo_changes import write_changes

_BARS_A_LINE: Final = 4
_MARK: Final = re.compile(r"[^\s|;:\[\]]+")


class SheetSection(Record):
    """What one section has of its own."""

    chords: str = Field("", max_length=20_000)
    """Its chords; those of the whole song where there are none."""
    lyrics: str = Field("", max_length=20_000)
    """Its words."""
    players: str = Field("", max_length=2_000)
    """The stems that play in it, "drums, bass"; those of the whole song where there are none."""
    bpm: Annotated[float, AfterValidator(check_bpm)] | None = None
    """Its tempo in beats per minute; that of the song where it is absent."""
    lines: GivenNotes = Field(default_factory=dict)
    """Its notes in ABC notation, by the part that plays them; before those of the whole song."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_meter(cls, data: Any) -> Any:
        """One meter and key a song: the instrument is told one of each, and the band counts one."""
        if isinstance(data, dict) and (wrong := [name for name in ("meter", "key") if name in data]):
            message = f"a section has no {wrong[0]} of its own: band and instrument keep one through the song"
            raise BadInput(message, remedy=f"write {wrong[0]} before the sections")
        if isinstance(data, dict) and "tempo" in data:
            raise BadInput("the tempo of a section is called bpm", remedy="write bpm = 96 in it")
        return data


class SheetHead(Record):
    """What a song sheet says before its sections."""

    title: str = Field("", max_length=200)
    """What it is called."""
    caption: str = Field("", max_length=5_000)
    """How it sounds: genre, mood, instruments."""
    bpm: Annotated[float, AfterValidator(check_bpm)] | None = None
    """Tempo in beats per minute; drawn from the style where it is absent."""
    key: Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))] | None = None
    """Tonic and mode; told by the chords where it is absent."""
    meter: Annotated[int, AfterValidator(parse_meter)] = 4
    """Beats per bar."""
    tempi: str = Field("", max_length=20_000)
    """Tempo changes by section and bar, "hook: 96; bar 17: 100; bar 20 beat 3: 88"."""
    form: str = Field("", max_length=20_000)
    """Sections and their bars, "intro 2, verse 8, hook 8 x2"."""
    chords: str = Field("", max_length=20_000)
    """Chords of the whole song, repeated in every section that has none of its own."""
    players: str = Field("", max_length=2_000)
    """The stems that play, "drums, bass, keyboard"; the band chooses where it is absent."""


class Sheet(SheetHead):
    """A song as it is written down."""

    lines: GivenNotes = Field(default_factory=dict)
    """Notes of the whole song in ABC notation, by the part that plays them: melody, chords, bass, drums, or another stem."""
    sections: dict[str, SheetSection] = Field(default_factory=dict)
    """Chords, words, notes and players by the names of sections."""

    @property
    def chart(self) -> str:
        """All chords in one text, as `read_outline` reads them."""
        own = [f"{name}: {section.chords}" for name, section in self.sections.items() if section.chords.strip()]
        return "\n".join([*([self.chords] if self.chords.strip() else []), *own])

    @property
    def text(self) -> SongText:
        """Form, chords, notes and players of all sections, as `read_song` reads them."""
        lines = [Line(part=part, notes=notes) for part, notes in self.lines.items()]
        for name, section in self.sections.items():
            lines += [Line(part=part, notes=notes, section=name) for part, notes in section.lines.items()]
        own = [f"{name}: {section.players}" for name, section in self.sections.items() if section.players.strip()]
        players = "\n".join([*([self.players] if self.players.strip() else []), *own])
        named = [f"{name}: {section.bpm:g}" for name, section in self.sections.items() if section.bpm]
        tempi = "; ".join([*([self.tempi] if self.tempi.strip() else []), *named])
        return SongText(self.form, self.chart, tuple(lines), players, tempi)

    @property
    def outline(self) -> Outline:
        """The song, checked. Raises `BadInput` that names the bar, beat or section that is wrong."""
        return read_song(self.text, self.meter, Key.parse(self.key) if self.key else None)

    @property
    def lyrics(self) -> str:
        """The words in the order of the form, each section under its name in brackets; empty where there are none."""
        if not any(section.lyrics.strip() for section in self.sections.values()):
            return ""
        names = [section.name for section in self.outline.sections]
        return "\n\n".join(f"[{name}]\n{self.words_of(name)}".strip() for name in names)

    def words_of(self, name: str) -> str:
        """The words of a section of the form, found as its chords are: `verse 2` has those of `verse` where it has none."""
        own = {names_of(one)[0]: section.lyrics.strip() for one, section in self.sections.items()}
        return next((own[one] for one in names_of(name) if own.get(one)), "")


def transpose(sheet: Sheet, semitones: int) -> Sheet:
    """`sheet` so many semitones higher, spelled as its new key is. Degrees of the key stay as they are.

    Raises `BadInput` for more than an octave, and for chords that cannot be read.
    """
    if not -12 <= semitones <= 12:
        raise BadInput(f"{semitones} semitones are more than an octave", remedy="transpose by -12 to 12")
    _ = sheet.outline  # what cannot be read is refused before anything is moved
    old = None if sheet.key is None else Key.parse(sheet.key)
    key = None if old is None else Key((old.tonic + semitones) % 12, old.mode)
    return sheet.model_copy(
        update={
            "key": None if key is None else f"{note_names(key)[key.tonic]} {key.mode}",
            **_transpose_own(sheet, sheet, semitones),
            "sections": {
                name: one.model_copy(update=_transpose_own(one, sheet, semitones)) for name, one in sheet.sections.items()
            },
        }
    )


def move_to_tonic(sheet: Sheet, key: Key) -> tuple[Sheet, int]:
    """`sheet` on the tonic of `key`, moved the shorter way, and how many semitones up that is, -6 to 5.

    A sheet without a key is taken to be in C. Raises as `transpose` does.
    """
    semitones = (key.tonic - Key.parse(sheet.key or "C").tonic + 6) % 12 - 6
    return transpose(sheet, semitones), semitones


def write_toml(sheet: Sheet) -> str:
    """The sheet as a file: facts first, then a table for each section; texts of several lines stand as they are read."""
    lines = ["# A song sheet. twin song show FILE draws it, twin song play FILE plays it."]
    for name, value in sheet.model_dump(mode="json", exclude={"sections", "lines"}).items():
        if value not in (None, ""):
            lines.append(f"{name} = {_toml(value)}")
    lines += _write_lines("lines", sheet.lines)
    for name, section in sheet.sections.items():
        lines += ["", f"[sections.{toml_value(name)}]"]
        lines += [f"{field} = {_toml(value)}" for field, value in section.model_dump(exclude={"lines"}).items() if value]
        lines += _write_lines(f"sections.{toml_value(name)}.lines", section.lines)
    return "\n".join(lines) + "\n"


def _write_lines(table: str, given: GivenNotes) -> list[str]:
    """Notes as a table of a sheet's file; nothing where none are given."""
    return ["", f"[{table}]", *(f"{part} = {_toml(notes)}" for part, notes in given.items())] if given else []


def _toml(value: float | str) -> str:
    """A value as TOML writes it, which for one line of text and for numbers is as JSON does."""
    if isinstance(value, str) and "\n" in value:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"""\n{quoted}"""'
    return toml_value(value)


def draw_lead_sheet(sheet: Sheet) -> str:
    """The sheet in lines for a terminal: a head, then every section with four bars a line."""
    outline = sheet.outline
    facts = [sheet.key or "", f"{sheet.meter}/{beat_unit(sheet.meter)}", f"{sheet.bpm:g} bpm" if sheet.bpm else ""]
    lines = [sheet.title or "Untitled", " · ".join(filter(None, facts)), ""]
    first = 1
    tempo = outline.tempo(sheet.bpm or 0.0)
    for number, section in enumerate(outline.sections):
        told = [f"{section.bars} bars", f"from bar {first}"]
        span = ((first - 1) * sheet.meter, (first - 1 + section.bars) * sheet.meter)
        changes = [one for one in tempo.changes if span[0] <= one[0] < span[1]]
        told += [_draw_tempo(bpm) for beat, bpm in changes[:1] if beat == span[0]]
        lines.append(f"{section.name} ({', '.join(told)})")
        inside = write_changes([one for one in changes if one[0] > span[0]], sheet.meter)
        lines += [f"  tempo: {inside}"] if inside else []
        lines += _draw_bars(section.chords or ((),) * section.bars)
        lines += [f"  plays: {', '.join(section.players)}"] if section.players else []
        lines += [f"  {line.part}: as given" for line in outline.lines if number in line.sections]
        lines += [f"  {line}" for line in sheet.words_of(section.name).splitlines()]
        lines.append("")
        first += section.bars
    if not outline.sections:
        lines += [*_draw_bars(outline.chart), ""]
    return "\n".join(lines).rstrip()


def _draw_tempo(bpm: float) -> str:
    """A tempo in words; 0 is that of a song which has none written."""
    return f"{bpm:g} bpm" if bpm else "the song's tempo"


def _draw_bars(bars: Sequence[Bar]) -> Iterator[str]:
    """Lines of four bars, in columns as wide as the widest bar."""
    cells = [_draw_bar(bar) for bar in bars]
    width = max(map(len, cells), default=0)
    for at in range(0, len(cells), _BARS_A_LINE):
        yield "| " + " | ".join(cell.ljust(width) for cell in cells[at : at + _BARS_A_LINE]) + " |"


def _draw_bar(bar: Bar) -> str:
    """The chords of a bar; with `/` for the beats between where they do not share it evenly."""
    if not bar:
        return ""
    names = [chord.symbol.text if chord.symbol else SILENT for chord in bar]
    if len({chord.beats for chord in bar}) == 1:
        return "  ".join(names)
    return "  ".join(" ".join([name, *["/"] * (round(chord.beats) - 1)]) for name, chord in zip(names, bar, strict=True))


def _transpose_own(own: Sheet | SheetSection, sheet: Sheet, semitones: int) -> dict[str, Any]:
    """Chords and notes of a sheet, or of one of its sections, in the new key; those of drums and effects stay."""
    old = None if sheet.key is None else Key.parse(sheet.key)
    names = note_names(None if old is None else Key((old.tonic + semitones) % 12, old.mode))
    moved = {
        part: notes if part in UNPITCHED else transpose_abc(notes, semitones, sheet.meter, old)
        for part, notes in own.lines.items()
    }
    return {"chords": _transpose_text(own.chords, semitones, names), "lines": moved}


def _transpose_text(text: str, semitones: int, names: Sequence[str]) -> str:
    """A chart with every chord moved, and everything else as it was written."""
    common, charts = split_charts(text)
    if charts:
        moved = [f"{name}:{_transpose_text(chart, semitones, names)}" for name, chart in charts]
        return "; ".join([_transpose_text(common, semitones, names), *moved]).lstrip("; ")
    return _MARK.sub(lambda found: _transpose_mark(found.group(), semitones, names), text)


def _transpose_mark(mark: str, semitones: int, names: Sequence[str]) -> str:
    """One mark of a chart, moved where it is a chord with a letter."""
    if not "A" <= mark[0] <= "G":
        return mark
    symbol = read_symbol(mark)
    if symbol is None:
        return mark
    bass = "" if symbol.bass is None else f"/{names[(symbol.bass + semitones) % 12]}"
    return f"{names[(symbol.root + semitones) % 12]}{symbol.quality}{bass}"
