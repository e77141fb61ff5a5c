"""Compose: a style, a seed and what was asked for become a score.

Everything random comes from PCG64 generators seeded by the song's seed, the style and the name of the decision
(`SongPlan.rng`), so that the same call writes the same song, and asking for another tempo or key changes nothing else.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np

from ..errors import BadInput
from ..music import MODES, Key, check_bpm, parse_meter
from ..timebase import TempoMap
from ..wording import write_number
from . import arrange, captions, harmony, players, seating
from .arrange import Habits, pick
from .outline import Outline, bar_at
from .players import SongPlan
from .score import Chord, MixCharacter, Score, Section, begins_of
from .song_words import SINGERS, Voice, Words, lay_words, time_lines
from .styles import STYLES, Style, check_stem, find

__all__ = ["Habits", "compose"]

_LONGEST: Final = 600.0
_AMOUNTS: Final = ("crackle", "hiss", "wobble", "saturation", "low_pass", "ambience_level")
_Step = tuple[float, int, str, int | None, bool]
"""Beats, root, quality, bass and silence of a chord."""


def compose(  # noqa: PLR0913 - each is one thing a person can ask of a song
    style: str,
    *,
    seed: int,
    bpm: float | None = None,
    key: Key | str | None = None,
    meter: int | str | None = None,
    seconds: float | None = None,
    stems: Sequence[str] | None = None,
    habits: Habits | None = None,
    outline: Outline | None = None,
    words: Words | None = None,
) -> Score:
    """Write a song in `style` (an id, a name or tags, see `styles.find`).

    What is None is drawn from the style: `bpm`, `key`, `meter` and the `stems`; if given, exactly those stems play. Without
    `seconds` the song is whole (60 to 120 s); with it, enough whole bars cover that time, and up to 30 s start in full swing.
    The form and the chords of an `outline` are kept to the bar, whatever the `seconds`, and its notes are played as they are
    given; without a `key` these decide it. `words` are sung in the sections of their marks: to a given melody, else to one of the
    singer's own.

    Raises `BadInput` for a negative seed, a tempo outside 30-300, seconds outside 0-600, or a meter, key or stem that is none;
    `NotFound` for an unknown style.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInput(f"seed {seed!r} is not a whole number from 0", remedy="give a seed such as 7")
    if seconds is not None and not 0.0 < seconds <= _LONGEST:
        remedy = f"ask for more than 0 and up to {write_number(_LONGEST)} seconds"
        raise BadInput(f"{write_number(seconds)} seconds cannot be played", remedy=remedy)
    if stems is not None and not stems:
        raise BadInput("no stems to play", remedy="name at least one stem, or leave stems out")
    for stem in stems or ():
        check_stem(stem)
    outline = outline or Outline()
    way = STYLES.get(style) or find(style)
    plan = _plan(way, seed, habits).with_request(_bpm(bpm), _key(key, outline), None if meter is None else parse_meter(meter))
    plan, seats = _seat(plan, seconds, outline, stems, habits)
    if words is not None:
        plan, seats = _seat_singer(plan, seats, words)
    harmonies = _harmonies(plan, outline, habits)
    played = [players.part(plan, number, player, harmonies) for number, player in enumerate(seats.band) if player.sections]
    given = [players.given_part(plan, number, *one) for number, one in enumerate(seats.given, len(seats.band))]
    parts = tuple(part for part in (*played, *given) if part.notes)
    score = Score(
        style=way.id,
        seed=seed,
        bpm=plan.bpm,
        key=plan.key,
        meter=plan.meter,
        bars=plan.bars,
        sections=plan.sections,
        chords=tuple(chord for section in harmonies for chord in section),
        parts=parts,
        colour=plan.colour,
        tempi=outline.tempo(plan.bpm).changes,
        sung=time_lines(plan.words, plan.sections, plan.meter, (note for part in parts for note in part.notes)),
    )
    return captions.tag_score(score, pick(plan.rng("mood"), way.moods))


def draw_patches(
    style: str,
    *,
    seed: int,
    bpm: float | None,
    key: Key | None,
    meter: int | None,
    seconds: float,
    outline: Outline | None,
) -> frozenset[str]:
    """The sounds of those who play in the song that `compose` writes of the same without words, which takes no note of it."""
    outline = outline or Outline()
    plan = _plan(STYLES[style], seed, None).with_request(bpm, _key(key, outline), meter)
    _, seats = _seat(plan, seconds, outline, None, None)
    return frozenset(player.patch for player in (*seats.band, *(one[0] for one in seats.given)) if player.sections)


