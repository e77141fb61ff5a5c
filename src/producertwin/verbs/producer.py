"""The producer model in four functions: plan a production, make its stems, write their Faust, judge a mix.

    plan = plan_production("dark trap, heavy 808s, 140 bpm")
    stems = finish(generate_stems(plan, 20.0, studio))
    faust = generate_faust({"drums": drums, "bass": bass}, plan.text)
    quality = assess_quality(mix)

Sounds are float32 (2, n) at 48 kHz.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..mixing.producer.plan import PlannedStem, ProductionPlan, plan_production
from ..progress import Steps

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take
    from ..mixing.desk import Desk
    from ..mixing.producer.model import Producer
    from ..pipeline.stages import Lego
    from .rendering import Rendered
    from .studio import Studio

__all__ = [
    "GeneratedFaust",
    "PlannedStem",
    "ProductionPlan",
    "assess_quality",
    "generate_faust",
    "generate_stems",
    "plan_production",
]


@dataclass(frozen=True, slots=True)
class GeneratedFaust:
    """A desk that the model set, and its Faust."""

    desk: Desk
    source: str


def generate_stems(
    plan: ProductionPlan, seconds: float, studio: Studio, *, variant: str = "nano", seed: int = 0
) -> Steps[tuple[Rendered, ...]]:
    """Make every stem of `plan`, `seconds` long, in one tempo and key; each becomes a take.

    A song of the plan's words is played first, and each stem is played to it. Raises as `make` and `edit` do.
    """
    from ..pipeline.stages import Generate, Play, Prompt
    from .make import make

    prompt = Prompt(caption=plan.text, bpm=plan.bpm, key=plan.key)
    sketch = Generate(prompt=prompt, seconds=seconds, guide="band", play=Play(variant=variant, seed=seed))
    [song] = yield from make(sketch, studio)
    made = []
    for number, name in enumerate(plan.names):
        made.append((yield from play_stem(plan, name, song.take, studio, variant=variant, seed=seed + number)))
    return tuple(made)


def play_stem(
    plan: ProductionPlan, stem: str, song: Take | str, studio: Studio, *, variant: str = "nano", seed: int = 0
) -> Steps[Rendered]:
    """Play one stem of `plan` to `song`, a take or a file, in its tempo and key and as long. Raises as `edit` does."""
    from .edit import edit

    [done] = yield from edit(plan_stem(plan, stem, song, variant=variant, seed=seed), studio)
    return done


def plan_stem(plan: ProductionPlan, stem: str, song: Take | str, *, variant: str, seed: int) -> Lego:
    """The stage that plays `stem` to `song`. nano keeps no beat of its own: drums and percussion perform the band's sketch."""
    from ..pipeline.fields import GUIDED_STEMS
    from ..pipeline.stages import Lego, Play, Prompt

    name = song if isinstance(song, str) else song.id
    guide = "band" if stem in GUIDED_STEMS else "none"
    prompt = Prompt(caption=plan.text, bpm=plan.bpm, key=plan.key)
    return Lego.model_validate(
        {"source": name, "stem": stem, "prompt": prompt, "guide": guide, "play": Play(variant=variant, seed=seed)}
    )


def generate_faust(stems: Mapping[str, Samples], text: str = "", producer: Producer | None = None) -> GeneratedFaust:
    """The desk that `producer`, or the shipped one, sets for `stems`, by what each is called, as `text` asks, and its Faust.

    Raises `BadInput` for none or more than 12, `AudioRejected` for one that is not finite, `Unavailable`.
    """
    from ..mixing.faust import write_faust
    from ..mixing.producer.model import load_producer
    from ..mixing.stems import name_strips

    names = list(stems)
    desk = (producer or load_producer()).set_desk(names, name_strips(names), [*stems.values()], text)
    return GeneratedFaust(desk, write_faust(desk).source)


def assess_quality(mix: Samples, text: str = "", producer: Producer | None = None) -> float:
    """How good `mix` is, from 0 to 1, where 1 has none of the faults that the model learned; `text` says what it is meant to be.

    Raises `BadInput` for a sound that is empty, not finite or not of two channels, `Unavailable`.
    """
    from ..mixing.producer.model import load_producer

    return (producer or load_producer()).assess_quality(mix, text)
