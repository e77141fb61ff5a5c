"""The road to nano's weights, one folder per run: audio -> codec -> latents -> transformer -> shipped weights.

    FOLDER/audio/     songs as sound, for the codec           `render`
    FOLDER/codec/     the codec's run, and `final/`           `codec`
    FOLDER/latents/   songs as latents, for the transformer   `encode`
    FOLDER/nano/      the transformer's run, and `tokenizer/` `nano`
    FOLDER/clocked/, FOLDER/late/   its second and third phase
    FOLDER/weights/   what the package ships                  `ship`

Every verb continues where it was stopped and does nothing when its work is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import NotFound
from ...model import catalogue, nano
from ...model.nano_codec import NanoCodec
from ...model.prompts import prompt_text
from ...model.request import Metas
from ...model.tasks import Task
from ...progress import Steps
from ...recipe import Record
from ...timebase import HOP
from .codec import AudioShards, CodecRecipe, train_codec
from .corpus import CorpusRecipe, render_audio, render_latents
from .latents import LatentShards
from .loop import Schedule, averaged
from .nano import ClockedRecipe, LateRecipe, NanoRecipe, build_modules, train_nano


class PretrainRecipe(Record):
    """Everything that decides nano's weights."""

    corpus: CorpusRecipe = CorpusRecipe()
    """What is rendered."""
    codec: CodecRecipe = CodecRecipe()
    """How the codec is trained at first."""
    robust: CodecRecipe = CodecRecipe(schedule=Schedule(steps=700, rate=7e-4, warmup=30, average=0.99), noise=0.3)
    """How it is trained on, to bear the imprecise latents of a generator."""
    nano: NanoRecipe = NanoRecipe()
    """How the transformer is trained at first, over steady silence."""
    turns: tuple[int, int] = (2030, 1210)
    """Steps at which the first and the second phase end, in the middle of their plans."""
    clocked: ClockedRecipe = ClockedRecipe()
    """How it is trained on, over silence that counts time."""
    late: LateRecipe = LateRecipe()
    """How it is trained to the end, with much noise."""


VERBS = ("render", "codec", "encode", "nano", "ship")
PHASES = ("nano", "clocked", "late")
"""Folders of the transformer's training, in order."""
FOREVER = float("inf")


def render(recipe: PretrainRecipe, folder: Path) -> Steps[int]:
    """Render the codec's songs."""
    return (yield from render_audio(recipe.corpus, folder / "audio"))


def codec(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the codec, then write it with its latents normalised to `codec/final`."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.codec.schedule.seed)
        model, step = NanoCodec(), 0
    for phase, settings in (("first", recipe.codec), ("robust", recipe.robust)):
        run = folder / "codec" / phase
        step = yield from train_codec(settings, model, folder / "audio", run, stop_after=stop_after)
        if step < settings.schedule.steps:
            return step
        averaged(model, run, settings)
    finish_codec(model, folder)
    return step


@torch.inference_mode()
def finish_codec(model: NanoCodec, folder: Path, *, clips: int = 128) -> Path:
    """Write `model` to `codec/final`, its latents normalised over `clips` mixes of the audio corpus."""
    latents = []
    for shard in AudioShards(folder / "audio").mixes[: -(-clips // 16)]:
        for clip in shard:
            audio = torch.from_numpy(clip[:, : clip.shape[-1] // HOP * HOP].astype(np.float32) / 32768)
            latents.append(model.encode(audio[None]).latent_dist.mode()[0])
    every = torch.cat(latents, -1)
    model.latent_mean.copy_(every.mean(-1))
    model.latent_std.copy_(every.std(-1))
    model.save_pretrained(folder / "codec" / "final")
    return folder / "codec" / "final"


def encode(recipe: PretrainRecipe, folder: Path) -> Steps[int]:
    """Render the transformer's songs and keep their latents."""
    return (yield from render_latents(recipe.corpus, folder / "codec" / "final", folder / "latents"))


def _texts(shards: LatentShards) -> Iterator[str]:
    for song in shards.songs:
        for caption in song["captions"]:
            yield prompt_text(caption, Task.TEXT2MUSIC, (), Metas(), song["duration"])


def _tokenizer(folder: Path) -> Any:
    from transformers import PreTrainedTokenizerFast

    home = folder / "nano" / "tokenizer"
    if not (home / "tokenizer.json").exists():
        nano.build_tokenizer(list(_texts(LatentShards(folder / "latents")))).save_pretrained(home)
    return PreTrainedTokenizerFast.from_pretrained(home)


@torch.inference_mode()
def silence_of(model: NanoCodec) -> torch.Tensor:
    """The codec's latent of silence, `(64,)`: a frame far from both ends."""
    still = torch.zeros(1, 2, 64 * HOP)
    frame: torch.Tensor = model.encode(still).latent_dist.mode()[0, :, 32].clone()
    return frame


def _final_codec(folder: Path) -> NanoCodec:
    home = folder / "codec" / "final"
    if not home.exists():
        raise NotFound(f"no finished codec in {home}", remedy="run `twin pretrain codec` first")
    model: NanoCodec = NanoCodec.from_pretrained(home, low_cpu_mem_usage=False).eval()
    return model


def transformer(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train transformer, condition encoder and words, in three phases. Returns the step of the phase reached."""
    words, silence, corpus = _tokenizer(folder), silence_of(_final_codec(folder)), folder / "latents"
    modules = build_modules(words, silence, recipe.nano.schedule.seed)
    step = 0
    for name, settings, last in _phases(recipe):
        if name == "clocked":
            modules.condition_encoder.silence_latent = nano.counted(silence)
        step = averaged(modules.all(), folder / name, settings)
        if step < last:
            work = train_nano(settings, modules, words, corpus, folder / name, stop_after=stop_after)
            step = yield from _until(work, last)
            averaged(modules.all(), folder / name, settings)
        if step < last:
            break
    return step


def _phases(recipe: PretrainRecipe) -> tuple[tuple[str, NanoRecipe, int], ...]:
    """Folder, settings and last step of each phase of the transformer's training."""
    first, second = recipe.turns
    settings = (recipe.nano, recipe.clocked, recipe.late)
    return tuple(zip(PHASES, settings, (first, second, recipe.late.schedule.steps), strict=True))


def _until(work: Steps[int], last: int) -> Steps[int]:
    """Do `work`, and stop it, saved, at step `last`."""
    step = 0
    for event in work:
        step = event.done
        yield event
        if step >= last:
            work.close()
            break
    return step


def ship(recipe: PretrainRecipe, folder: Path, out: Path | None = None) -> Path:
    """Write the averaged weights of the newest checkpoints as a diffusers folder in half precision."""
    out = out or folder / "weights"
    tokenizer, model = _tokenizer(folder), _final_codec(folder)
    silence = silence_of(model)
    modules = build_modules(tokenizer, silence, recipe.nano.schedule.seed)
    step = averaged(modules.all(), folder / "late", recipe.late)
    if not step:
        raise NotFound(f"no transformer checkpoint in {folder / 'late'}", remedy="run `twin pretrain nano` first")
    modules.condition_encoder.silence_latent = nano.counted(silence)
    card = catalogue.VARIANTS["nano"].card.model_copy(
        update={"revision": f"house band corpus {recipe.corpus.seed}, {sum(recipe.turns) + step} steps", "licence": "Apache-2.0"}
    )
    nano.save(modules, model, tokenizer, out, card)
    (out / "training.json").write_text(
        json.dumps({"steps": [*recipe.turns, step], "recipe": recipe.model_dump(mode="json")}, indent=1), encoding="utf-8"
    )
    return out
