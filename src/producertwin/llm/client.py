"""Ask one model, patiently.

What passes (too many questions, a fault of the server, a lost connection) is asked again, after a pause that doubles or that the
server names. An answer that cannot be used is not asked for again, because the same question costs the same again. A failure that
every later question would meet too ends the run, and so does a server that fails one question after the other: the later ones
are not sent. The packages' own retries are off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from pydantic import SecretStr

from ..errors import BadInput
from ..recipe import Record
from ..settings import Settings
from .answers import Schema, read_answer, schema_of, write_request
from .failures import NoAnswer, quote
from .records import Llm, Question
from .usage import Meter, Reply, Unlimited, estimate_answer, estimate_most

R = TypeVar("R", bound=Record)
LONGEST_PAUSE: Final = 120.0
"""Seconds; a server that asks for more has no quota left today."""
_PASSING: Final = frozenset({"busy", "server_error", "timed_out", "unreachable"})
_ENDS_THE_RUN: Final = frozenset({"key_refused", "no_model", "busy", "unreachable"})
_IN_A_ROW: Final = 3
"""So many questions that a server left unanswered end the run; one alone may be the question's own fault."""
Send = Callable[[Llm, SecretStr, Question, Schema | None], Reply]
"""Asks one kind of server once. Raises `NoAnswer`."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """The clock and how to wait; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Chat:
    """One model, asked one question at a time and no faster than agreed."""

    def __init__(self, llm: Llm, key: SecretStr, send: Send, pauses: Pauses = Pauses(), meter: Meter = Unlimited()) -> None:
        self._llm = llm
        self._key = key
        self._send = send
        self._pauses = pauses
        self._meter = meter
        self._next = pauses.now()
        self._over: NoAnswer | None = None
        self._unanswered = 0

    @property
    def name(self) -> str:
        """Kind and model."""
        return self._llm.name

    def ask(self, question: Question, kind: type[R]) -> R:
        """The answer as a record of `kind`. Raises `NoAnswer`, and what the meter raises before a question is sent."""
        if self._over is not None:
            raise NoAnswer(self._over.reason, f"not asked, because {self._over.message}", remedy=self._over.remedy)
        schema = schema_of(kind)
        if not self._llm.takes_schema:
            question = replace(question, text=write_request(question.text, schema))
        done = 0
        while True:
            done += 1
            self._pace()
            try:
                answer = read_answer(self._send_once(question, schema if self._llm.takes_schema else None), kind)
                self._unanswered = 0
                return answer
            except NoAnswer as error:
                failure = error
            pause = min(2.0**done, LONGEST_PAUSE) if failure.pause is None else failure.pause
            if failure.reason not in _PASSING or done == self._llm.tries or pause > LONGEST_PAUSE:
                # Raised outside `except`: the errors of the packages, which know the key, are no part of its chain.
                raise self._give_up(failure, done)
            self._pauses.sleep(pause)

    def _send_once(self, question: Question, schema: Schema | None) -> str:
        most = estimate_most(question, schema, self._llm.longest)
        self._meter.check(most)
        try:
            reply = self._send(self._llm, self._key, question, schema)
        except NoAnswer as error:
            if error.sent:
                self._meter.count(most)
            raise
        self._meter.count(reply.usage or estimate_answer(reply.text, most))
        if reply.failure is not None:
            raise reply.failure
        return reply.text

    def _pace(self) -> None:
        """Wait until the next question may be sent. Evenly spaced, so that no burst meets the server's own limit."""
        early = self._next - self._pauses.now()
        if early > 0:
            self._pauses.sleep(early)
        self._next = self._pauses.now() + 60 / self._llm.per_minute

    def _give_up(self, error: NoAnswer, done: int) -> NoAnswer:
        tries = f" ({done} tries)" if done > 1 else ""
        message = quote(f"{self.name}: {error.message}", self._key.get_secret_value()) + tries
        final = NoAnswer(error.reason, message, remedy=error.remedy, pause=error.pause)
        self._unanswered = self._unanswered + 1 if error.reason in _PASSING else 0
        if error.reason in _ENDS_THE_RUN or self._unanswered == _IN_A_ROW:
            self._over = final
        return final


def connect(
    llm: Llm,
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    *,
    pauses: Pauses = Pauses(),
    meter: Meter = Unlimited(),
) -> Chat:
    """`llm`, ready to be asked; `meter` counts. Nothing is sent yet. Raises `NoAnswer`: offline, no_key or no_package."""
    if settings.offline:
        raise NoAnswer("offline", f"{llm.name} cannot be asked offline")
    key = _read_key(llm, environ)
    try:  # the package is loaded only now
        if llm.kind == "gemini":
            from .gemini_client import send
        else:
            from .openai_client import send
    except ImportError as error:
        remedy = f'pip install "producertwin[{llm.kind}]"'
        raise NoAnswer("no_package", f"{llm.name} needs a package that is not installed ({error.name})", remedy=remedy) from None
    return Chat(llm, key, send, pauses, meter)


def _read_key(llm: Llm, environ: Mapping[str, str]) -> SecretStr:
    variable = f"{llm.kind.upper()}_API_KEY"
    key = environ.get(variable, "").strip()
    if not key and (llm.official or llm.kind == "gemini"):
        raise NoAnswer("no_key", f"{variable} is not set", remedy=f"set {variable} to the key that the provider gave you")
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{variable} holds signs that no key has", remedy="copy the key again, without quotes or line breaks")
    return SecretStr(key)
