"""`twin runs`: what was trained, and how it went."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ..errors import BadInput, NotFound
from ..library import Library, open_studio
from ..library.runs import ADAPTER, Run
from .output import Talk
from .text import clipped, duration, table

if TYPE_CHECKING:
    from pathlib import Path

app = App(name="runs", help="List the runs of training, and show how one went.", help_epilogue="Begin with: twin runs list")

Key = Annotated[str, Parameter(name="RUN", help="Id of a run, or its beginning.")]
Producer = Annotated[str | None, Parameter(help="Whose runs; everybody's when absent.")]


@app.command(name="list")
def list_runs(*, producer: Producer = None, talk: Talk) -> None:
    """List the runs, newest first: how each stands, its last loss and its best validation."""
    with open_studio(talk.settings) as library:
        found = [_facts(run, library) for run in library.runs.list(producer)]
    header = ("id", "made", "producer", "variant", "status", "steps", "loss", "best validation")
    talk.result("runs", found, lambda: table(map(_line, found), header))
    talk.next(f"twin runs show {found[0]['id']}" if found else "twin train PRODUCER")


@app.command
def show(key: Key, /, *, talk: Talk) -> None:
    """Show a run: what it learns, its curve, its samples and checkpoints. The curve is drawn into its folder too."""
    from ..training.lines import rows
    from ..training.log import SAMPLES, WARNINGS
    from ..training.lora.runner import draw

    with open_studio(talk.settings) as library:
        run = library.runs.get(key)
        folder, saved = library.runs.folder(run), library.runs.checkpoints(run)
        facts = _facts(run, library)
    picture = draw(folder)
    samples, warnings = rows(folder / SAMPLES), rows(folder / WARNINGS)
    facts |= {"folder": folder, "picture": picture, "samples": samples, "warnings": warnings}
    facts |= {"checkpoints": [{"step": step, "path": path} for step, path in saved]}
    talk.result("run", facts, lambda: f"{table(_about(facts))}\n\n{_curve(folder)}")
    for one in warnings[-5:]:
        talk.say(f"step {one['step']}: {one['warning']}")
    talk.next(_following(run, folder))


def _facts(run: Run, library: Library) -> dict[str, Any]:
    """A run with the last and the best that its logs tell."""
    from ..training.lines import last_row, rows
    from ..training.log import STEPS, VALIDATION

    folder = library.runs.folder(run)
    last = last_row(folder / STEPS)
    held = [row["loss"] for row in rows(folder / VALIDATION) if row.get("loss") is not None]
    told = {name: last.get(name) for name in ("loss", "speed", "heard", "left")}
    return run.model_dump(mode="json") | told | {"at": last.get("step", 0), "validation": min(held, default=None)}


def _line(facts: dict[str, Any]) -> tuple[object, ...]:
    made = datetime.fromisoformat(facts["created"]).astimezone().strftime("%Y-%m-%d %H:%M")
    steps = f"{facts['at']}/{facts['steps']}"
    return (facts["id"], made, clipped(facts["producer"], 24), facts["variant"], facts["status"], steps,
            _number(facts["loss"]), _number(facts["validation"]))  # fmt: skip


def _about(facts: dict[str, Any]) -> list[tuple[str, object]]:
    named = [(name, facts[name] or "-") for name in ("id", "producer", "variant", "status", "note", "dataset", "recipe", "start")]
    left = facts["left"] if facts["status"] == "running" else None
    speed = f"{facts['speed']:.3g} a second" if facts["speed"] else "-"
    heard = duration(facts["heard"] or 0)
    return [
        *named,
        ("steps", f"{facts['at']} of {facts['steps']}, {facts['step']} of them saved"),
        ("speed", speed + (f", {duration(left)} left" if left else "")),
        ("music heard", heard),
        ("loss", _number(facts["loss"])),
        (
            "best validation",
            f"{_number(facts['validation'])}" + (f" (step {facts['best']})" if facts["best"] is not None else ""),
        ),
        ("samples", " ".join(dict.fromkeys(one["take"] for one in facts["samples"][-6:])) or "-"),
        ("checkpoints", " ".join(str(one["step"]) for one in facts["checkpoints"]) or "-"),
        ("warnings", len(facts["warnings"])),
        ("picture", facts["picture"] or "-"),
    ]


def _curve(folder: Path) -> str:
    """The curve in characters that the terminal can show."""
    from ..training import charts
    from ..training.lora.runner import curves

    plain = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    try:
        return charts.text(curves(folder), plain=plain)
    except (NotFound, BadInput):
        return "nothing was logged yet"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _following(run: Run, folder: Path) -> str:
    """What to do with a run that stands as this one does."""
    if run.status == "done":
        return f"twin evaluate {run.id}"
    if run.status == "running":
        return f"twin runs show {run.id}"
    if run.status == "diverged":
        return f'twin train "{run.producer}" --set optimizer.rate=RATE'
    return f"twin train --resume {run.id}" if not (folder / ADAPTER).is_dir() else f"twin evaluate {run.id}"
