"""Jobs whose verb stores its units itself and goes on after them: tracks, training sets, twins, proofs, measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..progress import Kept, Steps
from ..recipe import Record
from ..verbs import caption, dataset, encode, evaluate, ingest, library, listen, measure_ears, models, screen, split, train
from ..verbs.studio import Studio
from ..verbs.train import TrainPlan
from ..wording import plural
from .records import Outcome, Queue, Thing
from .works import Settle, Work, check_only, tell_units

P = TypeVar("P", bound=Record)
T = TypeVar("T")


def _work(
    kind: str,
    record: type[P],
    verb: Callable[[P, Studio], Steps[T]],
    tell: Callable[[T], Outcome],
    check: Callable[[P, Studio], Any],
    *,
    queue: Queue = "gpu",
    unit: str | None = None,
) -> Work[P]:
    """The entry of a verb that goes on where it was by itself; `unit` is what it calls its units in its progress."""

    def play(plan: P, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        work = verb(plan, studio)
        return tell((yield from (work if unit is None else tell_units(work, unit))))

    settle: Settle[P] = check_only(check)
    return Work(kind, record, queue, play, settle)


def ingest_work() -> Work[ingest.IngestFolderPlan]:
    """The entry of `ingest`: a folder of tracks into the library."""
    return _work(
        "ingest",
        ingest.IngestFolderPlan,
        ingest.ingest,
        lambda done: Outcome(text=_count(len(done.tracks), "tracks", len(done.failures))),
        lambda plan, _: ingest.plan_ingest(plan.folder, plan.tracks),
        queue="cpu",
        unit="ingest",
    )


def screen_work() -> Work[screen.ScreenTracksPlan]:
    """The entry of `screen`: tracks decoded and judged."""
    return _work(
        "screen",
        screen.ScreenTracksPlan,
        screen.screen,
        lambda done: Outcome(text=_count(len(done.tracks), "tracks", len(done.failures)), files=_full(*done.files)),
        lambda plan, studio: screen.find_tracks(plan.producer, studio),
        queue="cpu",
        unit="screen",
    )


def caption_work() -> Work[caption.CaptionTracksPlan]:
    """The entry of `caption`: tracks described."""
    return _work(
        "caption",
        caption.CaptionTracksPlan,
        caption.caption,
        lambda done: Outcome(text=_count(len(done.captions), "captions", len(done.failures))),
        caption.plan_caption,
        queue="cpu",
    )


def split_work() -> Work[split.DatasetPlan]:
    """The entry of `split`: the captioned tracks frozen as a training set."""
    return _work(
        "split",
        split.DatasetPlan,
        split.split,
        lambda done: Outcome(text=f"training set {done.id}", things=_set(done.id)),
        lambda *_: None,
        queue="cpu",
    )


def dataset_work() -> Work[dataset.BuildDatasetPlan]:
    """The entry of `dataset`: a folder of tracks to a training set."""
    return _work(
        "dataset",
        dataset.BuildDatasetPlan,
        dataset.build,
        lambda done: Outcome(text=f"training set {done.id}", things=_set(done.id)),
        lambda plan, _: dataset.plan_build(plan),
        queue="cpu",
        unit="screen",
    )


def encode_work() -> Work[encode.EncodeDatasetPlan]:
    """The entry of `encode`: latents and words of a training set."""
    return _work(
        "encode",
        encode.EncodeDatasetPlan,
        encode.encode,
        lambda done: Outcome(
            text=f"training set {done.id}: {_count(done.report.made, 'arrays', len(done.report.failures))}", things=_set(done.id)
        ),
        encode.plan_encode,
        unit="encode",
    )


def train_work() -> Work[train.TrainPlan]:
    """The entry of `train`: a twin trained. Its units are its checkpoints."""
    return _work(
        "train",
        train.TrainPlan,
        train.train,
        lambda done: Outcome(
            text=f"run {done.finished.run.id}",
            things=(Thing(kind="run", id=done.finished.run.id),),
            files=_full(done.finished.adapter),
        ),
        train.plan_training,
    )


class TwinJob(Record):
    """Make a folder of tracks a training set, and train a twin on it."""

    folder: Path
    """Folder of the tracks."""
    build: dataset.BuildPlan
    """Everything that decides the training set."""
    train: TrainPlan = TrainPlan()
    """How the twin is trained; its training set is the one that was built."""


def twin_work() -> Work[TwinJob]:
    """The entry of `twin`: tracks to a twin. What a killed attempt had built and trained is not done again."""

    def play(plan: TwinJob, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        built = yield from tell_units(
            dataset.build(dataset.BuildDatasetPlan(folder=plan.folder, build=plan.build), studio), "screen"
        )
        yield Kept(f"training set {built.id}")
        done = yield from train.train(plan.train.model_copy(update={"dataset": built.id}), studio)
        run = done.finished.run.id
        things = (*_set(built.id), Thing(kind="run", id=run))
        return Outcome(text=f"run {run} from training set {built.id}", things=things, files=_full(done.finished.adapter))

    def check(plan: TwinJob, _: Studio) -> object:
        return dataset.plan_build(dataset.BuildDatasetPlan(folder=plan.folder, build=plan.build))

    settle: Settle[TwinJob] = check_only(check)
    return Work("twin", TwinJob, "gpu", play, settle)


def prove_work() -> Work[evaluate.EvaluateTwinPlan]:
    """The entry of `prove`: a twin proven."""

    def play(plan: evaluate.EvaluateTwinPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        done = yield from evaluate.evaluate(plan, studio)
        name = evaluate.name_proof(done.folder, studio.settings.studio)
        things = () if name is None else (Thing(kind="proof", id=name),)
        return Outcome(text=f"proof {done.folder.name}", things=things, files=_full(done.report))

    settle: Settle[evaluate.EvaluateTwinPlan] = check_only(evaluate.plan_evaluate)
    return Work("prove", evaluate.EvaluateTwinPlan, "gpu", play, settle)


def pull_work() -> Work[models.PullPlan]:
    """The entry of `pull`: the weights of a variant or planner fetched."""
    return _work(
        "pull",
        models.PullPlan,
        models.pull,
        lambda done: Outcome(text="fetched", files=_full(done)),
        lambda plan, _: models.plan_pull(plan),
        queue="cpu",
    )


def listen_work() -> Work[listen.PreparePlan]:
    """The entry of `listen`: a blind listening test prepared."""
    return _work(
        "listen",
        listen.PreparePlan,
        listen.prepare,
        lambda done: Outcome(
            text=f"listening test {done.test.id}, {plural(len(done.test.trials), 'trial')}",
            things=(Thing(kind="test", id=done.test.id),),
        ),
        listen.check_prepare,
    )


def verify_work() -> Work[library.VerifyPlan]:
    """The entry of `verify`: every file of the studio hashed again. It fails where something is not sound, and names it."""
    return _work(
        "verify",
        library.VerifyPlan,
        lambda _, studio: library.verify(studio),
        lambda found: Outcome(text=library.require_sound(found)),
        lambda *_: None,
        queue="cpu",
    )


def measure_nano_work() -> Work[evaluate.EvaluateNanoPlan]:
    """The entry of `measure-nano`."""
    return _measurement("measure-nano", evaluate.EvaluateNanoPlan, evaluate.evaluate_nano)


def measure_embedder_work() -> Work[evaluate.EvaluateEmbedderPlan]:
    """The entry of `measure-embedder`."""
    return _measurement("measure-embedder", evaluate.EvaluateEmbedderPlan, evaluate.evaluate_embedder)


def measure_band_work() -> Work[evaluate.EvaluateBandPlan]:
    """The entry of `measure-band`."""
    return _measurement("measure-band", evaluate.EvaluateBandPlan, evaluate.evaluate_band)


def measure_ears_work() -> Work[measure_ears.EvaluateEarsPlan]:
    """The entry of `measure-ears`."""
    return _measurement("measure-ears", measure_ears.EvaluateEarsPlan, measure_ears.evaluate_ears)


def _measurement(kind: str, record: type[P], verb: Callable[[P, Studio], Steps[evaluate.Evaluated]]) -> Work[P]:
    return _work(kind, record, verb, lambda done: Outcome(text="measured", files=_full(*done.files)), lambda *_: None)


def _count(done: int, what: str, failed: int) -> str:
    return f"{done} {what}" + (f", {failed} failed" if failed else "")


def _set(name: str) -> tuple[Thing, ...]:
    return (Thing(kind="dataset", id=name),)


def _full(*files: Path) -> tuple[Path, ...]:
    return tuple(path.absolute() for path in files)
