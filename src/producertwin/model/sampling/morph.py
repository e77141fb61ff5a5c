"""Flow-edit: a sound that is said to be one thing becomes another, without ever being noise (Kulikov et al. 2024, "FlowEdit").

After ACE-Step 1.5 `models/common/flow_edit*.py`. Two velocities are asked for at every level: one for the source under what it is
said to be, one for the sound as far as it has come under what it should be. Their difference, not either of them, is walked:
`z += (t' - t) · mean(v_target - v_source)`, where the source is noised to `t` by fresh noise and `z` by the same. The first
steps may be left out, which keeps more; after the last one the sound is noised once more and walks on under the target alone.
Each of the two has its own momentum of guidance and its own smoothing, which move on once a step. Conventions as in `flow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import flow
from .arrays import Array, library_of
from .guidance import add_momentum, project
from .networks import Predictor
from .take import PreparedTake
from .velocity import clamp, mix


def morph(model: Predictor, takes: Sequence[PreparedTake]) -> Iterator[Array]:
    """Yield the sound after every step, `(batch, frames, width)`."""
    schedule = model.schedule
    first, last, draws = schedule.ways.morph or (0, len(schedule.levels), 1)
    source = model.gather([take.noise if take.start is None else take.start for take in takes])
    around = model.gather([take.context.before_switch for take in takes])
    target = _Branch(model, model.cache_conditions([take.cond for take in takes]), around)
    as_it_is = [take.cond if take.cond_before_morph is None else take.cond_before_morph for take in takes]
    before = _Branch(model, model.cache_conditions(as_it_is), around)
    z = source
    for step, (t, following) in enumerate(zip(schedule.levels, (*schedule.levels[1:], 0.0), strict=True)):
        if step == last:
            z = z + t * (_draw_noise(model, takes) - source)
        if step >= last:
            z = flow.ode_step(z, target.steer([z], step)[0], t, following)
        elif step >= first:
            noised = [flow.add_noise(source, _draw_noise(model, takes), t) for _ in range(draws)]
            wanted = target.steer([z + one - source for one in noised], step)
            known = before.steer(noised, step)
            z = flow.ode_step(z, library_of(z).stack([a - b for a, b in zip(wanted, known, strict=True)]).mean(0), t, following)
        yield z


def _draw_noise(model: Predictor, takes: Sequence[PreparedTake]) -> Array:
    """Fresh noise for every take."""
    return model.gather([flow.noise(take.draw, *take.noise.shape[1:]) for take in takes])


@dataclass(slots=True)
class _Branch:
    """The model under one description."""

    model: Predictor
    conditions: Any
    around: Array
    average: Array | None = None
    """Momentum of the guidance."""
    before: Array | None = None
    """The velocity of the step before."""

    def steer(self, places: Sequence[Array], step: int) -> list[Array]:
        """The velocity at each of `places`, all at the level of `step`; momentum and smoothing move on by their mean."""
        schedule = self.model.schedule
        averages: list[Array] = []
        found: list[Array] = []
        for x in places:
            velocity, *rest = self.model.predict(x, step, self.around, self.conditions)
            for unconditional in rest:
                averages.append(add_momentum(velocity - unconditional, self.average))
                velocity = project(velocity, averages[-1], schedule.guidance)
            found.append(mix(clamp(velocity, x, schedule.ways.clamp), self.before, schedule.ways.ema))
        self.average = library_of(averages[0]).stack(averages).mean(0) if averages else self.average
        self.before = library_of(found[0]).stack(found).mean(0)
        return found
