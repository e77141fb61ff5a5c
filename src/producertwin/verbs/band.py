"""`twin lab band`: let the house band play a song or an album, with its stems. It needs no instrument.

Songs become FOLDER/SONG.flac, their texts beside them, and stems/SONG/STEM.flac.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ..disk import write_whole
from ..pipeline.fields import Bpm, KeyName, Meter, Seconds, Text
from ..progress import Clock, Message, Steps
from ..recipe import Record
from .studio import Studio

if TYPE_CHECKING:
    from ..house_band.arrange import Habits
    from ..house_band.render import Rendering
    from ..house_band.score import Score
    from ..house_band.styles import Style

__all__ = [
    "Album",
    "AlbumPlan",
    "PlannedAlbum",
    "PlannedSong",
    "PlayPlan",
    "PlayedAlbum",
    "PlayedSong",
    "Song",
    "album",
    "list_styles",
    "plan_album",
    "plan_play",
    "play",
]


class Song(Record):
    """One song of the house band. What is left open is the style's choice, seeded."""

    style: str
    """A style (see `twin lab band styles`) or tags such as "lofi, rainy, rhodes"."""
    bpm: Bpm | None = None
    """Tempo in beats per minute, 30 to 300."""
    key: KeyName | None = None
    """Tonic and mode, such as "F# minor" or "Bb major"."""
    meter: Meter | None = None
    """Beats per bar: 2, 3, 4 or 6 (also written 4/4, 6/8)."""
    seconds: Seconds | None = None
    """Length in seconds; a whole song when absent."""
    lyrics: Text = ""
    """Words to sing, with [Verse] and [Chorus] lines, or a file of them; nobody sings words when absent."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of everything that is left open."""


class Album(Record):
    """Songs by one invented producer, whose name decides the habits."""

    producer: str = Field(min_length=1, max_length=200)
    """Name of the producer."""
    songs: int = 8
    """How many songs."""
    style: str | None = None
    """A style (see `twin lab band styles`) or tags; the producer's own choice when absent."""
    seconds: Seconds | None = None
    """Length of every song in seconds; whole songs when absent."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Another seed is another album of the same habits."""


class PlayPlan(Record):
    """A song, and where it is written."""

    song: Song
    """What is played."""
    out: Path
    """Sound file to write; a folder gets the song under its style, key and seed."""
    stems: bool = False
    """Also write its stems, caption and annotations."""


class AlbumPlan(Record):
    """An album, and where it is written."""

    album: Album
    """What is played."""
    out: Path
    """Folder of the album; songs that are there already are kept."""
    stems: bool = True
    """Also write stems."""


@dataclass(frozen=True, slots=True)
class PlannedSong:
    """A song that was composed and not played."""

    score: Score
    path: Path
    seconds: float | None = None
    """Length that was asked for; None is a whole song."""
    notes: tuple[Message, ...] = ()
    """What was taken from the words."""

    @property
    def caption(self) -> str:
        """What it sounds like, in tags."""
        from ..house_band import captions

        return captions.caption(self.score)

    @property
    def metas(self) -> dict[str, int | str | float]:
        """Its tempo, key, meter and length."""
        from ..house_band import captions

        return captions.metas(self.score)


@dataclass(frozen=True, slots=True)
class PlannedAlbum:
    """An album that was composed and not played."""

    habits: Habits
    songs: tuple[PlannedSong, ...]

    @property
    def seconds(self) -> float:
        """Length of all songs."""
        return sum(song.score.seconds for song in self.songs)

    @property
    def bytes(self) -> float:
        """What it takes on the disk at most."""
        from ..pipeline.delivery import BYTES_PER_SECOND

        return 6 * self.seconds * BYTES_PER_SECOND


@dataclass(frozen=True, slots=True)
class PlayedSong:
    """A song that was played, and the files that were written."""

    song: PlannedSong
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PlayedAlbum:
    """An album that was played, and the files that were written now."""

    album: PlannedAlbum
    files: tuple[Path, ...]


def play(plan: PlayPlan, studio: Studio) -> Steps[PlayedSong]:  # noqa: ARG001 - one signature for all verbs
    """Play one song. Raises `BadInput` for a style that is none or a path that cannot be written."""
    song = plan_play(plan)
    yield from song.notes
    files = yield from _play([song], told=plan.stems, stems=plan.stems)
    return PlayedSong(song, tuple(files))


