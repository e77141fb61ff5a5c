"""`twin pretrain`: nano's weights from nothing, one verb per step; a stopped step goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..errors import BadInput
from ..recipe import load
from .output import Talk
from .renderings import DryRun
from .text import table

if TYPE_CHECKING:
    from ..training.pretrain.runs import PretrainRecipe

app = App(
    name="pretrain",
    help="Train nano from nothing: render, codec, encode, tokenizer, embedder, nano, ship, in this order.",
    help_epilogue="Begin with: twin pretrain render runs/nano",
)

Folder = Annotated[Path, Parameter(help="Folder of the whole road; every step finds there what the one before left.")]
RecipeFile = Annotated[Path | None, Parameter(name="--recipe", help="TOML file of the recipe; the built-in one when absent.")]
Minutes = Annotated[float | None, Parameter(help="Stop after so many minutes; the same command again goes on.")]


def _recipe(path: Path | None) -> PretrainRecipe:
    from ..training.pretrain.runs import PretrainRecipe

    return PretrainRecipe() if path is None else load(PretrainRecipe, path)


def _told(what: str, folder: Path, recipe: PretrainRecipe, dry_run: bool, talk: Talk) -> bool:
    """Say what would be done; True when that is all that was asked."""
    if dry_run:
        rows = [("would", what), ("in", str(folder))]
        talk.result("plan", {"step": what, "folder": folder, "recipe": recipe}, lambda: table(rows))
    return dry_run


def _seconds(minutes: float | None) -> float:
    if minutes is not None and minutes <= 0:
        raise BadInput(f"{minutes:g} minutes is no time", remedy="give minutes above 0, or leave --minutes out")
    return float("inf") if minutes is None else 60.0 * minutes


def _shipped(folder: Path, weights: Path, talk: Talk) -> None:
    talk.result("pretrain", {"step": "ship", "folder": folder, "weights": weights}, str(weights))
    talk.next(f'twin make "lofi, rainy, rhodes" --variant {weights} -o song.flac')


def _finished(what: str, folder: Path, value: object, following: str, talk: Talk) -> None:
    talk.result("pretrain", {"step": what, "folder": folder, "reached": value}, f"{what}: {value}")
    talk.next(f"twin pretrain {following} {folder}")


@app.command(name="all")
def everything(
    folder: Folder = Path("runs/nano"),
    *,
    resume: Annotated[bool, Parameter(help="Go on in a folder that holds work, which is refused without it.")] = False,
    recipe: RecipeFile = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Go the whole road, each step from where it was stopped: hours on a CPU."""
    from ..training.pretrain import runs

    asked = _recipe(recipe)
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} holds work already", remedy="name another folder, or go on with --resume")
    if not _told("every step", folder, asked, dry_run, talk):
        _shipped(folder, talk.follow(runs.everything(asked, folder)), talk)


@app.command
def render(folder: Folder, *, recipe: RecipeFile = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Let the house band play the songs that the codec learns from."""
    from ..training.pretrain import runs

    asked = _recipe(recipe)
    if not _told("render songs", folder, asked, dry_run, talk):
        _finished("render", folder, talk.follow(runs.render(asked, folder)), "codec", talk)


@app.command
def codec(folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Train the codec."""
    from ..training.pretrain import runs

    asked, limit = _recipe(recipe), _seconds(minutes)
    if not _told("train the codec", folder, asked, dry_run, talk):
        _finished("codec", folder, talk.follow(runs.codec(asked, folder, stop_after=limit)), "encode", talk)


@app.command
def encode(folder: Folder, *, recipe: RecipeFile = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Play the songs that the transformer learns from, and keep their latents."""
    from ..training.pretrain import runs

    asked = _recipe(recipe)
    if not _told("render latents", folder, asked, dry_run, talk):
        _finished("encode", folder, talk.follow(runs.encode(asked, folder)), "tokenizer", talk)


@app.command
def tokenizer(folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Train the 5 Hz tokenizer, through which a cover hears its source."""
    from ..training.pretrain import runs

    asked, limit = _recipe(recipe), _seconds(minutes)
    if not _told("train the tokenizer", folder, asked, dry_run, talk):
        _finished("tokenizer", folder, talk.follow(runs.tokenizer(asked, folder, stop_after=limit)), "embedder", talk)


@app.command
def embedder(folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Train the embedder, which tags sounds and says how well a caption fits them."""
    from ..training.pretrain import runs

    asked, limit = _recipe(recipe), _seconds(minutes)
    if not _told("train the embedder", folder, asked, dry_run, talk):
        _finished("embedder", folder, talk.follow(runs.embedder(asked, folder, stop_after=limit)), "nano", talk)


@app.command
def nano(folder: Folder, *, recipe: RecipeFile = None, minutes: Minutes = None, dry_run: DryRun = False, talk: Talk) -> None:
    """Train transformer, condition encoder and words."""
    from ..training.pretrain import runs

    asked, limit = _recipe(recipe), _seconds(minutes)
    if not _told("train the transformer", folder, asked, dry_run, talk):
        _finished("nano", folder, talk.follow(runs.transformer(asked, folder, stop_after=limit)), "ship", talk)


@app.command
def ship(
    folder: Folder,
    *,
    recipe: RecipeFile = None,
    out: Annotated[Path | None, Parameter(alias="-o", help="Folder of the weights; FOLDER/weights when absent.")] = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Write the averaged weights as a folder that every command takes as --variant."""
    from ..training.pretrain import runs

    asked = _recipe(recipe)
    if _told("write weights", out or folder / "weights", asked, dry_run, talk):
        return
    _shipped(folder, runs.ship(asked, folder, out), talk)


@app.command
def curve(
    folder: Folder,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", help="The picture; FOLDER/nano/loss.png when absent.")] = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Draw the loss of the transformer's training, above and below the middle noise level."""
    from ..disk import write_whole
    from ..training import charts
    from ..training.pretrain.runs import PretrainRecipe

    logs = [folder / "nano" / phase / "log.jsonl" for phase, _ in PretrainRecipe().nano_phases()]
    place = out or folder / "nano" / "loss.png"
    if dry_run:
        talk.result("plan", {"from": logs, "into": place}, str(place))
        return
    curves = charts.read(logs, ("loss", "high", "low"))
    labels = {"loss": "all", "high": "t at least 0.5", "low": "t below 0.5"}
    title = "nano: squared error of the velocity, mean of 40 steps"
    write_whole(place, charts.picture({labels[name]: found for name, found in curves.items()}, title))
    ends = {name: float(found.values[-1]) for name, found in curves.items()}
    talk.result("pretrain", {"step": "curve", "picture": place, "last": ends}, str(place))
    talk.next(f"twin pretrain ship {folder}")
