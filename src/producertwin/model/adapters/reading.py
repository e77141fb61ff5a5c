"""Reading adapters: a PEFT folder, or one file as diffusers, ComfyUI, LyCORIS or DiffSynth write it.

α is taken from a layer's `.alpha` tensor, else from the config (PEFT's file beside the weights, or what diffusers keeps in the
metadata) with its patterns. PEFT's own files are refused without it; in other forms α is the rank where nothing says it, as every
reader of such files takes it. A file is refused rather than half read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ...errors import BadInput
from ..key_maps import canonical, to_original
from ..weights import State, file_hash, read_state
from .adapter import Adapter, kind_of
from .delta import Delta, Lokr, Lora
from .files import REMEDY, card_in, config_of, file_of, metadata_of
from .patterns import Pattern, values

LONGEST_KEY: Final = 300
"""Most letters of the name of a tensor."""
MOST_RANK: Final = 100_000
LARGEST_EFFECT: Final = 1e12
"""Largest bound of the change of a layer that is played. Trained ones have below 1e5; from about 1e18 on, squares overflow."""
_PART: Final = re.compile(
    r"^(?P<layer>.+?)\.(?P<part>lora_(?:A|B|down|up|magnitude_vector)|dora_scale|alpha|lokr_w[12](?:_[ab])?)(?:\.(?!bias$)\w+){0,2}$"
)
_ALIKE: Final = {"lora_down": "lora_A", "lora_up": "lora_B", "dora_scale": "lora_magnitude_vector"}
_REFUSED: Final = {"hada_": "a LoHa", "oft_": "an OFT", "lokr_t": "a LoKr of convolutions", "lora_embedding": "a LoRA of words"}


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
    patterns = {
        field: values(_mapping(config, field, where), f"{where}: its {field}") for field in ("alpha_pattern", "rank_pattern")
    }
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
    made = {layer: _delta(layer, own, _LayerConfig(config, patterns, layer, where)) for layer, own in parts.items()}
    for layer, delta in made.items():
        _check_effect(layer, delta, where)
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


def _delta(layer: str, parts: State, config: _LayerConfig) -> Delta:
    """The delta of one layer from its tensors."""
    where = config.where
    stored = parts.pop("alpha", None)
    alpha = config.alpha if stored is None else float(stored)
    if alpha is not None and not (alpha > 0 and math.isfinite(alpha)):
        raise BadInput(f"{where}: {layer} has alpha {alpha:g}", remedy="alpha must be a number above 0")
    if any(name.startswith("lokr_") for name in parts):
        return _lokr(layer, parts, config.rank, alpha, where)
    magnitude = parts.pop("lora_magnitude_vector", None)
    if lack := {"lora_A", "lora_B"} - parts.keys():
        raise BadInput(f"{where}: {layer} lacks its {sorted(lack)[0]}", remedy=REMEDY)
    down, up = parts["lora_A"], parts["lora_B"]
    if down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
        raise BadInput(
            f"{where}: {layer} has {tuple(down.shape)} and {tuple(up.shape)}, which do not fit together", remedy=REMEDY
        )
    if magnitude is not None and magnitude.numel() != up.shape[0]:
        raise BadInput(f"{where}: {layer} has {magnitude.numel()} lengths for {up.shape[0]} rows", remedy=REMEDY)
    length = None if magnitude is None else magnitude.flatten()
    if config.rank is not None and config.rank != down.shape[0]:
        message = f"{where}: {layer} has rank {down.shape[0]}, its config says {config.rank}"
        raise BadInput(message, remedy="the config is another adapter's: copy the one that was saved with these weights")
    # A tensor of alpha is how formats without a rank-stabilised scale say the scale itself.
    stabilised = config.stabilised and stored is None
    return Lora(down, up, float(down.shape[0]) if alpha is None else alpha, stabilised, length)


def _lokr(layer: str, parts: State, rank: int | None, alpha: float | None, where: str) -> Lokr:
    """A LoKr; whole factors without a config have the scale 1, whatever their alpha says, as LyCORIS has it."""
    for name in ("lokr_w1", "lokr_w2"):
        known = [{name}, {f"{name}_a", f"{name}_b"}]
        if {part for part in parts if part.startswith(name)} not in known:
            raise BadInput(f"{where}: {layer} lacks its {name}", remedy=REMEDY)
        first, last = (parts[f"{name}{end}"] for end in (("_a", "_b") if f"{name}_a" in parts else ("", "")))
        if any(t.ndim != 2 for t in (first, last)) or (first is not last and first.shape[1] != last.shape[0]):
            raise BadInput(f"{where}: {layer} has a {name} whose factors do not fit together", remedy=REMEDY)
    if surplus := sorted(part for part in parts if not part.startswith("lokr_w")):
        raise BadInput(f"{where}: {layer} mixes a LoKr with {surplus[0]}", remedy=REMEDY)
    inner = next((parts[name].shape[1] for name in ("lokr_w1_a", "lokr_w2_a") if name in parts), None)
    if inner is None and rank is None:
        # The least rank at which peft, too, keeps a second factor of this size whole.
        least = float(-(-max(parts["lokr_w2"].shape) // 2))
        return Lokr(parts, least, int(least))
    kept = int(inner if inner is not None else rank or 1)
    return Lokr(parts, float(kept) if alpha is None else alpha, kept)


@dataclass(frozen=True, slots=True)
class _LayerConfig:
    """What a config says of one layer. Raises `BadInput` for what is no number.

    By PEFT's rule it is what the first pattern that matches the end of the layer's name says, else the number for all layers.
    """

    config: Mapping[str, Any]
    patterns: Mapping[str, list[tuple[Pattern, object]]]
    layer: str
    where: str

    @property
    def alpha(self) -> float | None:
        """Alpha; None where the config does not say it."""
        for_all = self.config.get("lora_alpha")
        return self._number("alpha_pattern", self.config.get("alpha") if for_all is None else for_all)

    @property
    def rank(self) -> int | None:
        """The rank; None where the config does not say it."""
        found = self._number("rank_pattern", self.config.get("r"))
        if found is None:
            return None
        if not (1 <= found <= MOST_RANK and found == int(found)):
            raise BadInput(f"{self.where}: the adapter's config gives {self.layer} rank {found:g}", remedy="correct its config")
        return int(found)

    @property
    def stabilised(self) -> bool:
        """Whether alpha is divided by the root of the rank."""
        said = self.config.get("use_rslora")
        if not isinstance(said, bool | None):
            raise BadInput(f"{self.where}: use_rslora of its config is {said!r:.80}", remedy="write true or false")
        return bool(said)

    def _number(self, field: str, for_all: object) -> float | None:
        names = (self.layer, to_original(self.layer))
        hits = (value for pattern, value in self.patterns[field] if any(pattern.matches(name) for name in names))
        found = next(hits, for_all)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            message = f"{self.where}: the adapter's config has an unusable {field} or number: {found!r:.80}"
            raise BadInput(message, remedy="correct its config")
        return float(found)


def _mapping(config: Mapping[str, Any], field: str, where: str) -> Mapping[str, object]:
    found = config.get(field)
    if not isinstance(found, dict | None):
        message = f"{where}: the adapter's config has an unusable {field} or number: {found!r:.80}"
        raise BadInput(message, remedy="correct its config")
    return found or {}


def _check_effect(layer: str, delta: Delta, where: str) -> None:
    """Raise `BadInput` where what a layer adds may leave the range of numbers: a bound of its norm, product of the norms."""
    size = delta.scaling
    for tensor in delta.tensors.values():
        size *= max(1.0, float(torch.linalg.vector_norm(tensor, dtype=torch.float64)))
    if not size <= LARGEST_EFFECT:
        message = f"{where}: what it adds to {layer} is not finite in practice (alpha {delta.alpha:g}, size up to {size:.3g})"
        raise BadInput(message, remedy="its alpha or its weights are damaged: use another copy or an earlier checkpoint")
