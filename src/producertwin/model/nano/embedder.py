"""The offline embedder: sounds and captions in one space, and tags of a sound. Its weights lie inside nano's folder.

Audio `(2, samples)` float32 at 48 kHz; vectors `(128,)` float64 of length one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...music import common_words
from ...settings import Settings
from ..instrument import Instrument
from ..sampling import codec
from ..sampling.checks import check_audio
from ..sampling.request import Samples
from ..variants.catalogue import NANO
from ..variants.checksums import revision
from ..variants.load import load
from ..variants.parts import make_part
from ..weights import read_json, read_state, weight_files
from .embedder_net import EMBEDDER

REMEDY = "install the package again, or name a folder written by `twin lab pretrain ship`"
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags of a sound."""

    vector: Vector
    styles: dict[str, float]
    """Chance of every style; they sum to 1."""
    stems: dict[str, float]
    """Chance of each stem's being there, as if every second song had it."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedder:
    """nano's codec and text encoder, and the two towers of the embedder."""

    nano: Instrument
    towers: Any
    revision: str
    """Content hash of the towers."""

    @property
    def name(self) -> str:
        """Name and revision, printed with every figure."""
        return f"nano-embedder {self.revision}"

    @torch.inference_mode()
    def embed_audio(self, audio: Samples) -> Tags:
        """Vector and tags of `audio`. Raises `BadInput` where it is empty or not finite; silence has tags too."""
        check_audio(audio, "sound", audible=False)
        latents = codec.encode(self.nano, audio)[0].to(self.nano.device)
        output = self.towers.embed_song(latents)
        styles, stems = output.styles[0].softmax(-1).tolist(), output.stems[0].sigmoid().tolist()
        return Tags(
            _plain(output.vectors[0]),
            dict(zip(self.towers.config.styles, styles, strict=True)),
            dict(zip(self.towers.config.stems, stems, strict=True)),
        )

    @torch.inference_mode()
    def embed_text(self, caption: str) -> Vector:
        """The vector of a caption; an empty one has a vector too."""
        ids = torch.tensor([self.nano.tokenizer.encode(common_words(caption)).ids or [0]], device=self.nano.device)
        return _plain(self.towers.embed_ids(ids, torch.ones_like(ids, dtype=torch.bool))[0])


def load_embedder(settings: Settings, folder: Path = NANO) -> Embedder:
    """The embedder in nano's `folder`. Raises `Unavailable` where it is missing."""
    nano = load("nano" if folder == NANO else str(folder), settings, dtype=torch.float32)
    home = folder / EMBEDDER
    files = weight_files(home, "diffusion_pytorch_model", REMEDY)
    place = {"dtype": torch.float32, "device": nano.device, "remedy": REMEDY}
    towers = make_part("NanoEmbedder", read_json(home / "config.json", REMEDY), read_state(files, REMEDY), home, place)
    return Embedder(nano, towers, revision(files, home))


def _plain(vector: torch.Tensor) -> Vector:
    found: Vector = vector.double().cpu().numpy()
    return found
