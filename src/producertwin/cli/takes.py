"""`twin takes`: what the studio has made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..errors import BadInput
from ..library import Filter, Take
from ..library.lrc import clock
from ..verbs import takes as verb
from ..verbs import takes_page
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .options import options
from .output import Console, warn_of_unlisted
from .renderings import Metadata
from .replacing import Force, check_replacing
from .streams import Format, Stream, with_format
from .text import duration, quote, shorten, size, table
from .trash import tell_deletion

app = App(name="takes", help="List, show, play, export, verify and delete takes.")

Key = Annotated[str, Parameter(name="ID", help="Id of a take, or its beginning.")]


@app.command(name="list")
@options(Filter)
def list_takes(plan: Filter, *, console: Console) -> None:
    """List takes, newest first, but for those that are latents alone, as of pipelines and pairs."""
    shown = plan.leave_out_latents()
    with open_studio(console.settings) as studio:
        takes, damaged = studio.library.takes.survey(shown)
        hidden = 0 if shown.latents else studio.library.takes.count(shown.model_copy(update={"latents": True}))
        unlisted = studio.library.takes.unlisted_sidecars()
    for one in damaged:
        console.warn(f"take {one.id} is not listed: {one.error}")
    warn_of_unlisted(unlisted, "takes", console)
    console.result(
        "takes",
        takes,
        lambda: table(map(_line, takes), ("id", "made", "task", "variant", "length", "seed", "asked", "parents", "caption")),
    )
    if hidden and plan.latents is None:
        console.say(f"{hidden} more {'is' if hidden == 1 else 'are'} latents alone, which nobody has heard: --latents")
    if unlisted or damaged:
        console.next("twin library rebuild")
    elif not takes and not hidden:
        console.next('twin make "lofi, rainy, rhodes" -o song.flac')


@app.command
def show(key: Key, /, *, console: Console) -> None:
    """Show all that is known of a take."""
    with open_studio(console.settings) as studio:
        take = studio.library.takes.get(key)
        children = studio.library.takes.children(take.id)
        files = {part: studio.library.blobs.path(name) for part, name in take.blobs.items()}
    data = {"take": take, "children": children, "files": files}
    sound = [] if take.audio else [("sound", f"latents alone; twin takes export {take.id} decodes them")]
    rows = [*_facts(take), ("children", " ".join(children) or "-"), *sound]
    console.result("take", data, lambda: table([*rows, *files.items()]))


@app.command
def play(
    key: Key,
    /,
    *,
    player: Annotated[str | None, Parameter(help="Command that plays a file; a known one when absent.")] = None,
    console: Console,
) -> None:
    """Play a take, to its end or until Ctrl-C. A take of latents is decoded first."""
    with open_studio(console.settings) as studio:
        take = console.follow(verb.play(key, studio, player=player))
    console.result("played", {"take": take.id, "seconds": take.seconds}, take.id)
    console.next(f"twin takes export {quote(take.id)} -o take.flac")


@app.command
def play_path(key: Key, /, *, console: Console) -> None:
    """Print the path of a take's audio, for a player: mpv "$(twin takes play-path ID)"."""
    with open_studio(console.settings) as studio:
        path = console.follow(verb.play_path(key, studio))
    console.result("play-path", {"path": path}, str(path))


@app.command
def export(  # noqa: PLR0913 - each is one thing a person can ask of the command
    key: Key,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o"), Stream.OUT] = Path(),
    file_format: Format = None,
    codes: bool = False,
    metadata: Metadata = True,
    force: Force = False,
    dry_run: bool = False,
    console: Console,
) -> None:
    """Copy a take's audio, picture, lyrics in time (.lrc) and record out of the studio. A take of latents is decoded.

    Parameters
    ----------
    out
        A folder, or the audio file to write (.flac, .wav, .mp3, .ogg); all else goes beside it. - writes the sound alone to
        standard output.
    codes
        Write its audio codes too (.codes.txt), for make --codes and edit cover --codes.
    dry_run
        Only say what would be written.
    """
    if codes and console.sound_room is not None:
        raise BadInput("--codes writes a file beside OUT, and -o - has none", remedy="give -o a name or a folder")
    out = with_format(None if out == Path() else out, file_format) or out
    with open_studio(console.settings) as studio:
        take = studio.library.takes.get(key).id
        files = verb.plan_export(take, studio, out, overwrite=True, codes=codes, metadata=metadata)
        check_replacing(files, console, force=force, dry_run=dry_run)
        if not dry_run:
            files = console.follow(verb.export(take, studio, out, overwrite=True, codes=codes, metadata=metadata))
    console.result("export", {"take": take, "files": files, "dry_run": dry_run}, "\n".join(map(str, files)))


