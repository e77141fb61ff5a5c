"""Flow-edit against its formula.

Golden values: two small arrays under a constant difference of velocities, by hand; and whole walks on tiny, where diffusers'
transformer is asked for each velocity and numpy does the rest in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine, flow
from producertwin.model.sampling.morph import morph
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import InputSound, Metas, Morph, Request, Sampling, StartPoint
from producertwin.model.sampling.take import prepare_take
from producertwin.model.tasks import Task

SKETCH = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
LEVELS = (1.0, 0.8, 0.55, 0.2)
CHANGE = Morph(InputSound(latents=SKETCH), "slow piano", "la")
ASKED = Request(
    "fast guitar",
    1.6,
    3,
    lyrics="lo",
    metas=Metas(85, None, 4, "en"),
    sampling=Sampling(schedule=LEVELS, guidance=1.0),
    morph=CHANGE,
)


def latents(instrument: Instrument, request: Request) -> np.ndarray[Any, np.dtype[np.float64]]:
    return engine.generate(instrument, [request])[0].latents.astype(np.float64)


@dataclass
class Constant:
    """Stands for the model: the target's velocity is 1.5 more than the source's, wherever and whenever one asks."""

    schedule: Any

    def gather(self, parts: Any) -> torch.Tensor:
        return torch.cat(list(parts))

    def cache_conditions(self, conditions: Any) -> torch.Tensor:
        return conditions[0]  # type: ignore[no-any-return]

    def predict(self, x: torch.Tensor, _place: int, _around: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (torch.zeros_like(x) + conditions,)


@pytest.mark.parametrize(
    ("begin", "shift", "expected"), [(0.0, 1.0, (-0.5, 0.5)), (0.5, 1.0, (0.25, 1.25)), (0.5, 3.0, (-0.125, 0.875))]
)
def test_a_constant_difference_is_walked_from_the_first_step_on(
    tiny: Instrument, begin: float, shift: float, expected: tuple[float, float]
) -> None:
    """From (1, 2) in four steps: 1.5 times the way from the first level walked to 0."""
    change = replace(CHANGE, begin=begin, sound=InputSound(latents=np.array([[1.0, 2.0, 0.0, 0.0]] * 25, np.float32)))
    request = replace(ASKED, seconds=1.0, sampling=Sampling(steps=4, shift=shift, guidance=1.0), morph=change)
    take = prepare_take(tiny, make(request, tiny))
    told = replace(take, cond=torch.tensor(1.5), cond_before_morph=torch.tensor(0.0))
    *_, found = morph(Constant(take.plan.schedule), [told])  # type: ignore[arg-type]
    assert np.allclose(found[0, :, :2], expected, atol=1e-6)


class Reference:
    """The walk by its formula, with one guided model per description."""

    def __init__(self, tiny: Instrument, request: Request) -> None:
        self.tiny, self.request, self.take = tiny, request, prepare_take(tiny, make(request, tiny))
        self.source = torch.Generator("cpu").manual_seed(request.seed)
        self.averages: dict[str, Any] = {"target": None, "before": None}

    def draw(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return torch.randn(1, 40, 4, generator=self.source)[0].double().numpy()

    def ask(self, x: Any, t: float, told: torch.Tensor) -> Any:
        at = torch.full((1,), t)
        with torch.inference_mode():
            given = (torch.from_numpy(x)[None].float(), at, at, told[None], self.take.context.before_switch)
            return self.tiny.transformer(*given, return_dict=False)[0][0].double().numpy()

    def steer(self, name: str, places: list[Any], t: float) -> list[Any]:
        told = self.take.cond if name == "target" else self.take.cond_before_morph
        assert told is not None
        untold = self.tiny.condition_encoder.null_condition_emb.reshape(1, -1).expand_as(told)
        weight, averages, found = self.request.sampling.guidance, [], []
        assert weight is not None
        for x in places:
            said = self.ask(x, t, told)
            if weight > 1.0:
                step = said - self.ask(x, t, untold)
                if self.averages[name] is not None:
                    step = step - 0.75 * self.averages[name]
                averages.append(step)
                step = step * np.minimum(1.0, 2.5 / np.linalg.norm(step, axis=0))
                unit = said / np.linalg.norm(said, axis=0)
                said = said + (weight - 1.0) * (step - (step * unit).sum(0) * unit)
            found.append(said)
        if averages:
            self.averages[name] = np.mean(averages, 0)
        return found

    def walk(self) -> Any:
        change, sound = self.request.morph, SKETCH.astype(np.float64)
        assert change is not None
        first, last = int(len(LEVELS) * change.begin), int(len(LEVELS) * change.end)
        z = sound
        for step, (t, after) in enumerate(zip(LEVELS, (*LEVELS[1:], 0.0), strict=True)):
            if step < first:
                continue
            if step < last:
                noised = [(1 - t) * sound + t * self.draw() for _ in range(change.draws)]
                wanted = self.steer("target", [z + one - sound for one in noised], t)
                known = self.steer("before", noised, t)
                z = z + (after - t) * np.mean([a - b for a, b in zip(wanted, known, strict=True)], 0)
                continue
            if step == last:
                z = z + t * (self.draw() - sound)
            z = z + (after - t) * self.steer("target", [z], t)[0]
        return z


PHASES: dict[str, dict[str, Any]] = {
    "all steps": {},
    "later steps": {"begin": 0.5},
    "earlier steps": {"end": 0.5},
    "the middle": {"begin": 0.25, "end": 0.75},
    "two noises": {"draws": 2},
    "three noises in the middle": {"begin": 0.25, "end": 0.75, "draws": 3},
}


@pytest.mark.thorough
@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("name", PHASES)
def test_every_walk_is_the_formulas(tiny: Instrument, name: str, guidance: float) -> None:
    change = replace(CHANGE, **PHASES[name])
    request = replace(ASKED, morph=change, sampling=Sampling(schedule=LEVELS, guidance=guidance))
    assert np.abs(latents(tiny, request) - Reference(tiny, request).walk()).max() <= 3e-4


def test_the_same_words_change_nothing(tiny: Instrument) -> None:
    same = replace(CHANGE, caption=ASKED.caption, lyrics=ASKED.lyrics)
    assert np.abs(latents(tiny, replace(ASKED, morph=same)) - SKETCH).max() <= 1e-5
    assert np.abs(latents(tiny, ASKED) - SKETCH).max() > 1e-2


def test_words_are_heard_over_silence_codes_or_latents(tiny: Instrument) -> None:
    sound = CHANGE.sound
    cover = replace(ASKED, task=Task.COVER, source=sound)
    found = [latents(tiny, one) for one in (ASKED, cover, replace(cover, follow="latents"))]
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            assert np.abs(one - other).max() > 1e-3


def test_its_noise_is_that_of_the_seed_or_of_the_retake(tiny: Instrument) -> None:
    retaken = replace(ASKED, sampling=Sampling(schedule=LEVELS, guidance=1.0, retake_variance=0.5, retake_seed=9))
    assert np.array_equal(latents(tiny, retaken), latents(tiny, replace(ASKED, seed=9)))
    assert np.abs(latents(tiny, retaken) - latents(tiny, ASKED)).max() > 1e-3


def test_takes_of_a_batch_are_changed_each_for_itself(tiny: Instrument) -> None:
    asked = [ASKED, replace(ASKED, seed=8), replace(ASKED, morph=replace(CHANGE, caption="a choir that sings for a long time"))]
    for request, together in zip(asked, engine.generate(tiny, asked, max_batch=8), strict=True):
        assert np.abs(together.latents - latents(tiny, request)).max() <= 1e-5


REFUSED: dict[str, tuple[Request, str]] = {
    "no steps": (replace(ASKED, morph=replace(CHANGE, begin=0.5, end=0.5)), "0.5 to 0.5"),
    "backwards": (replace(ASKED, morph=replace(CHANGE, begin=0.9, end=0.2)), "0.9 to 0.2"),
    "no noise": (replace(ASKED, morph=replace(CHANGE, draws=0)), "0 noises"),
    "nameless": (replace(ASKED, morph=replace(CHANGE, caption=" ")), "what the sound is"),
    "foreign latents": (
        replace(ASKED, morph=replace(CHANGE, sound=InputSound(latents=np.zeros((25, 7), np.float32)))),
        "latents",
    ),
    "a start": (replace(ASKED, start=StartPoint(CHANGE.sound, 0.5)), "text2music changes no sound"),
    "a repaint": (replace(ASKED, task=Task.REPAINT, source=CHANGE.sound, windows=((0.1, 1.0),)), "repaint changes no sound"),
    "half a cover": (replace(ASKED, task=Task.COVER, source=CHANGE.sound, cover_strength=0.5), "cover strength"),
    "a cover from noise": (replace(ASKED, task=Task.COVER, source=CHANGE.sound, cover_noise=0.5), "cover noise strength"),
    "heun": (replace(ASKED, sampling=Sampling(sampler="heun")), "sampler heun"),
    "sde": (replace(ASKED, sampling=Sampling(sampler="sde")), "sampler sde"),
    "adg": (replace(ASKED, sampling=Sampling(guidance_mode="adg")), "guidance mode adg"),
    "dcw": (replace(ASKED, sampling=Sampling(dcw="low")), "DCW low"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_change_of_words_cannot_do_is_said(tiny: Instrument, name: str) -> None:
    request, named = REFUSED[name]
    with pytest.raises(BadInput, match=named) as caught:
        make(request, tiny)
    assert caught.value.remedy


def test_a_distilled_variant_changes_sounds_without_its_correction(tiny: Instrument) -> None:
    turbo = replace(tiny, card=tiny.card.model_copy(update={"discrete": True, "guidance": 1.0}))
    asked = replace(ASKED, sampling=Sampling(steps=8, shift=3.0))
    assert make(asked, turbo).schedule.ways.correction is None
    assert make(replace(asked, morph=None), turbo).schedule.ways.correction is not None
    assert make(asked, turbo).schedule.levels == flow.schedule(8, 3.0)
