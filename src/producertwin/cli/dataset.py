"""`twin dataset`: a training set in one command or step by step, and what sets there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ..verbs import dataset as verbs
from ..verbs.dataset import BuildDatasetPlan, BuildPlan, BuiltDataset, ExportDatasetPlan, Manifest
from ..verbs.split import DatasetPlan
from ..verbs.split import split as split_tracks
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import duration, quote, shorten, table
from .tracks import (
    MOST_PASSED_OVER,
    SAID_ONCE,
    Folder,
    Set,
    failures_as_data,
    passed_over_table,
    report_failures,
    show_plan,
)
from .trash import tell_deletion

app = App(name="dataset", help="From a folder of tracks to a training set.")

RENAMED = {"share": "--holdout"}
Form = Annotated[verbs.Form, Parameter(name="--format", help="The form.")]
Out = Annotated[Path, Parameter(alias="-o", help="A new folder.")]


@app.command
@options(BuildPlan, renamed=RENAMED, said_once=SAID_ONCE)
def build(folder: Folder, plan: BuildPlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> int:
    """Ingest, screen, caption, split and freeze a folder of tracks; what was done before stands."""
    verb_plan = BuildDatasetPlan(folder=folder, build=plan)
    if dry_run:
        return show_plan(verbs.plan_build(verb_plan), folder, console)
    if detach:
        return hand_over("dataset", console, folder=folder, build=plan)
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.build(verb_plan, studio))
    built, manifest = done.built, done.manifest
    data = {"id": done.id, "manifest": built.manifest, "fingerprint": manifest.fingerprint, "tracks": len(manifest.rows)}
    data |= {"left_out": built.frozen.left_out, "duplicates": built.duplicates, "balance": manifest.balance()}
    data |= {"report": done.report, "failures": failures_as_data(built.failures), "needs": done.needs}
    data |= {"passed_over": built.ingested.passed_over}
    console.result("dataset", data, lambda: _summary(done))
    code = report_failures(built.failures, f"{plural_are(len(manifest.rows), 'track')} in the set", console)
    if any(row.flags for row in manifest.rows):
        console.say("training can begin: it leaves out what is not sure. To settle that first: twin tracks caption --review")
    console.next(f"twin train {quote(plan.ingest.producer)}")
    return code


@app.command
@options(DatasetPlan, renamed=RENAMED)
def split(plan: DatasetPlan, *, console: Console) -> None:
    """Freeze a training set of the captioned tracks, a part of them held out."""
    with open_studio(console.settings) as studio:
        done = console.follow(split_tracks(plan, studio))
    manifest, left_out = done.frozen.manifest, done.frozen.left_out
    data = {"id": done.id, "manifest": done.path, "fingerprint": manifest.fingerprint, "left_out": left_out}
    rows = [*((f"left out: {reason}", count) for reason, count in done.frozen.reasons()), ("manifest", done.path)]
    console.result("split", data | {"balance": manifest.balance()}, lambda: f"{styles_table(manifest)}\n\n{table(rows)}")
    console.next(f"twin dataset encode {quote(done.id)}")


app.command(
    f"{__package__}.encode:encode", name="encode", help="Compute what an instrument makes of a training set, and keep it."
)


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
        console.next("twin dataset build --help")


@app.command
def delete(
    name: Annotated[str, Parameter(name="ID", help="Id of a training set, or its beginning.")],
    /,
    *,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Move a training set with its report into the trash. Tracks, and what was learned from it, stay."""
    with open_studio(console.settings) as studio:
        gone = verbs.plan_delete_set(name, studio)
        entry = None if dry_run else verbs.delete_set(gone.id, studio)
    for run in gone.runs:
        console.warn(f"run {run} learned from it, and cannot go on without it")
    tell_deletion("deleted-set", {"id": gone.id, "runs": gone.runs}, f"training set {gone.id}", entry, console)


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
    console.next(f"twin dataset import {quote(str(out))} --format {quote(form)}")


@app.command(name="import")
def import_set(folder: Annotated[Path, Parameter(name="FOLDER", help="An export.")], /, *, form: Form, console: Console) -> None:
    """Read an export of twin back, with what was changed or deleted in its files, and freeze it."""
    with open_studio(console.settings) as studio:
        done = verbs.import_dataset(folder, form, studio)
    data = {"id": done.id, "manifest": done.path, "fingerprint": done.manifest.fingerprint, "deleted": done.deleted}
    without = f", without {len(done.deleted)} that were deleted: {', '.join(done.deleted[:5])}" if done.deleted else ""
    console.result("imported", data, f"{plural(len(done.manifest.rows), 'track')} as {done.id}{without}")
    console.next(f"twin dataset encode {quote(done.id)}")


def _summary(done: BuiltDataset) -> str:
    """What a build did, on one screen."""
    built, manifest = done.built, done.manifest
    kept, held = manifest.side("train"), manifest.side("holdout")
    rows: list[tuple[str, object]] = [
        ("kept", f"{len(kept)} to learn from, {len(held)} held out"),
        ("trimmed", sum(verdict.is_trimmed for verdict in built.verdicts.values())),
        ("left out", len(built.frozen.left_out)),
        ("duplicates", len(built.duplicates)),
        ("to look at", sum(bool(row.flags) for row in manifest.rows)),
        ("fingerprint", manifest.fingerprint),
        ("manifest", built.manifest),
        ("report", done.report),
    ]
    parts = [table(rows), "", styles_table(manifest), *done.duplicates]
    needs = [(shorten(need.track), shorten(need.why, 90), need.command) for need in done.needs]
    left_out = [(shorten(title), why) for title, why in done.left_out[:MOST_PASSED_OVER]]
    more = len(done.left_out) - len(left_out)
    unused = [f"\n{table(left_out, ('left out', 'because'))}"] if left_out else []
    unused += [f"… and {more} more, which the report names"] if more > 0 else []
    passed_over = passed_over_table(built.ingested.passed_over)
    return "\n".join(
        [*parts, *unused, passed_over, "", done.summary, *([table(needs, ("track", "why", "what does it"))] if needs else [])]
    )


def styles_table(manifest: Manifest) -> str:
    """Tracks and minutes of every style."""
    few = manifest.rare_styles()
    rows = [
        (
            verbs.style_name(row.style),
            row.train,
            row.holdout,
            duration(row.train_seconds + row.holdout_seconds),
            "few" if row.style in few else "",
        )
        for row in manifest.balance()
    ]
    return table(rows, ("style", "train", "holdout", "length", ""))
