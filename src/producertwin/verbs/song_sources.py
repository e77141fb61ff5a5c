"""Songs that are read from what a person has: a MIDI file, a MusicXML score, a tune in ABC notation, a hum, a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from numpy.typing import NDArray

from ..audio.formats import HEAD_BYTES, SUFFIXES, sniff
from ..disk import disk_errors
from ..errors import BadInput
from ..house_band.abc_reading import read_abc
from ..house_band.abc_writing import transpose_abc
from ..house_band.heard_song import KnownFacts, song_of_recording
from ..house_band.hum_song import song_of_hum
from ..house_band.lines import METER, Line, check_part
from ..house_band.midi_reading import read_midi
from ..house_band.midi_song import FoundSong, song_of_midi
from ..house_band.musicxml_file import read_musicxml
from ..house_band.musicxml_song import song_of_musicxml
from ..house_band.sheet import Sheet, SheetHead
from ..house_band.sheet import transpose as move_key
from ..metas import read_caption
from ..music import Key
from ..pipeline.stages import Generate
from ..recipe import Record, within
from ..untrusted import LARGEST_CONFIG, read_text

__all__ = ["SongSources", "import_sheet", "source_of", "take_in"]


class SongSources(Record):
    """What a song is read from. Where a source and the command line both say something, the command line counts."""

    midi: tuple[str, ...] = ()
    """A MIDI file whose notes are played as they are; FILE:bass takes one part, FILE:2=melody,3=bass tracks; may be repeated."""
    score: str | None = None
    """A score in MusicXML (.musicxml, .mxl): notes, chord symbols, form, words, tempo, key; FILE:melody takes one part."""
    tune: tuple[str, ...] = ()
    """A file of notes in ABC notation, the melody; FILE:bass is another part; may be repeated."""
    hum: str | None = None
    """A recording of one voice, hummed, sung or played; its notes are the melody, or FILE:bass. Tempo given or found."""
    like: Path | None = None
    """A recording whose tempo, key, chords and form are read."""
    transpose: Annotated[int, *within("transpose", -24, 24, "semitones")] = 0
    """How many semitones higher what is read is played."""


_MIDI: Final = frozenset({".mid", ".midi", ".kar", ".rmi", ".smf"})
_ABC: Final = frozenset({".abc", ".txt"})
_MUSICXML: Final = frozenset({".musicxml", ".mxl", ".xml"})
_SCORES: Final = frozenset({".mscz", ".mscx", ".sib", ".gp", ".gp5", ".gpx", ".ly", ".mei"})


def source_of(path: Path) -> SongSources:
    """What a file is: MIDI, MusicXML or ABC notation by its ending, else a recording, by its first bytes where it is there.

    Raises `BadInput` for other scores and for what is no song.
    """
    ending = path.suffix.lower()
    if ending in _SCORES:
        raise BadInput(
            f"{path.name} is a score that is not read", remedy="export it as MusicXML (.musicxml) from the program that wrote it"
        )
    if ending in _MIDI:
        return SongSources(midi=(str(path),))
    if ending in _MUSICXML:
        return SongSources(score=str(path))
    if ending in _ABC:
        return SongSources(tune=(str(path),))
    if ending not in SUFFIXES and path.is_file():
        with disk_errors(path), path.open("rb") as file:
            if sniff(file.read(HEAD_BYTES)) is None:
                remedy = (
                    "give MIDI (.mid), MusicXML (.musicxml, .mxl), ABC notation (.abc), or a recording such as wav, flac, mp3"
                )
                raise BadInput(f"{path.name} holds no song", remedy=remedy)
    return SongSources(like=path)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a song before a source is read."""

    bpm: float | None = None
    key: str | None = None
    meter: int | None = None


