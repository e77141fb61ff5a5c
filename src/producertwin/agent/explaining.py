"""Why a track is the take that it is, in a paragraph by a language model, beside the rules' own sentence.

The model is given the figures of the candidates as the decisions hold them, and nothing else: no title, no brief, no name of a
file. It is asked once a track, and what it says is data: plain words without addresses and markup, that name the candidate which
was taken, and no figure that those candidates do not have. Anything else is left out with a note, and nothing of how a track
sounds depends on it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import Field

from ..errors import BadInput, BudgetExceeded
from ..llm import Kind, NoAnswer, Question, choose, connect
from ..progress import Steps, detail, note
from ..recipe import Record, fingerprint
from .budget import Cost
from .decisions import Decision
from .delivery import Delivered
from .model_words import ADDRESS
from .session import Session
from .spending import Spending, open_spending
from .story import Story, TriedCandidate, list_candidates

_PATIENCE: Final = 120.0
"""Most seconds to wait for a paragraph."""
_LEAST: Final = 5.0
"""Seconds of the budget that have to be left for asking."""
_TRIES: Final = 2
_ANSWERED: Final = frozenset({"refused", "truncated", "too_large", "not_json", "does_not_fit"})
"""Why an answer that came cannot be used; it is not asked for again."""
_SHORTEST, _LONGEST = 20, 700
_PLAIN: Final = re.compile(r"[A-Za-zÀ-ÖØ-öø-ž0-9 ,.;:!?'’\"“”()%+–—-]*")
_UNBROKEN: Final = re.compile(r"\S{31}")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_LETTER: Final = re.compile(r"(?<![\w'’-])[A-Z](?![\w'’-])")
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+")
_COUNTED: Final = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen zero half halves quarter "
    "double doubled twice triple tripled thrice"
)
_COUNTS: Final = {word: value if value <= 19 else None for value, word in enumerate(_COUNTED.split(), 2)}
"""Numbers that are written as words; those without a value are in no evidence."""
_FIGURES: Final = {
    "points": "{:.2f}", "inspector": "{:.1f} of 10", "caption": "{:.2f}", "chords": "{:.0%}", "notes": "{:.0%}",
    "nearness": "{:.2f}", "likeness": "{:.2f}", "watched": "{:.2f}",
}  # fmt: skip
"""How figures are told."""


class Explanation(Record):
    """What is asked for."""

    taken: str = Field(max_length=20)
    """Letter of the candidate that was taken."""
    paragraph: str = Field(max_length=4_000)
    """Why, in one paragraph of two to four sentences of plain English."""


def explain_track(session: Session, one: Delivered) -> Steps[None]:
    """Have the album's language model say why `one` was taken, once; where it cannot or must not, the rules' sentence stands."""
    if session.llm is None or find_explanation(session, one) is not None:
        return
    place, evidence, begun = one.place, gather(session, one), time.monotonic()
    yield detail(f"{session.llm} is asked to explain track {place}")
    spending = open_spending(session.purse.budget, session.purse.spent, session.studio.settings)
    try:
        told, words = _ask(session, session.llm, evidence, spending)
    except (NoAnswer, BadInput, BudgetExceeded) as error:  # nobody answered, so that a later run asks again
        words = f"only the rules explain track {place}: {error.message}"[:300]
        yield detail(words) if session.silent else note(words)
        session.silent = error.message
        key = fingerprint({"what": "unexplained", "words": words})
        if session.ledger.find(key) is None or spending.cost.tokens:
            session.decide("explain", words, track=place, key=key, evidence=spending.evidence, cost=spending.cost)
        return
    if not told:
        yield note(words)
    facts = {"takes": (one.chosen.take.id,), "told": told, "evidence": spending.evidence}
    cost = spending.cost + Cost(seconds=time.monotonic() - begun)
    session.decide("explain", words, track=place, key=_key(session, evidence), cost=cost, **facts)


def _ask(session: Session, kind: Kind, evidence: dict[str, Any], spending: Spending) -> tuple[str, str]:
    """What the model says, empty where that cannot be used, and a row's words. Raises `NoAnswer` where it answers nothing."""
    limit, left = session.purse.budget.seconds, _PATIENCE
    if limit is not None:
        left = min(limit - session.purse.seconds, left)
    if session.silent or left < _LEAST:
        raise NoAnswer("timed_out", session.silent or "the budget leaves no time to ask")
    llm = choose(kind).model_copy(update={"timeout": left / _TRIES, "tries": _TRIES})
    try:
        answer = connect(llm, session.studio.settings, meter=spending).ask(Question(write_question(evidence)), Explanation)
    except NoAnswer as error:
        if error.reason not in _ANSWERED:
            raise
        told, why = "", error.message
    else:
        told, why = read_paragraph(answer, evidence)
    if told:
        return told, f"why {evidence['taken']}, in the words of {llm.name}"
    return "", f"only the rules explain track {evidence['track']}, for {llm.name} did not: {why}"[:300]


