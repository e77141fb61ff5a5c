"""The language of desks: a desk as a row of answers, in the order of its Faust, and back.

A row begins with the buses, goes through the strips one by one and ends with the master. Every place in it asks one question
(is there a compressor? what is its threshold?) with a counted number of answers, and the answer is the token: 0 or 1, a
number's step, a strip's place. What is asked next depends on the answers so far, and `walk` asks in that order; whoever answers
within the count always ends with a desk whose Faust compiles, since no other desk can be said.

A number has `shapes.STEPS` answers between the bounds of its field, one of them the field's default exactly. Not said, and so
lost: title, comment, tempo, moves, names of buses (they are called after their kind) and what lies between two steps.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ...errors import BadInput
from ...recipe import Record
from .. import effects as fx
from ..desk import MOST_BUSES, Desk, Master, Strip
from .shapes import STEPS, Shape, nearest, shapes_of, steps_of

VERSION: Final = 1
"""Raised when one row would say another desk."""
BUSES: Final[dict[str, tuple[str, type[Record]]]] = {
    "reverb": ("hall", fx.Reverb),
    "delay": ("echoes", fx.Delay),
    "parallel": ("crush", fx.Parallel),
}
"""Kind of a bus -> what the first one is called, and its record."""
_KINDS: Final = tuple(BUSES)
_LEVELS: Final = steps_of(-60.0, 12.0, None)
"""Levels of a send."""
_ASKED_APART: Final = ("duck", "sends")
"""Fields of a strip that name other parts of the desk."""
_REMEDY: Final = "write the row with `write_row`"


@dataclass(frozen=True, slots=True)
class Question:
    """A place in a row."""

    asks: str
    """What is asked, alike for all strips: `strip.compressor.threshold`."""
    answers: int
    """Answers from 0 that there are."""
    strip: int | None = None
    """Place of the strip that it is asked of; None for buses and master."""
    barred: int | None = None
    """The one answer among them that cannot be."""
    known: int = 0
    """The answer of the desk that is being written; 0 where none is."""

    def allows(self, answer: int) -> bool:
        """Whether `answer` can be given."""
        return 0 <= answer < self.answers and answer != self.barred


Asking = Generator[Question, int, Any]


def walk(strips: Sequence[str], known: Desk | None = None) -> Generator[Question, int, Desk]:
    """Ask for a desk with `strips`: yields questions, is sent their answers, returns the desk.

    With a `known` desk of these strips every question says how that desk answers it.
    """
    had = list(known.buses.values()) if known else []
    kinds = []
    for place in range((yield Question("buses", MOST_BUSES + 1, known=len(had)))):
        was = _KINDS.index(had[place].kind) if place < len(had) else 0
        kinds.append(_KINDS[(yield Question("bus.kind", len(_KINDS), known=was))])
    names = name_buses(kinds, strips)
    buses = {}
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        buses[name] = yield from _ask_record(BUSES[kind][1], f"bus.{kind}", None, had[place] if place < len(had) else None)
    made = {}
    for place, name in enumerate(strips):
        one = known.strips[name] if known else None
        values = yield from _ask_fields(Strip, "strip", place, one, _ASKED_APART)
        values["duck"] = yield from _ask_duck(strips, place, one.duck if one else None)
        sends = dict(zip(names, (one.sends.get(bus) for bus in known.buses), strict=False)) if known and one else {}
        values["sends"] = yield from _ask_sends(names, place, sends)
        made[name] = Strip(**values)
    master = yield from _ask_record(Master, "master", None, known.master if known else None)
    return Desk.model_validate({"strips": made, "buses": buses, "master": master})


def read_row(strips: Sequence[str], row: Sequence[int]) -> Desk:
    """The desk that `row` says. Raises `BadInput` for an answer that cannot be, and for a row that is too short or too long."""
    asking = walk(strips)
    question = next(asking)
    for place, answer in enumerate(row):
        if not question.allows(answer):
            message = f"answer {answer} at place {place} says nothing: {question.asks} has {question.answers}"
            raise BadInput(message, remedy=_REMEDY)
        try:
            question = asking.send(answer)
        except StopIteration as end:
            if place + 1 < len(row):
                raise BadInput(f"the row goes on after its desk is whole, at place {place + 1}", remedy=_REMEDY) from None
            found: Desk = end.value
            return found
    raise BadInput(f"the row ends at place {len(row)}, before its desk is whole", remedy=_REMEDY)


def write_row(desk: Desk) -> tuple[int, ...]:
    """The row of `desk`, each number at its nearest step."""
    return tuple(question.known for question in questions_of(desk))


def questions_of(desk: Desk) -> list[Question]:
    """Every question that the row of `desk` answers, with its answer."""
    asking = walk(tuple(desk.strips), desk)
    found = [next(asking)]
    while True:
        try:
            found.append(asking.send(found[-1].known))
        except StopIteration:
            return found


def name_buses(kinds: Sequence[str], strips: Sequence[str]) -> list[str]:
    """What buses of these kinds are called, in their order: hall, hall2; never as one of `strips`."""
    names: list[str] = []
    for kind in kinds:
        word = BUSES[kind][0]
        free = (f"{word}{number or ''}" for number in (0, *range(2, 99)))
        names.append(next(name for name in free if not any(_clash(name, one) for one in (*names, *strips))))
    return names


@lru_cache(maxsize=1)
def list_questions() -> tuple[str, ...]:
    """Everything that can be asked, in a fixed order."""
    found = ["buses", "bus.kind"]
    for kind, (_, record) in BUSES.items():
        found += _list_record(record, f"bus.{kind}")
    found += _list_record(Strip, "strip", _ASKED_APART)
    found += ["strip.duck", "strip.duck.by", *_list_record(fx.Duck, "strip.duck", ("by",)), "strip.send", "strip.send.level"]
    return (*found, *_list_record(Master, "master"))


def _ask_duck(strips: Sequence[str], place: int, known: fx.Duck | None) -> Asking:
    if len(strips) < 2 or not (yield Question("strip.duck", 2, place, known=int(known is not None))):
        return None
    by = yield Question("strip.duck.by", len(strips), place, place, strips.index(known.by) if known else 0)
    values = yield from _ask_fields(fx.Duck, "strip.duck", place, known, ("by",))
    return fx.Duck(by=strips[by], **values)


def _ask_sends(buses: Sequence[str], place: int, known: dict[str, float | None]) -> Asking:
    sends = {}
    for bus in buses:
        level = known.get(bus)
        if (yield Question("strip.send", 2, place, known=int(level is not None))):
            step = yield Question("strip.send.level", STEPS, place, known=0 if level is None else nearest(_LEVELS, level))
            sends[bus] = _LEVELS[step]
    return sends


def _ask_record(kind: type[Record], asks: str, strip: int | None, known: Any) -> Asking:
    return kind(**(yield from _ask_fields(kind, asks, strip, known)))


def _ask_fields(kind: type[Record], asks: str, strip: int | None, known: Any, without: tuple[str, ...] = ()) -> Asking:
    """The values of the fields of a record, by name."""
    values: dict[str, Any] = {}
    for shape in shapes_of(kind, without):
        had = None if known is None else getattr(known, shape.name)
        values[shape.name] = yield from _ask_field(shape, f"{asks}.{shape.name}", strip, had)
    return values


def _ask_field(shape: Shape, asks: str, strip: int | None, known: Any) -> Asking:
    if shape.many:
        had = known or ()
        assert shape.record is not None
        made = []
        for place in range((yield Question(asks, fx.MOST_BELLS + 1, strip, known=len(had)))):
            made.append((yield from _ask_record(shape.record, f"{asks}.one", strip, had[place] if place < len(had) else None)))
        return tuple(made)
    if shape.optional and not (yield Question(asks, 2, strip, known=int(known is not None))):
        return None
    if shape.record is not None:
        return (yield from _ask_record(shape.record, asks, strip, known))
    answer = 0 if known is None else nearest(shape.values, known)
    return shape.values[(yield Question(f"{asks}.value", len(shape.values), strip, known=answer))]


def _list_record(kind: type[Record], asks: str, without: tuple[str, ...] = ()) -> list[str]:
    found = []
    for shape in shapes_of(kind, without):
        name = f"{asks}.{shape.name}"
        if shape.many and shape.record:
            found += [name, *_list_record(shape.record, f"{name}.one")]
            continue
        found += [name] if shape.optional else []
        found += _list_record(shape.record, name) if shape.record else [f"{name}.value"]
    return found


def _clash(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "_") or other.startswith(one + "_")
