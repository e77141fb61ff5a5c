"""`twin train`: a producer's training set becomes an adapter, their twin."""

from __future__ import annotations

from ..timebase import frames_of
from ..verbs.studio import open_studio
from ..verbs.train import PlannedTraining, TrainPlan, TrainResult, plan_training
from ..verbs.train import train as train_twin
from ..wording import plural
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import duration, quote, size, table


@options(TrainPlan, positional=("producer",), renamed={"changes": "--set", "start": "--from"})
def train(plan: TrainPlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Train a twin of a producer. The same command goes on with a run that was stopped or killed."""
    if detach and not dry_run:
        hand_over("train", console, **dict(plan))
        return
    with open_studio(console.settings) as studio:
        if dry_run:
            _print_plan(console.follow(plan_training(plan, studio)), console)
            return
        done = console.follow(train_twin(plan, studio))
    _print_result(done, console)


def _print_plan(planned: PlannedTraining, console: Console) -> None:
    """What would be trained; the steps of epochs are estimated from the lengths of the tracks."""
    task, memory, training = planned.task, planned.memory, planned.task.recipe.training
    shown = task.manifest.side("train")
    steps = task.recipe.steps(sum(frames_of(row.seconds) for row in shown))
    heard = duration(task.recipe.seconds(steps))
    rows = [
        ("would train", f"{task.producer} on {task.variant.name}, recipe {task.recipe_name}"),
        ("from", f"{plural(len(shown), 'track')}, {duration(sum(row.seconds for row in shown))}"),
        ("for", f"{plural(steps, 'step')} of {training.together} crops of {training.crop_seconds:g} s: {heard} of music"),
        *((f"memory: {name}", size(count)) for name, count in memory.estimate.parts.items()),
        ("memory in all", f"{size(memory.estimate.total)} of {size(memory.free)} free"),
    ]
    data = _facts(planned) | {"steps": steps, "tracks": len(shown), "recipe": task.recipe}
    console.result("plan", data, lambda: table(rows))


def _facts(planned: PlannedTraining) -> dict[str, object]:
    task, memory = planned.task, planned.memory
    return {
        "producer": task.producer,
        "variant": task.variant.name,
        "dataset": task.manifest.fingerprint,
        "inherited": task.inherited,
        "memory": {
            "parts": memory.estimate.parts,
            "total": memory.estimate.total,
            "free": memory.free,
            "changes": memory.changes,
        },
    }


def _print_result(done: TrainResult, console: Console) -> None:
    finished, run, adapter = done.finished, done.finished.run, done.finished.adapter
    samples, installed = done.planned.task.recipe.training.sample_every, finished.installed
    rows: list[tuple[str, object]] = [
        ("run", run.id),
        ("steps", f"{run.step} of {run.steps}" + (f": {run.note}" if run.note else "")),
        ("best validation", "-" if run.best is None else f"step {run.best}: {finished.best}"),
        ("sample takes", f"twin takes list --session {quote(run.id)}" if samples else "-"),
        ("adapter", adapter),
        ("installed", f"{installed.folder} (the twin of {installed.producer})" if installed else f"no: {finished.why}"),
    ]
    if installed and finished.why:
        console.say(finished.why)
    if not installed:
        rows.append(("to install it", f"twin twins install {quote(str(adapter))} --producer {quote(run.producer)}"))
    data = _facts(done.planned) | {"run": run, "adapter": adapter, "best": finished.best, "why": finished.why}
    data |= {"installed": installed.folder if installed else None}
    console.result("train", data, lambda: table(rows))
    console.next(f"twin prove {quote(run.id)}")
