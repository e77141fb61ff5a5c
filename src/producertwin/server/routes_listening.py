"""Blind listening tests: what is heard next, the answers, and what they prove. What is behind a letter is never told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import Field

from ..library.trash import TrashEntry
from ..listening.plan import WORDING, Question
from ..listening.trials import Side
from ..progress import finish
from ..recipe import Record
from ..verbs import answering
from ..verbs import listen as verb
from .answers import Page, answer, page
from .bodies import JsonRoute
from .media import media_type, send_file
from .served import Cursor, Here, Limit
from .sounds import BINARY

router = APIRouter(prefix="/v1/listening", tags=["listening"], route_class=JsonRoute)

LISTENER: Final = "studio"
"""Who hears a test where nobody is named."""
TestId = Annotated[str, PathParameter(pattern="^[a-z2-7]{1,12}$", description="Id of a test, or its beginning.")]
Listener = Annotated[str, Query(min_length=1, max_length=60, description="Whose answers; each goes on where they stopped.")]


class ListeningFacts(Record):
    """A blind test, without its key."""

    id: str
    created: datetime
    title: str
    note: str
    """Words to the listeners."""
    question: Question
    asks: str
    """The question in words."""
    letters: tuple[str, ...]
    """What is heard in every trial, in this order."""
    pairs: int
    trials: int
    """All of them: the pairs, and hidden ones that check the listener."""
    seconds: float
    """Length of every sound."""
    heard: float
    """Seconds of each sound that are to be heard before an answer."""
    listeners: int
    """Listeners it is meant for."""
    answered: dict[str, int]
    """Trials that each listener has answered."""


class NextTrial(Record):
    """What a listener hears next."""

    test: str
    listener: str
    answered: int
    """Trials that this listener has answered."""
    trials: int
    trial: str | None
    """Absent where all are answered: ask for the result."""


class TrialAnswer(Record):
    """What a listener says of a trial."""

    listener: str = Field(LISTENER, min_length=1, max_length=60)
    trial: str = Field(max_length=10)
    answer: Side
    seconds: float = Field(0.0, ge=0.0, le=1e6)
    """From the question to the answer."""


class ShareFacts(Record):
    """How often something was so, of how many, and the bounds of its share."""

    count: int
    of: int
    low: float | None
    """Absent, as `high`, where none counts."""
    high: float | None


class ListenerFacts(Record):
    """One listener's answers, counted."""

    name: str
    answered: int
    right: int
    of: int
    left_out: str | None
    """Why the answers do not count; absent where they do."""


class ListeningResult(Record):
    """What the answers of a test prove."""

    test: str
    question: Question
    right: ShareFacts
    """Pairs answered right, or with the twin where it is a matter of taste; half of them is guessing."""
    better: float
    """p: right more often than by guessing."""
    passes: bool
    """Whether it is proven that listeners are right less often than the margin."""
    margin: float
    complete: bool
    """Whether as many listeners count as the test was meant for."""
    listeners: tuple[ListenerFacts, ...]
    verdicts: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    """Name and figure, as people read them."""
    warnings: tuple[str, ...]


@router.get("", operation_id="list_listening_tests", response_model=Page[ListeningFacts])
def list_tests(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the blind tests, the newest first. A job of the kind `listen` prepares one."""
    return answer(request, page([_facts(one) for one in answering.list_tests(here.studio)], limit, cursor))


@router.get("/{test}", operation_id="read_listening_test", response_model=ListeningFacts)
def read_test(request: Request, test: TestId, here: Here) -> Response:
    """Read what a test asks, and how far each listener is."""
    return answer(request, _facts(answering.find_test(test, here.studio)))


@router.get("/{test}/next", operation_id="read_next_trial", response_model=NextTrial)
def read_next(request: Request, test: TestId, here: Here, listener: Listener = LISTENER) -> Response:
    """Read which trial a listener hears next."""
    return answer(request, _turn(answering.find_turn(test, listener, here.studio), listener))


@router.get("/{test}/trials/{trial}/{letter}/audio", operation_id="read_trial_audio", response_class=Response, responses=BINARY)
def read_trial_audio(request: Request, test: TestId, trial: str, letter: str, here: Here) -> Response:
    """Send the sound behind a letter of a trial, or one range of its bytes; neither its name nor its size tells what it is."""
    path = answering.find_sound_of(test, trial, letter, here.studio)
    return send_file(request, path, tag=path.stem, media=media_type(path), lasts=True)


@router.post("/{test}/answers", operation_id="answer_trial", response_model=NextTrial)
def answer_trial(request: Request, test: TestId, said: TrialAnswer, here: Here) -> Response:
    """Keep an answer for good, and read what comes next. The same answer again changes nothing; another one is refused."""
    turn = answering.answer(test, said.listener, said.trial, said.answer, said.seconds, here.studio)
    return answer(request, _turn(turn, said.listener))


@router.get("/{test}/result", operation_id="read_listening_result", response_model=ListeningResult)
def read_result(request: Request, test: TestId, here: Here) -> Response:
    """Say what the answers prove: exact tests and bounds, and which listeners are left out by the rules."""
    return answer(request, _result(finish(verb.score(verb.ScorePlan(test=test), here.studio))))


@router.delete("/{test}", operation_id="delete_listening_test", response_model=TrashEntry)
def delete_test(request: Request, test: TestId, here: Here) -> Response:
    """Move a test with its sounds, its key and its answers to the trash."""
    return answer(request, verb.delete_test(test, here.studio))


def _facts(found: answering.HeardTest) -> ListeningFacts:
    test, plan = found.test, found.test.plan
    return ListeningFacts(
        id=test.id, created=test.created, title=plan.title, note=plan.note, question=plan.question, asks=WORDING[plan.question],
        letters=test.letters, pairs=len(test.items), trials=len(test.trials), seconds=plan.seconds, heard=plan.heard,
        listeners=plan.listeners, answered=found.answered,
    )  # fmt: skip


def _turn(turn: answering.Turn, listener: str) -> NextTrial:
    trial = None if turn.trial is None else turn.trial.id
    return NextTrial(test=turn.test.id, listener=listener, answered=turn.answered, trials=len(turn.test.trials), trial=trial)


def _result(done: verb.Scored) -> dict[str, Any]:
    score = done.score
    share = score.right.share if score.right.of else None
    return {
        "test": done.test.id,
        "question": score.question,
        "right": ShareFacts(count=score.right.count, of=score.right.of, low=share and share.low, high=share and share.high),
        "better": score.better,
        "passes": score.passes,
        "margin": score.margin,
        "complete": score.complete,
        "listeners": [
            ListenerFacts(name=one.name, answered=one.answered, right=one.right, of=one.of, left_out=one.left_out)
            for one in score.listeners
        ],
        "verdicts": done.verdicts,
        "figures": done.figures,
        "warnings": done.warnings,
    }