def _seat(
    plan: SongPlan, seconds: float | None, outline: Outline, stems: Sequence[str] | None, habits: Habits | None
) -> tuple[SongPlan, seating.Seats]:
    """The plan with its form, and who plays in which section."""
    plan = plan.with_form(*_sections(plan, seconds, outline), chords_given=bool(outline.symbols))
    asked, written = stems or outline.players or None, plan.chords_given
    drawn = arrange.choose_players(plan.style, asked, habits, plan.rng("cast"), chords_given=written)
    placed = arrange.schedule(drawn, plan.sections, plan.short, plan.rng("schedule"), chords_given=written)
    seats = seating.seat(placed, outline, plan.style, plan.rng("seats"))
    left_hands = seating.find_left_hands(seats, len(plan.sections)) if written else frozenset()
    return replace(plan, left_hands=left_hands), seats


def _seat_singer(plan: SongPlan, seats: seating.Seats, words: Words) -> tuple[SongPlan, seating.Seats]:
    """The plan with the lines of each section, and one who sings them; as they are where there are no words for its sections."""
    laid = lay_words(words.lyrics, plan.sections)
    if not laid:
        return plan, seats
    drawn: Voice = pick(plan.rng("voice"), tuple(SINGERS))
    lines = tuple(sorted(laid.items()))
    begins = [float(section.first_bar * plan.meter) for section in plan.sections]
    return replace(plan, words=lines), seating.seat_singer(seats, SINGERS[words.voice or drawn], laid, begins)


@dataclass(frozen=True, slots=True)
class SongFacts:
    """What a style and a seed decide before the first note."""

    bpm: float
    key: Key
    meter: int


def draw_facts(style: Style, seed: int, text: str = "") -> SongFacts:
    """Tempo, key and meter of a song in `style`, as `compose` draws them from `seed`.

    What `text` says in words wins: the tempo is slow for "slow" (`captions.narrow_tempi`), the key minor for "minor key".
    """
    plan = _plan(style, seed, None)
    low, high = captions.narrow_tempi(text, *style.tempo)
    bpm = plan.bpm if (low, high) == style.tempo else float(plan.rng("tempo").integers(low, high + 1))
    modes = {mode for mode in MODES if re.search(rf"\b{mode}\b", text, re.IGNORECASE)}
    key = Key(plan.key.tonic, modes.pop()) if len(modes) == 1 else plan.key
    return SongFacts(bpm, key, plan.meter)


def draw_form(style: Style, seed: int, *, bpm: float, meter: int, seconds: float) -> tuple[tuple[float, str], ...]:
    """Second and kind of each section of a song in `style`, and of its end, as `compose` draws them from `seed`."""
    plan = _plan(style, seed, None).with_request(bpm, None, meter)
    sections, _ = _sections(plan, seconds, Outline())
    return begins_of(sections, TempoMap(bpm), meter)


def _bpm(bpm: float | None) -> float | None:
    """The tempo asked for, checked."""
    return None if bpm is None else check_bpm(float(bpm))


def _key(key: Key | str | None, outline: Outline) -> Key | None:
    """The key asked for, by name or by the chords."""
    if isinstance(key, str):
        return Key.parse(key)
    written = [(symbol.root, symbol.quality) for symbol in outline.symbols]
    return outline.key or harmony.key_of(written) if key is None and (outline.key or written) else key


def _plan(style: Style, seed: int, habits: Habits | None) -> SongPlan:
    """What the style and the producer decide before anything is asked for."""
    blank = SongPlan(style, (seed, zlib.crc32(style.id.encode())))
    low, high = style.tempo
    rng = blank.rng("tempo")
    bpm = int(rng.integers(low, high + 1))
    if habits and habits.tempo is not None:
        bpm = round(min(max(low + (high - low) * habits.tempo + float(rng.normal(0.0, 1.5)), low), high))
    rng = blank.rng("key")
    minor = bool(rng.random() < style.minor)
    if habits and habits.minor is not None:
        minor = habits.minor
    meters, weights = zip(*style.meters, strict=True)
    swing = float(blank.rng("swing").random()) if habits is None or habits.swing is None else habits.swing
    return SongPlan(
        style=style,
        entropy=blank.entropy,
        bpm=float(bpm),
        key=Key(int(rng.integers(12)), "minor" if minor else "major"),
        meter=int(blank.rng("meter").choice(meters, p=np.array(weights) / sum(weights))),
        colour=_draw_character(style, habits, blank.rng("colour")),
        swing=style.swing[0] + (style.swing[1] - style.swing[0]) * swing,
        loose=style.loose * (0.6 + 0.8 * float(blank.rng("loose").random())),
    )


