"""Edits with many options at once on sources that are not like a studio's: short, mono, at 8 kHz, all but silent, silent.

Either the result is finite, as long as asked and not silent, or it is refused by name before a note is played.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from options_kit import FIELDS
from pipeline_kit import EDIT_FIELDS, edit
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.library import open_library
from producertwin.pipeline.stages import EDITS
from producertwin.settings import Settings
from producertwin.verbs.rendering import Rendered

pytestmark = pytest.mark.slow

Player = Callable[..., list[Rendered]]
ALL_WAYS: dict[str, Any] = {
    "sampler": "heun", "schedule": "1, 0.7, 0.3", "guidance_mode": "adg", "guidance_interval": "0.1,0.9", "velocity_clamp": 2,
    "velocity_ema": 0.3, "dcw": "double", "dcw_scale": 0.1, "dcw_high_scale": 0.1, "dcw_wavelet": "db4", "retake_variance": 0.3,
    "latent_rescale": 1.1, "latent_shift": 0.1,
}  # fmt: skip
LEFT_OUT = {"codes", "match", "regions", "unit", "edge"}
"""Options that need another length, or another option left out."""
NOT_IN_MORPH = {"sampler", "guidance_mode", "dcw", "dcw_scale", "dcw_high_scale", "dcw_wavelet"}


def write(path: Path, seconds: float, *, channels: int = 2, rate: int = 48_000, gain: float = 0.3) -> Path:
    t = np.arange(round(seconds * rate)) / rate
    wave = gain * np.sin(2 * np.pi * 330 * t) * (0.6 + 0.4 * np.cos(2 * np.pi * 2 * t))
    soundfile.write(path, np.stack([wave] * channels, 1).astype(np.float32), rate, subtype="PCM_16")
    return path


SOURCES: dict[str, dict[str, Any]] = {
    "three seconds": {"seconds": 3.0},
    "half a second": {"seconds": 0.5},
    "mono": {"seconds": 1.6, "channels": 1},
    "8 kHz, mono": {"seconds": 1.7, "channels": 1, "rate": 8_000},
    "very quiet": {"seconds": 1.3, "gain": 0.002},
    "six channels": {"seconds": 1.1, "channels": 6},
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("kind", EDITS)
def test_edits_with_every_option_play_or_say_why(play: Player, settings: Settings, tmp_path: Path, kind: str, name: str) -> None:
    source = write(tmp_path / "song.wav", **SOURCES[name])
    seconds = SOURCES[name]["seconds"]
    fields = {key: value for asked in FIELDS[kind].values() for key, value in asked.items() if key not in LEFT_OUT}
    fields |= {key: value for key, value in EDIT_FIELDS.get(kind, {}).items() if key not in fields}
    if kind == "repaint":
        fields |= {"start": -0.5, "end": 0.25}
    sampling = {key: value for key, value in ALL_WAYS.items() if kind != "morph" or key not in NOT_IN_MORPH}
    play_by = {"variant": "tiny", "seed": 1, "guidance": 2}
    words = {"caption": "lofi", "bpm": 96}
    stage = edit(kind, source, prompt=words, sampling=sampling, play=play_by, reference=[str(source), str(source)], **fields)
    if seconds < 1.0:
        with pytest.raises(BadInput, match=r"0\.5"):
            play(stage)
        return
    [made] = play(stage)
    with open_library(settings) as library:
        sound = files.read(library.takes.content(made.take))
    assert np.isfinite(sound).all()
    assert sound.shape[1] == round((seconds + (0.5 if kind == "repaint" else 0.0)) * 48_000)
    assert made.take.meters["clipped_share"] == 0.0
    assert np.abs(sound).max() > 1e-5


@pytest.mark.parametrize("kind", EDITS)
def test_a_silent_source_is_refused_whatever_the_options(play: Player, tmp_path: Path, kind: str) -> None:
    source = write(tmp_path / "song.wav", 2.0, gain=0.0)
    for options in ({}, {"sampling": {"velocity_ema": 0.3}}):
        with pytest.raises(BadInput, match="silent"):
            play(edit(kind, source, prompt={"caption": "lofi"}, **options))


def test_a_silent_reference_is_refused(play: Player, song: Path, tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", 2.0, gain=0.0)
    for kind in EDITS:
        with pytest.raises(BadInput, match="silent"):
            play(edit(kind, song, prompt={"caption": "lofi"}, reference=[str(song), str(silent)]))
