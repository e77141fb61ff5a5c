"""An adapter that can be trained, put on an instrument and taken off again without a trace.

peft builds it (Hu et al. 2021, LoRA; Kalajdzievski 2023, rank-stabilised; Liu et al. 2024, DoRA; Yeh et al. 2024, LoKr): it puts
a wrapper in the place of each chosen linear layer. The layers themselves are never touched: `off` and `remove` put them back
where they were. A fresh adapter changes nothing, since one factor of every change is zero. Adapter weights are float32, whatever
the precision of the instrument; parameters carry the names they have in a PEFT file of the original ACE-Step layout, a group of
the condition encoder under `encoder.`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor, nn

from ...errors import BadInput, Unavailable
from ..adapter_spec import LoraSpec
from ..instrument import Instrument
from ..key_maps import ENCODER, PEFT, to_original
from ..weights import State
from . import differentiable

NAME: Final = "twin"
"""What peft calls the adapter."""
ATTENTION: Final = ("to_q", "to_k", "to_v", "to_out.0")
MLP: Final = ("gate_proj", "up_proj", "down_proj")
BLOCKS: Final = {"attention": ATTENTION, "attention+mlp": ATTENTION + MLP}
"""Ends of the names of the layers that are changed; all-linear has no list."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A layer that an adapter changes: its parent and attribute name, the plain layer, and peft's wrapper."""

    parent: nn.Module
    leaf: str
    plain: nn.Linear
    wrapped: nn.Module

    def set_module(self, module: nn.Module) -> None:
        """Put `module` where the layer is."""
        setattr(self.parent, self.leaf, module)


@dataclass(frozen=True, slots=True, eq=False)
class Trainable:
    """A trainable adapter at work. Its layers drop inputs until `set_training(False)`, where the spec has a dropout."""

    spec: LoraSpec
    parameters: dict[str, nn.Parameter]
    """By their names in a PEFT file; float32."""
    places: tuple[_Place, ...]
    hosts: tuple[nn.Module, ...]
    """The modules peft was let into."""

    def state(self) -> State:
        """A copy of the adapter's tensors, on the CPU."""
        return {name: weight.detach().to("cpu", copy=True) for name, weight in self.parameters.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over the tensors of `state`. Raises `BadInput` unless they are exactly this adapter's, in names and shapes."""
        remedy = "resume from a checkpoint of the same recipe and variant"
        fitting = self.parameters.keys() & state.keys()
        if not fitting:
            raise BadInput(f"none of its {len(state)} tensors belongs to this adapter", remedy=remedy)
        if odd := sorted(self.parameters.keys() ^ state.keys()):
            trouble = "lacks" if odd[0] in self.parameters else "also holds"
            raise BadInput(f"it {trouble} {odd[0]}: {len(fitting)} tensors fit, {len(odd)} do not", remedy=remedy)
        for name, weight in self.parameters.items():
            here, there = tuple(weight.shape), tuple(state[name].shape)
            if here != there:
                raise BadInput(f"{name} has shape {there}, this adapter wants {here}", remedy=remedy)
        with torch.no_grad():
            for name, weight in self.parameters.items():
                weight.copy_(state[name])

    def set_training(self, on: bool) -> None:
        """Turn dropout on (training) or off (evaluation)."""
        for place in self.places:
            place.wrapped.train(on)

    @contextmanager
    def off(self) -> Iterator[None]:
        """The instrument without the adapter, for the length of a `with`."""
        self._set_layers(plain=True)
        try:
            yield
        finally:
            self._set_layers(plain=False)

    def remove(self) -> None:
        """Take the adapter off for good; every layer is the very object it was."""
        self._set_layers(plain=True)
        for host in self.hosts:
            if hasattr(host, "peft_config"):
                del host.peft_config

    def _set_layers(self, *, plain: bool) -> None:
        for place in self.places:
            place.set_module(place.plain if plain else place.wrapped)


def trainable(instrument: Instrument, spec: LoraSpec, *, seed: int) -> Trainable:
    """Put a fresh adapter on `instrument`; equal seeds give equal weights. Raises `BadInput` when no layer is a target."""
    hosts = {"": instrument.transformer} | ({ENCODER: instrument.condition_encoder} if spec.encoders else {})
    if any(hasattr(host, "peft_config") for host in hosts.values()):
        raise BadInput(f"{instrument.variant} already wears a trainable adapter", remedy="remove the first one")
    groups = tuple(f"{group}_encoder." for group in spec.encoders)
    chosen = {prefix: _select_layers(host, spec.targets, groups if prefix else ("",)) for prefix, host in hosts.items()}
    if not all(chosen.values()):
        raise BadInput(f"{instrument.variant} has no layer to adapt", remedy="choose other targets or encoders")
    parameters: dict[str, nn.Parameter] = {}
    places: list[_Place] = []
    for prefix, host in hosts.items():
        _inject(host, spec, chosen[prefix], seed)
        for layer, plain in chosen[prefix].items():
            places.append(_place(host, layer, plain))
            for name, weight in _weights(places[-1].wrapped):
                parameters[f"{PEFT}{to_original(prefix + layer)}.{name}"] = weight
    return Trainable(spec, parameters, tuple(places), tuple(hosts.values()))


def _select_layers(host: nn.Module, targets: str, within: tuple[str, ...]) -> dict[str, nn.Linear]:
    """The linear layers of `host` that an adapter changes, by name."""
    ends = BLOCKS.get(targets)
    return {
        name: module
        for name, module in host.named_modules()
        if isinstance(module, nn.Linear)
        and name.startswith(within)
        and (ends is None or (".layers." in f".{name}" and name.endswith(tuple(f".{end}" for end in ends))))
    }


def _inject(host: nn.Module, spec: LoraSpec, chosen: Mapping[str, nn.Linear], seed: int) -> None:
    """Let peft wrap the chosen layers of `host`; the global random state is left as it was."""
    from peft import LoKrConfig, LoraConfig, inject_adapter_in_model

    pattern = "|".join(map(re.escape, chosen))
    config: LoKrConfig | LoraConfig
    # peft declares alpha as an int and takes any number.
    if spec.kind == "lokr":
        config = LoKrConfig(r=spec.rank, alpha=spec.alpha, rank_dropout=spec.dropout, target_modules=pattern)  # type: ignore[arg-type]
    else:
        config = LoraConfig(
            r=spec.rank, lora_alpha=spec.alpha, use_rslora=spec.rslora, use_dora=spec.kind == "dora",  # type: ignore[arg-type]
            lora_dropout=spec.dropout, target_modules=pattern,
        )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, host, NAME)