def plan_play(plan: PlayPlan) -> PlannedSong:
    """Compose one song; tempo, key, meter and length that its words state are taken. Raises as `play` does."""
    from ..house_band.compose import compose
    from ..house_band.song_words import Words, voice_of
    from ..metas import read_caption
    from ..pipeline.caption_metas import GivenMetas, fill_metas
    from ..pipeline.delivery import Delivery

    song = plan.song
    given = GivenMetas(song.bpm, song.key, song.meter, song.seconds)
    found = fill_metas(read_caption(song.style), given, length=True)
    song = song.model_copy(update=found.fields)
    words = Words(song.lyrics, voice_of(plan.song.style)) if song.lyrics.strip() else None
    score = compose(song.style, seed=song.seed, bpm=song.bpm, key=song.key, meter=song.meter, seconds=song.seconds, words=words)
    delivery = Delivery(plan.out, fallback=f"{_name(score)}-{song.seed}")
    delivery.check(1)
    [path] = delivery.paths(1)
    return PlannedSong(score, path, song.seconds, found.notes)


def album(plan: AlbumPlan, studio: Studio) -> Steps[PlayedAlbum]:  # noqa: ARG001 - one signature for all verbs
    """Play an album: songs with stems, captions, lyrics, metas and annotations beside them.

    Raises `BadInput` for a folder that cannot be written, `Resources` where the disk has too little room.
    """
    from ..pipeline.delivery import Delivery, check_room

    planned = plan_album(plan)
    Delivery(plan.out / "song.flac").check(1)
    check_room([plan.out], 6 * planned.seconds)
    files = yield from _play(planned.songs, told=True, stems=plan.stems)
    return PlayedAlbum(planned, tuple(files))


def plan_album(plan: AlbumPlan) -> PlannedAlbum:
    """Compose an album. Raises `BadInput` for a style that is none."""
    from ..house_band import album as albums

    asked = plan.album
    habits, scores = albums.album(asked.producer, asked.songs, style=asked.style, seed=asked.seed, seconds=asked.seconds)
    paths = [plan.out / f"{place:02d}-{_name(score)}.flac" for place, score in enumerate(scores, 1)]
    songs = (PlannedSong(score, path, asked.seconds) for score, path in zip(scores, paths, strict=True))
    return PlannedAlbum(habits, tuple(songs))


def list_styles() -> list[Style]:
    """The styles that the band can play."""
    from ..house_band.styles import STYLES

    return list(STYLES.values())


def _name(score: Score) -> str:
    """A file name for a song: its style and key."""
    from ..house_band.styles import STYLES

    words = f"{STYLES[score.style].name} {score.key}".lower().replace("#", " sharp").replace("&", "n")
    return "-".join(re.findall(r"[a-z0-9]+", words))


def _play(songs: Sequence[PlannedSong], *, told: bool, stems: bool) -> Steps[list[Path]]:
    """Play every song to its path, where `told` with its annotations and where `stems` with its stems beside it.

    A song whose annotations stand there already is finished and left alone.
    """
    from ..house_band.album import sidecars
    from ..house_band.note_cache import NoteCache
    from ..house_band.render import render

    clock, cache, written = Clock("playing", len(songs)), NoteCache(), []
    yield clock.at(0)
    for place, song in enumerate(songs, 1):
        path = song.path
        texts = {path.with_name(path.stem + suffix): text for suffix, text in sidecars(song.score).items()} if told else {}
        if not (texts and path.is_file() and all(_holds(side, text) for side, text in texts.items())):
            path.parent.mkdir(parents=True, exist_ok=True)
            written += _write(render(song.score, seconds=song.seconds, cache=cache), path, texts, stems=stems)
        yield clock.at(place, path.name)
    return written


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _write(rendering: Rendering, path: Path, texts: Mapping[Path, str], *, stems: bool) -> list[Path]:
    """Write a song: its mix at `path`, then its stems, then the `texts` beside it, which say that it is finished."""
    from ..audio import files

    written = [files.write(path, rendering.mix)]
    if stems:
        folder = path.parent / "stems" / path.stem
        folder.mkdir(parents=True, exist_ok=True)
        written += [files.write(folder / f"{name}{path.suffix}", stem) for name, stem in rendering.stems.items()]
    return written + [write_whole(side, text.encode()) for side, text in texts.items()]
