"""Songs that the producer model learns from, as lines of JSON: stems in numbers, wordings, and a mix with planted faults.

Nothing of a sound is kept but what `mixing.producer.features` reads of it. A song of the band is composed and played from the
generator seeded (corpus seed, number); numbers from `HELD_OUT` on are for measurements and never learned from. Songs of a folder
and takes of a studio are read by the same function (`read_song`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...audio import loudness
from ...audio.samples import Samples
from ...house_band.captions import caption, groups
from ...house_band.compose import compose
from ...house_band.render import render
from ...house_band.score import Score
from ...house_band.styles import COARSE, STYLES
from ...mixing.producer import features
from ...mixing.producer.features import StemSound, hear_mix, hear_stems
from ...mixing.stems import name_strips
from .damage import KINDS, spoil_mix

HELD_OUT: Final = 1_000_000
WORDINGS: Final = 4
"""Wordings of a song beside the whole one."""
FAULTS_EACH: Final = 5
"""Spoilt versions of each mix."""
SECONDS: Final = 6.0


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A mix with a fault."""

    kind: str
    strength: float
    heard: tuple[float, ...]
    """`features.hear_mix` of it."""


@dataclass(frozen=True, slots=True)
class Song:
    """What is learned from one song."""

    name: str
    style: str
    """Style of the band's twelve, or empty."""
    captions: tuple[str, ...]
    """Wordings; the first says most."""
    stems: tuple[StemSound, ...]
    """The stems that sound, as loud and as bright as they are in the song's own mix."""
    faults: tuple[PlantedFault, ...]

    def line(self) -> str:
        """The song as a line of a corpus."""
        return json.dumps({"version": features.VERSION, **asdict(self)}, allow_nan=False)


def read_line(line: str) -> Song | None:
    """The song of a line; None for what another version wrote."""
    row = json.loads(line)
    if row.pop("version", None) != features.VERSION:
        return None
    stems = tuple(StemSound(**{**stem, "bands": tuple(stem["bands"])}) for stem in row["stems"])
    faults = tuple(PlantedFault(**{**one, "heard": tuple(one["heard"])}) for one in row["faults"])
    return Song(row["name"], row["style"], tuple(row["captions"]), stems, faults)


def compose_song(seed: int, number: int) -> Score:
    """The score of the band's song `number`, a few bars of it: half of them lofi, the rest over the other styles."""
    rng = np.random.Generator(np.random.PCG64([seed, number]))
    lofi = [style for style in STYLES if COARSE[style] == "lofi"]
    other = [style for style in STYLES if COARSE[style] != "lofi"]
    names = lofi if rng.random() < 0.4 else other
    return compose(names[int(rng.integers(len(names)))], seed=int(rng.integers(2**31)), seconds=SECONDS)


def word_song(score: Score, rng: np.random.Generator) -> tuple[str, ...]:
    """Wordings of a score: the whole one first, then terser ones, the last of them a sentence as people ask for music."""
    return (caption(score), *(caption(score, rng) for _ in range(WORDINGS)), say_song(score, rng))


def say_song(score: Score, rng: np.random.Generator) -> str:
    """A score asked for in a sentence: `Create a dark trap beat with 808 bass and bells`."""
    tags = groups(score)
    instruments = [tags["instruments"][place] for place in rng.permutation(len(tags["instruments"]))]
    listed = instruments if rng.random() < 0.7 else instruments[: max(1, len(instruments) // 2)]
    what = " ".join((*(tags["mood"][:1] if rng.random() < 0.7 else ()), tags["genre"][0]))
    thing = str(rng.choice(("beat", "song", "track", "instrumental", "tune")))
    verb = str(rng.choice(("Create", "Make", "Produce", "I want", "Give me", "")))
    played = ", ".join(listed[:-1]) + (" and " if len(listed) > 1 else "") + listed[-1]
    return f"{verb} a {what} {thing} with {played}".strip()


def play_song(seed: int, number: int) -> Song:
    """The band's song `number`."""
    score = compose_song(seed, number)
    played = render(score, seconds=SECONDS)
    rng = np.random.Generator(np.random.PCG64([seed, number, 1]))
    return read_song(f"band {number}", COARSE[score.style], word_song(score, rng), played.stems, played.mix, rng)


def read_song(
    name: str,
    style: str,
    captions: Sequence[str],
    stems: Mapping[str, Samples],
    mix: Samples,
    rng: np.random.Generator,
) -> Song:
    """What is learned from `stems` that sum to a song and its `mix`, both (2, n). Silent stems are left out.

    Raises `BadInput` for none or more than 12 stems, `AudioRejected` for one that is not finite.
    """
    heard = {one: sound for one, sound in stems.items() if loudness.loudness(sound) > loudness.GATE_LUFS}
    sounds = hear_stems(list(heard), name_strips(list(heard)), [*heard.values()])
    faults = []
    for kind in (KINDS[int(place)] for place in rng.permutation(len(KINDS))[:FAULTS_EACH]):
        strength = round(float(rng.uniform(0.0, 1.0)), 3)
        faults.append(_plant(mix, heard, kind, strength, rng))
    clean = PlantedFault("none", 0.0, _round(hear_mix(mix)))
    return Song(name, style, tuple(captions), sounds, (clean, *faults))


def _plant(mix: Samples, stems: Mapping[str, Samples], kind: str, strength: float, rng: np.random.Generator) -> PlantedFault:
    heard = hear_mix(spoil_mix(mix, stems, kind, strength, rng))
    return PlantedFault(kind, strength, _round(heard))


def _round(numbers: features.Vector) -> tuple[float, ...]:
    return tuple(np.round(numbers.astype(np.float64), 3).tolist())


def read_corpus(path: Path) -> tuple[Song, ...]:
    """The songs of a corpus file; none where it is not there. A line that was cut off is passed over."""
    return tuple(_read_lines(path)) if path.is_file() else ()


def _read_lines(path: Path) -> Iterator[Song]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found: Any = read_line(line)
        except json.JSONDecodeError:
            continue
        if found is not None:
            yield found