def _place(host: nn.Module, layer: str, plain: nn.Linear) -> _Place:
    above, _, leaf = layer.rpartition(".")
    parent = host.get_submodule(above)
    wrapped: Any = getattr(parent, leaf)
    for name, weight in _weights(wrapped):
        weight.data = weight.data.float()
        if name == "lora_magnitude_vector":
            # peft rounds the lengths of the rows to the precision of the layer, which would already change a coarse one.
            weight.data = torch.linalg.norm(plain.weight.detach().float(), dim=1)
    return _Place(parent, leaf, plain, wrapped)


def _weights(wrapped: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """What is trained of a wrapped layer, under the names a PEFT file gives it."""
    for name, weight in wrapped.named_parameters():
        if not name.startswith("base_layer."):
            plain = name.replace(f".{NAME}", "")
            yield plain.removesuffix(".weight") if "magnitude" in plain else plain, weight


def set_checkpointing(transformer: Any, on: bool, *, compiled: bool = False, random: bool = True) -> None:
    """Turn gradient checkpointing on or off: activations are recomputed for the gradient; less memory, more time.

    `compiled` has each block's work fused by a compiler when it is first done, once for all blocks of a kind and a shape, adapter
    and all; doing it raises `Unavailable` where nothing here can compile. On a GPU, and compiled, a block is computed as
    `differentiable.block` does it. `random` says that blocks draw at random, and are to draw the same again. `release` makes all
    of it undone.
    """
    from torch.utils.checkpoint import checkpoint

    release(transformer)
    fast = _compile_block() if compiled else differentiable.block
    for block in transformer.layers:
        if compiled or transformer.proj_in_conv.weight.is_cuda:
            block.forward = partial(fast, block)
        if on:
            block.forward = partial(checkpoint, block.forward, use_reentrant=False, preserve_rng_state=random)


def _compile_block() -> Callable[..., Tensor]:
    """`differentiable.block`, compiled when it is first called."""
    from torch._dynamo.exc import TorchDynamoException

    fast = torch.compile(differentiable.block)

    def call(*given: Any) -> Tensor:
        try:
            return fast(*given)
        except TorchDynamoException as error:
            remedy = "take --set training.compile=false, or install a C++ compiler that torch.compile can use"
            raise Unavailable(f"the forward pass could not be compiled: {str(error).splitlines()[0]}", remedy=remedy) from None

    return call


def release(transformer: Any) -> None:
    """Let every block compute as diffusers wrote it."""
    for block in transformer.layers:
        block.__dict__.pop("forward", None)
