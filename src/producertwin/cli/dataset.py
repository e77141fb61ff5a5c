"""`twin dataset`: a training set in one command, and what there is of tracks, sets and styles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ..verbs import dataset as verbs
from ..verbs.dataset import BuildDatasetPlan, BuildPlan, BuiltDataset, ExportDatasetPlan
from ..verbs.studio import open_studio
from .options import options
from .output import Console, warn_of_unlisted
from .renderings import DryRun
from .text import duration, shorten, table
from .tracks import (
    RENAMED,
    Folder,
    Key,
    Producer,
    Set,
    failures_as_data,
    passed_over_table,
    report_failures,
    show_plan,
    styles_table,
)

app = App(
    name="dataset",
    help="From a folder of tracks to a training set.",
    help_epilogue='Begin with: twin dataset build music --producer "Mara Vale" --licence CC-BY-4.0 --provider self',
)

Form = Annotated[verbs.Form, Parameter(name="--format", help="The form.")]
Out = Annotated[Path, Parameter(alias="-o", help="A new folder.")]


@app.command
@options(BuildPlan, renamed=RENAMED)
def build(folder: Folder, plan: BuildPlan, *, dry_run: DryRun = False, console: Console) -> int:
    """Ingest, screen, caption, split and freeze a folder of tracks; what was done before stands."""
    if dry_run:
        return show_plan(folder, plan.ingest, console)
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.build(BuildDatasetPlan(folder=folder, build=plan), studio))
    built, manifest = done.built, done.manifest
    data = {"id": done.id, "manifest": built.manifest, "fingerprint": manifest.fingerprint, "tracks": len(manifest.rows)}
    data |= {"left_out": built.frozen.left_out, "duplicates": built.duplicates, "balance": manifest.balance()}
    data |= {"report": done.report, "failures": failures_as_data(built.failures), "needs": done.needs}
    data |= {"passed_over": built.ingested.passed_over}
    console.result("dataset", data, lambda: _summary(done))
    flagged = any(row.flags for row in manifest.rows)
    console.next("twin caption --review" if flagged else f"twin encode {done.id}")
    return report_failures(built.failures, f"{len(manifest.rows)} tracks are in the set", console)


@app.command(name="list")
def list_sets(*, console: Console) -> None:
    """List the training sets that were frozen, newest first."""
    with open_studio(console.settings) as studio:
        found = verbs.list_datasets(studio)
        damaged = verbs.list_damaged(studio)
    for path in damaged:
        console.warn(f"{path} is no training set that can be read, and is passed over")
    rows = [(one.id, f"{one.frozen:%Y-%m-%d %H:%M}", one.producer or "everybody", one.tracks) for one in found]
    console.result("datasets", found, lambda: table(rows, ("id", "frozen", "producer", "tracks")))
    if not found:
        console.next("twin split")


@app.command
def tracks(*, producer: Producer = None, console: Console) -> None:
    """List the tracks of the library."""
    with open_studio(console.settings) as studio:
        found = studio.library.tracks.list(producer)
        unlisted = studio.library.tracks.unlisted_sidecars()
    warn_of_unlisted(unlisted, "tracks", console)
    rows = [
        (track.id, track.producer, shorten(track.title), duration(track.seconds), track.source.licence or "no licence")
        for track in found
    ]
    console.result("tracks", found, lambda: table(rows, ("id", "producer", "title", "length", "licence")))
    if unlisted:
        console.next("twin library rebuild")
        return
    console.next("twin screen" if found else 'twin ingest FOLDER --producer "NAME" --licence CC-BY-4.0')


@app.command
def forget(key: Key, /, *, console: Console) -> None:
    """Delete a track with what was said of it; training sets that were frozen keep its line."""
    with open_studio(console.settings) as studio:
        gone = verbs.forget(key, studio)
    console.result("forgotten", gone, gone.id)


@app.command
def styles(name: Set = None, /, *, console: Console) -> None:
    """Show how a training set is spread over the styles, and which have few tracks."""
    with open_studio(console.settings) as studio:
        manifest = verbs.find_dataset(name, studio)
    console.result("styles", {"balance": manifest.balance()}, lambda: styles_table(manifest))


@app.command
def export(
    name: Set = None,
    /,
    *,
    form: Form,
    out: Out,
    audio: Annotated[Literal["flac", "mp3"], Parameter(help="flac as prepared, or mp3 at 320 kbit/s.")] = "flac",
    console: Console,
) -> None:
    """Write a training set in a form that others read."""
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.export(ExportDatasetPlan(dataset=name, form=form, out=out, audio=audio), studio))
    counted = ", ".join(f"{n} {kind}" for kind, n in done.files.items())
    console.result("exported", {"folder": out, "files": done.files}, f"{out}: {counted}")
    console.next(f"twin dataset import {out} --format {form}")


@app.command(name="import")
def import_set(folder: Annotated[Path, Parameter(name="FOLDER", help="An export.")], /, *, form: Form, console: Console) -> None:
    """Read an export of twin back, with what was changed or deleted in its files, and freeze it."""
    with open_studio(console.settings) as studio:
        done = verbs.import_dataset(folder, form, studio)
    data = {"id": done.id, "manifest": done.path, "fingerprint": done.manifest.fingerprint, "deleted": done.deleted}
    without = f", without {len(done.deleted)} that were deleted: {', '.join(done.deleted[:5])}" if done.deleted else ""
    console.result("imported", data, f"{len(done.manifest.rows)} tracks as {done.id}{without}")
    console.next(f"twin encode {done.id}")


def _summary(done: BuiltDataset) -> str:
    """What a build did, on one screen."""
    built, manifest = done.built, done.manifest
    kept, held = manifest.side("train"), manifest.side("holdout")
    rows: list[tuple[str, object]] = [
        ("kept", f"{len(kept)} to learn from, {len(held)} held out"),
        ("trimmed", sum(verdict.is_trimmed for verdict in built.verdicts.values())),
        *((f"left out: {reason}", count) for reason, count in built.frozen.reasons()),
        ("duplicates", len(built.duplicates)),
        ("to look at", sum(bool(row.flags) for row in manifest.rows)),
        ("fingerprint", manifest.fingerprint),
        ("manifest", built.manifest),
        ("report", done.report),
    ]
    parts = [table(rows), "", styles_table(manifest), *done.duplicates]
    needs = [(shorten(need.track), shorten(need.why, 48), need.command) for need in done.needs]
    passed_over = passed_over_table(built.ingested.passed_over)
    return "\n".join(
        [*parts, passed_over, "", done.summary, *([table(needs, ("track", "why", "what does it"))] if needs else [])]
    )
