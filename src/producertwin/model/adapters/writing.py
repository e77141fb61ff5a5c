"""Writing adapters in the four forms in circulation, with α honoured in each, card and trigger word in the metadata.

| form | what | α |
|---|---|---|
| peft | folder; original layer names after `base_model.model.` | config, also rank-stabilised |
| diffusers | one file; diffusers' names after `transformer.` | config inside the metadata |
| comfyui | one file; original names after `diffusion_model.` | a tensor per layer, the rank-stabilised root worked in |
| diffsynth | one file; bare original names | none: multiplied into B |

What a form cannot say (a LoKr in diffusers, the condition encoder outside PEFT and ComfyUI, …) is refused, not left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from math import isqrt
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ...disk import write_json
from ...errors import BadInput
from ..adapter_spec import AdapterCard, Form, LoraSpec
from ..key_maps import ENCODER, to_original
from ..weights import State
from .adapter import Adapter, kind_of
from .delta import Delta, Lokr, Lora, is_dora
from .files import CARD, CONFIG, METADATA, TRIGGERS, WEIGHTS
from .reading import layers_of
from .tensors import save

FORMS: Final[tuple[Form, ...]] = ("peft", "diffusers", "comfyui", "diffsynth")
_FORM_KINDS: Final = {"diffusers": {"lora", "dora"}, "diffsynth": {"lora"}}
"""Kinds that a form can hold, where not all."""


def write(state: Mapping[str, Tensor], spec: LoraSpec, card: AdapterCard, path: Path, form: Form = "peft") -> Path:
    """Write the tensors of a `Trainable`. `path` is a folder for peft, a file for the others; it is whole or absent."""
    config = {"r": spec.rank, "lora_alpha": spec.alpha, "use_rslora": spec.rslora}
    return convert(Adapter(path, layers_of(state, config, "the trained state"), "", card), path, form)


def convert(adapter: Adapter, path: Path, form: Form, card: AdapterCard | None = None) -> Path:
    """Write `adapter` at `path` in `form`, with `card` or its own. Raises `BadInput` for what the form cannot say."""
    if form not in FORMS:
        raise BadInput(f"{form!r} is not a form of adapters", remedy=f"choose from {', '.join(FORMS)}")
    _check_expressible(adapter, form)
    kept = card or adapter.card or AdapterCard()
    metadata = {"format": "pt", CARD: kept.model_dump_json(exclude_defaults=True)}
    if kept.trigger:
        metadata[TRIGGERS[0]] = kept.trigger
    if form == "peft":
        return _write_folder(adapter, path, metadata, kept)
    if path.suffix != ".safetensors":
        raise BadInput(f"{path} cannot be a {form} file", remedy="name a file that ends in .safetensors")
    if form == "diffusers":
        config = config_of(adapter.layers, str)
        metadata[METADATA] = json.dumps({f"transformer.{key}": value for key, value in config.items()}, sort_keys=True)
    spelled: dict[str, Callable[[str, Delta], State]] = {"diffusers": _diffusers, "comfyui": _comfyui, "diffsynth": _diffsynth}
    state = {key: tensor for layer, delta in adapter.layers.items() for key, tensor in spelled[form](layer, delta).items()}
    return save(state, metadata, path)


def _check_expressible(adapter: Adapter, form: Form) -> None:
    if form != "comfyui" and any(len(delta.shape) > 2 for delta in adapter.layers.values()):
        raise BadInput(f"a {form} file cannot hold a LoKr of convolutions", remedy="write it as comfyui")
    if form != "comfyui" and any(delta.magnitude is not None and not is_dora(delta) for delta in adapter.layers.values()):
        raise BadInput(f"a {form} file cannot hold a LoKr or the columns of a LoRA decomposed", remedy="write it as comfyui")
    if form not in _FORM_KINDS:
        return
    kinds = {kind_of(delta) for delta in adapter.layers.values()}
    if strange := sorted(kinds - _FORM_KINDS[form]):
        raise BadInput(f"a {form} file cannot hold a {strange[0]}", remedy="write it as peft or comfyui")
    if any(layer.startswith(ENCODER) for layer in adapter.layers):
        raise BadInput(f"a {form} file cannot hold layers of the condition encoder", remedy="write it as peft or comfyui")


def _write_folder(adapter: Adapter, path: Path, metadata: Mapping[str, str], card: AdapterCard) -> Path:
    """Write a PEFT folder: delete the old config, write the weights, write the config.

    A folder without a config is no adapter.
    """
    if path.exists() and not path.is_dir():
        raise BadInput(f"{path} is a file", remedy="name a folder")
    (path / CONFIG).unlink(missing_ok=True)
    save(adapter.state(), metadata, path / WEIGHTS[0])
    write_json(path / CONFIG, config_of(adapter.layers, to_original) | {"base_model_name_or_path": card.variant or None})
    return path


def config_of(layers: Mapping[str, Delta], spelled: Callable[[str], str]) -> dict[str, Any]:
    """PEFT's config of the deltas; layers that differ from most are named in its patterns."""
    stabilised = all(isinstance(delta, Lora) and delta.stabilised for delta in layers.values())
    ranks = {spelled(layer): delta.rank for layer, delta in layers.items()}
    alphas = {
        spelled(layer): _whole(
            delta.scaling * delta.rank if isinstance(delta, Lora) and delta.stabilised != stabilised else delta.alpha
        )
        for layer, delta in layers.items()
    }
    rank, alpha = _most_common(ranks.values()), _most_common(alphas.values())
    shared: dict[str, Any] = {
        "r": rank,
        "rank_pattern": {layer: own for layer, own in ranks.items() if own != rank},
        "alpha_pattern": {layer: own for layer, own in alphas.items() if own != alpha},
        "target_modules": sorted({_end(layer) for layer in ranks}),
        "inference_mode": True,
        "task_type": None,
    }
    first = next(iter(layers.values()))
    if isinstance(first, Lokr):
        kinds = [delta for delta in layers.values() if isinstance(delta, Lokr)]
        both = any("lokr_w1_a" in delta.parts for delta in kinds)
        return shared | {"peft_type": "LOKR", "alpha": alpha, "decompose_both": both, "decompose_factor": _factor(kinds)}
    dora = first.magnitude is not None
    own = {"lora_alpha": alpha, "use_rslora": stabilised, "use_dora": dora, "bias": "none", "lora_dropout": 0.0}
    return shared | {"peft_type": "LORA"} | own


