"""A song that is read from a file for somebody who writes on: what is in it, who plays what, and how surely it was read."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ..errors import BadInput
from ..house_band.lines import Line
from ..house_band.midi_parts import PartGuess, choose_parts, guess_parts
from ..house_band.midi_reading import LARGEST, read_midi
from ..house_band.sheet import Sheet, SheetHead, transpose
from ..recipe import Record, read, within
from ..untrusted import LARGEST_CONFIG, parse_toml
from .song import check_sheet
from .song_sources import SongSources, import_sheet

__all__ = ["MOST_TRACKS", "ImportedSong", "SongImport", "import_song"]

MOST_TRACKS: Final = 64
"""Tracks of a MIDI file that are told one by one."""


class SongImport(Record):
    """What a song is to be read from, and what is known of it."""

    source: Literal["midi", "abc", "hum", "like", "sheet"]
    """A MIDI file, a tune in ABC notation, a line of one voice, a recording of a whole song, or a song sheet."""
    midi: str = Field("", max_length=LARGEST * 4 // 3 + 4)
    """The bytes of a MIDI file in base64."""
    text: str = Field("", max_length=LARGEST_CONFIG)
    """A tune in ABC notation, or a song sheet as TOML."""
    asset: str = Field("", max_length=200)
    """The id of an uploaded sound."""
    name: str = Field("", max_length=1_000)
    """What the file is called."""
    parts: str = Field("", max_length=4_000)
    """Who plays which track of a MIDI file, "1=melody, 3=bass"; guessed where it is empty. For a tune or a hum, its part."""
    bpm: float | None = None
    """Its tempo, where it is known."""
    key: str = Field("", max_length=100)
    """Its key, where it is known."""
    meter: int | None = None
    """Its beats per bar, where they are known."""
    transpose: Annotated[int, *within("transpose", -24, 24, "semitones")] = 0
    """How many semitones higher it is played; a song sheet by an octave at most."""

    @property
    def midi_bytes(self) -> bytes:
        """The bytes of its MIDI file. Raises `BadInput` for a text that is no base64."""
        try:
            return base64.b64decode(self.midi, validate=True)
        except ValueError:  # `binascii.Error`, and what `base64` says of letters beyond ASCII
            message = "this is no base64"
            raise BadInput(message, remedy="send the bytes of the file in base64", faults=(f"midi: {message}",)) from None


class TrackGuess(Record):
    """A track of a MIDI file, and the part that it is taken for."""

    number: int
    """Which of the tracks with notes it is, from 1."""
    title: str
    """What the file calls it."""
    count: int
    """How many notes it has."""
    part: str
    """Who plays it; empty where it is left out."""
    why: str
    """How that was guessed."""


class ImportedSong(Record):
    """What a file says of a song; empty where it says nothing."""

    title: str
    caption: str
    bpm: float | None
    key: str | None
    meter: int
    form: str
    chords: str
    """Chords, by section where it has sections."""
    players: str
    """The stems that play."""
    tempi: str
    """Its tempo changes."""
    lyrics: str
    """Its words, by section."""
    lines: tuple[Line, ...]
    """Its notes, by the part that plays them."""
    tracks: tuple[TrackGuess, ...]
    """The tracks of a MIDI file, the first of them where there are very many."""
    more_tracks: int
    """How many tracks are not told."""
    notes: tuple[str, ...]
    """How it was read, and how sure that is."""


def import_song(asked: SongImport, path: Path) -> ImportedSong:
    """The song in the file at `path`, which stands under the name that people know.

    Raises as `import_sheet` does, and `BadInput` for a song sheet with mistakes.
    """
    head = read(
        SheetHead, {k: v for k, v in (("bpm", asked.bpm), ("key", asked.key.strip()), ("meter", asked.meter)) if v}, where=""
    )
    sheet, told = _read_file(asked, path, head)
    tracks = _guess_tracks(path, asked.parts) if asked.source == "midi" else ()
    return ImportedSong(
        title=sheet.title,
        caption=sheet.caption,
        bpm=sheet.bpm,
        key=sheet.key,
        meter=sheet.meter,
        form=sheet.form,
        chords=sheet.chart,
        players=sheet.text.players,
        tempi=sheet.text.tempi,
        lyrics=sheet.lyrics,
        lines=tuple(sheet.text.lines),
        tracks=tracks[:MOST_TRACKS],
        more_tracks=max(0, len(tracks) - MOST_TRACKS),
        notes=told,
    )


def _read_file(asked: SongImport, path: Path, head: SheetHead) -> tuple[Sheet, tuple[str, ...]]:
    """The sheet of a file, with what `head` says before it, and how it was read."""
    if asked.source == "sheet":
        sheet = read(Sheet, parse_toml(asked.text, path.name, remedy="correct the file"), where=path.name)
        written = sheet.model_copy(update=head.model_dump(exclude_unset=True))
        return (transpose(written, asked.transpose) if asked.transpose else written), check_sheet(written).notes
    text = f"{path}:{asked.parts}" if asked.parts.strip() else str(path)
    found: dict[str, Any] = {"midi": {"midi": (text,)}, "abc": {"tune": (text,)}, "hum": {"hum": text}, "like": {"like": path}}
    imported, told = import_sheet(head, SongSources(**found[asked.source], transpose=asked.transpose))
    assert imported is not None
    return imported, told


def _guess_tracks(path: Path, asked: str) -> tuple[TrackGuess, ...]:
    """Every track of a MIDI file; those that `asked` does not name are left out."""
    guesses = guess_parts(read_midi(path).tracks)
    chosen = choose_parts(guesses, asked)
    return tuple(_tell_track(number, one, chosen) for number, one in enumerate(guesses, 1))


def _tell_track(number: int, guess: PartGuess, chosen: tuple[PartGuess, ...]) -> TrackGuess:
    part = next((one.part for one in chosen if one.track is guess.track), "")
    return TrackGuess(number=number, title=guess.track.name, count=len(guess.track.notes), part=part, why=guess.why)
