"""One listener at a terminal: sounds go to a player, questions are notes of the stream, and answers are lines that are typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import Unavailable
from ..library.lock import hold_lock
from ..progress import Steps, note, warning
from ..recipe import read
from . import store
from .answers import Answer, append
from .plan import WORDING
from .players import Player
from .trials import BlindTest, Side, Trial


@dataclass(frozen=True, slots=True)
class Session:
    """A test, who hears it, and where their answers come from."""

    test: BlindTest
    listener: str
    studio: Path
    player: Player | None
    """None tells where the sounds are instead."""
    room: Path
    """A folder for copies that the player needs."""
    typed: Callable[[], str]
    """The next line that the listener types; empty at the end of the input."""

    def run(self, trials: Sequence[Trial]) -> Steps[int]:
        """Ask `trials` one after another and keep each answer at once; returns how many were answered before a stop."""
        before = len(self.test.trials) - len(trials)
        for done, trial in enumerate(trials):
            yield note(f"trial {before + done + 1} of {len(self.test.trials)}")
            begun = datetime.now(UTC)
            side = yield from self._ask(trial)
            if side is None:
                return done
            now = datetime.now(UTC)
            facts = {"test": self.test.id, "listener": self.listener, "trial": trial.id, "answer": side, "at": now}
            answer = read(Answer, facts | {"seconds": max(0.0, (now - begun).total_seconds())}, where="answer")
            with hold_lock(self.studio):
                append(store.answers_of(self.test, self.studio), answer)
        return len(trials)

    def _ask(self, trial: Trial) -> Steps[Side | None]:
        """Play a trial until it is answered; None where the listener stops."""
        letters = self.test.letters
        yield from self._play(trial, letters, first=True)
        single = ", ".join(f"p{letter}" for letter in letters)
        yield note(f"{WORDING[self.test.plan.question]} a or b; p plays again, {single} one; q stops")
        while line := self.typed():
            match line.strip().lower():
                case "a":
                    return "a"
                case "b":
                    return "b"
                case "q":
                    return None
                case "p":
                    yield from self._play(trial, letters)
                case word if word[:1] == "p" and word[1:] in letters:
                    yield from self._play(trial, word[1:])
                case word:
                    yield note(f"{word!r} is no answer: a, b, p or q")
        return None

    def _play(self, trial: Trial, letters: Sequence[str], *, first: bool = False) -> Steps[None]:
        """Play sounds of a trial one after another, or tell where they are."""
        for letter in letters:
            path = store.sound_of(self.test, trial, letter, self.studio)
            if self.player is None or (first and not self.player.waits):  # one that only opens would play all at once
                yield note(f"  {letter.upper()}  {path}")
                continue
            yield note(f"  {letter.upper()}")
            try:
                self.player.play(path, self.room)
            except Unavailable as error:
                yield warning(f"{error.message}; {error.remedy}")
                yield note(f"  {letter.upper()}  {path}")
