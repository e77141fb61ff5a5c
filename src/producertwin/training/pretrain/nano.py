"""Train nano's transformer, condition encoder and words together, by flow matching on the corpus latents.

`x_t = (1-t) x_0 + t noise`, the target is `v = noise - x_0` (Liu et al. 2022; Lipman et al. 2022), t is uniform, shifted
towards noise (Esser et al. 2024) and stratified over the batch, r = t, and the condition is dropped for the learned null
condition as classifier-free guidance needs. Prompts are those of inference; padding is masked in every attention.

The first phase learns music. The second learns whom to listen to: captions beside a reference leave most to it, and the sound of
a cover's source is disguised, so that timbre comes from the reference and the words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from ...model.adapters.differentiable import condition, velocity
from ...model.nano import build
from ...model.sampling.audio_codes import through_codes
from ...model.sampling.form import Sections
from ...model.sampling.metronome import metronome
from ...model.sampling.prompts import lyrics_text, prompt_text
from ...model.sampling.request import Metas
from ...model.sampling.singing import Sung, SungSyllable
from ...model.tasks import Task
from ...music import UNKNOWN, Key
from ...progress import Steps
from ...recipe import Record
from ..rng import StepRng
from .latents import Example, LatentShards, draw_example, pad
from .loop import Losses, PretrainSchedule, train

T = TypeVar("T")


class NanoRecipe(Record):
    """Settings of the transformer's training."""

    schedule: PretrainSchedule = PretrainSchedule(steps=6500, rate=1.3e-3, warmup=200, average=0.999, save_every=400)
    """Optimizer and steps."""
    lengths: tuple[tuple[int, int, float], ...] = ((128, 16, 0.65), (256, 8, 0.30), (512, 4, 0.05))
    """Latent frames per crop, crops per step, share of steps."""
    tasks: tuple[tuple[Task, float], ...] = (
        (Task.TEXT2MUSIC, 0.60),
        (Task.COVER, 0.10),
        (Task.REPAINT, 0.10),
        (Task.LEGO, 0.08),
        (Task.EXTRACT, 0.07),
        (Task.COMPLETE, 0.05),
    )
    """Share of each task."""
    drop_condition: float = 0.12
    """Share of examples under the null condition."""
    drop_meta: float = 0.08
    """Chance that bpm, key or meter is left out of a prompt."""
    quiet: float = 0.15
    """Share of prompts with a tempo whose metronome is not heard, and of songs whose form, or whose syllables, are not."""
    reference: float = 0.15
    """Share of examples that hear another passage of their song as a reference."""
    terse: float = 0.0
    """Share of captions beside a reference that leave most to it."""
    disguise: float = 0.0
    """Spread of what is added to each channel of a cover's source, in units of the channel's own."""
    shift: float = 3.0
    """Noise levels are uniform, shifted: half lie above .75, an eighth above .95, where tempo, key and style are decided."""
    bf16: bool = True
    """Compute in bfloat16."""


def metas_of(facts: dict[str, Any], rng: np.random.Generator, drop: float) -> Metas:
    """The metas of a song, some left out."""
    keep = rng.random(3) >= drop
    return Metas(
        bpm=facts["bpm"] if keep[0] else None,
        key=Key.parse(facts["key"]).plain if keep[1] else None,
        meter=facts["meter"] if keep[2] else None,
    )


def form_of(facts: dict[str, Any]) -> Sections:
    """The sections of a song."""
    return tuple((float(second), str(kind)) for second, kind in facts["sections"])


LANGUAGES = ("en", UNKNOWN)
"""What the lyric of a song that is sung says of its language."""


def syllables_of(facts: dict[str, Any]) -> Sung:
    """The syllables that are sung in a song."""
    return tuple(SungSyllable(*one) for one in facts.get("syllables", ()))


class Words:
    """Prompts to token ids."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def batch(
        self, examples: list[Example], told: list[Metas], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Text ids and mask, lyric ids and mask, of examples whose metas are `told`."""
        texts = []
        for example, metas in zip(examples, told, strict=True):
            seconds = float(rng.integers(5, 121))
            texts.append(prompt_text(example.caption, example.task, example.stems, metas, seconds))
        ids = self.tokenizer(texts)["input_ids"]
        languages = [LANGUAGES[int(rng.integers(2))] if example.lyrics else UNKNOWN for example in examples]
        sung = [lyrics_text(example.lyrics, language) for example, language in zip(examples, languages, strict=True)]
        lyrics = self.tokenizer(sung)["input_ids"]
        fill = self.tokenizer.pad_token_id
        return *pad(ids, fill), *pad(lyrics, fill)


