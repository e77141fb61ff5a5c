"""A recording as a song sheet: its tempo, key, chords bar by bar, and its form.

Tempo and key are those of `audio`, the tempo made finer on the whole length. Bars begin where `audio.bars` finds them, and
chords are read beat by beat (`audio.chords`). The form is told in blocks of four bars: those whose chords and sound are alike are
one kind of section; the most frequent kind is the verse, the loudest other one that returns the chorus, quiet ones at the ends
are intro and outro.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio import levels
from ..audio.bars import find_first_bar
from ..audio.chords import ChordEstimate, chords, chroma_over
from ..audio.key import key as find_key
from ..audio.onsets import FRAME_RATE, band_flux
from ..audio.tempo import autocorrelate, estimate
from ..errors import BadInput
from ..music import Key
from ..timebase import SAMPLE_RATE, seconds_of
from ..wording import write_number
from . import note_chords
from .lines import METER
from .midi_song import FoundSong
from .score_sheet import fold, name_sections

SHORTEST: Final = 8.0
"""Seconds in which a tempo can be found."""
LONGEST: Final = 600.0
"""Seconds that are listened to."""
RIGHT: Final = {"root": 0.97, "majmin": 0.97, "sevenths": 0.94}
"""Shares of the time at which the chords that are read are right, on songs of the house band (docs/song.md)."""
_SILENT_DB: Final = -60.0
_PULSE: Final = 0.1
"""Confidence of the tempo below which nothing pulses."""
_BLOCK: Final = 4
"""Bars of a block of the form."""
_ALIKE: Final = 0.85
"""Likeness from which on two blocks are one kind of section."""
_QUIET_DB: Final = 3.0
"""How far below the song's blocks an intro or an outro is."""
_LONGEST_SECTION: Final = 16


