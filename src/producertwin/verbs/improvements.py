"""What came of `twin improve`: every run that did so, what it learned from, and how its takes compare with those before it.

A run that improves has an `improvement.json` beside its `run.json`. Comparisons are derived: two sets of candidates of one plan,
the second played with what the run made, the first with what it began with.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from ..disk import write_json
from ..errors import BadInput, NotFound
from ..library import adapters as installed
from ..library.runs import ADAPTER
from ..progress import Event, Kept, Steps, relay
from ..recipe import Record, read
from ..untrusted import read_object
from .runs import RunSummary, list_runs
from .studio import Studio

if TYPE_CHECKING:
    from ..library.adapters import InstalledTwin
    from ..library.runs import Run
    from ..preferences.comparison import Comparison
    from ..preferences.store import PairSet

__all__ = [
    "Improvement",
    "ImprovementFacts",
    "SetComparison",
    "describe_improvements",
    "find_improvements",
    "install_run",
    "list_improvements",
    "note_run",
]

T = TypeVar("T")
FACTS: Final = "improvement.json"


class ImprovementFacts(Record):
    """What a run learned from."""

    by: Literal["keepers", "dpo"]
    pairs: str
    """Id of the set of pairs."""
    start: str | None = None
    """The adapter it began with; None for nothing."""


@dataclass(frozen=True, slots=True)
class SetComparison:
    """Two sets of candidates held against each other."""

    before: str
    """Id of the set that was played with what the run began with."""
    after: str
    """Id of the set that was played with what it made."""
    comparison: Comparison
    taught: tuple[str, ...]
    """Scorers that were learned from."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """A run that improves a twin."""

    summary: RunSummary
    facts: ImprovementFacts
    has_adapter: bool
    """Whether it came to its end."""
    is_installed: bool
    """Whether what it made is the producer's twin now."""
    comparison: SetComparison | None
    """None where no two sets were made to compare."""
    why_not: str
    """Why two sets that were made cannot be compared; empty else."""


def note_run(work: Steps[T], facts: ImprovementFacts, studio: Studio) -> Steps[T]:
    """`work`, which begins a run or goes on with one: `facts` are kept with that run as soon as it is there."""

    def keep(event: Event) -> Iterator[Event]:
        if isinstance(event, Kept) and event.run:
            write_json(studio.library.runs.folder(studio.library.runs.get(event.run)) / FACTS, facts.model_dump(mode="json"))
        yield event

    return (yield from relay(work, keep))


def list_improvements(studio: Studio, producer: str | None = None) -> tuple[Improvement, ...]:
    """Every run that improves a twin, or those of one producer, the newest first."""
    return describe_improvements(find_improvements(studio, producer), studio)


def find_improvements(studio: Studio, producer: str | None = None) -> tuple[tuple[RunSummary, ImprovementFacts], ...]:
    """The runs of `list_improvements` with what they learned from, which is quickly known."""
    found = []
    for one in list_runs(studio, producer).runs:
        try:
            data = read_object(studio.library.runs.folder(one.run) / FACTS)
            found.append((one, read(ImprovementFacts, data, where=FACTS)))
        except (NotFound, BadInput):  # a training on tracks
            continue
    return tuple(found)


def describe_improvements(runs: Sequence[tuple[RunSummary, ImprovementFacts]], studio: Studio) -> tuple[Improvement, ...]:
    """How each of the `runs` stands, and how its takes compare with those before it: sets of candidates are read for that."""
    from ..preferences import store

    sets, _ = store.survey(studio.settings.studio)
    known = {one.slug: one for one in installed.list_installed(studio.settings.studio)}
    found = []
    for one, facts in runs:
        adapter = studio.library.runs.folder(one.run) / ADAPTER
        compared, why_not = _compare(one.run, facts, sets, studio)
        twin = known.get(installed.slug(one.run.producer))
        found.append(Improvement(one, facts, adapter.is_dir(), _is_same(adapter, twin), compared, why_not))
    return tuple(found)


def install_run(key: str, studio: Studio) -> InstalledTwin:
    """Make what the run `key` made the twin of its producer; an earlier one is kept as a version.

    Raises `NotFound`, also for a run that did not come to its end, and as `library.adapters.install` does.
    """
    run = studio.library.runs.get(key)
    folder = studio.library.runs.folder(run) / ADAPTER
    if not folder.is_dir():
        raise NotFound(f"run {run.id} has no adapter: it is {run.status}", remedy="go on with it, or see `twin runs list`")
    return installed.install(folder, run.producer, studio.settings.studio)


def _is_same(adapter: Path, twin: InstalledTwin | None) -> bool:
    weights = adapter / installed.WEIGHTS
    if twin is None or not weights.is_file():
        return False
    other = twin.folder / installed.WEIGHTS
    return other.is_file() and filecmp.cmp(weights, other, shallow=False)


def _compare(run: Run, facts: ImprovementFacts, sets: tuple[PairSet, ...], studio: Studio) -> tuple[SetComparison | None, str]:
    """The newest two sets that were made to compare what `run` made, held against each other; else why they cannot be."""
    from .pairs import compare_sets

    played = [one for one in sets if _adapters_of(one.plan) == (run.id,)]
    began = () if facts.start is None else (_name(facts.start),)
    why = ""
    for after in sorted(played, key=lambda one: one.changed, reverse=True):
        alike = [one for one in sets if one.id != after.id and _without_adapters(one.plan) == _without_adapters(after.plan)]
        before = [one for one in alike if _adapters_of(one.plan) == began]
        if not before:
            continue
        first = max(before, key=lambda one: one.changed)
        taught = next((one for one in sets if one.id == facts.pairs), None)
        try:
            done = compare_sets(first.id, after.id, () if taught is None else (taught.id,), studio)
        except BadInput as error:
            why = why or error.message
            continue
        scorers = [] if taught is None else taught.plan.get("scorers", [])
        names = tuple(str(text).partition("=")[0].strip() for text in scorers)
        return SetComparison(first.id, after.id, done, names), ""
    return None, why


def _adapters_of(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """What the takes of a set were played with."""
    return tuple(_name(str(text)) for text in plan.get("adapters", ()))


def _name(text: str) -> str:
    """The one name of an adapter: of a run its id, of a producer's twin its folder's, whether it was named so or by its path."""
    parts = Path(text.partition(":")[0]).parts
    if len(parts) > 1 and parts[-1] == ADAPTER:
        return parts[-2]
    try:
        return installed.slug(parts[-1] if parts else "")
    except BadInput:
        return text


def _without_adapters(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plan.items() if name != "adapters"}
