"""CLAP through `transformers`: a learned space of sounds and captions (Wu et al. 2023), where its weights are here.

The feature extractor would cut longer sounds at random, so windows are cut here: sounds become mono, windows of ten seconds lie
evenly from the first sample to the last, and the vector of a sound is the mean of its windows' vectors, at length one again.
A shorter sound is repeated until a window is full, as the model was trained. Files come from a folder, from the studio's
models, or from the local cache of downloads; nothing is ever fetched here.

Sounds are (2, n) float32 at 48 kHz; vectors are (d,) float64 of length one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.samples import Samples, as_stereo, mono
from ..errors import BadInput, Unavailable
from ..model.variants.checksums import revision
from ..model.variants.load import choose_device
from ..settings import Settings
from ..timebase import SAMPLE_RATE, samples_of
from .embedders import SoundEmbedder
from .statistics import Floats

MODEL: Final = "laion/larger_clap_general"
REVISIONS: Final = {MODEL: "16c8cc3159a3c8a31e8ff5ef1f66b0d9ab3667db"}
"""Commits that hold safetensors where the main branch does not."""
SECONDS: Final = 10.0
"""Length of a window."""
_WINDOWS_AT_ONCE: Final = 8
"""Windows that go through the model together."""


@dataclass(frozen=True, slots=True, eq=False)
class Clap:
    """A loaded model with its feature extractor and tokenizer."""

    name: str
    model: Any
    extractor: Any
    tokenizer: Any
    rate: int = SAMPLE_RATE
    seconds: float = SECONDS

    def embed(self, samples: Samples) -> Floats:
        """Mean of the windows' unit vectors, at length one, shape (d,)."""
        import torch

        cut = windows(samples)
        found = []
        with torch.inference_mode():
            for first in range(0, len(cut), _WINDOWS_AT_ONCE):
                heard = self.extractor(
                    list(cut[first : first + _WINDOWS_AT_ONCE]), sampling_rate=SAMPLE_RATE, return_tensors="pt"
                )
                features = heard["input_features"].to(self.model.device)
                longer = {"is_longer": heard["is_longer"].to(self.model.device)} if "is_longer" in heard else {}
                found.append(vectors_in(self.model.get_audio_features(features, **longer)))
        return _unit(_unit(np.concatenate(found)).mean(axis=0))

    def embed_text(self, caption: str) -> Floats | None:
        """The unit vector of a caption, shape (d,); what is longer than the model reads is cut."""
        import torch

        with torch.inference_mode():
            limit = int(self.model.config.text_config.max_position_embeddings) - 2  # two positions are never used
            words = self.tokenizer([caption], truncation=True, max_length=limit, return_tensors="pt").to(self.model.device)
            found = self.model.get_text_features(input_ids=words["input_ids"], attention_mask=words["attention_mask"])
        return _unit(vectors_in(found)[0])


def clap(settings: Settings, model: str = MODEL) -> SoundEmbedder:
    """CLAP from `model`, a folder or a repository whose files are here.

    Raises `Unavailable` with the command that fetches it where its files are not here or not whole, `BadInput` for a model
    that does not hear the studio's rate.
    """
    folder = find(settings, model)
    remedy = f"run: {_command(settings, model)}"
    if folder is None:
        raise Unavailable(f"the weights of {model} are not here", remedy=remedy)
    from transformers import ClapFeatureExtractor, ClapModel, RobertaTokenizer

    try:
        parts = [kind.from_pretrained(folder, local_files_only=True) for kind in (ClapFeatureExtractor, RobertaTokenizer)]
        loaded = ClapModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{folder} is not a whole CLAP model: {error}", remedy=remedy) from None
    if parts[0].sampling_rate != SAMPLE_RATE:
        raise BadInput(f"{model} hears {parts[0].sampling_rate} Hz", remedy=f"use a model for {SAMPLE_RATE} Hz, such as {MODEL}")
    loaded = loaded.eval().requires_grad_(False).to(choose_device(settings.device))
    return Clap(f"{folder.name if Path(model).is_dir() else model} {_revision(folder)}", loaded, *parts)


def find(settings: Settings, model: str) -> Path | None:
    """The folder that holds `model`, or None where its files are not here."""
    places = [Path(model).expanduser(), settings.models / Path(model).name, *_cache_folders(model)]
    return next((place for place in places if (place / "config.json").is_file() and any(place.glob("*.safetensors"))), None)


def _cache_folders(model: str) -> tuple[Path, ...]:
    """Where the download cache keeps a repository, if it does."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json", revision=REVISIONS.get(model))
    except HFValidationError:  # a path is no repository
        return ()
    return (Path(found).parent,) if isinstance(found, str) else ()


def _command(settings: Settings, model: str) -> str:
    """The command that fetches `model` to where it is looked for."""
    commit = f" --revision {REVISIONS[model]}" if model in REVISIONS else ""
    wanted = "--include '*.json' '*.txt' '*.safetensors'"
    return f"hf download {model}{commit} {wanted} --local-dir {settings.models / Path(model).name}"


def _revision(folder: Path) -> str:
    """The commit that the download cache names a folder by, or the content hash of the weights."""
    if folder.parent.name == "snapshots":
        return folder.name
    return revision(sorted(folder.glob("*.safetensors")), folder)


def windows(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Windows (count, n) of ten seconds that cover `samples` (2, n) from the first to the last, in mono."""
    sound, length = mono(as_stereo(samples)), samples_of(SECONDS)
    if len(sound) < length:
        sound = np.resize(sound, length)
    count = -(-len(sound) // length)
    starts = np.linspace(0, len(sound) - length, count).round().astype(int)
    return np.stack([sound[start : start + length] for start in starts])


def vectors_in(found: Any) -> Floats:
    """The vectors in what the model returns: a tensor, or since transformers 5 an output that holds one."""
    tensor = getattr(found, "pooler_output", found)
    return np.asarray(tensor.double().cpu().numpy(), np.float64)


def _unit(vectors: Floats) -> Floats:
    found: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return found
