"""What a guided take keeps of its guide, read from its sound: chords beat by beat, the melody note by note, the form bar by bar.

The guide's own sound is read by the same readers, because no reader finds all of a mix that is known note by note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..audio import melody, structure
from ..audio.melody import HeardNote
from ..house_band import chord_reading, note_hearing
from ..house_band.outline import names_of
from ..house_band.score import Part, Score
from ..timebase import seconds_of
from . import guide

if TYPE_CHECKING:
    from ..model.sampling.request import Request, Samples
    from .stages import Generate

CHORDS = chord_reading.MEASURED
"""Shares of the guide's beats whose chord is heard: root, root and third, with the seventh."""
SPREAD = chord_reading.SPREAD
"""The 95 % interval of the first of them, bars being what varies."""
MELODY = ("melody_onset", "melody_pitch")
"""Agreement with the notes of the guide's melody: their onsets, and onsets and pitches (means of precision and recall)."""
FORM = ("form_boundaries", "form_returns", "form_contrast")
"""Agreement with the bars where sections begin; likeness of sections of one name; of sections of different names."""
NOTES = "notes_heard"
"""How clearly the guide's notes stand out, as average precision."""
GUIDE = ("guide_chords_root", "guide_chords_third", "guide_melody_pitch", "guide_notes_heard")
"""The first figures of the guide's own sound."""
_TUNES = ("sing", "lead", "hum", "chop")
"""Roles whose notes are the melody; speech has no pitch to keep."""
_REACH = 2
"""Semitones beyond the melody's register that are listened to."""


def read_back(stage: Generate, audio: Samples, request: Request) -> dict[str, float | None]:
    """What a take keeps of the guide that it performs, by the names above; empty for a take without one."""
    if stage.guide != "band" or request.start is None or request.metas.bpm is None:
        return {}
    score = guide.write_score(stage, request.seed, request.metas)
    found = measure(audio, score)
    sketched = request.start.sound.audio
    if sketched is not None:
        own = _measure_notes(sketched, score)
        found |= {name: own.get(name.removeprefix("guide_")) for name in GUIDE}
    return {name: value for name, value in found.items() if value is not None}


def measure(audio: Samples, score: Score) -> dict[str, float | None]:
    """What is heard of `score` in `audio`, (2, n) at 48 kHz, which begins with its first bar."""
    return _measure_notes(audio, score) | _measure_form(audio, score)


def tell(measured: Mapping[str, float | None]) -> str:
    """The figures in words; empty where nothing was read back."""
    parts = []
    if (root := measured.get("chords_root")) is not None:
        third = measured.get("chords_third")
        low, high = (measured.get(name) for name in SPREAD)
        spread = "" if low is None or high is None else f" ({low:.0%} to {high:.0%})"
        with_third = "" if third is None else f", {third:.0%} with the right third"
        heard = f"chords: the root is heard on {root:.0%} of the beats{spread}{with_third}"
        parts.append(heard + _of_guide(measured, "chords_root"))
    if (tune := measured.get("melody_pitch")) is not None:
        parts.append(f"melody: its notes agree to {tune:.0%}{_of_guide(measured, 'melody_pitch')}")
    if (form := measured.get("form_boundaries")) is not None:
        parts.append(f"form: the beginnings of sections agree to {form:.0%}")
    return "; ".join(parts)


def melody_of(score: Score) -> Part | None:
    """The part that carries the melody; None where nobody does."""
    tunes = [part for part in score.parts if part.role in _TUNES and part.notes]
    return max(tunes, key=lambda part: len(part.notes)) if tunes else None


def _of_guide(measured: Mapping[str, float | None], name: str) -> str:
    own = measured.get(f"guide_{name}")
    return "" if own is None else f" (of the guide itself {own:.0%})"


def _measure_notes(audio: Samples, score: Score) -> dict[str, float | None]:
    """Chords, notes and melody."""
    agreed = chord_reading.measure_score(audio, score)
    found: dict[str, float | None] = dict(zip(CHORDS, (agreed.root, agreed.third, agreed.seventh), strict=True))
    found |= dict(zip(SPREAD, agreed.spread or (None, None), strict=True))
    found[NOTES] = note_hearing.hear_notes(audio, score)
    part = melody_of(score)
    if part is not None:
        tempo, end = score.tempo, seconds_of(np.shape(audio)[-1])
        spans = [(tempo.seconds(one.start), tempo.seconds(one.start + one.length), one.pitch) for one in part.notes]
        notes = [HeardNote(first, last - first, pitch) for first, last, pitch in spans if first < end]
        pitches = [note.pitch for note in notes] or [0]
        read = melody.read_line(audio, min(pitches) - _REACH, max(pitches) + _REACH)
        agreement = melody.compare_lines(notes, read, around=30.0 / score.bpm)
        if agreement is not None:
            found |= dict(zip(MELODY, (agreement.onset, agreement.pitch), strict=True))
    return found


def _measure_form(audio: Samples, score: Score) -> dict[str, float | None]:
    """The form, where there is more than one section."""
    if len(score.sections) < 2:
        return {}
    bars = structure.describe_bars(audio, score.tempo, score.meter)
    alike = structure.likeness(bars)
    inside = [section for section in score.sections if section.first_bar + section.bars <= len(alike)]
    written = [section.first_bar for section in inside[1:]]
    same: list[float] = []
    others: list[float] = []
    for one, other in combinations(inside, 2):
        compared = structure.compare_parts(alike, (one.first_bar, one.bars), (other.first_bar, other.bars))
        (same if _name(one.name or one.kind) == _name(other.name or other.kind) else others).append(compared)
    figures = structure.agree_on_boundaries(written, structure.find_boundaries(bars)), _mean(same), _mean(others)
    return dict(zip(FORM, figures, strict=True))


def _name(name: str) -> str:
    """What sections that return have in common: `verse` of `verse 2`."""
    return names_of(name)[-1]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
