"""A sound is taken apart by Demucs where it is installed, and never by weights that name another class."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from producertwin.errors import Unavailable
from producertwin.quality import separation
from producertwin.settings import Settings

SOURCES = ("drums", "bass", "other", "vocals")
OWN = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": "{}"}


class Network:
    """Stands for Demucs: it hears 44.1 kHz, and its stems are shares of what it heard."""

    samplerate = 44_100
    sources = SOURCES

    def eval(self) -> Network:
        return self

    def requires_grad_(self, _: bool) -> Network:
        return self


def apply_model(model: Network, mix: torch.Tensor, **asked: Any) -> torch.Tensor:
    assert asked["shifts"] == 0, "shifts are random"
    return torch.stack([mix * share for share in (0.5, 0.3, 0.2, 0.0)], dim=1)


@pytest.fixture
def demucs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that stands for demucs."""
    package, hf, applied = ModuleType("demucs"), ModuleType("demucs.hf"), ModuleType("demucs.apply")
    hf.load_safetensors_model = lambda _: Network()  # type: ignore[attr-defined]
    applied.apply_model = apply_model  # type: ignore[attr-defined]
    for name, module in (("demucs", package), ("demucs.hf", hf), ("demucs.apply", applied)):
        module.__spec__ = SimpleNamespace(name=name)  # type: ignore[assignment]
        monkeypatch.setitem(sys.modules, name, module)


def put_weights(settings: Settings, words: dict[str, str]) -> Path:
    path = settings.models / "HTDemucs" / "a.safetensors"
    path.parent.mkdir(parents=True)
    save_file({"a": np.zeros(1, np.float32)}, path, metadata=words)
    return path


@pytest.mark.parametrize("length", [1, 4_801, 48_000])
def test_the_stems_are_as_long_as_the_sound_and_sum_to_it(demucs: None, settings: Settings, length: int) -> None:
    put_weights(settings, OWN)
    time = np.arange(length) / 48_000
    sound = np.tile(0.3 * np.sin(2 * np.pi * 440 * time), (2, 1)).astype(np.float32)
    stems = separation.separate(sound, settings)
    assert tuple(stems) == SOURCES and {stem.shape for stem in stems.values()} == {(2, length)}
    inner = slice(length // 4, 3 * length // 4)
    assert np.allclose(sum(stems.values())[:, inner], sound[:, inner], atol=0.01)


@pytest.mark.parametrize(
    "words",
    [
        OWN | {"klass": "os.system", "args": json.dumps(["true"])},
        OWN | {"klass": "demucs.hdemucs.HDemucs"},
        OWN | {"structure": json.dumps({"_class": "os.system"})},
        {},
    ],
)
def test_weights_of_another_class_are_refused_before_they_are_read(
    demucs: None, settings: Settings, words: dict[str, str]
) -> None:
    put_weights(settings, words)
    with pytest.raises(Unavailable, match="HTDemucs"):
        separation.separate(np.zeros((2, 100), np.float32), settings)


def test_a_file_that_is_no_weights_is_refused(demucs: None, settings: Settings) -> None:
    put_weights(settings, OWN).write_bytes(b"junk")
    with pytest.raises(Unavailable, match="cannot be read"):
        separation.separate(np.zeros((2, 100), np.float32), settings)


def test_what_is_missing_is_said_with_what_fetches_it(demucs: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    with pytest.raises(Unavailable) as error:
        separation.check_demucs(settings)
    assert "hf download adefossez/HTDemucs" in error.value.remedy
    monkeypatch.setattr(separation, "find_spec", lambda _: None)
    with pytest.raises(Unavailable) as error:
        separation.check_demucs(settings)
    assert "producertwin[demucs]" in error.value.remedy
