"""Signals between two steps."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from producertwin.training.stopping import SIGNALS, stoppable


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
