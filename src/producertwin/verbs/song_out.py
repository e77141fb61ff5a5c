"""`song from` and `song export`: the sheet of a take or of a recording, and a sheet as MIDI, as a page and as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator

from ..disk import write_whole
from ..errors import BadInput
from ..house_band.chord_sheet import write_chordpro
from ..house_band.chord_symbols import SILENT
from ..house_band.midi_writing import write_midi
from ..house_band.score import Score
from ..house_band.score_sheet import write_sheet_of
from ..house_band.sheet import Sheet, SheetHead, SheetSection, draw_lead_sheet, write_toml
from ..house_band.tempo_changes import write_changes
from ..music import Key, beat_unit, check_bpm, parse_meter
from ..progress import Steps, note
from ..recipe import Record
from ..reporting.lead_sheet import LeadSection, build_page
from .song import SongPlay, as_stage, check_sheet, read_sheet
from .song_sources import write_found_song

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.song import Song
    from .studio import Studio

Origin = Literal["written", "sketched", "heard"]


class SongFacts(Record):
    """What is known of a sound whose song is read."""

    bpm: Annotated[float, AfterValidator(check_bpm)] | None = None
    """Its tempo, instead of the one that is heard."""
    key: Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))] | None = None
    """Its key, instead of the one that is heard."""
    meter: Annotated[int, AfterValidator(parse_meter)] | None = None
    """Beats per bar; 4 where nobody says."""
    heard: bool = False
    """Read the sound, although the guide of the take is known."""


@dataclass(frozen=True, slots=True)
class FoundSheet:
    """The sheet of a sound, and how it is known."""

    sheet: Sheet
    origin: Origin
    """`written` by a person, `sketched` by the band, or `heard` in the sound."""
    notes: tuple[str, ...]
    """What the reader should know: for what was heard, how sure it is."""
    score: Score | None = None
    """What the band played, note by note, where it did."""
    first_beat: float = 0.0
    """Seconds of the sound before the first bar."""


def find_sheet(name: str, facts: SongFacts, studio: Studio) -> Steps[FoundSheet]:
    """The sheet of a take or a sound file: what was sketched for a guided take, else what is heard in it, or where that is asked.

    Raises `NotFound` and `BadInput` as `sources.find_source` does, `BadInput` for a sound in which no tempo is heard.
    """
    from ..house_band.heard_song import KnownFacts, song_of_recording
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef
    from .sounds import decode_sources

    source = find_source(SourceRef(name), studio.existing_library)
    take = source.take
    if take is not None and not facts.heard and (found := _read_guide(take)) is not None:
        return found
    [source] = yield from decode_sources([source], studio)
    if not facts.heard:
        yield note(f"no guide was played for {source.name}: its song is read from its sound")
    stated = None if take is None else take.metas
    bpm = facts.bpm or (stated.bpm if stated else None)
    key = facts.key or (stated.key if stated else None)
    known = KnownFacts(
        bpm=bpm,
        key=Key.parse(key) if key else None,
        meter=facts.meter or (stated.meter if stated else None),
        on_beat=take is not None and take.task == "text2music" and stated is not None and stated.bpm == bpm and bpm is not None,
    )
    heard = song_of_recording(source.audio, known)
    head = SheetHead(title=Path(name).stem) if take is None else SheetHead(caption=take.caption)
    return FoundSheet(write_found_song(heard, head), "heard", heard.told, first_beat=heard.first)


def _read_guide(take: Take) -> FoundSheet | None:
    """What the band played for a take; None where it played nothing."""
    from ..pipeline import read_back
    from ..pipeline.guide import score_of
    from ..pipeline.stages import Generate

    score = score_of(take)
    if score is None:
        return None
    song = Generate.model_validate(take.stage).song
    origin: Origin = "written" if song.chords and song.form else "sketched"
    sheet = _write_given(song, write_sheet_of(score, title="", caption=take.caption), whole=origin == "written")
    told = read_back.tell(take.meters)
    kept = f"what the take keeps of it: {told}" if told else "what the take keeps of it was not measured"
    return FoundSheet(sheet, origin, (f"{origin}: the band's guide of take {take.id}", kept), score)


def _write_given(song: Song, played: Sheet, *, whole: bool) -> Sheet:
    """The sheet `played` with what a person gave of the song: notes and players; of a `whole` one also form, chords and tempi."""
    given = {"form": song.form, "chords": song.chords, "tempi": song.tempi, "sections": {}} if whole else {}
    given |= {"lines": {line.part: line.notes for line in song.lines if not line.section}, "players": song.players}
    sheet = played.model_copy(update=given)
    sections = dict(sheet.sections)
    for line in song.lines:
        if line.section:
            own = sections.get(line.section, SheetSection())
            sections[line.section] = own.model_copy(update={"lines": own.lines | {line.part: line.notes}})
    return sheet.model_copy(update={"sections": sections})


def open_song(name: str, studio: Studio) -> Steps[FoundSheet]:
    """The song in a sheet (`.toml`), of a take, or of a sound file. Raises as `read_sheet` and `find_sheet` do."""
    if Path(name).suffix.lower() == ".toml":
        sheet = read_sheet(Path(name))
        return FoundSheet(sheet, "written", check_sheet(sheet).notes)
    return (yield from find_sheet(name, SongFacts(), studio))


def write_found(found: FoundSheet, path: Path) -> Path:
    """Write the sheet with how it is known in lines of comment; a file that is there is replaced."""
    return write_whole(path, write_found_toml(found).encode())


def write_found_toml(found: FoundSheet) -> str:
    """The sheet as a file, with how it is known in lines of comment."""
    comments = "".join(f"# {' '.join(line.split())}\n" for line in (f"origin: {found.origin}", *found.notes))
    return comments + write_toml(found.sheet)


class ExportPlan(Record):
    """How a song is exported."""

    caption: str = ""
    """How the band plays it, instead of what the sheet says; for MIDI."""
    seed: int = 1
    """From which the band writes the parts that the sheet leaves open; a take has its own."""


def export_song(found: FoundSheet, plan: ExportPlan, out: Path) -> tuple[Path, ...]:
    """Write the song to `out`: .mid, .html, .txt or .cho by its suffix; a folder gets one of each. Files are replaced.

    Raises `BadInput` for another suffix, for a sheet that cannot be read, and for MIDI of one that does not say how it sounds.
    """
    return tuple(write_whole(path, WRITERS[_kind(path)](found, plan)) for path in list_exports(found, out))


def list_exports(found: FoundSheet, out: Path) -> tuple[Path, ...]:
    """The files that `export_song` writes. Raises `BadInput` for a suffix that it does not know."""
    if out.is_dir() or not out.suffix:
        name = "".join(sign if sign.isalnum() else "-" for sign in found.sheet.title.lower()).strip("-") or "song"
        return tuple(out / f"{name}{suffix}" for suffix in WRITERS)
    if _kind(out) not in WRITERS:
        known = ", ".join((*WRITERS, *SUFFIXES))
        raise BadInput(f"a song is not written as {out.suffix}", remedy=f"choose one of {known}, or a folder for one of each")
    return (out,)


def _kind(path: Path) -> str:
    """The usual suffix of a file."""
    suffix = path.suffix.lower()
    return SUFFIXES.get(suffix, suffix)


def _write_midi(found: FoundSheet, plan: ExportPlan) -> bytes:
    return write_midi(found.score or play_sheet(found.sheet, plan), title=found.sheet.title or "song")


def play_sheet(sheet: Sheet, plan: ExportPlan) -> Score:
    """What the band plays of a sheet, note by note. Raises `BadInput` where it does not say how it sounds."""
    from ..model.sampling.request import Metas
    from ..pipeline.caption_metas import take_metas
    from ..pipeline.guide import write_score
    from ..pipeline.stages import Generate

    stage, _ = take_metas(as_stage(sheet, SongPlay(caption=plan.caption)))
    assert isinstance(stage, Generate)
    prompt = stage.prompt
    return write_score(stage, plan.seed, Metas.of(prompt.bpm, prompt.key, prompt.meter))


def _write_page(found: FoundSheet, _: ExportPlan) -> bytes:
    sheet = found.sheet
    outline = sheet.outline
    facts = [("key", sheet.key or "not written"), ("meter", f"{sheet.meter}/{beat_unit(sheet.meter)}")]
    facts += [("tempo", f"{sheet.bpm:g} bpm")] if sheet.bpm else []
    changes = outline.tempo(sheet.bpm or 0.0).changes
    facts += [("tempo changes", write_changes(changes, sheet.meter))] if changes and sheet.bpm else []
    facts += [("sound", sheet.caption)] if sheet.caption else []
    sections, first = [], 1
    for one in outline.sections:
        bars = [[(chord.symbol.text if chord.symbol else SILENT, chord.beats) for chord in bar] for bar in one.chords]
        sections.append(LeadSection(one.name, first, bars or [[]] * one.bars, sheet.words_of(one.name)))
        first += one.bars
    if not sections:
        chart = [[(chord.symbol.text if chord.symbol else SILENT, chord.beats) for chord in bar] for bar in outline.chart]
        sections = [LeadSection("chords", 1, chart)]
    return build_page(sheet.title or "Untitled", facts, sections, found.notes).encode()


WRITERS: Final[dict[str, Callable[[FoundSheet, ExportPlan], bytes]]] = {
    ".mid": _write_midi,
    ".html": _write_page,
    ".txt": lambda found, _: (draw_lead_sheet(found.sheet) + "\n").encode(),
    ".cho": lambda found, _: write_chordpro(found.sheet).encode(),
}
"""What writes the file of a suffix."""
SUFFIXES: Final = {".midi": ".mid", ".htm": ".html", ".chordpro": ".cho", ".pro": ".cho", ".crd": ".cho"}
"""Other names of those."""
