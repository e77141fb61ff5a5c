"""Train the producer model: songs, sheets and three losses into weights, in minutes on two cores.

    FOLDER/songs.jsonl    songs of the band, in numbers
    FOLDER/sheets.jsonl   wordings of more of them
    FOLDER/run/           checkpoints and log of all three heads
    FOLDER/quality/       those of the quality head alone, which is trained on
    FOLDER/faust/         those of the desk head alone
    FOLDER/weights/       `model.safetensors` and `model.json`, as the package ships them

A stopped training goes on where it was: songs, sheets and steps that are there are not made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch
from torch.nn import functional as F

from ...errors import BadInput
from ...library.jsonl import mend, rows
from ...mixing.producer.grammar import questions_of
from ...mixing.producer.model import build_producer
from ...mixing.producer.net import ProducerNet
from ...mixing.producer.reading import read_texts
from ...progress import Clock, Steps
from ...recipe import GrowingRecord
from ..pretrain.loop import Losses, PretrainSchedule, load_average, train
from ..rng import StepRng
from .desks import draw_example
from .losses import DeskBatch, desk_loss, plan_loss, quality_loss
from .sheets import Sheet, compose_sheets, mark_stems, sheet_of
from .songs import Song, play_song, read_corpus

SONGS: Final = "songs.jsonl"
SHEETS: Final = "sheets.jsonl"
FINISHED: Final = "weights"
TOGETHER: Final = 128
"""Mixes of a step of the quality head alone."""
BLUR: Final = 0.1


class ProducerRecipe(GrowingRecord):
    """How the producer model is trained."""

    LATER: ClassVar[frozenset[str]] = frozenset({"encoder", "decoder"})

    schedule: PretrainSchedule = PretrainSchedule(steps=700, rate=2e-3, warmup=30, average=0.99, save_every=50, seed=21)
    """Optimizer and steps of all three heads."""
    finish: PretrainSchedule = PretrainSchedule(
        steps=2500, rate=1e-3, warmup=50, decay=0.05, average=0.99, save_every=500, seed=22
    )
    """Optimizer and steps of the quality head alone, behind them: its steps cost little, and it needs many."""
    songs: int = 200
    """Songs of the band that are played; none where 0."""
    sheets: int = 1200
    """Songs of the band that are composed only, for planning."""
    texts: int = 32
    """Wordings per step."""
    mixes: int = 32
    """Mixes per step, whole and spoilt."""
    desks: int = 10
    """Desks per step."""
    plan: float = 1.0
    """Weight of the planning loss."""
    quality: float = 4.0
    """Weight of the quality loss."""
    faust: float = 1.0
    """Weight of the loss of the desk's answers."""
    seed: int = 21
    """Seed of the songs."""
    encoder: str = ""
    """Language model that reads the captions, a folder or a repository; the net's own words where empty."""
    decoder: str = ""
    """Causal language model that answers the rows of desks; the net's own decoder where empty."""


def build_net(seed: int, encoder: str = "", decoder: str = "", models: Path | None = None) -> ProducerNet:
    """A fresh net. Raises as `build_producer` does."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_producer(encoder, decoder, models)


def play_songs(recipe: ProducerRecipe, folder: Path) -> Steps[tuple[Song, ...]]:
    """The band's songs, kept in `folder`; goes on after those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SONGS
    done = {song.name: song for song in read_corpus(path)}
    missing = [number for number in range(recipe.songs) if f"band {number}" not in done]
    clock = Clock("songs", recipe.songs)
    mend(path)
    with path.open("a", encoding="utf-8") as file:
        for number in missing:
            song = play_song(recipe.seed, number)
            file.write(song.line() + "\n")
            file.flush()
            done[song.name] = song
            yield clock.at(len(done))
    return tuple(song for name, song in done.items() if int(name.split()[1]) < recipe.songs)


def train_heads(
    recipe: ProducerRecipe,
    folder: Path,
    others: Sequence[Song] = (),
    *,
    stop_after: float = float("inf"),
    models: Path | None = None,
) -> Steps[tuple[ProducerNet, int]]:
    """Train all heads in `folder`, on the band's songs and on `others`; returns the net and the step that was reached.

    Language models are looked for in `models` too. Raises as `build_net` does, `BadInput` where there is nothing to learn from or
    the folder holds another recipe's training, `Diverged`.
    """
    net = build_net(recipe.schedule.seed, recipe.encoder, recipe.decoder, models)
    songs, sheets = yield from gather(recipe, folder, others)
    losses = heads_losses(net, songs, sheets, recipe)
    yield from train(net, losses, recipe.schedule, folder / "run", recipe=recipe, stop_after=stop_after)
    reached = load_average(net, folder / "run", recipe)
    if reached == recipe.schedule.steps:
        yield from finish_quality(net, songs, recipe, folder / "quality")
    return net, reached


