"""`twin rate`, `twin prefer`, `twin verdicts` and `twin tracks rate`: say what is good, and take it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..dataset import caption as captioning
from ..errors import BadInput, NotFound
from ..library import Judgement, Track, Verdict, VerdictFilter
from ..recipe import read
from .studio import Studio

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ..library.verdict import Choice
    from ..listening.answers import Answer
    from ..listening.trials import BlindTest

__all__ = [
    "Judgement",
    "VerdictFilter",
    "judgement",
    "keep_preferences",
    "prefer",
    "rate",
    "rate_track",
    "set_stars",
    "take_back",
]


def rate(key: str, stars: int, studio: Studio, judgement: Judgement = Judgement(), *, given: datetime | None = None) -> Verdict:
    """Keep that the take `key` has 1 to 5 `stars`, and why; a person's are its stars in every list from now on.

    It was said at the moment `given`, or now; the same again is one. Raises `NotFound`, and `BadInput` for another number.
    """
    return studio.library.verdicts.rate(key, stars, judgement, given=given)


def prefer(
    keys: tuple[str, str],
    choice: Choice,
    studio: Studio,
    judgement: Judgement = Judgement(),
    *,
    margin: float | None = None,
    given: datetime | None = None,
) -> Verdict:
    """Keep which of the takes `keys`, A and B, is better, and why, as was said at the moment `given`, or now.

    Raises `NotFound`, and `BadInput` where both are one.
    """
    return studio.library.verdicts.prefer(keys, choice, judgement, margin=margin, given=given)


def take_back(key: str, studio: Studio, judgement: Judgement = Judgement(), *, given: datetime | None = None) -> Verdict:
    """Take the verdict `key` back and return it; it stays in the list of every verdict.

    Raises `NotFound`, and `BadInput` where it was taken back before.
    """
    return studio.library.verdicts.take_back(key, judgement, given=given)[0]


def set_stars(key: str, stars: int | None, studio: Studio) -> None:
    """Make `stars` what a person says of the take `key`: None takes every rating of a person that stands back."""
    verdicts = studio.library.verdicts
    if stars is not None:
        verdicts.rate(key, stars)
        return
    for one in verdicts.list(VerdictFilter(take=key, only="rating", source="human")):
        verdicts.take_back(one.id)


def keep_preferences(test: BlindTest, answers: Iterable[Answer], studio: Studio) -> tuple[Verdict, ...]:
    """Keep the answers to a blind test of taste as preferences of their listeners; returns those that are kept.

    Only where takes of this studio were heard, and none for the hidden trials that check the listener. An answer is kept once,
    however often it is given here.
    """
    trials = {one.id: one for one in test.trials if one.role == "pair"} if test.plan.question == "preference" else {}
    kept = []
    for answer in answers:
        trial = trials.get(answer.trial)
        pair = None if trial is None else _find_pair(test.items[trial.item].twin, test.items[trial.item].other, studio)
        if trial is not None and pair is not None:
            better: Choice = "a" if answer.answer == trial.twin else "b"
            judgement = Judgement(judge=answer.listener)
            kept.append(studio.library.verdicts.prefer(pair, better, judgement, given=answer.at))
    return tuple(kept)


def judgement(tags: str, remark: str, judge: str) -> Judgement:
    """What a person says of takes, its tags with commas between. Raises `BadInput` that names every mistake."""
    named = [tag.strip() for tag in tags.split(",") if tag.strip()]
    return read(Judgement, {"tags": named, "remark": remark, "judge": judge}, where="the verdict")


def rate_track(key: str, score: int, studio: Studio, *, note: str = "") -> Track:
    """Keep a person's score of a track, 1 to 5, and why. Raises `NotFound`, and `BadInput` for another score."""
    track = studio.library.tracks.get(key)
    captioning.rate(track, score, studio.library, note=note)
    return track


def _find_pair(one: str, other: str, studio: Studio) -> tuple[str, str] | None:
    """The takes after which two files of a test are named; None where one is no take that is here, or both are one."""
    try:
        first, second = (studio.library.takes.get(Path(name).stem).id for name in (one, other))
    except (NotFound, BadInput):  # a recording, or the name of another file
        return None
    return None if first == second else (first, second)
