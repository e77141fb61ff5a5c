"""Candidates: the takes of one prompt with their scores, kept as they are made, and the pairs that follow from all of them.

What is slow is kept (a row for each prompt), what is quick is derived: pairs are made anew from all rows, so that neither the
order nor the number of workers changes them, and other weights or another margin need no new takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput
from ..library import jsonl
from ..library.lock import hold_work
from ..library.verdict import Source
from ..recipe import Record, read
from .collect import FindTake
from .pair import Pair, PairPrompt, Side
from .scoring import Scale, best_and_worst

PATTERN = "candidates-*.jsonl"


class Candidates(Record):
    """The takes of one prompt."""

    prompt: PairPrompt
    takes: tuple[str, ...]
    """Ids, in the order of their seeds."""
    scores: tuple[dict[str, float], ...]
    """Of each take, by scorer; more is better."""
    defects: tuple[tuple[str, ...], ...]
    """Of each take, what the inspector found wrong."""
    loudness: tuple[float | None, ...] = ()
    """LUFS of each take; None for silence, and none of it in rows that were kept before it was read."""
    seconds: tuple[float, ...] = ()
    """Length of each take; none in rows that were kept before it was read."""
    diversity: float | None = None
    """Vendi score of the takes in the offline embedder's space: 1 where all are alike."""


def path_of(folder: Path, part: int, parts: int) -> Path:
    """Where part `part` of `parts` keeps its rows."""
    return folder / f"candidates-{part:03d}-of-{parts:03d}.jsonl"


@contextmanager
def hold_part(folder: Path, part: int, parts: int) -> Iterator[None]:
    """Hold a part alone: of two processes that make it, one would remove the sounds that the other scores.

    Raises `Unavailable` where another holds it, `BadInput` where the set is shared in another number of parts, and as
    `library.lock.hold_lock` does.
    """
    if others := sorted({int(path.stem.rpartition("-")[2]) for path in folder.glob(PATTERN)} - {parts}):
        message = f"the set {folder.name} is made in parts of {others[0]}, and {part}/{parts} is none of them"
        raise BadInput(message, remedy=f"give such a part, as --part 1/{others[0]}")
    busy = f"another process makes part {part} of {parts} of the set {folder.name}"
    remedy = "wait for it to finish, or share the work: --part 1/2 here, --part 2/2 there"
    with hold_work(path_of(folder, part, parts).with_suffix(""), busy, remedy):
        yield


def read_rows(path: Path) -> dict[int, Candidates]:
    """The rows of a file, by the place of their prompt. Raises `BadInput` for a damaged one."""
    found = {}
    for row in jsonl.rows(path):
        place = row.pop("step")
        found[place] = read(Candidates, row, where=f"prompt {place} of {path}")
    return found


def append(path: Path, place: int, found: Candidates) -> None:
    """Keep the candidates of the prompt `place`; a last row that a kill has broken goes first."""
    if path.is_file() and not path.read_bytes().endswith(b"\n"):
        jsonl.drop(path, max(read_rows(path), default=-1))
    jsonl.append(path, {"step": place} | found.model_dump(mode="json"))


def all_rows(folder: Path) -> dict[int, Candidates]:
    """The rows of every part, by the place of their prompt."""
    found: dict[int, Candidates] = {}
    for path in sorted(folder.glob(PATTERN)):
        found |= read_rows(path)
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class PairingRule:
    """How candidates are paired."""

    weights: Mapping[str, float]
    """Of each scorer, by name."""
    least_margin: float = 0.0
    licence: str | None = None
    """Under which the takes may be used."""
    source: Source = "seeds"
    """In what the takes of a prompt differ."""


def pair_up(rows: Sequence[Candidates], rule: PairingRule, find: FindTake) -> Iterator[Pair]:
    """The best and the worst take of each prompt, where they are far enough apart and both still there."""
    scale, judge = Scale.of([one.scores for one in rows]), "+".join(sorted(rule.weights))
    for row in rows:
        found = best_and_worst(scale.combine(row.scores, rule.weights))
        if found is None or found[2] < rule.least_margin:
            continue
        takes = [(place, find(row.takes[place])) for place in found[:2]]
        sides = [Side.of(take, row.scores[place], row.defects[place]) for place, take in takes if take is not None]
        if len(sides) == 2:
            facts = {"chosen": sides[0], "rejected": sides[1], "margin": found[2], "licence": rule.licence}
            yield Pair.model_validate({"prompt": row.prompt, "source": rule.source, "judge": judge} | facts)
