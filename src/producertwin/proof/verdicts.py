"""The figures of a proof in words: what is proven, what is not, and what cannot be claimed.

A claim is proven where the whole interval lies on its side. Every line names its embedder, its songs and the floor beside it, for
a figure without them says nothing.
"""

from __future__ import annotations

from ..metrics.formatting import percent, plain
from .classification import Distinctness, Specificity
from .figures import ProofFigures, ProofFiguresOfEmbedder, Verdict
from .nearness import Nearness
from .plan import SURE_SONGS

LEAST_GAIN = 0.1
"""Style gain that is worth a claim. Base and twin share their seeds, so the interval of a gain sees the smallest change of the
weights, and any change goes a little one way or the other, learned or not."""
_HALF = 0.5


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


def _nearer(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    claim, near = "nearer to the producer than the base", figures.nearness
    if near is None:
        return Verdict(claim=claim, proven=None, words=f"Cannot be claimed by {embedder}: {figures.why_not['nearness']}.")
    if near.gain is None:
        return Verdict(claim=claim, proven=None, words=f"No style gain by {near.ear}: {near.why}.")
    told = f"style gain {plain(near.gain, 2)}, {near.ear}, {near.songs} songs"
    if near.songs < SURE_SONGS:
        told += f", floor {plain(near.floor, 2)} at {near.floor_songs} songs"
    if near.gain.low > 0 and near.gain.value < LEAST_GAIN:
        words = f"Not proven that the twin learned: it is nearer to the producer by less than {LEAST_GAIN:g} of the way: {told}."
        return Verdict(claim=claim, proven=False, words=words)
    if near.gain.low > 0:
        return Verdict(claim=claim, proven=True, words=f"The twin is nearer to the producer than the base: {told}.")
    if near.gain.high < 0:
        return Verdict(claim=claim, proven=False, words=f"The twin is further from the producer than the base: {told}.")
    return Verdict(claim=claim, proven=False, words=f"Not proven that the twin is nearer to the producer than the base: {told}.")


def _specific(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    claim, found = "told as this producer and not as another", figures.specific
    if found is None:
        return Verdict(
            claim=claim, proven=None, words=f"Specificity cannot be claimed by {embedder}: {figures.why_not['specific']}."
        )
    told = (
        f"{percent(found.twin)} of the twin's takes, {percent(found.base)} of the base's, {percent(found.holdout)} of the "
        f"held-out songs and {percent(found.alarms)} of {_whose(found)} songs are told as the producer ({embedder})"
    )
    if not _hears(found):
        return Verdict(claim=claim, proven=None, words=f"The probe cannot tell this producer from others: {told}.")
    sure = found.twin.low > _HALF and found.twin.low > found.base.high
    words = (
        "The twin is told as this producer" if sure else "Not proven that the twin, more than the base, is told as this producer"
    )
    return Verdict(claim=claim, proven=sure, words=f"{words}: {told}.")


def _whose(found: Specificity) -> str:
    return "unknown producers'" if found.unknown else f"the {found.producers} other producers'"


def _hears(found: Specificity) -> bool:
    """Whether the probe tells the held-out songs from those of others."""
    return found.holdout.value > found.alarms.high


def _copies(found: ProofFigures) -> Verdict:
    claim, memory = "no copies of training songs", found.copies.found
    if memory is None:
        return Verdict(claim=claim, proven=None, words=f"Nobody could look for copies of training songs: {found.copies.why}.")
    count = len(memory.flagged_takes)
    if not count:
        return Verdict(claim=claim, proven=True, words="No take repeats a training song more than honest siblings do.")
    return Verdict(claim=claim, proven=False, words=f"{count} take(s) repeat a training song: listen to the pairs below.")


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
    return Verdict(claim=claim, proven=True, words=f"The twin is not below the base beyond the interval: {words}.")


def _agrees(embedder: str, figures: ProofFiguresOfEmbedder) -> Verdict:
    sides = figures.agreement
    told = ", ".join(
        f"{name} R@1 {percent(one.first)}, median rank {one.median_rank.value:.0f}, gap {plain(one.gap, 3)}"
        for name, one in sides.items()
    )
    claim = "follows its captions"
    if sides["real"].gap.low <= 0:
        return Verdict(claim=claim, proven=None, words=f"{embedder} does not hear the captions of the real songs: {told}.")
    sure = sides["twin"].gap.low > 0
    words = "The twin follows its captions" if sure else "Not proven that the twin follows its captions"
    return Verdict(claim=claim, proven=sure, words=f"{words}: {told} ({embedder}).")


def _variety(near: Nearness) -> Verdict:
    real, twin, base = near.sides["real"], near.sides["twin"], near.sides["base"]
    told = (
        f"Vendi score {plain(twin.vendi, 1)} (base {plain(base.vendi, 1)}, real {plain(real.vendi, 1)}), "
        f"mean distance {plain(twin.spread, 2)} (real {plain(real.spread, 2)}), {near.ear}"
    )
    narrow = twin.vendi.high < real.vendi.low and twin.spread.high < real.spread.low
    words = (
        "The twin's takes are less varied than the held-out songs"
        if narrow
        else "The twin's takes are not shown to be less varied"
    )
    return Verdict(claim="as varied as the producer", proven=not narrow, words=f"{words}: {told}.")


def _whole(found: ProofFigures) -> Verdict:
    twin, base = found.faults["twin"], found.faults["base"]
    words = f"{percent(twin.share)} of the twin's takes and {percent(base.share)} of the base's have a defect"
    worse = twin.share.low > base.share.high
    return Verdict(claim="no more defects than the base", proven=not worse, words=words + ".")


def _distinct(embedder: str, found: Distinctness) -> Verdict:
    twin = found.recall["twin"]
    sure = twin.low > found.chance
    told = (
        f"macro-recall {percent(twin)}, chance {found.chance:.0%}, held-out songs {percent(found.recall['holdout'])}, {embedder}"
    )
    pairs = f"; {len(found.indistinct)} pair(s) are not shown to be told apart" if found.indistinct else ""
    words = "The twin's styles can be told" if sure else "Not proven that the twin's styles can be told"
    return Verdict(claim="its styles can be told", proven=sure, words=f"{words}: {told}{pairs}.")


def _no_verdict(embedder: str, why: str) -> Verdict:
    return Verdict(claim=f"measured by {embedder}", proven=None, words=f"{embedder} is not used: {why}.")
