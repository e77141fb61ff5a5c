"""Held-out songs and the sketches that guide takes: what the house band plays for the measurements.

Songs follow the corpus' distribution, made even: every second one is lofi, all presets in turn; the others take the other
styles in turn. They are composed from seeds of 2³¹ and more, which the corpus never draws, so none was ever trained on. The
reference set and the evaluated set use different seeds too. A sketch knows of a song only what its prompt says, as in a
user's hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ...audio import edits
from ...audio.samples import Samples
from ...house_band.captions import caption, metas
from ...house_band.compose import compose
from ...house_band.render import render
from ...house_band.score import Score
from ...house_band.styles import COARSE, STYLES, find
from ...metrics.style_classifier import NAMES
from ...model.sampling.form import Sections
from ...music import Key
from ...timebase import samples_of

Purpose = Literal["reference", "evaluation", "edits", "embedder", "long", "sung"]
PURPOSES: Final[tuple[Purpose, ...]] = ("reference", "evaluation", "edits", "embedder", "long", "sung")
_BEYOND_CORPUS: Final = 2**31
_LOFI: Final = tuple(name for name in STYLES if COARSE[name] == "lofi")
_OTHERS: Final = tuple(name for name in STYLES if COARSE[name] != "lofi")


@dataclass(frozen=True, slots=True)
class SongPrompt:
    """What a song's take is asked for, and what is known of it."""

    index: int
    style: str
    label: int
    """Number of the coarse style in `style_classifier.NAMES`."""
    caption: str
    bpm: float
    key: str
    meter: int
    tempi: tuple[int, int]
    """The style's range of tempi."""
    stems: tuple[str, ...]
    """The stems that play."""

    @property
    def drums(self) -> bool:
        """Whether drums or percussion keep the time."""
        return keeps_time(self.stems)

    @property
    def asked_key(self) -> Key:
        """The key as a value."""
        return Key.parse(self.key)


@dataclass(frozen=True, slots=True)
class Song:
    """A held-out song and the prompt that fits it."""

    prompt: SongPrompt
    audio: Samples
    """(2, n) at 48 kHz."""


def style_of(index: int) -> str:
    """The style of song `index`."""
    turn, other = divmod(index, 2)
    return _OTHERS[turn % len(_OTHERS)] if other else _LOFI[turn % len(_LOFI)]


def keeps_time(stems: Iterable[str]) -> bool:
    """Whether drums or percussion are among `stems`."""
    return not {"drums", "percussion"}.isdisjoint(stems)


def score_of(purpose: Purpose, seed: int, index: int, seconds: float) -> Score:
    """The score of held-out song `index` of a set."""
    return compose(style_of(index), seed=next(seeds_of(purpose, seed, index)), seconds=seconds)


def seeds_of(purpose: Purpose, seed: int, index: int) -> Iterator[int]:
    """Seeds of songs that the corpus never draws, without end; held-out song `index` of a set takes the first that suits it."""
    rng = np.random.Generator(np.random.PCG64([PURPOSES.index(purpose), seed, index]))
    while True:
        yield _BEYOND_CORPUS + int(rng.integers(2**31))


def prompt_of(score: Score, index: int) -> SongPrompt:
    """The prompt that `score` fits."""
    return SongPrompt(
        index=index,
        style=style_of(index),
        label=NAMES.index(COARSE[style_of(index)]),
        caption=caption(score),
        bpm=float(metas(score)["bpm"]),
        key=str(score.key),
        meter=score.meter,
        tempi=STYLES[style_of(index)].tempo,
        stems=tuple(score.stems),
    )


def song(purpose: Purpose, seed: int, index: int, seconds: float) -> Song:
    """Held-out song `index` of a set, `seconds` long from its first full bar."""
    score = score_of(purpose, seed, index, seconds)
    return Song(prompt_of(score, index), edits.fit_length(render(score, seconds=seconds).mix, samples_of(seconds)))


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the band plays for a take to follow."""

    audio: Samples
    """(2, n) at 48 kHz."""
    form: Sections


def sketch(prompt: SongPrompt, seed: int, seconds: float) -> Sketch:
    """The band's guide for `prompt`: its style found from the caption, its tempo, key and meter, another song."""
    style = find(prompt.caption).id
    score = compose(style, seed=seed, bpm=prompt.bpm, key=prompt.asked_key, meter=prompt.meter, seconds=seconds)
    return Sketch(edits.fit_length(render(score, seconds=seconds).mix, samples_of(seconds)), score.form)
