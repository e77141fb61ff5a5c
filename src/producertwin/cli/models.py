"""`twin models`: the variants of the instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..errors import BadInput
from ..verbs import models as verbs
from ..verbs.models import CheckPlan, ConvertPlan, PullPlan
from ..verbs.studio import open_studio
from ..wording import plural
from .output import Console
from .renderings import DryRun
from .text import quote, size, table

app = App(
    name="models",
    help="List, fetch, check and convert the variants of the instrument.",
)

Name = Annotated[str, Parameter(help="Name of a variant or planner, see `twin models list`.")]


@app.command(name="list")
def list_models(*, console: Console) -> None:
    """List the variants and planners: what each can do, how large it is, and whether it is here."""
    with open_studio(console.settings) as studio:
        found, planners = verbs.list_models(studio), verbs.list_planners(studio)
    rows = [
        (one.name, "here" if one.present else "absent", size(one.size), one.licence, plural(one.steps, "step"), one.about)
        for one in found
    ]
    rows += [(one.name, "here" if one.present else "absent", size(one.size), one.licence, "-", one.about) for one in planners]
    data, header = {"variants": found, "planners": planners}, ("variant", "state", "size", "licence", "default", "what")
    console.result("models", data, lambda: table(rows, header))
    missing = next((one for one in found if not one.present and "pull" in one.remedy), None)
    console.next(f"twin models pull {quote(missing.name)}" if missing else 'twin make "lofi, rainy, rhodes" -o song.flac')


@app.command
def pull(name: Name, *, dry_run: DryRun = False, console: Console) -> None:
    """Fetch the weights of a variant or planner. The same command again continues where it stopped."""
    plan = PullPlan(variant=name)
    if dry_run:
        variant = verbs.plan_pull(plan)
        data = {"variant": name, "bytes": variant.size, "sources": variant.sources, "licence": variant.licence}
        lines = [(source.repo, size(source.size), f"{console.settings.models / source.into}") for source in variant.sources]
        console.result("plan", data, lambda: table(lines) or f"{name} is not downloaded: it is part of the package")
        return
    with open_studio(console.settings) as studio:
        folder = console.follow(verbs.pull(plan, studio))
    console.result("pull", {"variant": name, "folder": folder}, str(folder))
    console.next(f"twin models check {quote(name)}")


@app.command
def check(
    name: Annotated[str, Parameter(help="Name of a variant or planner, or a folder of weights.")], *, console: Console
) -> None:
    """Read the files of a variant or planner and compare them with their checksums."""
    with open_studio(console.settings) as studio:
        found = console.follow(verbs.check(CheckPlan(variant=name), studio))
    console.result("check", found, f"{name}: {found.files} weight file(s) read, {len(found.problems)} problem(s)")
    if found.problems:
        again = "get the folder again from where it came" if Path(name).is_dir() else f"run: twin models pull {quote(name)}"
        raise BadInput("; ".join(found.problems), remedy=again)
    if verbs.is_planner(name):
        console.next(f'twin make "lofi, rainy, rhodes" --variant turbo --think --planner {quote(name)} -o song.flac')
    else:
        console.next(f'twin make "lofi, rainy, rhodes" --variant {quote(name)} -o song.flac')


@app.command
def convert(
    name: Annotated[str, Parameter(help="A fetched variant, or the folder of an original ACE-Step checkpoint.")],
    *,
    into: Annotated[Path | None, Parameter(help="Folder to write; the studio's models when absent.")] = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Write an original ACE-Step checkpoint in diffusers' layout, which loads faster."""
    plan = ConvertPlan(checkpoint=name, into=into)
    with open_studio(console.settings) as studio:
        if dry_run:
            target = verbs.plan_convert(plan, studio)
            console.result("plan", {"from": name, "into": target}, f"would write {target}")
            return
        folder = console.follow(verbs.convert(plan, studio))
    console.result("convert", {"variant": name, "folder": folder}, str(folder))
    console.next(f'twin make "lofi, rainy, rhodes" --variant {quote(str(folder))} -o song.flac')
