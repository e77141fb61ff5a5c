"""Reading adapters: a PEFT folder, or one file as diffusers, ComfyUI, LyCORIS or DiffSynth write it.

α is taken from a layer's `.alpha` tensor, else from the config (PEFT's file, or what diffusers keeps in the metadata) with its
patterns; where none says it, α is the rank, as every reader of such files takes it. A file is refused rather than half read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    config = config_of(path, file, metadata)
    return Adapter(path, layers_of(state, config, str(file)), "b2:" + file_hash(file), card_in(metadata, file))


def layers_of(state: Mapping[str, Tensor], config: Mapping[str, Any], where: str) -> dict[str, Delta]:
    """The deltas in the tensors of a file, by layer. `where` says whose they are. Raises `BadInput`."""
    parts: dict[str, State] = {}
    for key, tensor in state.items():
        kind = next((name for mark, name in _REFUSED.items() if mark in key), None)
        if kind is not None:
            raise BadInput(f"{where} is {kind} adapter ({key})", remedy=REMEDY)
        found = _PART.match(canonical(key))
        if not found:
            raise BadInput(f"{where} holds {key}, which is no part of an adapter", remedy=REMEDY)
        _check(key, tensor, where)
        parts.setdefault(canonical(found["layer"]), {})[_ALIKE.get(found["part"], found["part"])] = tensor
    if not parts:
        raise BadInput(f"{where} holds no adapter", remedy=REMEDY)
    made = {layer: _delta(layer, own, config, where) for layer, own in parts.items()}
    if len(kinds := sorted({kind_of(delta) for delta in made.values()})) > 1:
        raise BadInput(f"{where} mixes {' and '.join(kinds)}", remedy=REMEDY)
    return made


def _check(key: str, tensor: Tensor, where: str) -> None:
    if not tensor.is_floating_point():
        raise BadInput(f"{where}: {key} holds {tensor.dtype}, not numbers with a fraction", remedy=REMEDY)
    if tensor.numel() == 0:
        raise BadInput(f"{where}: {key} is empty, of shape {tuple(tensor.shape)}: an adapter of rank 0", remedy=REMEDY)
    if not torch.isfinite(tensor).all():
        raise BadInput(
            f"{where}: {key} holds numbers that are not finite", remedy="its training diverged: use an earlier checkpoint"
        )


def _delta(layer: str, parts: State, config: Mapping[str, Any], where: str) -> Delta:
    """The delta of one layer from its tensors."""
    stored = parts.pop("alpha", None)
    alpha = _pattern_value(config, "alpha_pattern", layer, config.get("lora_alpha") or config.get("alpha"))
    if stored is not None:
        alpha = float(stored)
    if alpha is not None and not alpha > 0:
        raise BadInput(f"{where}: {layer} has alpha {alpha:g}", remedy="alpha must be above 0")
    if any(name.startswith("lokr_") for name in parts):
        return _lokr(layer, parts, _pattern_value(config, "rank_pattern", layer, config.get("r")), alpha, where)
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
    # A tensor of alpha is how formats without a rank-stabilised scale say the scale itself.
    stabilised = bool(config.get("use_rslora")) and stored is None
    return Lora(down, up, float(down.shape[0]) if alpha is None else alpha, stabilised, length)


def _lokr(layer: str, parts: State, rank: float | None, alpha: float | None, where: str) -> Lokr:
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


def _pattern_value(config: Mapping[str, Any], field: str, layer: str, fallback: object) -> float | None:
    """A number of the config for one layer, by PEFT's rule: the first pattern that matches the end of its name."""
    names = (layer, to_original(layer))
    try:
        for pattern, value in (config.get(field) or {}).items():
            if any(re.match(rf"(.*\.)?({pattern})$", name) for name in names):
                return float(value)
        return None if fallback is None else float(fallback)  # type: ignore[arg-type]
    except (re.error, AttributeError, TypeError, ValueError) as error:
        raise BadInput(f"the adapter's config has an unusable {field} or number: {error}", remedy="correct its config") from None
