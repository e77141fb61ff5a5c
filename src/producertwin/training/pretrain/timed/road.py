"""The whole road to nano's weights within a budget of seconds: songs, codec, latents, codes, embedder, transformer, figures.

Songs are rendered by processes from the first second until the codec is done. Each phase ends at its own share of the budget,
with the running average of its weights, written at once (`results`). A later call with `resume` goes on: a finished codec stays
as it is, so that latents mean the same, and the transformer trains on from its weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from ....errors import Unavailable
from ....house_band.soundfont import check_soundfont
from ....model.nano import build
from ....model.nano.gliding_codec import GlidingCodec
from ....model.sampling.prompts import prompt_text
from ....model.sampling.request import Metas
from ....model.tasks import Task
from ....recipe import Record
from ....timebase import HOP
from ..embedder import EmbedderRecipe, build_embedder, embedder_losses
from ..gliding import normalise
from ..latents import LatentShards
from ..loop import PretrainSchedule
from ..nano import NanoRecipe, build_modules
from ..pool import SoundPool
from ..songs import SongPlan, render_share
from ..tokenizer import TokenizerRecipe, build_codes, tokenizer_losses
from . import results
from .codec import TimedCodecRecipe, mel_decibels, train_codec
from .latents import write_latents
from .nano import BatchSource, load_batches, train_nano, train_simply


class Shares(Record):
    """When each phase ends, as a share of the budget."""

    codec: float = 0.465
    latents: float = 0.52
    codes: float = 0.55
    embedder: float = 0.585
    first: float = 0.82
    steered: float = 0.975


GOING_ON = Shares(codec=0.25, latents=0.32, codes=0.34, embedder=0.36, first=0.37, steered=0.95)
"""When they end in a call that goes on with a finished codec: its time is only that of new songs."""


class TimedRecipe(Record):
    """Everything that decides the weights, apart from how fast the machine is."""

    shares: Shares = Shares()
    """When each phase ends."""
    seed: int = 18
    """Seed of the corpus."""
    song_seconds: float = 20.48
    """Length of the even songs; odd ones last twice as long."""
    workers: int = 14
    """Processes that render, and then cut batches."""
    pool_bytes: float = 4e10
    """Bytes of sound kept on the device; what is beyond stays in the machine's memory."""
    codec: TimedCodecRecipe = TimedCodecRecipe()
    """How the codec is trained."""
    sizes: tuple[tuple[str, int], ...] = ()
    """Sizes of the codec that differ from its own."""
    codes: TokenizerRecipe = TokenizerRecipe(batch=96)
    """How the 5 Hz codes are trained."""
    embedder: EmbedderRecipe = EmbedderRecipe(batch=192)
    """How the embedder is trained."""
    first: NanoRecipe = NanoRecipe(
        schedule=PretrainSchedule(steps=1_000_000, rate=1.6e-3, warmup=200, average=0.998),
        lengths=((128, 384, 0.35), (256, 192, 0.35), (512, 96, 0.20), (1000, 48, 0.10)),
    )
    """How the transformer is trained at first."""
    steered: NanoRecipe = NanoRecipe(
        schedule=PretrainSchedule(steps=1_000_000, rate=1.2e-3, warmup=50, average=0.998, seed=8),
        lengths=((128, 384, 0.25), (256, 192, 0.35), (512, 96, 0.25), (1000, 48, 0.15)),
        reference=0.3,
        terse=0.5,
        disguise=0.5,
    )
    """How it is trained on, to take timbre from references and words, and over longer crops."""


_SMALL = PretrainSchedule(steps=1_000_000, rate=1e-3, warmup=10)
SMALL = TimedRecipe(
    song_seconds=10.24,
    workers=1,
    codec=TimedCodecRecipe(batch=3, frames=16, critics_batch=2, bf16=False),
    sizes=(
        ("encoder_width", 32),
        ("encoder_depth", 1),
        ("decoder_width", 32),
        ("decoder_depth", 1),
        ("fine_width", 32),
        ("fine_depth", 1),
    ),
    codes=TokenizerRecipe(batch=4, frames=50, bf16=False),
    embedder=EmbedderRecipe(batch=6, bf16=False),
    first=NanoRecipe(schedule=_SMALL, lengths=((64, 4, 0.7), (128, 2, 0.3)), bf16=False),
    steered=NanoRecipe(schedule=_SMALL, lengths=((64, 4, 0.7), (128, 2, 0.3)), reference=0.0, disguise=0.5, bf16=False),
)
"""Small enough for a CPU in two minutes: it shows that the road is whole, and trains nothing worth hearing."""


