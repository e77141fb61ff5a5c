"""The score: a song written out, note by note.

Conventions: positions and lengths are in beats from the first downbeat, already swung and humanised; pitch is a MIDI number
(60 = middle C), for kits the General MIDI drum number; velocity, pan (-1 left to 1 right) and sends are plain floats; gains
are dB. One `Part` is one player; several parts may share a stem, and the stems of a song are the sums of their parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..music import STEMS, Key
from ..timebase import TempoMap
from .syllables import Syllable

SectionKind = Literal["intro", "verse", "chorus", "bridge", "outro"]


@dataclass(frozen=True, slots=True)
class Note:
    """One note or drum hit."""

    start: float
    length: float
    pitch: int
    velocity: float = 0.8
    syllable: Syllable | None = None
    """What is sung on it; None where it is played."""


@dataclass(frozen=True, slots=True)
class Part:
    """One player: what it plays, on which patch, and its strip on the desk."""

    stem: str
    """One of `music.STEMS`."""
    patch: str
    """Name of a sound in `instruments.PATCHES` or of a kit in `kits.KITS`."""
    notes: tuple[Note, ...]
    gain: float = 0.0
    """dB against the stem's usual level."""
    pan: float = 0.0
    reverb: float = 0.1
    """Send to the room, 0 to 1."""
    echo: float = 0.0
    """Send to the tempo-synced delay, 0 to 1."""
    duck: float = 0.0
    """Side-chain depth under the kick, 0 to 1."""
    cutoff: float | None = None
    """Low-pass of the strip in Hz, None for open."""
    role: str = ""
    """What the player does: `lead`, `comp`, `beat`, …; empty where nobody says."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of whole bars."""

    kind: SectionKind
    first_bar: int
    bars: int
    name: str = ""
    """What its writer calls it; empty where the band chose the form."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord from `start` for `length` beats: its root pitch class, its quality (`m7`, `maj9`, …) and sounding pitches.

    `bass` is the pitch class below it where that is not the root; nothing pitched sounds while it is `silent`.
    """

    start: float
    length: float
    root: int
    quality: str
    pitches: tuple[int, ...]
    bass: int | None = None
    silent: bool = False

    @property
    def lowest(self) -> int:
        """The pitch class that the bass plays."""
        return self.root if self.bass is None else self.bass


@dataclass(frozen=True, slots=True)
class SungLine:
    """A line of words, sung from `start` to `end` in the section of index `section`."""

    start: float
    end: float
    section: int
    text: str


@dataclass(frozen=True, slots=True)
class MixCharacter:
    """Amounts of tape and room effects on the whole mix; every amount is 0 (none) to 1 (strong)."""

    crackle: float = 0.0
    hiss: float = 0.0
    wobble: float = 0.0
    """Wow and flutter of the tape."""
    saturation: float = 0.0
    low_pass: float | None = None
    """Hz, None for a full-range mix."""
    ambience: Literal["none", "rain", "cafe", "city", "forest", "ocean", "fire", "wind"] = "none"
    ambience_level: float = 0.0
    room: Literal["dry", "room", "hall", "plate", "spring"] = "room"


@dataclass(frozen=True, slots=True)
class Score:
    """A song written out.

    `tags` stand in the caption order: genre, mood, instruments, tempo, production, atmosphere, vocal_type.
    """

    style: str
    seed: int
    bpm: float
    key: Key
    meter: int
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    parts: tuple[Part, ...]
    colour: MixCharacter = field(default_factory=MixCharacter)
    tags: tuple[str, ...] = ()
    tempi: tuple[tuple[float, float], ...] = ()
    """Beats from which another tempo holds, and that; none where the song keeps its `bpm`."""
    sung: tuple[SungLine, ...] = ()
    """The words that are sung, in order."""

    @property
    def beats(self) -> float:
        """Length in beats."""
        return float(self.bars * self.meter)

    @property
    def seconds(self) -> float:
        """Length of the written music in seconds, without the tail of the last notes."""
        return self.tempo.seconds(self.beats)

    @property
    def tempo(self) -> TempoMap:
        """Where its beats fall."""
        return TempoMap(self.bpm, self.tempi)

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems that play, in the order of `music.STEMS`."""
        playing = {part.stem for part in self.parts}
        return tuple(stem for stem in STEMS if stem in playing)

    @property
    def form(self) -> tuple[tuple[float, str], ...]:
        """Second and kind of each section, and of the `end`."""
        return begins_of(self.sections, self.tempo, self.meter)


def begins_of(sections: Sequence[Section], tempo: TempoMap, meter: int) -> tuple[tuple[float, str], ...]:
    """Second and kind of each of `sections`, which follow each other, and of the `end`."""
    begins = [(tempo.seconds(float(section.first_bar * meter)), section.kind) for section in sections]
    bars = sum(section.bars for section in sections)
    return (*begins, (tempo.seconds(float(bars * meter)), "end"))
