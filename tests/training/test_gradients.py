"""Gradients that are played: those that are computed, added up over batches, recorded once per shape, or computed.

There is no graph on a CPU: `Played` does its work anew whenever it is played, into the same tensors, as a graph would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.trainable import Trainable, trainable
from producertwin.model.cuda_graphs import NoCudaGraph
from producertwin.model.instrument import Instrument
from producertwin.model.variants.tiny import build
from producertwin.training.lora import gradients as module
from producertwin.training.lora.gradients import Batch, Errors, Gradients, fill_bucket, velocity_errors

SPEC = LoraSpec(rank=4, alpha=8.0, targets="all-linear")


class Played:
    """A recording for a CPU."""

    made: list[Played]

    def __init__(self, work: Callable[..., tuple[Errors, list[Tensor | None]]], *given: Tensor | None, pool: Any = None) -> None:
        self.work, self.pool = work, pool or "pool"
        self.own = [None if one is None else one.clone() for one in given]
        self.result = work(*self.own)
        self.made.append(self)

    def play(self, *given: Tensor | None) -> tuple[Errors, list[Tensor | None]]:
        for own, one in zip(self.own, given, strict=True):
            if own is not None and one is not None:
                own.copy_(one)
        errors, grads = self.work(*self.own)
        kept, held = self.result
        for there, here in zip([kept.each, kept.loss, *held], [errors.each, errors.loss, *grads], strict=True):
            if there is not None and here is not None:
                there.copy_(here)
        return self.result


@pytest.fixture(autouse=True)
def recordings(monkeypatch: pytest.MonkeyPatch) -> list[Played]:
    monkeypatch.setattr(module, "Recording", Played)
    monkeypatch.setattr(Played, "made", [], raising=False)
    return Played.made


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return build(torch.device("cpu"), torch.float32)


@pytest.fixture
def adapter(instrument: Instrument) -> Iterator[Trainable]:
    adapter = trainable(instrument, SPEC, seed=0)
    with torch.no_grad():
        for at, weight in enumerate(adapter.parameters.values()):
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(at)))
    yield adapter
    adapter.remove()


def batch_of(instrument: Instrument, seed: int, *, frames: int = 24, tokens: int = 9, ragged: bool = False) -> Batch:
    draw, width = torch.Generator().manual_seed(seed), instrument.width
    hidden = instrument.transformer.condition_embedder.in_features
    x, target, around, told = (
        torch.randn(2, *shape, generator=draw)
        for shape in ((frames, width), (frames, width), (frames, 2 * width), (tokens, hidden))
    )
    mask = torch.arange(tokens)[None] < torch.tensor([[tokens], [tokens - 3]]) if ragged else None
    lengths = torch.tensor([frames, frames - 6]) if ragged else None
    return Batch(x, torch.rand(2, generator=draw), target, around, told, mask, lengths)


def gradients_of(instrument: Instrument, adapter: Trainable, *, played: bool) -> Gradients:
    found = Gradients(instrument, SPEC, adapter.parameters, 4, bf16=False)
    found.graphs = played
    return found


def added(gradients: Gradients, batches: list[Batch]) -> tuple[list[Errors], list[Tensor]]:
    """What a step over `batches` gives, which begins without gradients."""
    for weight in gradients.weights:
        weight.grad = None
    found = [gradients.add(batch, torch.tensor([1.0, 0.5])) for batch in batches]
    return found, [weight.grad.clone() for weight in gradients.weights if weight.grad is not None]


@pytest.mark.parametrize("ragged", [False, True])
def test_what_is_played_is_what_is_computed_over_several_batches_and_steps(
    instrument: Instrument, adapter: Trainable, recordings: list[Played], ragged: bool
) -> None:
    plain, played = (gradients_of(instrument, adapter, played=on) for on in (False, True))
    for seed in (0, 10):
        batches = [batch_of(instrument, seed + at, ragged=ragged) for at in range(3)]
        wanted, found = added(plain, batches), added(played, batches)
        assert len(found[1]) == len(wanted[1]) == len(adapter.parameters)
        for ours, theirs in zip(found[1], wanted[1], strict=True):
            assert torch.allclose(ours, theirs, atol=1e-6)
        for one, other in zip(found[0], wanted[0], strict=True):
            assert torch.allclose(one.each, other.each, atol=1e-5) and torch.allclose(one.loss, other.loss, atol=1e-5)
    assert len(recordings) == 1


def test_conditions_of_one_bucket_share_a_recording_and_only_the_first_shapes_have_one(
    instrument: Instrument, adapter: Trainable, recordings: list[Played]
) -> None:
    played = gradients_of(instrument, adapter, played=True)
    added(played, [batch_of(instrument, 0, tokens=tokens) for tokens in (5, 33, 63)])
    assert len(recordings) == 1
    added(played, [batch_of(instrument, 0, tokens=64)])
    assert len(recordings) == 2
    errors, _ = added(played, [batch_of(instrument, 0, frames=2 * count) for count in range(10, 20)])
    assert len(recordings) == module.MOST and all(bool(one.loss.isfinite()) for one in errors)


def test_a_bucket_is_filled_with_what_nothing_attends_to(instrument: Instrument) -> None:
    for tokens, wanted in ((1, 64), (63, 64), (64, 64), (65, 128)):
        batch = batch_of(instrument, 0, tokens=max(tokens, 4), ragged=False)
        batch = replace(batch, condition=batch.condition[:, :tokens])
        filled = fill_bucket(batch)
        assert filled.condition.shape[1] == wanted
        assert (filled.mask is None) == (tokens == wanted)
        assert filled.mask is None or filled.mask.sum(1).tolist() == [tokens, tokens]


def test_a_failed_recording_is_said_once_and_loses_no_gradient(
    instrument: Instrument, adapter: Trainable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(work: Callable[..., Any], *given: Tensor | None, **_: Any) -> None:
        work(*given)
        raise RuntimeError("cannot be captured")

    batches = [batch_of(instrument, 0), batch_of(instrument, 1, frames=30)]
    _, wanted = added(gradients_of(instrument, adapter, played=False), batches)
    monkeypatch.setattr(module, "Recording", failing)
    played = gradients_of(instrument, adapter, played=True)
    with pytest.warns(NoCudaGraph, match="a training step could not be recorded") as said:
        _, found = added(played, batches)
    assert len(said) == 1
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_no_device_no_chance_and_no_encoder_no_recording(
    instrument: Instrument, adapter: Trainable, recordings: list[Played]
) -> None:
    assert not Gradients(instrument, SPEC, adapter.parameters, 2, bf16=True).graphs
    played, batch = gradients_of(instrument, adapter, played=True), batch_of(instrument, 0)
    added(played, [replace(batch, condition=batch.condition.requires_grad_())])
    assert not recordings


def test_inputs_are_cast_again_after_the_passes(instrument: Instrument, adapter: Trainable) -> None:
    plain = gradients_of(instrument, adapter, played=False)
    plain.bf16 = True
    batch = batch_of(instrument, 0)
    _, wanted = added(plain, [batch])
    plain.casting = [module for module in instrument.transformer.modules() if hasattr(module, "cast_input_dtype_enabled")]
    assert plain.casting
    _, found = added(plain, [batch])
    assert all(module.cast_input_dtype_enabled for module in plain.casting)
    for ours, theirs in zip(found, wanted, strict=True):
        assert torch.allclose(ours, theirs, rtol=2e-2, atol=1e-4)


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
def test_on_a_cpu_the_passes_are_the_plain_formula_bit_for_bit(
    instrument: Instrument, adapter: Trainable, bf16: bool, ragged: bool
) -> None:
    batch, weights = batch_of(instrument, 0, ragged=ragged), torch.tensor([1.0, 0.5])
    found = Gradients(instrument, SPEC, adapter.parameters, 4, bf16=bf16)
    [errors], ours = added(found, [batch])
    for weight in found.weights:
        weight.grad = None
    each = velocity_errors(instrument, batch, bf16=bf16)
    torch.autograd.backward((each * weights).sum() / 4)
    assert torch.equal(errors.each, each)
    assert all(torch.equal(one, weight.grad) for one, weight in zip(ours, found.weights, strict=True) if weight.grad is not None)
