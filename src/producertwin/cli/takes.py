"""`twin takes`: what the studio has made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..errors import PartialFailure, TwinError
from ..library import Filter, Take, open_studio
from ..library.export import check_free, destinations
from .options import options
from .output import Talk
from .text import clipped, duration, table

app = App(name="takes", help="List, show, export, verify and delete takes.")

Key = Annotated[str, Parameter(name="ID", help="Id of a take, or its beginning.")]


@app.command(name="list")
@options(Filter)
def list_takes(stage: Filter, *, talk: Talk) -> None:
    """List takes, newest first."""
    with open_studio(talk.settings) as library:
        takes = library.takes.list(stage)
    talk.result("takes", takes, lambda: table(map(_line, takes), ("id", "made", "task", "variant", "length", "caption")))
    if not takes:
        talk.next('twin make "lofi, rainy, rhodes" -o song.flac')


@app.command
def show(key: Key, /, *, talk: Talk) -> None:
    """Show all that is known of a take."""
    with open_studio(talk.settings) as library:
        take = library.takes.get(key)
        children = library.takes.children(take.id)
        files = {part: library.blobs.path(name) for part, name in take.blobs.items()}
    told = {"take": take, "children": children, "files": files}
    talk.result("take", told, lambda: table([*_facts(take), ("children", " ".join(children) or "-"), *files.items()]))


@app.command
def play_path(key: Key, /, *, talk: Talk) -> None:
    """Print the path of a take's audio, for a player: mpv "$(twin takes play-path ID)"."""
    with open_studio(talk.settings) as library:
        path = library.takes.play_path(key)
    talk.result("play-path", {"path": path}, str(path))


@app.command
def export(
    key: Key,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")] = Path(),
    overwrite: bool = False,
    dry_run: bool = False,
    talk: Talk,
) -> None:
    """Copy a take's audio, picture and record out of the studio.

    Parameters
    ----------
    out
        A folder, or the audio file to write (.flac, .wav, .mp3, .ogg); picture and record go beside it.
    overwrite
        Replace files that are in the way.
    dry_run
        Only say what would be written.
    """
    with open_studio(talk.settings) as library:
        take = library.takes.get(key)
        if dry_run:
            places = destinations(take, out)
            check_free(places, overwrite=overwrite)
            files = tuple(places.values())
        else:
            files = library.takes.export(take.id, out, encode=_encode, overwrite=overwrite)
    talk.result("export", {"take": take.id, "files": files, "dry_run": dry_run}, "\n".join(map(str, files)))


@app.command
def delete(key: Key, /, *others: Key, cascade: bool = False, dry_run: bool = False, talk: Talk) -> None:
    """Delete takes and the contents that no other take shares. Their records are kept in takes/deleted.

    Parameters
    ----------
    cascade
        Also delete everything that was made from them.
    dry_run
        Only say what would be deleted.
    """
    with open_studio(talk.settings) as library:
        act = library.takes.doomed if dry_run else library.takes.delete
        gone = act(key, *others, cascade=cascade)
    talk.result("deleted", {"takes": [take.id for take in gone], "dry_run": dry_run}, lambda: table(map(_line, gone)))


@app.command
def verify(*keys: Key, talk: Talk) -> None:
    """Hash every file of takes again and compare records; no names means all takes. All else: twin library verify."""
    with open_studio(talk.settings) as library:
        found = talk.follow(library.takes.verify(keys))
    if found.problems:
        told = [(f"{problem.owner} {problem.part}", problem) for problem in found.problems]
        failures: dict[str, TwinError] = {name: TwinError(f"{problem.fault}: {problem.where}") for name, problem in told}
        count = len({problem.owner for problem in found.problems})
        remedy = "restore missing and damaged files from a copy of the studio; `twin library rebuild` mends sidecars and rows"
        raise PartialFailure(f"{count} of {found.takes} takes are not sound", failures, remedy=remedy)
    talk.result("verification", found, f"{found.takes} takes are sound")


def _encode(source: Path, target: Path) -> None:
    from ..audio.files import read, write  # other formats only

    write(target, read(source))


def _line(take: Take) -> tuple[str, ...]:
    made = take.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return take.id, made, take.task, take.variant, duration(take.seconds), clipped(take.caption)


def _facts(take: Take) -> list[tuple[str, Any]]:
    """Name and value of every field, nested ones on one line each; what is not there is a dash."""
    data = take.model_dump(mode="json", exclude={"audio", "latents", "picture", "lyrics"})
    lines = [(name, _short(value)) for name, value in data.items()]
    return [("id", take.id), *(line for line in lines if line[0] != "id"), ("lyrics", clipped(take.lyrics, 100) or "-")]


def _short(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name} {_short(item)}" for name, item in value.items() if item is not None) or "-"
        case list():
            return ", ".join(map(_short, value)) or "-"
        case float():
            return f"{value:.6g}"
    return "-" if value is None or value == "" else " ".join(str(value).split())
