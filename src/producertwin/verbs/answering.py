"""`twin listen` for listeners elsewhere: which trial comes next, its sounds, and their answer. Nothing tells the key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from .rate import keep_preferences
from .studio import Studio

if TYPE_CHECKING:
    from ..listening.answers import Answer
    from ..listening.trials import BlindTest, Side, Trial

__all__ = ["HeardTest", "Turn", "answer", "find_sound_of", "find_test", "find_turn", "list_tests"]


@dataclass(frozen=True, slots=True)
class HeardTest:
    """A test, and how many trials each listener has answered."""

    test: BlindTest
    answered: dict[str, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a listener hears next."""

    test: BlindTest
    answered: int
    """Trials that this listener has answered."""
    trial: Trial | None
    """None where all are answered."""


def list_tests(studio: Studio) -> list[HeardTest]:
    """Every test, the newest first."""
    from ..listening import store

    return [_stand(test, studio) for test in store.list_tests(studio.settings.studio)]


def find_test(key: str, studio: Studio) -> HeardTest:
    """The test whose id is or begins with `key`. Raises `NotFound`, or `BadInput` where several do."""
    from ..listening import store

    return _stand(store.find(key, studio.settings.studio), studio)


def find_turn(key: str, listener: str, studio: Studio) -> Turn:
    """What `listener` hears next in the test `key`. Raises as `find_test` does, and `BadInput` for no name of a listener."""
    from ..listening import store
    from ..listening.answers import check_listener

    check_listener(listener)
    test = store.find(key, studio.settings.studio)
    known = {one.trial for one in _answers(test, studio) if one.listener == listener}
    left = [trial for trial in test.trials if trial.id not in known]
    return Turn(test, len(known), left[0] if left else None)


def find_sound_of(key: str, trial: str, letter: str, studio: Studio) -> Path:
    """The file that is heard as `letter` in a trial. Raises `NotFound`."""
    from ..listening import store, trials

    test = store.find(key, studio.settings.studio)
    found = trials.find(test, trial)
    if found is None or letter not in found.files:
        raise NotFound(f"no sound {letter[:20]} in trial {trial[:20]}", remedy="ask what comes next in the test")
    return store.sound_of(test, found, letter, studio.settings.studio)


def answer(key: str, listener: str, trial: str, side: Side, seconds: float, studio: Studio) -> Turn:
    """Keep the answer of `listener` to a trial, which took `seconds`, and return what comes next.

    The same answer again is one; another one to the same trial is refused, since answers are never changed. Raises as
    `find_turn` does, and `NotFound` for a trial that is none.
    """
    from ..library.lock import hold_lock
    from ..listening import store, trials
    from ..listening.answers import Answer, append, check_listener
    from ..recipe import read

    check_listener(listener)
    home = studio.settings.studio
    test = store.find(key, home)
    if trials.find(test, trial) is None:
        raise NotFound(f"no trial {trial[:20]}", remedy="ask what comes next in the test")
    facts = {"test": test.id, "listener": listener, "trial": trial, "answer": side, "seconds": seconds, "at": datetime.now(UTC)}
    given = read(Answer, facts, where="answer")
    with hold_lock(home):
        before = [one for one in _answers(test, studio) if (one.listener, one.trial) == (listener, trial)]
        if not before:
            append(store.answers_of(test, home), given)
    keep_preferences(test, [*before, given][:1], studio)
    if before and before[0].answer != side:
        raise BadInput(f"trial {trial} is answered already", remedy="answers stay as they were given; go on with the next trial")
    return find_turn(test.id, listener, studio)


def _stand(test: BlindTest, studio: Studio) -> HeardTest:
    heard = {(one.listener, one.trial) for one in _answers(test, studio)}
    return HeardTest(test, dict(sorted(Counter(listener for listener, _ in heard).items())))


def _answers(test: BlindTest, studio: Studio) -> tuple[Answer, ...]:
    from ..listening import answers, store

    path = store.answers_of(test, studio.settings.studio)
    return answers.read(path, test).answers if path.exists() else ()
