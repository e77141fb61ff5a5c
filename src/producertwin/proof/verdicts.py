"""The figures of a proof in words: what is proven, what is not, and what cannot be claimed.

A claim is proven where the whole interval lies on its side, and refuted where it lies on the other. One that says "not worse" is
proven only where the interval leaves no room for a loss of `MARGIN`, and never by fewer than `LEAST_SONGS` songs: an interval
that would allow anything allows no claim. Every line names its embedder, its songs and the floor beside it, for a figure without
them says nothing.
"""

from __future__ import annotations

import re
from math import hypot
from typing import Final

from ..metrics.formatting import percent, plain
from ..metrics.statistics import Interval, wilson
from .classification import Distinctness, Specificity
from .cross_validation import FoldedNearness
from .figures import ProofFigures, ProofFiguresOfEmbedder
from .nearness import Nearness
from .plan import LEAST_SONGS, SURE_SONGS
from .verdict import Verdict

LEAST_GAIN: Final = 0.1
"""Style gain that is worth a claim. Base and twin share their seeds, so the interval of a gain sees the smallest change of the
weights, and any change goes a little one way or the other, learned or not."""
MARGIN: Final = 0.1
"""Share of prompts, or of takes, that a twin may be worse by and still count as no worse."""
LEAST_VARIETY: Final = 0.8
"""Part of the real songs' variety from which on takes count as varied."""
NEARER: Final = "nearer to the producer than the base"
SPECIFIC: Final = "told as this producer and not as another"
COPIES: Final = "no copies of training songs"
_HALF: Final = 0.5


def verdicts(found: ProofFigures) -> tuple[Verdict, ...]:
    """Every verdict, the most wanted first."""
    return (
        *(_nearer(embedder, figures) for embedder, figures in found.ears.items()),
        *(_specific(embedder, figures) for embedder, figures in found.ears.items()),
        _copies(found),
        _obedient(found),
        *(_agrees(embedder, figures) for embedder, figures in found.ears.items() if figures.agreement),
        *(_variety(figures.nearness) for figures in found.ears.values() if figures.nearness),
        _whole(found),
        *(_distinct(embedder, figures.distinct) for embedder, figures in found.ears.items() if figures.distinct),
        *(_no_verdict(embedder, why) for embedder, why in found.refused.items()),
    )


def name_embedder(embedder: str) -> str:
    """What an embedder is called where people read it: without the hash of its weights, which stands at the end of the page."""
    return re.sub(r"[ /]?b2:[0-9a-f]+", "", embedder)


