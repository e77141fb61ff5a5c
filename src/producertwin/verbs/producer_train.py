"""`twin producer train` and `faust-train`: the producer model from nothing, or its desk head alone; a stopped one goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ..errors import BadInput, NotFound
from ..library.lock import hold_work
from ..progress import Steps, note
from ..recipe import Record
from .studio import Studio

if TYPE_CHECKING:
    from ..mixing.producer.net import ProducerNet
    from ..mixing.producer.plan import ProductionPlan
    from ..training.producer.songs import Song
    from ..training.producer.training import ProducerRecipe

__all__ = ["ProducerTrainPlan", "TrainedProducer", "faust_train", "plan_by_weights", "plan_producer_train", "train"]


class ProducerTrainPlan(Record):
    """What the producer model is trained on, and where."""

    folder: Path = Path("runs/producer")
    """Folder of the training; what is there is gone on with."""
    data: Path | None = None
    """Folder of songs to learn from beside the band's: ARTIST/SONG/song.wav, song.json, stems/."""
    takes: bool = False
    """Learn from the mixes of the studio too."""
    songs: int | None = Field(None, ge=0, le=100_000)
    """Songs that the house band plays; 200 when absent."""
    steps: int | None = Field(None, ge=1, le=1_000_000)
    """Steps; as many as the shipped weights were trained for when absent."""
    minutes: float | None = Field(None, gt=0)
    """Stop after so many minutes; the same command again goes on."""
    encoder: str = Field("", max_length=4_096)
    """Language model that reads captions, such as a BERT: a folder or a repository whose files are here; none when empty."""
    decoder: str = Field("", max_length=4_096)
    """Causal language model that sets desks, such as a Mistral: a folder or repository whose files are here; none when empty."""


@dataclass(frozen=True, slots=True)
class TrainedProducer:
    """A training that was finished or stopped."""

    weights: Path
    reached: int
    steps: int
    songs: int
    """Songs of others that were learned from."""
    epochs: tuple[dict[str, float], ...]
    """Mean losses of every pass over the songs."""


def plan_producer_train(plan: ProducerTrainPlan) -> ProducerRecipe:
    """The recipe that would be trained by. Raises `BadInput` where there would be nothing to learn from."""
    from ..training.producer.training import ProducerRecipe

    recipe = ProducerRecipe()
    if plan.songs == 0 and plan.data is None and not plan.takes:
        raise BadInput("no songs are to be learned from", remedy="leave --songs out, or name a folder with --data")
    songs = recipe.songs if plan.songs is None else plan.songs
    schedule = recipe.schedule.model_copy(update={"steps": plan.steps} if plan.steps else {})
    sheets = recipe.sheets if plan.songs is None else min(recipe.sheets, 6 * songs)
    named = {"encoder": plan.encoder, "decoder": plan.decoder}
    return recipe.model_copy(update={"songs": songs, "sheets": sheets, "schedule": schedule, **named})


def train(plan: ProducerTrainPlan, studio: Studio) -> Steps[TrainedProducer]:
    """Train all three heads, and write the weights.

    Raises as `training.producer.training.train_heads` and `read_folders` do, and `Unavailable` where another process trains in
    the folder.
    """
    from ..training.producer.training import train_heads

    recipe = plan_producer_train(plan)
    others = yield from _read_others(plan, studio)
    with hold_work(plan.folder, f"another process trains in {plan.folder}"):
        net, reached = yield from train_heads(recipe, plan.folder, others, stop_after=_limit(plan), models=studio.settings.models)
        return _ship(net, plan, recipe, reached, len(others), "run")


def faust_train(plan: ProducerTrainPlan, studio: Studio) -> Steps[TrainedProducer]:
    """Train the desk head on, from the folder's weights or else the shipped ones; planning and quality stay as they are.

    Raises as `train` does.
    """
    from ..mixing.producer.model import WEIGHTS, load_producer
    from ..training.producer.training import FINISHED, train_desk

    if plan.encoder or plan.decoder:
        raise BadInput("the desk head goes on with the language models it has", remedy="leave --encoder and --decoder out")
    recipe = plan_producer_train(plan)
    others = yield from _read_others(plan, studio)
    start = plan.folder / FINISHED if (plan.folder / FINISHED).is_dir() else WEIGHTS
    yield note(f"the desk head goes on from {'the shipped weights' if start == WEIGHTS else start}")
    net = load_producer.__wrapped__(start, studio.settings.models).net
    with hold_work(plan.folder, f"another process trains in {plan.folder}"):
        reached = yield from train_desk(recipe, plan.folder, net, others, stop_after=_limit(plan))
        return _ship(net, plan, recipe, reached, len(others), "faust")


def plan_by_weights(text: str, weights: Path | None, models: Path) -> ProductionPlan:
    """The plan for `text` by the weights in a folder, or the shipped ones. Raises as `plan_production` and `load_producer` do."""
    from ..mixing.producer.model import WEIGHTS, load_producer
    from ..mixing.producer.plan import plan_production

    return plan_production(text, load_producer(weights or WEIGHTS, models))


def _read_others(plan: ProducerTrainPlan, studio: Studio) -> Steps[tuple[Song, ...]]:
    """The songs of a folder and of the studio."""
    from ..training.producer.folders import read_folders

    songs: tuple[Song, ...] = ()
    if plan.data is not None:
        songs += yield from read_folders(plan.data)
    if plan.takes:
        songs += yield from _read_takes(studio)
    return songs


def _read_takes(studio: Studio) -> Steps[tuple[Song, ...]]:
    """The mixes of the studio whose stems can still be had. Raises `NotFound` where there is none."""
    import numpy as np

    from ..audio import edits, files
    from ..mixing.automix.words import find_style
    from ..training.producer.songs import read_song
    from .sounds import find_sound
    from .stem_sources import find_stems_of_take

    library = studio.existing_library
    mixes = [take for take in library.takes.list() if take.task == "mix"] if library else []
    found = []
    for number, take in enumerate(mixes):
        try:
            stems = yield from find_stems_of_take(take, studio)
        except (NotFound, BadInput) as error:
            yield note(f"take {take.id} is left out: {error.message}")
            continue
        mix = edits.to_stereo(files.read((yield from find_sound(take, studio))))
        sounds = {one.name: edits.to_stereo(one.sound) for one in stems}
        rng = np.random.Generator(np.random.PCG64([number, 3]))
        found.append(read_song(f"take {take.id}", find_style(take.caption) or "", (take.caption,), sounds, mix, rng))
    if not found:
        raise NotFound("the studio holds no mix whose stems can be had", remedy="mix some first: twin mix stems -o mix.flac")
    return tuple(found)


def _limit(plan: ProducerTrainPlan) -> float:
    return float("inf") if plan.minutes is None else 60 * plan.minutes


def _ship(
    net: ProducerNet, plan: ProducerTrainPlan, recipe: ProducerRecipe, reached: int, others: int, run: str
) -> TrainedProducer:
    """Write the weights, and say how it went."""
    from ..mixing.producer.model import save_producer
    from ..training.producer.training import FINISHED, epoch_of, read_epochs

    epochs = read_epochs(plan.folder / run / "log.jsonl", epoch_of(recipe, others))
    facts = {"revision": f"{recipe.songs} songs of the band, {others} others, {reached} steps", "losses": list(epochs[-1:])}
    weights = save_producer(net, plan.folder / FINISHED, facts)
    return TrainedProducer(weights, reached, recipe.schedule.steps, others, epochs)
