"""Song sheets by rules: form, chords, tempo, key, caption and title of a track, from its style and what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import BadInput
from ..house_band import harmony
from ..house_band.arrange import pick
from ..house_band.captions import tempo_words
from ..house_band.chord_symbols import note_names
from ..house_band.outline import kind_of
from ..house_band.sheet import Sheet
from ..house_band.styles import PATCHES, Style, match
from ..music import Key
from ..pipeline.song import TAIL
from ..timebase import MAX_SECONDS
from . import vocabulary
from .heuristics import Genre, Heuristics, load_heuristics
from .wishes import Asks

_SHORTEST: Final = 8.0
_LEAST_UNIT: Final = 1.5
"""Bars of the lightest section below which sections are left out."""
_MOST_INSTRUMENTS: Final = 5
_MOST_STEMS: Final = 6
_LIKELY: Final = 0.35
"""Chance from which a player is taken where stems are named."""
_CORE: Final = 0.7
"""Chance from which a player belongs to a style."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is decided of a song before it is written."""

    bpm: int
    key: Key
    meter: int
    seconds: float
    form: tuple[tuple[str, int], ...]
    """Sections and their weights, or their bars."""
    fixed: bool = False
    """Whether `form` holds bars, which stay."""


def settle_length(sheet: Sheet) -> float:
    """Seconds that the form of `sheet` lasts with its tail. Raises `BadInput` for one that cannot be read or has no length."""
    from ..verbs.song import check_sheet

    reading = check_sheet(sheet)
    if not (sheet.form.strip() or sheet.lines) or sheet.bpm is None or reading.seconds is None:
        raise BadInput("the sheet has no tempo or no form, so its length is not known", remedy="write bpm and form into it")
    return float(reading.seconds)


