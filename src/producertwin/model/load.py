"""Opening an instrument: by name, from a folder in diffusers' layout, or from an original ACE-Step folder.

Everything is read as safetensors; only classes listed here are ever built, whatever a folder's index names.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput, Unavailable
from ..settings import Settings
from . import catalogue
from .checksums import revision
from .instrument import Card, Instrument
from .weights import build, fill, read_json, read_state, weight_files

PARTS = ("transformer", "condition_encoder", "text_encoder", "vae", "audio_tokenizer", "audio_token_detokenizer")
OPTIONAL = frozenset({"audio_tokenizer", "audio_token_detokenizer"})
_ACE = "diffusers.pipelines.ace_step.modeling_ace_step"
CLASSES = {
    "AceStepTransformer1DModel": "diffusers.models.transformers.ace_step_transformer",
    "AceStepConditionEncoder": _ACE,
    "AceStepAudioTokenizer": _ACE,
    "AceStepAudioTokenDetokenizer": _ACE,
    "AutoencoderOobleck": "diffusers.models.autoencoders.autoencoder_oobleck",
    "NanoCodec": "producertwin.model.nano_codec",
    "NanoEmbedder": "producertwin.model.nano_embedder",
    "Qwen3Model": "transformers.models.qwen3.modeling_qwen3",
}
"""The only classes a folder may ask for, and where they live."""


def choose_device(name: str) -> torch.device:
    """The device for `auto`, `cpu`, `cuda`, `cuda:N` or `mps`. Raises `Unavailable` when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[device.type]
    if not there or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise Unavailable(f"device {name} is not here", remedy="set TWIN_DEVICE=auto or cpu")
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it faster than float32, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu":
        able: Mapping[str, Any] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
    return torch.float32


def part_dtypes(device: torch.device, dtype: torch.dtype, codec: str) -> dict[str, torch.dtype]:
    """Type of each part: on a CPU only the transformer, which runs at every step, is coarse; a spectral codec never is."""
    fine = torch.float32 if device.type == "cpu" else dtype
    return dict.fromkeys(PARTS, fine) | {"transformer": dtype} | ({"vae": torch.float32} if codec == "NanoCodec" else {})


def _class(name: str, where: Path) -> Any:
    if name not in CLASSES:
        raise BadInput(f"{where} asks for a {name}", remedy=f"known parts are {', '.join(CLASSES)}")
    return getattr(import_module(CLASSES[name]), name)


def _config(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments to build `kind` from a stored config."""
    if kind.__name__ == "Qwen3Model":
        from transformers.models.qwen3.configuration_qwen3 import Qwen3Config

        return {"config": Qwen3Config(**{k: v for k, v in data.items() if k not in ("architectures", "dtype", "torch_dtype")})}
    return {key: value for key, value in data.items() if not key.startswith("_")}


def text_state(state: dict[str, Any]) -> dict[str, Any]:
    """A Qwen3 state without the prefix and head of its language-model form."""
    return {key.removeprefix("model."): value for key, value in state.items() if not key.startswith("lm_head.")}


def make_part(name: str, data: Mapping[str, Any], state: dict[str, Any], where: Path, place: Mapping[str, Any]) -> Any:
    """One part of class `name` from its config and tensors; `place` holds dtype, device and remedy."""
    kind = _class(name, where)
    try:
        module = build(kind, _config(kind, data))
    except TypeError as error:
        raise BadInput(f"{where} does not describe a {name}: {error}", remedy=place.get("remedy", "")) from None
    return fill(module, text_state(state) if name == "Qwen3Model" else state, where, **place)


def read_tokenizer(path: Path, remedy: str) -> Any:
    """The `tokenizers.Tokenizer` stored at `path`."""
    from tokenizers import Tokenizer

    if not path.is_file():
        raise Unavailable(f"{path} is missing", remedy=remedy)
    try:
        return Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the Rust tokenizer raises a bare Exception for a damaged file
        raise BadInput(f"{path} is damaged: {error}", remedy=remedy) from None


def _from_diffusers(folder: Path, card: Card, device: torch.device, dtype: torch.dtype, remedy: str) -> Instrument:
    index = read_json(folder / "model_index.json", remedy)
    named = {part: str(index[part][1]) for part in PARTS if isinstance(index.get(part), list) and index[part][1]}
    for part in PARTS:
        if part not in named and part not in OPTIONAL:
            raise BadInput(f"{folder / 'model_index.json'} lists no {part}", remedy=remedy)
    types = part_dtypes(device, dtype, named["vae"])
    parts, files = {}, []
    for part, name in named.items():
        where = folder / part
        found = weight_files(where, "model" if part == "text_encoder" else "diffusion_pytorch_model", remedy)
        place = {"dtype": types[part], "device": device, "remedy": remedy}
        parts[part] = make_part(name, read_json(where / "config.json", remedy), read_state(found, remedy), where, place)
        files += found
    tokenizer = read_tokenizer(folder / "tokenizer" / "tokenizer.json", remedy)
    return Instrument(card.name, revision(files, folder), card, device, dtype, tokenizer=tokenizer, **parts)


def load(variant: str, settings: Settings, *, device: str | None = None, dtype: torch.dtype | None = None) -> Instrument:
    """Open `variant`: a name from the catalogue, or a folder.

    Raises `BadInput` for an unknown name or a damaged file, `Unavailable` when weights or device are missing; both say what to
    run.
    """
    place = choose_device(device or settings.device)
    kind = dtype or choose_dtype(place)
    if variant == "tiny":
        from .tiny import build as build_tiny

        return build_tiny(place, dtype or torch.float32)
    folder, remedy, card = _find(variant, settings)
    if catalogue.layout(folder) == "diffusers":
        return _from_diffusers(folder, card, place, kind, remedy)
    from .convert import load_original

    return load_original(folder, card, place, kind, remedy)


def _find(variant: str, settings: Settings) -> tuple[Path, str, Card]:
    """Folder, remedy and card of a variant or folder."""
    found = catalogue.resolve(variant, settings)
    if found.folder is None or not found.present:
        trouble = f"{found.folder} holds no instrument"
        if found.variant is not None:
            looked = " or ".join(map(str, catalogue.candidates(found.variant, settings)))
            trouble = f"the weights of {variant} are not here (looked for {looked})"
        raise Unavailable(trouble, remedy=found.remedy)
    return found.folder, found.remedy, found.read_card()
