"""A line that one voice hums, sings or plays, as notes on a grid.

The pitch track (`pitch`) becomes semitones, taken from the tuning that the voice itself keeps: the path of notes that stays
nearest to it and changes seldom, so that vibrato is one note and a glide belongs to where it leads (Viterbi; after Tony, Mauch et
al. 2015). A note ends where the voice pauses, and begins anew where its level falls and rises again. Where no tempo is given, it
is the one on whose half beats most onsets fall; the first note begins the first bar. Times are in seconds, positions on the grid
in beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

from ..errors import BadInput
from ..timebase import SAMPLE_RATE, seconds_of
from ..wording import write_number
from . import levels
from .pitch import HOP, RATE, PitchTrack, track_pitch
from .samples import mono

FRAME: Final = HOP / RATE
SHORTEST: Final = 0.6
LONGEST: Final = 180.0
"""Seconds that are listened to."""
_SILENT_DB: Final = -60.0
_SHORT_NOTE: Final = 0.08
_LONGEST_GLIDE: Final = 0.2
"""Seconds of notes that are too short to be any, which belong to the note that they lead to."""
_GAP: Final = 0.045
"""Seconds of silence within a voice that do not end a note."""
_CHANGE: Final = 9.0
"""What a change of note pays, in squares of half semitones over frames."""
_DIP_DB: Final = 5.0
"""How far the level falls between two notes of one pitch."""
_VOICED: Final = 0.5
"""Share of what is heard that a voice alone has as clear pitch, at least."""
_SIZE: Final = 2_048
_TONAL: Final = 0.25
"""Flatness of a spectrum, without its slope, below which it is made of notes; noise has some .5."""
_ITSELF: Final = 0.003
"""Share of the first harmonics that the lowest has, at least."""
_TEMPI: Final = (55.0, 190.0)
PARTS: Final = 4
"""Grid steps of a beat."""


@dataclass(frozen=True, slots=True)
class HummedNote:
    """A note as it was hummed."""

    start: float
    end: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Humming:
    """The notes of one voice, and how far its tuning is from 440 Hz, in cents."""

    notes: tuple[HummedNote, ...]
    tuning: float


@dataclass(frozen=True, slots=True)
class GridNote:
    """A note on the grid, in beats."""

    start: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class HummedLine:
    """Notes on the grid, their tempo, and how far they were moved to it on average, in seconds."""

    notes: tuple[GridNote, ...]
    bpm: float
    moved: float


def hear_line(samples: NDArray[Any]) -> Humming:
    """The notes of the one voice in `samples` (channels, n) at 48 kHz.

    Raises `BadInput` that says what was heard, for silence, noise, several notes at once, and sounds that are too short or long.
    """
    seconds = seconds_of(np.shape(samples)[-1])
    if not SHORTEST <= seconds <= LONGEST:
        limits = f"{write_number(SHORTEST)} to {write_number(LONGEST)} s"
        raise BadInput(f"the recording lasts {seconds:.2f} s", remedy=f"hum for {limits}")
    if levels.rms_db(np.asarray(samples)) < _SILENT_DB:
        raise BadInput("the recording is silent", remedy="check the microphone, and hum again")
    track = track_pitch(samples)
    heard = track.loud
    clear = float(np.isfinite(track.pitch[heard]).mean()) if heard.any() else 0.0
    single = _share_of_one(samples, track)
    if clear < _VOICED or single < _VOICED:
        raise _refuse(samples, clear)
    notes, tuning = _notes_of(track)
    if not notes:
        raise BadInput("no note is held long enough to be one", remedy="hum slower, with a note of a tenth of a second at least")
    return Humming(tuple(notes), tuning)


def put_on_grid(hummed: Sequence[HummedNote], bpm: float | None = None) -> HummedLine:
    """The notes on sixteenths of beats at `bpm`, or at the tempo that their onsets tell. The first one begins the first bar."""
    onsets = np.array([note.start for note in hummed])
    step = 60.0 / (bpm or _find_tempo(hummed)) / PARTS
    first = _phase(onsets, step)
    for _ in range(0 if bpm else 4):
        places = np.round((onsets - first) / step)
        if len(set(places)) < 3:
            break
        slope, shift = np.polyfit(places, onsets, 1)
        if not 0.9 * step < slope < 1.1 * step:
            break
        step, first = float(slope), float(shift)
    places = np.round((onsets - first) / step).astype(int)
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + 1)
    found = []
    for number, note in enumerate(hummed):
        end = round((note.end - first) / step)
        until = places[number + 1] if number + 1 < len(places) else end
        length = max(1, min(end, until) - places[number])
        if until - places[number] - length == 1:
            length += 1
        found.append(GridNote(float(places[number] - places[0]) / PARTS, length / PARTS, note.pitch, note.velocity))
    moved = float(np.abs(onsets - first - places * step).mean())
    return HummedLine(tuple(found), round(60.0 / step / PARTS, 2), moved)


def _refuse(samples: NDArray[Any], clear: float) -> BadInput:
    """What to say of a sound that is no single voice: several notes where its spectrum has peaks, noise where it has none."""
    power = np.median([_spectrum(frame) for frame in _frames_of(samples)[::4]], axis=0)[12:400]
    even = power / np.maximum(median_filter(power, 61), 1e-15)
    flatness = float(np.exp(np.log(np.maximum(even, 1e-9)).mean()) / max(float(even.mean()), 1e-9))
    if flatness < _TONAL:
        return BadInput("several notes sound at once", remedy="hum or play one note at a time, without accompaniment")
    message = f"no voice is heard: {clear:.0%} of the sound has a pitch, the rest is noise"
    return BadInput(message, remedy="hum nearer to the microphone, in a quiet room")


def _frames_of(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Windows of 2 048 samples at `RATE`, one for each frame of the pitch track, centred on it."""
    sound = np.asarray(soxr.resample(mono(samples), SAMPLE_RATE, RATE), dtype=np.float64)
    return np.lib.stride_tricks.sliding_window_view(np.pad(sound, (_SIZE // 2, _SIZE)), _SIZE)[::HOP]


def _spectrum(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    power: NDArray[np.float64] = np.abs(np.fft.rfft(frame * np.hanning(_SIZE))) ** 2
    return power


def _share_of_one(samples: NDArray[Any], track: PitchTrack) -> float:
    """Share of the pitched frames that one note makes: its first harmonics hold a good part of the sound, and it sounds itself.

    Several notes have a period too, far below them, and nothing sounds there.
    """
    places = np.flatnonzero(np.isfinite(track.pitch) & track.loud)[::5]
    frames, found = _frames_of(samples), []
    for place in places[places < len(frames)]:
        power = _spectrum(frames[place])
        root = 440.0 * 2.0 ** ((track.pitch[place] - 69.0) / 12.0) * _SIZE / RATE
        spans = [(int(number * root * 0.97 - 1.5), int(number * root * 1.03 + 2.5)) for number in (1, 2, 3, 4)]
        strong = [float(power[max(low, 0) : high].sum()) for low, high in spans]
        total = float(power[6:512].sum())
        found.append(sum(strong) > 0.5 * total and strong[0] > _ITSELF * sum(strong))
    return float(np.mean(found)) if found else 0.0


def _notes_of(track: PitchTrack) -> tuple[list[HummedNote], float]:
    """The notes of a pitch track, and its tuning in cents."""
    pitch = track.pitch.copy()
    voiced = np.isfinite(pitch)
    if not voiced.any():
        return [], 0.0
    fraction = pitch[voiced] - np.round(pitch[voiced])
    turn = np.exp(2j * np.pi * fraction).mean()
    tuning = float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 0.15 else 0.0
    pitch -= tuning
    level = median_filter(track.level, 5)
    loudest = float(np.percentile(level[voiced], 90))
    notes: list[HummedNote] = []
    for begin, end in _runs(voiced, round(_GAP / FRAME)):
        line = pitch[begin:end]
        sounding = np.flatnonzero(np.isfinite(line))
        line = np.interp(np.arange(len(line)), sounding, line[sounding])
        path = _note_path(line)
        edges = sorted({0, *(np.flatnonzero(np.diff(path)) + 1), *_dips(level[begin:end]), end - begin})
        glide = 0
        for first, last in pairwise(edges):
            if (last - first) * FRAME < _SHORT_NOTE:
                glide += last - first
                continue
            begun = first - (glide if glide * FRAME < _LONGEST_GLIDE else 0)
            glide = 0
            force = float(level[begin + first : begin + last].max()) - loudest
            velocity = round(float(np.clip(0.8 + force / 40.0, 0.3, 1.0)), 3)
            middle = int(np.median(path[first:last]))
            notes.append(HummedNote((begin + begun) * FRAME, (begin + last) * FRAME, middle, velocity))
    return notes, 100.0 * tuning


def _runs(voiced: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Begin and end of each stretch that sounds; gaps of up to so many frames are no end."""
    places = np.flatnonzero(voiced)
    cuts = np.flatnonzero(np.diff(places) > gap + 1)
    firsts = places[np.concatenate([[0], cuts + 1])]
    lasts = places[np.concatenate([cuts, [len(places) - 1]])] + 1
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _note_path(line: NDArray[np.float64]) -> NDArray[np.int64]:
    """The whole number of every frame that stays near `line` and changes seldom."""
    low, high = int(np.floor(line.min())) - 1, int(np.ceil(line.max())) + 1
    states = np.arange(low, high + 1)
    costs = np.minimum(np.abs(line[:, None] - states[None, :]) / 0.5, 3.0) ** 2
    best, back = costs[0].copy(), np.zeros(costs.shape, dtype=np.int64)
    for frame in range(1, len(line)):
        cheapest = int(best.argmin())
        change = best[cheapest] + _CHANGE
        back[frame] = np.where(best <= change, np.arange(len(states)), cheapest)
        best = np.minimum(best, change) + costs[frame]
    state = int(best.argmin())
    path = np.empty(len(line), dtype=np.int64)
    for frame in range(len(line) - 1, -1, -1):
        path[frame] = states[state]
        state = int(back[frame, state])
    return path


def _dips(level: NDArray[np.float64]) -> list[int]:
    """Frames at which the voice begins anew: its level is lower there than before and after by several dB."""
    smooth = uniform_filter1d(level, 3)
    reach = round(0.12 / FRAME)
    found: list[int] = []
    for frame in range(3, len(smooth) - 3):
        around = smooth[max(0, frame - 3) : frame + 4]
        if smooth[frame] > around.min() or (found and frame - found[-1] < reach // 2):
            continue
        before, after = smooth[max(0, frame - reach) : frame].max(), smooth[frame + 1 : frame + reach + 1].max()
        if min(before, after) - smooth[frame] >= _DIP_DB:
            found.append(frame)
    return found


def _find_tempo(hummed: Sequence[HummedNote]) -> float:
    """The tempo on whose beats, half and quarter beats most onsets fall; tempi near 100 bpm are likelier (see `tempo`)."""
    onsets = np.array([note.start for note in hummed])
    if len(onsets) < 3:
        raise BadInput(f"{len(onsets)} notes tell no tempo", remedy="give it with --bpm, or hum more notes")
    lasts = np.sqrt(np.array([note.end - note.start for note in hummed]))
    tempi = np.exp(np.arange(np.log(_TEMPI[0]), np.log(_TEMPI[1]), 0.004))
    period = 60.0 / tempi[:, None]

    def fall(part: float) -> NDArray[np.float64]:
        turns = np.exp(2j * np.pi * part * (onsets - onsets[0])[None, :] / period)
        found: NDArray[np.float64] = np.abs((turns * lasts).sum(axis=1)) / lasts.sum()
        return found

    prior = np.exp(-0.5 * (np.log2(tempi / 100.0) / 0.7) ** 2)
    return float(tempi[int(((0.45 * fall(1) + fall(2) + 0.55 * fall(4)) * (0.5 + 0.5 * prior)).argmax())])


def _phase(onsets: NDArray[np.float64], step: float) -> float:
    """Where the grid of `step` begins: near the first onset, as all onsets agree best."""
    turn = np.exp(2j * np.pi * (onsets - onsets[0]) / step).mean()
    return float(onsets[0] + np.angle(turn) / (2 * np.pi) * step)
