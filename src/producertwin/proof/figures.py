"""From everything that was measured to the figures of a proof."""

from __future__ import annotations

from collections.abc import Mapping

from ..metrics.sensitivity import Curves
from ..recipe import Record
from .classification import Distinct, Specific, distinctness, specificity
from .copies import Copies
from .nearness import Nearness, claimed, nearness, withheld
from .plan import ProofPlan
from .prompt_adherence import Agreement, Faults, Kept, agreement, faults, obedience
from .readings import Heard


class EarFigures(Record):
    """What one embedder says. What it cannot say is None, and `why_not` tells the reason."""

    nearness: Nearness | None
    specific: Specific | None
    distinct: Distinct | None
    agreement: dict[str, Agreement]
    """By side; empty for an embedder that does not read."""
    curves: Curves | None
    """How its distances answer to planted degradations; None where that was not looked at."""
    why_not: dict[str, str]


class Verdict(Record):
    """One thing a person wants to know, in words."""

    claim: str
    proven: bool | None
    """None where it cannot be claimed either way."""
    words: str


class Subject(Record):
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
    train: int
    others: int


class ProofFigures(Record):
    """The result of a proof."""

    subject: Subject
    plan: ProofPlan
    ears: dict[str, EarFigures]
    """By embedder; the first one decides where one figure is asked for."""
    refused: dict[str, str]
    """Embedders that hear nothing, and how that was seen."""
    kept: dict[str, Kept]
    """Tempo and key."""
    faults: dict[str, Faults]
    """Defects by side."""
    copies: Copies
    """What the twin repeats of its training songs."""
    verdicts: tuple[Verdict, ...] = ()

    @property
    def first(self) -> EarFigures | None:
        """What the deciding embedder says."""
        return next(iter(self.ears.values()), None)


def judge(
    subject: Subject,
    plan: ProofPlan,
    heard: Heard,
    ears: Mapping[str, str | None],
    curves: Mapping[str, Curves],
    copied: Copies,
) -> ProofFigures:
    """The figures of `heard`, verdicts excepted.

    `ears` maps every embedder to why it is refused, or to None; `curves` those that were checked to what was found.
    """
    sides = {"real": heard.real, "codec": heard.codec, "base": heard.base, "twin": heard.twin}
    return ProofFigures(
        subject=subject,
        plan=plan,
        ears={ear: _ear(plan, heard, ear, curves.get(ear)) for ear, refused in ears.items() if refused is None},
        refused={ear: refused for ear, refused in ears.items() if refused is not None},
        kept=obedience(heard, plan),
        faults={name: faults(side, plan) for name, side in sides.items()},
        copies=copied,
    )


def _ear(plan: ProofPlan, heard: Heard, ear: str, curves: Curves | None) -> EarFigures:
    near, why_near = claimed(lambda: nearness(plan, heard, ear))
    near = withheld(near, curves) if near and curves else near
    specific, why_specific = claimed(lambda: specificity(heard, ear, plan))
    distinct = distinctness(heard, ear, plan)
    told = {
        "nearness": why_near,
        "specific": why_specific,
        "distinct": "" if distinct else "fewer than two styles have enough songs",
    }
    return EarFigures(
        nearness=near,
        specific=specific,
        distinct=distinct,
        agreement=agreement(heard, ear, plan),
        curves=curves,
        why_not={name: why for name, why in told.items() if why},
    )