def find_explanation(session: Session, one: Delivered) -> Decision | None:
    """The row in which a track was explained from the figures that it has, or could not be; None where nobody was asked."""
    return None if session.llm is None else session.ledger.find(_key(session, gather(session, one)))


def gather(session: Session, one: Delivered) -> dict[str, Any]:
    """What the decisions hold of the candidates of a track: figures, defects and repairs, and nothing that a person wrote."""
    tried = list_candidates(Story(session.folder, session.album, tuple(session.ledger.rows), ()), one.place)
    taken = one.chosen.letter
    points = {each.letter: each.scores.get("points", 0.0) for each in tried}
    return {
        "track": one.place,
        "taken": taken,
        "taken by": "a choice" if points[taken] < max(points.values()) else "most points",
        "candidates tried": len(tried),
        "not taken": len(tried) - 1,
        "candidates": {each.letter: _tell(each) for each in tried},
    }


def write_question(evidence: dict[str, Any]) -> str:
    """What the model is asked; the figures are one quoted object in it."""
    return (
        "Fill the record with one paragraph of two to four short sentences, in plain English, that tells a listener why this "
        "take of a track was taken and not the others. Call takes by their letters. Say what sets them apart: defects, repairs, "
        "figures. Use only what stands in the data: write no number that does not stand there, compute none, guess nothing of "
        "how it sounds. No markup, no addresses. points decide; inspector is quality, caption agreement with the words, chords "
        "the share of written chords that is heard, notes how clearly the written notes are, nearness and likeness are to "
        "songs, watched is what watched defects cost.\n"
        f"Data: {json.dumps(evidence)}"
    )


def read_paragraph(answer: Explanation, evidence: dict[str, Any]) -> tuple[str, str]:
    """The paragraph, or why it is left out; the reason repeats nothing of it."""
    text = re.sub(r"[ \n]+", " ", answer.paragraph).strip()
    known: dict[str, Any] = evidence["candidates"]
    general = {key: value for key, value in evidence.items() if key != "candidates"}
    if answer.taken.strip() != evidence["taken"]:
        return "", "it explains another candidate"
    if not _SHORTEST <= len(text) <= _LONGEST:
        return "", f"its paragraph has {len(text)} characters, and {_SHORTEST} to {_LONGEST} are taken"
    if not _PLAIN.fullmatch(text) or _UNBROKEN.search(text) or ADDRESS.search(_NUMBER.sub("0", text)):
        return "", "its paragraph is not plain words"
    if set(_LETTER.findall(text)) - {*known, "A", "I"}:
        return "", "it names a candidate that is not there"
    for sentence in _SENTENCE.split(text):
        # An A that begins a sentence may be the article.
        sure = {letter for letter in _LETTER.findall(sentence[1:] if sentence.startswith("A ") else sentence) if letter in known}
        named = sure | ({"A"} & {*known} if sentence.startswith("A ") else set()) if sure else {*known}
        if not _stand_in(sentence, [general, *(known[letter] for letter in sorted(named))]):
            return "", "it gives a figure that the candidate it names does not have"
    return text, ""


def _stand_in(sentence: str, evidence: Sequence[Any]) -> bool:
    """Whether every number of `sentence`, in digits or words, is one of `evidence`, or one rounded to tenths."""
    values = [float(text) for text in _NUMBER.findall(json.dumps(evidence))]
    return all(said is not None and any(said in (value, round(value, 1)) for value in values) for said in _list_numbers(sentence))


def _list_numbers(sentence: str) -> Iterator[float | None]:
    for text in _NUMBER.findall(sentence):
        yield float(text) if text.count(".") <= 1 and "," not in text else None
    for word in re.findall(r"[a-z]+", sentence.lower()):
        if word in _COUNTS:
            yield _COUNTS[word]


def _tell(one: TriedCandidate) -> dict[str, Any]:
    """A candidate as the model is told of it."""
    figures = {name: text.format(one.scores[name]) for name, text in _FIGURES.items() if name in one.scores}
    return figures | {"defects": [kind.replace("_", " ") for kind in one.defects], "repair": one.mended}


def _key(session: Session, evidence: dict[str, Any]) -> str:
    return fingerprint({"what": "explain", "llm": session.llm, "evidence": evidence})
