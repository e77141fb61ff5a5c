"""An adapter in memory: what it does to which layers, and what can be said of it as a whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...recipe import read as read_record
from ..adapter_spec import AdapterCard, Encoder, LoraSpec, Targets
from ..key_maps import ENCODER, PEFT, to_original
from ..weights import State
from .delta import Delta, Lokr, Lora, is_dora


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """An adapter as read."""

    path: Path
    layers: Mapping[str, Delta]
    """What it does, by the name of the layer; one of the condition encoder begins with `encoder.`."""
    revision: str
    """Content hash of its weights."""
    card: AdapterCard | None = None
    """Where it came from, where its file says so."""

    @property
    def trigger(self) -> str:
        """The word that calls it; empty where it has none."""
        return self.card.trigger if self.card else ""

    @property
    def kind(self) -> str:
        """`lora`, `dora` or `lokr`."""
        return kind_of(next(iter(self.layers.values())))

    @property
    def norms(self) -> dict[str, float]:
        """How much it adds to the weights of each part of the instrument: Frobenius norm over all its layers there."""
        found: dict[str, float] = {}
        for layer, delta in self.layers.items():
            found[part_of(layer)] = found.get(part_of(layer), 0.0) + delta.norm**2
        return {part: total**0.5 for part, total in sorted(found.items())}

    @property
    def spec(self) -> LoraSpec:
        """Its shape; where layers differ, that of most. Raises `BadInput` for a rank that cannot be trained here."""
        deltas = list(self.layers.values())
        if any(delta.magnitude is not None and not is_dora(delta) for delta in deltas):
            remedy = "begin with a plain LoRA, a DoRA or a LoKr"
            raise BadInput(f"{self.path} is decomposed in a way that is played but not trained here", remedy=remedy)
        (rank, alpha, stabilised), _ = Counter(
            (d.rank, d.alpha, isinstance(d, Lora) and d.stabilised) for d in deltas
        ).most_common(1)[0]
        facts = {"kind": self.kind, "rank": rank, "alpha": alpha, "rslora": stabilised}
        return read_record(LoraSpec, facts | _targets(self.layers), where=str(self.path))

    def state(self) -> State:
        """Its tensors as a PEFT file names them, which `Trainable.load` takes."""
        return {
            f"{PEFT}{to_original(layer)}.{name}": tensor
            for layer, delta in self.layers.items()
            for name, tensor in delta.tensors.items()
        }


def kind_of(delta: Delta) -> str:
    """`lora`, `dora` or `lokr`."""
    return "lokr" if isinstance(delta, Lokr) else "lora" if delta.magnitude is None else "dora"


def part_of(layer: str) -> str:
    """The part of the instrument that a layer belongs to."""
    if layer.startswith(ENCODER):
        return layer.split(".")[1].replace("_", " ")
    inner = {"self_attn": "self attention", "cross_attn": "cross attention", "mlp": "feed-forward"}
    return next((name for mark, name in inner.items() if f".{mark}." in layer), "time and condition")


def _targets(layers: Mapping[str, Delta]) -> dict[str, Any]:
    """The targets and encoder groups that cover the names of `layers`."""
    inner = [name for name in layers if re.search(r"(^|\.)layers\.\d+\.", name)]
    targets: Targets = "all-linear" if len(inner) < len(layers) else "attention"
    if targets == "attention" and any(".mlp." in name for name in inner):
        targets = "attention+mlp"
    groups: tuple[Encoder, ...] = ("lyric", "timbre")
    return {"targets": targets, "encoders": [g for g in groups if any(n.startswith(f"{ENCODER}{g}_") for n in layers)]}
