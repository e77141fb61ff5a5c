"""The report of a proof: one page with its answer, what that rests on, verdicts, players, and all figures below.

Pictures stand inside the page. So do the sounds, or they lie beside it, and the folder is handed on as a whole. Every section
says in a line what it shows; every figure has its interval, its embedder and its songs; hashes stand at the end. Whatever people
wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ..metrics.formatting import percent, plain
from ..metrics.statistics import Interval
from ..reporting.html import SOUNDS_BESIDE, SOUNDS_INSIDE, Markup, cell, document, figures, section, table
from .confusion import confusion
from .cross_validation import FoldedNearness
from .figures import ProofFigures, ProofFiguresOfEmbedder
from .nearness import Near, Nearness
from .verdict import Verdict
from .verdicts import name_embedder

WORDS: Final = {
    "real": "held-out songs",
    "holdout": "held-out songs",
    "codec": "held-out songs through the codec",
    "base": "plain instrument",
    "twin": "twin",
}
"""What a side is called."""
_RULES: Final = """\
audio { width: 15rem; max-width: 100%; height: 2.2rem; display: block; }
.answer { font-size: 1.25rem; font-weight: 600; max-width: 48rem; }
.basis, section > p { max-width: 60rem; }
@media (max-width: 45rem) { audio, td img { width: 100%; } }
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
    """Side, address (beside the page, or of the sound itself), picture."""


EXPLAINED: Final = {
    "Verdicts": "What the figures below allow to say. Something holds only where its whole interval is on its side. "
    "Brackets hold 95% intervals.",
    "Hear it": "The same words and the same seed, played by the instrument alone and by the twin, beside the song they describe. "
    "A picture shows time from left to right and pitch from low to high: the brighter, the louder.",
    "Songs": "What was compared.",
    "Nearness": "How far each set of takes is from the producer's songs, by what an embedder measures of them; less is nearer. "
    "The style gain is the part of the way from the plain instrument (0) to real songs (1).",
    "Producer told": "A probe which can tell the producer's songs from others' hears the takes, and songs that are new to it.",
    "Captions": "Whether sounds and captions find each other. R@1: how often a caption's own sound fits it best. Median rank: "
    "its middle place among all sounds, 1 being best. Gap: by how much the own sound fits better than others, 0 being chance.",
    "Tempo and key": "How often takes have the tempo and the key that their words ask for; real songs show what can be measured.",
    "Defects": "How many takes are clipped, silent, cut off or otherwise broken.",
    "Styles told": "Whether takes of one style can be told from those of another, by a classifier that learned from real songs.",
    "Copies": "Passages of four seconds that resemble one training song more than songs of the producer resemble each other.",
    "How this was made": "Everything that makes it again.",
}
"""What each section shows, in a line."""
IN_PLACE: Final = "The short twins stand for the twin here, except where copies are looked for."
"""What is added where short twins were judged."""


def page(found: ProofFigures, samples: Sequence[Sample]) -> str:
    """The whole page."""
    kept = table("What the words ask for, and how it is kept", _KEPT, _adherence_rows(found))
    parts = {
        "Verdicts": _verdicts(found),
        "Hear it": table(_sample_caption(found), _SAMPLES, map(_sample, samples)),
        "Songs": figures(_counts(found)),
        "Nearness": Markup("".join(_nearness(embedder, one) for embedder, one in found.ears.items())),
        "Producer told": _specific(found),
        "Captions": _agreement(found),
        "Tempo and key": kept,
        "Defects": table("Takes with a defect", _FAULTS, _faults(found)),
        "Styles told": _distinct(found),
        "Copies": _copies(found),
        "How this was made": _paragraph(_method(found)),
    }
    top = f'<p class="answer">{cell(found.answer)}</p>\n<p class="basis">{cell(found.basis)}</p>'
    lines = EXPLAINED | ({"Verdicts": f"{EXPLAINED['Verdicts']} {IN_PLACE}"} if found.subject.folds else {})
    body = [section(name, Markup(_paragraph(lines[name]) + cell(part))) for name, part in parts.items()]
    title = f"Does the twin of {found.subject.producer} play like {found.subject.producer}?"
    loads = SOUNDS_INSIDE if found.plan.sounds == "inside" else SOUNDS_BESIDE
    return document(title, "\n".join([top, *body]), main="verdicts", loads=loads, rules=_RULES)


def _verdicts(found: ProofFigures) -> Markup:
    return Markup(f'<ol class="verdicts">{"".join(map(_verdict, found.verdicts))}</ol>')


def _verdict(one: Verdict) -> str:
    """Its outcome and its words, which may begin with the outcome."""
    if one.words.lower().startswith(one.outcome):
        end = len(one.outcome)
        return f"<li><strong>{one.words[:end]}</strong>{cell(one.words[end:])}</li>"
    return f"<li><strong>{one.outcome.capitalize()}</strong>: {cell(one.words)}</li>"