def finish_quality(net: ProducerNet, songs: Sequence[Song], recipe: ProducerRecipe, folder: Path) -> Steps[int]:
    """Train the quality head of `net` alone, on mixes whose captions are read once; returns the step that was reached.

    Numbers are blurred by `BLUR` and half of the captions left out, so that it learns no song by heart.
    """
    with torch.inference_mode():
        whole = torch.cat([read_texts(net, [song.captions[0]]).whole for song in songs])
        unsaid = read_texts(net, [""]).whole[0]
    faults = [(place, fault) for place, song in enumerate(songs) for fault in song.faults]
    heard = torch.tensor([fault.heard for _, fault in faults])
    worth = torch.tensor([1 - fault.strength for _, fault in faults])
    owner = torch.tensor([place for place, _ in faults])
    whole, unsaid = whole.clone(), unsaid.clone()
    for name, weight in net.named_parameters():
        weight.requires_grad_(name.split(".")[0] in ("hear", "expect", "judge"))

    def losses(_step: int, draw: StepRng) -> Losses:
        chosen = torch.randint(len(faults), (TOGETHER,), generator=draw.torch)
        numbers = heard[chosen] + BLUR * torch.randn(heard[chosen].shape, generator=draw.torch)
        said = torch.rand(TOGETHER, 1, generator=draw.torch) < 0.5
        caption = torch.where(said, whole[owner[chosen]], unsaid)
        loss = F.mse_loss(net.assess_whole(numbers, caption), worth[chosen])
        return {"loss": loss, "quality": loss}

    yield from train(net, losses, recipe.finish, folder, recipe=recipe)
    reached = load_average(net, folder, recipe)
    net.requires_grad_(True)
    return reached


def train_desk(
    recipe: ProducerRecipe, folder: Path, net: ProducerNet, others: Sequence[Song] = (), *, stop_after: float = float("inf")
) -> Steps[int]:
    """Train the desk head of `net` alone, the rest as it is; returns the step that was reached. Raises as `train_heads` does."""
    songs, _ = yield from gather(recipe, folder, others)
    for name, weight in net.named_parameters():
        weight.requires_grad_(name.startswith("desk."))

    def losses(_step: int, draw: StepRng) -> Losses:
        faust = desk_loss(net, draw_desks(songs, recipe.desks, draw.numpy))
        return {"loss": faust, "faust": faust}

    yield from train(net, losses, recipe.schedule, folder / "faust", recipe=recipe, stop_after=stop_after)
    return load_average(net, folder / "faust", recipe)


def gather(recipe: ProducerRecipe, folder: Path, others: Sequence[Song]) -> Steps[tuple[tuple[Song, ...], tuple[Sheet, ...]]]:
    """What is learned from. Raises `BadInput` where that is nothing."""
    own = yield from play_songs(recipe, folder)
    composed = yield from compose_sheets(recipe.seed, recipe.songs, recipe.sheets, folder / SHEETS)
    songs = (*own, *(song for song in others for _ in range(max(1, len(own) // (4 * len(others))))))
    if not songs:
        raise BadInput("there is no song to learn from", remedy="name a folder of songs with their stems, or let the band play")
    return songs, (*composed, *map(sheet_of, songs))


def heads_losses(net: ProducerNet, songs: Sequence[Song], sheets: Sequence[Sheet], recipe: ProducerRecipe) -> Any:
    """The losses of a step."""

    def losses(_step: int, draw: StepRng) -> Losses:
        rng = draw.numpy
        chosen = [sheets[place] for place in rng.integers(len(sheets), size=recipe.texts)]
        marks = torch.tensor([mark_stems(sheet.stems) for sheet in chosen])
        plan = plan_loss(net, [thin(_pick(sheet.captions, rng), rng) for sheet in chosen], marks)
        heard = [songs[place] for place in rng.integers(len(songs), size=recipe.mixes)]
        faults = [_pick(song.faults, rng) for song in heard]
        words = [_pick(song.captions, rng) if rng.random() < 0.7 else "" for song in heard]
        numbers, targets = torch.tensor([one.heard for one in faults]), torch.tensor([1 - one.strength for one in faults])
        quality = quality_loss(net, words, numbers, targets)
        faust = desk_loss(net, draw_desks(songs, recipe.desks, rng))
        loss = recipe.plan * plan + recipe.quality * quality + recipe.faust * faust
        return {"loss": loss, "plan": plan, "quality": quality, "faust": faust}

    return losses


def draw_desks(songs: Sequence[Song], count: int, rng: np.random.Generator) -> DeskBatch:
    """Examples of desks, of songs drawn anew."""
    drawn = [draw_example(songs[place], rng) for place in rng.integers(len(songs), size=count)]
    return DeskBatch([one.text for one in drawn], [(questions_of(one.desk), one.stems) for one in drawn])


def thin(text: str, rng: np.random.Generator) -> str:
    """`text`, its tags in another order by chance, so that where a word stands says little."""
    tags = text.split(", ")
    if len(tags) < 3 or rng.random() < 0.5:
        return text
    return ", ".join(tags[place] for place in rng.permutation(len(tags)))


def epoch_of(recipe: ProducerRecipe, others: int) -> int:
    """Steps in which as many desks are drawn as there are songs."""
    return max(1, -(-(recipe.songs + others) // recipe.desks))


def read_epochs(log: Path, steps: int) -> tuple[dict[str, float], ...]:
    """The mean losses of every epoch of `steps` steps of the training that wrote `log`."""
    found = rows(log)
    names = [name for name in ("plan", "quality", "faust") if found and name in found[0]]
    parts = [found[start : start + steps] for start in range(0, len(found), steps)]
    return tuple({name: _mean([row[name] for row in part]) for name in names} for part in parts)


def _mean(values: Sequence[float | None]) -> float:
    """The mean of the values that are finite; NaN of none."""
    finite = [value for value in values if value is not None]
    return round(float(np.mean(finite)), 4) if finite else float("nan")


def _pick(among: Sequence[Any], rng: np.random.Generator) -> Any:
    return among[int(rng.integers(len(among)))]
