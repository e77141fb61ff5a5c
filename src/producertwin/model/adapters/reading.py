"""Reading adapters: a PEFT folder, or one file as diffusers, ComfyUI, LyCORIS or DiffSynth write it.

α is taken from a layer's `.alpha` tensor, else from the config (PEFT's file beside the weights, or what diffusers keeps in the
metadata) with its patterns. PEFT's own files are refused without it; in other forms α is the rank where nothing says it, as every
reader of such files takes it. A file is refused rather than half read; only what LyCORIS left untrained of a convolution, and so
has no effect, is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ...errors import BadInput
from ..key_maps import CONVOLUTIONS, canonical
from ..weights import State, file_hash, read_state
from .adapter import Adapter, kind_of
from .delta import Delta, Lokr, Lora, is_idle
from .files import REMEDY, card_in, config_of, file_of, metadata_of
from .layer_config import LayerConfig, patterns_of

LONGEST_KEY: Final = 300
"""Most letters of the name of a tensor."""
LARGEST_EFFECT: Final = 1e12
"""Largest bound of the change of a layer that is played. Trained ones have below 1e5; from about 1e18 on, squares overflow."""
_PART: Final = re.compile(
    r"^(?P<layer>.+?)\.(?P<part>lora_(?:A|B|down|up|magnitude_vector)|dora_scale|alpha|lokr_w[12](?:_[ab])?|lokr_t2)(?:\.(?!bias$)\w+){0,2}$"
)
_ALIKE: Final = {"lora_down": "lora_A", "lora_up": "lora_B", "dora_scale": "lora_magnitude_vector"}
_REFUSED: Final = {"hada_": "a LoHa", "oft_": "an OFT", "lora_embedding": "a LoRA of words"}


def read(path: Path) -> Adapter:
    """Read an adapter. Raises `NotFound` when nothing is there, `BadInput` for another kind of adapter or a damaged file."""
    file = file_of(path)
    state = read_state([file], REMEDY)
    metadata = metadata_of(file)
    config = config_of(file, metadata, state.keys())
    return Adapter(path, layers_of(state, config, str(file)), "b2:" + file_hash(file), card_in(metadata, file))


def layers_of(state: Mapping[str, Tensor], config: Mapping[str, Any], where: str) -> dict[str, Delta]:
    """The deltas in the tensors of a file, by layer. `where` says whose they are. Raises `BadInput`."""
    parts: dict[str, State] = {}
    patterns = patterns_of(config, where)
    for key, given in state.items():
        kind = next((name for mark, name in _REFUSED.items() if mark in key), None)
        if kind is not None:
            raise BadInput(f"{where} is {kind} adapter ({key})", remedy=REMEDY)
        found = _PART.match(canonical(key)) if len(key) <= LONGEST_KEY else None
        if not found:
            raise BadInput(f"{where} holds {key[:LONGEST_KEY]}, which is no part of an adapter", remedy=REMEDY)
        own, part = parts.setdefault(canonical(found["layer"]), {}), _ALIKE.get(found["part"], found["part"])
        if part in own:
            raise BadInput(f"{where} says {part} of {found['layer']} twice, the second time as {key}", remedy=REMEDY)
        own[part] = _usable(key, given, where)
    if not parts:
        raise BadInput(f"{where} holds no adapter", remedy=REMEDY)
    made = {layer: _delta(layer, own, LayerConfig(config, patterns, layer, where)) for layer, own in parts.items()}
    for layer, delta in made.items():
        _check_effect(layer, delta, where)
    idle = {layer for layer in CONVOLUTIONS & made.keys() if is_idle(made[layer], None)}
    made = {layer: delta for layer, delta in made.items() if layer not in idle} or made
    if len(kinds := sorted({kind_of(delta) for delta in made.values()})) > 1:
        raise BadInput(f"{where} mixes {' and '.join(kinds)}", remedy=REMEDY)
    return made


def _usable(key: str, tensor: Tensor, where: str) -> Tensor:
    """A tensor that can be calculated with: whole numbers only for alpha, float8 widened to what holds all its values."""
    if tensor.is_floating_point() and tensor.element_size() == 1:
        tensor = tensor.to(torch.bfloat16)
    if key.endswith(".alpha") and not tensor.is_complex() and tensor.dtype is not torch.bool:
        if tensor.numel() != 1:
            raise BadInput(f"{where}: {key} is a vector of shape {tuple(tensor.shape)}, not one number", remedy=REMEDY)
        return tensor
    if not tensor.is_floating_point():
        raise BadInput(f"{where}: {key} holds {tensor.dtype}, not numbers with a fraction", remedy=REMEDY)
    if tensor.numel() == 0:
        raise BadInput(f"{where}: {key} is empty, of shape {tuple(tensor.shape)}: an adapter of rank 0", remedy=REMEDY)
    if not torch.isfinite(tensor).all():
        raise BadInput(
            f"{where}: {key} holds numbers that are not finite", remedy="its training diverged: use an earlier checkpoint"
        )
    return tensor


def _delta(layer: str, parts: State, config: LayerConfig) -> Delta:
    """The delta of one layer from its tensors."""
    where = config.where
    stored = parts.pop("alpha", None)
    alpha = config.alpha if stored is None else float(stored)
    if alpha is not None and not (alpha > 0 and math.isfinite(alpha)):
        raise BadInput(f"{where}: {layer} has alpha {alpha:g}", remedy="alpha must be a number above 0")
    if any(name.startswith("lokr_") for name in parts):
        return _lokr(layer, parts, config, alpha, where)
    magnitude = parts.pop("lora_magnitude_vector", None)
    if lack := {"lora_A", "lora_B"} - parts.keys():
        raise BadInput(f"{where}: {layer} lacks its {sorted(lack)[0]}", remedy=REMEDY)
    down, up = parts["lora_A"], parts["lora_B"]
    if down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
        raise BadInput(
            f"{where}: {layer} has {tuple(down.shape)} and {tuple(up.shape)}, which do not fit together", remedy=REMEDY
        )
    if config.rank is not None and config.rank != down.shape[0]:
        message = f"{where}: {layer} has rank {down.shape[0]}, its config says {config.rank}"
        raise BadInput(message, remedy="the config is another adapter's: copy the one that was saved with these weights")
    length = None if magnitude is None else _magnitude(layer, magnitude, (up.shape[0], down.shape[1]), where)
    # A tensor of alpha is how formats without a rank-stabilised scale say the scale itself.
    stabilised = config.is_stabilised and stored is None
    return Lora(down, up, float(down.shape[0]) if alpha is None else alpha, stabilised, length)


def _magnitude(layer: str, stored: Tensor, shape: tuple[int, ...], where: str) -> Tensor:
    """The lengths of rows, `(out,)`, or of columns, `(1, in)`: LyCORIS stores them as wide as the weight's other sides are 1."""
    of_columns = stored.ndim > 1 and stored.shape[0] == 1 < stored.shape[1]
    # A convolution's factors may have its kernel folded into their columns.
    folded = of_columns and stored.ndim > 2 and shape[1] % stored.numel() == 0
    if stored.numel() != shape[of_columns] and not folded:
        sides = "columns" if of_columns else "rows"
        raise BadInput(f"{where}: {layer} has {stored.numel()} lengths for {shape[of_columns]} {sides}", remedy=REMEDY)
    return stored.reshape(1, -1) if of_columns else stored.flatten()