def fit_form(facts: Facts) -> tuple[tuple[str, int], ...]:
    """Sections and bars nearest to the length; verses and the like are whole phrases of four bars where there is room.

    Where there is none for all sections, the lightest are left out, the last of them first.
    """
    wanted = (min(max(facts.seconds, _SHORTEST), MAX_SECONDS) - TAIL) / (facts.meter * 60.0 / facts.bpm)
    form = list(facts.form)
    while len(form) > 1 and wanted < _LEAST_UNIT * sum(part for _, part in form):
        form.pop(min(range(len(form)), key=lambda at: (form[at][1], -at)))
    unit = wanted / sum(part for _, part in form)
    phrase = 4 if unit >= _LEAST_UNIT else 2 if unit >= 0.75 else 1
    steps = [phrase if part > 1 or unit >= 3 else max(phrase // 2, 1) for _, part in form]
    bars = [max(step, step * round(part * unit / step)) for (_, part), step in zip(form, steps, strict=True)]
    left = wanted - sum(bars)
    for name, _ in sorted(dict(form).items(), key=lambda one: -one[1]):  # what rounding leaves, to all sections of a name
        places = [at for at, (other, _) in enumerate(form) if other == name]
        step = max(steps[at] for at in places) * (1 if left > 0 else -1)
        if abs(left) > abs(step) * len(places) / 2 and all(bars[at] + step > 0 for at in places):
            bars = [count + step * (at in places) for at, count in enumerate(bars)]
            left -= step * len(places)
    while abs(left) > 1:  # what is still left, to the last one, or off the longest
        sign = 1 if left > 0 else -1
        at = len(bars) - 1 if bars[-1] + 2 * sign > 0 else max(range(len(bars)), key=lambda one: (bars[one], one))
        step = sign * min(2, bars[at] - 1 if sign < 0 else 2)
        bars[at] += step
        left -= step
    return tuple((name, count) for (name, _), count in zip(form, bars, strict=True))


def write_chords(style: Style, key: Key, form: Sequence[tuple[str, int]], rng: np.random.Generator) -> dict[str, str]:
    """A chart for each kind of section in a `form` of sections and bars; intro and outro take the verse's.

    Progressions are those that the band plays in the style, begun on the tonic in verses, as long as their sections have room.
    """
    found: dict[str, str] = {}
    used: set[str] = set()
    ext = pick(rng, style.ext)
    rooms: dict[str, list[int]] = {}
    for name, count in form:
        kind = kind_of(name)
        ends = kind in ("intro", "outro")
        rooms.setdefault("verse" if ends else kind, []).extend([] if ends else [count])
    for part, room in rooms.items():
        pools = style.pools[:1] if part == "verse" else style.pools
        options = [text for pool in pools for text in harmony.PROGRESSIONS[pool][key.mode]]
        begun = [one for one in options if one.startswith("1")] if part == "verse" else options
        chosen = pick(rng, tuple(one for one in begun or options if one not in used) or tuple(options))
        used.add(chosen)
        degrees = chosen.split()
        length = max(many for many in range(1, len(degrees) + 1) if all(bars % many == 0 for bars in room))
        found[part] = " | ".join(_chord(key, int(degree), ext) for degree in degrees[:length])
    return found


def _chord(key: Key, degree: int, ext: str) -> str:
    """The chord on a degree as lead sheets write it."""
    root, quality = harmony.build(key, degree, ext)
    return note_names(key)[root] + ("" if quality == "maj" else quality)


def write_sheet(title: str, style: Style, facts: Facts, asks: Asks, rng: np.random.Generator) -> Sheet:
    """The song sheet of a track. Chords of the verse are those of the song; other sections have their own."""
    form = facts.form if facts.fixed else fit_form(facts)
    charts = write_chords(style, facts.key, form, rng)
    names = dict.fromkeys(name for name, _ in form)
    own = {name: charts[kind] for name in names if (kind := kind_of(name)) not in ("verse", "intro", "outro")}
    return Sheet.model_validate(
        {
            "title": title,
            "caption": write_caption(style, asks, facts),
            "bpm": facts.bpm,
            "key": str(facts.key),
            "meter": facts.meter,
            "form": ", ".join(f"{name} {bars}" for name, bars in form),
            "chords": charts["verse"] if "verse" in charts else next(iter(charts.values())),
            "players": _players(style, asks),
            "sections": {name: {"chords": chart} for name, chart in own.items()},
        }
    )


def _players(style: Style, asks: Asks) -> str:
    """The stems that play, where the band's own choice would not do; empty where it does."""
    named = [stem for one in asks.instruments if (stem := vocabulary.stem_of(one))]
    unwanted = {stem for one in asks.without if (stem := vocabulary.stem_of(one))}
    if asks.voice == "none":
        unwanted |= {"vocals", "backing_vocals"}
    own = {player.stem for player in style.players}
    usual = [player.stem for player in style.players if player.chance >= _CORE]
    if not unwanted & own and all(stem in usual for stem in named):
        return ""
    likely = [player.stem for player in style.players if player.chance >= _LIKELY]
    return ", ".join(list(dict.fromkeys(stem for stem in (*usual, *named, *likely) if stem not in unwanted))[:_MOST_STEMS])


def write_caption(style: Style, asks: Asks, facts: Facts) -> str:
    """Tags in the instrument's order: genre, mood, instruments, tempo, production, place, voice.

    It means `style` to the band, whatever else was asked for.
    """
    mood = asks.moods[:2] or (style.moods[0],)
    players = [PATCHES[player.patches[0]].word for player in style.players if player.chance >= _CORE]
    unwanted = {vocabulary.stem_of(one) for one in asks.without}
    words = [one for one in (*asks.instruments, *players) if vocabulary.stem_of(one) not in unwanted]
    tempo = tempo_words(facts.bpm)
    silent = {word.split()[-1] for word in asks.without}
    sounds = [one for one in (*asks.sounds, *style.production) if one != "instrumental" and not silent & {*one.split()}]
    sounds = [one for one in sounds if not one.endswith("tempo")]
    place = (*asks.places, *((style.atmosphere,) if style.atmosphere else ()))
    voice = _voice(style, asks)
    genre = (*style.base_tags, *(one for one in asks.styles if match(one).style.id == style.id))
    groups = (genre, mood, words[:_MOST_INSTRUMENTS], (tempo,), tuple(sounds)[:3], place[:2], (voice,))
    caption = ", ".join(dict.fromkeys(tag for group in groups for tag in group if tag))
    for start in ("", style.name.lower(), f"{style.name.lower()}, {style.id.lower()}, {style.coarse}"):
        said = ", ".join(filter(None, [start, caption]))
        if match(said).style.id == style.id:
            return said
    return f"{style.name.lower()}, {tempo}, {voice}"


def _voice(style: Style, asks: Asks) -> str:
    """The tag of who sings."""
    if asks.voice is None:
        return style.vocal_type
    tags = {"none": "instrumental", "choir": "choir", "female": "female vocals", "male": "male vocals", "rap": "rap"}
    return tags.get(asks.voice, "vocals")


def draw_title(asks: Asks, style: Style, taken: Sequence[str], rng: np.random.Generator) -> str:
    """A title by what the track is about that no other track has."""
    table = load_heuristics().titles
    about = " ".join((*asks.places, *asks.moods, *asks.styles, style.atmosphere or "", style.name, style.coarse)).lower()
    key = next((name for name, marks in _ABOUT.items() if any(mark in about for mark in marks)), "any")
    known = {one.casefold() for one in taken}
    for name in (key, "any"):
        pairs = [f"{first} {last}" for first in table[name].first for last in table[name].last]
        used = {word for one in known for word in one.split()}
        fresh = [
            one for one in pairs if one.casefold() not in known and not used & {*one.casefold().split()} - {"the", "on", "and"}
        ]
        free = fresh or [one for one in pairs if one.casefold() not in known]
        if free:
            return pick(rng, tuple(free))
    return f"Track {len(taken) + 1}"


_ABOUT: Final = {
    "rainy": ("rain", "drizzle", "wet"),
    "winter": ("winter", "snow", "christmas", "cold"),
    "dark": ("dark", "menacing", "eerie", "halloween", "techno", "drill"),
    "space": ("ambient", "ethereal", "dreamy", "sleep", "space"),
    "night": ("night", "nocturnal", "neon", "synthwave", "trap"),
    "bright": ("happy", "uplifting", "energetic", "house", "rock", "upbeat"),
    "warm": ("warm", "summer", "sunset", "morning", "golden", "coffee", "soul", "jazz", "r&b"),
}
"""Row of titles -> what it is for, in the order in which it is looked for."""


def genre_row(style: Style, table: Heuristics) -> tuple[str, Genre]:
    """The row of the table that a style falls under, and its name."""
    name = table.genre_of(style.id)
    return name, table.genres[name]
