"""`twin producer`: the producer model, which plans stems, sets desks and judges mixes: train it, and ask it for a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import producer_demo as production
from ..verbs import producer_train as training
from ..verbs.producer_demo import ProducerDemoPlan
from ..verbs.producer_train import ProducerTrainPlan
from ..wording import plural
from .options import options
from .output import Console, plain
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import quote, table

app = App(name="producer", help="The producer model: plan which stems a song needs, set desks, judge mixes; and train it.")


@app.command
def plan(
    text: Annotated[str, Parameter(help='What is to be made: "dark trap beat, heavy 808s, 140 bpm".')],
    /,
    *,
    weights: Annotated[
        Path | None, Parameter(help="Folder of weights that `twin producer train` wrote; the shipped ones when absent.")
    ] = None,
    console: Console,
) -> None:
    """Say which stems a song of these words is made of, and what the words say of style, tempo, key and length."""
    made = training.plan_by_weights(text, weights, console.settings.models)
    facts = (("style", made.style), ("tempo", made.bpm and f"{made.bpm:g} bpm"), ("key", made.key))
    rows = [(one.stem, f"{one.chance:.0%}", "named" if one.named else "") for one in made.stems]
    lines = [table(rows, ("stem", "chance", "")), "", f"left out: {', '.join(one.stem for one in made.left_out) or 'nothing'}"]
    lines += [f"{name}: {value}" for name, value in facts if value]
    console.result("producer-plan", {"plan": plain(made)}, lambda: "\n".join(lines))
    console.next(f"twin make {quote(text)} -o song.flac")


@app.command
@options(ProducerDemoPlan, positional=(), renamed={"input": ("--input", "-i"), "prompt": ("--prompt", "-p")})
def demo(
    plan: ProducerDemoPlan,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="The mix: .wav or .flac. Faust, desk, report, plan and stems beside it.")],
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Produce a song: take its stems, play those that the prompt plans and it lacks, mix, and refine while that helps."""
    check_replacing(production.list_demo_files(out), console, force=force, dry_run=dry_run)
    if dry_run:
        asked = training.plan_by_weights(plan.prompt, plan.weights, console.settings.models)
        rows = [("would produce", plan.input), ("planned stems", ", ".join(asked.names)), ("would write", str(out))]
        console.result("plan", {"plan": plain(asked), "files": production.list_demo_files(out)}, lambda: table(rows))
        return
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        done = console.follow(production.demo(plan, studio, out))
    console.result("producer-demo", plain(done), lambda: _tell(done))
    console.next(f"twin inspect {quote(str(out))}")


def _tell(done: production.Produced) -> str:
    rounds = [(one.tried, f"{one.score:.1f}", f"{one.quality:.2f}", "kept" if one.kept else "") for one in done.rounds]
    checks = [(one.what, one.found, "passes" if one.passed else "FAILS") for one in done.checks]
    lines = [f"stems: {', '.join(done.had)}; made: {', '.join(done.made) or 'none'}", ""]
    lines += [table(rounds, ("mix", "inspector", "model", "")), "", table(checks, ("check", "found", "")), ""]
    return "\n".join([*lines, f"take {done.take}", *(f"written: {path}" for path in done.files)])


@app.command
@options(ProducerTrainPlan, positional=("folder",))
def train(plan: ProducerTrainPlan, *, dry_run: DryRun = False, console: Console) -> None:
    """Train all three heads on songs of the house band, your own and the studio's mixes: minutes on two cores."""
    _train("train", plan, dry_run, console)


@app.command
@options(ProducerTrainPlan, positional=("folder",))
def faust_train(plan: ProducerTrainPlan, *, dry_run: DryRun = False, console: Console) -> None:
    """Train the head that sets desks alone, on from the folder's weights or the shipped ones."""
    _train("faust-train", plan, dry_run, console)


def _train(which: str, plan: ProducerTrainPlan, dry_run: bool, console: Console) -> None:
    recipe = training.plan_producer_train(plan)
    if dry_run:
        rows = [("would train", "all heads" if which == "train" else "the desk head"), ("in", str(plan.folder))]
        rows += [("songs of the band", str(recipe.songs)), ("steps", str(recipe.schedule.steps))]
        console.result("plan", {"folder": plan.folder, "recipe": recipe}, lambda: table(rows))
        return
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        verb = training.train if which == "train" else training.faust_train
        done = console.follow(verb(plan, studio))
    heads = list(done.epochs[0]) if done.epochs else []
    told: list[tuple[str, ...]] = [
        (str(number + 1), *(f"{one[head]:.3f}" for head in heads)) for number, one in enumerate(done.epochs)
    ]
    lines = [table(told, ("epoch", *heads)), ""] if told else []
    lines += [f"step {done.reached} of {done.steps}; {plural(done.songs, 'song')} of others", str(done.weights)]
    data = {"weights": done.weights, "reached": done.reached, "steps": done.steps, "epochs": plain(done.epochs)}
    console.result("producer-train", data, "\n".join(lines))
    console.next(f'twin producer plan "dark trap beat with heavy 808s" --weights {quote(str(done.weights))}')
