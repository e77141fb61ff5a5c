"""The pretraining of nano, one folder per run: audio -> codec -> latents -> transformer -> shipped weights.

    FOLDER/audio/     songs as sound, for the codec           `render`
    FOLDER/codec/     the codec's run, and `final/`           `codec`
    FOLDER/latents/   songs as latents, for the transformer   `encode`
    FOLDER/codes/     the 5 Hz tokenizer's run                `tokenizer`
    FOLDER/words/     nano's words                            `tokenizer`
    FOLDER/embedder/  the embedder's run                      `embedder`
    FOLDER/nano/      the transformer's run                   `nano`
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

from ...disk import write_whole
from ...errors import NotFound
from ...house_band.captions import vocabulary
from ...model.nano import build
from ...model.nano.codec import PASSING, NanoCodec
from ...model.nano.embedder_net import NanoEmbedder
from ...model.nano.gliding_codec import GlidingCodec
from ...model.nano.stored_codec import read_codec
from ...model.sampling.prompts import prompt_text
from ...model.sampling.request import Metas
from ...model.tasks import Task
from ...model.variants import catalogue
from ...progress import Steps
from ...recipe import Record
from ...timebase import HOP
from .codec import AudioShards, CodecRecipe, train_codec
from .corpus import CorpusRecipe, render_audio, render_latents
from .embedder import EmbedderRecipe, build_embedder, train_embedder
from .latents import LatentShards
from .loop import PretrainSchedule, load_average
from .nano import NanoRecipe, Words, build_modules, train_nano
from .tokenizer import TokenizerRecipe, build_codes, train_tokenizer


class PretrainRecipe(Record):
    """Everything that decides nano's weights."""

    corpus: CorpusRecipe = CorpusRecipe()
    """What is rendered."""
    codec: CodecRecipe = CodecRecipe()
    """How the codec is trained at first."""
    robust: CodecRecipe = CodecRecipe(schedule=PretrainSchedule(steps=700, rate=7e-4, warmup=30, average=0.99), noise=0.3)
    """How it is trained on, to bear the imprecise latents of a generator."""
    tonal: CodecRecipe = CodecRecipe(
        schedule=PretrainSchedule(steps=700, rate=7e-4, warmup=30, average=0.99), noise=0.3, tonality=0.5, decoder_only=True
    )
    """How its decoder is trained on, so that partials stand out from what is between them."""
    noises: CodecRecipe = CodecRecipe(
        schedule=PretrainSchedule(steps=1600, rate=7e-4, warmup=30, average=0.99, save_every=100),
        noise=0.3,
        tonality=0.5,
        levels=0.5,
        repetition=1.0,
        decoder_only=True,
    )
    """How its decoder is trained to the end, so that noise is played as noise and not as a buzz."""
    tokenizer: TokenizerRecipe = TokenizerRecipe()
    """How the 5 Hz codes of a cover's source are trained."""
    embedder: EmbedderRecipe = EmbedderRecipe()
    """How the embedder is trained."""
    nano: NanoRecipe = NanoRecipe()
    """How the transformer is trained at first."""
    steered: NanoRecipe = NanoRecipe(
        schedule=PretrainSchedule(steps=6000, rate=9e-4, warmup=200, average=0.999, save_every=400, seed=8),
        lengths=((128, 16, 0.45), (256, 8, 0.45), (512, 4, 0.10)),
        reference=0.3,
        terse=0.5,
        disguise=0.5,
    )
    """How it is trained on, to take timbre from references and words, and over longer crops."""

    def codec_phases(self) -> tuple[tuple[str, CodecRecipe], ...]:
        """The codec's phases in order, by the names of their folders."""
        return ("first", self.codec), ("robust", self.robust), ("tonal", self.tonal), ("noises", self.noises)

    def nano_phases(self) -> tuple[tuple[str, NanoRecipe], ...]:
        """The transformer's phases in order, by the names of their folders."""
        return ("first", self.nano), ("steered", self.steered)


FOREVER = float("inf")


def render(recipe: PretrainRecipe, folder: Path) -> Steps[int]:
    """Render the codec's songs."""
    return (yield from render_audio(recipe.corpus, folder / "audio"))


