"""`twin planner`: songs in words."""

from __future__ import annotations

from cyclopts import App

from ..verbs import planner as verb
from ..verbs.studio import open_studio
from .doors import read_codes, read_lyrics
from .options import options
from .output import Console
from .text import duration, quote, table

app = App(
    name="planner",
    help="Songs in words: say what music is, make a song of an idea, write caption and lyrics out.",
)


@app.command
@options(verb.UnderstandPlan, positional=("source",), reads={"codes": read_codes})
def understand(plan: verb.UnderstandPlan, *, console: Console) -> None:
    """Say what a take or a sound file is: caption, metas, genres and lyrics."""
    with open_studio(console.settings) as studio:
        _show(console.follow(verb.understand(plan, studio)), console)


@app.command(name="create-sample")
@options(verb.CreateSamplePlan, positional=("query",))
def create_sample(plan: verb.CreateSamplePlan, *, console: Console) -> None:
    """Make a song of an idea: caption, metas, genres and lyrics."""
    with open_studio(console.settings) as studio:
        _show(console.follow(verb.create_sample(plan, studio)), console)


@app.command(name="format")
@options(verb.FormatPlan, positional=("caption",), renamed={"seconds": "--duration"}, reads={"lyrics": read_lyrics})
def format_song(plan: verb.FormatPlan, *, console: Console) -> None:
    """Write a caption and lyrics out, and choose the metas they leave open."""
    with open_studio(console.settings) as studio:
        _show(console.follow(verb.format_song(plan, studio)), console)


def _show(song: verb.PlannedSong, console: Console) -> None:
    found = song.outline
    facts: list[tuple[str, object]] = [("caption", found.caption), ("genres", found.genres or "-"), ("bpm", found.bpm)]
    facts += [("key", found.key), ("meter", found.meter), ("length", duration(found.seconds or 0)), ("language", found.language)]
    facts += [("seed", song.seed)]
    console.result("outline", song, lambda: f"{table(facts)}\n\n{found.lyrics}".rstrip())
    bpm, key, meter, length = (quote(str(value or "")) for value in (found.bpm, found.key, found.meter, found.seconds))
    words = f"--caption={quote(found.caption)}"  # a caption may begin as an option does
    console.next(
        " ".join(("twin make", words, "--bpm", bpm, "--key", key, "--meter", meter, "--duration", length, "-o song.flac"))
    )