def take_in(stage: Generate, sources: SongSources) -> tuple[Generate, tuple[str, ...]]:
    """`stage` with the song that its `sources` hold, and what the user should know of how they were read.

    Raises `NotFound` and `BadInput` for sources that cannot be read, and for parts that are given twice.
    """
    prompt, song = stage.prompt, stage.song
    said = read_caption(prompt.caption)
    stated: dict[str, Any] = {
        "bpm": prompt.bpm or (said.bpm and said.bpm.value),
        "meter": prompt.meter or (said.meter and said.meter.value),
    }
    stated["key"] = prompt.key or (str(said.key.value) if said.key else None)
    found = _read(sources, _Known(stated["bpm"], stated["key"], stated["meter"]))
    if found is None:
        return stage, ()
    lines = _join(song.lines, found.lines)
    heard = {"bpm": found.bpm, "key": str(found.key) if found.key else None, "meter": found.meter}
    words = {name: value for name, value in heard.items() if stated[name] is None}
    written = {"form": song.form or found.form, "chords": song.chords or found.chords, "lines": lines, "players": song.players}
    written["tempi"] = song.tempi or (found.tempi if words.get("bpm") and not song.form else "")
    data = stage.model_dump(exclude_unset=True)
    if found.lyrics and not prompt.lyrics and not song.form:
        words["lyrics"] = write_found_song(found, SheetHead()).lyrics
    data["prompt"] = data["prompt"] | {name: value for name, value in words.items() if value is not None}
    data["song"] = {name: value for name, value in written.items() if value}
    return Generate.model_validate(data), found.told


def import_sheet(head: SheetHead, sources: SongSources) -> tuple[Sheet | None, tuple[str, ...]]:
    """A sheet of what `sources` hold, with what `head` says before it, and what the user should know; None without a source.

    Raises as `take_in` does.
    """
    meter = head.meter if "meter" in head.model_fields_set else None
    found = _read(sources, _Known(head.bpm, head.key, meter))
    if found is None:
        return None, ()
    return write_found_song(replace(found, title=found.title or _title(sources)), head), found.told


def write_found_song(found: FoundSong, head: SheetHead) -> Sheet:
    """The sheet of what was found, with what `head` says before it."""
    data: dict[str, Any] = {
        "title": found.title,
        "bpm": found.bpm,
        "key": str(found.key) if found.key else None,
        "meter": found.meter,
        "form": found.form,
        "chords": found.chords,
        "tempi": "" if "bpm" in head.model_fields_set or "form" in head.model_fields_set else found.tempi,
        "lines": {line.part: line.notes for line in _join((), found.lines)},
    }
    if "form" not in head.model_fields_set:
        data["sections"] = {name: {"lyrics": words} for name, words in found.lyrics}
    said = head.model_dump(exclude_unset=True)
    return Sheet.model_validate({name: value for name, value in data.items() if value} | said)


def _title(sources: SongSources) -> str:
    """What a song is called whose source does not say."""
    named = (*sources.midi, *filter(None, [sources.score]), *sources.tune, *filter(None, [sources.hum]))
    return next((split_part(text)[0].stem for text in named), "")


def _read(sources: SongSources, known: _Known) -> FoundSong | None:
    """All sources as one song; what an earlier one says counts before what a later one does. None without a source."""
    found: FoundSong | None = None
    for read in _readers(sources):
        if found is not None:
            known = replace(known, bpm=known.bpm or found.bpm, meter=known.meter or found.meter)
        one = read(known)
        if found is None:
            found = one
            continue
        found = replace(
            found,
            title=found.title or one.title,
            lines=_join(found.lines, one.lines),
            bpm=found.bpm or one.bpm,
            key=found.key or one.key,
            meter=found.meter or one.meter,
            form=found.form or one.form,
            chords=found.chords or one.chords,
            tempi=found.tempi if found.bpm else one.tempi,
            lyrics=found.lyrics or one.lyrics,
            told=(*found.told, *one.told),
        )
    return found


def _readers(sources: SongSources) -> Iterator[Callable[[_Known], FoundSong]]:
    """What reads each source, in the order in which they count."""
    yield from (partial(_read_midi, text, sources.transpose) for text in sources.midi)
    if sources.score is not None:
        yield partial(_read_score, sources.score, sources.transpose)
    yield from (partial(_read_tune, text, sources.transpose) for text in sources.tune)
    if sources.hum is not None:
        yield partial(_read_hum, sources.hum, sources.transpose)
    if sources.like is not None:
        yield partial(_read_recording, sources.like, sources.transpose)


