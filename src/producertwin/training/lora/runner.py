"""Carry out a training task: the run's record, folder and log, its sample takes, and the twin that is installed at the end.

The same task again goes on with the run it began, if that was stopped or killed. However a run ends, its record says how, and its
curves lie beside it; one whose process is killed outright is read as interrupted by whoever looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...dataset.cache import EncodedCache
from ...dataset.store import name_of
from ...disk import write_whole
from ...errors import Diverged, Interrupted, NotFound, TwinError
from ...library import Library
from ...library.adapters import InstalledTwin, install
from ...library.runs import ADAPTER, CHECKPOINTS, RECIPE, Run, RunDraft
from ...model.instrument import Instrument
from ...progress import Kept, Steps, note
from ...wording import plural
from ..log import PICTURE, Log, draw_curves
from . import recipes, samples
from .examples import ExampleSampler, load_sources
from .installing import decide
from .loop import TrainedAdapter, train_adapter
from .plan import TrainTask


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that came to its end."""

    run: Run
    adapter: Path
    """Its PEFT folder."""
    best: Path | None
    """Adapter of the step with the least validation loss; None without validation."""
    installed: InstalledTwin | None
    """The producer's twin, if this run became it."""
    why: str
    """Why it did not, or what became of the twin that was installed; may be empty."""


def run_task(task: TrainTask, library: Library, instrument: Instrument) -> Steps[FinishedRun]:
    """Train what `task` says and install it as the producer's twin.

    Raises what `train_adapter` raises, with the run's record in order; `NotFound` when the set is not encoded for this
    instrument, and `Unavailable` when another process trains this run.
    """
    runs = library.runs
    run, begun = _open_record(task, library, instrument)
    yield note(begun)
    yield Kept(f"record of run {run.id}", run=run.id)
    if why := decide(task.install, run.producer, run.variant, run.steps, library.studio).why:
        yield note(f"at the end: {why}")
    text = recipes.to_toml(task.recipe)
    run, trained = yield from carry_out(run, text, lambda open_run: _train(task, open_run, library, instrument), library)
    decision = decide(task.install, run.producer, run.variant, trained.step, library.studio)
    installed = install(runs.folder(run) / ADAPTER, task.producer, library.studio) if decision.installs else None
    return FinishedRun(run, trained.adapter, _find_best(runs.folder(run), trained.best), installed, decision.why)


def carry_out(
    run: Run, recipe: str, train: Callable[[Run], Steps[TrainedAdapter]], library: Library
) -> Steps[tuple[Run, TrainedAdapter]]:
    """Hold `run` while `train` works on it; its record says how it stands and how it ended, and `recipe` lies in its folder.

    Raises what `train` raises, and `Unavailable` when another process trains this run.
    """
    runs = library.runs
    with runs.hold(run):
        run = runs.update(run, status="running", note="")
        write_whole(runs.folder(run) / RECIPE, recipe.encode())
        status, reason, trained = "failed", "an unexpected error", None
        try:
            trained = yield from train(run)
            status, reason = "done", trained.stopped or ""
        except (Interrupted, KeyboardInterrupt, GeneratorExit):
            status, reason = "stopped", "asked to stop"
            raise
        except Diverged as error:
            status, reason = "diverged", error.message
            chart = f"the curve is in {runs.folder(run) / PICTURE}"
            raise Diverged(error.message, remedy=f"{error.remedy}; {chart}") from None
        except TwinError as error:
            reason = error.message
            raise
        finally:
            run = _close_record(runs.get(run.id), status, reason, trained, library)
    return run, trained


def _find_best(folder: Path, step: int | None) -> Path | None:
    path = folder / CHECKPOINTS / f"step-{step or 0:08d}" / ADAPTER
    return path if step is not None and path.is_dir() else None


def count_steps(task: TrainTask, library: Library, instrument: Instrument) -> int:
    """Optimizer steps of a task. Raises `NotFound` when its set is not encoded for this instrument."""
    recipe = task.recipe
    stems = recipe.data.tasks.stems
    try:
        sources = load_sources(EncodedCache(library, instrument), task.manifest.side("train"), stems=stems)
    except NotFound as error:
        more = " --stems" if stems else ""
        remedy = f"run: twin dataset encode {name_of(task.manifest)} --variant {instrument.variant}{more}"
        raise NotFound(f"the training set is not encoded for {instrument.variant}: {error.message}", remedy=remedy) from None
    return recipe.steps(ExampleSampler(instrument, sources, recipe.data, recipe.training.crop_frames).frames)


def _open_record(task: TrainTask, library: Library, instrument: Instrument) -> tuple[Run, str]:
    """The run to go on with or a new one, and a line that says which."""
    source = task.variant.source
    draft = RunDraft(
        producer=task.producer,
        variant=instrument.variant,
        revision=instrument.revision,
        dataset=task.manifest.fingerprint,
        recipe=task.recipe.fingerprint,
        steps=count_steps(task, library, instrument),
        start=None if task.parent is None else str(task.parent),
        source=None if source is None else str(source),
    )
    known = task.run or (library.runs.find_resumable(draft) if task.checkpoint is None else None)
    if known is None:
        run = library.runs.create(draft, recipes.to_toml(task.recipe))
        return run, f"run {run.id}: {plural(run.steps, 'step')}"
    saved = library.runs.checkpoints(known)
    where = task.checkpoint.name if task.checkpoint else f"step {saved[-1][0]}" if saved else "its beginning"
    return known, f"run {known.id} was {known.status}: going on from {where}"


def _train(task: TrainTask, run: Run, library: Library, instrument: Instrument) -> Steps[TrainedAdapter]:
    folder, every = library.runs.folder(run), task.recipe.training.sample_every
    sampler = None
    if every:
        requests = samples.make_requests(task.manifest, task.recipe)
        sampler = samples.Sampler(library, instrument, run, requests, every, run.steps)

    def at_checkpoint(step: int, adapter: Path) -> list[str]:
        library.runs.update(run, step=step)
        return sampler(step, adapter) if sampler else []

    with Log(folder, run.steps, sample=at_checkpoint) as log:
        return (yield from train_adapter(task, folder, library, instrument, log, run.created))


def _close_record(run: Run, status: str, reason: str, trained: TrainedAdapter | None, library: Library) -> Run:
    """Write how `run` ended into its record, and draw its curves."""
    saved = library.runs.checkpoints(run)
    step = trained.step if trained else saved[-1][0] if saved else 0
    closed = library.runs.update(run, status=status, note=reason, step=step, best=trained.best if trained else run.best)
    draw_curves(library.runs.folder(run))
    return closed
