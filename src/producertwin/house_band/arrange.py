"""Who plays, when: the form of a song, its players, and the sections in which each of them plays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, get_args

import numpy as np

from ..music import STEMS
from .score import Section, SectionKind
from .styles import PlayerSpec, Style

T = TypeVar("T")
KINDS: Final[tuple[SectionKind, ...]] = get_args(SectionKind)
SHORT: Final = 30.0
"""Seconds up to which a piece starts in full swing, without an intro."""
_FORMS: Final[tuple[tuple[SectionKind, ...], ...]] = (
    ("intro", "verse", "chorus", "bridge", "outro"),
    ("intro", "verse", "chorus", "verse", "chorus", "outro"),
    ("intro", "verse", "chorus", "bridge", "chorus", "outro"),
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
)
_WEIGHT: Final[dict[SectionKind, int]] = {"intro": 1, "verse": 2, "chorus": 2, "bridge": 1, "outro": 1}
ENERGY: Final[dict[SectionKind, float]] = {"intro": 0.3, "verse": 0.7, "chorus": 1.0, "bridge": 0.5, "outro": 0.55}
"""How hard a section is played, 0 to 1."""
_PLAYS: Final[dict[SectionKind, tuple[float, float, float]]] = {
    "intro": (0.3, 0.25, 0.45), "verse": (1.0, 1.0, 0.75), "chorus": (1.0, 1.0, 1.0),
    "bridge": (0.6, 0.75, 0.55), "outro": (0.6, 0.7, 0.5),
}  # fmt: skip
"""Chance that drums, bass and any other player play in a section."""
_CHORDS: Final = frozenset(
    (
        "hold",
        "charleston",
        "comp",
        "stabs",
        "offbeat",
        "house",
        "quarters",
        "strum",
        "bossa",
        "chug",
        "pad",
        "arp",
        "broken",
        "pick",
    )
)
_HOLLOW: Final = frozenset({"chug", "arp"})
"""Of these, those that leave tones out."""
_TUNES: Final = frozenset(("lead", "sing", "hum", "chop", "speech"))
_MOST_STEMS, _FEWEST_STEMS = 7, 3
_STAND_INS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "drums": ("beat", ("kit_808", "acoustic")),
    "percussion": ("perc", ("shaker", "tambourine")),
    "bass": ("long", ("sine_bass", "electric_bass")),
    "keyboard": ("hold", ("piano", "fm_epiano")),
    "guitar": ("pick", ("clean_guitar", "nylon_guitar")),
    "synth": ("pad", ("pad_warm", "pad_air")),
    "strings": ("pad", ("string_section",)),
    "woodwinds": ("lead", ("flute", "sax")),
    "brass": ("counter", ("french_horn", "trumpet")),
    "backing_vocals": ("pad", ("choir_ah", "choir_oo")),
    "vocals": ("hum", ("vocal_ah", "vocal_oo")),
    "fx": ("transitions", ("noise_sweep", "impact", "riser")),
}
"""Stem -> role and patches of a player for a style that has none."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What one producer does in every song; an empty field leaves the choice to the style."""

    name: str = ""
    swing: float | None = None
    """0 (straight) to 1 (the most the style swings)."""
    tempo: float | None = None
    """0 (slowest of the style) to 1 (fastest)."""
    progressions: tuple[str, ...] = ()
    """Favourite progressions in degrees, such as `1 6 4 5`."""
    minor: bool | None = None
    """Always minor, or always major."""
    patches: tuple[str, ...] = ()
    """Sounds and kits preferred wherever a style offers them."""
    effects: tuple[tuple[str, float], ...] = ()
    """Amounts of `score.MixCharacter` that override the style's."""
    crowd: int | None = None
    """Favourite number of stems."""


@dataclass(frozen=True, slots=True)
class Player:
    """A player of this song: stem, role, chosen patch, and the sections (by index) in which it plays."""

    stem: str
    role: str
    patch: str
    sections: tuple[int, ...] = ()


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of `choices`, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def full_form(bar_seconds: float, rng: np.random.Generator) -> tuple[Section, ...]:
    """A whole song of about 60 to 120 seconds in units of two to eight bars."""
    fits = [
        (form, unit)
        for form in _FORMS
        for unit in (2, 4, 8)
        if 60.0 <= sum(_WEIGHT[kind] for kind in form) * unit * bar_seconds <= 120.0
    ]
    form, unit = pick(rng, fits) if fits else (_FORMS[2], 2)
    return place_sections([(kind, _WEIGHT[kind] * unit) for kind in form])


def place_sections(plan: Sequence[tuple[SectionKind, int]]) -> tuple[Section, ...]:
    """Sections one after the other from their kinds and bars."""
    sections, bar = [], 0
    for kind, bars in plan:
        sections.append(Section(kind, bar, bars))
        bar += bars
    return tuple(sections)


def timed_form(seconds: float, bar_seconds: float, rng: np.random.Generator) -> tuple[Section, ...]:
    """Enough whole bars for `seconds`, shared among the sections of a form by their weight."""
    bars = max(1, math.ceil(seconds / bar_seconds - 1e-6))
    if seconds <= SHORT:
        if bars < 8 and not (bars >= 4 and rng.random() < 0.3):
            return place_sections([(pick(rng, ("verse", "chorus")), bars)])
        half = max(2, 4 * round(bars / 8)) if bars >= 8 else 2
        return place_sections([("verse", half), ("chorus", bars - half)])
    kinds = pick(rng, [f for f in _FORMS if len(f) * 2 <= bars] or [_FORMS[0]])
    kinds = kinds[:bars]
    total = sum(_WEIGHT[kind] for kind in kinds)
    ends = [round(bars * sum(_WEIGHT[kind] for kind in kinds[: i + 1]) / total) for i in range(len(kinds))]
    for i in range(len(ends)):
        ends[i] = min(max(ends[i], (ends[i - 1] if i else 0) + 1), bars - (len(ends) - 1 - i))
    return place_sections(
        [(kind, end - (ends[i - 1] if i else 0)) for i, (kind, end) in enumerate(zip(kinds, ends, strict=True))]
    )


