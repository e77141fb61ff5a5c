"""`twin lab measure embedder`: retrieval, tagging and sensitivity of the offline embedder.

On held-out songs that no training song shares: is a song found by its caption among all of them, are its style and its stems
named, and does the distance of a set of songs from others grow with every planted degradation (`degradations`)? The distance is
Fréchet's, in the space that keeps and whitens the main directions of the reference songs' vectors; the floor is that of two
disjoint sets of real songs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np

from ... import workers
from ...metrics.degradations import DEGRADATIONS
from ...metrics.mel_stats import Space, fit_space
from ...metrics.statistics import Floats, Interval, frechet_distance, gaussian, split_half_floor, wilson
from ...model.nano.embedder import Embedder, Tags
from ...progress import Clock, Steps
from ...recipe import Record
from ..nano import tagging
from ..nano.songs import Song, SongPrompt, song
from ..suite import EmbedderSuite

STRENGTHS: Final = (0.25, 0.5, 0.75, 1.0)


class EmbedderFigures(Record):
    """The figures of an embedder."""

    embedder: str
    suite: EmbedderSuite
    first: Interval
    """Share of captions whose own song is nearest."""
    tenth: Interval
    """Share of captions whose own song is among the ten nearest."""
    style: Interval
    """Share of songs whose style is named among all 49."""
    presets: float | None
    """Mean over the lofi presets of the share told right among them."""
    present: Interval
    """Share of the stems that play which are heard."""
    absent: Interval
    """Share of the others which are not."""
    dimensions: int
    floor: Interval
    """Distance of two disjoint halves of real songs."""
    distances: dict[str, tuple[float, ...]]
    """Degradation to the distance at each of `STRENGTHS`."""

    @property
    def monotone(self) -> bool:
        """Whether every distance grows with the strength of its degradation, from the floor on."""
        return all(bool(np.all(np.diff([self.floor.value, *row]) > 0)) for row in self.distances.values())


def evaluate(suite: EmbedderSuite, embedder: Embedder) -> Steps[EmbedderFigures]:
    """Measure `embedder`."""
    clock = Clock("held-out songs", suite.songs)
    prompts: list[SongPrompt] = []
    sound_tags: list[Tags] = []
    damaged: dict[str, list[list[Floats]]] = {name: [[] for _ in STRENGTHS] for name in DEGRADATIONS}
    yield clock.at(0)
    with workers.pool(suite.workers) as pool:
        for played in pool.map(partial(_play, suite), range(suite.songs)):
            prompts.append(played.prompt)
            sound_tags.append(embedder.embed_audio(played.audio))
            if len(sound_tags) % 2 == 0:  # every second song is degraded; the others are what it is compared with
                _degrade(played, embedder, damaged)
            yield clock.at(len(sound_tags))
    vectors = np.array([tags.vector for tags in sound_tags])
    caption_vectors = np.array([embedder.embed_text(prompt.caption) for prompt in prompts])
    space = fit_space(vectors, songs=suite.songs // 2)
    ranks = _ranks(caption_vectors, vectors)
    return EmbedderFigures(
        embedder=embedder.name,
        suite=suite,
        first=wilson(int((ranks < 1).sum()), len(ranks)),
        tenth=wilson(int((ranks < 10).sum()), len(ranks)),
        **_names(prompts, sound_tags),
        dimensions=space.dimensions,
        floor=split_half_floor(space(vectors), suite.songs // 2),
        distances={name: _distances(space, vectors, sets) for name, sets in damaged.items()},
    )


def _play(suite: EmbedderSuite, index: int) -> Song:
    return song("embedder", suite.seed, index, suite.seconds)


def _degrade(played: Song, embedder: Embedder, damaged: dict[str, list[list[Floats]]]) -> None:
    for name, degrade in DEGRADATIONS.items():
        for strength, vectors in zip(STRENGTHS, damaged[name], strict=True):
            rng = np.random.default_rng(played.prompt.index)
            vectors.append(embedder.embed_audio(degrade(played.audio, strength, rng)).vector)


def _distances(space: Space, vectors: Floats, sets: list[list[Floats]]) -> tuple[float, ...]:
    """Distance of every degraded set from the songs that were not degraded."""
    others = gaussian(space(vectors[::2]))
    return tuple(frechet_distance(gaussian(space(np.array(rows))), others) for rows in sets)


def _ranks(caption_vectors: Floats, sound_vectors: Floats) -> Floats:
    """How many songs are nearer to each caption than its own, shape (n,)."""
    alike = caption_vectors @ sound_vectors.T
    found: Floats = (alike > np.diag(alike)[:, None]).sum(axis=1).astype(np.float64)
    return found


def _names(prompts: Sequence[SongPrompt], sound_tags: Sequence[Tags]) -> dict[str, object]:
    """Shares of styles, presets and stems that are named right."""
    pairs = list(zip(prompts, sound_tags, strict=True))
    right = sum(tagging.likeliest(tags.styles) == prompt.style for prompt, tags in pairs)
    present, absent = tagging.stems((tags.stems, prompt.stems) for prompt, tags in pairs)
    presets = tagging.presets((tags.styles, prompt.style) for prompt, tags in pairs)
    return {"style": wilson(right, len(pairs)), "presets": presets, "present": present, "absent": absent}