def _draw_character(style: Style, habits: Habits | None, rng: np.random.Generator) -> MixCharacter:
    """Draw the tape and the room."""
    drawn: dict[str, Any] = {}
    for name, value in style.colour:
        drawn[name] = value if isinstance(value, str) else round(value[0] + (value[1] - value[0]) * float(rng.random()), 3)
    if habits:
        drawn |= {name: amount for name, amount in habits.effects if name in _AMOUNTS and name in drawn}
    return MixCharacter(**drawn)


def _sections(plan: SongPlan, seconds: float | None, outline: Outline) -> tuple[tuple[Section, ...], bool]:
    """The sections, and whether everybody plays from the first bar."""
    bar = plan.meter * 60.0 / plan.bpm
    rng = plan.rng("form")
    if outline.sections:
        firsts = accumulate((section.bars for section in outline.sections), initial=0)
        asked = zip(outline.sections, firsts, strict=False)
        sections = tuple(Section(one.kind, first, one.bars, one.name) for one, first in asked)
        seconds = outline.bars * bar
    elif seconds is not None:
        sections = arrange.timed_form(seconds, bar, rng)
    else:
        sections = arrange.full_form(bar, rng)
    calm = {section.kind for section in sections} & {"intro", "bridge", "outro"}
    return sections, not calm or (seconds is not None and seconds <= arrange.SHORT)


def _harmonies(plan: SongPlan, outline: Outline, habits: Habits | None) -> list[list[Chord]]:
    """The chords of each section, voiced one after the other."""
    rng = plan.rng("rate")
    rate, ext = pick(rng, plan.style.rate), pick(rng, plan.style.ext)
    before: tuple[int, ...] = ()
    found: list[list[Chord]] = []
    for number, section in enumerate(plan.sections):
        ending = section.kind == "outro" and number == len(plan.sections) - 1
        steps = _written_steps(outline, section, plan.key)
        written = bool(steps)
        if not written:
            drawn = _progression(plan, section, rate, ext, habits.progressions if habits else (), ending)
            steps = [(bars * plan.meter, root, quality, None, False) for bars, root, quality in drawn]
        chords = []
        beat = float(section.first_bar * plan.meter)
        for beats, root, quality, bass, silent in steps:
            rooted = written and 7 not in harmony.tones(quality)  # what has no fifth to leave out would lose its root
            before = harmony.voice(root, quality, before, whole=rooted or root == plan.key.tonic)
            chords.append(Chord(beat, beats, root, quality, before, bass, silent))
            beat += beats
        found.append(chords)
    return found


def _written_steps(outline: Outline, section: Section, key: Key) -> list[_Step]:
    """The chords that a person wrote for a section, none where they wrote none. In silence the chord before it is held."""
    bars = [bar_at(outline, section.first_bar + bar) for bar in range(section.bars)]
    held = next((chord.symbol for bar in bars for chord in bar if chord.symbol), None)
    root, quality = (held.root, held.quality) if held else (key.tonic, "5")
    steps: list[_Step] = []
    for chord in chain.from_iterable(bars):
        bass = None
        if chord.symbol:
            root, quality, bass = chord.symbol.root, chord.symbol.quality, chord.symbol.bass
        steps.append((chord.beats, root, quality, bass, chord.symbol is None))
    return steps


def _progression(
    plan: SongPlan, section: Section, rate: float, ext: str, favourites: tuple[str, ...], ending: bool
) -> list[tuple[float, int, str]]:
    """Bars, root and quality of each chord of a section; a section that returns has the same chords."""
    kind = {"intro": "verse", "outro": "verse"}.get(section.kind, section.kind)
    rng = plan.rng("harmony", kind)
    pools = plan.style.pools
    pool = harmony.PROGRESSIONS[pools[0 if kind == "verse" else int(rng.integers(len(pools)))]][plan.key.mode]
    choices = favourites if favourites and rng.random() < 0.7 else pool
    if kind == "verse" or plan.short:
        choices = tuple(text for text in choices if text.startswith("1")) or choices
    degrees = [int(token) for token in pick(rng, choices).split()]
    if kind == "bridge" and len(degrees) > 2 and not plan.short:
        degrees = degrees[2:] + degrees[:2]
    turn = rng.random() < plan.style.borrow
    found: list[tuple[float, int, str]] = []
    left = float(section.bars)
    while left > 1e-6:
        bars = min(rate, left)
        chord = harmony.build(plan.key, degrees[len(found) % len(degrees)], ext)
        done = section.bars - left + bars
        if turn and done % 8 < 1e-6 and bars <= 1.0:
            chord = harmony.borrow_chord(plan.key)
        if ending and bars == left:
            chord = harmony.build(plan.key, 1, ext)
        found.append((bars, *chord))
        left -= bars
    return found
