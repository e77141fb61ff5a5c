"""The report of a proof: one page of verdicts, figures, pictures and players.

Pictures stand inside the page; the sounds lie beside it, so the folder is handed on as a whole. Every figure has its interval,
its embedder and its songs; whatever people wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ..metrics.formatting import percent, plain
from ..metrics.statistics import Interval
from ..reporting.html import SOUNDS_BESIDE, Markup, cell, document, figures, section, table
from .figures import ProofFigures, ProofFiguresOfEmbedder
from .nearness import Near, Nearness
from .thumbnails import confusion

WORDS: Final = {
    "real": "held-out songs",
    "holdout": "held-out songs",
    "codec": "held-out songs through the codec",
    "base": "base",
    "twin": "twin",
}
"""What a side is called."""
_OUTCOME: Final = {True: "holds", False: "not proven", None: "cannot be claimed"}
_RULES: Final = """\
audio { width: 15rem; height: 2.2rem; display: block; }
td img { display: block; max-width: 100%; height: auto; margin-bottom: .3rem; }
svg.confusion { width: auto; height: auto; max-width: 100%; }
.confusion text { fill: var(--faint); font-size: 11px; }
.confusion rect { fill: var(--body); stroke: var(--grid); stroke-width: .5; }
ol.verdicts li { margin: .4rem 0; max-width: 60rem; }
ol.verdicts strong { font-weight: 600; }
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One prompt on the page: its words, and the sounds of every side with their pictures."""

    style: str
    title: str
    caption: str
    sounds: tuple[tuple[str, str, Markup], ...]
    """Side, address beside the page, picture."""


def page(found: ProofFigures, samples: Sequence[Sample]) -> str:
    """The whole page."""
    parts = [
        section("Verdicts", _verdicts(found)),
        section("Songs", figures(_counts(found))),
        section("Nearness", Markup("".join(_nearness(embedder, one) for embedder, one in found.ears.items()))),
        section("Producer told", _specific(found)),
        section("Captions", _agreement(found)),
        section("Tempo and key", table("What prompts ask for, and how it is kept", _KEPT, _adherence_rows(found))),
        section("Defects", table("Takes with a defect", _FAULTS, _faults(found))),
        section("Styles told", _distinct(found)),
        section("Copies", _copies(found)),
        section("Samples", table("The same prompts, the same seeds", _SAMPLES, map(_sample, samples))),
        section("How this was made", _paragraph(_method(found))),
    ]
    title = f"Does the twin of {found.subject.producer} play like {found.subject.producer}?"
    return document(title, "\n".join(parts), main="verdicts", loads=SOUNDS_BESIDE, rules=_RULES)


def _verdicts(found: ProofFigures) -> Markup:
    lines = (f"<li><strong>{escape(_OUTCOME[one.proven])}</strong>: {cell(one.words)}</li>" for one in found.verdicts)
    return Markup(f'<ol class="verdicts">{"".join(lines)}</ol>')


def _counts(found: ProofFigures) -> list[tuple[str, str]]:
    about, plan = found.subject, found.plan
    facts = {"held-out prompts": about.prompts, "takes of each": plan.takes, "training songs": about.train}
    facts |= {"songs of others": about.others}
    return [*((word, str(count)) for word, count in facts.items()), ("seconds each", f"{plan.seconds:g}")]


_NEAR: Final = ("set", "Fréchet", "Fréchet at infinity", "KAD", "Vendi score", "mean distance of two")


def _nearness(embedder: str, one: ProofFiguresOfEmbedder) -> Markup:
    near = one.nearness
    if near is None:
        return _paragraph(f"{embedder}: {one.why_not['nearness']}")
    gain = f"style gain {plain(near.gain, 2)}" if near.gain else f"no style gain: {near.why}"
    caption = (
        f"{near.ear}, {near.songs} songs; {gain}; floor {plain(near.floor, 3)} of real against real at {near.floor_songs} songs"
    )
    return table(caption, _NEAR, _near_rows(near))


def _near_rows(near: Nearness) -> Iterator[tuple[str, ...]]:
    for name, side in near.sides.items():
        yield WORDS[name], _maybe(side.frechet), _infinite(side), _maybe(side.kad), plain(side.vendi, 1), plain(side.spread, 2)


def _infinite(side: Near) -> str:
    far = side.infinite
    return "" if far is None else f"{plain(far.interval, 3)}, R² {far.r2:.2f}, {far.count} songs"


def _maybe(value: Interval | None) -> str:
    return "" if value is None else plain(value, 3)


_SPECIFIC: Final = ("embedder", "twin", "base", "held-out songs", "songs of other producers")


def _specific(found: ProofFigures) -> Markup:
    rows = [
        (
            embedder,
            *(percent(share) for share in (one.specific.twin, one.specific.base, one.specific.holdout, one.specific.alarms)),
        )
        for embedder, one in found.ears.items()
        if one.specific is not None
    ]
    if not rows:
        why = next((one.why_not["specific"] for one in found.ears.values() if "specific" in one.why_not), "nothing was measured")
        return _paragraph(f"Specificity cannot be claimed: {why}.")
    return table("Share told as the producer by a linear probe", _SPECIFIC, rows)


_AGREEMENT: Final = ("set", "embedder", "R@1", "median rank", "paired less shuffled cosine")


def _agreement(found: ProofFigures) -> Markup:
    rows = [
        (WORDS[side], embedder, percent(said.first), plain(said.median_rank, 1), plain(said.gap, 3))
        for embedder, one in found.ears.items()
        for side, said in one.agreement.items()
    ]
    return table(f"Captions and sounds find each other among {found.subject.prompts}", _AGREEMENT, rows)


_KEPT: Final = ("asked for", "songs", "held-out songs", "base", "twin", "twin less base", "chance")


def _adherence_rows(found: ProofFigures) -> Iterator[tuple[str, ...]]:
    for name, kept in found.kept.items():
        chance = "" if kept.chance is None else f"{kept.chance:.0%}"
        shares = (percent(share) for share in (kept.real, kept.base, kept.twin, kept.difference))
        yield name, str(kept.songs), *shares, chance


_FAULTS: Final = ("set", "takes", "with a defect", "which", "clicks per take")


def _faults(found: ProofFigures) -> Iterator[tuple[str, ...]]:
    for name, one in found.faults.items():
        kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in one.by_kind.items() if count)
        yield WORDS[name], str(one.takes), percent(one.share), kinds, plain(one.clicks, 1)


def _distinct(found: ProofFigures) -> Markup:
    parts: list[str] = []
    for embedder, one in found.ears.items():
        told = one.distinct
        if told is None:
            parts.append(_paragraph(f"{embedder}: {one.why_not['distinct']}"))
            continue
        recall = ", ".join(f"{WORDS[side]} {percent(share)}" for side, share in told.recall.items())
        parts.append(_paragraph(f"{embedder}: macro-recall {recall}; chance {told.chance:.0%}"))
        parts.append(confusion(told.confusion, told.styles))
        pairs = ((f"{pair.first} and {pair.second}", percent(pair.right)) for pair in told.indistinct)
        parts.append(table("Pairs that are not shown to be told apart", ("styles", "told right"), pairs))
    return Markup("".join(parts))


_COPIES: Final = ("take", "at", "training song", "at", "semitones", "likeness")


def _copies(found: ProofFigures) -> Markup:
    memory = found.copies.found
    if memory is None:
        return _paragraph(f"Nobody could look for copies: {found.copies.why}.")
    rows = (
        (
            one.take,
            f"{one.take_start:.1f}-{one.take_end:.1f} s",
            one.track,
            f"{one.track_start:.1f} s",
            f"{one.semitones:+g}",
            f"{one.likeness.correlation:.2f}",
        )
        for one in memory.passages
    )
    caption = f"Takes that repeat a training song more than honest siblings do (a score over {memory.threshold:.2f})"
    return table(caption, _COPIES, rows)


_SAMPLES: Final = ("style", "song", "base", "twin", "held-out song", "prompt")


def _sample(sample: Sample) -> tuple[str, ...]:
    players = {
        side: Markup(
            f'{picture}<audio controls preload="none" src="{escape(address)}" '
            f'aria-label="{escape(f"{WORDS[side]}, {sample.title}")}"></audio>'
        )
        for side, address, picture in sample.sounds
    }
    return sample.style, sample.title, *(players.get(side, "") for side in ("base", "twin", "real")), sample.caption


def _paragraph(text: str) -> Markup:
    return Markup(f"<p>{cell(text)}</p>")


def _method(found: ProofFigures) -> str:
    about, plan = found.subject, found.plan
    steps = "the variant's own number of" if plan.steps is None else str(plan.steps)
    return (
        f"Producer Twin {about.version}; {about.variant} {about.revision}; adapter {about.adapter} at weight {plan.scale:g}; "
        f"{steps} steps; seed {plan.seed}. Base and twin play the words and facts of the held-out songs with the same seeds. "
        "Distances and intervals count songs. Sounds are brought to one loudness before they are embedded."
    )
