"""The parts of an instrument: which there are, and how one is built from its config and tensors.

Only the classes listed here are ever built, whatever a folder's index names.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadInput, Unavailable
from ..weights import build, fill, read_json, read_state, weight_files

if TYPE_CHECKING:
    import torch

PARTS = ("transformer", "condition_encoder", "text_encoder", "vae", "audio_tokenizer", "audio_token_detokenizer")
OPTIONAL = frozenset({"audio_tokenizer", "audio_token_detokenizer"})
_ACE = "diffusers.pipelines.ace_step.modeling_ace_step"
CLASSES = {
    "AceStepTransformer1DModel": "diffusers.models.transformers.ace_step_transformer",
    "AceStepConditionEncoder": _ACE,
    "AceStepAudioTokenizer": _ACE,
    "AceStepAudioTokenDetokenizer": _ACE,
    "AutoencoderOobleck": "diffusers.models.autoencoders.autoencoder_oobleck",
    "NanoCodec": "producertwin.model.nano.codec",
    "GlidingCodec": "producertwin.model.nano.gliding_codec",
    "NanoEmbedder": "producertwin.model.nano.embedder_net",
    "Qwen3Model": "transformers.models.qwen3.modeling_qwen3",
}
"""The only classes a folder may ask for, and where they live."""
SPECTRAL = frozenset({"NanoCodec", "GlidingCodec"})
"""Codecs that compute spectra, which half precision would spoil."""
CARRYING = frozenset({"GlidingCodec"})
"""Codecs whose oscillators carry their phases from tile to tile."""


def part_dtypes(device: torch.device, dtype: torch.dtype, codec: str) -> dict[str, torch.dtype]:
    """Type of each part: on a CPU only the transformer, which runs at every step, is coarse; a spectral codec never is."""
    import torch

    fine = torch.float32 if device.type == "cpu" else dtype
    return dict.fromkeys(PARTS, fine) | {"transformer": dtype} | ({"vae": torch.float32} if codec in SPECTRAL else {})


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


def open_codec(folder: Path, remedy: str = "") -> Any:
    """The codec that stands alone in `folder`, in full precision on the CPU. Raises as `make_part` and `read_state` do."""
    import torch

    config = read_json(folder / "config.json", remedy)
    state = read_state(weight_files(folder, "diffusion_pytorch_model", remedy), remedy)
    place = {"dtype": torch.float32, "device": torch.device("cpu"), "remedy": remedy}
    return make_part(str(config.get("_class_name")), config, state, folder, place)


def read_tokenizer(path: Path, remedy: str) -> Any:
    """The `tokenizers.Tokenizer` stored at `path`."""
    from tokenizers import Tokenizer

    if not path.is_file():
        raise Unavailable(f"{path} is missing", remedy=remedy)
    try:
        return Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the Rust tokenizer raises a bare Exception for a damaged file
        raise BadInput(f"{path} is damaged: {error}", remedy=remedy) from None