def _read_midi(text: str, transpose: int, known: _Known) -> FoundSong:
    path, asked = split_part(text)
    found = song_of_midi(read_midi(path), asked, meter=known.meter, transpose=transpose)
    return replace(found, told=tuple(f"{path.name}: {told}" for told in found.told))


def _read_score(text: str, transpose: int, known: _Known) -> FoundSong:
    path, asked = split_part(text)
    found = song_of_musicxml(read_musicxml(path), asked, meter=known.meter, transpose=transpose)
    return replace(found, told=tuple(f"{path.name}: {told}" for told in found.told))


def _read_tune(text: str, transpose: int, known: _Known) -> FoundSong:
    """A file of ABC notation."""
    path, part = split_part(text)
    notes = read_text(path, largest=LARGEST_CONFIG, remedy="give a text file of notes in ABC notation")
    key = Key.parse(known.key) if known.key else None
    try:
        tune = read_abc(notes, known.meter, key)
        if transpose:
            notes = transpose_abc(notes, transpose, tune.meter, key)
            tune = replace(read_abc(notes, tune.meter), bpm=tune.bpm, title=tune.title, chart="", told=tune.told)
    except BadInput as error:
        raise BadInput(f"{path.name}, {error.message}", remedy=error.remedy) from None
    return FoundSong(
        title=tune.title,
        lines=(Line(part=check_part(part or "melody"), notes=notes.strip()),),
        bpm=tune.bpm,
        key=tune.key,
        meter=tune.meter,
        chords=tune.chart,
        told=tuple(f"{path.name}: {told}" for told in tune.told),
    )


def _read_hum(text: str, transpose: int, known: _Known) -> FoundSong:
    """A recording of one voice."""
    path, named = split_part(text)
    part, key = check_part(named or "melody"), Key.parse(known.key) if known.key else None
    sound = _open_sound(path)
    try:
        found = song_of_hum(sound, part, bpm=known.bpm, meter=known.meter, key=key, transpose=transpose)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error.message}", remedy=error.remedy) from None
    return replace(found, told=tuple(f"{path.name}: {told}" for told in found.told))


def _read_recording(path: Path, transpose: int, known: _Known) -> FoundSong:
    """A recording of a whole song; its key and its chords move with `transpose`."""
    sound = _open_sound(path)
    try:
        heard = song_of_recording(sound, KnownFacts(bpm=known.bpm, meter=known.meter))
    except BadInput as error:
        raise BadInput(f"{path.name}: {error.message}", remedy=error.remedy) from None
    if transpose:
        semitones = (transpose + 6) % 12 - 6  # chords have no octave
        moved = move_key(Sheet(key=str(heard.key), form=heard.form, chords=heard.chords, meter=heard.meter or METER), semitones)
        heard = replace(heard, key=Key.parse(moved.key or ""), chords=moved.chords)
    return replace(heard, title=path.stem, told=tuple(f"{path.name}: {told}" for told in heard.told))


def _open_sound(path: Path) -> NDArray[Any]:
    """The sound in a file, (2, n) at 48 kHz. Raises as `files.read` does."""
    from ..audio import files

    return files.read(path)


def split_part(text: str) -> tuple[Path, str]:
    """A path and the part after its last colon; what lies at the path as it is written has none."""
    path, colon, part = text.rpartition(":")
    if not colon or Path(text).exists() or "/" in part or "\\" in part or "." in part:
        return Path(text), ""
    return Path(path), part.strip()


def _join(lines: tuple[Line, ...], more: tuple[Line, ...]) -> tuple[Line, ...]:
    """All lines. Raises `BadInput` where notes of one part come from two places."""
    taken = {line.part for line in lines if not line.section}
    twice = next((line.part for line in more if line.part in taken), None)
    if twice is not None:
        raise BadInput(f"notes of {twice} are given twice", remedy=f"take one of them, or another part of a file: FILE:{twice}")
    return (*lines, *more)
