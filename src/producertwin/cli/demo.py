"""`twin demo`: the main job in one command. A line of words, three takes, the best one kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..verbs import demo as verb
from .options import options
from .output import Console, plain
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import table


@options(verb.DemoPlan, positional=("brief",), renamed={"seconds": "--duration"})
def demo(
    plan: verb.DemoPlan,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="Folder for the takes and the best of them.")] = Path("demo"),
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Make three short takes of one line and keep the best: best.flac, best.png and best.json."""
    check_replacing(verb.plan_demo(plan, out), console, force=force, dry_run=dry_run)
    if dry_run:
        files = verb.plan_demo(plan, out)
        console.result("plan", {"stage": plan.stage, "files": files}, lambda: "\n".join(map(str, files)))
        return
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        done = console.follow(verb.demo(plan, studio, out))
    best = done.best
    data = [plain(one.take) | {"scores": one.scores} for one in done.candidates]
    header, rows = ("file", "take", "asked", "tempo meter", *best.scores), [_row(one) for one in done.candidates]
    console.result(
        "demo",
        {"best": done.files, "scores": best.scores, "takes": data},
        lambda: table(rows, header) + f"\nbest: {done.files[0]} ({best.path.name})",
    )
    console.next('twin make "house, bright piano, deep bass" --bpm 124 --key "F minor" -o song.flac --picture')


def _row(one: verb.Candidate) -> tuple[str, ...]:
    metas = one.take.metas
    asked = f"{metas.bpm or 0:g} bpm {metas.key}"
    return f"{one.path}.flac", one.take.id, asked, one.tempo, *(f"{score:.2f}" for score in one.scores.values())
