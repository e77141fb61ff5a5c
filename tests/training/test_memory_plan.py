from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from producertwin.dataset.manifest import Row
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.differentiable import velocity
from producertwin.model.adapters.trainable import set_checkpointing, trainable
from producertwin.model.instrument import Instrument
from producertwin.model.variants import catalogue
from producertwin.model.variants.footprint import Footprint, footprint, footprint_of
from producertwin.model.variants.load import load
from producertwin.recipe import read
from producertwin.settings import Settings
from producertwin.training.lora.memory import ConditionSizes, adapter_weights, estimate, measure_conditions, propose
from producertwin.training.lora.recipe import LoraRecipe

FACTOR = 1.4
"""How far the reckoning of activations may be from the measured peak, either way."""
SIZES = ConditionSizes(tokens=120, lyrics=20, clips=3)
SETTINGS = Settings(studio=Path("nowhere"), device="cpu")


@pytest.fixture(scope="module")
def tiny() -> Instrument:
    return load("tiny", SETTINGS)


@pytest.fixture(scope="module")
def nano() -> Instrument:
    return load("nano", SETTINGS, dtype=torch.float32)


def recipe(adapter: dict[str, Any] | None = None, optimizer: dict[str, Any] | None = None, **training: Any) -> LoraRecipe:
    plan = {"steps": 10, "crop_seconds": 8.0, "batch": 2, "precision": "fp32"} | training
    parts = {"adapter": {"rank": 8} | (adapter or {}), "optimizer": optimizer or {}, "training": plan}
    return read(LoraRecipe, parts, where="test")


@pytest.mark.parametrize("targets", ["attention", "attention+mlp", "all-linear"])
@pytest.mark.parametrize("kind", ["lora", "dora", "lokr"])
def test_the_weights_of_an_adapter_are_counted_exactly(tiny: Instrument, kind: str, targets: str) -> None:
    for rank, encoders in ((1, ()), (5, ("lyric",)), (64, ("lyric", "timbre"))):
        spec = read(LoraSpec, {"kind": kind, "targets": targets, "rank": rank, "encoders": encoders}, where="test")
        made = trainable(tiny, spec, seed=0)
        try:
            expected = sum(weight.numel() for weight in made.parameters.values())
        finally:
            made.remove()
        assert adapter_weights(spec, footprint_of(tiny)) == expected


def test_a_variant_is_outlined_from_its_files_as_it_is_loaded(nano: Instrument) -> None:
    for name in ("nano", str(catalogue.NANO)):
        found, expected = footprint(catalogue.resolve(name, SETTINGS), SETTINGS), footprint_of(nano)
        assert found.parts == expected.parts
        assert found.linears("transformer") == expected.linears("transformer")
        own = {name: value for name, value in found.transformer.items() if not name.startswith("_")}
        assert own == {name: expected.transformer[name] for name in own}
    weights = sum(p.numel() * p.element_size() for part in expected.parts for p in getattr(nano, part).state_dict().values())
    assert expected.bytes == weights


def peak(instrument: Instrument, asked: LoraRecipe, tokens: int) -> int:
    """Bytes that a step of forward and backward takes at its height, its gradients left out."""
    made = trainable(instrument, asked.adapter, seed=0)
    set_checkpointing(instrument.transformer, asked.training.checkpointing)
    batch, frames = asked.training.batch, asked.training.crop_frames
    width, condition = instrument.width, instrument.condition_encoder.null_condition_emb.shape[-1]
    given = (torch.randn(batch, frames, width), torch.rand(batch), torch.randn(batch, frames, 2 * width))
    packed = torch.randn(batch, tokens, condition)
    try:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
            with torch.autocast("cpu", torch.bfloat16, enabled=asked.training.precision == "bf16"):
                found = velocity(instrument.transformer, *given, packed)
            torch.autograd.backward(found.float().square().mean())
    finally:
        set_checkpointing(instrument.transformer, False)
        made.remove()
    events = [event for event in profile.profiler.kineto_results.events() if event.name() == "[memory]"]
    height = most = 0
    for event in sorted(events, key=lambda one: one.start_ns()):
        height += event.nbytes()
        most = max(most, height)
    return most - 4 * sum(weight.numel() for weight in made.parameters.values())


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "long": ({}, {"crop_seconds": 24.0, "batch": 1}),
    "checkpointing": ({}, {"checkpointing": True, "crop_seconds": 16.0}),
    "attention": ({"targets": "attention"}, {}),
    "attention+mlp": ({"targets": "attention+mlp"}, {}),
    "high rank": ({"rank": 64}, {}),
    "dora": ({"kind": "dora"}, {}),
    "lokr": ({"kind": "lokr"}, {}),
    "dropout": ({"dropout": 0.1}, {}),
    "bf16": ({}, {"precision": "bf16"}),
}


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES)
def test_activations_are_reckoned_within_the_factor_on_nano(nano: Instrument, case: str) -> None:
    adapter, training = CASES[case]
    asked = recipe(adapter, **training)
    reckoned = estimate(asked, footprint_of(nano), SIZES).parts["activations"]
    assert 1 / FACTOR < reckoned / peak(nano, asked, SIZES.tokens) < FACTOR


@pytest.mark.thorough
def test_a_coarse_variant_takes_less_for_its_activations(nano: Instrument) -> None:
    instrument = load("nano", SETTINGS, dtype=torch.bfloat16)
    asked = recipe(precision="bf16")
    reckoned = estimate(asked, footprint_of(instrument), SIZES).parts["activations"]
    assert 1 / FACTOR < reckoned / peak(instrument, asked, SIZES.tokens) < FACTOR
    assert reckoned < estimate(asked, footprint_of(nano), SIZES).parts["activations"]


