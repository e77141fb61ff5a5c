"""Undo moves of an automatic mix one by one: what the others did stays as it is.

Numbers go back by as much as the move changed them, so that a move which turned the same fader later keeps its own share; what a
later move replaced altogether stays. A bus that nothing is sent to any more goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np

from ...errors import BadInput
from ...recipe import Record
from ..desk import Desk
from ..effects import Shelf, Transient
from .draft import MASTER, Change, Move
from .moods import NEW_SEND

Part = TypeVar("Part", bound=Record)
LEFT_OUT: Final = "left out as asked: "
"""Stands behind the part of the desk in the sentence of a move that was undone."""
_NEUTRAL: Final[dict[type, dict[str, float]]] = {Shelf: {"gain": 0.0}, Transient: {"attack": 0.0, "sustain": 0.0}}
"""Effects that several moves add to, and with which numbers they do nothing."""


def find_moves(moves: Sequence[Move], asked: Collection[str]) -> tuple[frozenset[int], frozenset[str]]:
    """The places of the moves that `asked` names, and what of it names none.

    A move is named by its number, counted from 1, or by how its sentence begins, in any case. Raises `BadInput` for one that
    changed nothing.
    """
    found: set[int] = set()
    lost = set()
    for one in asked:
        places = {place for place, move in enumerate(moves) if is_named(one, place + 1, move.sentence)}
        if places and not any(moves[place].changes for place in places):
            sentence = moves[min(places)].sentence
            raise BadInput(f"{sentence!r} changed nothing that could be undone", remedy="name a move that changed the desk")
        found |= {place for place in places if moves[place].changes}
        lost |= set() if places else {one}
    return frozenset(found), frozenset(lost)


def is_named(asked: str, number: int, sentence: str) -> bool:
    """Whether `asked` names the move of this number and sentence."""
    text = asked.strip().lower()
    return text == str(number) or (bool(text) and not text.isdigit() and sentence.lower().startswith(text))


def check_named(lost: Collection[str], sentences: Sequence[str]) -> None:
    """Raise `BadInput` where `lost` names none of the moves with these sentences."""
    if lost:
        message = f"no move is called {', '.join(map(repr, sorted(lost)))}; there are {len(sentences)}"
        raise BadInput(message, remedy="see them by --dry-run, and name one by its number or by how its sentence begins")


def undo_moves(desk: Desk, before: Desk, moves: Sequence[Move], places: Collection[int]) -> tuple[Desk, dict[str, float]]:
    """`desk`, which `moves` made of the desk `before`, without those at `places`; and the dB by which faders went back.

    The sentences of undone moves stay at their place and say so.
    """
    strips, master, turned = dict(desk.strips), desk.master, dict.fromkeys(desk.strips, 0.0)
    for place in sorted(places, reverse=True):
        kept = (move for other, move in enumerate(moves) if other > place and other not in places)
        later = [change for move in kept for change in move.changes]
        for change in moves[place].changes:
            if replace(change, before=change.after) in later:
                continue  # another move asks for the same
            if change.part == MASTER:
                master = _undo_change(master, change)
                continue
            gain = strips[change.part].gain
            strips[change.part] = _undo_change(strips[change.part], change)
            turned[change.part] += strips[change.part].gain - gain
    used = {bus for strip in strips.values() for bus in strip.sends}
    buses = {name: bus for name, bus in desk.buses.items() if name in used or name in before.buses}
    said = tuple(leave_out(move.sentence) if place in places else move.sentence for place, move in enumerate(moves))
    made = desk.model_copy(update={"strips": strips, "buses": buses, "master": master, "moves": said})
    return Desk.model_validate(made.model_dump()), turned


def leave_out(sentence: str) -> str:
    """The sentence of a move that was undone."""
    part, text = sentence.split(": ", 1)
    return f"{part}: {LEFT_OUT}{text}"


def list_left_out(desk: Desk) -> tuple[str, ...]:
    """The sentences of a desk whose moves were undone, as they were."""
    return tuple(move.replace(LEFT_OUT, "", 1) for move in desk.moves if move.split(": ", 1)[-1].startswith(LEFT_OUT))


def _undo_change(part: Part, change: Change) -> Part:
    """`part` without what `change` made of its field; as it is where a later move replaced that."""
    name, before, after = change.field, change.before, change.after
    now = getattr(part, name)
    if now == after:
        made = before
    elif name == "bells":
        made = tuple(bell for bell in now if bell in before or bell not in after)
    elif name == "sends":
        made = _undo_sends(now, before, after)
    elif type(now) is type(after) and type(now) in _NEUTRAL:
        made = _undo_numbers(now, before or after.model_copy(update=_NEUTRAL[type(now)]), after, _NEUTRAL[type(now)])
    elif isinstance(now, float) and isinstance(before, float):
        were = part.model_copy(update={name: before}), part.model_copy(update={name: after})
        return _undo_numbers(part, were[0], were[1], (name,))
    else:
        made = now
    return part.model_copy(update={name: made})


def _undo_numbers(now: Part, before: Part, after: Part, names: Iterable[str]) -> Part:
    """`now` with its numbers `names` turned back by as much as they were turned, within their bounds."""
    values = {}
    for name in names:
        extra: Any = type(now).model_fields[name].json_schema_extra
        value = getattr(now, name) - (getattr(after, name) - getattr(before, name))
        values[name] = float(np.clip(round(value, 2), extra["minimum"], extra["maximum"]))
    return now.model_copy(update=values)


def _undo_sends(now: dict[str, float], before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Sends without what a move added or took away."""
    found = dict(now)
    for bus in {*before, *after}:
        one, other = before.get(bus), after.get(bus)
        if one == other:
            continue
        if found.get(bus) == other:
            found.pop(bus, None)
            found |= {} if one is None else {bus: one}
        elif bus in found and other is not None:
            found[bus] = round(found[bus] - other + (NEW_SEND if one is None else one), 2)
    return found
