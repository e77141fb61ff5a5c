"""The answer of a proof: one sentence for whoever asked, and what it rests on."""

from __future__ import annotations

from ..metrics.formatting import percent
from .figures import ProofFigures
from .verdict import Verdict
from .verdicts import COPIES, NEARER, SPECIFIC


def answer(found: ProofFigures) -> str:
    """Whether the twin plays like its producer, in one sentence; by the embedder that decides."""
    about = found.subject
    said = _first_of_each(found.verdicts)
    near, specific, copies = said.get(NEARER), said.get(SPECIFIC), said.get(COPIES)
    repeats = ""
    if copies is not None and copies.proven is False and found.copies.found is not None:
        repeats = f", but {len(found.copies.found.flagged_takes)} of its takes repeat a song that it learned from"
    gain = found.first.gain if found.first else None
    if near is None or near.proven is None or gain is None:
        return f"That cannot be told: {_why(found)}{repeats}."
    takes, songs = (
        "the takes of this twin" if not about.folds else "takes of twins trained like this one",
        f"{about.producer}'s songs",
    )
    if near.proven:
        way = f"{takes} lie {percent(gain)} of the way from the plain instrument to {songs}"
        if specific is not None and specific.proven:
            return f"Yes: {way}, and are told as {about.producer}'s and nobody else's{repeats}."
        unsure = "is not shown" if specific is not None and specific.proven is False else "cannot be told here"
        return f"In part: {way}; whether they are {about.producer}'s and nobody else's {unsure}{repeats}."
    if gain.high < 0:
        return f"No: {takes} are further from {songs} than those of the plain instrument{repeats}."
    return f"Not shown: {takes} are not clearly nearer to {songs} than those of the plain instrument{repeats}."


def basis(found: ProofFigures) -> str:
    """What the answer rests on."""
    about, plan = found.subject, found.plan
    takes = "one take" if plan.takes == 1 else f"{plan.takes} takes"
    played = f"{takes} of {plan.seconds:g} s each, from the same seeds"
    if about.folds:
        parts = [
            f"This rests on {about.prompts} songs, of which the twin has not heard {about.held}: too few to judge it by. So "
            f"{about.folds} short twins of {about.fold_steps} steps were trained, each without a part of the songs, and the "
            "plain instrument (the base) and the short twin that had not heard a song played its words: "
            f"{played}. What holds for them is expected of the twin, which learned longer and from more; the search for copies "
            "is of the twin itself."
        ]
    else:
        songs = "1 song" if about.prompts == 1 else f"{about.prompts} songs"
        parts = [
            f"This rests on {songs} of {about.producer} that the twin has not heard, beside the {about.train} that it learned "
            f"from: the plain instrument (the base) and the twin played the words of each, {played}."
        ]
    if about.splits_groups:
        parts.append("They share albums with songs that were learned from, so that some of the nearness may be the album's.")
    if not about.others:
        parts.append("No music of other producers is in the studio.")
    return " ".join(parts)


def _first_of_each(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    """By claim, what the deciding embedder says."""
    found: dict[str, Verdict] = {}
    for one in verdicts:
        found.setdefault(one.claim, one)
    return found


def _why(found: ProofFigures) -> str:
    """Why nothing can be told of nearness."""
    if found.first is None:
        return next(iter(found.refused.values()), "no embedder listened")
    near = found.first.nearness or found.first.folded
    return near.why if near is not None else found.first.why_not["nearness"]
