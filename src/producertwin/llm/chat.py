"""Asking one model, patiently.

What passes (too many questions, a fault of the server, a lost connection) is asked again, after a pause that doubles or that the
server names. An answer that cannot be used is not asked for again, because the same question costs the same again. A failure that
every later question would meet too ends the run, and so does a server that fails one question after the other: the later ones
are not sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from ..recipe import Record
from .answers import NoAnswer, Reply, Schema, answered, schema_of
from .choice import Llm

R = TypeVar("R", bound=Record)
LONGEST_PAUSE: Final = 120.0
"""Seconds; a server that asks for more has no quota left today."""
_PASSING: Final = frozenset({"busy", "server_error", "timed_out", "unreachable"})
_ENDS_THE_RUN: Final = frozenset({"key_refused", "no_model", "busy", "unreachable"})
_IN_A_ROW: Final = 3
"""So many questions that a server left unanswered end the run; one alone may be the question's own fault."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound to be heard: the bytes of an MP3, which every kind of server takes."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    text: str
    clip: Clip | None = None


class ChatModel(Protocol):
    """Whoever answers questions."""

    @property
    def name(self) -> str:
        """Kind and model."""
        ...

    def ask(self, question: Question, kind: type[R]) -> R:
        """The answer as a record of `kind`. Raises `NoAnswer`."""
        ...


class Wire(Protocol):
    """How one kind of server is spoken to."""

    def send(self, question: Question, schema: Schema) -> Reply:
        """Ask once. Raises `NoAnswer`."""
        ...


@dataclass(frozen=True, slots=True)
class Pauses:
    """The clock and how to wait; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Chat:
    """One model, asked one question at a time and no faster than agreed."""

    def __init__(self, llm: Llm, wire: Wire, pauses: Pauses = Pauses()) -> None:
        self._llm = llm
        self._wire = wire
        self._pauses = pauses
        self._next = pauses.now()
        self._over: NoAnswer | None = None
        self._unanswered = 0

    @property
    def name(self) -> str:
        """Kind and model."""
        return self._llm.name

    def ask(self, question: Question, kind: type[R]) -> R:
        """The answer as a record of `kind`. Raises `NoAnswer`."""
        if self._over is not None:
            raise NoAnswer(self._over.reason, f"not asked, because {self._over.message}", remedy=self._over.remedy)
        done = 0
        while True:
            done += 1
            self._pace()
            try:
                reply = self._wire.send(question, schema_of(kind))
                self._unanswered = 0
                return answered(reply, kind)
            except NoAnswer as error:
                pause = min(2.0**done, LONGEST_PAUSE) if error.pause is None else error.pause
                if error.reason not in _PASSING or done == self._llm.tries or pause > LONGEST_PAUSE:
                    raise self._given_up(error, done) from None
            self._pauses.sleep(pause)

    def _pace(self) -> None:
        """Wait until the next question may be sent. Evenly spaced, so that no burst meets the server's own limit."""
        early = self._next - self._pauses.now()
        if early > 0:
            self._pauses.sleep(early)
        self._next = self._pauses.now() + 60 / self._llm.per_minute

    def _given_up(self, error: NoAnswer, done: int) -> NoAnswer:
        tries = f" ({done} tries)" if done > 1 else ""
        final = NoAnswer(error.reason, f"{self.name}: {error.message}{tries}", remedy=error.remedy, pause=error.pause)
        self._unanswered += error.reason in _PASSING
        if error.reason in _ENDS_THE_RUN or self._unanswered == _IN_A_ROW:
            self._over = final
        return final
