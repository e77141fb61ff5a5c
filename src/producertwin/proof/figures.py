"""From everything that was measured to the figures of a proof."""

from __future__ import annotations

from collections.abc import Mapping

from ..metrics.sensitivity import Sensitivity
from ..metrics.statistics import Interval
from ..recipe import Record
from .classification import Distinctness, Specificity, distinctness, specificity
from .copies import Copies
from .cross_validation import FoldedNearness, folded_nearness, folded_specificity
from .nearness import Nearness, drop_insensitive_distances, explain_insensitive, nearness, value_or_reason
from .plan import ProofPlan
from .prompt_adherence import Adherence, Agreement, Faults, agreement, faults, prompt_adherence
from .readings import Measurements
from .verdict import Verdict


class ProofFiguresOfEmbedder(Record):
    """What one embedder says. What it cannot say is None, and `why_not` tells the reason."""

    nearness: Nearness | None
    """None where the proof is by folds, too."""
    folded: FoldedNearness | None = None
    """Nearness of short twins across folds."""
    specific: Specificity | None
    distinct: Distinctness | None
    agreement: dict[str, Agreement]
    """By side; empty for an embedder that does not read."""
    curves: Sensitivity | None
    """How its distances answer to planted degradations; None where that was not looked at."""
    why_not: dict[str, str]

    @property
    def gain(self) -> Interval | None:
        """The style gain, however it was measured."""
        near = self.nearness or self.folded
        return near.gain if near else None


class ProofSubject(Record):
    """What was proved or not."""

    producer: str
    variant: str
    revision: str
    """Content hash of the instrument's weights."""
    adapter: str
    """Content hash of the adapter's weights."""
    version: str
    """Version of the program."""
    prompts: int
    """Songs whose captions were played."""
    train: int
    held: int
    """Songs that the twin itself did not learn from."""
    others: int
    folds: int = 0
    """Short twins that were judged in the twin's place; 0 where the twin itself was."""
    fold_steps: int = 0
    """Steps that each of them was trained for."""
    splits_groups: bool = False
    """Whether songs that are judged are of albums or sessions that were learned from."""


class ProofFigures(Record):
    """The result of a proof."""

    subject: ProofSubject
    plan: ProofPlan
    ears: dict[str, ProofFiguresOfEmbedder]
    """By embedder; the first one decides where one figure is asked for."""
    refused: dict[str, str]
    """Embedders that are refused because they have collapsed, and why."""
    kept: dict[str, Adherence]
    """Tempo and key."""
    faults: dict[str, Faults]
    """Defects by side."""
    copies: Copies
    """What the twin repeats of its training songs."""
    verdicts: tuple[Verdict, ...] = ()
    answer: str = ""
    """Does the twin play like its producer, in one sentence?"""
    basis: str = ""
    """What the answer rests on."""

    @property
    def first(self) -> ProofFiguresOfEmbedder | None:
        """What the deciding embedder says."""
        return next(iter(self.ears.values()), None)


def judge(
    subject: ProofSubject,
    plan: ProofPlan,
    measured: Measurements,
    ears: Mapping[str, str | None],
    curves: Mapping[str, Sensitivity],
    copied: Copies,
) -> ProofFigures:
    """The figures of `measured`, verdicts excepted.

    `ears` maps every embedder to why it is refused, or to None; `curves` those that were checked to what was found.
    """
    sides = {"real": measured.real, "codec": measured.codec, "base": measured.base, "twin": measured.twin}
    return ProofFigures(
        subject=subject,
        plan=plan,
        ears={
            embedder: _embedder_figures(plan, measured, embedder, curves.get(embedder))
            for embedder, refused in ears.items()
            if refused is None
        },
        refused={embedder: refused for embedder, refused in ears.items() if refused is not None},
        kept=prompt_adherence(measured, plan),
        faults={name: faults(side, plan) for name, side in sides.items()},
        copies=copied,
    )


def _embedder_figures(
    plan: ProofPlan, measured: Measurements, embedder: str, curves: Sensitivity | None
) -> ProofFiguresOfEmbedder:
    if measured.folds:
        return _folded_figures(plan, measured, embedder, curves)
    near, why_near = value_or_reason(lambda: nearness(plan, measured, embedder))
    near = drop_insensitive_distances(near, curves) if near and curves else near
    specific, why_specific = value_or_reason(lambda: specificity(measured, embedder, plan))
    distinct = distinctness(measured, embedder, plan)
    told = {
        "nearness": why_near,
        "specific": why_specific,
        "distinct": "" if distinct else "fewer than two styles have enough songs",
    }
    return ProofFiguresOfEmbedder(
        nearness=near,
        specific=specific,
        distinct=distinct,
        agreement=agreement(measured, embedder, plan),
        curves=curves,
        why_not={name: why for name, why in told.items() if why},
    )


def _folded_figures(plan: ProofPlan, measured: Measurements, embedder: str, curves: Sensitivity | None) -> ProofFiguresOfEmbedder:
    near, why_near = value_or_reason(lambda: folded_nearness(plan, measured, embedder))
    if near and curves and (deaf := explain_insensitive(curves)):
        near = near.model_copy(update={"gain": None, "why": deaf})
    specific, why_specific = value_or_reason(lambda: folded_specificity(measured, embedder, plan))
    told = {"nearness": why_near, "specific": why_specific, "distinct": "too few songs of every style are outside a fold"}
    return ProofFiguresOfEmbedder(
        nearness=None,
        folded=near,
        specific=specific,
        distinct=None,
        agreement=agreement(measured, embedder, plan),
        curves=curves,
        why_not={name: why for name, why in told.items() if why},
    )
