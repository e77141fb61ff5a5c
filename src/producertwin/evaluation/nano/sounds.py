"""The sounds of one held-out prompt, before the instrument plays and after: songs and sketches made, everything measured.

Nothing here needs the instrument, so that the processes that share this work stay small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...audio.samples import Samples
from ...metrics.mel_stats import embed
from ...metrics.reconstruction import mel_distance, spectral_convergence
from ..suite import TakePlan
from .figures import Outcome, Reference, TagReading
from .readings import read
from .songs import Sketch, Song, SongPrompt, sketch, song


@dataclass(frozen=True, slots=True)
class PlayedPrompt:
    """What the band plays for one prompt: the song, and a sketch for each take."""

    song: Song
    sketches: tuple[Sketch, ...]


@dataclass(frozen=True, slots=True)
class PromptSounds:
    """All sounds of one prompt by name; `again` names hold the second take's."""

    prompt: SongPrompt
    systems: tuple[str, ...]
    audio: dict[str, Samples]
    seconds: dict[str, float]
    tags: dict[str, TagReading]
    """What the embedder hears, by system; empty without one."""


def take_seed(plan: TakePlan, index: int, turn: int) -> int:
    """Seed of a take and of its sketch."""
    return plan.seed * 1_000_000 + 2 * index + turn


def play(plan: TakePlan, index: int) -> PlayedPrompt:
    """Song `index` and its sketches, by the house band."""
    played = song("evaluation", plan.seed, index, plan.seconds)
    turns = 2 if index < plan.again else 1
    sketches = (sketch(played.prompt, take_seed(plan, index, turn), plan.seconds) for turn in range(turns))
    return PlayedPrompt(played, tuple(sketches))


def play_reference(seed: int, seconds: float, index: int) -> Reference:
    """Reference song `index`, played and embedded."""
    played = song("reference", seed, index, seconds)
    return Reference(played.prompt.label, tuple(embed(played.audio).tolist()))


def measure(sounds: PromptSounds) -> Outcome:
    """Everything measured of one prompt's sounds."""
    audio = sounds.audio
    pairs = {"codec, its song": ("codec", "real"), "sketch, another song": ("sketch", "real")}
    pairs |= {"sketch through the codec, its sketch": ("sketch decoded", "sketch")}
    for name in sounds.systems:
        if name == "plain" or name.startswith("guided"):
            pairs[f"{name}, its sketch"] = (name, "sketch decoded")
            pairs[f"{name}, another seed"] = (name, f"{name} again")
    return Outcome(
        prompt=sounds.prompt,
        readings={name: read(audio[name], sounds.prompt) for name in sounds.systems},
        distances={
            what: mel_distance(np.nan_to_num(audio[one]), np.nan_to_num(audio[other]))
            for what, (one, other) in pairs.items()
            if one in audio and other in audio
        },
        convergence=spectral_convergence(audio["codec"], audio["real"]),
        seconds={name: sounds.seconds[name] for name in sounds.systems if name in sounds.seconds},
        tags=sounds.tags,
    )