@app.command
@options(Filter)
def page(
    plan: Filter,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="A page (.html) with the sounds in it, or a folder with a page and sounds.")],
    force: Force = False,
    dry_run: bool = False,
    console: Console,
) -> None:
    """Write a contact sheet: takes with pictures, players and facts, on one page for browsers.

    Parameters
    ----------
    dry_run
        Only say what would be written.
    """
    asked = takes_page.TakesPagePlan(filter=plan, out=out)
    with open_studio(console.settings) as studio:
        done = takes_page.plan_page(asked, studio)
        check_replacing(done.files, console, force=force, dry_run=dry_run)
        if not dry_run:
            done = console.follow(takes_page.page(asked, studio))
    data = {"takes": done.takes, "files": done.files, "missing": done.missing, "dry_run": dry_run}
    console.result("takes-page", data, str(done.files[0]))
    weight = 0 if dry_run else sum(path.stat().st_size for path in done.files if path.exists())
    console.say(plural(len(done.takes), "take") + (f", {size(weight)}" if weight else ""))
    console.next(f"twin takes play {quote(done.takes[0])}")


@app.command
def delete(key: Key, /, *others: Key, cascade: bool = False, dry_run: bool = False, console: Console) -> None:
    """Move takes into the trash, from where twin trash restore brings them back.

    Parameters
    ----------
    cascade
        Also delete everything that was made from them.
    dry_run
        Only say what would be deleted.
    """
    with open_studio(console.settings) as studio:
        planned = verb.plan_delete((key, *others), studio, cascade=cascade)
        gone, entry = (planned, None) if dry_run else verb.delete([take.id for take in planned], studio)
    tell_deletion("deleted", {"takes": [take.id for take in gone]}, lambda: table(map(_line, gone)), entry, console)


@app.command
def verify(*keys: Key, console: Console) -> None:
    """Hash every file of takes again and compare records; no names means all takes. All else: twin library verify."""
    with open_studio(console.settings) as studio:
        found = console.follow(verb.verify(keys, studio))
    console.result("verification", found, f"{plural_are(found.takes, 'take')} sound")


def _line(take: Take) -> tuple[str, ...]:
    made = take.created.astimezone().strftime("%Y-%m-%d %H:%M")
    asked = " ".join(filter(None, (f"{take.metas.bpm:g} bpm" if take.metas.bpm else "", take.metas.key))) or "-"
    parents = " ".join(parent[:6] for parent in take.parents) or "-"
    length = duration(take.seconds) + ("" if take.audio else ", latents")
    played = (take.task, take.variant, length, str(take.seed), asked, parents)
    return take.id, made, *played, shorten(take.caption)


def _facts(take: Take) -> list[tuple[str, Any]]:
    """Name and value of every field, nested ones on one line each with long texts cut; what is not there is a dash."""
    data = take.model_dump(mode="json", exclude={"audio", "latents", "picture", "lyrics", "lines"})
    lines = [(name, _short(value)) for name, value in data.items()]
    sung = [(f"  {clock(line.seconds)}", shorten(line.text, 100)) for line in take.lines]
    words = [("lyrics", "" if sung else shorten(take.lyrics, 100) or "-"), *sung]
    return [("id", take.id), *(line for line in lines if line[0] != "id"), *words]


def _short(value: Any) -> str:
    match value:
        case dict():
            held = {
                name: shorten(item, 100) if isinstance(item, str) else item for name, item in value.items() if item is not None
            }
            return ", ".join(f"{name} {_short(item)}" for name, item in held.items()) or "-"
        case list():
            return ", ".join(map(_short, value)) or "-"
        case float():
            return f"{value:.6g}"
    return "-" if value is None or value == "" else " ".join(str(value).split())
