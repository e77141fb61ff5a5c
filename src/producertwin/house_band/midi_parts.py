"""Who plays what in a MIDI file: drums by their channel, the rest by name, program, range and how many notes sound at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import BadInput
from .lines import check_part
from .midi_reading import MidiTrack

_DRUM_CHANNEL: Final = 10
_HAND_DRUMS: Final = frozenset((54, 56, *range(58, 82)))
"""General MIDI numbers of hand percussion."""
_WORDS: Final[Mapping[str, str]] = {
    "melody": r"melod|lead|tune|solo|topline|top line|hook|theme|vocal|vox|voice|sing",
    "bass": r"\bbass|sub\b|808",
    "drums": r"drum|\bkit\b|\bbeat\b|groove",
    "percussion": r"perc|shaker|conga|bongo|tamb",
    "backing_vocals": r"choir|back(ing)? ?vo|aahs|oohs",
    "guitar": r"guit|gtr",
    "strings": r"string|violin|viola|cello|orchestra",
    "brass": r"brass|trumpet|trombone|horn",
    "woodwinds": r"flute|sax|clarinet|oboe|woodwind|recorder|bassoon",
    "synth": r"synth|pad\b|arp|pluck",
    "keyboard": r"piano|keys|keyboard|rhodes|wurli|organ|epiano|e-?piano|clav|harpsi|chord|bell|marimba|vibra",
    "fx": r"\bfx\b|effect|riser|sweep",
}
"""Part -> what its tracks are called."""
_PROGRAMS: Final = (
    (8, "keyboard"), (16, "keyboard"), (24, "keyboard"), (32, "guitar"), (40, "bass"), (52, "strings"), (55, "backing_vocals"),
    (56, "strings"), (64, "brass"), (80, "woodwinds"), (88, "synth"), (96, "synth"), (104, "fx"), (112, "guitar"),
    (120, "percussion"), (128, "fx"),
)  # fmt: skip
"""Families of General MIDI programs: each ends before a number."""
_LOW: Final = 48.0
"""Mean pitch below which a line of single notes is a bass."""
_SINGLE: Final = 1.15
"""Notes that sound at once on average, up to which a track is a line of single notes."""


@dataclass(frozen=True, slots=True)
class PartGuess:
    """A track, and the part that it is taken for."""

    track: MidiTrack
    part: str
    """One of `lines.PARTS`; empty where it is left out."""
    why: str


def guess_parts(tracks: Sequence[MidiTrack]) -> tuple[PartGuess, ...]:
    """The part of every track; one of them at most is the melody."""
    found = [PartGuess(track, *_guess(track)) for track in tracks]
    if any(guess.part == "melody" for guess in found):
        best = max((guess for guess in found if guess.part == "melody"), key=lambda guess: _tunefulness(guess.track))
        return tuple(
            guess if guess.part != "melody" or guess is best else PartGuess(guess.track, _stem_of(guess.track), "a second voice")
            for guess in found
        )
    tunes = [
        guess for guess in found if guess.part not in ("drums", "percussion", "bass", "fx") and _voices(guess.track) <= _SINGLE
    ]
    if not tunes:
        return tuple(found)
    best = max(tunes, key=lambda guess: _tunefulness(guess.track))
    return tuple(
        PartGuess(guess.track, "melody", "the highest line of single notes") if guess is best else guess for guess in found
    )


def choose_parts(guesses: Sequence[PartGuess], asked: str) -> tuple[PartGuess, ...]:
    """The tracks that `asked` names and what they play: `bass`, `3=melody, 4=bass`; all as they are guessed where it is empty.

    A part alone takes the tracks that are guessed so, or the only track. Raises `BadInput` for what the file does not have.
    """
    if not asked:
        return tuple(guess for guess in guesses if guess.part)
    listed = "; ".join(f"{number} {_title(guess)}" for number, guess in enumerate(guesses[:20], 1))
    found = []
    for word in filter(None, (one.strip() for one in asked.split(","))):
        number, sign, part = word.rpartition("=")
        part = check_part(part)
        if sign:
            if not number.strip().isdecimal() or not 1 <= int(number[:9]) <= len(guesses):
                raise BadInput(f"there is no track {number.strip()}", remedy=f"the tracks are {listed}")
            found.append(PartGuess(guesses[int(number) - 1].track, part, "as asked"))
            continue
        own = [guess for guess in guesses if guess.part == part] or (list(guesses) if len(guesses) == 1 else [])
        if not own:
            remedy = f"say which track it is, such as 1={part}; the tracks are {listed}"
            raise BadInput(f"no track looks like {part}", remedy=remedy)
        found += [PartGuess(guess.track, part, "as asked") for guess in own]
    return tuple(found)


def tell_parts(guesses: Sequence[PartGuess]) -> str:
    """Tracks and their parts in words."""
    shown = "; ".join(f"{number} {_title(guess)}" for number, guess in enumerate(guesses[:12], 1))
    return shown + (f"; and {len(guesses) - 12} more" if len(guesses) > 12 else "")


def _title(guess: PartGuess) -> str:
    name = f"{guess.track.name[:30]!r} " if guess.track.name else ""
    return f"{name}{len(guess.track.notes)} notes: {guess.part or 'left out'} ({guess.why})"


def _guess(track: MidiTrack) -> tuple[str, str]:
    """The part of a track by itself, and why."""
    if track.channel == _DRUM_CHANNEL:
        hands = sum(note.pitch in _HAND_DRUMS for note in track.notes) > 0.8 * len(track.notes)
        return ("percussion" if hands else "drums"), "channel 10"
    named = next((part for part, words in _WORDS.items() if re.search(words, track.name, re.IGNORECASE)), None)
    if named:
        return named, "by its name"
    if track.program is not None and track.program:
        return _stem_of(track), f"program {track.program + 1}"
    if _voices(track) <= _SINGLE and np.mean([note.pitch for note in track.notes]) < _LOW:
        return "bass", "single low notes"
    return "keyboard", "notes without a name"


def _stem_of(track: MidiTrack) -> str:
    """The stem of a track's program."""
    return next(stem for end, stem in _PROGRAMS if (track.program or 0) < end)


def _voices(track: MidiTrack) -> float:
    """Notes that sound at once, on average over the time in which any does."""
    sums = sum(note.length for note in track.notes)
    covered, until = 0.0, 0.0
    for note in track.notes:
        end = note.start + note.length
        covered += max(0.0, end - max(until, note.start))
        until = max(until, end)
    return sums / max(covered, 1e-9)


def _tunefulness(track: MidiTrack) -> float:
    """How likely a track carries the tune: high and busy."""
    return float(np.mean([note.pitch for note in track.notes])) + 6.0 * min(1.0, len(track.notes) / 32)
