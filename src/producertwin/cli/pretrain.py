"""`twin lab pretrain`: nano's weights from nothing, one verb per step; a stopped step goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..recipe import read
from ..verbs import pretrain as verbs
from ..verbs.pretrain import CurvePlan, PretrainPlan
from ..verbs.studio import open_studio
from .output import Console
from .renderings import DryRun
from .text import quote, table

app = App(
    name="pretrain",
    help="Train nano from nothing: render, codec, encode, tokenizer, embedder, nano, ship, in this order.",
)

Folder = Annotated[Path, Parameter(help="Folder of the whole road; every step finds there what the one before left.")]
RecipeFile = Annotated[Path | None, Parameter(name="--recipe", help="TOML file of the recipe; the built-in one when absent.")]
Minutes = Annotated[float | None, Parameter(help="Stop after so many minutes; the same command again goes on.")]


def _take(plan: PretrainPlan, what: str, following: str, dry_run: bool, console: Console) -> None:
    """Take one step of the training, `what` it does in words, or say what would be done; `following` comes next."""
    if dry_run:
        place = plan.out or plan.folder / "weights" if plan.step == "ship" else plan.folder
        planned = verbs.plan_pretrain(plan)
        rows = [("would", what), ("in", str(place))]
        if plan.step in ("all", "render", "encode"):
            rows.append(("soundfont", str(planned.soundfont) if planned.soundfont else "none: the band plays alone"))
        data = {"step": what, "folder": place, "recipe": planned.recipe, "soundfont": planned.soundfont}
        console.result("plan", data, lambda: table(rows))
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.pretrain(plan, studio))
    if done.weights is not None:
        console.result("pretrain", {"step": "ship", "folder": plan.folder, "weights": done.weights}, str(done.weights))
        console.next(f'twin make "lofi, rainy, rhodes" --variant {quote(str(done.weights))} -o song.flac')
        return
    data = {"step": plan.step, "folder": plan.folder, "reached": done.reached}
    console.result("pretrain", data, f"{plan.step}: {done.reached}")
    line = f"twin lab pretrain {quote(following)} {quote(str(plan.folder))}"
    console.next(line + (f" --recipe {quote(str(plan.recipe))}" if plan.recipe else ""))


def _read_plan(step: str, folder: Path, recipe: Path | None, minutes: float | None) -> PretrainPlan:
    """The plan of a step that may be limited in time. Raises `BadInput` for minutes that are no time."""
    asked = {"step": step, "folder": folder, "recipe": recipe, "minutes": minutes}
    return read(PretrainPlan, asked, where="command line")


@app.command(name="all")
def everything(
    folder: Folder = Path("runs/nano"),
    *,
    resume: Annotated[bool, Parameter(help="Go on in a folder that holds work, which is refused without it.")] = False,
    recipe: RecipeFile = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Go the whole road, each step from where it was stopped: hours on a CPU."""
    _take(PretrainPlan(step="all", folder=folder, recipe=recipe, resume=resume), "every step", "", dry_run, console)


@app.command
def render(folder: Folder, *, recipe: RecipeFile = None, dry_run: DryRun = False, console: Console) -> None:
    """Let the house band play the songs that the codec learns from."""
    _take(PretrainPlan(step="render", folder=folder, recipe=recipe), "render songs", "codec", dry_run, console)


@app.command
def codec(
    folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, console: Console
) -> None:
    """Train the codec."""
    plan = _read_plan("codec", folder, recipe, minutes)
    _take(plan, "train the codec", "encode", dry_run, console)


@app.command
def encode(folder: Folder, *, recipe: RecipeFile = None, dry_run: DryRun = False, console: Console) -> None:
    """Play the songs that the transformer learns from, and keep their latents."""
    _take(PretrainPlan(step="encode", folder=folder, recipe=recipe), "render latents", "tokenizer", dry_run, console)


@app.command
def tokenizer(
    folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, console: Console
) -> None:
    """Train the 5 Hz tokenizer, through which a cover hears its source."""
    plan = _read_plan("tokenizer", folder, recipe, minutes)
    _take(plan, "train the tokenizer", "embedder", dry_run, console)


@app.command
def embedder(
    folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, console: Console
) -> None:
    """Train the embedder, which tags sounds and says how well a caption fits them."""
    plan = _read_plan("embedder", folder, recipe, minutes)
    _take(plan, "train the embedder", "nano", dry_run, console)


@app.command
def nano(
    folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, console: Console
) -> None:
    """Train transformer, condition encoder and words."""
    plan = _read_plan("nano", folder, recipe, minutes)
    _take(plan, "train the transformer", "ship", dry_run, console)


@app.command
def ship(
    folder: Folder,
    *,
    recipe: RecipeFile = None,
    out: Annotated[Path | None, Parameter(alias="-o", help="Folder of the weights; FOLDER/weights when absent.")] = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Write the averaged weights as a folder that every command takes as --variant."""
    _take(PretrainPlan(step="ship", folder=folder, recipe=recipe, out=out), "write weights", "", dry_run, console)


@app.command
def curve(
    folder: Folder,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", help="The picture; FOLDER/nano/loss.png when absent.")] = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Draw the loss of the transformer's training, above and below the middle noise level."""
    plan = CurvePlan(folder=folder, out=out)
    if dry_run:
        logs, place = verbs.plan_draw(plan)
        console.result("plan", {"from": logs, "into": place}, str(place))
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.draw(plan, studio))
    console.result("pretrain", {"step": "curve", "picture": done.picture, "last": done.last}, str(done.picture))
    console.next(f"twin lab pretrain ship {quote(str(folder))}")