@dataclass(frozen=True, slots=True)
class HeardSong:
    """What is heard: seconds of the first bar and of its beats, and the chord of each of them; sections are names and bars."""

    bpm: float
    key: Key
    meter: int
    edges: tuple[float, ...]
    """Beginnings of all beats, and the end of the last one."""
    chords: tuple[ChordEstimate, ...]
    sections: tuple[tuple[str, int], ...]

    @property
    def steady(self) -> float:
        """Share of the beats that have the chord with which their half bar begins, 0 to 1; low where chords are unsure."""
        half = max(self.meter // 2, 1)
        return float(np.mean([one == self.chords[at - at % self.meter % half] for at, one in enumerate(self.chords)]))


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What is known of a sound before it is heard; None where it is to be found."""

    bpm: float | None = None
    key: Key | None = None
    meter: int | None = None
    on_beat: bool = False
    """Whether it begins with its first bar."""


def hear_song(samples: NDArray[Any], known: KnownFacts = KnownFacts()) -> HeardSong:
    """Listen to a song, (channels, n) at 48 kHz; what is known is not looked for.

    Raises `BadInput` that says what was heard, for silence, for sounds that are too short or long, and for those without a pulse.
    """
    bpm, seconds = known.bpm, seconds_of(np.shape(samples)[-1])
    if seconds > LONGEST or (bpm is None and seconds < SHORTEST):
        remedy = f"give a song of {write_number(SHORTEST)} to {write_number(LONGEST)} s"
        remedy += "" if seconds > LONGEST else ", or its tempo with --bpm"
        raise BadInput(f"the recording lasts {seconds:.1f} s", remedy=remedy)
    if levels.rms_db(np.asarray(samples)) < _SILENT_DB:
        raise BadInput("the recording is silent", remedy="give a song")
    flux = band_flux(samples)
    found = estimate(autocorrelate(flux)) if bpm is None else None
    if found is not None and found.confidence < _PULSE:
        raise BadInput("no beat is heard in the recording", remedy="give its tempo with --bpm, or a song with a beat")
    tempo = bpm or _refine(flux, found.bpm if found else 0.0)
    beats, beat = known.meter or METER, 60.0 / tempo
    first = 0.0 if known.on_beat else find_first_bar(samples, tempo, beats)
    many = int((seconds - first) / beat + 0.05) // beats * beats
    if many < beats:
        raise BadInput("the recording has no whole bar", remedy="give a longer part of the song, or its tempo with --bpm")
    edges = [first + number * beat for number in range(many + 1)]
    read = chords(samples, edges, meter=beats)
    sections = _find_form(samples, edges, beats)
    return HeardSong(tempo, known.key or find_key(samples).key, beats, tuple(edges), read, sections)


def song_of_recording(samples: NDArray[Any], known: KnownFacts = KnownFacts()) -> FoundSong:
    """What is heard of a song, to be written on a sheet: chords by section. Raises as `hear_song` does."""
    return write_heard(hear_song(samples, known))


def write_heard(heard: HeardSong) -> FoundSong:
    """What was heard, as it is written on a sheet."""
    bars = note_chords.bars_of(heard.chords, heard.meter, heard.key)
    charts, first = [], 0
    for _, many in heard.sections:
        charts.append(note_chords.write_bars(bars[first : first + many]))
        first += many
    named = name_sections([name for name, _ in heard.sections], charts)
    form = ", ".join(f"{name} {many}" for name, (_, many) in zip(named, heard.sections, strict=True))
    own = dict(zip(named, map(fold, charts), strict=True))
    told = (
        f"heard {write_number(round(heard.bpm, 2))} bpm, {heard.key}, {len(bars)} bars from {heard.edges[0]:.2f} s: {form}",
        f"chords as read; on the band's songs the root is right {RIGHT['root']:.0%} of the time, {RIGHT['majmin']:.0%} with "
        f"its third, {RIGHT['sevenths']:.0%} with its seventh; correct them in the sheet",
        f"here {heard.steady:.0%} of the beats have the chord with which their half bar begins; where few do, chords are unsure",
    )
    chords = "\n".join(f"{name}: {chart}" for name, chart in own.items())
    return FoundSong(
        bpm=round(heard.bpm, 2), key=heard.key, meter=heard.meter, form=form, chords=chords, told=told, first=heard.edges[0]
    )


def _refine(flux: NDArray[np.float64], bpm: float) -> float:
    """The tempo within 1.5 % of `bpm` at which onsets stand together best over the whole sound."""
    curve = flux.sum(axis=0)
    time = np.arange(len(curve)) / FRAME_RATE
    tempi = bpm * np.linspace(0.985, 1.015, 241)
    turns = [[abs((curve * np.exp(2j * np.pi * part * time * tempo / 60.0)).sum()) for part in (1, 2)] for tempo in tempi]
    best = float(tempi[int(np.argmax(np.sum(turns, axis=1)))])
    whole = round(best)
    return float(whole) if abs(best - whole) < 0.0008 * best else best


def _find_form(samples: NDArray[Any], edges: Sequence[float], meter: int) -> tuple[tuple[str, int], ...]:
    """Names and bars of the sections."""
    bars = (len(edges) - 1) // meter
    blocks = [(first, min(_BLOCK, bars - first)) for first in range(0, bars, _BLOCK)]
    if len(blocks) > 1 and blocks[-1][1] < _BLOCK:
        last = blocks.pop()
        blocks[-1] = (blocks[-1][0], blocks[-1][1] + last[1])
    mid, bass = chroma_over(samples, edges)
    marks = np.array([_features(mid, bass, first * meter) for first, _ in blocks])
    loud = np.array([_level(samples, edges[first * meter], edges[(first + many) * meter]) for first, many in blocks])
    kinds: list[int] = []
    heads: list[int] = []
    for number, mark in enumerate(marks):
        likeness = [float(mark @ marks[head]) - 0.02 * abs(loud[number] - loud[head]) for head in heads]
        if likeness and max(likeness) >= _ALIKE:
            kinds.append(int(np.argmax(likeness)))
        else:
            kinds.append(len(heads))
            heads.append(number)
    names = name_kinds(kinds, loud)
    sections: list[tuple[str, int]] = []
    for name, (_, many) in zip(names, blocks, strict=True):
        if sections and sections[-1][0] == name and sections[-1][1] + many <= _LONGEST_SECTION:
            sections[-1] = (name, sections[-1][1] + many)
        else:
            sections.append((name, many))
    return tuple(sections)


def _features(mid: NDArray[np.float64], bass: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Notes and bass of a block, beat by beat, as one row of length 1."""
    span = slice(first, first + _BLOCK * 4)
    row = np.concatenate([mid[span].ravel(), 0.7 * bass[span].ravel()])
    row = np.pad(row, (0, _BLOCK * 4 * 24 - len(row)))
    unit: NDArray[np.float64] = row / max(float(np.linalg.norm(row)), 1e-9)
    return unit


def _level(samples: NDArray[Any], start: float, end: float) -> float:
    return float(levels.rms_db(np.asarray(samples)[:, int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]))


def name_kinds(kinds: Sequence[int], loud: NDArray[np.float64]) -> list[str]:
    """A name for every block."""
    usual = float(np.median(loud))
    names = ["bridge"] * len(kinds)
    inner = list(range(len(kinds)))
    if len(kinds) > 2 and loud[0] < usual - _QUIET_DB:
        inner.remove(0)
    if len(kinds) > 2 and loud[-1] < usual - _QUIET_DB:
        inner.remove(len(kinds) - 1)
    counts = Counter(kinds[number] for number in inner)
    verse = min(counts, key=lambda kind: (-counts[kind], kinds.index(kind)))
    others = [kind for kind in counts if kind != verse and counts[kind] > 1] or [kind for kind in counts if kind != verse]
    mean = {kind: float(np.mean([loud[number] for number in inner if kinds[number] == kind])) for kind in counts}
    chorus = max(others, key=lambda kind: mean[kind], default=None)
    for number in inner:
        names[number] = "verse" if kinds[number] == verse else "chorus" if kinds[number] == chorus else "bridge"
    if 0 not in inner:
        names[0] = "intro"
    if len(kinds) - 1 not in inner:
        names[-1] = "outro"
    return names
