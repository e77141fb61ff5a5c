"""What a kit is, how one of its drums is struck, and the rack of toms and hand percussion that every kit borrows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .drum_sounds import (
    Brush,
    Clap,
    Cymbal,
    Hat,
    Hit,
    Kick,
    Rim,
    Snare,
    Tom,
    brush,
    clap,
    cymbal,
    hat,
    kick,
    rim,
    snare,
    tom,
)  # fmt: skip
from .oscillators import Sound, filter_biquad
from .percussion import Chimes, Shaker, Skin, Snap, Wood, chimes, shake, skin, snap, wood

Drum = Kick | Snare | Clap | Hat | Cymbal | Tom | Rim | Brush | Shaker | Skin | Wood | Snap | Chimes
Place = tuple[Drum, float, float]
"""A drum with its level and pan."""

KICK, RIM, SNARE, CLAP = 36, 37, 38, 39
CLOSED, PEDAL, OPEN = 42, 44, 46
CRASH, RIDE = 49, 51
_SAME: Final = {35: 36, 40: 38, 41: 45, 43: 45, 48: 50, 57: 49, 55: 49, 52: 49, 59: 51, 53: 51, 69: 70, 72: 71, 58: 56, 80: 81}
"""Numbers that share a sound with another."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A set of drums. Levels are linear, the kick near 1; pan is -1 to 1."""

    stem: str
    sounds: Mapping[int, Place]
    """Under each drum number, what lies there."""
    default: int = SNARE
    """What an unknown number plays."""
    low_pass: float | None = None
    drive: float = 0.0
    room: float = 0.08
    """Share of a short room that belongs to the kit."""
    grit: int = 0
    """Bits kept, 0 for all: the grain of an old sampler."""
    trim: float = 0.0
    """dB."""

    def sound(self, pitch: int) -> int:
        """The number that really plays for `pitch`."""
        wanted = _SAME.get(pitch, pitch)
        return wanted if wanted in self.sounds else self.default


_PLAYERS: Final[dict[type, Callable[..., Sound]]] = {
    Kick: kick,
    Snare: snare,
    Clap: clap,
    Hat: hat,
    Cymbal: cymbal,
    Tom: tom,
    Rim: rim,
    Brush: brush,
    Shaker: shake,
    Skin: skin,
    Wood: wood,
    Snap: snap,
    Chimes: chimes,
}


def play(kit: Kit, pitch: int, hit: Hit) -> Sound:
    """One stroke on `kit`, (n,) or (2, n), its level and finish applied; `pitch` must come from `Kit.sound`."""
    spec, level, pan = kit.sounds[pitch]
    sound = _PLAYERS[type(spec)](hit, spec)
    if kit.drive > 0.0:
        sound = np.asarray(np.tanh(sound * (1.0 + kit.drive)) / np.tanh(1.0 + kit.drive), dtype=np.float32)
    if kit.grit:
        step = np.float32(2.0 ** (kit.grit - 1))
        sound = np.asarray(np.round(sound * step) / step, dtype=np.float32)
    if kit.low_pass is not None:
        sound = filter_biquad(sound, "low", kit.low_pass, 0.6)
    if isinstance(spec, Kick | Tom):
        sound = filter_biquad(sound, "high", 24.0)
    sound = np.asarray(sound * np.float32(level), dtype=np.float32)
    if pan == 0.0:
        return sound
    angle = (pan + 1.0) * np.pi / 4.0
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32) * np.float32(np.sqrt(2.0))
    return np.asarray(np.atleast_2d(sound) * sides, dtype=np.float32)


RACK: Final[dict[int, Place]] = {
    45: (Tom(95, 0.55), 0.7, -0.35),
    47: (Tom(130, 0.48), 0.65, 0.0),
    50: (Tom(175, 0.4), 0.6, 0.35),
    54: (Shaker(0.004, 0.07, 8_500, 0.9, (5_200, 6_900, 8_400), 0.22), 0.32, 0.25),
    56: (Wood(560, 0.28, 1.48, 0.8), 0.35, 0.2),
    60: (Skin(420, 0.16), 0.4, -0.3),
    61: (Skin(300, 0.2), 0.42, 0.3),
    62: (Skin(330, 0.26, 0.35, True), 0.42, -0.25),
    63: (Skin(330, 0.3), 0.45, -0.25),
    64: (Skin(215, 0.36), 0.5, 0.25),
    70: (Shaker(), 0.28, 0.3),
    71: (Wood(2_700, 0.25, 1.01, 0.6), 0.2, 0.2),
    75: (Wood(2_500, 0.08), 0.35, -0.3),
    76: (Wood(1_250, 0.07, 1.8), 0.38, -0.2),
    77: (Wood(860, 0.08, 1.8), 0.4, 0.2),
    81: (Wood(4_900, 1.2, 1.62, 0.5), 0.16, 0.3),
    82: (Shaker(0.01, 0.07, 8_000), 0.28, -0.2),
    83: (Shaker(0.006, 0.1, 7_500, 0.8, (4_300, 5_600, 6_700, 8_100), 0.35), 0.3, 0.0),
    34: (Snap(), 0.45, 0.1),
    84: (Chimes(), 0.3, 0.0),
}
