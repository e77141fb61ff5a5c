"""Original ACE-Step 1.5 checkpoints as diffusers' modules, on the fly or written once.

The original folder holds one state for everything: `decoder.` is the transformer, `encoder.` and `null_condition_emb` the
condition encoder, `tokenizer.` and `detokenizer.` the 5 Hz codes; attention and patch layers are called differently. Key map and
fields after diffusers' `convert_ace_step_to_diffusers.py` and ACE-Step's `configuration_acestep_v15.py`. Beside the folder lie
`vae` and `Qwen3-Embedding-0.6B`, as upstream downloads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import BadInput, NotFound
from ...progress import Steps
from ..instrument import Card, Instrument
from ..key_maps import to_diffusers, to_original
from ..weights import State, read_json, read_state, weight_files
from . import catalogue
from .checksums import revision
from .parts import make_part, part_dtypes, read_tokenizer, text_state
from .stored_parts import Part, Stored, check_free, write_diffusers
from .stored_tensor import read_tensor

PREFIXES = {
    "decoder.": "transformer",
    "encoder.": "condition_encoder",
    "tokenizer.": "audio_tokenizer",
    "detokenizer.": "audio_token_detokenizer",
}
CLASS_OF = {
    "transformer": "AceStepTransformer1DModel",
    "condition_encoder": "AceStepConditionEncoder",
    "audio_tokenizer": "AceStepAudioTokenizer",
    "audio_token_detokenizer": "AceStepAudioTokenDetokenizer",
    "vae": "AutoencoderOobleck",
    "text_encoder": "Qwen3Model",
}
_ATTENTION = ("head_dim", "rope_theta", "attention_bias", "attention_dropout", "rms_norm_eps", "sliding_window")


def split_state(state: Mapping[str, Tensor]) -> dict[str, State]:
    """The original's tensors by part, under diffusers' names."""
    parts: dict[str, State] = {part: {} for part in PREFIXES.values()}
    for key, tensor in state.items():
        if key == "null_condition_emb":
            parts["condition_encoder"][key] = tensor
            continue
        prefix = next((prefix for prefix in PREFIXES if key.startswith(prefix)), None)
        if prefix is not None:
            parts[PREFIXES[prefix]][to_diffusers(key.removeprefix(prefix))] = tensor
    return parts


def join_state(parts: Mapping[str, Mapping[str, Tensor]]) -> State:
    """The tensors of diffusers' parts as the original names them: what `split_state` takes apart."""
    found: State = {}
    for prefix, part in PREFIXES.items():
        for key, tensor in parts.get(part, {}).items():
            if key == "null_condition_emb":
                found[key] = tensor
            elif key != "silence_latent":  # a file of its own
                found[prefix + to_original(key)] = tensor
    return found


