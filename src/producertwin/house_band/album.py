"""An album by one invented producer: songs that share habits, and the files that stand beside each of them.

The name decides the habits: swing, tempo, mode, favourite progressions, sounds, tape and size of the band. The files are those
of ACE-Step's training folders, and the band's own annotations (beats, sections, chords), which are true by construction.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

import numpy as np

from ..errors import BadInput
from ..music import INSTRUMENTAL, TONICS
from . import captions, harmony
from .arrange import Habits, pick
from .compose import compose
from .score import Score
from .styles import STYLES, Style, find

MOST_SONGS: Final = 500
_HUMMED: Final = {
    "vocal_hum": "Mmm mmm mmm",
    "vocal_ah": "Ah ah ah",
    "vocal_oo": "Ooh ooh ooh",
    "vocal_chop": "Ah ah, ah ah",
}
"""What a voice sings, as lyrics; the murmur of `vocal_speech` has no words."""


def habits_of(producer: str, style: Style) -> Habits:
    """The habits that belong to a producer's name in a style; the same name has the same habits on every album."""
    name = producer.strip()
    if not name:
        raise BadInput("a producer needs a name", remedy="give --producer a name such as 'Mira Vale'")
    digest = hashlib.sha256(name.casefold().encode()).digest()
    rng = np.random.Generator(np.random.PCG64([int.from_bytes(digest[:8], "big"), 0]))
    minor = bool(rng.random() < style.minor)
    swing, tempo = float(rng.random()), float(rng.uniform(0.15, 0.85))
    pool = harmony.PROGRESSIONS[style.pools[0]]["minor" if minor else "major"]
    first, second = pick(rng, pool), pick(rng, pool)
    patches = tuple(pick(rng, player.patches) for player in style.players)
    effects = []
    for effect, span in style.colour:
        if isinstance(span, tuple) and effect != "ambience_level":
            low, high = span
            end = low if rng.random() < 0.4 else high
            effects.append((effect, round(end + (0.1 * float(rng.random())) * ((low + high) / 2 - end), 3)))
    return Habits(
        name=name,
        swing=round(swing, 3),
        tempo=round(tempo, 3),
        progressions=tuple(dict.fromkeys((first, second))),
        minor=minor,
        patches=patches,
        effects=tuple(effects),
        crowd=int(rng.integers(4, 7)),
    )


def album(
    producer: str, songs: int, *, style: str | None = None, seed: int = 0, seconds: float | None = None
) -> tuple[Habits, list[Score]]:
    """Habits and songs of an invented producer. Without a style the name chooses one; `seconds` is the length of every song.

    Raises `BadInput` for an empty name or a number of songs outside 1-500, `NotFound` for an unknown style.
    """
    if not 1 <= songs <= MOST_SONGS:
        raise BadInput(f"{songs} songs do not make an album", remedy=f"ask for 1 to {MOST_SONGS} songs")
    digest = hashlib.sha256(producer.strip().casefold().encode()).digest()
    way = (
        find(style)
        if style is not None
        else pick(np.random.Generator(np.random.PCG64(list(digest[8:16]))), tuple(STYLES.values()))
    )
    habits = habits_of(producer, way)
    first = int.from_bytes(digest[16:20], "big") + 1000 * seed
    return habits, [compose(way.id, seed=first + i, seconds=seconds, habits=habits) for i in range(songs)]


def lyrics(score: Score) -> str:
    """`[Instrumental]`, or the words of every section that is sung and the hummed syllables of those with another voice."""
    sung = [part for part in score.parts if part.stem == "vocals" and _HUMMED.get(part.patch)]
    if not sung and not score.sung:
        return INSTRUMENTAL
    lines = []
    for number, section in enumerate(score.sections):
        begin, end = section.first_bar * score.meter, (section.first_bar + section.bars) * score.meter
        words = [line.text for line in score.sung if line.section == number]
        words = words or [_HUMMED[part.patch] for part in sung if any(begin <= note.start < end for note in part.notes)]
        lines.append(f"[{section.kind.capitalize()}]\n" + ("\n".join(words) if words else INSTRUMENTAL))
    return "\n\n".join(lines)


def facts(score: Score) -> dict[str, object]:
    """Annotations of a song, in seconds: beats, downbeats, sections and chords, with key, meter, style and stems."""
    seconds = score.tempo.seconds
    return {
        "style": score.style,
        "seed": score.seed,
        "bpm": score.bpm,
        "key": str(score.key),
        "meter": score.meter,
        "duration": round(score.seconds, 3),
        "stems": list(score.stems),
        "beats": [round(seconds(i), 4) for i in range(int(score.beats))],
        "downbeats": [round(seconds(i), 4) for i in range(0, int(score.beats), score.meter)],
        "sections": [
            {
                "kind": section.kind,
                "start": round(seconds(section.first_bar * score.meter), 4),
                "end": round(seconds((section.first_bar + section.bars) * score.meter), 4),
            }
            for section in score.sections
        ],
        "chords": [
            {
                "start": round(seconds(chord.start), 4),
                "end": round(seconds(chord.start + chord.length), 4),
                "root": TONICS[chord.root],
                "quality": chord.quality,
            }
            for chord in score.chords
        ],
    }


def sidecars(score: Score, *, rng: np.random.Generator | None = None) -> dict[str, str]:
    """Texts to write beside a song, by the suffix of their file name: caption, lyrics, metas (ACE-Step's names), annotations."""
    metas = captions.metas(score)
    told = captions.caption(score, rng)
    sheet = {
        "caption": told,
        "bpm": metas["bpm"],
        "keyscale": metas["key"],
        "timesignature": str(metas["meter"]),
        "language": "unknown",
    }
    return {
        ".caption.txt": told + "\n",
        ".lyrics.txt": lyrics(score) + "\n",
        ".json": json.dumps(sheet, ensure_ascii=False, indent=2) + "\n",
        ".annotations.json": json.dumps(facts(score), ensure_ascii=False, indent=1) + "\n",
    }
