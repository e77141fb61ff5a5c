"""Conduct a run: its folder, its log, its samples and how it stands, around the training itself.

An order says what is to be trained on what. The same order again goes on with the run it began, if that was stopped or killed.
Whatever ends a run, its record says how it ended, and the curve lies beside it; one whose process is killed outright is read as
interrupted by whoever looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...audio.files import write_bytes
from ...dataset.cache import Cache
from ...dataset.manifest import Manifest
from ...dataset.shelf import name_of
from ...errors import BadInput, Diverged, Interrupted, NotFound, TwinError
from ...library import Library
from ...library.adapters import Installed, install
from ...library.disk import write_whole
from ...library.runs import ADAPTER, RECIPE, Run, RunDraft
from ...model.instrument import Instrument
from ...progress import Steps
from .. import charts
from ..lines import last_row
from ..log import STEPS, VALIDATION, Log
from . import recipes, samples
from .examples import Examples, sources
from .loop import Trained, TrainJob, train
from .recipe import LoraRecipe

PICTURE = "loss.png"
_WINDOW = 40
"""Steps that a point of the curve is the mean of, in runs that are long enough."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained."""

    producer: str
    recipe: LoraRecipe
    manifest: Manifest
    parent: Path | None = None
    """Adapter to begin with."""
    source: Path | None = None
    """Folder of the instrument, where it is not a variant with a name."""
    run: Run | None = None
    """Run to go on with; the one this order began before, or a new one, when absent."""
    checkpoint: Path | None = None
    """Checkpoint to go on from; the newest valid one when absent."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """A run that came to its end."""

    run: Run
    trained: Trained
    installed: Installed


def conduct(order: Order, library: Library, instrument: Instrument, say: Say, warn: Say) -> Steps[Conducted]:
    """Train what `order` says and install it as the producer's twin; `say` and `warn` hear what should be known on the way.

    Raises what `train` raises, with the run's record in order; `NotFound` when the set is not encoded for this instrument, and
    `Unavailable` when another process trains this run.
    """
    runs = library.runs
    run = _opened(order, library, instrument, say)
    with runs.held(run):
        run = runs.update(run, status="running", note="")
        write_whole(runs.folder(run) / RECIPE, [recipes.toml(order.recipe).encode()])
        status, note, trained = "failed", "an unexpected error", None
        try:
            trained = yield from _trained(order, run, library, instrument, warn)
            status, note = "done", trained.stopped or ""
        except (Interrupted, KeyboardInterrupt, GeneratorExit):
            status, note = "stopped", "asked to stop"
            raise
        except Diverged as error:
            status, note = "diverged", error.message
            chart = f"the curve is in {runs.folder(run) / PICTURE}"
            raise Diverged(error.message, remedy=f"{error.remedy}; {chart}") from None
        except TwinError as error:
            note = error.message
            raise
        finally:
            run = _closed(runs.get(run.id), status, note, trained, library)
    return Conducted(run, trained, install(runs.folder(run) / ADAPTER, order.producer, library.studio))


def steps_of(order: Order, library: Library, instrument: Instrument) -> int:
    """Optimizer steps of an order. Raises `NotFound` when its set is not encoded for this instrument."""
    recipe = order.recipe
    stems = recipe.data.tasks.stems
    try:
        found = sources(Cache(library, instrument), order.manifest.side("train"), stems=stems)
    except NotFound as error:
        more = " --stems" if stems else ""
        remedy = f"run: twin encode {name_of(order.manifest)} --variant {instrument.variant}{more}"
        raise NotFound(f"the training set is not encoded for {instrument.variant}: {error.message}", remedy=remedy) from None
    return recipe.steps(Examples(instrument, found, recipe.data, recipe.training.crop_frames).frames)


def draw(folder: Path) -> Path | None:
    """Draw the curve of the run in `folder` beside it; None where nothing was logged that can be drawn."""
    try:
        found = charts.picture(curves(folder), f"{folder.name}: squared error of the velocity")
    except (NotFound, BadInput):
        return None
    write_bytes(folder / PICTURE, found)
    return folder / PICTURE


def curves(folder: Path) -> dict[str, charts.Curve]:
    """The loss of a run's training, smoothed, and that of its held-out side. Raises `NotFound` when there is no log."""
    window = max(1, min(_WINDOW, int(last_row(folder / STEPS).get("step", 0)) // 10))
    found = {"training": charts.read([folder / STEPS], ("loss",), window=window)["loss"]}
    if (folder / VALIDATION).is_file():
        found["held out"] = charts.read([folder / VALIDATION], ("loss",), window=1)["loss"]
    return found


def _opened(order: Order, library: Library, instrument: Instrument, say: Say) -> Run:
    """The run to go on with, or a new one."""
    draft = RunDraft(
        producer=order.producer,
        variant=instrument.variant,
        revision=instrument.revision,
        dataset=order.manifest.fingerprint,
        recipe=order.recipe.fingerprint,
        steps=steps_of(order, library, instrument),
        start=None if order.parent is None else str(order.parent),
        source=None if order.source is None else str(order.source),
    )
    known = order.run or (library.runs.unfinished(draft) if order.checkpoint is None else None)
    if known is None:
        run = library.runs.create(draft, recipes.toml(order.recipe))
        say(f"run {run.id}: {run.steps} steps")
        return run
    saved = library.runs.checkpoints(known)
    where = order.checkpoint.name if order.checkpoint else f"step {saved[-1][0]}" if saved else "its beginning"
    say(f"run {known.id} was {known.status}: going on from {where}")
    return known


def _trained(order: Order, run: Run, library: Library, instrument: Instrument, warn: Say) -> Steps[Trained]:
    folder, every = library.runs.folder(run), order.recipe.training.sample_every
    sampler = None
    if every:
        asked = samples.requests(order.manifest, order.recipe)
        sampler = samples.Sampler(library, instrument, run, asked, every)

    def at_checkpoint(step: int, adapter: Path) -> list[str]:
        library.runs.update(run, step=step)
        return sampler(step, adapter) if sampler else []

    with Log(folder, run.steps, sample=at_checkpoint, say=warn) as log:
        job = TrainJob(order.recipe, order.manifest, folder, watch=log, created=run.created)
        return (yield from train(replace(job, resume=order.checkpoint, parent=order.parent), library, instrument))


def _closed(run: Run, status: str, note: str, trained: Trained | None, library: Library) -> Run:
    """`run` with how it ended, and its curve."""
    saved = library.runs.checkpoints(run)
    step = trained.step if trained else saved[-1][0] if saved else 0
    closed = library.runs.update(run, status=status, note=note, step=step, best=trained.best if trained else run.best)
    draw(library.runs.folder(run))
    return closed