def _counts(found: ProofFigures) -> list[tuple[str, str]]:
    about, plan = found.subject, found.plan
    facts = {"songs whose words were played": about.prompts, "takes of each": plan.takes, "training songs": about.train}
    facts |= {"held-out songs": about.held, "songs of others": about.others}
    facts |= {"short twins": about.folds} if about.folds else {}
    return [*((word, str(count)) for word, count in facts.items()), ("length of each take", f"{plan.seconds:g} s")]


_NEAR: Final = ("set", "Fréchet", "Fréchet at infinity", "KAD", "Vendi score", "mean distance of two")


def _nearness(embedder: str, one: ProofFiguresOfEmbedder) -> Markup:
    near = one.nearness
    if one.folded is not None:
        return _folded_table(one.folded)
    if near is None:
        return _paragraph(f"{name_embedder(embedder)}: {one.why_not['nearness']}")
    gain = f"style gain {plain(near.gain, 2)}" if near.gain else f"no style gain: {near.why}"
    floor = f"floor {plain(near.floor, 3)} of real against real at {near.floor_songs} songs"
    caption = f"{name_embedder(near.ear)}, {near.songs} songs; {gain}; {floor}"
    return table(caption, _NEAR, _near_rows(near))


def _folded_table(near: FoldedNearness) -> Markup:
    gain = f"style gain {plain(near.gain, 2)}" if near.gain else f"no style gain: {near.why}"
    sides = (("plain instrument", near.base), ("short twins", near.twin), ("real songs through the codec", near.real))
    caption = f"{name_embedder(near.ear)}, {near.songs} songs in {near.folds} folds; {gain}"
    return table(caption, ("set", "mean squared distance from the real songs of its fold"), [(n, plain(v, 2)) for n, v in sides])


def _near_rows(near: Nearness) -> Iterator[tuple[str, ...]]:
    for name, side in near.sides.items():
        yield WORDS[name], _maybe(side.frechet), _infinite(side), _maybe(side.kad), plain(side.vendi, 1), plain(side.spread, 2)


def _infinite(side: Near) -> str:
    far = side.infinite
    return "" if far is None else f"{plain(far.interval, 3)}, R² {far.r2:.2f}, {far.count} songs"


def _maybe(value: Interval | None) -> str:
    return "" if value is None else plain(value, 3)


_SPECIFIC: Final = ("embedder", "twin", "plain instrument", "held-out songs", "songs of other producers")


def _specific(found: ProofFigures) -> Markup:
    rows = [
        (
            name_embedder(embedder),
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
        (WORDS[side], name_embedder(embedder), percent(said.first), plain(said.median_rank, 1), plain(said.gap, 3))
        for embedder, one in found.ears.items()
        for side, said in one.agreement.items()
    ]
    if not rows:
        return _paragraph("Nothing was measured: no embedder that heard these sounds reads captions.")
    return table(f"Captions and sounds find each other among {found.subject.prompts}", _AGREEMENT, rows)


_KEPT: Final = ("asked for", "songs", "held-out songs", "plain instrument", "twin", "twin less plain instrument", "chance")


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
            parts.append(_paragraph(f"{name_embedder(embedder)}: {one.why_not['distinct']}"))
            continue
        recall = ", ".join(f"{WORDS[side]} {percent(share)}" for side, share in told.recall.items())
        parts.append(_paragraph(f"{name_embedder(embedder)}: macro-recall {recall}; chance {told.chance:.0%}"))
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


_SAMPLES: Final = ("song", "style", "plain instrument", "twin", "real song", "words")


def _sample_caption(found: ProofFigures) -> str:
    """What the twin knew of the songs that are heard."""
    if found.subject.folds:
        return "The twin itself, which has learned from most of these songs; the short twins of the figures had not heard them"
    return "Songs that the twin has not heard"


def _sample(sample: Sample) -> tuple[str, ...]:
    players = {
        side: Markup(
            f'{picture}<audio controls preload="none" src="{escape(address)}" '
            f'aria-label="{escape(f"{WORDS[side]}, {sample.title}")}"></audio>'
        )
        for side, address, picture in sample.sounds
    }
    return sample.title, sample.style, *(players.get(side, "") for side in ("base", "twin", "real")), sample.caption


def _paragraph(text: str) -> Markup:
    return Markup(f"<p>{cell(text)}</p>")


def _method(found: ProofFigures) -> str:
    about, plan = found.subject, found.plan
    steps = "the variant's own number of steps" if plan.steps is None else "1 step" if plan.steps == 1 else f"{plan.steps} steps"
    embedders = ", ".join([*found.ears, *found.refused])
    return (
        f"Producer Twin {about.version}; {about.variant} {about.revision}; adapter {about.adapter} at weight {plan.scale:g}; "
        f"{steps}; seed {plan.seed}; embedders {embedders}. The plain instrument and the twin play the words and facts of "
        "the songs with the same seeds. Distances and intervals count songs. Sounds are brought to one loudness before they are "
        "embedded."
    )