def sources_of(examples: list[Example], counted: list[tuple[Metas, Sections, Sung]], silence: Tensor, disguise: Tensor) -> Tensor:
    """What each example hears, `(batch, frames, 64)`: its source, a cover's with its row of `disguise` `(batch, 64)` added.

    Silence that stands for no source carries the metronome, the form and the syllables of `counted`.
    """
    rows = []
    for example, (metas, form, sung), veil in zip(examples, counted, disguise, strict=True):
        frames, width = example.target.shape
        source = example.source
        if source is None:
            told = metronome(metas, frames, width, first=example.start, sections=form, sung=sung)
            source = silence[0, :1].expand(frames, -1) + torch.from_numpy(told)
        rows.append(source + veil if example.task is Task.COVER else source)
    return torch.stack(rows)


def context_of(heard: Tensor, covers: Tensor, masks: Tensor, silence: Tensor, codes: build.CodeModules) -> Tensor:
    """Context `(batch, frames, 128)`: what is `heard` (silence inside the mask of repaint), then `masks` `(batch, frames)`.

    The rows in `covers` hear their source through `codes`.
    """
    if len(covers):
        with torch.no_grad():
            still = silence[:, :1].expand(len(covers), 5, -1)
            coded = through_codes(codes.audio_tokenizer, codes.audio_token_detokenizer, heard[covers], still)
        heard = heard.index_copy(0, covers, coded)
    partly = (masks == 0).any(1)[:, None] & (masks > 0.5)
    heard = torch.where(partly[..., None], silence[0, 0], heard)
    return torch.cat([heard, masks[..., None].expand_as(heard)], -1)


def levels(count: int, recipe: NanoRecipe, draw: StepRng) -> Tensor:
    """One noise level per example, stratified: uniform, and shifted towards noise."""
    place = (torch.arange(count) + torch.rand(count, generator=draw.torch)) / count
    order = torch.randperm(count, generator=draw.torch)
    return (recipe.shift * place / (1 + (recipe.shift - 1) * place))[order]


def draw_disguises(count: int, width: int, recipe: NanoRecipe, draw: StepRng) -> Tensor:
    """The noise that disguises each cover's source, `(count, width)`; every other source stays as it is."""
    if not recipe.disguise:
        return torch.zeros(count, width)
    hidden = torch.rand(count, 1, generator=draw.torch) < 0.5
    return torch.where(hidden, recipe.disguise * torch.randn(count, width, generator=draw.torch), torch.zeros(()))


