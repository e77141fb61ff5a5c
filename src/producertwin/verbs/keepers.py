"""The best takes made a training set: chosen by what people and scorers say, held against the songs for copies, and anchored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..library import TakeRating, VerdictFilter
from ..progress import Clock, Steps, finish, note, warning
from ..wording import plural, plural_are
from .pairs_make import find_takes, weights_of
from .sounds import find_sound
from .studio import Studio

if TYPE_CHECKING:
    from ..dataset.manifest import Manifest, Row
    from ..library import Take
    from ..model.instrument import Instrument
    from ..preferences.candidates import Candidates
    from ..preferences.keepers import Keeper
    from ..preferences.store import PairSet

__all__ = ["KeepPlan", "KeptSet", "keep_best", "plan_keepers"]

FEWEST: Final = 4
"""Keepers below which nothing is learned."""


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """What would be kept, of whom, and how much of it."""

    producer: str
    keep: int
    anchor: float
    """Share of the producer's own songs in the seconds that are learned from."""
    set: PairSet
    """Whose candidates are chosen among."""
    songs: Manifest
    """The producer's training set."""
    ranked: tuple[Keeper, ...]
    """The best first."""


@dataclass(frozen=True, slots=True)
class KeptSet:
    """A training set of keepers."""

    id: str
    keepers: tuple[str, ...]
    """Ids of the takes."""
    share: float
    """Share of the producer's own songs in the seconds that are learned from."""
    refused: dict[str, str]
    """Takes that were not kept, and why."""


def plan_keepers(producer: str, pairs: str | None, keep: int, anchor: float, studio: Studio) -> KeepPlan:
    """Find the candidates and the songs. Raises `NotFound`, and `BadInput` where too few takes can be kept."""
    from ..dataset import store as datasets
    from ..library.adapters import slug_words
    from ..preferences import candidates, store
    from ..preferences.keepers import rank_keepers

    home = studio.settings.studio
    found = store.find(pairs, home)
    rows: list[Candidates] = [*candidates.all_rows(found.folder).values()]
    mine = [one for one in datasets.list_datasets(home) if one.producer and slug_words(one.producer) == slug_words(producer)]
    if not mine:
        raise NotFound(f"no training set of {producer!r}", remedy=f'freeze one: twin dataset split --producer "{producer}"')
    ratings = studio.library.verdicts.list(VerdictFilter(only="rating", source="human"))
    stars = {one.take: one.stars for one in reversed(ratings) if isinstance(one, TakeRating)}
    ranked = rank_keepers(rows, weights_of(found) if rows else {}, stars)
    if len(ranked) < FEWEST:
        message = f"{plural(len(ranked), 'take')} can be kept, and {FEWEST} are the fewest that are learned from"
        raise BadInput(message, remedy="make candidates (twin pairs make), or rate takes with four or five stars")
    return KeepPlan(producer, keep, anchor, found, datasets.find(mine[0].id, home), ranked)


def keep_best(plan: KeepPlan, instrument: Instrument, studio: Studio) -> Steps[KeptSet]:
    """Make the training set: the best takes that are no copies of songs that were learned from, beside the songs.

    Raises `BadInput` where too few are left, and as `find_sound` and `proof.copies.search_copies` do.
    """
    from ..dataset import store as datasets
    from ..preferences.keepers import anchor, keeper_row, share_of

    find = find_takes(studio)
    takes: list[Take] = []
    refused: dict[str, str] = {}
    for one in plan.ranked[: 2 * plan.keep]:  # as many again, for those that are refused
        take = find(one.take)
        if take is None or take.variant != instrument.variant:
            refused[one.take] = "gone" if take is None else f"of {take.variant}"
        else:
            takes.append(take)
    refused |= yield from _find_copies(plan, takes, instrument, studio)
    kept = [take for take in takes if take.id not in refused][: plan.keep]
    if len(kept) < FEWEST:
        why = "; ".join(f"{name}: {reason}" for name, reason in [*refused.items()][:3])
        raise BadInput(f"{plural_are(len(kept), 'take')} left to keep ({why})", remedy="make more candidates: twin pairs make")
    rows: list[Row] = []
    for take in kept:
        blob = take.audio or studio.library.blobs.put((yield from find_sound(take, studio)))
        rows.append(keeper_row(take, blob, plan.producer, 100, group=f"keepers of {plan.set.id}"))
    manifest = anchor(plan.songs, rows, plan.anchor)
    datasets.put(manifest, studio.settings.studio)
    names = tuple(take.id for take in kept)
    share = share_of(manifest, names)
    yield note(f"training set {datasets.name_of(manifest)}: {len(kept)} takes, and {share:.0%} of it the producer's songs")
    if share < plan.anchor - 0.05:
        yield warning(f"the songs are {share:.0%} of what is heard, {plan.anchor:.0%} were asked for: there are no more of them")
    return KeptSet(datasets.name_of(manifest), names, share, refused)


def _find_copies(plan: KeepPlan, takes: list[Take], instrument: Instrument, studio: Studio) -> Steps[dict[str, str]]:
    """Takes that hold a passage of a song that was learned from, and which."""
    from ..audio import files
    from ..metrics.memorisation import passage_features
    from ..proof.copies import search_copies
    from ..proof.sources import corpus_of

    clock, heard = Clock("looking for copies", len(takes)), {}
    for done, take in enumerate(takes, 1):
        heard[take.id] = passage_features(files.read(finish(find_sound(take, studio))))
        yield clock.at(done)
    corpus = corpus_of(plan.songs, studio.library, 0.0)
    found = yield from search_copies(heard, (corpus.train, corpus.holdout), instrument, plan.set.folder / "imprints")
    if found.found is None:
        yield warning(f"copies of songs that were learned from cannot be looked for: {found.why}")
        return {}
    passages = found.found.passages
    return {one.take: f"a copy of {one.track} at {one.take_start:.0f} s" for one in reversed(passages)}
