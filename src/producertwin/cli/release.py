"""`twin release`: a twin in a folder with what vouches for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..verbs import release as verbs
from ..verbs import release_push as pushing
from ..verbs import release_song as songs
from ..verbs import releases as kept
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, size, table

if TYPE_CHECKING:
    from ..verbs.release import Dossier
    from ..verbs.release_song import SongDossier

app = App(name="release", help="Put a twin into a folder with what vouches for it, and check such a folder.")

Folder = Annotated[Path, Parameter(name=("--out", "-o"), help="Folder to write; it must not exist yet.")]
OwnFolder = Annotated[
    Path | None, Parameter(name=("--out", "-o"), help="Folder to write; among the studio's releases when absent.")
]
Given = Annotated[Path, Parameter(name="FOLDER", help="Folder of a release, or the id of one of the studio.")]


@app.command
@options(verbs.ReleasePlan, positional=("subject",))
def make(plan: verbs.ReleasePlan, *, out: OwnFolder = None, dry_run: DryRun = False, console: Console) -> None:
    """Write a twin with model card, proof, licences, takes and checksums into a folder."""
    with open_studio(console.settings) as studio:
        if dry_run:
            dossier, takes = verbs.plan_release(plan, studio)
            data: dict[str, object] = {"folder": out, "takes": takes, "dry_run": True}
            data["dossier"] = dossier.model_dump(mode="json", by_alias=True)
            place = str(out or "among the studio's releases")
            console.result("release", data, lambda: table([("would write", place), *_facts(dossier, len(takes))]))
            return
        own = kept.KeepReleasePlan(**plan.model_dump())
        done = console.follow(verbs.make_release(plan, out, studio) if out else kept.keep_release(own, studio))
    dossier = done.dossier
    data = {"folder": done.folder, "takes": [take.take for take in dossier.takes], "dry_run": False}
    data |= {"dossier": dossier.model_dump(mode="json", by_alias=True), "bytes": done.bytes}
    lines = [("folder", str(done.folder)), *_facts(dossier, len(dossier.takes)), ("size", size(done.bytes))]
    console.result("release", data, lambda: table(lines))
    console.next(f"twin release check {quote(str(done.folder))}")


@app.command
def check(
    folder: Given,
    /,
    *,
    replay: Annotated[bool, Parameter(negative="--no-replay", help="Make its first take again.")] = True,
    console: Console,
) -> None:
    """Check the release of a twin or a song: every file, weights, proof, takes and signature, and a take made again."""
    with open_studio(console.settings) as studio:
        folder = kept.find_release(folder, studio)
        done = console.follow(verbs.check_release(folder, studio, replay=replay))
    dossier = done.dossier
    data = {"folder": folder, "files": done.files, "looked": done.looked, "kind": dossier.schema_name, "sound": True}
    lines = [("sound", f"{plural_are(done.files, 'file')} what the release says"), ("looked at", done.looked)]
    if dossier.schema_name == "twin.song/1":
        console.result("release_check", data, lambda: table([*lines, *_song_facts(dossier)]))
        return
    twin = dossier
    console.result("release_check", data, lambda: table([*lines, *_facts(twin, len(twin.takes))]))
    console.next(f"twin twins install {quote(str(folder / 'adapter'))} --producer {quote(twin.producer)}")


@app.command
@options(songs.SongReleasePlan, positional=("take",))
def song(plan: songs.SongReleasePlan, *, out: Folder, dry_run: DryRun = False, console: Console) -> None:
    """Write a take as a song with disclosure, lineage, licences, checks and checksums into a folder."""
    with open_studio(console.settings) as studio:
        if dry_run:
            found = songs.plan_song_release(plan, studio)
        else:
            found = console.follow(songs.release_song(plan, out, studio)).dossier
    data = {"folder": out, "dossier": found.model_dump(mode="json", by_alias=True), "dry_run": dry_run}
    head = [("would write" if dry_run else "folder", str(out))]
    console.result("release_song", data, lambda: table([*head, *_song_facts(found)]))
    if not dry_run:
        console.next(f"twin release check {quote(str(out))}")


@app.command
@options(pushing.PushPlan, positional=("folder",))
def push(plan: pushing.PushPlan, *, dry_run: DryRun = False, console: Console) -> None:
    """Check the release of a twin and send it to the Hugging Face hub; the same again goes on where it stopped."""
    with open_studio(console.settings) as studio:
        if dry_run:
            planned, done = console.follow(pushing.plan_push(plan, studio)), None
        else:
            sending = console.follow(pushing.push_release(plan, studio))
            planned, done = sending.planned, sending.pushed
    sent = [{"file": one.name, "bytes": one.bytes, "sha256": one.sha256} for one in planned.files]
    data = {"to": plan.to, "public": plan.public, "files": sent, "against": planned.reasons, "dry_run": dry_run}
    data |= {} if done is None else {"url": done.url, "commit": done.commit, "new": done.sent}
    lines = [("would send to" if done is None else "sent to", plan.to if done is None else done.url)]
    lines += [("visible to", "everybody" if plan.public else "you"), ("as", planned.message)]
    lines += [] if done is None else [("commit", done.commit)]
    lines += [("against it", words) for words in planned.reasons.values()]
    files = [(one.name, size(one.bytes)) for one in planned.files]
    console.result("release_push", data, lambda: f"{table(lines)}\n\n{table(files)}")


def _song_facts(found: SongDossier) -> list[tuple[str, str]]:
    """What a released song is, in lines."""
    lines = [("song", f"{found.title}, by {found.artist}, {found.licence}"), ("disclosure", found.disclosure)]
    lines += [("made again", found.replayed)] if found.replayed else []
    lines += [("from outside", f"{one.name}, {one.licence or 'no licence is stated'}") for one in found.lineage.sounds]
    lines += [("copies", one.copies_in_words) for one in found.lineage.twins if one.copies]
    return [*lines, ("signed", "yes" if found.signed else "no")]


def _facts(dossier: Dossier, takes: int) -> list[tuple[str, str]]:
    """What a release is, in lines."""
    learned = dossier.learned
    return [
        ("twin", f"{dossier.producer}: a {dossier.kind} of {dossier.layers} layers for {dossier.instrument.name}"),
        ("licence", dossier.licence),
        (
            "learned from",
            f"{plural(len(learned.side('train')), 'song')}, {learned.expression}" if learned.tracks else "not known here",
        ),
        ("proof", dossier.proven.answer if dossier.proven else "none"),
        ("takes", str(takes)),
    ]
