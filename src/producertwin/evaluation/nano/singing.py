"""Whether takes sing where lyrics are given, and only there.

Held-out songs in which no voice plays are composed once more with words (`house_band.song_words`). Each is asked for as a person
asks, without a guide: with its lyrics, and without any. The embedder says in which a voice is heard, and the same of the band's
songs, whose figures say how far it can be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...house_band.compose import compose
from ...house_band.render import render
from ...house_band.score import Score
from ...house_band.song_words import Words
from ...metrics.statistics import Interval, wilson
from ...model.instrument import Instrument
from ...model.nano.embedder import Embedder
from ...model.sampling.request import Metas, Request, Sampling
from ...pipeline.guide import syllables_of
from ...pipeline.planning import VOICES
from ...recipe import Record
from ..suite import NanoSuite
from .songs import prompt_of, seeds_of, style_of
from .sounds import take_seed
from .takes import play_takes

SYSTEMS: Final = ("songs with words", "the same without", "takes with lyrics", "takes without")
_LYRICS: Final = (
    "[Verse]\nSilver rain along the window\nCarry me over the harbour\n\n[Chorus]\nHold the morning, hold the light",
    "[Verse]\nNobody waits at the station\n\n[Chorus]\nShadow and thunder\nFollow the river home",
    "[Verse]\nEvery candle in the kitchen\nBurns for you tonight\n\n[Chorus]\nDon't you leave me, golden sister",
)
"""Lyrics that no song of the corpus has."""


@dataclass(frozen=True, slots=True)
class SungSong:
    """A song without a voice, the same with words, and these."""

    plain: Score
    sung: Score
    lyrics: str


class SingingFigures(Record):
    """Share of the sounds of each of `SYSTEMS` in which a voice is heard."""

    songs: int
    heard: dict[str, Interval]


def song(suite: NanoSuite, index: int) -> SungSong:
    """Held-out song `index`: the first of its style's in which nobody sings."""
    style, lyrics = style_of(index), _LYRICS[index % len(_LYRICS)]
    songs = (compose(style, seed=seed, seconds=suite.seconds) for seed in seeds_of("sung", suite.seed, index))
    plain = next(score for score in songs if VOICES.isdisjoint(score.stems))
    return SungSong(plain, compose(style, seed=plain.seed, seconds=suite.seconds, words=Words(lyrics)), lyrics)


def measure(suite: NanoSuite, instrument: Instrument, embedder: Embedder, index: int) -> dict[str, bool]:
    """Whether a voice is heard in each of the sounds of song `index`."""
    played = song(suite, index)
    sampling = Sampling(steps=suite.steps, guidance=suite.guidance)
    requests = []
    for score, lyrics in ((played.sung, played.lyrics), (played.plain, "")):
        asked = prompt_of(score, index)
        metas = Metas(asked.bpm, asked.asked_key, asked.meter)
        request = Request(asked.caption, suite.seconds, take_seed(suite, index, 0), lyrics=lyrics, metas=metas, sampling=sampling)
        requests.append(replace(request, sections=score.form, sung=syllables_of(score)))
    songs = [render(score, seconds=suite.seconds).mix for score in (played.sung, played.plain)]
    takes = play_takes(instrument, requests)
    return {name: _is_heard(embedder, audio) for name, audio in zip(SYSTEMS, [*songs, *takes], strict=True)}


def _is_heard(embedder: Embedder, audio: np.ndarray | None) -> bool:
    """Whether somebody sings in `audio`; nobody does where there is no take."""
    return audio is not None and embedder.embed_audio(audio).stems["vocals"] >= 0.5


def judge(outcomes: Sequence[dict[str, bool]]) -> SingingFigures:
    """The figures of `outcomes`."""
    heard = {name: [found[name] for found in outcomes] for name in SYSTEMS}
    return SingingFigures(songs=len(outcomes), heard={name: wilson(sum(given), len(given)) for name, given in heard.items()})
