"""Attaching LoRA adapters to the transformer, and taking them off without a trace.

An adapter adds `scale · α/r · B(A(x))` to a linear layer (Hu et al. 2021; `α/√r` when rank-stabilised, Kalajdzievski 2023). It
is added beside the layer by a hook, so the weights are never touched and detaching gives back the very same bits. Read: a PEFT
folder, and the single files of diffusers, ComfyUI and DiffSynth; α is taken from the config, the file's metadata or its `.alpha`
tensors.
`A` is `(rank, in)`, `B` is `(out, rank)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.hooks import RemovableHandle

from ..errors import BadInput, NotFound
from .instrument import Instrument
from .names import renamed
from .weights import State, file_hash, read_json, read_state

PREFIX = re.compile(r"^(base_model\.model\.|diffusion_model\.|transformer\.|decoder\.|model\.)+")
PAIR = re.compile(r"^(?P<layer>.+)\.(?:lora_(?P<side>A|B)(?:\.\w+)?|lora_(?P<way>down|up))\.weight$")
METADATA = "lora_adapter_metadata"
"""Where diffusers keeps the config inside a single file."""
REFUSED = {"lokr_": "LoKr", "hada_": "LoHa", "lycoris_": "LyCORIS", "dora_scale": "DoRA", "lora_magnitude_vector": "DoRA"}
REMEDY = "attach a LoRA of linear layers: a PEFT folder or a safetensors file"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter as read: per layer of the transformer its pair and its scaling."""

    path: Path
    layers: Mapping[str, tuple[Tensor, Tensor, float]]
    """Layer name -> A, B, scaling."""
    revision: str
    """Content hash of its weights."""


@dataclass(frozen=True, slots=True)
class Attached:
    """An adapter at work."""

    adapter: Adapter
    scale: float
    handles: tuple[RemovableHandle, ...]

    def detach(self) -> None:
        """Take the adapter off."""
        for handle in self.handles:
            handle.remove()


def read(path: Path) -> Adapter:
    """Read an adapter. Raises `NotFound` when nothing is there, `BadInput` for another kind of adapter or a damaged file."""
    file = path / "adapter_model.safetensors" if path.is_dir() else path
    if not file.is_file():
        raise NotFound(f"no adapter at {path}", remedy=REMEDY)
    if file.suffix != ".safetensors":
        raise BadInput(f"{file} is not a safetensors file", remedy=REMEDY)
    state = read_state([file], REMEDY)
    pairs, alphas = _sorted(state, file)
    config = _config(path, file)
    layers = {}
    for layer, sides in pairs.items():
        if set(sides) != {"A", "B"}:
            raise BadInput(f"{file}: {layer} lacks its lora_{'B' if 'A' in sides else 'A'}", remedy=REMEDY)
        layers[layer] = (sides["A"], sides["B"], _scaling(layer, sides["A"].shape[0], config, alphas))
    return Adapter(path, layers, "b2:" + file_hash(file))


def _sorted(state: State, file: Path) -> tuple[dict[str, State], dict[str, float]]:
    """Pairs by layer, and alphas by layer, under diffusers' names."""
    pairs: dict[str, State] = {}
    alphas: dict[str, float] = {}
    for key, tensor in state.items():
        kind = next((name for mark, name in REFUSED.items() if mark in key), None)
        if kind is not None:
            raise BadInput(f"{file} is a {kind} adapter ({key})", remedy=REMEDY)
        plain = renamed(PREFIX.sub("", key))
        if plain.endswith(".alpha"):
            alphas[plain.removesuffix(".alpha")] = float(tensor)
        elif found := PAIR.match(plain):
            side = found["side"] or {"down": "A", "up": "B"}[found["way"]]
            pairs.setdefault(found["layer"], {})[side] = tensor
        else:
            raise BadInput(f"{file} holds {key}, which is no part of a LoRA", remedy=REMEDY)
    if not pairs:
        raise BadInput(f"{file} holds no adapter", remedy=REMEDY)
    return pairs, alphas


def _config(path: Path, file: Path) -> dict[str, Any]:
    """The adapter's config: PEFT's file, or what diffusers keeps in the safetensors header."""
    if path.is_dir():
        return read_json(path / "adapter_config.json", "an adapter folder needs its adapter_config.json")
    from safetensors import safe_open

    with safe_open(file, framework="np") as opened:
        stored = json.loads((opened.metadata() or {}).get(METADATA, "{}"))
    return {str(key).removeprefix("transformer."): value for key, value in stored.items()}


def _patterned(patterns: Mapping[str, Any], layer: str, fallback: float) -> float:
    """PEFT's rule: the first pattern that matches the layer's name or its end."""
    found = (value for pattern, value in patterns.items() if re.match(rf"(.*\.)?({renamed(pattern)})$", layer))
    return float(next(found, fallback))


def _scaling(layer: str, rank: int, config: Mapping[str, Any], alphas: Mapping[str, float]) -> float:
    alpha = alphas.get(layer)
    if alpha is None:
        alpha = _patterned(config.get("alpha_pattern") or {}, layer, float(config.get("lora_alpha") or rank))
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def attach(instrument: Instrument, adapter: Adapter, scale: float = 1.0) -> Attached:
    """Put `adapter` on the instrument's transformer; several add up. Raises `BadInput` when it was made for another width."""
    known = dict(instrument.transformer.named_modules())
    plans = []
    for layer, (down, up, scaling) in adapter.layers.items():
        module = known.get(layer)
        weight = getattr(module, "weight", None)
        if weight is None or weight.ndim != 2 or down.ndim != 2 or up.ndim != 2:
            raise BadInput(f"{adapter.path} changes {layer}, which {instrument.variant} lacks", remedy="use its own variant")
        made_for, here = (down.shape[1], up.shape[0]), (weight.shape[1], weight.shape[0])
        if made_for != here:
            raise BadInput(
                f"{adapter.path} was made for a layer {layer} of width {made_for[0]} to {made_for[1]}, "
                f"{instrument.variant} has {here[0]} to {here[1]}",
                remedy="attach it to the variant it was trained on",
            )
        plans.append((module, down.to(weight), up.to(weight), scale * scaling))
    return Attached(adapter, scale, tuple(_hook(*plan) for plan in plans))


@contextmanager
def worn(instrument: Instrument, asked: Iterable[tuple[Path, float]]) -> Iterator[tuple[Attached, ...]]:
    """Read and attach adapters, each a path and a scale, for the length of a `with`; all or none, and none after it."""
    read_first = [(read(path), scale) for path, scale in asked]
    with ExitStack() as stack:
        on = []
        for adapter, scale in read_first:
            on.append(attach(instrument, adapter, scale))
            stack.callback(on[-1].detach)
        yield tuple(on)


def _hook(module: Any, down: Tensor, up: Tensor, scaling: float) -> RemovableHandle:
    def add(_: Any, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
        return out + (given[0] @ down.T) @ up.T * scaling

    handle: RemovableHandle = module.register_forward_hook(add)
    return handle
