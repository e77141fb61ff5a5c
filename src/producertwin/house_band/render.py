"""The band plays: a written-out `Score` becomes stems, their dry sum and the finished mix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from ..errors import BadInput
from ..timebase import SAMPLE_RATE, samples_of
from . import effects
from .kit import KICK
from .kits import KITS
from .mix import bus, dry_gain, duck_curve, target
from .note_cache import NoteCache
from .oscillators import Sound
from .score import Chord, Part, Score, Section
from .track_render import EDGE, render_part

VERSION: Final = 1
"""Raised when the same style and seed would be another song."""
TAIL: Final = 2.5
"""Seconds that ring after the last bar when no length is asked for."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the band played. Sounds are (2, n) float32 at 48 kHz; times are in seconds.

    `stems` sum to `dry`; `mix` is `dry` through the bus of the desk.
    """

    mix: Sound
    stems: dict[str, Sound]
    dry: Sound
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    score: Score


_SHARED: Final = NoteCache()


class PartPlayer(Protocol):
    """Plays parts in the band's place: a lane (2, length), or None where the band is to play itself."""

    def render_part(self, score: Score, part: Part, length: int) -> Sound | None: ...


def render(
    score: Score, *, seconds: float | None = None, cache: NoteCache | None = None, player: PartPlayer | None = None
) -> Rendering:
    """Play `score`; where a `player` is given, it plays every part that it can.

    The result lasts exactly `round(seconds * 48000)` samples; without `seconds`, the written music and its tail. The same
    score gives the same bytes whatever the cache holds. Raises `BadInput` for an unknown
    patch or stem, or a length that is not positive.
    """
    wanted = score.seconds + TAIL if seconds is None else seconds
    length = samples_of(wanted) if math.isfinite(wanted) else 0
    if length <= 0:
        raise BadInput(f"a length of {seconds} seconds cannot be played", remedy="ask for more than 0 seconds")
    kept = _SHARED if cache is None else cache
    kicks = _kicks(score)
    stems: dict[str, Sound] = {}
    sends: dict[str, Sound] = {}
    for part in score.parts:
        played = None if player is None else player.render_part(score, part, length)
        lane = render_part(score, part, length, kept) if played is None else played
        if part.duck > 0.0:
            lane *= duck_curve(length, kicks, min(part.duck, 1.0), min(0.32, 48.0 / score.bpm))
        _add(stems, part.stem, lane)
        if _sends_to_room(part, score):
            _add(sends, part.stem, lane.sum(axis=0) * np.float32(0.9 * part.reverb))
    for stem, send in sends.items():
        stems[stem] += effects.reverb(send, score.colour.room)
    stems = {stem: stems[stem] for stem in score.stems}
    lufs = target(score)
    dry = _level(stems, length, lufs)
    mix = bus(dry, score.colour, lufs=lufs, seed=score.seed)
    _fade_ends(mix)
    falls = map(score.tempo.seconds, range(int(score.beats)))
    beats = tuple(second for second in falls if second < length / SAMPLE_RATE)
    return Rendering(mix, stems, dry, beats, beats[:: score.meter], score.sections, score.chords, score)


def _add(lanes: dict[str, Sound], name: str, lane: Sound) -> None:
    if name in lanes:
        lanes[name] += lane
    else:
        lanes[name] = lane


def _sends_to_room(part: Part, score: Score) -> bool:
    """Basses stay dry and drums carry their room in every hit, so neither costs a convolution."""
    return part.reverb > 0.0 and score.colour.room != "dry" and part.stem != "bass" and part.patch not in KITS


def _level(stems: dict[str, Sound], length: int, lufs: float) -> Sound:
    """Scale the stems in place so that their sum stands well; return that sum."""
    dry = np.zeros((2, length), dtype=np.float32)
    for lane in stems.values():
        dry += lane
    factor = np.float32(dry_gain(dry, lufs))
    for lane in stems.values():
        lane *= factor
    dry *= factor
    return dry


def _fade_ends(mix: Sound) -> None:
    """Five milliseconds at the cut end, so that no file ends in a click."""
    fade = min(EDGE, mix.shape[1])
    mix[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)


def _kicks(score: Score) -> list[int]:
    """Samples where the drums' kick falls."""
    tempo = score.tempo
    places = {tempo.sample(n.start) for part in score.parts if part.stem == "drums" for n in part.notes if n.pitch in (35, KICK)}
    return sorted(places)
