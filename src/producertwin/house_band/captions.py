"""Captions of what really plays, in ACE-Step's order of tags.

The groups are genre, mood, instruments, tempo, production, atmosphere and vocal type.

Without a generator the caption is canonical and complete. With one it is varied as people vary it: synonyms, fewer tags, the
tempo in words or in figures; it still says nothing that the song does not have.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from ..music import BPM_RANGE, common_words
from .score import Score
from .styles import PATCHES, STYLES, SYNONYMS

GROUPS: Final = ("genre", "mood", "instruments", "tempo", "production", "atmosphere", "vocal_type")
"""The order of the tags."""
_TEMPO: Final = (
    (64, "very slow tempo"),
    (76, "slow tempo"),
    (84, "laid-back tempo"),
    (94, "medium tempo"),
    (112, "groovy tempo"),
    (128, "upbeat tempo"),
    (150, "fast tempo"),
    (301, "very fast tempo"),
)
_LAID_BACK: Final = 2
_UPBEAT: Final = 5
"""Places in `_TEMPO`: up to the first, words bound a tempo from above, from the second on from below."""
_AMBIENCE: Final = {
    "rain": "rain ambience",
    "cafe": "cafe ambience",
    "city": "city ambience",
    "forest": "forest ambience",
    "ocean": "ocean waves",
    "fire": "fireplace crackle",
    "wind": "wind ambience",
}
_HEARD: Final = frozenset(
    (
        "vinyl crackle",
        "tape hiss",
        "tape wobble",
        "tape saturation",
        "muffled",
        "filtered",
        "side-chain compression",
        "reverb-heavy",
        "swing rhythm",
        "minimal drums",
        "bright",
        "bitcrushed",
        "steady rhythm",
    )
)
"""Production tags that are said only when they are heard."""
_ORDER: Final = (
    "keyboard",
    "guitar",
    "woodwinds",
    "brass",
    "strings",
    "synth",
    "bass",
    "drums",
    "percussion",
    "backing_vocals",
    "fx",
)
_VOICES: Final = {
    "vocal_hum": "humming",
    "vocal_ah": "wordless vocals",
    "vocal_oo": "soft vocals",
    "vocal_woman": "female vocals",
    "vocal_man": "male vocals",
    "vocal_chop": "chopped vocals",
    "vocal_speech": "spoken word",
}
_KEEP: Final = {
    "genre": 0.8,
    "mood": 0.75,
    "instruments": 0.75,
    "tempo": 0.6,
    "production": 0.55,
    "atmosphere": 0.7,
    "vocal_type": 0.6,
}
"""Chance that a varied caption keeps a tag of each group."""


def tempo_words(bpm: float) -> str:
    """A tempo in words."""
    return next(words for limit, words in _TEMPO if bpm < limit)


def narrow_tempi(text: str, low: int, high: int) -> tuple[int, int]:
    """The part of the tempi `low` to `high` that the words of `text` speak of; all of them where it says nothing, or two things.

    "Slow" and slower words bound from above, "upbeat" and faster ones from below; words that name no tempo of the range win
    over it.
    """
    said = {_tempo_phrases()[found[0].lower()] for found in _tempo_pattern().finditer(common_words(text))}
    if len(said) != 1:
        return low, high
    place = said.pop()
    own_low, own_high = (_TEMPO[place - 1][0] if place else BPM_RANGE[0]), _TEMPO[place][0] - 1
    bottom = BPM_RANGE[0] if place <= _LAID_BACK else own_low
    top = BPM_RANGE[1] if place >= _UPBEAT else own_high
    inside = max(low, bottom), min(high, top)
    return inside if inside[0] <= inside[1] else (own_low, own_high)


@cache
def _tempo_phrases() -> dict[str, int]:
    """Every wording of a tempo, and its place in `_TEMPO`."""
    return {said: place for place, (_, words) in enumerate(_TEMPO) for said in (words, *SYNONYMS.get(words, ()))}


@cache
def _tempo_pattern() -> re.Pattern[str]:
    """What matches a wording of a tempo, longest first."""
    longest_first = sorted(_tempo_phrases(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


def vocabulary() -> frozenset[str]:
    """Every word that a caption of the band can hold, in lower case: what an instrument that learned from the band was told."""
    tags = {tag for style in STYLES.values() for tag in (*style.tags, *style.base_tags)} | {
        patch.word for patch in PATCHES.values()
    }
    tags |= {*_AMBIENCE.values(), *_HEARD, *_VOICES.values(), *(words for _, words in _TEMPO), "saturated", "instrumental", "bpm"}
    tags |= {"wordless vocals", "minor key", "major key"}
    said = tags | {other for tag, others in SYNONYMS.items() if tag in tags for other in others}
    return frozenset(word for tag in said for word in tag.lower().split())


def _production_tags(score: Score) -> list[str]:
    """Production tags for what the desk and the tape really do."""
    colour, style = score.colour, STYLES[score.style]
    drums = [part for part in score.parts if part.stem == "drums"]
    hits = sum(len(part.notes) for part in drums) / max(1, score.bars)
    found = [
        ("vinyl crackle", colour.crackle >= 0.25),
        ("tape hiss", colour.hiss >= 0.15),
        ("tape wobble", colour.wobble >= 0.35),
        ("tape saturation" if style.coarse == "lofi" else "saturated", colour.saturation >= 0.3),
        ("muffled", colour.low_pass is not None and colour.low_pass < 5500),
        ("filtered", style.id == "CORE-04"),
        ("bright", style.coarse == "lofi" and (colour.low_pass or 20000.0) > 10000),
        ("side-chain compression", any(part.duck >= 0.2 for part in score.parts)),
        ("reverb-heavy", colour.room == "hall"),
        ("swing rhythm", style.swing[0] >= 0.58 and bool(drums)),
        ("minimal drums", bool(drums) and hits < 7.0 * score.meter / 4),
        ("steady rhythm", style.id == "THEME-03" and bool(drums)),
        ("bitcrushed", any(part.patch == "toy" for part in score.parts)),
    ]
    return [tag for tag, true in found if true]


def groups(score: Score, mood: str | None = None) -> dict[str, tuple[str, ...]]:
    """The canonical tags of a score by group; `mood` is the one the song was given (else read from the score's tags)."""
    style = STYLES[score.style]
    mood = mood or next((tag for tag in score.tags if tag in style.moods), style.moods[0])
    patches = sorted(dict.fromkeys(part.patch for part in score.parts if part.stem != "vocals"), key=_rank)
    voices = list(dict.fromkeys(_VOICES.get(part.patch, "wordless vocals") for part in score.parts if part.stem == "vocals"))
    production = _production_tags(score)
    styled = [tag for tag in style.production if tag not in _HEARD]
    airs = [style.atmosphere] if style.atmosphere else []
    if score.colour.ambience != "none" and score.colour.ambience_level > 0.0:
        airs.append(_AMBIENCE[score.colour.ambience])
    genre = [tag for tag in style.base_tags if tag != "minor key"]
    return {
        "genre": tuple(genre),
        "mood": (mood,),
        "instruments": tuple(dict.fromkeys(PATCHES[patch].word for patch in patches)),
        "tempo": (tempo_words(score.bpm), f"{score.bpm:g} bpm"),
        "production": tuple(dict.fromkeys([*production, *styled])),
        "atmosphere": tuple(airs),
        "vocal_type": tuple(voices) or ("instrumental",),
    }


def _rank(patch: str) -> tuple[int, str]:
    """Where an instrument stands in a caption."""
    return _ORDER.index(PATCHES[patch].stem), patch


def tag_score(score: Score, mood: str) -> Score:
    """The score with its canonical tags."""
    found = groups(score, mood)
    return replace(score, tags=tuple(dict.fromkeys(tag for group in GROUPS for tag in found[group])))


def _vary(group: str, tags: tuple[str, ...], score: Score, rng: np.random.Generator) -> list[str]:
    """Some of the tags of a group, in other words."""
    if group == "tempo":
        tags = (tags[int(rng.random() < 0.4)],)
    keep = _KEEP[group]
    kept = [tag for tag in tags if rng.random() < keep]
    if not kept and tags and group in ("genre", "instruments"):
        kept = [tags[int(rng.integers(len(tags)))]]
    if group == "mood" and rng.random() < 0.12:
        kept.append(f"{score.key.mode} key")
    if group == "instruments":
        kept = [kept[i] for i in rng.permutation(len(kept))]
    return [_other(tag, rng) for tag in kept]


def _other(tag: str, rng: np.random.Generator) -> str:
    """A tag or, half of the time, a synonym of it."""
    others = SYNONYMS.get(tag, ())
    return others[int(rng.integers(len(others)))] if others and rng.random() < 0.5 else tag


def caption(score: Score, rng: np.random.Generator | None = None) -> str:
    """The caption of a score: canonical and complete, or varied by `rng`."""
    if rng is None:
        return ", ".join(score.tags)
    found = groups(score)
    words = [word for group in GROUPS for word in _vary(group, found[group], score, rng)]
    return ", ".join(dict.fromkeys(words))


def metas(score: Score) -> dict[str, int | str | float]:
    """Tempo (whole bpm), key, meter (beats per bar) and duration in seconds, as ACE-Step's metas name them."""
    return {"bpm": round(score.bpm), "key": str(score.key), "meter": score.meter, "duration": round(score.seconds, 3)}
