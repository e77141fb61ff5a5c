"""`twin dataset`: a training set in one command, and what there is of tracks, sets and styles."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ..dataset.build import BuildPlan
from ..library import open_studio
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import clipped, duration, table
from .tracks import RENAMED, Folder, Key, Producer, Set, partly, planned, styles_table, told, told_twice

if TYPE_CHECKING:
    from ..dataset.build import Built

app = App(
    name="dataset",
    help="From a folder of tracks to a training set.",
    help_epilogue='Begin with: twin dataset build music --producer "Mara Vale" --licence CC-BY-4.0 --provider self',
)

Form = Annotated[Literal["folder", "acestep-json", "training-data", "hf"], Parameter(name="--format", help="The form.")]
Out = Annotated[Path, Parameter(alias="-o", help="A new folder.")]


@app.command
@options(BuildPlan, renamed=RENAMED)
def build(folder: Folder, stage: BuildPlan, *, dry_run: DryRun = False, talk: Talk) -> int:
    """Ingest, screen, caption, split and freeze a folder of tracks; what was done before stands."""
    if dry_run:
        return planned(folder, talk)
    from ..dataset import shelf
    from ..dataset.build import build as make
    from ..dataset.caption import taggers_of
    from ..dataset.report import report
    from ..dataset.taggers import Measure
    from ..model.embedder import load_embedder

    others = taggers_of(stage.caption, talk.settings)
    measure = Measure(load_embedder(talk.settings), stage.caption.style)
    with open_studio(talk.settings) as library:
        done = talk.follow(make(folder, stage, measure, others, library))
        page = talk.follow(report(done, done.manifest.with_suffix(".html"), library))
    manifest = done.frozen.manifest
    name = shelf.name_of(manifest)
    data = {"id": name, "manifest": done.manifest, "fingerprint": manifest.fingerprint, "tracks": len(manifest.rows)}
    data |= {"left_out": done.frozen.left_out, "duplicates": done.duplicates, "balance": manifest.balance()}
    data |= {"report": page, "failures": told(done.failures)}
    talk.result("dataset", data, lambda: _summary(done))
    for line in done.ingested.unread:
        talk.warn(line)
    flagged = any(row.flags for row in manifest.rows)
    talk.next("twin caption --review" if flagged else f"twin encode {name}")
    return partly(done.failures, f"{len(manifest.rows)} tracks are in the set", talk)


@app.command(name="list")
def list_sets(*, talk: Talk) -> None:
    """List the training sets that were frozen, newest first."""
    from ..dataset import shelf

    found = shelf.every(talk.settings.studio)
    rows = [(one.id, f"{one.frozen:%Y-%m-%d %H:%M}", one.producer or "everybody", one.tracks) for one in found]
    talk.result("datasets", found, lambda: table(rows, ("id", "frozen", "producer", "tracks")))
    if not found:
        talk.next("twin split")


@app.command
def tracks(*, producer: Producer = None, talk: Talk) -> None:
    """List the tracks of the library."""
    with open_studio(talk.settings) as library:
        found = library.tracks.list(producer)
    rows = [
        (track.id, track.producer, clipped(track.title), duration(track.seconds), track.source.licence or "no licence")
        for track in found
    ]
    talk.result("tracks", found, lambda: table(rows, ("id", "producer", "title", "length", "licence")))
    talk.next("twin screen" if found else 'twin ingest FOLDER --producer "NAME" --licence CC-BY-4.0')


@app.command
def forget(key: Key, /, *, talk: Talk) -> None:
    """Delete a track with what was said of it; training sets that were frozen keep its line."""
    with open_studio(talk.settings) as library:
        gone = library.tracks.delete(key)
    talk.result("forgotten", gone, gone.id)


@app.command
def styles(name: Set = None, /, *, talk: Talk) -> None:
    """Show how a training set is spread over the styles, and which have few tracks."""
    from ..dataset import shelf

    manifest = shelf.find(name, talk.settings.studio)
    talk.result("styles", {"balance": manifest.balance()}, lambda: styles_table(manifest))


@app.command
def export(
    name: Set = None,
    /,
    *,
    form: Form,
    out: Out,
    audio: Annotated[Literal["flac", "mp3"], Parameter(help="flac as prepared, or mp3 at 320 kbit/s.")] = "flac",
    talk: Talk,
) -> None:
    """Write a training set in a form that others read."""
    from ..dataset import formats, shelf

    with open_studio(talk.settings) as library:
        manifest = shelf.find(name, library.studio)
        talk.follow(formats.export(manifest, form, out, library, audio=audio))
    counted = Counter(path.suffix.removeprefix(".") for path in out.rglob("*") if path.is_file())
    talk.result(
        "exported", {"folder": out, "files": counted}, f"{out}: {', '.join(f'{n} {kind}' for kind, n in counted.items())}"
    )
    talk.next(f"twin dataset import {out} --format {form}")


@app.command(name="import")
def import_set(folder: Annotated[Path, Parameter(name="FOLDER", help="An export.")], /, *, form: Form, talk: Talk) -> None:
    """Read an export back, with the captions and lyrics as its files now have them, and freeze it."""
    from ..dataset import formats, shelf

    manifest = formats.read(folder, form)
    path = shelf.put(manifest, talk.settings.studio)
    data = {"id": shelf.name_of(manifest), "manifest": path, "fingerprint": manifest.fingerprint}
    talk.result("imported", data, f"{len(manifest.rows)} tracks as {shelf.name_of(manifest)}")
    talk.next(f"twin encode {shelf.name_of(manifest)}")


def _summary(done: Built) -> str:
    """What a build did, on one screen."""
    manifest = done.frozen.manifest
    kept, held = manifest.side("train"), manifest.side("holdout")
    rows: list[tuple[str, object]] = [
        ("kept", f"{len(kept)} to learn from, {len(held)} held out"),
        ("trimmed", sum(verdict.end is not None for verdict in done.verdicts.values())),
        *((f"left out: {reason}", count) for reason, count in done.frozen.reasons()),
        ("duplicates", len(done.duplicates)),
        ("to look at", sum(bool(row.flags) for row in manifest.rows)),
        ("fingerprint", manifest.fingerprint),
        ("manifest", done.manifest),
        ("report", done.manifest.with_suffix(".html")),
    ]
    twice = told_twice(list(done.duplicates), {track.id: track.title for track in done.tracks})
    return "\n".join([table(rows), "", styles_table(manifest), *twice])
