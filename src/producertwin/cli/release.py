"""`twin release`: a twin in a folder with what vouches for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..verbs import release as verbs
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, size, table

if TYPE_CHECKING:
    from ..release.bundle.dossier import Dossier

app = App(name="release", help="Put a twin into a folder with what vouches for it, and check such a folder.")

Folder = Annotated[Path, Parameter(name=("--out", "-o"), help="Folder to write; it must not exist yet.")]
Given = Annotated[Path, Parameter(name="FOLDER", help="Folder of a release.")]


@app.command
@options(verbs.ReleasePlan, positional=("name",))
def make(plan: verbs.ReleasePlan, *, out: Folder, dry_run: DryRun = False, console: Console) -> None:
    """Write a twin with model card, proof, licences, takes and checksums into a folder."""
    with open_studio(console.settings) as studio:
        if dry_run:
            dossier, takes = verbs.plan_release(plan, studio)
            data = {"folder": out, "takes": takes, "dossier": dossier.model_dump(mode="json", by_alias=True), "dry_run": True}
            console.result("release", data, lambda: table([("would write", str(out)), *_facts(dossier, len(takes))]))
            return
        done = console.follow(verbs.make_release(plan, out, studio))
    dossier = done.dossier
    data = {"folder": out, "takes": [take.take for take in dossier.takes], "bytes": done.bytes, "dry_run": False}
    data["dossier"] = dossier.model_dump(mode="json", by_alias=True)
    lines = [("folder", str(out)), *_facts(dossier, len(dossier.takes)), ("size", size(done.bytes))]
    console.result("release", data, lambda: table(lines))
    console.next(f"twin release check {quote(str(out))}")


@app.command
def check(
    folder: Given,
    /,
    *,
    replay: Annotated[bool, Parameter(negative="--no-replay", help="Make its first take again.")] = True,
    console: Console,
) -> None:
    """Check a release: every file, the weights, the proof and the takes against what it says, and a take made again."""
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.check_release(folder, studio, replay=replay))
    dossier = done.dossier
    data = {"folder": folder, "files": done.files, "replayed": done.replayed, "producer": dossier.producer, "sound": True}
    lines = [("sound", f"{done.files} files are what the release says"), ("replay", done.replayed)]
    console.result("release_check", data, lambda: table([*lines, *_facts(dossier, len(dossier.takes))]))
    console.next(f"twin twins install {quote(str(folder / 'adapter'))} --producer {quote(dossier.producer)}")


def _facts(dossier: Dossier, takes: int) -> list[tuple[str, str]]:
    """What a release is, in lines."""
    learned = dossier.learned
    return [
        ("twin", f"{dossier.producer}: a {dossier.kind} of {dossier.layers} layers for {dossier.instrument.name}"),
        ("licence", dossier.licence),
        ("learned from", f"{len(learned.side('train'))} songs, {learned.expression}" if learned.tracks else "not known here"),
        ("proof", dossier.proven.answer if dossier.proven else "none"),
        ("takes", str(takes)),
    ]
