"""Keepers: the best takes as a training set, anchored by the producer's own songs (expert iteration, rejection sampling fine-
tuning).

A twin that learns from its own takes alone drifts to what its scorers like, and forgets the producer. So a stated share of what
is heard is the producer's own songs, cut down evenly where they are more. The held-out songs stay as they are: what comes of it
is proven on them. What a person rated counts before any scorer: four or five stars are kept first, one or two never.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..dataset.manifest import Manifest, Row
from ..house_band import styles
from ..library import Take
from ..music import INSTRUMENTAL
from .candidates import Candidates
from .scoring import Scale

LIKED, DISLIKED = 4, 2
"""Stars from which on a take is kept first, and up to which never."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A take that may be kept, and why."""

    take: str
    score: float
    """How far above its prompt's mean, in standard deviations."""
    stars: int | None = None
    """What a person gave it."""

    @property
    def is_liked(self) -> bool:
        """Whether a person likes it."""
        return (self.stars or 0) >= LIKED


def rank_keepers(rows: Sequence[Candidates], weights: Mapping[str, float], stars: Mapping[str, int]) -> tuple[Keeper, ...]:
    """The best take of each prompt, and every take that a person likes; what people like first, then by score."""
    scale = Scale.of([one.scores for one in rows])
    found: dict[str, Keeper] = {}
    for row in rows:
        combined = scale.combine(row.scores, weights)
        every = [Keeper(take, score, stars.get(take)) for take, score in zip(row.takes, combined, strict=True)]
        able = [one for one in every if one.stars is None or one.stars > DISLIKED]
        best = max(able, key=lambda one: (one.is_liked, one.score), default=None)
        found |= {one.take: one for one in able if one is best or one.is_liked}
    for take, given in stars.items():
        if given >= LIKED:
            found.setdefault(take, Keeper(take, 0.0, given))
    return tuple(sorted(found.values(), key=lambda one: (not one.is_liked, -one.score, one.take)))


def keeper_row(take: Take, sound: str, producer: str, quality: int, *, licence: str | None = None, group: str) -> Row:
    """The row of a take whose FLAC is the blob `sound`; its title and group say where it comes from."""
    return Row(
        track=take.id,
        producer=producer,
        title=f"take {take.id}",
        group=group,
        side="train",
        style=styles.match(take.caption).style.id,
        clips=(sound,),
        seconds=take.seconds,
        caption=take.caption,
        lyrics=take.lyrics or INSTRUMENTAL,
        language=take.metas.language or "unknown",
        bpm=take.metas.bpm,
        key=take.metas.key,
        meter=take.metas.meter,
        licence=licence,
        quality=quality,
    )


def anchor(manifest: Manifest, keepers: Sequence[Row], share: float) -> Manifest:
    """A training set of `keepers` and the songs of `manifest`, cut down to at most `share` of the seconds that are learned from.

    Each song keeps its first clips, as many of each as fit; the held-out side stays as it is. The set is nobody's newest: whoever
    trains the producer's twin anew gets the songs alone.
    """
    seconds = sum(row.seconds for row in keepers)
    allowed = seconds * share / (1.0 - share)
    songs = _cut_down(manifest.side("train"), allowed) if share > 0 else ()
    rows = sorted([*keepers, *songs, *manifest.side("holdout")], key=lambda row: row.track)
    return Manifest(plan=manifest.plan.model_copy(update={"producer": None}), rows=tuple(rows))


def share_of(manifest: Manifest, takes: Collection[str]) -> float:
    """Share of the producer's own songs in the seconds that are learned from; `takes` are the ids of the keepers."""
    taught = manifest.side("train")
    own = sum(row.seconds for row in taught if row.track not in takes)
    return own / sum(row.seconds for row in taught) if taught else 0.0


def _cut_down(songs: Sequence[Row], allowed: float) -> list[Row]:
    """The songs with only so many clips, dealt to them in turn, that they last about `allowed` seconds in all."""
    if sum(song.seconds for song in songs) <= allowed:
        return list(songs)
    counts, used = [0] * len(songs), 0.0
    for turn in range(max((len(song.clips) for song in songs), default=0)):
        for place, song in enumerate(songs):
            length = song.seconds / len(song.clips)
            if turn < len(song.clips) and used + length / 2 <= allowed:
                counts[place] += 1
                used += length
    return [
        song.model_copy(update={"clips": song.clips[:count], "seconds": song.seconds * count / len(song.clips)})
        for song, count in zip(songs, counts, strict=True)
        if count
    ]
