"""`twin export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..verbs import export as verb
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, size, table

Folder = Annotated[Path, Parameter(name=("--out", "-o"), help="Folder to write; it must not exist yet.")]


@options(verb.ExportPlan, positional=("name",))
def export(plan: verb.ExportPlan, *, out: Folder, dry_run: DryRun = False, console: Console) -> None:
    """Write a twin merged into its variant, or a variant alone, as a folder of weights that other programs read."""
    with open_studio(console.settings) as studio:
        done = verb.plan_export(plan, studio) if dry_run else console.follow(verb.export(plan, out, studio))
    data = {"folder": out, "variant": done.variant, "twin": done.twin, "layers": done.layers, "format": plan.format}
    data |= {"precision": done.precision, "bytes": done.bytes, "dry_run": dry_run}
    lines = [("would write" if dry_run else "folder", str(out)), ("variant", done.variant)]
    lines += [("merged", f"{done.twin}: {done.layers} layers at {plan.scale:g}")] if done.twin else []
    lines += [("layout", plan.format), ("precision", done.precision)]
    lines += [] if dry_run else [("size", size(done.bytes))]
    console.result("export", data, lambda: table(lines))
    if not dry_run and plan.format != "acestep":
        several = plan.format == "onnx" and len(plan.graphs()) > 1
        folder = out.absolute() / plan.graphs()[0] if several else out.absolute()
        play = f'twin make "lofi, rainy, rhodes" --variant {quote(str(folder))} -o song.flac'
        console.next(f"open {quote(str(folder / 'player' / 'index.html'))} in a browser" if plan.player else play)
