"""`twin improve --rounds` on tiny: rounds are kept or end by the judge, and go on after a kill to the same weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dpo_kit import digest, write_recipe
from producertwin.errors import BadInput, Unavailable
from producertwin.library import Take
from producertwin.library.lock import hold_work
from producertwin.metrics.statistics import Interval
from producertwin.preferences import rounds as records
from producertwin.preferences.comparison import Comparison, ScorerComparison
from producertwin.progress import finish
from producertwin.recipe import read
from producertwin.verbs import inspect, pairs_make, rounds, scorers
from producertwin.verbs.improve import ImprovePlan
from producertwin.verbs.studio import Studio


def by_adapter(better: Callable[[int], bool]) -> Callable[[Studio], Callable[[Take], float]]:
    """A scorer of takes by their seed, to which those of an adapter are better where `better` says so of how many there were."""
    known: list[str] = []

    def score(take: Take) -> float:
        worn = "".join(one.revision for one in take.adapters)
        if worn and worn not in known:
            known.append(worn)
        gains = sum(1.0 if better(number + 1) else -1.0 for number in range(known.index(worn) + 1)) if worn else 0.0
        return take.seed % 7 + 10.0 * gains

    return lambda _: score


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    return write_recipe(tmp_path, training={"steps": 3, "save_every": 1}, dpo={"rise": 10.0, "beta": 50.0})


@pytest.fixture(autouse=True)
def listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the inspector nor the embedder is needed to tell the takes of tiny, which are noise, apart."""
    report = SimpleNamespace(score=10.0, parts=(), loudness=None)
    heard = SimpleNamespace(embed_audio=lambda _: SimpleNamespace(vector=np.ones(4)))
    monkeypatch.setattr(inspect, "inspect_take", lambda *_: report)
    monkeypatch.setattr(Studio, "load_embedder", lambda _: heard)


@pytest.fixture
def pairs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> str:
    """A set of candidates of tiny; the scorer it is paired by likes every adapter, the judge likes the first two."""
    monkeypatch.setitem(scorers.SCORERS, "meters", by_adapter(lambda _: True))
    monkeypatch.setitem(scorers.SCORERS, "caption", by_adapter(lambda number: number < 3))
    usual = {"n": 4, "takes": 2, "seconds": 2.0, "variant": "tiny", "guide": "none", "scorers": ("meters",), "least_margin": 0.0}
    return finish(pairs_make.make_pairs(read(pairs_make.MakePairsPlan, usual, where="plan"), studio)).set.id


def plan(recipe: str, pairs: str | None, **fields: object) -> ImprovePlan:
    usual = {"producer": "Mara Vale", "by": "dpo", "variant": "tiny", "recipe": recipe, "pairs": pairs, "judges": ("caption",)}
    return ImprovePlan.model_validate(usual | {"rounds": 5, "proof": 10} | fields)


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, name: str, call: int) -> Iterator[None]:
    """The process is gone at the `call`th time it does what `name` of the verb's module does."""
    real, count = getattr(rounds, name), [0]

    def die(*given: object) -> object:
        count[0] += 1
        if count[0] == call:
            raise MemoryError("killed")
        return real(*given)

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(rounds, name, die)
        yield


@pytest.mark.thorough
def test_rounds_end_where_no_judge_hears_a_gain_and_the_best_is_kept(studio: Studio, pairs: str, recipe: str) -> None:
    done = finish(rounds.improve_in_rounds(plan(recipe, pairs), studio))
    assert [one.kept for one in done.rounds] == [True, True, False], [one.why for one in done.rounds]
    assert done.best is not None and done.best.number == 2 and "rises, and no judge does" in done.why
    assert done.rounds[0].pairs == pairs and len({one.pairs for one in done.rounds}) == 3
    runs = studio.library.runs
    starts = [runs.get(one.run).start for one in done.rounds]
    assert starts == [None, done.rounds[0].adapter, done.rounds[1].adapter]  # each begins with the best so far
    assert done.rounds[1].before == done.rounds[0].after  # what was proven is the beginning of the next proof
    told = json.loads((runs.folder(runs.get(done.rounds[2].run)) / records.TABLE).read_text())
    assert told["kept"] is False and told["comparison"]["takes"] == 20
    again = finish(rounds.improve_in_rounds(plan(recipe, pairs, rounds=9), studio))
    assert again == done and len(runs.list()) == 3  # what has ended is not begun again


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "call"), [("make_pairs", 2), ("improve", 2), ("compare_sets", 1)])
def test_rounds_that_were_killed_go_on_to_the_same_weights(
    studio: Studio, pairs: str, recipe: str, monkeypatch: pytest.MonkeyPatch, name: str, call: int
) -> None:
    asked = plan(recipe, pairs, rounds=2)
    with killed_at(monkeypatch, name, call):
        finish(rounds.improve_in_rounds(asked, studio))
    resumed = finish(rounds.improve_in_rounds(asked, studio))
    assert len(studio.library.runs.list()) == 2 and [one.kept for one in resumed.rounds] == [True, True]
    whole = finish(rounds.improve_in_rounds(asked.model_copy(update={"producer": "Another"}), studio))
    assert [digest(one.adapter) for one in resumed.rounds] == [digest(one.adapter) for one in whole.rounds]


@pytest.mark.thorough
def test_more_rounds_go_on_after_those_that_were_asked_for(studio: Studio, pairs: str, recipe: str) -> None:
    first = finish(rounds.improve_in_rounds(plan(recipe, pairs, rounds=1), studio))
    assert len(first.rounds) == 1 and first.why == "no more rounds were asked for"
    both = finish(rounds.improve_in_rounds(plan(recipe, pairs, rounds=2), studio))
    assert both.rounds[0] == first.rounds[0] and len(both.rounds) == 2
    [folder] = (studio.settings.studio / records.FOLDER).iterdir()
    with hold_work(folder, "held"), pytest.raises(Unavailable, match="another process makes the rounds"):
        finish(rounds.improve_in_rounds(plan(recipe, pairs, rounds=3), studio))


@pytest.mark.thorough
def test_rounds_without_a_set_or_a_judge_are_refused(studio: Studio, pairs: str, recipe: str) -> None:
    with pytest.raises(BadInput, match="named"):
        rounds.plan_rounds(plan(recipe, None), studio)
    with pytest.raises(BadInput, match="nobody else judges"):
        rounds.plan_rounds(plan(recipe, pairs, judges=("meters",)), studio)
    assert rounds.plan_rounds(plan(recipe, pairs, judges=()), studio).judges == ("caption", "inspector")


def comparison(*, alarms: tuple[str, ...] = (), low: float = 0.6) -> Comparison:
    wins, nothing = Interval(0.7, low, 0.8), Interval(0.0, 0.0, 0.0)
    scorers = (
        ScorerComparison("meters", True, Interval(0.9, 0.8, 1.0), nothing, (1.0, 1.0)),
        ScorerComparison("caption", False, wins, nothing, (1.0, 1.0)),
    )
    return Comparison(10, 20, scorers, 0, {}, alarms)


@pytest.mark.parametrize(
    ("found", "kept", "told"),
    [
        (comparison(), True, "caption, which was not learned from, prefers it in 70%"),
        (comparison(low=0.45), False, "no judge hears a gain: caption 70%"),
        (comparison(alarms=("takes of a prompt are more alike: -0.2",)), False, "more alike"),
    ],
)
def test_a_round_is_kept_where_a_judge_hears_it_and_nothing_else_was_paid(found: Comparison, kept: bool, told: str) -> None:
    judged, why = records.judge_round(found)
    assert judged is kept and told in why
