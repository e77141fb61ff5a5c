"""`twin twins`: what the studio's twins are, and adapters on their way from one program to another."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..library import adapters as twins
from ..verbs import adapters as verbs
from ..verbs.adapters import AdapterCard, Form
from ..verbs.studio import open_studio
from .output import Console
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import quote, size, table
from .trash import say_undo

app = App(
    name="twins",
    help="List, show, convert, install and remove twins: the adapters of producers.",
)

Key = Annotated[str, Parameter(name="PATH|NAME", help="Folder or file of an adapter, or the name of a producer.")]


@app.command(name="list")
def list_adapters(*, console: Console) -> None:
    """List the twins that are installed."""
    found = twins.list_installed(console.settings.studio)
    for path in twins.list_damaged(console.settings.studio):
        console.warn(f"{path} cannot be read, and is passed over")
    data = [_entry(one) for one in found]
    header = ("name", "kind", "rank", "variant", "trigger", "versions", "size", "producer")
    rows = [(*(str(entry[column]) for column in header[:-2]), size(entry["size"]), entry["producer"]) for entry in data]
    console.result("adapters", {"adapters": data}, lambda: table(rows, header) if rows else "")
    console.next(f'twin make "lofi, rainy, rhodes" --adapter {quote(found[0].slug)}' if found else "twin train --help")


@app.command
def show(key: Key, /, *, console: Console) -> None:
    """Show what an adapter is: its card, shape, layers and how much it changes."""
    with open_studio(console.settings) as studio:
        found = verbs.show(key, studio)
    data = {field.name: getattr(found, field.name) for field in fields(found)}
    console.result("adapter", data, lambda: table(_facts(data)))
    console.next(f'twin make "lofi, rainy, rhodes" --adapter {quote(key)}')


@app.command
def convert(
    key: Key,
    out: Annotated[Path, Parameter(name="OUT", help="Folder to write for peft, else a .safetensors file.")],
    /,
    *,
    form: Annotated[Form, Parameter(help="Who is to read it.")] = "peft",
    trigger: Annotated[str | None, Parameter(help="Word that calls it, where its card lacks one or another is wanted.")] = None,
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Write an adapter for another program: a PEFT folder, or one file for diffusers, ComfyUI or DiffSynth."""
    check_replacing([out, *out.glob("adapter_*")], console, force=force, dry_run=dry_run)
    with open_studio(console.settings) as studio:
        done = verbs.plan_convert(key, studio) if dry_run else verbs.convert(key, out, studio, form=form, trigger=trigger)
    data = {"from": done.source, "out": out, "form": form, "layers": done.layers, "dry_run": dry_run}
    console.result("convert", data, f"would write {out}" if dry_run else str(out))
    if dry_run:
        return
    console.next(f"twin twins show {quote(str(out))}")


@app.command
def install(
    folder: Annotated[Path, Parameter(name="FOLDER", help="PEFT folder of the adapter, or id of the run that made it.")],
    /,
    *,
    producer: Annotated[str, Parameter(help="Whose sound it learned: the name to call it by.")],
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Make an adapter the twin of a producer. An earlier one is kept as a version."""
    with open_studio(console.settings) as studio:
        if dry_run:
            planned = verbs.plan_install(folder, producer, studio)
            data = {"producer": producer, "folder": planned.folder, "layers": planned.layers, "dry_run": True}
            console.result("install", data, f"would write {planned.folder}")
            return
        done = verbs.install(folder, producer, studio)
    data = {"producer": done.producer, "folder": done.folder, "layers": done.layers, "versions": done.versions, "dry_run": False}
    console.result("install", data, str(done.folder))
    console.next(f'twin make "lofi, rainy, rhodes" --adapter {quote(done.producer)}')


@app.command
def remove(
    name: Annotated[str, Parameter(name="NAME", help="Name of a producer, see `twin twins list`.")],
    /,
    *,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Move a producer's twin with all its versions into the trash."""
    with open_studio(console.settings) as studio:
        gone, entry = (verbs.find_installed(name, studio), None) if dry_run else verbs.remove(name, studio)
    data = {"producer": gone.producer, "folder": gone.folder, "versions": len(gone.versions)}
    data |= {"trash": entry and entry.id, "dry_run": dry_run}
    console.result(
        "removed", data, f"{'would remove' if dry_run else 'removed'} {gone.folder} with {len(gone.versions)} version(s)"
    )
    if entry:
        say_undo(entry, console)
    else:
        console.next("twin twins list")


def _entry(one: twins.InstalledTwin) -> dict[str, Any]:
    """One twin as the list tells of it; its weights are not read."""
    about = twins.describe(one.folder)
    card = about.card
    return {
        "name": one.slug,
        "producer": one.producer,
        "kind": about.kind,
        "rank": about.rank,
        "variant": card.get("variant") or "-",
        "trigger": card.get("trigger") or "-",
        "versions": len(one.versions),
        "size": one.size,
        "folder": one.folder,
    }


def _facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of every fact on a line of its own."""
    lines: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, AdapterCard):
            lines += [(part, str(item)) for part, item in value.model_dump(mode="json", exclude_defaults=True).items()]
        elif isinstance(value, dict):
            lines += [(f"{name} of {part}", f"{item:.4g}") for part, item in value.items()]
        elif isinstance(value, list):
            lines.append((name, ", ".join(f"{item:g}" for item in value)))
        elif value is not None:
            lines.append((name, str(value)))
    return lines
