"""A training step on a CUDA device: finite, learning, and the same whether blocks are checkpointed or compiled."""

from __future__ import annotations

import math

import pytest
import torch

from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.differentiable import velocity
from producertwin.model.adapters.trainable import release, set_checkpointing, trainable
from producertwin.model.instrument import Instrument
from producertwin.model.variants.tiny import build
from producertwin.training import optimizer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("default"),  # torch's compiler warns of torch's own ways
]

SPEC = LoraSpec(rank=4, alpha=8.0, targets="all-linear")


def losses(instrument: Instrument, steps: int, *, again: bool = False, compiled: bool = False) -> list[float]:
    """Of a fresh adapter that learns one batch, under bfloat16."""
    draw, width = torch.Generator("cuda").manual_seed(1), instrument.width
    hidden = instrument.transformer.condition_embedder.in_features
    x, context, packed, target = (
        torch.randn(shape, generator=draw, device="cuda")
        for shape in ((2, 100, width), (2, 100, 2 * width), (2, 40, hidden), (2, 100, width))
    )
    t = torch.tensor([0.3, 0.8], device="cuda")
    adapter = trainable(instrument, SPEC, seed=0)
    set_checkpointing(instrument.transformer, again, compiled=compiled)
    found = []
    try:
        learner = optimizer.adamw(adapter.parameters, 1e-2, 0.0)
        for _ in range(steps):
            with torch.autocast("cuda", torch.bfloat16):
                made = velocity(instrument.transformer, x, t, context, packed)
            loss = (made.float() - target).square().mean()
            torch.autograd.backward(loss)
            assert math.isfinite(float(optimizer.clip(adapter.parameters, 1.0)))
            learner.step()
            learner.zero_grad(set_to_none=True)
            found.append(float(loss.detach()))
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
    monkeypatch.setattr(f"{__name__}.checkpointed", lambda *_, **__: None)
    assert losses(tiny, 5) == pytest.approx(ours, rel=2e-2)
