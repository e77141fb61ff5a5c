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

import torch

from ...disk import write_whole
from ...errors import NotFound
from ...house_band.captions import vocabulary
from ...house_band.soundfont import REMEDY, find_soundfont
from ...model.nano import build
from ...model.nano.codec import PASSING, NanoCodec
from ...model.nano.embedder_net import EMBEDDER, NanoEmbedder
from ...model.sampling.prompts import prompt_text
from ...model.sampling.request import Metas
from ...model.tasks import Task
from ...model.variants import catalogue
from ...model.variants.parts import open_codec
from ...progress import Message, Steps
from ...recipe import Record
from ...timebase import HOP
from .begin import Begin, load_nano, open_shipped_codec, read_shipped_words
from .codec import CodecRecipe, train_codec
from .corpus import CorpusRecipe, render_audio, render_latents
from .embedder import EmbedderRecipe, build_embedder, train_embedder
from .gliding import GlidingRecipe, begin_from, normalise, train_gliding
from .latents import LatentShards
from .loop import PretrainSchedule, load_average
from .nano import NanoRecipe, Words, build_modules, train_nano
from .pool import map_sounds
from .songs import SAMPLED
from .tokenizer import TokenizerRecipe, build_codes, train_tokenizer


class PretrainRecipe(Record):
    """Everything that decides nano's weights."""

    corpus: CorpusRecipe = CorpusRecipe()
    """What is rendered."""
    begin: Begin = "nothing"
    """What weights begin with: `nano` goes on from the shipped ones, the codec with its gliding phase."""
    soundfont: bool = True
    """Whether every song is played once more by sampled instruments, where a soundfont is at hand."""
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
    gliding: GlidingRecipe = GlidingRecipe()
    """How the gliding codec, begun from it, is trained."""
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

    def found_soundfont(self) -> Path | None:
        """The soundfont that plays along, if any."""
        return find_soundfont() if self.soundfont else None

    def codec_phases(self) -> tuple[tuple[str, CodecRecipe], ...]:
        """The codec's phases in order, by the names of their folders."""
        return ("first", self.codec), ("robust", self.robust), ("tonal", self.tonal), ("noises", self.noises)

    def nano_phases(self) -> tuple[tuple[str, NanoRecipe], ...]:
        """The transformer's phases in order, by the names of their folders."""
        return ("first", self.nano), ("steered", self.steered)


FOREVER = float("inf")
NORMALISING = 128
"""Mixes over which latents get mean 0 and deviation 1."""


def render(recipe: PretrainRecipe, folder: Path) -> Steps[int]:
    """Render the codec's songs, and say so where no soundfont is at hand that is asked for."""
    if recipe.soundfont and not recipe.found_soundfont():
        yield Message("warning", f"there is no soundfont: the band plays alone; for sampled instruments {REMEDY}")
    return (yield from render_audio(recipe.corpus, recipe.found_soundfont(), folder / "audio"))


