"""Render one part: its notes added to a track at their samples, then low-pass and echo.

Notes are rendered held and without release, kept by patch, pitch, velocity step and length step, and cut to their written
length with the patch's release when they are laid in. A cached note and a fresh one are the same bytes, so the cache
changes speed and nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np

from ..errors import BadInput
from ..timebase import SAMPLE_RATE, samples_of
from . import effects, mix
from .drum_sounds import Hit
from .instruments import Patch, find, note, sung_note
from .kit import CLOSED, KICK, OPEN, PEDAL, Kit, play
from .note_cache import NoteCache
from .oscillators import Sound
from .score import Note, Part, Score

VELOCITY_STEPS: Final = 6
_STEPS: Final = (0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
EDGE: Final = samples_of(0.005)
"""Samples of the shortest fade, 5 ms."""


def render_part(score: Score, part: Part, length: int, cache: NoteCache) -> Sound:
    """One part on its strip, (2, length), with echo and low-pass but before side-chain and room."""
    lane = np.zeros((2, length), dtype=np.float32)
    source = find(part.patch)
    if isinstance(source, Kit):
        _play_kit(lane, part, source, score, cache)
    else:
        _play_patch(lane, part, source, score, cache)
    return finish_lane(score, part, lane)


def finish_lane(score: Score, part: Part, lane: Sound) -> Sound:
    """A part's lane (2, length) through the low-pass and the echo of its strip, which keeps the song's first tempo."""
    if part.cutoff is not None and part.cutoff < 18_000.0:
        lane = effects.low_pass(lane, part.cutoff)
    if part.echo > 0.0:
        delay = round(0.75 * 60.0 / score.bpm * SAMPLE_RATE)
        effects.echo(lane, 0.6 * part.echo, delay)
    return lane


def sides(part: Part, decibels: float) -> tuple[np.float32, np.float32]:
    """Left and right factor of a strip at equal power, centre at unity."""
    if part.stem not in mix.STEM_DB:
        raise BadInput(f"no stem is called {part.stem!r}", remedy=f"use one of {', '.join(mix.STEM_DB)}")
    angle = (max(-1.0, min(1.0, part.pan)) + 1.0) * np.pi / 4.0
    factor = mix.gain(part.gain + mix.STEM_DB[part.stem] + decibels) * np.sqrt(2.0)
    return np.float32(factor * np.cos(angle)), np.float32(factor * np.sin(angle))


def _step(velocity: float) -> float:
    """Velocity at the middle of its step: what timbre is rendered for."""
    index = min(VELOCITY_STEPS - 1, int(max(0.0, min(1.0, velocity)) * VELOCITY_STEPS))
    return (index + 0.5) / VELOCITY_STEPS


def _loud(velocity: float) -> float:
    return float((max(0.0, min(1.0, velocity)) / 0.8) ** 1.3)


def _add_at(lane: Sound, sound: Sound, start: int, left: np.float32, right: np.float32) -> None:
    """Add (m,) or (2, m) into the lane from sample `start`; what lies outside is left out."""
    first = max(0, -start)
    last = min(sound.shape[-1], lane.shape[1] - start)
    if first >= last:
        return
    piece = sound[..., first:last]
    stereo = piece.ndim == 2 and len(piece) == 2
    flat = piece if stereo else piece.reshape(1, -1)
    lane[0, start + first : start + last] += flat[0] * left
    lane[1, start + first : start + last] += flat[-1] * right


def _play_kit(lane: Sound, part: Part, kit: Kit, score: Score, cache: NoteCache) -> None:
    left, right = sides(part, mix.KIT_DB + kit.trim)
    ambience = round(min(1.0, kit.room + (0.5 * part.reverb if score.colour.room != "dry" else 0.0)), 2)
    tempo = score.tempo
    choked = [tempo.sample(n.start) for n in part.notes if kit.sound(n.pitch) in (CLOSED, PEDAL, OPEN)]
    closings = np.array(sorted(choked))
    for index, written in enumerate(part.notes):
        start, pitch, step = tempo.sample(written.start), kit.sound(written.pitch), _step(written.velocity)
        variant = index % 4
        key = ("kit", part.patch, pitch, step, variant, ambience)
        sound = cache.get(key, partial(_hit, part.patch, kit, pitch, Stroke(step, variant, ambience)))
        if pitch == OPEN:
            later = closings[closings > start + EDGE]
            if later.size and later[0] - start < sound.shape[-1]:
                sound = _release(sound, int(later[0] - start), _curve(0.02))
        level = np.float32(_loud(written.velocity))
        _add_at(lane, sound, start, left * level, right * level)


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a drum is struck: velocity step, which of four takes, and how much room."""

    velocity: float
    variant: int
    room: float