def _patch(player: PlayerSpec, habits: Habits | None, rng: np.random.Generator) -> str:
    """The patch a player takes, its producer's favourite if there is one."""
    liked = [patch for patch in player.patches if habits and patch in habits.patches]
    return pick(rng, liked or player.patches)


def _draw_players(style: Style, crowd: int | None, rng: np.random.Generator) -> list[PlayerSpec]:
    """The players of one song by their chances, three to seven stems of them."""
    chances = rng.random(len(style.players))
    ranked = sorted(zip(style.players, chances, strict=True), key=lambda pair: pair[1] - pair[0].chance)
    stems: list[str] = []
    chosen = []
    most = _MOST_STEMS if crowd is None else crowd
    fewest = _FEWEST_STEMS if crowd is None else crowd
    for player, chance in ranked:
        wanted = chance < player.chance or (len(stems) < fewest and player.stem not in stems)
        if not wanted or (player.stem not in stems and len(stems) >= most):
            continue
        chosen.append(player)
        if player.stem not in stems:
            stems.append(player.stem)
    return sorted(chosen, key=style.players.index)


def _requested_players(style: Style, stems: Sequence[str], rng: np.random.Generator) -> list[PlayerSpec]:
    """Players for exactly the stems asked for."""
    chosen: list[PlayerSpec] = []
    for stem in STEMS:
        if stem not in stems:
            continue
        own = [player for player in style.players if player.stem == stem]
        if not own:
            own = [stand_in(stem)]
        playing = [player for player in own if rng.random() < player.chance]
        chosen += playing or [max(own, key=lambda player: player.chance)]
    return chosen


def _limit_tunes(cast: list[Player]) -> list[Player]:
    """One tune at a time: the first voice or lead keeps it, the others answer in the gaps."""
    first = next((i for i, c in enumerate(cast) if c.role in ("hum", "chop", "speech")), None)
    if first is None:
        first = next((i for i, c in enumerate(cast) if c.role == "lead"), None)
    return [replace(c, role="fills") if c.role == "lead" and i != first else c for i, c in enumerate(cast)]


def choose_players(
    style: Style, stems: Sequence[str] | None, habits: Habits | None, rng: np.random.Generator, *, chords_given: bool = False
) -> list[Player]:
    """The players of a song with their patches: drawn from the style, or exactly for `stems`.

    With `chords_given` one of those that are drawn plays whole chords: what a person writes is heard.
    """
    players = (
        _draw_players(style, habits.crowd if habits else None, rng) if stems is None else _requested_players(style, stems, rng)
    )
    if chords_given and stems is None and not any(plays_whole_chords(player.role) for player in players):
        able = [player for player in style.players if plays_whole_chords(player.role)] or [stand_in("keyboard")]
        players = [*players, max(able, key=lambda player: player.chance)]
    chosen = [Player(player.stem, player.role, _patch(player, habits, rng)) for player in players]
    return _limit_tunes(list({(c.stem, c.role, c.patch): c for c in chosen}.values()))


def schedule(
    players: Sequence[Player], sections: Sequence[Section], short: bool, rng: np.random.Generator, *, chords_given: bool = False
) -> list[Player]:
    """The players with the sections in which they play; in a `short` piece everybody plays throughout.

    One that plays chords does so in every section; with `chords_given` one that plays them whole does.
    """
    everywhere = tuple(range(len(sections)))
    if short:
        return [replace(player, sections=everywhere) for player in players]
    carriers = {next((i for i, player in enumerate(players) if player.role in _CHORDS), 0)}
    if chords_given:
        carriers |= set([i for i, player in enumerate(players) if plays_whole_chords(player.role)][:1])
    found = []
    for i, player in enumerate(players):
        column = {"drums": 0, "bass": 1}.get(player.stem, 2)
        draws = {kind: rng.random() < _PLAYS[kind][column] for kind in KINDS}
        seen: dict[str, int] = {}
        playing = []
        for number, section in enumerate(sections):
            seen[section.kind] = seen.get(section.kind, 0) + 1
            if (
                i in carriers
                or draws[section.kind]
                or (section.kind == "verse" and seen["verse"] > 1)
                or player.role == "transitions"
            ):
                playing.append(number)
        longest = max(everywhere, key=lambda number: sections[number].bars)
        found.append(replace(player, sections=tuple(playing) or (longest,)))
    return found


def is_tune(role: str) -> bool:
    """Whether a role carries the melody."""
    return role in _TUNES


def plays_chords(role: str) -> bool:
    """Whether a role carries the chords."""
    return role in _CHORDS


def plays_whole_chords(role: str) -> bool:
    """Whether a role plays every tone of the chords."""
    return role in _CHORDS and role not in _HOLLOW


def stand_in(stem: str) -> PlayerSpec:
    """The player of a stem for a style that has none."""
    role, patches = _STAND_INS[stem]
    return PlayerSpec(stem, role, patches, 1.0)