def _lokr(layer: str, parts: State, config: LayerConfig, alpha: float | None, where: str) -> Lokr:
    """A LoKr; whole factors without a config have the scale 1, whatever their alpha says, as LyCORIS has it."""
    magnitude = parts.pop("lora_magnitude_vector", None)
    for name in ("lokr_w1", "lokr_w2"):
        _check_factor(layer, name, {part for part in parts if part.startswith(name)}, parts, where)
    if surplus := sorted(part for part in parts if not part.startswith("lokr_")):
        raise BadInput(f"{where}: {layer} mixes a LoKr with {surplus[0]}", remedy=REMEDY)
    rank = config.rank
    inner = next((parts[name].shape[0] for name in ("lokr_w2_b", "lokr_w1_b") if name in parts), None)
    if inner is None and rank is None:
        # The least rank at which peft, too, keeps a second factor of this size whole.
        kept = -(-max(parts["lokr_w2"].shape) // 2)
        alpha = None
    else:
        kept = int(inner if inner is not None else rank or 1)
    if alpha is not None and config.is_stabilised:
        alpha *= kept**0.5
    found = Lokr(parts, float(kept) if alpha is None else alpha, kept)
    return found if magnitude is None else replace(found, magnitude=_magnitude(layer, magnitude, found.shape, where))


def _check_factor(layer: str, name: str, there: set[str], parts: State, where: str) -> None:
    """Raise `BadInput` unless one of the two factors is whole: itself, or two that fit together, perhaps around a core."""
    if there not in [{name}, {f"{name}_a", f"{name}_b"}]:
        raise BadInput(f"{where}: {layer} lacks its {name}", remedy=REMEDY)
    first, last = (parts[f"{name}{end}"] for end in (("_a", "_b") if f"{name}_a" in parts else ("", "")))
    core = parts.get("lokr_t2") if name == "lokr_w2" else None
    flat = first is not last or name == "lokr_w1"
    fitting = first is last or core is not None or first.shape[1] == last.shape[0]
    if core is not None:
        fitting = first is not last and core.ndim >= 2 and core.shape[:2] == (first.shape[0], last.shape[0])
    if any(t.ndim < 2 or (flat and t.ndim > 2) for t in (first, last)) or not fitting:
        raise BadInput(f"{where}: {layer} has a {name} whose factors do not fit together", remedy=REMEDY)


def _check_effect(layer: str, delta: Delta, where: str) -> None:
    """Raise `BadInput` where what a layer adds may leave the range of numbers: a bound of its norm, product of the norms."""
    size = delta.scaling
    for tensor in delta.tensors.values():
        size *= max(1.0, float(torch.linalg.vector_norm(tensor, dtype=torch.float64)))
    if not size <= LARGEST_EFFECT:
        message = f"{where}: what it adds to {layer} is not finite in practice (alpha {delta.alpha:g}, size up to {size:.3g})"
        raise BadInput(message, remedy="its alpha or its weights are damaged: use another copy or an earlier checkpoint")
