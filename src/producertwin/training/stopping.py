"""Stopping between two steps: Ctrl-C and SIGTERM let the step that is running come to its end.

A step that is torn apart leaves weights and moments that fit no step, and nothing that may be saved. So while training runs, the
first signal only leaves a note, which the loop reads. It is acknowledged at once, for a step may take long. A second one stops at
once, as before.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from ..progress import tell_at_once

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
ACKNOWLEDGED: Final = "stopping: the step that runs is finished and saved first; Ctrl-C again stops at once"


@dataclass
class Stop:
    """Whether someone has asked to stop."""

    asked: bool = False


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Note the first signal for the length of a `with`. Only the main thread gets signals; elsewhere this does nothing."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {kind: signal.getsignal(kind) for kind in SIGNALS}

    def note(_: int, __: FrameType | None) -> None:
        stop.asked = True
        tell_at_once(ACKNOWLEDGED)
        for kind in SIGNALS:
            signal.signal(kind, before[kind])

    try:
        for kind in SIGNALS:
            signal.signal(kind, note)
        yield stop
    finally:
        for kind in SIGNALS:
            signal.signal(kind, before[kind])
