"""nano's codec read from its folder, by the class that its config names."""

from __future__ import annotations

from pathlib import Path

from ...errors import BadInput
from ..weights import read_json
from .codec import NanoCodec
from .gliding_codec import GlidingCodec

_KINDS = {kind.__name__: kind for kind in (NanoCodec, GlidingCodec)}


def read_codec(folder: Path) -> NanoCodec | GlidingCodec:
    """The codec in `folder`, in single precision. Raises `BadInput` where it is of another class, and as `read_json` does."""
    config = folder / "config.json"
    name = read_json(config).get("_class_name")
    if name not in _KINDS:
        raise BadInput(f"{config} describes a {name}", remedy=f"nano's codecs are {' and '.join(_KINDS)}")
    found: NanoCodec | GlidingCodec = _KINDS[name].from_pretrained(folder, low_cpu_mem_usage=False).float().eval()
    return found
