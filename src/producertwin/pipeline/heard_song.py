"""A song sheet of what is heard in a recording: tempo, key, chords bar by bar, and where parts begin and return.

What is read is marked as read: a reader of chords errs, most where few instruments play them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..audio import chords as chord_reader
from ..audio import structure
from ..audio.bars import find_first_bar
from ..audio.chords import ChordEstimate
from ..audio.meters import measure
from ..audio.samples import Samples
from ..errors import BadInput
from ..house_band.chord_symbols import SILENT, note_names
from ..house_band.lines import METER
from ..house_band.score_sheet import fold, name_root, name_sections, write_bar
from ..house_band.sheet import Sheet, SheetSection
from ..music import BPM_RANGE, Key
from ..timebase import SAMPLE_RATE, seconds_of

_LETTERS = ("a", "b", "c", "d")
"""Names of parts that nobody named, as the band knows them."""
_ALIKE = 0.35
"""Likeness from which two parts are one that returns."""
_LEAST_BARS = 2
_SURE = 0.1
"""Confidence of the tempo meter under which a sound has none."""


@dataclass(frozen=True, slots=True)
class HeardSong:
    """What was heard, and how sure that is."""

    sheet: Sheet
    first_beat: float
    """Seconds before the first bar."""
    steady: float
    """Share of the beats that have the chord with which their half bar begins, 0 to 1; few where chords are unsure."""
    notes: tuple[str, ...]
    """In words."""


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What is known of a sound before it is heard; None where it is to be read."""

    bpm: float | None = None
    key: Key | None = None
    meter: int | None = None
    on_beat: bool = False
    """Whether it begins with its first bar."""


def hear_song(audio: Samples, known: KnownFacts, *, title: str = "", caption: str = "") -> HeardSong:
    """The song in `audio`, (2, n) at 48 kHz. Raises `BadInput` for a sound without a pulse whose tempo nobody states."""
    meters = measure(audio)
    told = []
    bpm, meter = known.bpm, known.meter or METER
    if bpm is None:
        pulse = meters.tempo()
        if not pulse.bpm or pulse.confidence < _SURE:
            raise BadInput("no tempo is heard, so there are no bars to read chords of", remedy="give it: --bpm 87")
        bpm = round(min(max(pulse.bpm, BPM_RANGE[0]), BPM_RANGE[1]), 2)
        told.append(f"tempo heard: {bpm:g} bpm (confidence {pulse.confidence:.2f}; its half or double fits as well)")
    key = known.key
    if key is None:
        key = meters.key.key
        told.append(f"key heard: {key} (confidence {meters.key.confidence:.2f})")
    first = 0.0 if known.on_beat else find_first_bar(audio, bpm, meter)
    beats = _read_beats(audio, first, bpm, meter)
    if len(beats) < meter:
        raise BadInput("the sound is shorter than a bar", remedy="give a longer one, or a faster tempo: --bpm")
    names = note_names(key)
    bars = [write_bar(_changes(beats[at : at + meter], names), meter) for at in range(0, len(beats) - meter + 1, meter)]
    steady = _steadiness(beats, meter)
    told.append(f"chords heard bar by bar; {steady:.0%} of the beats have the chord with which their half bar begins")
    spans = _find_parts(audio[:, round(first * SAMPLE_RATE) :], bpm, meter, len(bars))
    charts = [" | ".join(bars[one.start : one.stop]) for one, _ in spans]
    named = name_sections([letter for _, letter in spans], charts)
    form = ", ".join(f"{name} {len(one)}" for name, (one, _) in zip(named, spans, strict=True))
    told.append(f"form heard: {len(spans)} parts; those that sound alike have one letter")
    sheet = Sheet(
        title=title,
        caption=caption,
        bpm=bpm,
        key=f"{names[key.tonic]} {key.mode}",
        meter=meter,
        form=form,
        sections={name: SheetSection(chords=fold(chart)) for name, chart in zip(named, charts, strict=True)},
    )
    return HeardSong(sheet, first, steady, tuple(told))


def _read_beats(audio: Samples, first: float, bpm: float, meter: int) -> tuple[ChordEstimate, ...]:
    """The chords of all beats from the first bar on."""
    beat = 60.0 / bpm
    edges = np.arange(first, seconds_of(audio.shape[1]) + 0.05 * beat, beat).tolist()
    return chord_reader.chords(audio, edges, meter=meter)


def _changes(beats: Sequence[ChordEstimate], names: Sequence[str]) -> list[tuple[float, str]]:
    """The beats of a bar on which a chord begins, and its name."""
    found: list[tuple[float, str]] = []
    for at, one in enumerate(beats):
        if at == 0 or one != beats[at - 1]:
            found.append((float(at), SILENT if one.root is None else name_root(one.root, one.quality, names)))
    return found


def _steadiness(beats: Sequence[ChordEstimate], meter: int) -> float:
    half = max(meter // 2, 1)
    same = [one == beats[at - at % meter % half] for at, one in enumerate(beats)]
    return float(np.mean(same)) if same else 0.0


def _find_parts(audio: Samples, bpm: float, meter: int, bars: int) -> list[tuple[range, str]]:
    """The parts of a song, each with a letter; those that sound alike have the same."""
    described = structure.describe_bars(audio, bpm, meter)
    alike = structure.likeness(described)
    edges = [0]
    for bar in structure.find_boundaries(described):
        if bar - edges[-1] >= _LEAST_BARS and bars - bar >= _LEAST_BARS:
            edges.append(bar)
    spans = [range(start, end) for start, end in zip(edges, [*edges[1:], bars], strict=True)]
    found: list[tuple[range, str]] = []
    firsts: list[range] = []
    for span in spans:
        close = [structure.compare_parts(alike, (one.start, len(one)), (span.start, len(span))) for one in firsts]
        if close and (max(close) >= _ALIKE or len(firsts) == len(_LETTERS)):
            found.append((span, _LETTERS[int(np.argmax(close))]))
        else:
            found.append((span, _LETTERS[len(firsts)]))
            firsts.append(span)
    return found