def configs(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Arguments of the four ACE-Step modules from the original's config; XL's condition encoder has its own width."""

    def of(*names: str) -> dict[str, Any]:
        return {name: config[name] for name in names if config.get(name) is not None}

    wide = of("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
    narrow = {name: config.get(f"encoder_{name}") or value for name, value in wide.items()}
    shared = of(*_ATTENTION)
    pooling = narrow | shared | of("audio_acoustic_hidden_dim", "pool_window_size", "num_attention_pooler_hidden_layers")
    depth = int(config.get("num_attention_pooler_hidden_layers") or 2)
    if config.get("layer_types"):
        pooling["layer_types"] = list(config["layer_types"])[:depth]
    transformer = of("num_hidden_layers", "in_channels", "audio_acoustic_hidden_dim", "patch_size", "layer_types")
    version = {"is_turbo": bool(config.get("is_turbo", False)), "model_version": config.get("model_version")}
    depths = of("num_lyric_encoder_hidden_layers", "num_timbre_encoder_hidden_layers")
    codes = {"fsq_dim": config.get("fsq_dim") or narrow["hidden_size"]} | of("fsq_input_levels", "fsq_input_num_quantizers")
    return {
        "transformer": wide | shared | transformer | version | {"encoder_hidden_size": narrow["hidden_size"]},
        "condition_encoder": narrow | shared | depths | of("text_hidden_dim", "timbre_hidden_dim"),
        "audio_tokenizer": pooling | codes,
        "audio_token_detokenizer": pooling,
    }


def read_silence(path: Path, width: int) -> Tensor:
    """`silence_latent.pt`, stored as `(1, width, frames)`, as `(1, frames, width)`: all its frames, in their own type.

    The codec's silence begins unlike its rest, so its frames stand for their places from the start of a take. Raises
    `BadInput` for anything else.
    """
    stored = read_tensor(path)
    if stored.ndim != 3 or stored.shape[:2] != (1, width):
        shape = tuple(stored.shape)
        raise BadInput(f"{path} holds a tensor {shape}, not latents (1, {width}, frames)", remedy="download it again")
    return stored.transpose(1, 2).contiguous()


def _beside(folder: Path, name: str, remedy: str) -> Path:
    for place in (folder.parent / name, folder / name):
        if place.is_dir():
            return place
    raise NotFound(f"{folder.parent / name} is missing: every original checkpoint needs it", remedy=remedy)


def read_original(folder: Path, remedy: str) -> Stored:
    """The parts of an original checkpoint folder."""
    config = read_json(folder / "config.json", remedy)
    try:
        arguments = configs(config)
    except KeyError as error:
        raise BadInput(f"{folder / 'config.json'} lacks {error}", remedy=remedy) from None
    files = weight_files(folder, "model", remedy)
    states = split_state(read_state(files, remedy))
    silence = read_silence(folder / "silence_latent.pt", int(config.get("timbre_hidden_dim", 64)))
    states["condition_encoder"]["silence_latent"] = silence
    parts = {name: Part(CLASS_OF[name], arguments[name], states[name], folder) for name in PREFIXES.values() if states[name]}
    vae, words = (_beside(folder, name, remedy) for name in catalogue.SHARED)
    tokenizer = words / "tokenizer.json"
    if not tokenizer.is_file():
        raise NotFound(f"{tokenizer} is missing", remedy=remedy)
    vae_files, text_files = weight_files(vae, "diffusion_pytorch_model", remedy), weight_files(words, "model", remedy)
    vae_config = {k: v for k, v in read_json(vae / "config.json", remedy).items() if not k.startswith("_")}
    parts["vae"] = Part(CLASS_OF["vae"], vae_config, read_state(vae_files, remedy), vae)
    text = text_state(read_state(text_files, remedy))
    parts["text_encoder"] = Part(CLASS_OF["text_encoder"], read_json(words / "config.json", remedy), text, words)
    return Stored(parts, files + vae_files + text_files, tokenizer)


def load_original(folder: Path, card: Card, device: torch.device, dtype: torch.dtype, remedy: str) -> Instrument:
    """Open an original checkpoint folder as it is."""
    stored = read_original(folder, remedy)
    types = part_dtypes(device, dtype, "AutoencoderOobleck")
    modules = {
        name: make_part(
            part.kind, part.config, part.state, part.where, {"dtype": types[name], "device": device, "remedy": remedy}
        )
        for name, part in stored.parts.items()
    }
    tokenizer = read_tokenizer(stored.tokenizer, remedy)
    return Instrument(card.name, revision(stored.files, folder.parent), card, device, dtype, tokenizer=tokenizer, **modules)


def convert(original: Path, into: Path, card: Card | None = None, *, remedy: str = "") -> Steps[Path]:
    """Write an original checkpoint in diffusers' layout to `into`, which must not exist yet; yields progress, returns `into`.

    Tensors keep their type. The folder appears under its name only when complete.
    """
    check_free(into, 0)
    stored = read_original(original, remedy)
    return (yield from write_diffusers(stored.parts, stored.tokenizer, card or catalogue.card_of(original), into))
