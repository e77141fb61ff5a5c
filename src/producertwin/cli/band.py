"""`twin band`: songs by the house band, which needs no instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from pydantic import Field

from ..pipeline.stages import Bpm, KeyName, Meter, Seconds
from ..recipe import Record
from .options import options
from .output import Talk
from .recordings import recorded, title
from .renderings import DryRun
from .text import duration, size, table

app = App(
    name="band",
    help="Let the house band play a song or an album, with its stems.",
    help_epilogue='Begin with: twin band play "lofi, rainy, rhodes" -o song.flac --stems',
)


class Song(Record):
    """One song of the house band. What is left open is the style's choice, seeded."""

    style: str
    """A style (see `twin band styles`) or tags such as "lofi, rainy, rhodes"."""
    bpm: Bpm | None = None
    """Tempo in beats per minute, 30 to 300."""
    key: KeyName | None = None
    """Tonic and mode, such as "F# minor" or "Bb major"."""
    meter: Meter | None = None
    """Beats per bar: 2, 3, 4 or 6 (also written 4/4, 6/8)."""
    seconds: Seconds | None = None
    """Length in seconds; a whole song when absent."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of everything that is left open."""


@app.command(name="play")
@options(Song, positional=("style",), renamed={"seconds": "--duration"})
def play(
    stage: Song,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="Sound file to write, replaced if it exists.")],
    stems: Annotated[bool, Parameter(help="Also write stems/NAME/… (they sum to the dry mix), caption and annotations.")] = False,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Play one song."""
    from ..house_band import captions
    from ..house_band.score import compose
    from ..pipeline.delivery import Delivery

    delivery = Delivery(out)
    delivery.check(1)
    [path] = delivery.paths(1)
    key, bpm, meter = stage.key, stage.bpm, stage.meter
    score = compose(stage.style, seed=stage.seed, bpm=bpm, key=key, meter=meter, seconds=stage.seconds)
    told = {"song": stage, "style": score.style, "caption": captions.caption(score), "metas": captions.metas(score)}
    if dry_run:
        talk.result("plan", told | {"files": [path]}, f"would write {path}: {told['caption']}")
        return
    files = talk.follow(recorded([score], [path], told=stems, stems=stems, seconds=stage.seconds))
    talk.say(str(told["caption"]))
    talk.result("song", told | {"files": files}, lambda: "\n".join(map(str, files)))
    talk.next(f'twin edit refine {path} --caption "{stage.style}" --denoise 0.7 -o performed.flac')


class Album(Record):
    """Songs by one invented producer, whose name decides the habits."""

    producer: str = Field(min_length=1, max_length=200)
    """Name of the producer."""
    songs: int = 8
    """How many songs."""
    style: str | None = None
    """A style (see `twin band styles`) or tags; the producer's own choice when absent."""
    seconds: Seconds | None = None
    """Length of every song in seconds; whole songs when absent."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Another seed is another album of the same habits."""


@app.command(name="album")
@options(Album, renamed={"seconds": "--duration"})
def album(
    stage: Album,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="Folder of the album; songs that are there already are kept.")],
    mixes_only: Annotated[bool, Parameter(help="Write no stems.")] = False,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Play an album: songs with stems, captions, lyrics, metas and annotations beside them."""
    from ..house_band.album import album as write_album
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery, check_room

    habits, scores = write_album(stage.producer, stage.songs, style=stage.style, seed=stage.seed, seconds=stage.seconds)
    paths = [out / f"{place:02d}-{title(score)}.flac" for place, score in enumerate(scores, 1)]
    seconds = sum(score.seconds for score in scores)
    named = list(zip(paths, scores, strict=True))
    rows = [(path.name, duration(score.seconds), f"{score.bpm:g} bpm", str(score.key)) for path, score in named]
    songs = [{"file": path, "seconds": score.seconds, "bpm": score.bpm, "key": str(score.key)} for path, score in named]
    told = {"album": stage, "habits": habits, "songs": songs}
    if dry_run:
        bytes_needed = 6 * seconds * BYTES_PER_SECOND
        talk.result("plan", told, lambda: table([*rows, ("at most", size(bytes_needed))]))
        return
    Delivery(out / "song.flac").check(1)
    check_room([out], 6 * seconds)
    files = talk.follow(recorded(scores, paths, told=True, stems=not mixes_only, seconds=stage.seconds))
    talk.result("album", told | {"files": files}, lambda: table(rows))
    talk.next(f"twin edit extract {paths[0]} bass -o bass.flac")


@app.command(name="styles")
def list_styles(*, talk: Talk) -> None:
    """List the styles the band can play."""
    from ..house_band.styles import STYLES

    rows = [
        (style.id, style.name, f"{style.tempo[0]}-{style.tempo[1]} bpm", ", ".join(style.base_tags)) for style in STYLES.values()
    ]
    told = [
        {"id": style.id, "name": style.name, "coarse": style.coarse, "tempo": style.tempo, "tags": sorted(style.tags)}
        for style in STYLES.values()
    ]
    talk.result("styles", {"styles": told}, lambda: table(rows, ("style", "name", "tempo", "tags")))
    talk.next(f"twin band play {rows[0][0]} -o song.flac --stems")