def _nearer(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    claim, near = NEARER, figures.nearness or figures.folded
    if near is None:
        return Verdict(
            claim=claim, proven=None, words=f"Cannot be claimed by {name_embedder(embedder)}: {figures.why_not['nearness']}."
        )
    if near.gain is None:
        return Verdict(claim=claim, proven=None, words=f"No style gain by {name_embedder(near.ear)}: {near.why}.")
    who, are = ("The twin", "is") if isinstance(near, Nearness) else (f"{near.folds} short twins", "are")
    told = f"style gain {plain(near.gain, 2)}, {name_embedder(near.ear)}, {near.songs} songs{_beside(near)}"
    if near.gain.low > 0 and near.gain.value < LEAST_GAIN:
        it = "it is" if isinstance(near, Nearness) else "they are"
        little = f"{it} nearer to the producer by less than {LEAST_GAIN:g} of the way"
        words = f"Not proven that {who[0].lower()}{who[1:]} learned: {little}: {told}."
        return Verdict(claim=claim, proven=False, words=words)
    if near.gain.low > 0:
        return Verdict(claim=claim, proven=True, words=f"{who} {are} nearer to the producer than the base: {told}.")
    if near.gain.high < 0:
        return Verdict(claim=claim, proven=False, words=f"{who} {are} further from the producer than the base: {told}.")
    words = f"Not proven that {who[0].lower()}{who[1:]} {are} nearer to the producer than the base"
    return Verdict(claim=claim, proven=False, words=f"{words}: {told}.")


def _beside(near: Nearness | FoldedNearness) -> str:
    """The floor, where so few songs are judged that the distance means nothing without it."""
    if isinstance(near, FoldedNearness) or near.songs >= SURE_SONGS:
        return ""
    return f", floor {plain(near.floor, 2)} at {near.floor_songs} songs"


def _specific(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    claim, found = SPECIFIC, figures.specific
    if found is None:
        return Verdict(
            claim=claim,
            proven=None,
            words=f"Specificity cannot be claimed by {name_embedder(embedder)}: {figures.why_not['specific']}.",
        )
    told = (
        f"{percent(found.twin)} of the twin's takes, {percent(found.base)} of the base's, {percent(found.holdout)} of the "
        f"held-out songs and {percent(found.alarms)} of {_whose(found)} songs are told as the producer "
        f"({name_embedder(embedder)})"
    )
    if not _hears(found):
        return Verdict(claim=claim, proven=None, words=f"The probe cannot tell this producer from others: {told}.")
    sure = found.twin.low > _HALF and found.twin.low > found.base.high
    words = (
        "The twin is told as this producer" if sure else "Not proven that the twin, more than the base, is told as this producer"
    )
    return Verdict(claim=claim, proven=sure, words=f"{words}: {told}.")


def _whose(found: Specificity) -> str:
    if found.unknown:
        return "unknown producers'"
    return "the other producer's" if found.producers == 1 else f"the {found.producers} other producers'"


def _hears(found: Specificity) -> bool:
    """Whether the probe tells the held-out songs from those of others."""
    return found.holdout.value > found.alarms.high


def _copies(found: ProofFigures) -> Verdict:
    claim, memory = COPIES, found.copies.found
    if memory is None:
        return Verdict(claim=claim, proven=None, words=f"Nobody could look for copies of training songs: {found.copies.why}.")
    count, takes = len(memory.flagged_takes), len(memory.scores)
    if count:
        return Verdict(
            claim=claim, proven=False, words=f"{count} of {takes} takes repeat a training song: listen to the pairs below."
        )
    words = f"None of {takes} takes of the twin repeats a training song more than honest siblings do: {percent(wilson(0, takes))}"
    return Verdict(claim=claim, proven=True if takes >= LEAST_SONGS else None, words=f"{words}.")


def _obedient(found: ProofFigures) -> Verdict:
    claim = "keeps tempo and key as well as the base"
    if not found.kept:
        return Verdict(claim=claim, proven=None, words="No prompt asks for a tempo or a key.")
    words = ", ".join(
        f"{name} {percent(kept.twin)} (base {percent(kept.base)}, real {percent(kept.real)})" for name, kept in found.kept.items()
    )
    worse = [name for name, kept in found.kept.items() if kept.difference.high < 0]
    if worse:
        return Verdict(claim=claim, proven=False, words=f"The twin is below the base in {' and '.join(worse)}: {words}.")
    if all(kept.songs >= LEAST_SONGS and kept.difference.low > -MARGIN for kept in found.kept.values()):
        return Verdict(claim=claim, proven=True, words=f"The twin is not below the base: {words}.")
    fewest = min(kept.songs for kept in found.kept.values())
    return Verdict(claim=claim, proven=None, words=f"{_songs(fewest)} cannot tell whether the twin is below the base: {words}.")


def _agrees(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    sides = figures.agreement
    told = ", ".join(f"{name} {plain(one.gap, 3)}" for name, one in sides.items())
    told = f"how much better a caption fits its own sound than the others': {told} ({name_embedder(embedder)})"
    claim = "follows its captions"
    if sides["real"].gap.low <= 0:
        return Verdict(claim=claim, proven=None, words=f"The captions of the real songs are not heard in them: {told}.")
    sure = sides["twin"].gap.low > 0
    words = "The twin follows its captions" if sure else "Not proven that the twin follows its captions"
    return Verdict(claim=claim, proven=sure, words=f"{words}: {told}.")


def _variety(near: Nearness) -> Verdict:
    real, twin, base = near.sides["real"], near.sides["twin"], near.sides["base"]
    told = (
        f"Vendi score {plain(twin.vendi, 1)} (base {plain(base.vendi, 1)}, real {plain(real.vendi, 1)}), "
        f"mean distance {plain(twin.spread, 2)} (real {plain(real.spread, 2)}), {name_embedder(near.ear)}"
    )
    claim = "as varied as the producer"
    if twin.vendi.high < real.vendi.low and twin.spread.high < real.spread.low:
        return Verdict(claim=claim, proven=False, words=f"The twin's takes are less varied than the held-out songs: {told}.")
    if twin.vendi.low > LEAST_VARIETY * real.vendi.value and twin.spread.low > LEAST_VARIETY * real.spread.value:
        return Verdict(claim=claim, proven=True, words=f"The twin's takes are as varied as the held-out songs: {told}.")
    return Verdict(
        claim=claim, proven=None, words=f"{_songs(near.songs)} cannot tell whether the twin's takes are less varied: {told}."
    )


def _whole(found: ProofFigures) -> Verdict:
    claim, twin, base = "no more defects than the base", found.faults["twin"], found.faults["base"]
    words = f"{percent(twin.share)} of the twin's {twin.takes} takes and {percent(base.share)} of the base's have a defect"
    if twin.share.low > base.share.high:
        return Verdict(claim=claim, proven=False, words=f"{words}.")
    if _most_more(twin.share, base.share) < MARGIN:
        return Verdict(claim=claim, proven=True, words=f"{words}.")
    return Verdict(claim=claim, proven=None, words=f"{words}: too few takes to tell which has more.")


def _most_more(one: Interval, other: Interval) -> float:
    """By how much `one` share may exceed `other` at most: the upper end of the interval of Newcombe 1998."""
    return one.value - other.value + hypot(one.high - one.value, other.value - other.low)


def _songs(count: int) -> str:
    return "1 song" if count == 1 else f"{count} songs"


def _distinct(embedder: str, found: Distinctness) -> Verdict:
    twin = found.recall["twin"]
    sure = twin.low > found.chance
    told = f"macro-recall {percent(twin)}, chance {found.chance:.0%}, held-out songs {percent(found.recall['holdout'])}"
    told += f", {name_embedder(embedder)}"
    pairs = f"; {len(found.indistinct)} pair(s) are not shown to be told apart" if found.indistinct else ""
    words = "The twin's styles can be told" if sure else "Not proven that the twin's styles can be told"
    return Verdict(claim="its styles can be told", proven=sure, words=f"{words}: {told}{pairs}.")


def _no_verdict(embedder: str, why: str) -> Verdict:
    return Verdict(
        claim=f"measured by {name_embedder(embedder)}", proven=None, words=f"{name_embedder(embedder)} is not used: {why}."
    )