def _hit(name: str, kit: Kit, pitch: int, stroke: Stroke) -> Sound:
    seed = zlib.crc32(f"{name}/{pitch}/{stroke.velocity:.3f}/{stroke.variant}".encode())
    sound = play(kit, pitch, Hit(stroke.velocity, np.random.default_rng(seed)))
    # the kick stays close: a room under it only blurs the bass
    amount = stroke.room * (0.25 if pitch == KICK else 1.0)
    return effects.close_room(sound, amount * 0.5) if amount > 0.015 else np.asarray(sound, dtype=np.float32)


@lru_cache(maxsize=64)
def _curve(seconds: float) -> Sound:
    """Release from 1 to 0 over `seconds`: quick at first, then slow, ending flat."""
    place = np.linspace(0.0, 1.0, max(EDGE, int(seconds * SAMPLE_RATE)), dtype=np.float32)
    return np.asarray((1.0 - place) ** 2 * (1.0 + 2.0 * place) * np.exp(-1.5 * place), dtype=np.float32)


def _release(sound: Sound, hold: int, curve: Sound) -> Sound:
    """The first `hold` samples of `sound`, then its continuation fading out along `curve`."""
    total = min(sound.shape[-1], hold + len(curve))
    piece = sound[..., :total].copy()
    if hold < total:
        piece[..., hold:] *= curve[: total - hold]
    fade = min(EDGE, total)
    piece[..., -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return piece


def _bucket(samples: int) -> int:
    """Length step that covers `samples`."""
    seconds = samples / SAMPLE_RATE
    for step in _STEPS:
        if seconds <= step:
            return int(step * SAMPLE_RATE)
    return int(-(-seconds // 4) * 4 * SAMPLE_RATE)


def _play_patch(lane: Sound, part: Part, patch: Patch, score: Score, cache: NoteCache) -> None:
    left, right = sides(part, patch.trim)
    tempo = score.tempo
    curve = _curve(patch.release)
    for written, held in _holds(part.notes, patch.mono):
        hold = max(EDGE, tempo.samples(written.start, held))
        step, bucket = _step(written.velocity), _bucket(hold + len(curve))
        if written.syllable is None:
            key: Hashable = ("note", part.patch, written.pitch, step, bucket)
            sound = cache.get(key, partial(note, part.patch, written.pitch, step, bucket))
        else:  # its last consonants depend on how long it is held
            sound = sung_note(part.patch, written.pitch, written.syllable, step, hold + len(curve), hold)
        level = np.float32(_loud(written.velocity))
        _add_at(lane, _release(sound, hold, curve), tempo.sample(written.start), left * level, right * level)


def _holds(notes: tuple[Note, ...], mono: bool) -> list[tuple[Note, float]]:
    """Each note with the beats it is held; in a monophonic part the next note ends it."""
    if not mono:
        return [(n, n.length) for n in notes]
    ordered = sorted(notes, key=lambda n: n.start)
    later = [n.start for n in ordered[1:]] + [float("inf")]
    return [
        (n, max(0.02, min(n.length, end - n.start)) if end > n.start else n.length) for n, end in zip(ordered, later, strict=True)
    ]