def _most_common(values: Any) -> Any:
    return Counter(values).most_common(1)[0][0]


def _whole(value: float) -> float:
    """An integer where it is one: PEFT declares them so."""
    return int(value) if value == int(value) else value


def _end(layer: str) -> str:
    """What ends the name of every layer like this one."""
    above, _, leaf = layer.rpartition(".")
    return f"{above.rpartition('.')[2]}.{leaf}" if leaf.isdigit() else leaf


def _factor(deltas: list[Lokr]) -> int:
    """PEFT's `decompose_factor`: -1 where every width is split nearest to its root, else the size of the first factor."""
    for delta in deltas:
        for side in (0, 1):
            first, width = int(delta.factor("lokr_w1").shape[side]), delta.shape[side]
            if first != max(part for part in range(1, isqrt(width) + 1) if width % part == 0):
                return first
    return -1


def _diffusers(layer: str, delta: Delta) -> State:
    return {f"transformer.{layer}.{name}": tensor for name, tensor in delta.tensors.items()}


def _comfyui(layer: str, delta: Delta) -> State:
    place = to_original(layer if layer.startswith(ENCODER) else f"decoder.{layer}")
    if isinstance(delta, Lokr):
        parts = delta.tensors
        if delta.whole:  # its readers then take 1 for the scale, whatever alpha says
            parts["lokr_w1"] = delta.scaling * delta.factor("lokr_w1")
        else:
            parts["alpha"] = torch.tensor(delta.scaling * delta.rank)
    else:
        parts = {"lora_down.weight": delta.down, "lora_up.weight": delta.up, "alpha": torch.tensor(delta.scaling * delta.rank)}
        if delta.magnitude is not None:
            parts["dora_scale"] = delta.magnitude[:, None] if delta.magnitude.ndim == 1 else delta.magnitude
    return {f"diffusion_model.{place}.{name}": tensor for name, tensor in parts.items()}


def _diffsynth(layer: str, delta: Delta) -> State:
    name = to_original(layer)
    assert isinstance(delta, Lora)
    up = (delta.scaling * delta.up.float()).to(delta.up)
    return {f"{name}.lora_A.default.weight": delta.down, f"{name}.lora_B.default.weight": up}
