"""The players: from a plan of the song to one part with its notes, its timing and its strip on the desk."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ..music import Key
from . import arrange, basslines, comping, grooves, harmony, melody
from .arrange import Player, pick
from .score import Chord, MixCharacter, Note, Part, Section
from .song_words import WordLine
from .styles import PATCHES, Style

_LEGATO: Final = frozenset({"pad", "counter"})
_ROLE_GAIN_DB: Final = {
    "sing": 2.5, "pad": -4.0, "arp16": -3.0, "sparkle": -3.0, "fills": -1.5, "counter": -2.5, "arp": -1.5, "skank": -2.0,
    "perc": 5.0, "transitions": 7.0, "weather": 5.0, "zaps": 5.0, "bells": 2.0,
}  # fmt: skip
"""dB of the roles that stand behind the others or must be brought forward."""
_WET: Final = {"dry": 0.04, "room": 0.14, "spring": 0.16, "plate": 0.22, "hall": 0.34}
_ECHOING: Final = frozenset(("synthwave", "trap", "techno", "house", "ambient"))
_TUNEFUL: Final = frozenset(("lead", "sing", "hum", "chop", "speech", "fills", "counter"))
"""Roles whose notes are of the scale; the others play chords, roots and steps towards them."""
_EFFECTS: Final = frozenset(("transitions", "weather", "bells", "zaps"))
_CUTOFF: Final = {"felt_piano": 4200.0}


@dataclass(frozen=True, slots=True)
class SongPlan:
    """What is decided before the first note: everything but chords and players."""

    style: Style
    entropy: tuple[int, int]
    bpm: float = 90.0
    key: Key = field(default_factory=lambda: Key(0, "major"))
    meter: int = 4
    colour: MixCharacter = field(default_factory=MixCharacter)
    swing: float = 0.5
    loose: float = 0.0
    sections: tuple[Section, ...] = ()
    short: bool = True
    chords_given: bool = False
    """Whether a person wrote the chords: then tunes and basses bend to those outside the key."""
    words: tuple[tuple[int, tuple[WordLine, ...]], ...] = ()
    """The lines that are sung, by the index of their section."""
    left_hands: frozenset[tuple[int, int]] = frozenset()
    """Players and sections, by number, in which they play the roots of written chords, since no bass does."""

    def rng(self, *what: str | int) -> np.random.Generator:
        """A generator of its own for each decision."""
        words = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in what]
        return np.random.Generator(np.random.PCG64([*self.entropy, *words]))

    @property
    def bars(self) -> int:
        """Bars of the whole song."""
        return sum(section.bars for section in self.sections)

    def with_request(self, bpm: float | None, key: Key | None, meter: int | None) -> SongPlan:
        """The plan with what was asked for."""
        return replace(self, bpm=bpm or self.bpm, key=key or self.key, meter=meter or self.meter)

    def with_form(self, sections: tuple[Section, ...], short: bool, *, chords_given: bool = False) -> SongPlan:
        """The plan with its form."""
        return replace(self, sections=sections, short=short, chords_given=chords_given)


def part(plan: SongPlan, number: int, player: Player, harmonies: Sequence[Sequence[Chord]]) -> Part:
    """Everything player `number` plays over `harmonies` (the chords of each section), swung and humanised, and its strip."""
    notes: list[Note] = []
    drummer = None
    if player.role == "beat":
        rng = plan.rng("groove")
        drummer = grooves.Drummer(pick(rng, plan.style.grooves), plan.meter, rng)
    for index in player.sections:
        if drummer is not None:
            notes += _drums(plan, drummer, index)
        elif player.role in _EFFECTS:
            notes += _effects(plan, player, index, harmonies[index][0].root)
        else:
            notes += _play_pitched(plan, number, player, plan.sections[index], harmonies[index])
        if (number, index) in plan.left_hands:
            notes += comping.play_roots(
                harmonies[index], PATCHES[player.patch].low, 0.75 + 0.25 * arrange.ENERGY[plan.sections[index].kind]
            )
    return _strip(plan, player, _perform(plan, notes, player, plan.rng("perform", number)), plan.rng("strip", number))


def given_part(plan: SongPlan, number: int, player: Player, notes: Sequence[Note]) -> Part:
    """Notes that a person gave to `player`, exactly as they are given, and its strip."""
    return _strip(plan, player, tuple(notes), plan.rng("strip", number))


def _play_pitched(plan: SongPlan, number: int, player: Player, section: Section, chords: Sequence[Chord]) -> list[Note]:
    """One section of a pitched or percussion part; a section that returns is played as before."""
    span = (float(section.first_bar * plan.meter), section.bars, plan.meter)
    rng = plan.rng("part", number, section.kind)
    patch, role = PATCHES[player.patch], player.role
    register = (patch.low, patch.high)
    energy = 0.75 + 0.25 * arrange.ENERGY[section.kind]
    if role == "perc":
        notes = grooves.percussion(player.patch, plan.meter, span[0], section.bars, rng)
    elif role in basslines.LINES or role == "walk":
        line = "long" if role == "pedal" and plan.chords_given else role  # a pedal keeps to no chord
        notes = basslines.play(line, chords, plan.key, span, patch.low, rng, states=plan.chords_given)
    elif role in comping.MANNERS:
        notes = comping.play(role, chords, span, register, rng)
    elif role in ("chop", "speech"):
        notes = melody.syllables(role, chords, plan.key, span, register, rng)
    elif role == "sing":
        lines = [line.syllables for line in dict(plan.words)[plan.sections.index(section)]]
        notes = melody.sing_lines(lines, chords, plan.key, span, register, plan.rng("words", section.kind))
    elif role == "fills":
        notes = melody.fills(chords, plan.key, span, register, rng)
    elif role == "counter":
        notes = melody.counter(chords, plan.key, register, rng)
    else:
        manner = melody.MANNERS["lyrical" if role == "hum" else plan.style.melody]
        notes = melody.tune(manner, chords, plan.key, span, register, rng)
    if plan.chords_given and role != "perc":
        notes = harmony.fit_notes(notes, chords, plan.key, bend=role in _TUNEFUL or player.stem == "bass")
    return [replace(note, velocity=note.velocity * energy) for note in notes]


def _drums(plan: SongPlan, drummer: grooves.Drummer, index: int) -> list[Note]:
    """A section of the drums, with a fill at its end and a crash at its beginning where the style has them."""
    section = plan.sections[index]
    energy = 1.0 if plan.short else arrange.ENERGY[section.kind] + 0.05
    rng = plan.rng("fills", index)
    notes: list[Note] = []
    for bar in range(section.bars):
        start = float((section.first_bar + bar) * plan.meter)
        played = drummer.bar(start, bar, energy)
        if bar == section.bars - 1 and section.bars >= 4 and rng.random() < plan.style.fills:
            begin, fill = drummer.fill(start, rng, plan.style.crash)
            played = [n for n in played if n.start < begin - 1e-6] + fill
        notes += played
    if plan.style.crash and energy > 0.6:
        notes.append(Note(float(section.first_bar * plan.meter), 2.0, grooves.CRASH, 0.8))
    return [Note(n.start, n.length, n.pitch, n.velocity * (0.7 + 0.3 * energy)) for n in notes]


def _effects(plan: SongPlan, player: Player, index: int, root: int) -> list[Note]:
    """Transitions into the next section, weather and bells now and then; in a short piece something happens in the first bars."""
    section, meter = plan.sections[index], plan.meter
    rng = plan.rng("effects", index, player.patch)
    begin, end = float(section.first_bar * meter), float((section.first_bar + section.bars) * meter)
    low = PATCHES[player.patch].low
    pitch = low + (root - low) % 12
    if player.role == "weather":
        gusts = range(int(begin), int(end), 4)
        return [Note(at + 2.0 * float(rng.random()), 2.0, pitch, 0.5 + 0.3 * float(rng.random())) for at in gusts]
    if player.role == "zaps" or player.patch == "zap":
        return [
            Note(begin + i * meter + meter - 1.0, 0.5, pitch, 0.6) for i in range(1 if section.bars > 1 else 0, section.bars, 2)
        ]
    if player.role == "bells" or player.patch == "impact":
        every = 4 if player.patch == "impact" else 2
        return [Note(begin + i * meter, 3.0, pitch, 0.75) for i in range(0, section.bars, every)]
    length = 1.0 if player.patch == "vinyl_stop" else float(min(meter, 4))
    if player.patch == "noise_sweep":
        length *= 2
    bars = {section.bars, *range(4, section.bars, 4), *((2,) if plan.short and index == 0 and section.bars > 2 else ())}
    stops = [begin + bar * meter for bar in sorted(bars)]
    return [Note(max(begin, stop - length), min(length, stop - begin), pitch, 0.65) for stop in stops]


def _perform(plan: SongPlan, notes: list[Note], player: Player, rng: np.random.Generator) -> tuple[Note, ...]:
    """Swing and humanise: off-beats move to their place, hits spread by the looseness of the players."""
    if not notes:
        return ()
    start = np.array([note.start for note in notes])
    force = np.array([note.velocity for note in notes])
    pair = 1.0 if plan.style.swing_grid == 8 else 0.5
    whole, rest = np.divmod(start / pair + 1e-9, 1.0)
    rest = np.where(rest < 0.5, rest * 2 * plan.swing, plan.swing + (rest - 0.5) * 2 * (1.0 - plan.swing))
    shift = rng.normal(0.0, plan.loose, len(notes))
    if player.role == "beat":
        shift *= 0.5
        shift += plan.style.late * np.isin([note.pitch for note in notes], (grooves.SNARE, grooves.CLAP, grooves.RIM))
    elif player.role in _LEGATO:
        shift *= 0.3
    start = np.clip((whole + rest) * pair + shift, 0.0, plan.bars * plan.meter - 0.05)
    force = np.clip(force * rng.normal(1.0, 0.06 if plan.style.loose > 0.004 else 0.03, len(notes)), 0.05, 1.0)
    played = [
        replace(note, start=round(float(at), 4), length=round(note.length, 4), velocity=round(float(loud), 3))
        for at, note, loud in zip(start, notes, force, strict=True)
    ]
    return tuple(sorted(played, key=lambda note: (note.start, note.pitch)))


def _strip(plan: SongPlan, player: Player, notes: tuple[Note, ...], rng: np.random.Generator) -> Part:
    """The part with its place on the desk."""
    tune = arrange.is_tune(player.role)
    middle = player.stem in ("drums", "bass", "vocals")
    wide = 0.0 if middle else 0.08 if tune else 0.45
    echo = 0.2 if tune and plan.style.coarse in _ECHOING else 0.12 if player.role in ("fills", "chop", "sparkle") else 0.0
    room = {"drums": 0.35, "bass": 0.0, "percussion": 0.6}.get(player.stem, 1.5 if player.role in _LEGATO else 1.0)
    pumped = {"drums": 0.0, "percussion": 0.0, "bass": 0.7}.get(player.stem, 0.4 if tune else 1.0)
    return Part(
        stem=player.stem,
        patch=player.patch,
        notes=notes,
        gain=round(_ROLE_GAIN_DB.get(player.role, 0.0) + float(rng.normal(0.0, 0.7)), 2),
        pan=round(float(rng.uniform(-1.0, 1.0)) * wide, 2),
        reverb=round(min(0.6, _WET[plan.colour.room] * room * float(rng.uniform(0.8, 1.2))), 3),
        echo=echo,
        duck=round(plan.style.duck * pumped, 3),
        cutoff=900.0 if player.role == "rumble" else _CUTOFF.get(player.patch),
        role=player.role,
    )