@pytest.mark.thorough
@pytest.mark.parametrize("crop", [4.0, 20.0])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_activations_are_reckoned_within_the_factor_on_tiny(tiny: Instrument, crop: float, checkpointing: bool) -> None:
    asked = recipe(crop_seconds=crop, checkpointing=checkpointing)
    reckoned = estimate(asked, footprint_of(tiny), SIZES).parts["activations"]
    assert 1 / FACTOR < reckoned / peak(tiny, asked, SIZES.tokens) < FACTOR


def test_the_other_parts_follow_from_the_count(tiny: Instrument) -> None:
    found = estimate(recipe(average=0.99), footprint_of(tiny), SIZES).parts
    count = adapter_weights(LoraSpec(rank=8), footprint_of(tiny))
    assert (found["adapter"], found["gradients"], found["running average"]) == (4 * count,) * 3
    assert found["optimizer"] == 8 * count
    assert found["words"] == 4 * 3 * 120 * 32
    lean = estimate(recipe(None, {"kind": "adamw8bit"}), footprint_of(tiny), SIZES).parts
    assert lean["optimizer"] == round(2.2 * count) and "running average" not in lean


def test_fp32_products_widen_coarse_weights_and_an_accelerator_keeps_no_words(tiny: Instrument) -> None:
    fine = footprint_of(tiny)
    coarse = replace(fine, types=dict.fromkeys(fine.types, torch.bfloat16), device=torch.device("cuda"))
    count = sum(p.numel() for p in tiny.transformer.state_dict().values())
    wide, narrow = (estimate(recipe(precision=kind), coarse, SIZES).parts for kind in ("fp32", "bf16"))
    assert wide["weights of the variant"] - narrow["weights of the variant"] == 2 * count
    assert not {"words", "checkpoint in the making"} & wide.keys()


@pytest.mark.parametrize(("base", "share"), [("int8", 0.26), ("nf4", 0.15)])
def test_a_quantised_base_saves_on_an_accelerator_and_is_kept_beside_the_other_on_a_cpu(
    tiny: Instrument, base: str, share: float
) -> None:
    plain, coarse = recipe(), recipe(base_precision=base)
    for device, saves in (("cuda", True), ("cpu", False)):
        shape = replace(footprint_of(tiny), device=torch.device(device))
        stored, made = (estimate(one, shape, SIZES).parts["weights of the variant"] for one in (plain, coarse))
        linears = shape.linears("transformer").items()
        blocks = 4 * sum(one[0] * one[1] for name, one in linears if name.startswith("layers."))
        assert 0 < made - (stored - blocks if saves else stored) < share * blocks * 1.2


def test_runs_that_began_before_bases_could_be_coarse_go_on(tiny: Instrument) -> None:
    assert "training.base_precision" not in recipe().identity
    assert recipe(base_precision="int8").identity["training.base_precision"] == "int8"


def test_what_fits_is_left_as_it_is(tiny: Instrument) -> None:
    assert propose(recipe(), footprint_of(tiny), SIZES, 10**12) == []


def proposals(outlined: Footprint, limit: Callable[[LoraRecipe], int], **adapter: Any) -> list[Any]:
    asked = recipe({"rank": 64} | adapter)
    return propose(asked, outlined, SIZES, limit(asked))


def test_checkpointing_is_proposed_first_and_the_rank_is_halved_after_it(nano: Instrument) -> None:
    outlined = footprint_of(nano)
    just_too_little = proposals(outlined, lambda asked: estimate(asked, outlined, SIZES).total)
    assert [one.change for one in just_too_little] == ["gradient checkpointing"]
    hopeless = proposals(outlined, lambda _: 1)
    assert [one.change for one in hopeless] == ["gradient checkpointing", "rank 32", "rank 16", "rank 8", "rank 4"]
    totals = [one.estimate.total for one in hopeless]
    assert totals == sorted(totals, reverse=True) and len(set(totals)) == 5


@pytest.mark.parametrize("rslora", [False, True])
def test_a_lower_rank_keeps_the_strength_of_the_change(tiny: Instrument, rslora: bool) -> None:
    last = proposals(footprint_of(tiny), lambda _: 1, alpha=32.0, rslora=rslora)[-1]
    assert last.recipe.adapter.scaling == pytest.approx(LoraSpec(rank=64, alpha=32.0, rslora=rslora).scaling)


def test_words_are_weighed_from_letters_and_an_instrumental_sings_none(tiny: Instrument) -> None:
    row = Row(track="t", producer="Ada", title="A", group="g", side="train", style="house", clips=("a", "b"), seconds=9.0,
              caption="x" * 60, lyrics="y" * 400, quality=90)  # fmt: skip
    found = measure_conditions([row, row], recipe(), tiny.card)
    assert (found.tokens, found.lyrics, found.clips) == (130 + 1 + 225, 225, 4)
    silent = recipe().model_copy(update={"data": recipe().data.model_copy(update={"instrumental": True})})
    assert measure_conditions([row], silent, tiny.card).lyrics == 25
    endless = row.model_copy(update={"lyrics": "y" * 99_999, "caption": "x" * 9_999})
    assert measure_conditions([endless], recipe(), tiny.card).tokens == tiny.card.text_tokens + 1 + tiny.card.lyric_tokens
