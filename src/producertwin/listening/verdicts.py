"""A score in words: what is proven, what is not, and what to beware of."""

from __future__ import annotations

from typing import Final

from ..metrics.statistics import LEVEL
from . import statistics
from .score import Count, ListeningScore

_ALPHA: Final = 1.0 - LEVEL
_LEAK: Final = 0.01
"""p-value of the identical pairs below which the test is taken to leak."""


def verdicts(score: ListeningScore) -> list[str]:
    """What is proven and what is not, a sentence each; the first is the answer to the test's question."""
    if not score.right.of:
        return ["not proven: no listener's answers count"]
    lines = {"abx": _discrimination_verdicts, "preference": _preference_verdicts, "real": _passes}[score.question](score)
    if not score.complete:
        lines = [f"a look, no verdict: {len(score.counting)} of {score.planned} listeners; {lines[0]}", *lines[1:]]
    return lines


def warnings(score: ListeningScore) -> list[str]:
    """What a reader of the figures has to know."""
    found = []
    if score.identical.of and statistics.two_sided(score.identical.count, score.identical.of) < _LEAK:
        found.append(
            f"the test leaks: {score.identical.count} of {score.identical.of} pairs of one sound and itself were told apart"
        )
    if len(score.counting) == 1:
        found.append("one listener: the figures are of this listener and of nobody else")
    elif 1 < len(score.counting) < 10:
        found.append(f"{len(score.counting)} listeners: how much listeners differ is hardly known")
    if score.changed:
        found.append(f"{score.changed} later answers to the same trials say something else and are passed over")
    return found


def figures(score: ListeningScore) -> list[tuple[str, str]]:
    """Name and figure of everything that was counted, as people read them."""
    what = "with the twin" if score.question == "preference" else "right"
    rows = [("listeners", f"{len(score.counting)} of {len(score.listeners)} count"), (what, share(score.right))]
    rows += [("worth", f"{score.worth:.0f} independent answers"), ("better than guessing", p_value(score.better))]
    rows += [("other than guessing", p_value(score.other)), ("upper bound", f"{score.upper:.1%}")]
    rows += [("repeats agree", share(score.agreement)), ("same sound twice", share(score.identical)), ("A", share(score.side_a))]
    return rows + [(f"style {style}", share(counted)) for style, counted in score.styles.items()]


def share(counted: Count) -> str:
    """`31 of 40, 78% (62%–89%)`."""
    if not counted.of:
        return "none"
    found = counted.share
    return f"{counted.count} of {counted.of}, {found.value:.0%} ({found.low:.0%}–{found.high:.0%})"


def p_value(p: float) -> str:
    """`p = .031`, or `p < .001`."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")


def _discrimination_verdicts(score: ListeningScore) -> list[str]:
    told = f"right in {share(score.right)}, {p_value(score.better)}"
    if score.better <= _ALPHA:
        return [f"listeners can tell the twin from the base: {told}"]
    return [f"not proven that listeners can tell the twin from the base: {told}", _margin(score)]


def _preference_verdicts(score: ListeningScore) -> list[str]:
    told = f"the twin in {share(score.right)}, {p_value(score.other)}"
    if score.other > _ALPHA:
        return [f"not proven that listeners prefer the one or the other: {told}"]
    return [f"listeners prefer the {'twin' if score.right.share.value > 0.5 else 'base'}: {told}"]


def _passes(score: ListeningScore) -> list[str]:
    lines = [_margin(score)]
    if score.better <= _ALPHA:
        lines.append(f"listeners can tell the recording from the twin: right in {share(score.right)}, {p_value(score.better)}")
    return lines


def _margin(score: ListeningScore) -> str:
    """Whether right answers are proven to stay below the margin; that they do not differ from half is no proof."""
    bound = f"right in {score.right.count} of {score.right.of}, at most {score.upper:.1%} with {LEVEL:.0%} confidence"
    if score.passes:
        return f"listeners are right at most {score.margin:.0%} of the time: {bound}"
    needed = statistics.answers_needed(lambda count: statistics.power_to_pass(count, 0.5, score.margin))
    short = f"; with {score.worth:.0f} independent answers, {needed} are needed to show it of pure guessing" if needed else ""
    enough = needed is not None and score.worth >= needed
    return f"not proven that listeners are right at most {score.margin:.0%} of the time: {bound}{'' if enough else short}"
