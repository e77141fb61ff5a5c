"""Who plays what a person asked for: given notes take the place of the band's own, and sections have the stems they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from . import arrange
from .arrange import Player, pick
from .instruments import PATCHES
from .outline import GivenLine, Outline
from .score import Note
from .song_words import WordLine
from .styles import Style

_SPOKEN: Final = frozenset({"chop", "speech"})


@dataclass(frozen=True, slots=True)
class Seats:
    """The band's own players, and the players of given notes with their notes."""

    band: tuple[Player, ...]
    given: tuple[tuple[Player, tuple[Note, ...]], ...] = ()


def seat(band: Sequence[Player], outline: Outline, style: Style, rng: np.random.Generator) -> Seats:
    """Seat the `band` as `outline` asks: where notes of a part are given nobody else plays it; a section has its own stems."""
    seated = _seat_sections(list(band), outline, style, rng)
    given = []
    for line in outline.lines:
        plays = _plays(line.part)
        given.append((_player_of(line, seated, style, rng), line.notes))
        seated = [
            replace(one, sections=tuple(n for n in one.sections if n not in line.sections)) if plays(one) else one
            for one in seated
        ]
    return Seats(tuple(seated), tuple(given))


def seat_singer(seats: Seats, patch: str, words: Mapping[int, Sequence[WordLine]], begins: Sequence[float]) -> Seats:
    """Seat a singer on `patch` who sings `words` (lines by section), to the given melody where there is one.

    Other voices are silent in those sections, and leads answer in the gaps. `begins` are the beats at which sections begin.
    """
    band = [
        replace(one, sections=tuple(n for n in one.sections if n not in words))
        if one.stem == "vocals"
        else replace(one, role="fills")
        if one.role == "lead"
        else one
        for one in seats.band
    ]
    given, left = [], set(words)
    for player, notes in seats.given:
        own = left & set(player.sections)
        if own and (player.stem == "vocals" or arrange.is_tune(player.role)):
            player = replace(player, stem="vocals", role="sing", patch=patch)
            notes = _put_words(notes, {n: words[n] for n in own}, begins)
            left -= own
        given.append((player, notes))
    singer = [Player("vocals", "sing", patch, tuple(sorted(left)))] if left else []
    return Seats((*band, *singer), tuple(given))


def _put_words(notes: Sequence[Note], words: Mapping[int, Sequence[WordLine]], begins: Sequence[float]) -> tuple[Note, ...]:
    """The notes with the syllables of their sections' words, in order; syllables without a note are not sung."""
    left = {n: [one for line in lines for one in line.syllables] for n, lines in words.items()}
    found = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        section = max((n for n, begin in enumerate(begins) if begin <= note.start + 1e-6), default=0)
        queue = left.get(section, [])
        found.append(replace(note, syllable=queue.pop(0)) if queue else note)
    return tuple(found)


def find_left_hands(seats: Seats, sections: int) -> frozenset[tuple[int, int]]:
    """The player (by number) and section of the first one of the band to play whole chords where nobody plays the bass."""
    given = [player for player, _ in seats.given]
    found = set()
    for section in range(sections):
        if any(section in player.sections for player in (*seats.band, *given) if player.stem == "bass"):
            continue
        hands = [n for n, one in enumerate(seats.band) if section in one.sections and arrange.plays_whole_chords(one.role)]
        found |= {(number, section) for number in hands[:1]}
    return frozenset(found)


def _seat_sections(band: list[Player], outline: Outline, style: Style, rng: np.random.Generator) -> list[Player]:
    """The band with exactly the stems that sections name, in those sections; stems that nobody plays get a player."""
    named = {number: section.players for number, section in enumerate(outline.sections) if section.players}
    if not named:
        return band
    stems = tuple(dict.fromkeys(stem for players in named.values() for stem in players))
    missing = [stem for stem in stems if not any(player.stem == stem for player in band)]
    if missing:
        band = [*band, *arrange.choose_players(style, missing, None, rng)]
    return [
        replace(
            one, sections=tuple(sorted({n for n in one.sections if n not in named} | {n for n in named if one.stem in named[n]}))
        )
        for one in band
    ]


def _plays(part: str) -> Callable[[Player], bool]:
    """Whether a player of the band would play what `part` plays."""
    if part == "melody":
        return lambda player: arrange.is_tune(player.role)
    if part == "chords":
        return lambda player: arrange.plays_chords(player.role)
    return lambda player: player.stem == part


def _player_of(line: GivenLine, band: Sequence[Player], style: Style, rng: np.random.Generator) -> Player:
    """Who plays a given line: the band's own player of the part, else one of the style's, else a stand-in.

    A tune is not given to voices that chop or speak.
    """
    suits = _plays(line.part)
    own = [player for player in band if suits(player) and player.role not in _SPOKEN and _keeps_pitch(player.patch, line.part)]
    if own:
        return replace(own[0], sections=line.sections)
    stem = {"melody": "woodwinds", "chords": "keyboard"}.get(line.part, line.part)
    specs = [spec for spec in style.players if suits(Player(spec.stem, spec.role, "")) and spec.role not in _SPOKEN]
    for spec in (*specs, arrange.stand_in(stem)):
        patches = [patch for patch in spec.patches if _keeps_pitch(patch, line.part)]
        if patches:
            break
    return Player(spec.stem, spec.role, pick(rng, patches), line.sections)


def _keeps_pitch(patch: str, part: str) -> bool:
    """Whether notes sound at their pitch; kits and effects need not."""
    return part in ("drums", "percussion", "fx") or (patch in PATCHES and PATCHES[patch].tuned)
