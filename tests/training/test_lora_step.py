"""Conditions as inference packs them, noise levels as the variant was trained with, and a loss that padding does not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lora_kit import encode, row_of, tiny

from producertwin.dataset.cache import EncodedCache
from producertwin.dataset.manifest import Row
from producertwin.library import Library, open_library
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.differentiable import velocity
from producertwin.model.adapters.trainable import trainable
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning
from producertwin.model.sampling.flow import schedule
from producertwin.model.sampling.prompts import build
from producertwin.model.sampling.request import Metas, Request
from producertwin.model.tasks import Task
from producertwin.settings import Settings
from producertwin.training.lora import conditions
from producertwin.training.lora.conditions import Conditions
from producertwin.training.lora.examples import Example, ExampleSampler, load_sources
from producertwin.training.lora.gradients import velocity_errors
from producertwin.training.lora.monitoring import validation_timesteps
from producertwin.training.lora.recipe import DataPlan, TaskShares, TrainingPlan
from producertwin.training.lora.step import (
    draw_noise,
    group_by_quarter,
    loss_weights,
    make_batch,
    sample_timesteps,
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return tiny()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(library: Library, instrument: Instrument, *rows: tuple[Row, int], crop: int = 20, **plan: Any) -> list[Example]:
    found = load_sources(EncodedCache(library, instrument), [encode(library, instrument, row, (frames,)) for row, frames in rows])
    examples = ExampleSampler(instrument, found, DataPlan(**plan), crop)
    return [examples.draw(one, rng()) for one in examples.sources]


def inference(instrument: Instrument, request: Request) -> torch.Tensor:
    with torch.no_grad():
        prompt = build(instrument.tokenizer, request, request.seconds)
        return conditioning.states(instrument, prompt, conditioning.timbre(instrument))


SUNG = {"lyrics": "[Verse]\nrain on the window", "language": "en"}


@pytest.mark.parametrize(
    ("plan", "more", "asked"),
    [
        ({}, {}, {}),
        ({}, SUNG, SUNG),
        ({"trigger": "mara"}, {}, {"caption": "mara, warm house number 1"}),
        ({"instrumental": True}, SUNG, {}),
        ({"tasks": TaskShares(text2music=0, repaint=1)}, {}, {"task": Task.REPAINT}),
        ({"drop_meta": 0.999}, {}, {"plain": True}),
    ],
    ids=["as encoded", "sung", "trigger", "instrumental", "repaint", "facts left out"],
)
def test_words_are_bit_for_bit_what_inference_hears(
    library: Library, instrument: Instrument, plan: dict[str, Any], more: dict[str, Any], asked: dict[str, Any]
) -> None:
    row = row_of(1, 30, **more)
    [example] = drawn(library, instrument, (row, 30), **plan)
    metas = Metas(language=asked.get("language", "unknown")) if "plain" in asked else example.source.metas()
    if plan.get("instrumental"):
        metas = Metas(metas.bpm, metas.key, metas.meter)
    request = Request(
        asked.get("caption", row.caption),
        1.2,
        0,
        asked.get("task", Task.TEXT2MUSIC),
        asked.get("lyrics", "[Instrumental]"),
        metas,
    )
    told = Conditions(instrument, DataPlan(**plan), trained=False).encode(example)
    assert torch.equal(told, inference(instrument, request))


def test_states_are_made_once_and_what_memory_is_not_meant_for_is_made_again(
    library: Library, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Counter[str]()
    packed = Conditions._pack

    def counted(self: Conditions, text: torch.Tensor, lyrics: torch.Tensor) -> torch.Tensor:
        asked["packed"] += 1
        return packed(self, text, lyrics)

    monkeypatch.setattr(Conditions, "_pack", counted)
    one, two = drawn(library, instrument, (row_of(1, 30), 30), (row_of(2, 30), 30))
    kept = Conditions(instrument, DataPlan(), trained=False)
    first = [kept.encode(example) for example in (one, two, one, two)]
    assert asked["packed"] == 2
    monkeypatch.setattr(conditions, "KEPT_BYTES", 1)
    small = Conditions(instrument, DataPlan(), trained=False)
    again = [small.encode(example) for example in (one, two, one, two)]
    assert asked["packed"] == 2 + 4
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_trained_encoder_is_asked_every_time_and_learns(library: Library) -> None:
    instrument = tiny()
    [example] = drawn(library, instrument, (row_of(1, 30), 30))
    frozen = Conditions(instrument, DataPlan(), trained=False).encode(example)
    assert not frozen.requires_grad
    adapter = trainable(instrument, LoraSpec(rank=2, encoders=("lyric",)), seed=1)
    try:
        told = Conditions(instrument, DataPlan(), trained=True)
        before = told.encode(example)
        assert torch.equal(before.detach(), frozen)
        torch.autograd.backward(before.sum())
        moved = [weight for name, weight in adapter.parameters.items() if "encoder" in name and weight.grad is not None]
        assert moved
        with torch.no_grad():
            for weight in moved:
                weight.add_(0.1)
        assert not torch.equal(told.encode(example), before)
    finally:
        adapter.remove()


def test_a_distilled_variant_hears_its_own_eight_levels_equally_often() -> None:
    instrument = tiny(discrete=True, steps=8, shift=3.0, guidance=1.0)
    known = [round(t, 4) for t in schedule(8, 3.0)]
    assert known == [1.0, 0.9545, 0.9, 0.8333, 0.75, 0.6429, 0.5, 0.3]
    found = sample_timesteps(800, instrument, TrainingPlan(steps=1), torch.Generator().manual_seed(1))
    assert Counter(round(t, 4) for t in found.tolist()) == dict.fromkeys(known, 100)
    assert [round(t, 4) for t in validation_timesteps(instrument, TrainingPlan(steps=1))] == known


def test_other_variants_hear_the_larger_of_two_logit_normal_levels(instrument: Instrument) -> None:
    draw = torch.Generator().manual_seed(1)
    found = sample_timesteps(20_000, instrument, TrainingPlan(steps=1), draw).sort().values
    two = torch.sigmoid(-0.4 + torch.randn(20_000, 2, generator=draw)).amax(1).sort().values
    assert float((found - two).abs().max()) < 0.03
    assert float((found[9_000:11_000] - two[9_000:11_000]).abs().max()) < 0.01


def test_mu_and_sigma_come_from_the_transformers_config(monkeypatch: pytest.MonkeyPatch, instrument: Instrument) -> None:
    plain = sample_timesteps(64, instrument, TrainingPlan(steps=1), torch.Generator().manual_seed(1))
    config = dict(instrument.transformer.config) | {"timestep_mu": 1.0, "timestep_sigma": 0.5}
    monkeypatch.setattr(type(instrument.transformer), "config", property(lambda _: config))
    moved = sample_timesteps(64, instrument, TrainingPlan(steps=1), torch.Generator().manual_seed(1))
    assert torch.allclose(torch.logit(moved), 1.0 + 0.5 * (torch.logit(plain) + 0.4), atol=1e-4)


def test_levels_of_a_step_are_spread_and_shuffled(instrument: Instrument) -> None:
    plan = TrainingPlan(steps=1, timesteps="shifted", shift=3.0)
    for seed in range(20):
        found = sample_timesteps(8, instrument, plan, torch.Generator().manual_seed(seed))
        place = found / (3 - 2 * found)
        assert sorted((place * 8).floor().long().tolist()) == list(range(8))
    orders = {
        tuple(sample_timesteps(4, instrument, plan, torch.Generator().manual_seed(s)).argsort().tolist()) for s in range(30)
    }
    assert len(orders) > 10


def test_min_snr_caps_the_weight_of_the_music_that_is_pointed_to() -> None:
    t = torch.tensor([0.05, 0.2, 0.5, 0.9, 1.0])
    ratio = ((1 - t) / t).square()
    expected = t.square() * ratio.clamp(max=5.0)
    assert torch.allclose(loss_weights(t, TrainingPlan(steps=1, weighting="min-snr")), expected, atol=1e-6)
    assert torch.equal(loss_weights(t, TrainingPlan(steps=1)), torch.ones(5))


def test_short_crops_and_short_words_beside_long_ones_cost_the_same_as_alone(library: Library, instrument: Instrument) -> None:
    examples = drawn(library, instrument, (row_of(1, 60), 60), (row_of(2, 14, caption="short"), 14), (row_of(3, 40), 40), crop=48)
    assert [len(one.target) for one in examples] == [48, 14, 40]
    t, told = torch.tensor([0.3, 0.6, 0.9]), Conditions(instrument, DataPlan(), trained=False)
    noises = [draw_noise(one, torch.Generator().manual_seed(at)) for at, one in enumerate(examples)]
    given = make_batch(examples, t, noises, told)
    assert given.mask is not None and given.lengths is not None
    with torch.no_grad():
        together = velocity_errors(instrument, given, bf16=False)
        alone = []
        for at, (one, noise) in enumerate(zip(examples, noises, strict=True)):
            part = make_batch([one], t[at : at + 1], [noise], told)
            assert part.mask is None and part.lengths is None
            alone.append(velocity_errors(instrument, part, bf16=False))
            x = (1 - t[at]) * one.target + t[at] * noise
            packed = told.encode(one)[None]
            level = t[at : at + 1]
            made = instrument.transformer(x[None], level, level, packed, one.context[None], return_dict=False)[0]
            assert torch.allclose(alone[-1], (made[0] - (noise - one.target)).square().mean(), rtol=1e-4)
    assert torch.allclose(together, torch.cat(alone), rtol=1e-4)


def test_the_null_condition_replaces_all_words(library: Library, instrument: Instrument) -> None:
    one, two = drawn(library, instrument, (row_of(1, 30), 30), (row_of(2, 30, caption="something else"), 30))
    t, told = torch.tensor([0.5, 0.5]), Conditions(instrument, DataPlan(), trained=False)
    noise = draw_noise(one, torch.Generator().manual_seed(1))
    given = make_batch([one, two], t, [noise, noise], told, [True, False])
    null = instrument.condition_encoder.null_condition_emb
    assert torch.equal(given.condition[0, 0], null[0, 0]) and given.mask is not None
    assert given.mask.sum(1).tolist() == [1, len(told.encode(two))]
    with torch.no_grad():
        ours = velocity(instrument.transformer, given.x_t, given.t, given.context, given.condition, given.mask)[0]
        many = null.expand(1, 9, -1)
        want = instrument.transformer(given.x_t[:1], t[:1], t[:1], many, given.context[:1], return_dict=False)[0][0]
    assert torch.allclose(ours, want, atol=1e-5)


def test_errors_are_told_by_quarters_of_noise_where_there_are_any() -> None:
    found = group_by_quarter(torch.tensor([0.1, 0.2, 0.6, 1.0]), torch.tensor([1.0, 3.0, 5.0, 7.0]))
    assert found == {"loss_0": 2.0, "loss_2": 5.0, "loss_3": 7.0}
