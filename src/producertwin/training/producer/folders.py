"""Songs of other people that the producer model learns from: folders ARTIST/SONG with a song, its stems and what is known of it.

    ARTIST/SONG/song.wav     the finished song (wav, flac, mp3, ogg, m4a, aif)
    ARTIST/SONG/song.json    optional: bpm, key, genre, style, caption, time_signature, segments; other fields are passed over
    ARTIST/SONG/stems/       optional: drums.wav, bass.wav, vocals.wav and so on, as they sound in the song

A song without stems teaches quality alone. Stems are taken as they stand: how loud each is in the sum is what the desk learns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...audio import edits, files
from ...audio.formats import SUFFIXES
from ...errors import AudioRejected, BadInput, NotFound
from ...mixing.automix.words import find_style
from ...mixing.desk import MOST_STRIPS
from ...mixing.stems import role_of
from ...progress import Clock, Message, Steps, warning
from ...timebase import samples_of
from ...untrusted import read_object
from .songs import SECONDS, Song, read_song

SONG, STEMS = "song", "stems"
_LONGEST: Final = 5 * SECONDS
"""Seconds from the middle of a song that are heard."""


@dataclass(frozen=True, slots=True)
class SongFolder:
    """A song that was found."""

    artist: str
    title: str
    sound: Path
    facts: Path | None
    stems: tuple[Path, ...]


def find_songs(data: Path) -> tuple[SongFolder, ...]:
    """The songs under `data`, by artist and title. Raises `NotFound` where there is no such folder, `BadInput` for none in it."""
    if not data.is_dir():
        raise NotFound(f"no folder {data}", remedy="name a folder of ARTIST/SONG/song.wav")
    found = [one for folder in sorted(data.glob("*/*")) if folder.is_dir() and (one := _look_into(folder)) is not None]
    if not found:
        raise BadInput(f"{data} holds no songs", remedy="lay them as ARTIST/SONG/song.wav, their stems in ARTIST/SONG/stems")
    return tuple(found)


def read_folders(data: Path) -> Steps[tuple[Song, ...]]:
    """What is learned from the songs under `data`; those that cannot be read are warned of and left out.

    Raises as `find_songs` does, and `BadInput` where none can be read.
    """
    folders = find_songs(data)
    clock = Clock("folders", len(folders))
    songs: list[Song] = []
    for number, folder in enumerate(folders):
        heard, told = _read(folder, number)
        yield from told
        songs += [heard] if heard else []
        yield clock.at(number + 1)
    if not songs:
        raise BadInput(f"no song in {data} can be read", remedy="see the warnings above")
    return tuple(songs)


def caption_of(facts: dict[str, Any], artist: str) -> str:
    """What the facts of a song say, as a caption."""
    said = [str(facts[name]) for name in ("caption", "style", "genre") if facts.get(name)]
    bpm = facts.get("bpm")
    said += [f"{bpm:g} bpm"] if isinstance(bpm, int | float) and not isinstance(bpm, bool) and bpm > 0 else []
    said += [str(facts["key"])] if facts.get("key") else []
    return ", ".join(dict.fromkeys(said)) or artist


def _look_into(folder: Path) -> SongFolder | None:
    sounds = sorted(path for path in folder.iterdir() if path.stem.lower() == SONG and path.suffix.lower() in SUFFIXES)
    if not sounds:
        return None
    stems = folder / STEMS
    parts = sorted(path for path in stems.iterdir() if path.suffix.lower() in SUFFIXES) if stems.is_dir() else []
    facts = folder / "song.json"
    return SongFolder(folder.parent.name, folder.name, sounds[0], facts if facts.is_file() else None, tuple(parts))


def _read(folder: SongFolder, number: int) -> tuple[Song | None, list[Message]]:
    """What is learned from a song, and what should be known of it."""
    called, told = f"{folder.artist}/{folder.title}", list(_judge(folder))
    rng = np.random.Generator(np.random.PCG64([number, 2]))
    try:
        facts = read_object(folder.facts) if folder.facts else {}
        caption = caption_of(facts, folder.artist)
        mix = _cut(files.read(folder.sound))
        stems = {path.stem: _cut(files.read(path)) for path in folder.stems[:MOST_STRIPS]}
        song = read_song(called, find_style(caption) or "", (caption,), stems, mix, rng)
    except (AudioRejected, BadInput) as error:
        return None, [*told, warning(f"{called} is left out: {error.message}")]
    return song, told


def _judge(folder: SongFolder) -> Iterator[Message]:
    unknown = [path.name for path in folder.stems if role_of(path.stem) is None]
    if unknown:
        yield warning(f"{folder.artist}/{folder.title}: nothing tells which instrument {', '.join(unknown)} is")
    if len(folder.stems) > MOST_STRIPS:
        yield warning(f"{folder.artist}/{folder.title}: the first {MOST_STRIPS} of {len(folder.stems)} stems are heard")


def _cut(sound: np.ndarray) -> np.ndarray:
    """The middle of `sound`, both sides of it."""
    stereo = edits.to_stereo(sound)
    length = min(stereo.shape[1], samples_of(_LONGEST))
    start = (stereo.shape[1] - length) // 2
    return stereo[:, start : start + length]
