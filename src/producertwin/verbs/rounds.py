"""`twin improve --rounds N`: generate, score, learn, prove, and again, as long as a judge that was not learned from hears a gain.

A round plays the prompts of the set that was named with other seeds, by the best twin so far; learns from them; plays prompts
that nobody learns from, with the seeds with which the twin before played them; and holds the one against the other. What is not
better, or gives an alarm, ends the rounds, and the twin before is the best. Everything is kept where the single verbs keep it,
so rounds that were stopped or killed go on at the same step, to the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..disk import write_json
from ..errors import BadInput
from ..library.lock import hold_work
from ..progress import Kept, Steps, note
from .improve import NOTHING, ImprovePlan, find_parent, improve, plan_improve
from .pairs import compare_sets
from .pairs_make import MENDED, MakePairsPlan, make_pairs, plan_of, plan_pairs
from .scorers import OF_ANY, SCORERS
from .studio import Studio

if TYPE_CHECKING:
    from ..preferences.rounds import Round
    from ..preferences.store import PairSet

__all__ = ["ImprovedInRounds", "PlannedRounds", "improve_in_rounds", "plan_rounds"]

PROOF: Final = 1_000_000
"""What is added to a set's seed for the prompts that rounds are proven on."""


@dataclass(frozen=True, slots=True)
class PlannedRounds:
    """What rounds would begin with."""

    pairs: PairSet
    made: MakePairsPlan
    """How its candidates were made."""
    judges: tuple[str, ...]
    """Scorers that are not learned from."""
    start: Path | None
    """The adapter that they begin with; None for nothing."""


@dataclass(frozen=True, slots=True)
class ImprovedInRounds:
    """What came of rounds."""

    rounds: tuple[Round, ...]
    best: Round | None
    """The last that was kept; None where none was better than the beginning."""
    why: str
    """Why they ended."""


def plan_rounds(plan: ImprovePlan, studio: Studio) -> PlannedRounds:
    """Find what rounds begin with.

    Raises as `plan_improve` does, and `BadInput` where no set of candidates is named or nobody would judge.
    """
    from ..preferences import store

    studio.read_card(plan.variant)
    if plan.pairs is None:
        raise BadInput("rounds begin with a set that is named", remedy="give its id: --pairs ID; see twin pairs list")
    found = store.find(plan.pairs, studio.settings.studio)
    made = plan_of(found)
    if made is None:
        message = f"set {found.id} holds no candidates, so nothing says how others are made"
        raise BadInput(message, remedy="make a set of candidates: twin pairs make; its prompts are played again in every round")
    judges = tuple(name for name in plan.judges or OF_ANY if name.partition("=")[0] not in made.weights)
    if not judges:
        message = f"{', '.join(made.weights)} are learned from, and nobody else judges"
        raise BadInput(message, remedy=f"name a judge that is not learned from: --judge, of {', '.join(sorted(SCORERS))}")
    start = find_parent(plan, studio)
    plan_improve(plan.model_copy(update={"pairs": found.id, "rounds": None}), studio)
    plan_pairs(_proof_plan(made, judges, plan, start), studio)
    return PlannedRounds(found, made, judges, start)


def improve_in_rounds(plan: ImprovePlan, studio: Studio) -> Steps[ImprovedInRounds]:
    """Improve round by round, at most `plan.rounds`; the same plan again, also with more rounds, goes on where it was.

    Raises as `plan_rounds`, `make_pairs` and `improve` do, and `Unavailable` where another process makes these rounds.
    """
    from ..preferences import rounds

    planned = plan_rounds(plan, studio)
    facts = plan.model_dump(mode="json", exclude={"rounds", "start", "pairs"})
    facts |= {"pairs": planned.pairs.id, "start": None if planned.start is None else str(planned.start), "judges": planned.judges}
    folder = rounds.open_rounds(studio.settings.studio, facts)
    with hold_work(folder, f"another process makes the rounds {folder.name}"):
        found = rounds.read_rounds(folder)
        while len(found) < (plan.rounds or 0) or (found and not found[-1].why):
            if found and found[-1].why and not found[-1].kept:
                break
            yield from _go_on(plan, planned, found, folder, studio)
        kept = [one for one in found if one.kept]
        why = found[-1].why if not found[-1].kept else "no more rounds were asked for"
        return ImprovedInRounds(tuple(found), kept[-1] if kept else None, why)


