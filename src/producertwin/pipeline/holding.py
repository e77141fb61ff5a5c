"""Plays a take again that does not keep what it is to hold, within its budget of tries, and keeps the best of them.

A take that lacks little gets another seed; one that lacks much, or did so twice, follows its guide more closely. What was not
reached is said, and never claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ..library import TakeDraft
from ..progress import Steps, note
from .fields import SEEDS
from .goals import OF_GUIDE, Goal, Held, judge, read_goals, tell_goals
from .stages import Generate, Stage

T = TypeVar("T")
"""What a stage works with."""
Drafts = list[tuple[TakeDraft, tuple[str, ...]]]
Perform = Callable[[Sequence[tuple[Stage, T]], str], Steps[Drafts]]
"""Plays parts together, with words for the progress."""
TRIES: Final = "hold_tries"
"""How often a take was played until it was kept, among its meters."""
MISSED: Final = "hold_missed"
"""How many goals it misses."""
STRONGER: Final = 0.15
"""What is added to a guide's strength."""
STRONGEST: Final = 0.85
"""The strength beyond which a take is little more than its guide."""
_FAR: Final = 0.1
"""What a take lacks that another seed will hardly bring."""
_STRIDE: Final = 1_000_003
"""Between the seeds of two tries, far from those of the other takes of a batch."""


def without_hold(stage: Generate) -> Generate:
    """The stage that plays once: what is stored with a take, so that it makes the same take again."""
    return stage.model_copy(update={"hold": "", "tries": Generate.model_fields["tries"].default})


def hold(
    parts: Sequence[tuple[Stage, T]], drafts: Drafts, perform: Perform[T], what: str, *, strongest: float = STRONGEST
) -> Steps[Drafts]:
    """`drafts` of `parts`, those that miss a goal replaced by the best of more tries; each says how it stands to its goals.

    No try follows its guide more closely than `strongest`, unless it was asked to.
    """
    asked = parts[0][0]
    if not isinstance(asked, Generate) or not asked.hold:
        return drafts
    goals = read_goals(asked.hold)
    plays = [_Play(stage, goals, draft) for (stage, _), draft in zip(parts, drafts, strict=True) if isinstance(stage, Generate)]
    for number in range(2, asked.tries + 1):
        again = [place for place, play in enumerate(plays) if play.held.missed]
        if not again:
            break
        tried = [plays[place].vary(number, strongest) for place in again]
        yield note(f"{what}: {'; '.join(plays[place].tell_next(stage) for place, stage in zip(again, tried, strict=True))}")
        made = yield from perform(
            [(stage, parts[place][1]) for place, stage in zip(again, tried, strict=True)],
            f"{what}, try {number} of {asked.tries}",
        )
        for place, stage, draft in zip(again, tried, made, strict=True):
            plays[place].add(stage, draft)
    found = []
    for play in plays:
        told = play.tell(what if len(plays) == 1 else f"{what}, seed {play.stage.play.seed}")
        if not play.held.missed:
            yield note(told)
        found.append(play.finish(told))
    return found


class _Play:
    """The tries of one take."""

    def __init__(self, asked: Generate, goals: tuple[Goal, ...], draft: tuple[TakeDraft, tuple[str, ...]]) -> None:
        self.goals, self.asked = goals, asked
        self.stage, self.draft = asked, draft
        self.last, self.held = asked, self._judge(draft)
        self.tries, self.misses = 1, 0

    def _judge(self, draft: tuple[TakeDraft, tuple[str, ...]]) -> Held:
        return judge(self.goals, draft[0].meters)

    def vary(self, number: int, strongest: float) -> Generate:
        """The stage of the next try: another seed, or more strength as well."""
        self.misses += 1
        guided = self.asked.guide == "band" and any(goal.name in OF_GUIDE for goal in self.held.missed)
        strength = self.last.guide_strength
        if guided and (self.held.short > _FAR or self.misses > 1) and strength < strongest:
            strength = round(min(strength + STRONGER, strongest), 3)
        seed = ((self.asked.play.seed or 0) + _STRIDE * (number - 1)) % SEEDS
        self.last = without_hold(self.asked).model_copy(
            update={"guide_strength": strength, "play": self.asked.play.model_copy(update={"seed": seed})}
        )
        return self.last

    def add(self, stage: Generate, draft: tuple[TakeDraft, tuple[str, ...]]) -> None:
        """Keep a try that is better than the best before it."""
        self.tries += 1
        held = self._judge(draft)
        if (len(held.missed), held.short) < (len(self.held.missed), self.held.short):
            self.stage, self.draft, self.held = stage, draft, held

    def tell_next(self, stage: Generate) -> str:
        """Why it is played again, and how."""
        stronger = stage.guide_strength != self.stage.guide_strength
        how = f"seed {stage.play.seed}" + (f", strength {stage.guide_strength:g}" if stronger else "")
        return f"{tell_goals(self.held.missed, self.draft[0].meters)}: played again ({how})"

    def tell(self, what: str) -> str:
        """What was reached, and in how many tries."""
        kept = tell_goals(self.goals, self.draft[0].meters)
        strength = f", strength {self.stage.guide_strength:g}" if self.stage.guide == "band" else ""
        how = f"seed {self.stage.play.seed}{strength}"
        if self.held.missed:
            tries = "one try" if self.tries == 1 else f"{self.tries} tries"
            return f"{what}: not held within {tries}: {kept}; the best is kept ({how})"
        return f"{what}: held: {kept} (try {self.tries}, {how})"

    def finish(self, told: str) -> tuple[TakeDraft, tuple[str, ...]]:
        """The draft that is kept, with what was reached among its meters; what was missed is among its warnings."""
        draft, warnings = self.draft
        meters = draft.meters | {TRIES: float(self.tries), MISSED: float(len(self.held.missed))}
        return draft.model_copy(update={"meters": meters}), (*warnings, *([told] if self.held.missed else []))
