"""What comes back: weights in half precision in few files below 16 MB, and nano's folder made of them.

    codec.safetensors           the codec, with its config as metadata
    transformer-N.safetensors   the transformer, in shards
    rest.safetensors            condition encoder, words' encoder, codes and embedder, as `PART.NAME`
    tokenizer.json              the words
    record.json                 recipe, steps, times, figures

Every file appears whole, as soon as its phase has something; a later call goes on from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ....disk import whole_file, write_whole
from ....errors import NotFound
from ....house_band.captions import vocabulary
from ....model.nano import build
from ....model.nano.gliding_codec import GlidingCodec
from ....model.nano.gliding_sound import GLIDE_FEATURES
from ....model.variants import catalogue

LARGEST = 15_000_000
"""Bytes of a shard."""
REST = ("condition_encoder", "text_encoder", "audio_tokenizer", "audio_token_detokenizer", "embedder")


def _half(module: nn.Module) -> dict[str, Tensor]:
    return {
        name: (tensor.detach().half() if tensor.is_floating_point() else tensor.detach()).cpu().contiguous().clone()
        for name, tensor in module.state_dict().items()
    }


def _write(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, str] | None = None) -> None:
    from safetensors.torch import save_file

    with whole_file(path) as temporary:
        save_file(dict(tensors), temporary, metadata={"format": "pt", **(facts or {})})


def write_codec(model: GlidingCodec, out: Path) -> None:
    """Write the codec."""
    sizes = {
        key: value for key, value in dict(model.config).items() if isinstance(value, int) and key.endswith(("width", "depth"))
    }
    _write(out / "codec.safetensors", _half(model), {"sizes": json.dumps(sizes), "features": str(GLIDE_FEATURES)})


def read_codec(out: Path) -> GlidingCodec:
    """The codec in `out`. Raises `NotFound` where there is none."""
    from safetensors import safe_open

    path = out / "codec.safetensors"
    if not path.is_file():
        raise NotFound(f"no codec in {out}", remedy="run runs/nano_gpu.sh first")
    with safe_open(path, "pt") as file:
        sizes = json.loads(file.metadata()["sizes"])
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a dict
    model: GlidingCodec = GlidingCodec(**sizes)
    model.load_state_dict(state)
    model.eval()
    return model


def write_transformer(transformer: nn.Module, out: Path) -> None:
    """Write the transformer in shards."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in _half(transformer).items():
        if size + tensor.nbytes > LARGEST and shards[-1]:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    for number, shard in enumerate(shards, 1):
        _write(out / f"transformer-{number}.safetensors", shard, {"shards": str(len(shards))})


@dataclass
class Parts:
    """Every part of nano but the codec, by name."""

    modules: build.NanoModules
    codes: build.CodeModules
    embedder: nn.Module

    def rest(self) -> dict[str, nn.Module]:
        """All of them but the transformer."""
        every = {**vars(self.modules), **vars(self.codes), "embedder": self.embedder}
        return {name: every[name] for name in REST}


def write_rest(parts: Parts, out: Path) -> None:
    """Write everything but codec and transformer."""
    tensors = {f"{part}.{name}": tensor for part, module in parts.rest().items() for name, tensor in _half(module).items()}
    _write(out / "rest.safetensors", tensors)


def read_parts(parts: Parts, out: Path, *, which: tuple[str, ...] = ("transformer", *REST)) -> None:
    """Fill `parts` from the files in `out`. Raises `NotFound` where one is missing."""
    from safetensors.torch import load_file

    shards = sorted(out.glob("transformer-*.safetensors"))
    if not shards or not (out / "rest.safetensors").is_file():
        raise NotFound(f"no transformer in {out}", remedy="run runs/nano_gpu.sh to its end first")
    if "transformer" in which:
        whole: dict[str, Tensor] = {}
        for path in shards:
            whole |= load_file(path)
        parts.modules.transformer.load_state_dict(whole)
    rest = load_file(out / "rest.safetensors")
    for part, module in parts.rest().items():
        if part in which:
            own = {name.removeprefix(f"{part}."): t for name, t in rest.items() if name.startswith(f"{part}.")}
            if part == "condition_encoder":
                module.register_buffer("silence_latent", own["silence_latent"].to(next(module.parameters())))
            module.load_state_dict(own)


@dataclass
class RunLog:
    """Times and figures, written after every note."""

    out: Path
    began: float
    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def write(self) -> None:
        """Write `record.json`."""
        write_whole(self.out / "record.json", json.dumps({**self.facts, "rows": self.rows}, indent=0).encode())


def install(source: Path, folder: Path) -> Path:
    """Write nano's folder in half precision from the files in `source`; returns it."""
    from transformers import PreTrainedTokenizerFast

    from ..embedder import build_embedder
    from ..nano import build_modules
    from ..songs import SAMPLED
    from ..tokenizer import build_codes

    words = PreTrainedTokenizerFast(
        tokenizer_file=str(source / "tokenizer.json"), pad_token=build.END, eos_token=build.END, padding_side="right"
    )
    parts = Parts(build_modules(words, torch.zeros(64), 1), build_codes(1), build_embedder(len(words), 1))
    read_parts(parts, source)
    record = json.loads((source / "record.json").read_text())
    steps = record.get("nano_steps", 0)
    facts_of_training = {
        "revision": f"house band and soundfont corpus, second generation, {steps} steps",
        "licence": "Apache-2.0",
        "words": vocabulary() | set(SAMPLED.split()),
    }
    card = catalogue.VARIANTS["nano"].card.model_copy(update=facts_of_training)
    build.save(parts.modules, parts.codes, read_codec(source), parts.embedder, words, folder, card)
    write_whole(
        folder / "training.json",
        json.dumps({"step": steps, **{k: v for k, v in record.items() if k != "rows"}}, indent=1).encode(),
    )
    return folder
