"""Where an adapter's weights, config and card lie: in a folder as PEFT writes it, or all in one safetensors file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import BadInput, NotFound
from ...recipe import read as read_record
from ...untrusted import LARGEST_CONFIG, parse_object, read_object
from ..adapter_spec import AdapterCard
from ..key_maps import PEFT
from ..weights import damage

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
        named = {one.name.lower(): one for one in sorted(path.iterdir(), reverse=True) if one.is_file()}
        here = next((named[name] for name in WEIGHTS if name in named), None)
        if here is not None:
            return here
        other = next((name for name in ("adapter_model.bin", "adapter_model.pt") if (path / name).is_file()), None)
        if other is None:
            raise NotFound(f"no adapter in {path}", remedy=REMEDY)
        path = path / other
    if not path.is_file():
        raise NotFound(f"no adapter at {path}", remedy=REMEDY)
    if path.suffix.lower() != ".safetensors":
        pickled = path.suffix.lower() in {".bin", ".pt", ".pth", ".ckpt"}
        why = "a pickle can run code and is never read" if pickled else "save it as one"
        raise BadInput(f"{path} is not a safetensors file: {why}", remedy=REMEDY)
    return path


def metadata_of(file: Path) -> dict[str, str]:
    """What the header of a safetensors file says beside its tensors. Raises `BadInput` naming a damaged file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            return dict(opened.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise damage(file, error, REMEDY) from None


def config_of(file: Path, metadata: Mapping[str, str], keys: Collection[str]) -> dict[str, Any]:
    """The adapter's config: PEFT's file beside the weights, or what diffusers keeps in the metadata.

    It is the same whether the folder was named or the weights in it. Raises `NotFound` where PEFT's `adapter_model.safetensors`
    has none: it does not tell alpha, and a guess would play it at another strength.
    """
    beside = next((one for one in sorted(file.parent.iterdir()) if one.name.lower() == CONFIG and one.is_file()), None)
    named = file.name.lower() == WEIGHTS[0]
    if LYCORIS in metadata:
        return {"rs_lora": bool(_object(metadata[LYCORIS], file, LYCORIS).get("rs_lora"))}
    stored = {} if named and beside is not None else _object(metadata.get(METADATA), file, METADATA)
    if stored:
        return {key.removeprefix("transformer."): value for key, value in stored.items()}
    if any(key.endswith(".alpha") for key in keys) and not named:
        return {}
    if beside is not None and (named or any(key.startswith(PEFT) for key in keys)):
        config = read_object(beside, largest=LARGEST_CONFIG, remedy=REMEDY)
        if config.get("lora_alpha") is None and config.get("alpha") is None and not any(key.endswith(".alpha") for key in keys):
            raise BadInput(f"{beside} does not tell alpha", remedy="copy the one that was saved with these weights")
        return config
    if named and not any(key.endswith(".alpha") for key in keys):
        raise NotFound(f"{file.parent} lacks its {CONFIG}", remedy="alpha and rank are in it: copy the whole adapter folder")
    return {}


def card_in(metadata: Mapping[str, str], file: Path) -> AdapterCard | None:
    """The card in the metadata of a file; of one that others wrote, the trigger word alone. None where neither is there."""
    stored = _object(metadata.get(CARD), file, CARD)
    if stored:
        return read_record(AdapterCard, stored, where=f"{file}: {CARD}")
    trigger = next((metadata[name] for name in TRIGGERS if metadata.get(name)), None)
    return None if trigger is None else AdapterCard(trigger=trigger)


def _object(text: str | None, file: Path, name: str) -> dict[str, Any]:
    """A JSON object of the metadata; empty when it is not there."""
    return parse_object(text or "{}", f"{file}: its {name}", remedy=REMEDY)
