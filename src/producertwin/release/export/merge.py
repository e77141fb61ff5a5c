"""An adapter worked into the weights it changes, so that it is played without being attached, and weights in another precision.

What an attached adapter adds to a layer is linear in the layer's input, whatever its kind (LoRA, DoRA, LoKr): applied to the
unit vectors it gives the change of the weight itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

import torch
from torch import Tensor

from ...errors import BadInput
from ...model.adapters import Adapter
from ...model.adapters.attach import change_of, fitting_layers
from ...model.key_maps import ENCODER
from ...model.variants.stored_parts import Part

Precision = Literal["stored", "fp32", "bf16", "fp16"]
TYPES: Final[Mapping[Precision, torch.dtype]] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def merge(parts: Mapping[str, Part], adapter: Adapter, scale: float, variant: str) -> dict[str, Part]:
    """`parts` of `variant` with what `adapter` does at `scale` in their weights; what it changes is float32 then.

    Raises `BadInput` where the adapter was made for other layers, as attaching it does, or what it adds is not finite.
    """
    homes = {layer_name(part, key): (part, key) for part in ("transformer", "condition_encoder") for key in parts[part].state}
    weights = {name.removesuffix(".weight"): parts[part].state[key] for name, (part, key) in homes.items()}
    found = {name: dict(part.state) for name, part in parts.items()}
    for layer, delta in fitting_layers(adapter, weights, variant):
        weight = weights[layer].float()
        change = change_of(adapter, delta, weight)
        # Rows are unit inputs: of each, what comes out is one column of the weight.
        part, key = homes[f"{layer}.weight"]
        found[part][key] = weight + scale * change(torch.eye(weight.shape[1]), weight.T).T
    return {name: replace(part, state=found[name]) for name, part in parts.items()}


def layer_name(part: str, key: str) -> str:
    """The name by which an adapter knows the tensor `key` of `part`."""
    return f"{ENCODER}{key}" if part == "condition_encoder" else key


def cast(parts: Mapping[str, Part], stored: Mapping[str, Part], precision: Precision) -> dict[str, Part]:
    """`parts` in `precision`; "stored" is the type that each tensor has in `stored`.

    Raises `BadInput` where a number is too large for it.
    """
    kind = TYPES.get(precision)
    found = {}
    for name, part in parts.items():
        state = {key: _cast(tensor, kind or stored[name].state[key].dtype, f"{name}.{key}") for key, tensor in part.state.items()}
        found[name] = replace(part, state=state)
    return found


def _cast(tensor: Tensor, kind: torch.dtype, name: str) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    done = tensor.to(kind)
    if bool(tensor.isfinite().all()) and not bool(done.isfinite().all()):
        largest, kind_name = float(tensor.abs().max()), str(kind).removeprefix("torch.")
        raise BadInput(f"{name} holds {largest:.3g}, which {kind_name} cannot hold", remedy="export as bf16 or fp32")
    return done
