"""The mix: levels of the stems, and the bus that processes their sum.

The bus is one fixed chain: compressor, tape (wobble, saturation, low-pass), noise of record and surroundings, loudness,
limiter. Stems never pass through it, so they sum to the dry mix.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..audio.loudness import GATE_LUFS, coarse
from ..timebase import SAMPLE_RATE, samples_of
from . import ambience, effects
from .oscillators import Sound
from .score import MixCharacter, Score
from .styles import Style

STEM_DB: Final[dict[str, float]] = {
    "drums": 0.0,
    "percussion": -6.0,
    "bass": 3.0,
    "keyboard": 0.5,
    "guitar": 0.5,
    "synth": 1.0,
    "strings": 0.0,
    "woodwinds": 1.5,
    "brass": 1.0,
    "backing_vocals": -3.0,
    "vocals": 2.5,
    "fx": -3.0,
}
"""dB a stem is raised by; pitched patches start from `instruments.REFERENCE_DB`, kits from a kick that peaks at 1."""
KIT_DB: Final = -7.5
"""dB that brings a kit's kick to the place where the patches' reference suits it."""
BEAT_LUFS: Final = -15.0
AMBIENT_LUFS: Final = -18.0
DRY_PEAK: Final = 0.97
CEILING: Final = 0.89
_LEAD: Final = samples_of(0.002)
"""Samples before a kick in which the side-chain closes."""
_SHORTEST: Final = samples_of(0.01)
"""Samples in which it opens again, at least."""


def gain(decibels: float) -> float:
    """Linear factor of dB."""
    return float(10.0 ** (decibels / 20.0))


def target(score: Score) -> float:
    """LUFS the finished mix is brought to: beats stand forward, music without a drummer further back."""
    return BEAT_LUFS if "drums" in score.stems else AMBIENT_LUFS


def target_of_style(style: Style) -> float:
    """LUFS that most of its mixes are brought to."""
    return BEAT_LUFS if any(player.stem == "drums" and player.chance >= 0.5 for player in style.players) else AMBIENT_LUFS


def dry_gain(dry: Sound, lufs: float) -> float:
    """Factor that brings the dry mix near `lufs` without a peak above `DRY_PEAK`; 1 for silence."""
    level, peak = coarse(dry), float(np.max(np.abs(dry), initial=0.0))
    if level <= GATE_LUFS or peak == 0.0:
        return 1.0
    return min(gain(lufs - level), DRY_PEAK / peak)


def duck_curve(samples: int, kicks: list[int], depth: float, seconds: float) -> Sound:
    """Side-chain gain (samples,): falls by `depth` at every kick and is back after `seconds`."""
    curve = np.ones(samples, dtype=np.float32)
    length = max(_SHORTEST, int(seconds * SAMPLE_RATE))
    place = np.linspace(0.0, 1.0, length, dtype=np.float32)
    dip = 1.0 - np.float32(depth) * np.cos(np.pi / 2.0 * place) ** 2
    lead = np.linspace(1.0, float(dip[0]), _LEAD, dtype=np.float32)
    shape = np.concatenate((lead, dip))
    for kick in kicks:
        begin = kick - _LEAD
        first, last = max(0, begin), min(samples, begin + len(shape))
        if first < last:
            curve[first:last] = np.minimum(curve[first:last], shape[first - begin : last - begin])
    return curve


def _noises(mix: Sound, colour: MixCharacter, level: float, start: int) -> None:
    if colour.crackle > 0.0:
        ambience.mix_in(mix, "crackle", level * 0.09 * colour.crackle, start)
    if colour.hiss > 0.0:
        ambience.mix_in(mix, "hiss", level * 0.035 * colour.hiss, start)
    if colour.ambience != "none" and colour.ambience_level > 0.0:
        ambience.mix_in(mix, colour.ambience, level * 0.22 * colour.ambience_level, start)


def bus(dry: Sound, colour: MixCharacter, *, lufs: float, seed: int) -> Sound:
    """Dry mix (2, n) to finished mix (2, n): peak <= `CEILING`, loudness near `lufs`."""
    mix = effects.compress(dry)
    if colour.saturation > 0.0:
        mix = effects.saturate(mix, colour.saturation)
    if colour.wobble > 0.0:
        mix = effects.wobble(mix, min(colour.wobble, 1.0), np.random.default_rng(seed))
    if colour.low_pass is not None:
        mix = effects.low_pass(mix, colour.low_pass)
    level = coarse(mix)
    if level <= GATE_LUFS:
        _noises(mix, colour, gain(lufs), seed * 7_919)
        return effects.limit(mix, CEILING)
    mix *= np.float32(gain(lufs - level))
    _noises(mix, colour, gain(lufs), seed * 7_919)
    return effects.limit(mix, CEILING)
