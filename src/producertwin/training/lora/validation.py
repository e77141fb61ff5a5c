"""Validation: the loss on the held-out side, on a grid of crops, noise levels and noises that never changes.

Every checkpoint, and every run of the same recipe on the same set, is asked exactly the same, so two losses may be compared. The
grid is drawn from the seed and a clip's place in the held-out side, never from the step.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...model.instrument import Instrument
from ..draws import draws
from . import timesteps
from .batches import Velocity, batch, by_quarter, errors, noise_of
from .conditions import Words
from .examples import Example, Examples, Source
from .recipe import LoraRecipe


class Validation:
    """What a validation hears. Falsy when nothing is held out."""

    def __init__(self, instrument: Instrument, found: Sequence[Source], recipe: LoraRecipe, words: Words) -> None:
        self.instrument, self.recipe, self.words = instrument, recipe, words
        plan = recipe.data.model_copy(update={"tasks": type(recipe.data.tasks)()})
        self.pairs: list[tuple[Example, float, torch.Tensor]] = []
        if not found:
            return
        examples = Examples(instrument, found, plan, recipe.training.crop_frames)
        for at, source in enumerate(_spread(examples.sources, recipe.data.validation_clips)):
            draw = draws(recipe.training.seed, at)
            example = examples.plain(source, draw.numpy)
            for t in timesteps.grid(instrument, recipe.training):
                self.pairs.append((example, t, noise_of(example, draw.torch)))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @torch.no_grad()
    def row(self, step: int, velocity: Velocity) -> dict[str, float]:
        """Mean loss over the grid, and over its quarters of noise levels."""
        t = torch.tensor([level for _, level, _ in self.pairs])
        found, size = [], self.recipe.training.batch
        for first in range(0, len(self.pairs), size):
            some = self.pairs[first : first + size]
            given = batch([one for one, *_ in some], t[first : first + size], [noise for *_, noise in some], self.words)
            found.append(errors(self.instrument, given, velocity, bf16=self.recipe.training.precision == "bf16").cpu())
        every = torch.cat(found)
        return {"step": step, "loss": float(every.mean())} | by_quarter(t, every)


def _spread(sources: Sequence[Source], most: int) -> list[Source]:
    """At most `most` of them, evenly over all."""
    count = min(most, len(sources))
    return [sources[at * len(sources) // count] for at in range(count)]
