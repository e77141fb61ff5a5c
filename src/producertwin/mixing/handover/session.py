"""A song as it is handed over: stems of one length that begin on bar 1, their mix, and what is known of the music.

Sound is float32 `(2, samples)` at 48 kHz. A beat lasts `60 / bpm` seconds, as everywhere in the studio. Workstations count
quarters: in a bar of 2, 3 or 4 beats a beat is a quarter, in a bar of 6 it is an eighth (6/8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np

from ...audio import edits, levels
from ...audio.samples import Samples
from ...house_band.midi_writing import MidiPart
from ...music import Key, beat_unit
from ...timebase import TempoMap, seconds_of

UNPITCHED: Final = frozenset({"drums", "percussion", "fx"})
"""Stems without a root note."""
CEILING_DB: Final = -0.1
"""Highest sample of a file where one would clip, in dB of full scale."""
COUNTED_METER: Final = 4
"""Beats per bar of a session whose meter nobody knows."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Tempo and meter."""

    bpm: float
    """Beats per minute at the beginning."""
    meter: int = COUNTED_METER
    """Beats per bar."""
    tempi: tuple[tuple[float, float], ...] = ()
    """Beats from which another tempo holds, and that; none where one tempo holds to the end."""

    @property
    def denominator(self) -> int:
        """Which note value a beat is: 4 a quarter, 8 an eighth."""
        return beat_unit(self.meter)

    @property
    def quarters_per_beat(self) -> float:
        """How many quarters a beat is."""
        return 4.0 / self.denominator

    @property
    def tempo(self) -> float:
        """Quarters per minute at the beginning, the tempo that workstations show."""
        return self.bpm * self.quarters_per_beat

    @property
    def map(self) -> TempoMap:
        """Where the beats fall."""
        return TempoMap(self.bpm, self.tempi)

    def quarters(self, seconds: float) -> float:
        """How many quarters `seconds` from bar 1 are."""
        return self.map.beat(seconds) * self.quarters_per_beat

    def seconds_of_bar(self, bar: float) -> float:
        """Second at which `bar`, counted from 1, begins."""
        return self.map.seconds((bar - 1.0) * self.meter)


@dataclass(frozen=True, slots=True)
class Stem:
    """One instrument's part."""

    name: str
    """Its class, `drums`, or what its file was called."""
    sound: Samples
    origin: str = ""
    """Where it comes from, in words: a take or the name of a file."""

    @property
    def label(self) -> str:
        """Its name for people: `Backing Vocals`."""
        return " ".join(word[:1].upper() + word[1:] for word in self.name.replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class Marker:
    """The beginning of a section."""

    seconds: float
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """A song, ready to be handed over."""

    title: str
    stems: tuple[Stem, ...]
    mix: Samples
    """What the stems were, or become, together."""
    made: datetime
    """When the sound was made."""
    grid: Grid | None = None
    """None where the tempo is not known."""
    key: Key | None = None
    markers: tuple[Marker, ...] = ()
    parts: tuple[MidiPart, ...] = ()
    """What the players of the guide play."""
    take: str = ""
    """Id of the take; empty for a file."""
    variant: str = ""
    """Who played; empty where that is not known."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the user should know of how it was put together."""

    @property
    def samples(self) -> int:
        """Length of every sound."""
        return int(self.mix.shape[1])

    @property
    def seconds(self) -> float:
        """Length of every sound."""
        return seconds_of(self.samples)


def fit(session: Session) -> Session:
    """`session` with every sound as long as the longest, and all turned down alike where one would clip.

    Levels between stems and mix stay as they are, so that faders at 0 dB still give the mix.
    """
    sounds = [session.mix, *(stem.sound for stem in session.stems)]
    length = max(sound.shape[1] for sound in sounds)
    notes = list(session.notes)
    short = [stem.label for stem in session.stems if stem.sound.shape[1] < length]
    if short:
        notes.append(f"silence was added at the end of {', '.join(short)}, so that all stems are {seconds_of(length):.2f} s long")
    peak = max(levels.sample_peak_db(sound) for sound in sounds)
    down = CEILING_DB - peak if peak > 0.0 else 0.0
    if down:
        notes.append(f"stems and mix were turned down by {-down:.1f} dB alike: a file would have clipped")

    def adapt(sound: Samples) -> Samples:
        return edits.gain(edits.fit_length(sound, length), down) if down else edits.fit_length(sound, length)

    stems = tuple(replace(stem, sound=adapt(stem.sound)) for stem in session.stems)
    return replace(session, stems=stems, mix=adapt(session.mix), notes=tuple(notes))


def rest(stems: Sequence[Stem], mix: Samples) -> Samples:
    """What `stems` leave of `mix`, all of one length."""
    left = mix.astype(np.float64)
    for stem in stems:
        left -= stem.sound
    return left.astype(np.float32)


def residual_db(stems: Sequence[Stem], mix: Samples) -> float | None:
    """Power of what the sum of `stems` leaves of `mix`, in dB of the mix's power; None where nothing is left, or no mix."""
    left, whole = (float(np.square(sound, dtype=np.float64).sum()) for sound in (rest(stems, mix), mix))
    return 10.0 * math.log10(left / whole) if left and whole else None
