"""The stream of events of long work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from producertwin.errors import Interrupted
from producertwin.progress import Event, Message, Steps, finish, note, relay


def test_what_is_relayed_is_told_otherwise_and_what_is_thrown_in_reaches_the_work() -> None:
    seen: list[str] = []

    def work() -> Steps[int]:
        try:
            yield note("one")
            yield note("two")
        except Interrupted:
            seen.append("told to stop")
            raise
        return 7

    def tell(event: Event) -> Iterator[Event]:
        if isinstance(event, Message) and event.text == "one":
            yield note("first")
            yield note("again")

    told: list[Event] = []
    assert finish(relay(work(), tell), told.append) == 7
    assert [one.text for one in told if isinstance(one, Message)] == ["first", "again"]
    steps = relay(work(), tell)
    next(steps)
    with pytest.raises(Interrupted):
        steps.throw(Interrupted("stop"))
    assert seen == ["told to stop"]
