"""Signals between two steps."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from producertwin.progress import hear_at_once, tell_at_once
from producertwin.training.stopping import ACKNOWLEDGED, SIGNALS, stoppable


@pytest.mark.parametrize("kind", SIGNALS)
def test_the_first_signal_leaves_a_note_and_the_second_stops_at_once(kind: signal.Signals) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(kind, stop)
    try:
        with pytest.raises(KeyboardInterrupt), stoppable() as asked:
            assert not asked.asked
            os.kill(os.getpid(), kind)
            assert asked.asked
            os.kill(os.getpid(), kind)
        assert signal.getsignal(kind) is stop
    finally:
        signal.signal(kind, before)


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(kind) for kind in SIGNALS]
    with stoppable():
        assert [signal.getsignal(kind) for kind in SIGNALS] != before
    assert [signal.getsignal(kind) for kind in SIGNALS] == before


def test_outside_the_main_thread_nothing_is_touched() -> None:
    before, seen = [signal.getsignal(kind) for kind in SIGNALS], []

    def work() -> None:
        with stoppable() as stop:
            seen.append((stop.asked, [signal.getsignal(kind) for kind in SIGNALS]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]


@pytest.mark.parametrize("kind", SIGNALS)
def test_the_first_signal_is_acknowledged_at_once_and_once(kind: signal.Signals) -> None:
    told: list[str] = []
    before = signal.signal(kind, lambda *_: None)
    try:
        with hear_at_once(told.append), stoppable():
            os.kill(os.getpid(), kind)
            assert told == [ACKNOWLEDGED] and "Ctrl-C again" in ACKNOWLEDGED
            os.kill(os.getpid(), kind)
        os.kill(os.getpid(), kind)
    finally:
        signal.signal(kind, before)
    assert told == [ACKNOWLEDGED]


def test_nobody_need_listen() -> None:
    told: list[str] = []
    with hear_at_once(told.append):
        tell_at_once("one")
    tell_at_once("two")
    assert told == ["one"]
