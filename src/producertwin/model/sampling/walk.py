"""The walk from noise to music: one step per noise level, for the takes of one batch.

A step in ACE-Step's order: predictions, guidance, clamp, smoothing (`velocity`), the solver, DCW (`correction`), and what a
repaint keeps. Where an instrument is told a form, its guidance comes first. Conventions as in `flow`; `x` is
`(batch, frames, width)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..instrument import Card
from . import flow
from .arrays import Array, library_of
from .form import GUIDED_ABOVE
from .guidance import make_guidance
from .morph import morph
from .networks import AnyInstrument, Predictor, networks_of
from .take import PreparedTake
from .velocity import Steering


def walk(
    instrument: AnyInstrument, takes: Sequence[PreparedTake], *, compiled: bool = False, graphs: bool = True
) -> Iterator[Array]:
    """Yield `x` after every step; the last is the music's latents, `(batch, frames, width)`. The takes share their schedule."""
    schedule = takes[0].plan.schedule
    changing = schedule.ways.morph is not None  # a recording holds one condition
    model = networks_of(instrument).predict_along(schedule, len(takes), compiled=compiled, graphs=graphs and not changing)
    return morph(model, takes) if changing else _Walk(model, takes, instrument.card).run()


class _Walk:
    """Denoises one batch."""

    def __init__(self, model: Predictor, takes: Sequence[PreparedTake], card: Card) -> None:
        self.model, self.takes, self.card = model, takes, card
        self.schedule, self.ways = model.schedule, model.schedule.ways
        self.steering = Steering(make_guidance(self.ways.rule, self.schedule.guidance), self.ways.clamp, self.ways.ema)
        self.noise = model.gather([take.noise for take in takes])
        self.keeping = any(take.context.made is not None for take in takes)
        if self.keeping:
            library, noise = library_of(takes[0].noise), takes[0].noise
            ones, zeros = library.ones_like(noise[:, :, :1]), library.zeros_like(noise)
            made = [ones if take.context.made is None else take.context.made for take in takes]
            kept = [zeros if take.context.source is None else take.context.source for take in takes]
            self.made, self.kept = model.gather(made), model.gather(kept)
        self.formless: Array | None = None
        if any(take.context.formless is not None for take in takes):
            bare = [take.context.before_switch if take.context.formless is None else take.context.formless for take in takes]
            self.formless = model.gather(bare)

    def _keep(self, x: Array, t: float) -> Array:
        """`x` with the kept part of a repaint replaced by its source at noise level `t`."""
        return library_of(x).where(self.made > 0, x, flow.add_noise(self.kept, self.noise, t)) if self.keeping else x

    def _begin(self) -> Array:
        first = self.schedule.levels[0]
        starts = [take.noise if take.start is None else flow.add_noise(take.start, take.noise, first) for take in self.takes]
        x = self.model.gather(starts)
        return self._keep(x, first) if self.schedule.kept == len(self.schedule.levels) else x

    def _predict(self, x: Array, place: int, around: Array, conditions: Any) -> tuple[Array, ...]:
        """The model's velocities; what the form changes in the conditional one is added to it again, `form_guidance` times."""
        found = self.model.predict(x, place, around, conditions)
        if self.formless is None or self.schedule.levels_asked[place] < GUIDED_ABOVE:
            return found
        bare = self.model.predict_alone(x, place, self.formless, conditions)
        return (found[0] + self.card.form_guidance * (found[0] - bare), *found[1:])

    def _advance(self, x: Array, step: int, around: Array, conditions: Any) -> Array:
        """`x` after a step of the solver, corrected."""
        t, following = (*self.schedule.levels, 0.0)[step : step + 2]
        velocity = self.steering.steer(self._predict(x, step, around, conditions), x, t)
        if self.ways.sampler == "sde" and following > 0.0:
            frames, width = x.shape[1:]
            fresh = [flow.noise(take.draw, frames, width) for take in self.takes]
            moved = flow.sde_step(x, velocity, t, following, self.model.gather(fresh))
        else:
            moved = flow.ode_step(x, velocity, t, following)
        if self.ways.sampler == "heun" and not (self.card.discrete and following == 0.0):
            found = self._predict(moved, step + 1, around, conditions)
            moved = flow.ode_step(x, self.steering.steer_again(found, moved, following, velocity), t, following)
        if self.ways.correction is not None:
            moved = self.ways.correction(moved, flow.predict_clean(x, velocity, t), t)
        return moved

    def run(self) -> Iterator[Array]:
        """Yield `x` after every step."""
        conditions = self.model.cache_conditions([take.cond for take in self.takes])
        around = self.model.gather([take.context.before_switch for take in self.takes])
        x = self._begin()
        for step, following in enumerate((*self.schedule.levels[1:], 0.0)):
            if step == self.schedule.switch:
                conditions = self.model.cache_conditions([take.cond_after_switch for take in self.takes])
                around = self.model.gather([take.context.after_switch for take in self.takes])
            x = self._advance(x, step, around, conditions)
            if step < self.schedule.kept:
                x = self._keep(x, following)
            yield x