def codec(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the codec, then write it with its latents normalised to `codec/final`. Returns the step of the phase reached."""
    if recipe.begin == "nano":
        model = open_shipped_codec()
    else:
        with torch.random.fork_rng():
            torch.manual_seed(recipe.codec.schedule.seed)
            model, step = NanoCodec(passing=PASSING), 0
        for phase, settings in recipe.codec_phases():
            run = folder / "codec" / phase
            step = yield from train_codec(settings, model, folder / "audio", run, stop_after=stop_after)
            if step < settings.schedule.steps:
                return step
            load_average(model, run, settings)
    gliding, anchor = begin_from(model)
    run = folder / "codec" / "gliding"
    step = yield from train_gliding(recipe.gliding, gliding, anchor, folder / "audio", run, stop_after=stop_after)
    if step == recipe.gliding.schedule.steps:
        load_average(gliding, run, recipe.gliding)
        gliding.eval()
        if recipe.begin == "nothing":  # else the latents keep the meaning that codes and transformer know
            normalise(gliding, map_sounds(folder / "audio").by_kind["mix"][:NORMALISING], torch.device("cpu"))
        gliding.save_pretrained(folder / "codec" / "final")
    return step


def encode(recipe: PretrainRecipe, folder: Path) -> Steps[int]:
    """Render the transformer's songs and keep their latents."""
    codec, latents = _home_of_codec(folder), folder / "latents"
    return (yield from render_latents(recipe.corpus, recipe.found_soundfont(), codec, latents))


def _texts(shards: LatentShards) -> Iterator[str]:
    for song in shards.songs:
        for caption in song["captions"]:
            yield prompt_text(caption, Task.TEXT2MUSIC, (), Metas(), song["duration"])


def _words(recipe: PretrainRecipe, folder: Path) -> Any:
    from transformers import PreTrainedTokenizerFast

    home = folder / "words"
    if not (home / "tokenizer.json").exists():
        shipped = recipe.begin == "nano"
        words = read_shipped_words() if shipped else build.build_tokenizer(list(_texts(LatentShards(folder / "latents"))))
        words.save_pretrained(home)
    return PreTrainedTokenizerFast.from_pretrained(home)


@torch.inference_mode()
def silence_of(model: Any) -> torch.Tensor:
    """The codec's latent of silence, `(64,)`: a frame far from both ends."""
    still = torch.zeros(1, 2, 64 * HOP)
    frame: torch.Tensor = model.encode(still).latent_dist.mode()[0, :, 32].clone()
    return frame


def _home_of_codec(folder: Path) -> Path:
    home = folder / "codec" / "final"
    if not home.exists():
        raise NotFound(f"no finished codec in {home}", remedy="run `twin lab pretrain codec` first")
    return home


def _begin_codes(recipe: PretrainRecipe) -> build.CodeModules:
    codes = build_codes(recipe.tokenizer.schedule.seed)
    if recipe.begin == "nano":
        load_nano(vars(codes))
    return codes


def _begin_embedder(recipe: PretrainRecipe, words: Any) -> NanoEmbedder:
    model = build_embedder(len(words), recipe.embedder.schedule.seed)
    if recipe.begin == "nano":
        load_nano({EMBEDDER: model})
    return model


def _begin_modules(recipe: PretrainRecipe, words: Any, silence: torch.Tensor) -> build.NanoModules:
    modules = build_modules(words, silence, recipe.nano.schedule.seed)
    if recipe.begin == "nano":
        load_nano(vars(modules))
    return modules


def tokenizer(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the 5 Hz tokenizer and detokenizer."""
    silence = silence_of(open_codec(_home_of_codec(folder)))
    codes, corpus, run = _begin_codes(recipe), folder / "latents", folder / "codes"
    return (yield from train_tokenizer(recipe.tokenizer, codes, silence, corpus, run, stop_after=stop_after))


def embedder(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train the embedder."""
    words, corpus, run = _words(recipe, folder), folder / "latents", folder / "embedder"
    model = _begin_embedder(recipe, words)
    return (yield from train_embedder(recipe.embedder, model, words, corpus, run, stop_after=stop_after))


def _finish(verb: str, module: torch.nn.Module, run: Path, recipe: TokenizerRecipe | EmbedderRecipe) -> None:
    """Give `module` the averaged weights of its run; raises `NotFound` when `verb` has not made all steps."""
    step, wanted = load_average(module, run, recipe), recipe.schedule.steps
    if step < wanted:
        raise NotFound(f"the {verb} has {step} of {wanted} steps", remedy=f"run `twin lab pretrain {verb}` first")


def _codes(recipe: PretrainRecipe, folder: Path) -> build.CodeModules:
    """The trained codes; refuses unfinished ones, since the transformer learns to read them."""
    codes = _begin_codes(recipe)
    _finish("tokenizer", codes.all(), folder / "codes", recipe.tokenizer)
    codes.all().eval().requires_grad_(False)
    return codes


def _embedder(recipe: PretrainRecipe, folder: Path, words: Any) -> NanoEmbedder:
    """The trained embedder; refuses an unfinished one."""
    model = _begin_embedder(recipe, words)
    _finish("embedder", model, folder / "embedder", recipe.embedder)
    return model


def transformer(recipe: PretrainRecipe, folder: Path, *, stop_after: float = FOREVER) -> Steps[int]:
    """Train transformer, condition encoder and words."""
    silence, codes, words = silence_of(open_codec(_home_of_codec(folder))), _codes(recipe, folder), _words(recipe, folder)
    modules, shards, step = _begin_modules(recipe, words, silence), LatentShards(folder / "latents"), 0
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
    """Write the averaged weights of the newest checkpoints as nano's folder (`build.save`)."""
    out = out or folder / "weights"
    words, model = _words(recipe, folder), open_codec(_home_of_codec(folder))
    modules = _begin_modules(recipe, words, silence_of(model))
    step = sum(load_average(modules.all(), folder / "nano" / phase, settings) for phase, settings in recipe.nano_phases())
    if not step:
        raise NotFound(f"no transformer checkpoint in {folder / 'nano'}", remedy="run `twin lab pretrain nano` first")
    sampled = any(SAMPLED in text for text in _texts(LatentShards(folder / "latents")))
    facts_of_training = {
        "revision": f"house band {'and soundfont ' if sampled else ''}corpus {recipe.corpus.seed}, {step} steps",
        "licence": "Apache-2.0",
        "form": True,
        "words": vocabulary() | (set(SAMPLED.split()) if sampled else set()),
    }
    card = catalogue.VARIANTS["nano"].card.model_copy(update=facts_of_training)
    build.save(modules, _codes(recipe, folder), model, _embedder(recipe, folder, words), words, out, card)
    facts = {"step": step, "recipe": recipe.model_dump(mode="json")}
    write_whole(out / "training.json", json.dumps(facts, indent=1).encode())
    return out
