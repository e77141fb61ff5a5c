"""`twin train`: a producer's training set becomes an adapter, their twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..library import open_studio
from ..training.lora.plan import TrainPlan
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import duration, size, table

if TYPE_CHECKING:
    from ..training.lora.request import Fitted, Ordered
    from ..training.lora.runner import Conducted


@options(TrainPlan, positional=("producer",), renamed={"changes": "--set", "start": "--from"})
def train(stage: TrainPlan, *, dry_run: DryRun = False, talk: Talk) -> None:
    """Train a twin of a producer. The same command goes on with a run that was stopped or killed."""
    from ..model import complete
    from ..training.lora.request import fitted, order

    with open_studio(talk.settings) as library:
        found = order(stage, library)
        for key, value in found.inherited.items():
            talk.say(f"inherited from {found.order.parent}: {key} = {value}")
        complete.require(found.variant, talk.settings)
        ready = fitted(found, talk.settings, auto=stage.auto_fit)
        talk.say(f"memory: about {size(ready.plan.total)} of {size(ready.free)} free ({_parts(ready)})")
        if ready.changes:
            talk.warn(f"so that it fits: {', '.join(ready.changes)}")
        if dry_run:
            _planned(found, ready, talk)
            return
        from ..model.load import load
        from ..training.lora.runner import conduct

        instrument = load(found.variant, talk.settings)
        done = talk.follow(conduct(ready.order, library, instrument, talk.say, talk.warn))
    _tell(found, ready, done, talk)


def _parts(ready: Fitted) -> str:
    largest = sorted(ready.plan.parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {size(count)}" for name, count in largest)


def _planned(found: Ordered, ready: Fitted, talk: Talk) -> None:
    """What would be trained; the steps of epochs are reckoned from the lengths of the tracks."""
    from ..timebase import frames_of

    order, training = ready.order, ready.order.recipe.training
    shown = order.manifest.side("train")
    steps = order.recipe.steps(sum(frames_of(row.seconds) for row in shown))
    heard = duration(order.recipe.seconds(steps))
    rows = [
        ("would train", f"{order.producer} on {found.variant}, recipe {found.recipe}"),
        ("from", f"{len(shown)} tracks, {duration(sum(row.seconds for row in shown))}"),
        ("for", f"{steps} steps of {training.together} crops of {training.crop_seconds:g} s: {heard} of music"),
        *((f"memory: {name}", size(count)) for name, count in ready.plan.parts.items()),
        ("memory in all", f"{size(ready.plan.total)} of {size(ready.free)} free"),
    ]
    data = _facts(found, ready) | {"steps": steps, "tracks": len(shown), "recipe": order.recipe}
    talk.result("plan", data, lambda: table(rows))


def _facts(found: Ordered, ready: Fitted) -> dict[str, object]:
    memory = {"parts": ready.plan.parts, "total": ready.plan.total, "free": ready.free, "changes": ready.changes}
    return {
        "producer": ready.order.producer,
        "variant": found.variant,
        "dataset": ready.order.manifest.fingerprint,
        "inherited": found.inherited,
        "memory": memory,
    }


def _tell(found: Ordered, ready: Fitted, done: Conducted, talk: Talk) -> None:
    run = done.run
    rows: list[tuple[str, object]] = [
        ("run", run.id),
        ("steps", f"{run.step} of {run.steps}" + (f": {run.note}" if run.note else "")),
        ("best validation", "-" if run.best is None else f"step {run.best}"),
        ("adapter", done.trained.adapter),
        ("installed", f"{done.installed.folder} (the twin of {done.installed.producer})"),
    ]
    data = _facts(found, ready) | {"run": run, "adapter": done.trained.adapter, "installed": done.installed.folder}
    talk.result("train", data, lambda: table(rows))
    talk.next(f"twin evaluate {run.id}")
