"""The denoiser that is played: the plain one's velocities, recorded once per shape and state, and never where that is wrong.

There is no graph on a CPU: `Played` does its work anew whenever it is played, into the same tensors, as a graph would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_kit import CARD, learned
from torch import Tensor

from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.attach import attach
from producertwin.model.adapters.trainable import trainable
from producertwin.model.cuda_graphs import NoCudaGraph
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import recorded_denoiser as module
from producertwin.model.sampling.denoiser import ConditionCache, Denoiser
from producertwin.model.sampling.recorded_denoiser import RecordedDenoiser, make_denoiser, state_of

LEVELS = (1.0, 0.7, 0.31)


def flat(result: Tensor | ConditionCache) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    return [*(one for layer in result.layers for one in layer), *(result.null or ())]


class Played:
    """A recording for a CPU."""

    made: list[Played]

    def __init__(self, work: Callable[..., Any], *given: Tensor | None, pool: Any = None) -> None:
        self.work, self.pool = work, pool
        self.own = [None if one is None else one.clone() for one in given]
        self.result = work(*self.own)
        self.made.append(self)

    def play(self, *given: Tensor | None) -> Any:
        for own, one in zip(self.own, given, strict=True):
            if own is not None and one is not None:
                own.copy_(one)
        for kept, new in zip(flat(self.result), flat(self.work(*self.own)), strict=True):
            kept.copy_(new)
        return self.result


@pytest.fixture(autouse=True)
def recordings(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Played]]:
    monkeypatch.setattr(module, "Recording", Played)
    monkeypatch.setattr(Played, "made", [], raising=False)
    with torch.inference_mode():
        yield Played.made
    vars(tiny.transformer).pop(module._HOME, None)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def walk(denoiser: Denoiser | RecordedDenoiser, told: list[Tensor], null: Tensor | None, frames: int = 50) -> Tensor:
    """Velocities of all steps, one after the other as in a walk."""
    x, around = drawn(len(told), frames, 4), drawn(len(told), frames, 8, seed=1)
    memory: Any = denoiser.cache_conditions(told, null)
    return torch.stack(
        [torch.cat(denoiser.velocities(x + step, around, step, memory, guided=null is not None)) for step in range(len(LEVELS))]
    )


def played(tiny: Instrument, batch: int, frames: int = 50) -> RecordedDenoiser:
    state = state_of(tiny.transformer)
    assert state is not None
    return RecordedDenoiser(Denoiser(tiny.transformer, frames, LEVELS), batch, state)


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("lengths", [(40,), (40, 40), (12, 70)])
def test_what_is_played_is_what_is_computed(
    tiny: Instrument, recordings: list[Played], guided: bool, lengths: tuple[int, ...]
) -> None:
    null = tiny.condition_encoder.null_condition_emb if guided else None
    for seed in (2, 3):
        told = [drawn(length, 32, seed=seed) for length in lengths]
        wanted = walk(Denoiser(tiny.transformer, 50, LEVELS), told, null)
        assert torch.equal(walk(played(tiny, len(lengths)), told, null), wanted)
    assert len(recordings) == 2


def test_every_shape_is_recorded_for_itself_and_few_are_kept(tiny: Instrument, recordings: list[Played]) -> None:
    null = tiny.condition_encoder.null_condition_emb
    for frames, tokens, unsaid in ((50, 40, None), (60, 40, None), (50, 41, None), (50, 40, null), (70, 40, None)):
        told = [drawn(tokens, 32)]
        wanted = walk(Denoiser(tiny.transformer, frames, LEVELS), told, unsaid, frames)
        assert torch.equal(walk(played(tiny, 1, frames), told, unsaid, frames), wanted)
    assert len(recordings) == 10
    assert len(vars(tiny.transformer)[module._HOME]) == module.KEPT


def test_an_adapter_that_comes_or_changes_is_heard(tiny: Instrument, recordings: list[Played], tmp_path: Path) -> None:
    told = [drawn(40, 32)]
    bare = walk(played(tiny, 1), told, None)
    with torch.inference_mode(False):
        spec = LoraSpec(rank=4, alpha=6.0)
        state, _ = learned(tiny, spec)
        adapter = adapters.read(adapters.write(state, spec, CARD, tmp_path / "lora"))
    attached = attach(tiny, adapter, 1.0)
    try:
        for scale in (1.0, 0.5, 0.0):
            attached.scale = scale
            assert torch.equal(walk(played(tiny, 1), told, None), walk(Denoiser(tiny.transformer, 50, LEVELS), told, None))
        assert len(recordings) == 8
    finally:
        attached.detach()
    assert torch.equal(walk(played(tiny, 1), told, None), bare)
    assert len(recordings) == 8


def test_layers_that_do_more_than_compute_are_not_recorded(tiny: Instrument) -> None:
    net = tiny.transformer
    assert state_of(net) is not None
    for register in (net.layers[0].register_forward_hook, net.layers[1].mlp.register_forward_pre_hook):
        handle = register(lambda *_: None)
        assert state_of(net) is None
        handle.remove()
    with torch.inference_mode(False):
        adapter = trainable(tiny, LoraSpec(rank=4, alpha=6.0), seed=1)
    assert state_of(net) is None
    adapter.remove()
    assert state_of(net) is not None


@pytest.mark.parametrize("failing", ["conditions", "step"])
def test_what_cannot_be_recorded_is_computed_and_that_is_said_once(
    tiny: Instrument, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    class Failing(Played):
        def __init__(self, work: Callable[..., Any], *given: Tensor | None, pool: Any = None) -> None:
            if failing == "conditions" or pool is not None:
                raise RuntimeError("operation not permitted when stream is capturing\nand more")
            super().__init__(work, *given, pool="pool")

    monkeypatch.setattr(module, "Recording", Failing)
    told, first, second = [drawn(40, 32)], played(tiny, 1), played(tiny, 1)
    wanted = walk(Denoiser(tiny.transformer, 50, LEVELS), told, None)
    with pytest.warns(NoCudaGraph, match=r"kernel by kernel: operation not permitted when stream is capturing$") as said:
        assert torch.equal(walk(first, told, None), wanted)
    assert torch.equal(walk(second, told, None), wanted)
    assert len(said) == 1


def test_a_cpu_records_nothing(tiny: Instrument) -> None:
    net = tiny.transformer
    assert isinstance(make_denoiser(net, 1, 50, LEVELS * 4, guided=True, compiled=False, graphs=True), Denoiser)
