"""A training step on a CUDA device: finite, learning, and the same whether blocks are checkpointed or compiled."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import pytest
import torch

from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.trainable import release, set_checkpointing, trainable
from producertwin.model.cuda_graphs import NoCudaGraph
from producertwin.model.instrument import Instrument
from producertwin.model.variants.tiny import build
from producertwin.training import optimizer
from producertwin.training.lora.gradients import Batch, Gradients

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("default"),  # torch's compiler warns of torch's own ways
]

SPEC = LoraSpec(rank=4, alpha=8.0, targets="all-linear")


def losses(
    instrument: Instrument, steps: int, *, again: bool = False, compiled: bool = False, graphs: bool = False, batches: int = 1
) -> list[float]:
    """Of a fresh adapter that learns one batch, or as many, under bfloat16."""
    draw, width = torch.Generator("cuda").manual_seed(1), instrument.width
    hidden = instrument.transformer.condition_embedder.in_features
    x, context, packed, target = (
        torch.randn(shape, generator=draw, device="cuda")
        for shape in ((2, 100, width), (2, 100, 2 * width), (2, 40, hidden), (2, 100, width))
    )
    given = Batch(x, torch.tensor([0.3, 0.8], device="cuda"), target, context, packed, None, None)
    adapter = trainable(instrument, SPEC, seed=0)
    set_checkpointing(instrument.transformer, again, compiled=compiled, random=False)
    found = []
    try:
        learner = optimizer.adamw(adapter.parameters, 1e-2, 0.0)
        gradients = Gradients(instrument, SPEC, adapter.parameters, 2 * batches, bf16=True, graphs=graphs)
        for _ in range(steps):
            parts = [replace(given, target=(1 + at) * target) for at in range(batches)]
            loss = sum(float(gradients.add(part, torch.ones(2, device="cuda")).loss) for part in parts)
            assert math.isfinite(float(optimizer.clip(adapter.parameters, 1.0)))
            learner.step()
            learner.zero_grad(set_to_none=True)
            found.append(loss)
        assert bool(gradients.recordings) == graphs
    finally:
        release(instrument.transformer)
        adapter.remove()
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_learns_and_the_instrument_stays_as_it_is(dtype: torch.dtype) -> None:
    tiny = build(torch.device("cuda"), dtype)
    before = {name: weight.clone() for name, weight in tiny.transformer.state_dict().items()}
    found = losses(tiny, 30)
    assert all(map(math.isfinite, found))
    assert found[-1] < 0.9 * found[0]
    after = tiny.transformer.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_checkpointed_blocks_learn_the_same() -> None:
    tiny = build(torch.device("cuda"), torch.bfloat16)
    assert losses(tiny, 5, again=True) == pytest.approx(losses(tiny, 5), rel=1e-2)


@pytest.mark.parametrize("again", [False, True])
def test_compiled_blocks_learn_the_same(again: bool) -> None:
    tiny = build(torch.device("cuda"), torch.bfloat16)
    assert losses(tiny, 5, again=again, compiled=True) == pytest.approx(losses(tiny, 5), rel=2e-2)


def test_blocks_on_a_device_learn_as_diffusers_wrote_them(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = build(torch.device("cuda"), torch.bfloat16)
    ours = losses(tiny, 5)
    monkeypatch.setattr(f"{__name__}.set_checkpointing", lambda *_, **__: None)
    assert losses(tiny, 5) == pytest.approx(ours, rel=2e-2)


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("again", [False, True])
def test_played_passes_learn_what_computed_ones_learn(again: bool, batches: int) -> None:
    tiny = build(torch.device("cuda"), torch.bfloat16)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoCudaGraph)
        played, plain = (losses(tiny, 5, again=again, graphs=on, batches=batches) for on in (True, False))
    assert played == pytest.approx(plain, rel=1e-2)


def test_passes_that_are_compiled_are_played_too() -> None:
    tiny = build(torch.device("cuda"), torch.bfloat16)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoCudaGraph)
        assert losses(tiny, 5, compiled=True, graphs=True) == pytest.approx(losses(tiny, 5), rel=2e-2)
