"""`twin lab band`: songs by the house band, which needs no instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import band as verbs
from ..verbs.band import Album, AlbumPlan, PlayPlan, Song
from ..verbs.studio import open_studio
from .doors import read_lyrics, read_out
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import duration, quote, size, table

app = App(
    name="band",
    help="Let the house band play a song or an album, with its stems.",
)


@app.command(name="play")
@options(Song, positional=("style",), renamed={"seconds": "--duration"}, reads={"lyrics": read_lyrics})
def play(
    plan: Song,
    *,
    out: Annotated[Path, Parameter(alias="-o", converter=read_out, help="Sound file to write, or a folder.")],
    stems: Annotated[bool, Parameter(help="Also write stems/NAME/… (they sum to the dry mix), caption and annotations.")] = False,
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Play one song."""
    verb_plan = PlayPlan(song=plan, out=out, stems=stems)
    song = verbs.plan_play(verb_plan)
    check_replacing([song.path], console, force=force, dry_run=dry_run)
    if dry_run:
        for told in song.notes:
            console.say(told.text)
        console.result("plan", _song(plan, song) | {"files": [song.path]}, f"would write {song.path}: {song.caption}")
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.play(verb_plan, studio))
    console.say(done.song.caption)
    console.result("song", _song(plan, done.song) | {"files": done.files}, lambda: "\n".join(map(str, done.files)))
    console.next(f"twin edit refine {quote(str(done.song.path))} --caption {quote(plan.style)} --denoise 0.7 -o performed.flac")


@app.command(name="album")
@options(Album, renamed={"seconds": "--duration"})
def album(
    plan: Album,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="Folder of the album; songs that are there already are kept.")],
    mixes_only: Annotated[bool, Parameter(help="Write no stems.")] = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Play an album: songs with stems, captions, lyrics, metas and annotations beside them."""
    verb_plan = AlbumPlan(album=plan, out=out, stems=not mixes_only)
    if dry_run:
        planned = verbs.plan_album(verb_plan)
        rows = [*_rows(planned), ("at most", size(planned.bytes))]
        console.result("plan", _album(plan, planned), lambda: table(rows))
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.album(verb_plan, studio))
    console.result("album", _album(plan, done.album) | {"files": done.files}, lambda: table(_rows(done.album)))
    console.next(f"twin edit extract {quote(str(done.album.songs[0].path))} bass -o bass.flac")


@app.command(name="styles")
def list_styles(*, console: Console) -> None:
    """List the styles the band can play."""
    styles = verbs.list_styles()
    rows = [(style.id, style.name, f"{style.tempo[0]}-{style.tempo[1]} bpm", ", ".join(style.base_tags)) for style in styles]
    data = [
        {"id": style.id, "name": style.name, "coarse": style.coarse, "tempo": style.tempo, "tags": sorted(style.tags)}
        for style in styles
    ]
    console.result("styles", {"styles": data}, lambda: table(rows, ("style", "name", "tempo", "tags")))
    console.next(f"twin lab band play {quote(rows[0][0])} -o song.flac --stems")


def _song(asked: Song, song: verbs.PlannedSong) -> dict[str, object]:
    return {"song": asked, "style": song.score.style, "caption": song.caption, "metas": song.metas}


def _album(asked: Album, album: verbs.PlannedAlbum) -> dict[str, object]:
    songs = [
        {"file": song.path, "seconds": song.score.seconds, "bpm": song.score.bpm, "key": str(song.score.key)}
        for song in album.songs
    ]
    return {"album": asked, "habits": album.habits, "songs": songs}


def _rows(album: verbs.PlannedAlbum) -> list[tuple[str, ...]]:
    """Every song on a line."""
    return [
        (song.path.name, duration(song.score.seconds), f"{song.score.bpm:g} bpm", str(song.score.key)) for song in album.songs
    ]
