"""Where an adapter's weights, config and card lie: in a folder as PEFT writes it, or all in one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import BadInput, NotFound
from ...recipe import read as read_record
from ..adapter_spec import AdapterCard
from ..weights import read_json

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = ("adapter_model.safetensors", "lokr_weights.safetensors")
METADATA: Final = "lora_adapter_metadata"
"""Where diffusers keeps the config inside a single file."""
LYCORIS: Final = "lokr_config"
"""Where ACE-Step's trainer keeps the config of a LoKr; its tensors say all of it but whether it is rank-stabilised."""
CARD: Final = "producertwin"
"""Where the card is kept inside a file."""
TRIGGERS: Final = ("modelspec.trigger_phrase", "hot_step_trigger")
REMEDY: Final = "give a LoRA, DoRA or LoKr of linear layers: a PEFT folder or a safetensors file"


def card_of(path: Path) -> AdapterCard | None:
    """The card of an adapter, without reading its weights."""
    file = file_of(path)
    return card_in(metadata_of(file), file)


def file_of(path: Path) -> Path:
    """The weights of the adapter at `path`."""
    if path.is_dir():
        here = next((path / name for name in WEIGHTS if (path / name).is_file()), None)
        if here is not None:
            return here
        other = next((name for name in ("adapter_model.bin", "adapter_model.pt") if (path / name).is_file()), None)
        if other is None:
            raise NotFound(f"no adapter in {path}", remedy=REMEDY)
        path = path / other
    if not path.is_file():
        raise NotFound(f"no adapter at {path}", remedy=REMEDY)
    if path.suffix != ".safetensors":
        why = "a pickle can run code and is never read" if path.suffix in {".bin", ".pt", ".pth", ".ckpt"} else "save it as one"
        raise BadInput(f"{path} is not a safetensors file: {why}", remedy=REMEDY)
    return path


def metadata_of(file: Path) -> dict[str, str]:
    """What the header of a safetensors file says beside its tensors. Raises `BadInput` naming a damaged file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            return dict(opened.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{file} is damaged: {error}", remedy=REMEDY) from None


def config_of(path: Path, file: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The adapter's config: PEFT's file, or what diffusers keeps in the metadata."""
    if path.is_dir() and file.name == WEIGHTS[0]:
        if not (path / CONFIG).is_file():
            raise NotFound(f"{path} lacks its {CONFIG}", remedy="alpha and rank are in it: copy the whole adapter folder")
        return read_json(path / CONFIG)
    if LYCORIS in metadata:
        return {"rs_lora": bool(_object(metadata[LYCORIS], file, LYCORIS).get("rs_lora"))}
    stored = _object(metadata.get(METADATA), file, METADATA)
    return {key.removeprefix("transformer."): value for key, value in stored.items()}


def card_in(metadata: Mapping[str, str], file: Path) -> AdapterCard | None:
    """The card in the metadata of a file; of one that others wrote, the trigger word alone. None where neither is there."""
    stored = _object(metadata.get(CARD), file, CARD)
    if stored:
        return read_record(AdapterCard, stored, where=f"{file}: {CARD}")
    trigger = next((metadata[name] for name in TRIGGERS if metadata.get(name)), None)
    return None if trigger is None else AdapterCard(trigger=trigger)


def _object(text: str | None, file: Path, name: str) -> dict[str, Any]:
    """A JSON object of the metadata; empty when it is not there."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise BadInput(f"{file}: its {name} is damaged: {error}", remedy=REMEDY) from None
    if not isinstance(found, dict):
        raise BadInput(f"{file}: its {name} is damaged: not an object", remedy=REMEDY)
    return found