def codec(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the codec, then write it with its latents normalised to `codec/final`."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.codec.schedule.seed)
        model, step = NanoCodec(passing=PASSING), 0
    for phase, settings in recipe.codec_phases():
        run = folder / "codec" / phase
        step = yield from train_codec(settings, model, folder / "audio", run, stop_after=stop_after)
        if step < settings.schedule.steps:
            return step
        load_average(model, run, settings)
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


def _words(folder: Path) -> Any:
    from transformers import PreTrainedTokenizerFast

    home = folder / "words"
    if not (home / "tokenizer.json").exists():
        build.build_tokenizer(list(_texts(LatentShards(folder / "latents")))).save_pretrained(home)
    return PreTrainedTokenizerFast.from_pretrained(home)


@torch.inference_mode()
def silence_of(model: NanoCodec | GlidingCodec) -> torch.Tensor:
    """The codec's latent of silence, `(64,)`: a frame far from both ends."""
    still = torch.zeros(1, 2, 64 * HOP)
    frame: torch.Tensor = model.encode(still).latent_dist.mode()[0, :, 32].clone()
    return frame


def _final_codec(folder: Path) -> NanoCodec | GlidingCodec:
    home = folder / "codec" / "final"
    if not home.exists():
        raise NotFound(f"no finished codec in {home}", remedy="run `twin lab pretrain codec` first")
    return read_codec(home)


def tokenizer(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the 5 Hz tokenizer and detokenizer."""
    silence = silence_of(_final_codec(folder))
    work = train_tokenizer(recipe.tokenizer, silence, folder / "latents", folder / "codes", stop_after=stop_after)
    return (yield from work)


def embedder(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the embedder."""
    work = train_embedder(recipe.embedder, _words(folder), folder / "latents", folder / "embedder", stop_after=stop_after)
    return (yield from work)


def _finish(verb: str, module: torch.nn.Module, run: Path, recipe: TokenizerRecipe | EmbedderRecipe) -> None:
    """Give `module` the averaged weights of its run; raises `NotFound` when `verb` has not made all steps."""
    step, wanted = load_average(module, run, recipe), recipe.schedule.steps
    if step < wanted:
        raise NotFound(f"the {verb} has {step} of {wanted} steps", remedy=f"run `twin lab pretrain {verb}` first")


def _codes(recipe: PretrainRecipe, folder: Path) -> build.CodeModules:
    """The trained codes; refuses unfinished ones, since the transformer learns to read them."""
    codes = build_codes(recipe.tokenizer.schedule.seed)
    _finish("tokenizer", codes.all(), folder / "codes", recipe.tokenizer)
    codes.all().eval().requires_grad_(False)
    return codes


def _embedder(recipe: PretrainRecipe, folder: Path, words: Any) -> NanoEmbedder:
    """The trained embedder; refuses an unfinished one."""
    model = build_embedder(len(words), recipe.embedder.schedule.seed)
    _finish("embedder", model, folder / "embedder", recipe.embedder)
    return model


def transformer(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train transformer, condition encoder and words."""
    silence, codes, words = silence_of(_final_codec(folder)), _codes(recipe, folder), _words(folder)
    modules, shards, step = build_modules(words, silence, recipe.nano.schedule.seed), LatentShards(folder / "latents"), 0
    for phase, settings in recipe.nano_phases():
        run = folder / "nano" / phase
        step = yield from train_nano(settings, modules, codes, Words(words), shards, run, stop_after=stop_after)
        if step < settings.schedule.steps:
            return step
        load_average(modules.all(), run, settings)
    return step


def everything(recipe: PretrainRecipe, folder: Path) -> Steps[Path]:
    """Run every step, each from where it was stopped; return the folder of the weights."""
    for step in (render, codec, encode, tokenizer, embedder, transformer):
        yield from step(recipe, folder)
    return ship(recipe, folder)


def ship(recipe: PretrainRecipe, folder: Path, out: Path | None = None) -> Path:
    """Write the averaged weights of the newest checkpoints as a diffusers folder in half precision."""
    out = out or folder / "weights"
    words, model = _words(folder), _final_codec(folder)
    modules = build_modules(words, silence_of(model), recipe.nano.schedule.seed)
    step = sum(load_average(modules.all(), folder / "nano" / phase, settings) for phase, settings in recipe.nano_phases())
    if not step:
        raise NotFound(f"no transformer checkpoint in {folder / 'nano'}", remedy="run `twin lab pretrain nano` first")
    facts_of_training = {
        "revision": f"house band corpus {recipe.corpus.seed}, {step} steps",
        "licence": "Apache-2.0",
        "words": vocabulary(),
    }
    card = catalogue.VARIANTS["nano"].card.model_copy(update=facts_of_training)
    build.save(modules, _codes(recipe, folder), model, _embedder(recipe, folder, words), words, out, card)
    facts = {"step": step, "recipe": recipe.model_dump(mode="json")}
    write_whole(out / "training.json", json.dumps(facts, indent=1).encode())
    return out
