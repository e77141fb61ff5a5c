"""`twin library`: look after the catalogue."""

from __future__ import annotations

from cyclopts import App

from ..errors import BadInput, PartialFailure, TwinError
from ..verbs import library as verbs
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .output import Console
from .text import size, table

app = App(name="library", help="Look after the library: verify it, or rebuild it from its own records.")


@app.command
def path(*, console: Console) -> None:
    """Print the studio folder."""
    console.result("path", {"studio": console.settings.studio}, str(console.settings.studio))


@app.command
def info(*, console: Console) -> None:
    """Say where the library is and how much it holds."""
    with open_studio(console.settings) as studio:
        found = studio.library.info()
    lines = [
        ("studio", found.studio),
        ("database", found.database),
        ("schema", found.schema),
        ("takes", found.takes),
        ("tracks", found.tracks),
        ("blobs", f"{found.blobs}, {size(found.bytes)}"),
        ("trash", f"{plural(found.trashed, 'entry')}, {size(found.trash_bytes)}"),
    ]
    console.result("library", found, lambda: table(lines))


@app.command
def verify(*, console: Console) -> None:
    """Hash every file again: of takes, of tracks with stems and prepared sound, and of frozen training sets."""
    with open_studio(console.settings) as studio:
        found = console.follow(verbs.verify(studio))
    console.result("verification", found, verbs.require_sound(found))


@app.command
def rebuild(*, dry_run: bool = False, console: Console) -> None:
    """Make the database anew from the takes' sidecars; the old one is kept in backups.

    Parameters
    ----------
    dry_run
        Only say what would change.
    """
    with open_studio(console.settings) as studio:
        done = verbs.rebuild(studio, dry_run=dry_run)
    if done.unreadable:
        failures: dict[str, TwinError] = {name: BadInput(why) for name, why in done.unreadable.items()}
        message = (
            f"{plural_are(done.takes, 'take')} in the database; {plural_are(len(failures), 'record')} unreadable and left out"
        )
        raise PartialFailure(message, failures, remedy="restore them from a copy of the studio folder, or move them away")
    lines = [
        ("takes", done.takes),
        ("tracks", done.tracks),
        ("added", " ".join(done.added) or "-"),
        ("sidecars restored", " ".join(done.restored) or "-"),
        ("old database", done.backup or "-"),
    ]
    console.result("rebuilt", done, lambda: table(lines))


@app.command
def sweep(*, dry_run: bool = False, console: Console) -> None:
    """Remove what crashes left behind: files older than a day that no take names.

    Parameters
    ----------
    dry_run
        Only say what would be removed.
    """
    with open_studio(console.settings) as studio:
        gone = verbs.sweep(studio, dry_run=dry_run)
    console.result("swept", {"files": gone, "dry_run": dry_run}, "\n".join(map(str, gone)))
