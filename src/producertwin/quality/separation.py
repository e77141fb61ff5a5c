"""Take a song apart into drums, bass, other and vocals by Hybrid Transformer Demucs (Rouard, Massa and Défossez 2023).

The package `demucs` (extra `demucs`, from 4.1 on without torchaudio) has the network; its weights are safetensors that a person
fetches once: nothing is ever fetched here, and nothing is unpickled. A file that names another class than Demucs' own is
refused before the package reads it. Sounds are (2, n) float32 at 48 kHz; the network hears 44.1 kHz, so that nothing above
22 kHz is in a stem. No random shifts are drawn: the same sound gives the same stems.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from ..audio.samples import Samples, as_stereo
from ..errors import Unavailable
from ..model.variants.load import choose_device
from ..settings import Settings
from ..timebase import SAMPLE_RATE

REPOSITORY: Final = "adefossez/HTDemucs"
"""Where a person fetches the weights from."""
LONGEST: Final = 1_200.0
"""Seconds of a song that is taken apart: an hour would be 5 GB of stems."""
_FOLDER: Final = "HTDemucs"
_CLASS: Final = "demucs.htdemucs.HTDemucs"
_OVERLAP: Final = 0.25
_SILENT: Final = 1e-8


def check_demucs(settings: Settings) -> Path:
    """The file of weights. Raises `Unavailable` without the package or the file."""
    if find_spec("demucs") is None:
        raise Unavailable("the package demucs is not here", remedy="run: pip install 'producertwin[demucs]'")
    path = _find_weights(settings)
    if path is None:
        folder = settings.models / _FOLDER
        command = f"hf download {REPOSITORY} --include '*.safetensors' --local-dir {folder}"
        raise Unavailable(f"the weights of {REPOSITORY} are not here", remedy=f"run: {command}")
    return path


def _find_weights(settings: Settings) -> Path | None:
    """The file in the studio's models, or in the cache of downloads."""
    return next((path for folder in _places(settings) for path in sorted(folder.glob("*.safetensors"))), None)


def _places(settings: Settings) -> tuple[Path, ...]:
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(REPOSITORY, "htdemucs.yaml")
    return settings.models / _FOLDER, *((Path(cached).parent,) if isinstance(cached, str) else ())


def separate(sound: Samples, settings: Settings) -> dict[str, Samples]:
    """Every stem of `sound` (2, n), n ≥ 1, as long as it.

    Raises as `check_demucs` does, and `Unavailable` for weights that are not Demucs'.
    """
    import torch
    from demucs.apply import apply_model

    device = choose_device(settings.device)
    model = _load(check_demucs(settings))
    rate, heard = int(model.samplerate), as_stereo(sound)
    mix = soxr.resample(heard.T, SAMPLE_RATE, rate).T
    middle, spread = float(mix.mean()), float(mix.mean(axis=0).std()) + _SILENT
    with torch.inference_mode():
        given = torch.from_numpy(np.ascontiguousarray((mix - middle) / spread))[None]
        made = apply_model(model, given, shifts=0, split=True, overlap=_OVERLAP, device=device, progress=False)[0]
    stems: list[Any] = list((made * spread + middle).cpu().numpy())
    return {name: _fit(stem, rate, sound.shape[1]) for name, stem in zip(model.sources, stems, strict=True)}


def _load(path: Path) -> Any:
    """The network in the file at `path`, whose words are checked before they name a class."""
    from demucs.hf import load_safetensors_model
    from safetensors import SafetensorError, safe_open

    remedy = f"fetch it again from {REPOSITORY}"
    try:
        with safe_open(path, framework="np") as file:
            words = file.metadata() or {}
        if words.get("klass") != _CLASS or "structure" in words:
            raise Unavailable(f"{path} is no {_CLASS}: {str(words.get('klass'))[:80]}", remedy=remedy)
        return load_safetensors_model(path).eval().requires_grad_(False)
    except (SafetensorError, OSError, json.JSONDecodeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise Unavailable(f"{path} cannot be read: {error!r:.200}", remedy=remedy) from None


def _fit(stem: Any, rate: int, length: int) -> Samples:
    """A stem of the network at 48 kHz, (2, length)."""
    found = soxr.resample(np.asarray(stem, np.float32).T, rate, SAMPLE_RATE).T[:, :length]
    return np.ascontiguousarray(np.pad(found, ((0, 0), (0, length - found.shape[1]))), np.float32)
