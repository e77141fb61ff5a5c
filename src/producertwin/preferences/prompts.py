"""Prompts for candidates that fill the gaps in what was asked for so far: style, tempo, key, instruments and mood.

Each prompt is the least covered of a few that are drawn: the mean over its facets of 1 / (1 + how often it was asked for) is
largest. So rare styles, keys and moods come as often as common ones, and no table of all combinations is gone through. The same
seed, count and coverage give the same prompts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..errors import BadInput
from ..house_band import styles
from ..house_band.styles import Style
from ..library import TakeMetas
from ..music import Key
from .pair import PairPrompt

DRAWN: Final = 16
"""Prompts that are drawn for each that is taken."""
MOST_FRUITLESS: Final = 100
"""Draws in a row of nothing new after which there is hardly anything left to draw."""
TEMPO_STEP: Final = 20
"""Beats per minute of a row of the coverage table."""
FACETS: Final = ("style", "tempo", "key", "instrument", "mood")


@dataclass(frozen=True, slots=True)
class DrawnPrompt:
    """A prompt, and what it covers."""

    prompt: PairPrompt
    facets: Mapping[str, tuple[str, ...]]
    """By facet, what it asks for."""


@dataclass(slots=True)
class Coverage:
    """How often what was asked for."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {facet: Counter() for facet in FACETS})

    def add(self, facets: Mapping[str, Sequence[str]]) -> None:
        """Count a prompt."""
        for facet, asked in facets.items():
            self.counts[facet].update(asked)

    def need(self, facets: Mapping[str, Sequence[str]]) -> float:
        """How much a prompt of these facets is missing, 0 to 1."""
        shares = [1.0 / (1 + self.counts[facet][one]) for facet, asked in facets.items() for one in asked]
        return sum(shares) / len(shares) if shares else 0.0

    def rows(self) -> list[tuple[str, str, int]]:
        """Facet, what was asked for, and how often: every style, key and mood, also those that never were."""
        return [(facet, one, self.counts[facet][one]) for facet, every in possible().items() for one in every]


def draw_prompts(
    count: int, seed: int, seconds: float, *, only: Sequence[str] = (), before: Iterable[PairPrompt] = ()
) -> tuple[DrawnPrompt, ...]:
    """`count` different prompts for takes of `seconds`; those of `before` count as asked for, and are not drawn again.

    `only` names styles; any when empty. Raises `NotFound` for a style that is none, and `BadInput` where there are not so many.
    """
    known, coverage = {one.id for one in before}, Coverage()
    for one in before:
        coverage.add(facets_of(one))
    chosen = [styles.find(name) for name in only] or [*styles.STYLES.values()]
    rng, found, fruitless = np.random.default_rng(seed), list[DrawnPrompt](), 0
    while len(found) < count:
        drawn = [_draw(chosen, seconds, rng) for _ in range(DRAWN)]
        fresh = [one for one in drawn if one.prompt.id not in known]
        if not fresh:
            fruitless += 1
            if fruitless == MOST_FRUITLESS:
                raise BadInput(f"there are not {count} different prompts", remedy=f"ask for {len(found)}, or for more styles")
            continue
        fruitless = 0
        best = max(fresh, key=lambda one: coverage.need(one.facets))
        coverage.add(best.facets)
        known.add(best.prompt.id)
        found.append(best)
    return tuple(found)


def cover(prompts: Iterable[PairPrompt]) -> Coverage:
    """The coverage of prompts, as far as their captions and metas say."""
    found = Coverage()
    for one in prompts:
        found.add(facets_of(one))
    return found


def facets_of(prompt: PairPrompt) -> dict[str, tuple[str, ...]]:
    """What a prompt covers: the style that its caption matches, its tempo and key, and words of its caption."""
    style = styles.match(prompt.caption).style
    tags = {tag.strip() for tag in prompt.caption.casefold().split(",")}
    facets: dict[str, tuple[str, ...]] = {"style": (style.id,)}
    if prompt.metas.bpm:
        facets["tempo"] = (tempo_row(prompt.metas.bpm),)
    if prompt.metas.key:
        facets["key"] = (prompt.metas.key,)
    facets["instrument"] = tuple(one for one in style.instruments if one.casefold() in tags)
    facets["mood"] = tuple(one for one in style.moods if one.casefold() in tags)
    return facets


def tempo_row(bpm: float) -> str:
    """The row of the coverage table in which a tempo counts."""
    low = int(bpm // TEMPO_STEP) * TEMPO_STEP
    return f"{low}-{low + TEMPO_STEP - 1}"


def possible() -> dict[str, tuple[str, ...]]:
    """All that can be asked for, by facet."""
    every = [*styles.STYLES.values()]
    tempi = sorted({low for one in every for low in range(one.tempo[0] // TEMPO_STEP, one.tempo[1] // TEMPO_STEP + 1)})
    return {
        "style": tuple(one.id for one in every),
        "tempo": tuple(tempo_row(low * TEMPO_STEP) for low in tempi),
        "key": tuple(str(key) for tonic in range(12) for key in (Key(tonic, "major"), Key(tonic, "minor"))),
        "instrument": tuple(sorted({name for one in every for name in one.instruments})),
        "mood": tuple(sorted({name for one in every for name in one.moods})),
    }


def _draw(chosen: Sequence[Style], seconds: float, rng: np.random.Generator) -> DrawnPrompt:
    style = chosen[int(rng.integers(len(chosen)))]
    bpm = int(rng.integers(style.tempo[0], style.tempo[1] + 1))
    key = str(Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major"))
    count = min(len(style.instruments), int(rng.integers(1, 4)))
    played = tuple(style.instruments[place] for place in sorted(rng.permutation(len(style.instruments))[:count]))
    mood = (style.moods[int(rng.integers(len(style.moods)))],) if style.moods else ()
    caption = ", ".join(dict.fromkeys((*style.base_tags[:2], *played, *mood)))
    metas = TakeMetas(bpm=float(bpm), key=key, meter=4, duration=seconds)
    facets = {"style": (style.id,), "tempo": (tempo_row(bpm),), "key": (key,), "instrument": played, "mood": mood}
    return DrawnPrompt(PairPrompt(caption=caption, metas=metas), facets)
