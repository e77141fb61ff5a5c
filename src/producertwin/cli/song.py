"""`twin song`: song sheets, with their form, chords and words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import song as verb
from ..verbs import song_out
from ..wording import plural
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun, Metadata, Out, Picture, show_plan, show_takes
from .replacing import Force, check_replacing
from .streams import Format, with_format
from .text import duration, quote, table

app = App(name="song", help="Song sheets: begin, check, show, transpose, play and export one, or read one from a take.")
SheetFile = Annotated[Path, Parameter(help="A song sheet, a TOML file.")]
SheetOut = Annotated[Path, Parameter(name="--out", alias="-o", help="The file to write.")]


@app.command
@options(verb.SongSources, parameter="sources")
@options(verb.SheetHead)
def new(
    plan: verb.SheetHead,
    *,
    sources: verb.SongSources,
    out: SheetOut = Path("song.toml"),
    force: Force = False,
    console: Console,
) -> None:
    """Begin a song sheet: a file to write form, chords, notes and words in, empty or with what is read from other files."""
    _write_new(plan, sources, out, console, force=force)


@app.command(name="import")
@options(verb.SheetHead)
def import_song(
    source: Annotated[Path, Parameter(help="A MIDI file, a score in MusicXML, a tune in ABC notation, or a recording.")],
    *,
    plan: verb.SheetHead,
    out: SheetOut = Path("song.toml"),
    force: Force = False,
    console: Console,
) -> None:
    """Read a file into a song sheet: all parts of a MIDI file or a score, a tune, or what is heard of a recording."""
    _write_new(plan, verb.source_of(source), out, console, force=force)


def _write_new(plan: verb.SheetHead, sources: verb.SongSources, out: Path, console: Console, *, force: bool) -> None:
    """Write a new sheet, and tell what was read into it."""
    sheet, told = verb.begin_sheet(plan, sources)
    for text in told:
        console.say(text)
    check_replacing([out], console, force=force)
    path = verb.write_sheet(sheet, out)
    console.result("song-sheet", {"path": path, "sheet": sheet}, str(path))
    console.next(f"twin song show {quote(str(path))}")


@app.command
def check(sheet: SheetFile, /, *, console: Console) -> None:
    """Check a song sheet: every chord by bar and beat, form, key and length."""
    found = verb.check_sheet(verb.read_sheet(sheet))
    rows = [(one.first_bar, one.name, one.bars, " | ".join(" ".join(bar) for bar in one.chords[:4])) for one in found.sections]
    length = "" if found.seconds is None else f", {duration(found.seconds)}"
    head = f"{found.title or sheet.name}: {plural(found.bars, 'bar')}{length}, {found.key or 'no key'}"
    console.result("song", found, lambda: "\n".join([head, table(rows, ("bar", "section", "bars", "chords"))]))
    for note in found.notes:
        console.say(note)
    console.next(f"twin song play {quote(str(sheet))} -o song.flac")


@app.command
def show(sheet: SheetFile, /, *, console: Console) -> None:
    """Draw a song sheet as a lead sheet."""
    found = verb.read_sheet(sheet)
    drawn = verb.draw_lead_sheet(found)
    console.result("song-sheet", {"sheet": found, "drawn": drawn}, drawn)


@app.command(name="transpose")
def transpose_sheet(
    sheet: SheetFile, semitones: int, /, *, out: SheetOut | None = None, force: Force = False, console: Console
) -> None:
    """Write a song sheet in another key.

    Parameters
    ----------
    semitones
        How much higher, -12 to 12.
    """
    moved = verb.transpose(verb.read_sheet(sheet), semitones)
    target = out or sheet.with_stem(f"{sheet.stem}{semitones:+d}")
    check_replacing([target], console, force=force)
    path = verb.write_sheet(moved, target)
    console.result("song-sheet", {"path": path, "sheet": moved}, str(path))
    console.next(f"twin song show {quote(str(path))}")


@app.command
@options(verb.SongPlay, renamed={"adapters": "--adapter"})
def play(  # noqa: PLR0913 - each is one thing a person can ask of the command
    sheet: SheetFile,
    *,
    plan: verb.SongPlay,
    out: Out = None,
    file_format: Format = None,
    picture: Picture = False,
    metadata: Metadata = True,
    force: Force = False,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Play a song sheet: one or more takes that keep its form and its chords, and how much of them is heard."""
    from ..verbs.studio import open_studio

    written, out = verb.read_sheet(sheet), with_format(out, file_format)
    check_replacing(verb.list_song_files(plan, written, out, picture=picture), console, force=force, dry_run=dry_run)
    if detach and not dry_run:
        verb.check_sheet(written)
        hand_over("make", console, plan=verb.as_stage(written, plan), out=out, picture=picture, metadata=metadata)
        return
    with open_studio(console.settings) as studio:
        if dry_run:
            show_plan(console.follow(verb.plan_song(plan, written, studio, out=out)), console)
            return
        done = console.follow(verb.play_song(plan, written, studio, out=out, picture=picture, metadata=metadata))
    show_takes("song", done, console)


@app.command(name="from")
@options(song_out.SongFacts)
def read_song(
    source: Annotated[str, Parameter(help="A take (its id or the start of it) or a sound file.")],
    *,
    plan: song_out.SongFacts,
    out: SheetOut = Path("song.toml"),
    force: Force = False,
    console: Console,
) -> None:
    """Write the song sheet of a take or a recording: what was sketched for a guided take, else what is heard."""
    from ..verbs.studio import open_studio

    check_replacing([out], console, force=force)
    with open_studio(console.settings) as studio:
        found = console.follow(song_out.find_sheet(source, plan, studio))
    path = song_out.write_found(found, out)
    console.result("song-sheet", {"path": path, "sheet": found.sheet, "origin": found.origin, "notes": found.notes}, str(path))
    for note in found.notes:
        console.say(note)
    console.next(f"twin song show {quote(str(path))}")


@app.command
@options(song_out.ExportPlan)
def export(
    source: Annotated[str, Parameter(help="A song sheet (.toml), a take, or a sound file.")],
    *,
    plan: song_out.ExportPlan,
    out: Annotated[
        Path,
        Parameter(
            name=("--out", "-o"),
            help="The file to write: .mid (each part a track), .html (a lead sheet), .txt or .cho (ChordPro); a folder gets all.",
        ),
    ] = Path("song"),
    force: Force = False,
    console: Console,
) -> None:
    """Write a song as MIDI parts, as a lead sheet to print, as text, or as ChordPro."""
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(song_out.open_song(source, studio))
    check_replacing(song_out.list_exports(found, out), console, force=force)
    paths = song_out.export_song(found, plan, out)
    console.result("song-export", {"files": paths, "origin": found.origin}, lambda: "\n".join(map(str, paths)))
    for note in found.notes:
        console.say(note)
