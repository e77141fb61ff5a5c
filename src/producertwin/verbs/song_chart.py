"""A song as pages show it: each section with the chords of its bars; and what is wrong in a song while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ..errors import BadInput
from ..house_band.chord_chart import Bar
from ..house_band.chord_symbols import SILENT
from ..house_band.lines import METER, Line
from ..house_band.outline import read_form
from ..house_band.sheet import Sheet, SheetSection, transpose
from ..metas import read_caption
from ..music import Key, check_bpm, parse_meter
from ..pipeline.goals import read_goals
from ..recipe import Record, within
from .song import check_sheet

__all__ = ["ShiftedSong", "SongChart", "SongReading", "SongShift", "SongWords", "draw_chart", "read_words", "shift_words"]

SongField = Literal["caption", "bpm", "key", "meter", "form", "chords", "players", "tempi", "lines", "hold", ""]


class ChartChord(Record):
    """A chord of a bar."""

    chord: str
    """Its symbol, `N.C.` for silence."""
    beats: float
    """How long it lasts."""


class ChartSection(Record):
    """A section of a song."""

    name: str
    """What it is called; empty for a chart without a form."""
    kind: str
    """How the band plays it."""
    first_bar: int
    """Its first bar, from 1."""
    bars: int
    """How many bars it has."""
    chart: tuple[tuple[ChartChord, ...], ...]
    """The chords of each bar; none where the band chooses."""
    players: tuple[str, ...]
    """The stems that play; none where the band chooses."""
    given: tuple[str, ...]
    """The parts whose notes are given."""
    lyrics: str
    """Its words."""


class SongChart(Record):
    """A song, section by section."""

    bpm: float | None
    """Beats per minute; None where it is drawn from the style."""
    key: str | None
    """Its key, written or told by the chords."""
    meter: int
    """Beats per bar."""
    tempi: str
    """Its tempo changes; empty for one tempo."""
    bars: int
    """Bars of the whole song; 0 where no form is given."""
    seconds: float | None
    """How long it lasts, where form and tempo say so."""
    sections: tuple[ChartSection, ...]
    """Its sections; one without a name for chords without a form."""
    notes: tuple[str, ...]
    """What the writer should know."""


class SongWords(Record):
    """What a person writes of a song."""

    caption: str = Field("", max_length=5_000)
    """How it sounds; a tempo, key or meter in it counts where no other is written."""
    bpm: float | None = None
    """Tempo in beats per minute; drawn from the style where it is absent."""
    key: str = Field("", max_length=100)
    """Tonic and mode; told by the chords where it is empty."""
    meter: int | None = None
    """Beats per bar; 4 where it is absent."""
    form: str = Field("", max_length=20_000)
    """Sections and their bars, "intro 2, verse 8, hook 8 x2"."""
    chords: str = Field("", max_length=20_000)
    """Chords of the whole song, or by section."""
    players: str = Field("", max_length=2_000)
    """The stems that play."""
    tempi: str = Field("", max_length=20_000)
    """Tempo changes, "hook: 96; bar 17: 100"."""
    lines: tuple[Line, ...] = Field((), max_length=100)
    """Notes that are given."""
    hold: str = Field("", max_length=2_000)
    """What a take is to keep, else it is played again: "chords>=.8, tempo, key"."""


class SongShift(SongWords):
    """What a person writes of a song, and by how much it is to be moved."""

    semitones: Annotated[int, *within("transpose", -12, 12, "semitones")]
    """How much higher."""


class ShiftedSong(Record):
    """A song in another key."""

    key: str
    """Its new key; empty where none is written."""
    chords: str
    """Its chords."""
    lines: tuple[Line, ...]
    """Its notes."""


class SongFault(Record):
    """A mistake in what was written."""

    field: SongField
    """The field it stands in; empty where the whole is meant."""
    detail: str
    """What is wrong: for chords with the bar and the beat."""
    remedy: str
    """What to write instead."""


class SongReading(Record):
    """What is read in a song that is being written."""

    chart: SongChart | None
    """The song; None while it has mistakes."""
    faults: tuple[SongFault, ...]
    """Its mistakes."""


def draw_chart(sheet: Sheet) -> SongChart:
    """`sheet`, section by section. Raises `BadInput` as `check_sheet` does."""
    told, outline = check_sheet(sheet), sheet.outline
    sections, first = [], 1
    for number, one in enumerate(outline.sections):
        sections.append(
            ChartSection(
                name=one.name,
                kind=one.kind,
                first_bar=first,
                bars=one.bars,
                chart=_draw_bars(one.chords),
                players=one.players,
                given=tuple(line.part for line in outline.lines if number in line.sections),
                lyrics=sheet.words_of(one.name),
            )
        )
        first += one.bars
    if not sections:
        chart = _draw_bars(outline.chart)
        about = {"players": outline.players, "given": tuple(line.part for line in outline.lines), "lyrics": ""}
        sections.append(ChartSection(name="", kind="", first_bar=1, bars=len(chart), chart=chart, **about))
    return SongChart(
        bpm=sheet.bpm,
        key=told.key,
        meter=sheet.meter,
        tempi=sheet.text.tempi,
        bars=told.bars,
        seconds=told.seconds,
        sections=tuple(sections),
        notes=told.notes,
    )


def _draw_bars(bars: tuple[Bar, ...]) -> tuple[tuple[ChartChord, ...], ...]:
    return tuple(
        tuple(ChartChord(chord=one.symbol.text if one.symbol else SILENT, beats=one.beats) for one in bar) for bar in bars
    )


def read_words(words: SongWords) -> SongReading:
    """The song in `words`, or every mistake by the field it stands in. Nothing is kept."""
    faults = [*_check_facts(words)]
    if words.form.strip():
        try:
            read_form(words.form)
        except BadInput as error:
            faults += _tell(error, "form")
    if faults:
        return SongReading(chart=None, faults=tuple(faults))
    try:
        return SongReading(chart=draw_chart(_as_sheet(words)), faults=())
    except BadInput as error:
        return SongReading(chart=None, faults=tuple(_tell(error, _find_field(words, error))))


def shift_words(asked: SongShift) -> ShiftedSong:
    """The song in `asked`, so many semitones higher; degrees of the key and notes of drums stay. Raises as `transpose` does."""
    moved = transpose(_as_sheet(asked), asked.semitones)
    return ShiftedSong(key=moved.key or "", chords=moved.chords, lines=moved.text.lines)


def _check_facts(words: SongWords) -> Iterator[SongFault]:
    """What is wrong with tempo, key and meter, and with what is to be kept."""
    try:
        if words.bpm is not None:
            check_bpm(words.bpm)
    except BadInput as error:
        yield from _tell(error, "bpm")
    try:
        if words.key.strip():
            Key.parse(words.key)
    except BadInput as error:
        yield from _tell(error, "key")
    try:
        if words.meter is not None:
            parse_meter(words.meter)
    except BadInput as error:
        yield from _tell(error, "meter")
    try:
        read_goals(words.hold)
    except BadInput as error:
        yield from _tell(error, "hold")


def _as_sheet(words: SongWords) -> Sheet:
    """`words` as a sheet. Raises `BadInput` for a caption whose tempo or key cannot be used."""
    said = read_caption(words.caption)
    key = words.key.strip() or (str(said.key.value) if said.key else "")
    sections: dict[str, dict[str, str]] = {}
    whole: dict[str, str] = {}
    for line in words.lines:
        (sections.setdefault(line.section, {}) if line.section.strip() else whole)[line.part] = line.notes
    return Sheet(
        title="song",
        caption=words.caption,
        bpm=words.bpm or (said.bpm.value if said.bpm else None),
        key=key or None,
        meter=words.meter or (said.meter.value if said.meter else METER),
        form=words.form,
        chords=words.chords,
        players=words.players,
        tempi=words.tempi,
        lines=whole,
        sections={name: SheetSection(lines=lines) for name, lines in sections.items()},
    )


def _find_field(words: SongWords, error: BadInput) -> SongField:
    """The field without which the mistake is not made: the last of them that is written."""
    fields: tuple[SongField, ...] = ("tempi", "chords", "lines", "players", "form")
    for name in fields:
        if getattr(words, name) and not _is_made(words.model_copy(update={name: () if name == "lines" else ""}), error):
            return name
    return ""


def _is_made(words: SongWords, error: BadInput) -> bool:
    """Whether `words` make the same mistake."""
    try:
        check_sheet(_as_sheet(words))
    except BadInput as other:
        return other.message == error.message
    return False


def _tell(error: BadInput, field: SongField) -> list[SongFault]:
    """Each mistake that `error` names."""
    details = error.faults or (error.message,)
    return [SongFault(field=field, detail=detail, remedy=error.remedy) for detail in details]