@dataclass
class Road:
    """One call."""

    out: Path
    work: Path
    recipe: TimedRecipe
    budget: float
    device: torch.device
    soundfont: Path | None = None
    resume: Path | None = None
    tell: Callable[[str], None] = print
    began: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        if self.soundfont is not None:
            check_soundfont(self.soundfont)
        self.out.mkdir(parents=True, exist_ok=True)
        torch.backends.cudnn.benchmark = self.device.type == "cuda"
        self.log = results.RunLog(
            self.out, self.began, {"recipe": self.recipe.model_dump(mode="json"), "device": str(self.device)}
        )
        self.shares = GOING_ON if self._finished_codec() else self.recipe.shares

    def _finished_codec(self) -> bool:
        import json

        record = None if self.resume is None else self.resume / "record.json"
        return record is not None and record.is_file() and "codec_steps" in json.loads(record.read_text())

    def note(self, name: str, row: dict[str, Any]) -> None:
        """Tell a line and keep it."""
        seconds = round(time.time() - self.began, 1)
        shown = " ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        self.tell(f"{seconds:7.1f} s  {name}: {shown}")
        self.log.rows.append({"seconds": seconds, "of": name, **row})
        self.log.write()

    def until(self, share: float) -> float:
        """The time at which a phase ends."""
        return self.began + share * self.budget

    def _end_of_codes(self, share: float) -> float:
        """As `until`, but not before a fiftieth of the budget has gone from now: without codes there are no covers."""
        return max(self.until(share), time.time() + 0.02 * self.budget)

    def finish(self, **facts: Any) -> None:
        """Keep facts of a phase that is through."""
        self.log.facts |= facts
        self.note("done", facts)

    def run(self) -> None:
        """All phases."""
        pool = SoundPool(self.work / "songs", self.device, room=int(self.recipe.pool_bytes) if self.device.type != "cpu" else 0)
        with self._rendering(pool):
            codec = self._codec(pool)
        latents = self.work / "latents"
        songs = write_latents(codec, pool, latents, self.until(self.shares.latents))
        hours = pool.seconds / 3600
        self.finish(songs=songs, hours=round(hours, 2), soundfont=self.soundfont is not None)
        parts = self._nano(codec, latents)
        del parts
        self.finish(seconds=round(time.time() - self.began, 1))

    @contextmanager
    def _rendering(self, pool: SoundPool) -> Iterator[None]:
        """Processes that fill `pool` until the codec's time is over."""
        pool.folder.mkdir(parents=True, exist_ok=True)
        plan = SongPlan(pool.folder, self.recipe.seed + (self.resume is not None), self.soundfont, self.recipe.song_seconds)
        until, workers = self.until(self.shares.codec) - 1.0, self.recipe.workers
        context = get_context("spawn")
        processes = [
            context.Process(target=render_share, args=(plan, number, workers, until), daemon=True) for number in range(workers)
        ]
        for process in processes:
            process.start()
        pool.start()
        try:
            yield
        finally:
            for process in processes:
                process.join(max(0.1, until + 4 - time.time()))
                if process.is_alive():
                    process.terminate()
            pool.stop()

    def _codec(self, pool: SoundPool) -> GlidingCodec:
        """The codec, trained until its time and normalised; one that is finished already only waits for the songs."""
        until, torch_seed = self.until(self.shares.codec), self.recipe.codec.seed
        enough = min(300.0, 20 * self.recipe.song_seconds)
        while pool.seconds < enough and time.time() < until - 10:
            if not pool.facts and time.time() > self.began + max(90.0, 0.2 * self.budget):
                raise Unavailable("no song was rendered in the first minutes", remedy="see what the processes said above")
            time.sleep(0.2)
        if self.resume is not None and (self.resume / "codec.safetensors").is_file():
            model: GlidingCodec = results.read_codec(self.resume).to(self.device)
        else:
            with torch.random.fork_rng():
                torch.manual_seed(torch_seed)
                model = GlidingCodec(**dict(self.recipe.sizes))
            model = model.to(self.device)
        if self._finished_codec():
            results.write_codec(model, self.out)
            time.sleep(max(0.0, until - time.time()))
            self.finish(codec_steps=0, mel_decibels=mel_decibels(model, pool.by_kind["mix"][-8:], self.device))
            model.eval()
            return model
        if self.resume is not None:  # what was normalised is part of the weights' meaning, so training begins without
            model.latent_mean.zero_()
            model.latent_std.fill_(1.0)
        self.note("begin", {"codec": 1, "hours": pool.seconds / 3600})
        steps = train_codec(
            model.train(), pool, self.recipe.codec, until - 4, self.note, lambda: results.write_codec(model, self.out)
        )
        model.eval()
        normalise(model, pool.by_kind["mix"][:: max(1, len(pool.by_kind["mix"]) // 256)], self.device)
        results.write_codec(model, self.out)
        self.finish(codec_steps=steps, mel_decibels=mel_decibels(model, pool.by_kind["mix"][-8:], self.device))
        shipped: GlidingCodec = results.read_codec(self.out).to(self.device)  # latents are of the weights in half precision
        return shipped

    def _words(self, shards: LatentShards) -> Any:
        from transformers import PreTrainedTokenizerFast

        known = None if self.resume is None else self.resume / "tokenizer.json"
        if known is not None and known.is_file():
            words = PreTrainedTokenizerFast(
                tokenizer_file=str(known), pad_token=build.END, eos_token=build.END, padding_side="right"
            )
        else:
            texts = [prompt_text(c, Task.TEXT2MUSIC, (), Metas(), s["duration"]) for s in shards.songs for c in s["captions"]]
            words = build.build_tokenizer(texts)
        words.save_pretrained(self.work / "words")
        (self.out / "tokenizer.json").write_bytes((self.work / "words" / "tokenizer.json").read_bytes())
        return words

    def _nano(self, codec: GlidingCodec, latents: Path) -> results.Parts:
        """Codes, embedder and transformer."""
        shards = LatentShards(latents)
        words = self._words(shards)
        with torch.inference_mode():
            still = codec.encode(torch.zeros(1, 2, 64 * HOP, device=self.device)).latent_dist.mode()[0, :, 32].cpu()
        still = still.clone()
        recipe, silence = self.recipe, still.reshape(1, 1, -1).repeat(1, 8, 1)
        phases = []
        for settings, end in ((recipe.first, self.shares.first), (recipe.steered, self.shares.steered)):
            source = BatchSource(latents, self.work / "words", silence, settings, 1_000_000)
            phases.append((settings, load_batches(source, recipe.workers // 2), self.until(end)))
        parts = results.Parts(
            build_modules(words, still, settings.schedule.seed), build_codes(recipe.codes.schedule.seed),
            build_embedder(len(words), recipe.embedder.schedule.seed),
        )  # fmt: skip
        if self.resume is not None and (self.resume / "rest.safetensors").is_file():
            results.read_parts(parts, self.resume)
        for module in (parts.modules.all(), parts.codes.all(), parts.embedder):
            module.to(self.device)
        self._codes_and_embedder(parts, shards, words, still)

        def save() -> None:
            results.write_transformer(parts.modules.transformer, self.out)
            results.write_rest(parts, self.out)

        save()
        steps = train_nano(parts.modules, parts.codes, phases, self.note, save)
        save()
        self.finish(nano_steps=steps)
        return parts

    def _codes_and_embedder(self, parts: results.Parts, shards: LatentShards, words: Any, still: torch.Tensor) -> None:
        recipe = self.recipe
        losses = tokenizer_losses(parts.codes, shards, still, recipe.codes)
        span = (self._end_of_codes(self.shares.codes), recipe.codes.schedule.steps)
        steps = train_simply(parts.codes.all(), losses, recipe.codes.schedule.rate, 7, span, self.note, "codes")
        parts.codes.all().eval().requires_grad_(False)
        losses = embedder_losses(parts.embedder, words, shards, recipe.embedder)  # type: ignore[arg-type]
        span = (self._end_of_codes(self.shares.embedder), recipe.embedder.schedule.steps)
        more = train_simply(parts.embedder, losses, recipe.embedder.schedule.rate, 7, span, self.note, "embedder")
        self.finish(codes_steps=steps, embedder_steps=more)
