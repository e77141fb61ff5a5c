"""`twin runs`: what was trained, and how it went."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..verbs.runs import RunReport, RunSummary, delete_run, plan_delete_run, show_run
from ..verbs.runs import list_runs as list_every_run
from ..verbs.studio import open_studio
from .output import Console
from .renderings import DryRun
from .text import duration, quote, shorten, table
from .trash import tell_deletion

app = App(name="runs", help="List, show, compare and delete trainings.")

Key = Annotated[str, Parameter(name="RUN", help="Id of a run, or its beginning.")]
Producer = Annotated[str | None, Parameter(help="Whose runs; everybody's when absent.")]


@app.command(name="list")
def list_runs(*, producer: Producer = None, console: Console) -> None:
    """List the runs, newest first: how each stands, its last loss and its best validation."""
    with open_studio(console.settings) as studio:
        told = list_every_run(studio, producer)
    found = told.runs
    for name, why in told.damaged.items():
        console.warn(f"run {name} is passed over: {why}")
    header = ("id", "made", "producer", "variant", "status", "steps", "loss", "best validation")
    console.result("runs", [_facts(one) for one in found], lambda: table(map(_line, found), header))
    console.next(f"twin runs show {quote(found[0].run.id)}" if found else "twin train --help")


@app.command
def show(key: Key, /, *, console: Console) -> None:
    """Show a run: what it learns, its curve, its samples and checkpoints. The curve is drawn into its folder too."""
    plain = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    with open_studio(console.settings) as studio:
        found = show_run(key, studio, plain=plain)
    facts = _facts(found.summary) | {
        "folder": found.folder,
        "picture": found.picture,
        "samples": found.samples,
        "warnings": found.warnings,
        "checkpoints": [{"step": step, "path": path} for step, path in found.checkpoints],
    }
    console.result("run", facts, lambda: f"{table(_description(found))}\n\n{found.curve or 'nothing was logged yet'}")
    for one in found.warnings[-5:]:
        console.say(f"step {one['step']}: {one['warning']}")
    console.next(_next_command(found))


@app.command
def delete(key: Key, /, *, dry_run: DryRun = False, console: Console) -> None:
    """Move a run with its checkpoints and its adapter into the trash; a twin that was installed of it stays."""
    with open_studio(console.settings) as studio:
        run, entry = (plan_delete_run(key, studio), None) if dry_run else delete_run(key, studio)
    tell_deletion("deleted-run", {"run": run.id}, f"run {run.id} of {run.producer}", entry, console)


app.command(
    f"{__package__}.compare:compare",
    name="compare",
    help="Score every checkpoint of a run on held-out prompts, and mark the best.",
)


def _facts(found: RunSummary) -> dict[str, Any]:
    """A run with the last and the best that its logs tell."""
    data = {"loss": found.loss, "speed": found.speed, "heard": found.heard, "left": found.left}
    return found.run.model_dump(mode="json") | data | {"at": found.at, "validation": found.validation}


def _line(found: RunSummary) -> tuple[object, ...]:
    run = found.run
    made = run.created.astimezone().strftime("%Y-%m-%d %H:%M")
    steps = f"{found.at}/{run.steps}"
    losses = (_number(found.loss), _number(found.validation))
    return (run.id, made, shorten(run.producer, 24), run.variant, run.status, steps, *losses)


def _description(found: RunReport) -> list[tuple[str, object]]:
    summary, run = found.summary, found.summary.run
    named = [
        (name, getattr(run, name) or "-")
        for name in ("id", "producer", "variant", "status", "note", "dataset", "recipe", "start")
    ]
    left = summary.left if run.status == "running" else None
    speed = f"{summary.speed:.3g} a second" if summary.speed else "-"
    best = f" (step {run.best})" if run.best is not None else ""
    return [
        *named,
        ("steps", f"{summary.at} of {run.steps}, {run.step} of them saved"),
        ("speed", speed + (f", {duration(left)} left" if left else "")),
        ("music heard", duration(summary.heard or 0)),
        ("loss", _number(summary.loss)),
        ("best validation", _number(summary.validation) + best),
        ("samples", " ".join(dict.fromkeys(one["take"] for one in found.samples[-6:])) or "-"),
        ("checkpoints", " ".join(str(step) for step, _ in found.checkpoints) or "-"),
        ("warnings", len(found.warnings)),
        ("picture", found.picture or "-"),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _next_command(found: RunReport) -> str:
    """What to do with a run that stands as this one does."""
    run = found.summary.run
    if run.status == "done":
        return f"twin prove {quote(run.id)}"
    if run.status == "running":
        return f"twin runs show {quote(run.id)}"
    if run.status == "diverged":
        return f"twin train {quote(run.producer)} --set {quote(f'optimizer.rate={found.slower_rate:g}')}"
    return f"twin prove {quote(run.id)}" if found.has_adapter else f"twin train --resume {quote(run.id)}"
