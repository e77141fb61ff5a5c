"""Every way of sampling, number for number: the engine's walk against one written here from ACE-Step's formulas.

Golden values: `Reference` asks diffusers' transformer for velocities, one at a time, and does all the rest with numpy in float64:
guidance, clamp, smoothing, Euler's, Heun's and the SDE's steps, DCW by pairs of frames, in ACE-Step's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import noise_of
from numpy.typing import NDArray

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import Metas, Request, Sampling
from producertwin.model.sampling.take import prepare_take

Array = NDArray[np.float64]
ASKED = Request("lofi, rain", 1.4, 3, lyrics="la", metas=Metas(85, None, 4, "en"))
LEVELS = (1.0, 0.8, 0.55, 0.2)
FRAMES = 35


@dataclass
class Reference:
    """A walk by the formulas."""

    tiny: Instrument
    options: dict[str, Any]
    weight: float
    distilled: bool = False

    def __post_init__(self) -> None:
        take = prepare_take(self.tiny, make(replace(ASKED, sampling=Sampling(schedule=LEVELS, guidance=1.0)), self.tiny))
        self.told, self.around = take.cond, take.context.before_switch
        self.untold = self.tiny.condition_encoder.null_condition_emb.reshape(1, -1).expand_as(self.told)
        self.average: Array | None = None
        self.before: Array | None = None
        self.fresh = self.draw_fresh()

    def draw_fresh(self) -> Iterator[Array]:
        """The noises after the first one of the seed."""
        source = torch.Generator("cpu").manual_seed(ASKED.seed)
        torch.randn(1, FRAMES, self.tiny.width, generator=source)
        while True:
            yield torch.randn(1, FRAMES, self.tiny.width, generator=source)[0].double().numpy()

    def ask(self, x: Array, t: float, told: torch.Tensor) -> Array:
        at = torch.full((1,), t)
        with torch.inference_mode():
            found = self.tiny.transformer(torch.from_numpy(x)[None].float(), at, at, told[None], self.around, return_dict=False)
        return np.asarray(found[0][0].double())

    def guide(self, x: Array, t: float, *, arriving: bool) -> Array:
        low, high = self.options.get("guidance_interval", (0.0, 1.0))
        said = self.ask(x, t, self.told)
        if self.weight <= 1.0 or not low <= t <= high:
            return said
        unsaid = self.ask(x, t, self.untold)
        if self.options.get("guidance_mode") == "adg" and t > 0:
            return self.turn(x, t, said, unsaid)
        if arriving:
            return unsaid + self.weight * (said - unsaid)
        step = said - unsaid - (0.0 if self.average is None else 0.75 * self.average)
        self.average = step
        step = step * np.minimum(1.0, 2.5 / np.linalg.norm(step, axis=0))
        unit = said / np.linalg.norm(said, axis=0)
        return said + (self.weight - 1.0) * (step - (step * unit).sum(0) * unit)

    def turn(self, x: Array, t: float, said: Array, unsaid: Array) -> Array:
        found = np.empty_like(x)
        for i in range(len(x)):
            a, b = x[i] - t * said[i], x[i] - t * unsaid[i]
            angle = np.arccos(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1 + 1e-6, 1 - 1e-6))
            turned = np.clip((self.weight - 1 + 0.001) * angle, -3.14 / 6, 3.14 / 6)
            across = a - b - ((a - b) @ b) / (b @ b + 1e-8) * b
            found[i] = (x[i] - (np.cos(turned) * a + across * np.sin(turned) / np.sin(angle))) / t
        return found

    def shorten(self, velocity: Array, x: Array) -> Array:
        most = self.options.get("velocity_clamp", 0.0)
        return velocity * min(1.0, most * np.linalg.norm(x) / np.linalg.norm(velocity)) if most else velocity

    def correct(self, x: Array, clean: Array, t: float) -> Array:
        mode = self.options.get("dcw", "off")
        scale, high_scale = self.options.get("dcw_scale", 0.05), self.options.get("dcw_high_scale", 0.02)
        low = {"low": t * scale, "double": t * scale}.get(mode, 0.0)
        high = {"high": (1 - t) * scale, "double": (1 - t) * high_scale}.get(mode, 0.0)
        if mode == "pix":
            return x + scale * (x - clean)
        padded = np.concatenate([x - clean, np.zeros((len(x) % 2, x.shape[1]))])
        mean, half = (padded[::2] + padded[1::2]) / 2, (padded[::2] - padded[1::2]) / 2
        both = np.stack([low * mean + high * half, low * mean - high * half], 1).reshape(padded.shape)
        return x + both[: len(x)]

    def walk(self) -> Array:
        x, share = noise_of(ASKED.seed, FRAMES, self.tiny.width)[0].double().numpy(), self.options.get("velocity_ema", 0.0)
        sampler = self.options.get("sampler", "euler")
        for t, after in zip(LEVELS, (*LEVELS[1:], 0.0), strict=True):
            velocity = self.shorten(self.guide(x, t, arriving=False), x)
            if self.before is not None:
                velocity = (1 - share) * velocity + share * self.before
            went, clean = velocity, x - t * velocity
            if sampler == "heun" and not (self.distilled and after == 0.0):
                arrived = x - (t - after) * velocity
                second = self.shorten(self.guide(arrived, after, arriving=True), arrived)
                went = (velocity + (1 - share) * second + share * velocity) / 2
            moved = x - (t - after) * went
            if sampler == "sde" and after > 0:
                moved = after * next(self.fresh) + (1 - after) * clean
            self.before = went
            x = self.correct(moved, clean, t)
        return x


WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "heun": {"sampler": "heun"},
    "sde": {"sampler": "sde"},
    "interval": {"guidance_interval": (0.3, 0.9)},
    "interval of heun": {"guidance_interval": (0.3, 0.9), "sampler": "heun"},
    "adg": {"guidance_mode": "adg"},
    "adg of heun": {"guidance_mode": "adg", "sampler": "heun"},
    "clamp": {"velocity_clamp": 0.6},
    "clamp of heun": {"velocity_clamp": 0.6, "sampler": "heun"},
    "ema": {"velocity_ema": 0.3},
    "ema of heun": {"velocity_ema": 0.3, "sampler": "heun"},
    "dcw low": {"dcw": "low", "dcw_scale": 0.2},
    "dcw high": {"dcw": "high", "dcw_scale": 0.2},
    "dcw double": {"dcw": "double", "dcw_scale": 0.2, "dcw_high_scale": 0.3},
    "dcw pix": {"dcw": "pix", "dcw_scale": 0.1},
    "dcw of heun": {"dcw": "double", "dcw_scale": 0.2, "sampler": "heun"},
    "dcw of the sde": {"dcw": "double", "dcw_scale": 0.2, "sampler": "sde"},
    "all at once": {
        "sampler": "heun",
        "guidance_interval": (0.3, 1.0),
        "velocity_clamp": 0.8,
        "velocity_ema": 0.2,
        "dcw": "double",
    },
}


def play(instrument: Instrument, weight: float, **options: Any) -> Array:
    asked = replace(ASKED, sampling=Sampling(schedule=LEVELS, guidance=weight, **options))
    return engine.generate(instrument, [asked])[0].latents.astype(np.float64)


@pytest.mark.thorough
@pytest.mark.parametrize("weight", [1.0, 3.0])
@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_walked_as_the_formulas_say(tiny: Instrument, name: str, weight: float) -> None:
    options = WAYS[name]
    if weight == 1.0 and options.keys() & {"guidance_mode", "guidance_interval"}:
        with pytest.raises(BadInput, match="guidance 1 is none"):
            play(tiny, weight, **options)
        return
    found = play(tiny, weight, **options)
    assert np.abs(found - Reference(tiny, options, weight).walk()).max() <= 2e-4
    if options:
        assert np.abs(found - play(tiny, weight)).max() > 1e-3


def test_a_distilled_variant_ends_on_a_plain_step(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last step of Heun's is Euler's; and DCW is on where nobody says."""
    monkeypatch.setattr("producertwin.model.sampling.flow.snap_levels", tuple)
    turbo = replace(tiny, card=tiny.card.model_copy(update={"discrete": True, "guidance": 1.0}))
    heun = play(turbo, 1.0, sampler="heun", dcw="off")
    assert np.abs(heun - Reference(tiny, {"sampler": "heun"}, 1.0, distilled=True).walk()).max() <= 2e-4
    by_default = play(turbo, 1.0)
    assert np.abs(by_default - Reference(tiny, {"dcw": "double"}, 1.0).walk()).max() <= 2e-4
    assert np.array_equal(play(turbo, 1.0, dcw="off"), play(tiny, 1.0))


@pytest.mark.parametrize("options", [{"guidance_mode": "adg"}, {"guidance_interval": (0.2, 1.0)}])
def test_what_guides_is_refused_where_guidance_is_distilled(tiny: Instrument, options: dict[str, Any]) -> None:
    turbo = replace(tiny, card=tiny.card.model_copy(update={"name": "turbo", "discrete": True, "guidance": 1.0}))
    with pytest.raises(BadInput, match="turbo carries its guidance inside") as caught:
        play(turbo, 7.0, **options)
    assert caught.value.remedy
