"""Every mistake in what was sent, each by its field.

A record names all mistakes that its types show. What its own checks refuse (a tempo outside its range, a stem that is none) ends
the reading at once and says what, but not where; so the value that was meant is found by leaving one out after the other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from ..errors import BadInput
from ..recipe import Record, read

MOST: Final = 20
"""Mistakes that are looked for; who makes more has these to begin with."""
MOST_PLACES: Final = 1000
"""Values among which the one that was meant is looked for; the whole is read once for each of them."""
LONGEST_LIST: Final = 64
"""Numbers from whose count on a list of them is one value."""
_Path = tuple[str | int, ...]


def find_faults(kind: type[Record], data: Mapping[str, Any]) -> list[str]:
    """The mistakes in `data` as a record of `kind`, as `field.inner: what is wrong`; without a field where fields disagree."""
    left: Any = copy.deepcopy(dict(data))
    found: list[str] = []
    places: set[str] = set()
    while len(found) < MOST:
        error = _fail(kind, left)
        if error is None:
            return found
        if error.faults:
            told = [one for one in error.faults if one.partition(": ")[0] not in places]
            return found + told
        place = _find_culprit(kind, left, error)
        if place is None:
            return [*found, error.message]
        name = ".".join(map(str, place))
        found.append(f"{name}: {error.message}")
        places.add(name)
        _remove(left, place)
    return found


def _fail(kind: type[Record], data: dict[str, Any]) -> BadInput | None:
    """Why `data` is no record of `kind`."""
    try:
        read(kind, data, where="")
    except BadInput as error:
        return error
    return None


def _find_culprit(kind: type[Record], data: dict[str, Any], error: BadInput) -> _Path | None:
    """The innermost value without which the same mistake is not made; None for one that is not found, or among too many."""
    places = list(islice(_leaves(data, ()), MOST_PLACES + 1))
    for place in sorted(places, key=len, reverse=True) if len(places) <= MOST_PLACES else ():
        without = copy.deepcopy(data)
        _remove(without, place)
        other = _fail(kind, without)
        if other is None or other.message != error.message:
            return place
    return None


def _leaves(value: Any, above: _Path) -> Iterator[_Path]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*above, str(name)))
    elif isinstance(value, list) and value and not _is_vector(value):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*above, place))
        yield above
    elif above:
        yield above


def _is_vector(value: list[Any]) -> bool:
    """Whether a list is one value: many numbers, of which none is meant by itself."""
    return len(value) > LONGEST_LIST and all(isinstance(one, int | float) for one in value)


def _remove(data: Any, place: _Path) -> None:
    """Take a value out; in a list another stands in its place then, unless it was the last."""
    for part in place[:-1]:
        data = data[part]
    del data[place[-1]]
