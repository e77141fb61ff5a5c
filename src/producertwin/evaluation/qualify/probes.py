"""Probes of an instrument: each plays a few short takes and reads a few numbers.

Sounds are looked at as the codec gives them, before any level is set: a take that collapsed would be brought up to its peak
again.
Strength is 1 - t, the share of the way that a start leaves out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from ...audio import edits, key, levels
from ...audio.meters import measure
from ...audio.samples import Samples
from ...audio.tempo import same_up_to_octave
from ...errors import Diverged
from ...house_band import chord_reading
from ...house_band.compose import compose
from ...house_band.render import render
from ...house_band.score import Score
from ...model.sampling.request import InputSound, Metas, Request, StartPoint
from ...model.tasks import Task
from ...music import Key
from ...recipe import Record
from ...timebase import samples_of

Play = Callable[[Request], Samples]
"""Plays a request; the sound as the codec gives it."""
STRENGTHS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
SILENT_DB: Final = -120.0
"""What stands for the level of silence, and of a take that is not finite."""
SONGS: Final[Sequence[tuple[str, str, float, str]]] = (
    ("house", "house, piano, synth bass, four on the floor", 124.0, "A minor"),
    ("boom bap", "boom bap, dusty drums, rhodes, upright bass", 90.0, "F major"),
)
"""Style, caption, tempo and key of what is played."""
_KEPT: Final = ((0, 3.0), (5.0, 8.0))
"""Seconds outside a repaint of 3 to 5 s of 8."""


class Reading(Record):
    """What one probe read, and what it is called: `guide 0.4 song 1`."""

    name: str
    """Probe, strength and song."""
    probe: str
    """Which probe it belongs to."""
    strength: float | None = None
    """The strength that it was played at, where there is one."""
    values: dict[str, float]
    """What was read."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A song of the band that probes begin from."""

    caption: str
    metas: Metas
    score: Score
    audio: Samples

    def request(self, seed: int) -> Request:
        """A take of its caption and metas alone."""
        return Request(caption=self.caption, seconds=self.audio.shape[1] / 48_000, seed=seed, metas=self.metas)


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to find out."""

    name: str
    kind: str
    strength: float | None
    read: Callable[[], Mapping[str, float]]


def sketch(number: int, seconds: float) -> Sketch:
    """The band's song `number`."""
    style, caption, bpm, tonality = SONGS[number % len(SONGS)]
    score = compose(style, seed=500 + number, bpm=bpm, key=tonality, meter=4, seconds=seconds)
    audio = edits.fit_length(render(score, seconds=seconds).mix, samples_of(seconds))
    return Sketch(caption, Metas(bpm, Key.parse(tonality), 4), score, audio)


def plan_probes(play: Play, tasks: frozenset[Task], songs: int, seconds: float) -> Iterator[Probe]:
    """Every probe of an instrument that is played by `play` and can do `tasks`."""
    made = [sketch(number, seconds) for number in range(songs)]
    for number, song in enumerate(made, 1):
        plain = song.request(1)
        yield Probe(f"plain song {number}", "plain", None, partial(_read_take, play, plain, song))
        for strength in STRENGTHS:
            start = StartPoint(InputSound(audio=song.audio), 1.0 - strength, on_beat=True)
            read = partial(_read_take, play, replace(plain, start=start), song)
            yield Probe(f"guide {strength:g} song {number}", "guide", strength, read)
    song = made[0]
    for strength in STRENGTHS[1::2]:
        quiet = StartPoint(InputSound(audio=_near_silence(song.audio)), 1.0 - strength)
        request = replace(song.request(1), start=quiet)
        yield Probe(f"silence {strength:g}", "silence", strength, partial(_read_level, play, request))
    yield Probe("speed", "speed", None, partial(_time, play, song.request(2)))
    if Task.COVER in tasks:
        for strength in STRENGTHS[1::2]:
            request = replace(song.request(1), task=Task.COVER, source=InputSound(audio=song.audio), cover_noise=strength)
            yield Probe(f"cover {strength:g}", "cover", strength, partial(_read_cover, play, request, song))
    if Task.REPAINT in tasks:
        source = edits.fit_length(song.audio, samples_of(8.0))
        request = replace(song.request(1), seconds=8.0, task=Task.REPAINT, source=InputSound(audio=source), windows=((3.0, 5.0),))
        yield Probe("repaint", "repaint", None, partial(_read_repaint, play, request, source))


def _sound(play: Play, request: Request) -> Samples:
    """What is played; silence where it is not finite."""
    try:
        return play(request)
    except Diverged:
        return np.zeros((2, samples_of(request.seconds)), np.float32)


def _near_silence(audio: Samples) -> Samples:
    """Noise of -85 dB: next to nothing, since a start that is silent is refused (`sampling.checks`)."""
    return np.random.default_rng(0).normal(0.0, 10 ** (-85 / 20), audio.shape).astype(np.float32)


def _read_level(play: Play, request: Request) -> dict[str, float]:
    return {"level_db": _level(_sound(play, request))}


def _level(audio: Samples) -> float:
    return max(levels.rms_db(audio), SILENT_DB) if np.abs(audio).max(initial=0.0) > 0 else SILENT_DB


def _read_take(play: Play, request: Request, song: Sketch) -> dict[str, float]:
    """Level, tempo, key and chords of a take, and how near it is to the sketch."""
    audio = _sound(play, request)
    found = {"level_db": _level(audio), "tempo": 0.0, "key": 0.0, "chords": 0.0, "copy": 0.0}
    if found["level_db"] <= SILENT_DB:
        return found
    meters = measure(audio)
    assert song.metas.bpm is not None and song.metas.key is not None
    own = chord_reading.measure_score(song.audio, song.score).root or 0.0
    heard = chord_reading.measure_score(audio, song.score).root or 0.0
    found["tempo"] = float(same_up_to_octave(meters.tempo().bpm, song.metas.bpm))
    found["key"] = float(meters.key.key.scale == song.metas.key.scale)
    found["chords"] = min(heard / own, 1.0) if own > 0 else 0.0
    found["copy"] = _alike(audio, song.audio)
    return found


def _read_cover(play: Play, request: Request, song: Sketch) -> dict[str, float]:
    audio = _sound(play, request)
    return {"level_db": _level(audio), "harmony": _alike(audio, song.audio)}


def _alike(one: Samples, other: Samples) -> float:
    """Correlation of the chroma of two sounds over time, -1 to 1; 0 where one of them has none."""
    length = min(one.shape[1], other.shape[1])
    first, second = (key.chroma_over_time(sound[:, :length]).ravel() for sound in (one, other))
    if first.std() < 1e-9 or second.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _read_repaint(play: Play, request: Request, source: Samples) -> dict[str, float]:
    """The largest difference outside the window, and how much is new inside."""
    audio = edits.fit_length(_sound(play, request), source.shape[1])
    outside = max(float(np.abs(audio - source)[:, samples_of(first) : samples_of(last)].max()) for first, last in _KEPT)
    inside = slice(samples_of(3.2), samples_of(4.8))
    change = float(np.sqrt(np.mean((audio - source)[:, inside] ** 2)) / max(np.sqrt(np.mean(source[:, inside] ** 2)), 1e-9))
    return {"outside": outside, "inside": change}


def _time(play: Play, request: Request) -> dict[str, float]:
    begun = time.perf_counter()
    _sound(play, request)
    spent = time.perf_counter() - begun
    return {"realtime": request.seconds / max(spent, 1e-9), "seconds": spent}