@dataclass(frozen=True)
class NanoBatch:
    """What is drawn for one step, on the CPU: everything but the noise."""

    target: Tensor
    """`(batch, frames, 64)`."""
    heard: Tensor
    """Of `sources_of`."""
    covers: Tensor
    """Rows that are covers."""
    masks: Tensor
    """Where music is to be made, `(batch, frames)`."""
    levels: Tensor
    """Noise level of each example."""
    dropped: Tensor
    """Which examples stand under the null condition."""
    words: tuple[Tensor, Tensor, Tensor, Tensor]
    """Of `Words.batch`."""
    references: Tensor
    """`(references, frames, 64)`."""
    referring: tuple[int, ...]
    """The examples that have them."""

    def _each(self, change: Callable[[Tensor], Tensor]) -> NanoBatch:
        changed: dict[str, Any] = {name: change(value) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return replace(self, **changed, words=tuple(change(part) for part in self.words))  # type: ignore[arg-type]

    def pin_memory(self) -> NanoBatch:
        """The same in pinned memory, from which a GPU fetches beside its work."""
        return self._each(lambda part: part.pin_memory() if part.numel() else part)

    def to(self, device: torch.device) -> NanoBatch:
        """The same on a device."""
        return self._each(lambda part: part.to(device, non_blocking=True))


def draw_batch(shards: LatentShards, words: Words, silence: Tensor, recipe: NanoRecipe, draw: StepRng) -> NanoBatch:
    """One step's examples; `silence` is `(1, frames, 64)`."""
    shares = np.array([share for *_, share in recipe.lengths])
    frames, count, _ = recipe.lengths[int(draw.numpy.choice(len(shares), p=shares / shares.sum()))]
    examples = [
        draw_example(shards, draw.numpy, frames, dict(recipe.tasks), reference=recipe.reference, terse=recipe.terse)
        for _ in range(count)
    ]
    told = [metas_of(e.facts, draw.numpy, recipe.drop_meta) for e in examples]

    def hear(what: T, otherwise: T) -> T:
        return what if draw.numpy.random() >= recipe.quiet else otherwise

    counted = [
        (hear(metas, Metas()), hear(form_of(e.facts), ()), hear(syllables_of(e.facts), ()))
        for metas, e in zip(told, examples, strict=True)
    ]
    given = [e.reference for e in examples if e.reference is not None]
    return NanoBatch(
        target=torch.stack([e.target for e in examples]),
        heard=sources_of(examples, counted, silence, draw_disguises(count, silence.shape[-1], recipe, draw)),
        covers=torch.tensor([row for row, e in enumerate(examples) if e.task is Task.COVER], dtype=torch.long),
        masks=torch.stack([e.mask for e in examples]),
        levels=levels(count, recipe, draw),
        dropped=torch.rand(count, generator=draw.torch) < recipe.drop_condition,
        words=words.batch(examples, told, draw.numpy),
        references=torch.stack(given) if given else torch.zeros(0, 1, silence.shape[-1]),
        referring=tuple(row for row, e in enumerate(examples) if e.reference is not None),
    )


def batch_losses(modules: build.NanoModules, codes: build.CodeModules, batch: NanoBatch, noise: Tensor, *, bf16: bool) -> Losses:
    """The loss of one batch whose target gets `noise`; computed where the noise is."""
    device, batch = noise.device, batch.to(noise.device)
    target, t, masks = batch.target, batch.levels, batch.masks
    x = torch.lerp(target, noise, t[:, None, None])
    silence = modules.condition_encoder.silence_latent
    context = context_of(batch.heard, batch.covers, masks, silence, codes)
    given = dict(zip(batch.referring, batch.references, strict=True))
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        references = [given.get(row) for row in range(len(target))]
        packed, mask = condition(modules.text_encoder, modules.condition_encoder, batch.words, references)
        packed = torch.where(batch.dropped[:, None, None], modules.condition_encoder.null_condition_emb, packed.float())
        made = velocity(modules.transformer, x, t, context, packed, mask).float()
    error = (made - (noise - target)).square().mean((1, 2))
    found, high = error.detach(), (t >= 0.5).float()
    return {"loss": error.mean(), "low": _mean_where(found, 1 - high), "high": _mean_where(found, high)}


def _mean_where(values: Tensor, counts: Tensor) -> Tensor:
    """The mean over what counts; over all where nothing does."""
    some = counts.sum()
    return torch.where(some > 0, (values * counts).sum() / some.clamp(min=1), values.mean())


def nano_losses(
    modules: build.NanoModules, codes: build.CodeModules, words: Words, shards: LatentShards, recipe: NanoRecipe
) -> Callable[[int, StepRng], Losses]:
    """The loss of one step."""

    def losses(_step: int, draw: StepRng) -> Losses:
        batch = draw_batch(shards, words, modules.condition_encoder.silence_latent, recipe, draw)
        noise = torch.randn(batch.target.shape, generator=draw.torch)
        return batch_losses(modules, codes, batch, noise, bf16=recipe.bf16)

    return losses


def build_modules(tokenizer: Any, silence: Tensor, seed: int) -> build.NanoModules:
    """Fresh modules with the codec's silence in place."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        modules = build.build(len(tokenizer))
        build.initialise(modules, tokenizer)
    modules.condition_encoder.register_buffer("silence_latent", silence.reshape(1, 1, -1).repeat(1, 8, 1).clone())
    return modules


def train_nano(
    recipe: NanoRecipe,
    modules: build.NanoModules,
    codes: build.CodeModules,
    words: Words,
    shards: LatentShards,
    folder: Path,
    *,
    stop_after: float = float("inf"),
) -> Steps[int]:
    """Train `modules` on `shards`; the run lives in `folder`."""
    losses = nano_losses(modules, codes, words, shards, recipe)
    return (yield from train(modules.all(), losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))