def _go_on(plan: ImprovePlan, planned: PlannedRounds, found: list[Round], folder: Path, studio: Studio) -> Steps[None]:
    """Do the next half of a round: learn, or prove what was learned."""
    from ..preferences import rounds

    if not found or found[-1].why:
        start = Path(found[-1].adapter) if found else planned.start
        found.append((yield from _learn(plan, planned, len(found) + 1, start, studio)))
    else:
        found[-1] = yield from _prove(plan, planned, found, studio)
    rounds.keep_rounds(folder, found)
    yield Kept(f"round {found[-1].number}", run=found[-1].run)


def _learn(plan: ImprovePlan, planned: PlannedRounds, number: int, start: Path | None, studio: Studio) -> Steps[Round]:
    """Play and score candidates by the twin `start`, and learn from them; the first round learns from the set that was named."""
    from ..preferences.rounds import Round

    name = planned.pairs.id
    yield note(f"round {number}: candidates")
    if number > 1:
        changes: dict[str, object] = {"seed": planned.made.seed + number - 1, "adapters": () if start is None else (str(start),)}
        name = (yield from make_pairs(_again(planned.made, changes), studio)).set.id
    yield note(f"round {number}: learning from set {name}")
    asked = plan.model_copy(update={"pairs": name, "start": NOTHING if start is None else str(start), "rounds": None})
    done = yield from improve(asked, studio)
    return Round(number=number, by=plan.by, pairs=name, run=done.run.id, adapter=str(done.adapter))


def _prove(plan: ImprovePlan, planned: PlannedRounds, found: list[Round], studio: Studio) -> Steps[Round]:
    """Hold what was learned last against the twin before, on prompts that nobody learned from, and keep the table in its run."""
    from ..preferences import rounds

    learned, sets = found[-1], list[str]()
    before = Path(found[-2].adapter) if len(found) > 1 else planned.start
    for adapter in (before, Path(learned.adapter)):
        yield note(f"round {learned.number}: proving, {'what was learned' if sets else 'the twin before'}")
        sets.append((yield from make_pairs(_proof_plan(planned.made, planned.judges, plan, adapter), studio)).set.id)
    comparison = compare_sets(sets[0], sets[1], [one.pairs for one in found], studio)
    kept, why = rounds.judge_round(comparison)
    facts = {"before": sets[0], "after": sets[1], "comparison": rounds.as_table(comparison), "kept": kept, "why": why}
    proven = learned.model_copy(update=facts)
    run = studio.library.runs.get(learned.run)
    write_json(studio.library.runs.folder(run) / rounds.TABLE, proven.model_dump(mode="json"))
    yield note(f"round {learned.number}: {'kept' if kept else 'not kept'}: {why}")
    return proven


def _proof_plan(made: MakePairsPlan, judges: tuple[str, ...], asked: ImprovePlan, adapter: Path | None) -> MakePairsPlan:
    """The candidates that a twin is proven by: other prompts and seeds than those that are learned from, and the judges'
    scores."""
    adapters = () if adapter is None else (str(adapter),)
    seed = (made.seed + PROOF) % 2**31
    changes = {"n": asked.proof, "seed": seed, "scorers": (*made.scorers, *judges), "adapters": adapters}
    return _again(made, changes | ({"vary": None} if made.vary == MENDED else {}))


def _again(made: MakePairsPlan, changes: dict[str, object]) -> MakePairsPlan:
    """The plan of a set with `changes`, made whole by this process."""
    return MakePairsPlan.model_validate(made.model_dump() | {"budget": None, "part": "1/1"} | changes)
