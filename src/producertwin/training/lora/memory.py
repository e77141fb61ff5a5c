"""How much memory a recipe takes, estimated before anything is loaded.

Weights, adapter and optimizer follow from shapes and are exact: an adapter weight takes 4 bytes, as much for its gradient and its
running average, and 8 for AdamW's moments (2.2 where they are kept in 8 bits with their scales). Activations are what a block
keeps for its gradient: with hidden width h, queries q, keys k and inner width m, `11h + 8q + 4k + 4m` numbers per token, counted
from the block's own operations, and `3k` per token of the condition; under checkpointing only h per token of every block, and one
block whole. What a number takes, and what other kinds of adapter add, was measured on nano; a test compares the sum with the
measured peak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt, prod
from typing import Any, Final

import torch

from ...dataset.manifest import Row
from ...errors import Resources
from ...model.adapter_spec import LoraSpec
from ...model.adapters.quantised import quantised_bytes
from ...model.adapters.trainable import BLOCKS
from ...model.instrument import TIMBRE_FRAMES, Card
from ...model.variants.footprint import Footprint, footprint, free_bytes
from ...music import INSTRUMENTAL
from ...settings import Settings
from .conditions import KEPT_BYTES
from .plan import TrainTask
from .recipe import PATCH, LoraRecipe

MOMENTS: Final = {"adamw": 8.0, "adamw8bit": 2.2}
"""Bytes of optimizer state per adapter weight."""
KINDS: Final = {"lora": 1.0, "dora": 2.0, "lokr": 1.5}
"""Activations beside those of a plain adapter: DoRA and LoKr compute whole weights, and keep them."""
TARGETS: Final = {"attention": 0.8, "attention+mlp": 0.9, "all-linear": 1.0}
DROPOUT: Final = 0.5
"""What dropout adds: the dropped inputs of every layer, and its masks."""
FINE, MIXED, COARSE = 4.0, 4.4, 3.2
"""Bytes per kept number: all in fp32, products in bf16 of weights in fp32, and both in bf16, where some copies stay fine."""
SPARE: Final = 0.08
"""Part of the memory that is left to fragments and to what the driver needs."""
LEAST_RANK: Final = 4
_LETTERS: Final = 2
"""Fewest letters that a token stands for, as far as this estimate goes."""
_FIXED_TOKENS: Final = 100
"""What a prompt says besides its caption."""


@dataclass(frozen=True, slots=True)
class ConditionSizes:
    """How large the conditions of a training set are."""

    tokens: int
    """Longest condition, in tokens."""
    lyrics: int
    """Tokens of the longest lyric."""
    clips: int
    """Clips whose states are kept."""


def measure_conditions(rows: Sequence[Row], recipe: LoraRecipe, card: Card) -> ConditionSizes:
    """How large the conditions of `rows` are at most, from the letters of their words."""
    lyrics = ["" if recipe.data.instrumental or row.lyrics == INSTRUMENTAL else row.lyrics for row in rows]
    longest = max((len(one) for one in lyrics), default=0) // _LETTERS
    sung = min(card.lyric_tokens, longest + _FIXED_TOKENS // 4)
    text = min(card.text_tokens, max((len(row.caption) for row in rows), default=0) // _LETTERS + _FIXED_TOKENS)
    return ConditionSizes(text + 1 + sung, sung, sum(len(row.clips) for row in rows))


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes by what they hold."""

    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return sum(self.parts.values())

    def fits(self, limit: int) -> bool:
        """Whether a device with `limit` free bytes has room for it."""
        return self.total <= limit * (1 - SPARE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A recipe that takes less memory, and what was changed."""

    recipe: LoraRecipe
    estimate: MemoryEstimate
    change: str


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """How a task fits into the memory that is free."""

    estimate: MemoryEstimate
    free: int
    """Bytes free on the device."""
    changes: tuple[str, ...]
    """What was changed in the recipe so that it fits."""


def estimate(recipe: LoraRecipe, footprint: Footprint, conditions: ConditionSizes) -> MemoryEstimate:
    """Estimate what `recipe` takes on the outline's device."""
    count = adapter_weights(recipe.adapter, footprint)
    average = 4 * count if recipe.training.average else 0
    moments = round(MOMENTS[recipe.optimizer.kind] * count)
    parts = {
        "weights of the variant": footprint.bytes + _widening(recipe, footprint) + _quantising(recipe, footprint),
        "adapter": 4 * count,
        "gradients": 4 * count,
        "optimizer": moments,
        "running average": average,
        "activations": _activations(recipe, footprint, conditions),
    }
    if footprint.device.type == "cpu":  # what is kept beside an accelerator lies in the same memory
        width = int(footprint.condition_encoder["hidden_size"])
        parts["words"] = min(KEPT_BYTES, 4 * conditions.clips * conditions.tokens * width)
        parts["checkpoint in the making"] = 8 * count + average + moments
    return MemoryEstimate({name: size for name, size in parts.items() if size})


def propose(recipe: LoraRecipe, footprint: Footprint, conditions: ConditionSizes, limit: int) -> list[Proposal]:
    """What to change, one after the other, until `recipe` fits into `limit` bytes: checkpointing first, then half the rank.

    Empty where it fits as it is. The last one is the least that can be done, and may still not fit.
    """
    found: list[Proposal] = []
    if not estimate(recipe, footprint, conditions).fits(limit):
        for changed, change in _shrink(recipe):
            found.append(Proposal(changed, estimate(changed, footprint, conditions), change))
            if found[-1].estimate.fits(limit):
                break
    return found


def fit_task(task: TrainTask, settings: Settings, *, auto: bool) -> tuple[TrainTask, MemoryFit]:
    """Estimate the memory of `task`, and make its recipe smaller where it does not fit and `auto` allows.

    Raises `Resources`, with what would help, when it does not fit. A run that has begun is never changed.
    """
    shape, recipe = footprint(task.variant, settings), task.recipe
    conditions = measure_conditions(task.manifest.side("train"), recipe, task.variant.read_card())
    free = free_bytes(shape.device)
    needed, proposals = estimate(recipe, shape, conditions), propose(recipe, shape, conditions, free)
    if not proposals:
        return task, MemoryFit(needed, free, ())
    last, changes = proposals[-1], tuple(one.change for one in proposals)
    message = f"training needs about {needed.total / 1e9:.1f} GB, and {free / 1e9:.1f} GB of {shape.device} are free"
    if not last.estimate.fits(free):
        message = f"{message}; with {', '.join(changes)} it needs {last.estimate.total / 1e9:.1f} GB"
        raise Resources(message, remedy="close other programs, shorten training.crop_seconds, or train a smaller variant")
    if not auto or task.run is not None:
        begun = "resume it where more is free" if task.run is not None else f"add --auto-fit, which takes {', '.join(changes)}"
        raise Resources(message, remedy=f"{begun}, or shorten training.crop_seconds")
    return replace(task, recipe=last.recipe), MemoryFit(last.estimate, free, changes)


def adapter_weights(spec: LoraSpec, footprint: Footprint) -> int:
    """How many weights an adapter of this shape has."""
    ends = BLOCKS.get(spec.targets)
    chosen: list[tuple[int, int]] = []
    for part, within in (("transformer", ("",)), ("condition_encoder", tuple(f"{group}_encoder." for group in spec.encoders))):
        for name, shape in footprint.linears(part).items():
            blocks = ends is None or (".layers." in f".{name}" and name.endswith(tuple(f".{end}" for end in ends)))
            if within and name.startswith(within) and blocks:
                chosen.append(shape)
    return sum(_weights(spec, *shape) for shape in chosen)


def _weights(spec: LoraSpec, given: int, made: int) -> int:
    """Adapter weights on a linear layer of `given` inputs and `made` outputs."""
    if spec.kind != "lokr":
        return spec.rank * (given + made) + (made if spec.kind == "dora" else 0)
    (rows, height), (columns, width) = _factor(made), _factor(given)
    small = spec.rank < max(height, width) / 2
    return rows * columns + (spec.rank * (height + width) if small else height * width)


def _factor(size: int) -> tuple[int, int]:
    """The two factors of `size` that are nearest to each other, the smaller first."""
    small = next(factor for factor in range(isqrt(size), 0, -1) if size % factor == 0)
    return small, size // small


def _shrink(recipe: LoraRecipe) -> Iterator[tuple[LoraRecipe, str]]:
    """Variants of `recipe` that take less and less memory, each with what was changed last."""
    if not recipe.training.checkpointing:
        recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"checkpointing": True})})
        yield recipe, "gradient checkpointing"
    while recipe.adapter.rank > LEAST_RANK:
        old = recipe.adapter
        rank = max(LEAST_RANK, old.rank // 2)
        # The strength of the change is kept: alpha falls as the rank does.
        alpha = old.alpha * ((rank / old.rank) ** (0.5 if old.rslora else 1.0))
        recipe = recipe.model_copy(update={"adapter": old.model_copy(update={"rank": rank, "alpha": alpha})})
        yield recipe, f"rank {rank}"


def _quantising(recipe: LoraRecipe, footprint: Footprint) -> int:
    """Bytes that quantised weights take more: less than none on an accelerator, where the weights they stand for wait outside."""
    kind = recipe.training.base_precision
    if kind == "stored":
        return 0
    shapes = [shape for name, shape in footprint.linears("transformer").items() if f".{name}".startswith(".layers.")]
    itemsize = 4 if recipe.training.precision == "fp32" else footprint.types["transformer"].itemsize
    stored = 0 if footprint.device.type == "cpu" else itemsize
    return sum(quantised_bytes(shape, kind) - stored * shape[0] * shape[1] for shape in shapes)


def _widening(recipe: LoraRecipe, footprint: Footprint) -> int:
    """Bytes that the transformer's weights take more while products are in fp32."""
    less = 4 - footprint.types["transformer"].itemsize if recipe.training.precision == "fp32" else 0
    return less * sum(prod(shape) for shape in footprint.parts["transformer"].values())


def _activations(recipe: LoraRecipe, footprint: Footprint, conditions: ConditionSizes) -> int:
    training, spec = recipe.training, recipe.adapter
    mixed = MIXED if footprint.types["transformer"] is torch.float32 else COARSE
    number = FINE if training.precision == "fp32" else mixed
    more = KINDS[spec.kind] * TARGETS[spec.targets] + (DROPOUT if spec.dropout else 0.0)
    tokens = training.crop_frames // PATCH
    own, encoder = footprint.transformer, footprint.condition_encoder
    kept = _stack(recipe, own, int(own["num_hidden_layers"]), tokens, conditions.tokens)
    if "lyric" in spec.encoders:
        kept += _stack(recipe, encoder, int(encoder["num_lyric_encoder_hidden_layers"]), conditions.lyrics, 0)
    if "timbre" in spec.encoders:
        kept += _stack(recipe, encoder, int(encoder["num_timbre_encoder_hidden_layers"]), TIMBRE_FRAMES, 0)
    return round(number * training.batch * (more * kept + 2 * tokens**2))


def _stack(recipe: LoraRecipe, config: Mapping[str, Any], layers: int, tokens: int, beside: int) -> int:
    """Numbers that a stack of blocks keeps for a row of `tokens`, with `beside` tokens of condition."""
    size, hidden, rank = int(config["head_dim"]), int(config["hidden_size"]), recipe.adapter.rank
    queries, keys = size * int(config["num_attention_heads"]), size * int(config["num_key_value_heads"])
    block = tokens * (11 * hidden + 8 * queries + 4 * keys + 4 * int(config["intermediate_size"]) + 11 * rank)
    block += beside * (3 * keys + 2 * rank)
    blocks = layers * tokens * hidden + block if recipe.training.checkpointing else layers * block
    return blocks + beside * hidden
