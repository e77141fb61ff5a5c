"""A worker as a child of the process that wants it, such as the server: `python -m producertwin.jobs.process`.

Its first line on stdin is the settings as JSON. It works until stdin ends, until its parent is gone (stdin may be held open by
another child of the same parent), or until SIGTERM or Ctrl-C; the jobs that it does go back into their queues. One that takes no
jobs yet has nothing to give back and ends at once. Without a parent nobody ends what does not react, so such a worker ends
itself; others find it dead and take its jobs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from ..progress import Message, finish
from ..settings import Settings
from .records import QUEUES, Queue

FAILED: Final = 1
"""Exit code of a worker that could not work."""
LOOK: Final = 1.0
"""Seconds between two looks at the parent."""
PATIENCE: Final = 60.0
"""Seconds that the jobs of a process without a parent have to be given back; then it ends at once."""
_stopping: Final = threading.Lock()
"""Held once this process is being stopped: a second Ctrl-C would break off the first one's work."""
_asked: Final = threading.Event()
"""Set once the worker of this process is to stop. An exception could be lost in what the main thread just does."""
_working: Final = threading.Event()
"""Set once the worker of this process takes jobs."""


def start_worker(settings: Settings, queues: tuple[Queue, ...] = QUEUES) -> subprocess.Popen[bytes]:
    """Start a worker of `settings` for `queues`; close its stdin to have it stop. What it says last, it says on stderr."""
    told = json.dumps({"settings": settings.model_dump(mode="json"), "queues": queues, "parent": os.getpid()}) + "\n"
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(told.encode())
    process.stdin.flush()
    return process


def main() -> int:
    """Work as the first line of stdin says, until stdin ends; returns the exit code."""
    from ..errors import TwinError
    from .worker import Manner, work

    asked = json.loads(sys.stdin.buffer.readline())
    for sign in (signal.SIGTERM, signal.SIGINT):  # what a shell runs in the background would ignore the second
        signal.signal(sign, lambda *_: threading.Thread(target=_stop_worker, daemon=True).start())
    threading.Thread(target=_stop_at_end, daemon=True).start()
    end_with(asked["parent"], _stop_worker)
    queues: tuple[Queue, ...] = tuple(asked["queues"])
    try:
        finish(work(Settings.model_validate(asked["settings"]), Manner(queues=queues), stop=_asked), _say)
    except TwinError as error:
        sys.stderr.write(f"{error.message}\n")
        return FAILED
    return 0


def end_with(parent: int, stop: Callable[[], None] | None = None) -> None:
    """Have this process stop, by `stop` or as Ctrl-C would stop it, once `parent` is no longer its parent; then it soon ends."""
    threading.Thread(target=_stop_without, args=(parent, stop or _interrupt), daemon=True).start()


def _stop_without(parent: int, stop: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    stop()


def _stop_at_end() -> None:
    """Stop once nobody holds the other end of stdin. Read past Python's own file, whose lock would be held at the very end."""
    while os.read(0, 1 << 10):
        pass
    _stop_worker()


def _stop_worker() -> None:
    """Have the worker of this process give its jobs back; where that takes longer than `PATIENCE`, the process is ended."""
    if _stopping.acquire(blocking=False):
        _asked.set()
        if not _working.is_set():
            os._exit(0)
        time.sleep(PATIENCE)
        os._exit(FAILED)


def _interrupt() -> None:
    """Stop this process as Ctrl-C would; one that does not stop within `PATIENCE` is ended."""
    if _stopping.acquire(blocking=False):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(PATIENCE)
        os._exit(FAILED)


def _say(event: object) -> None:
    _working.set()
    if isinstance(event, Message) and event.kind == "warning":
        sys.stderr.write(f"{event.text}\n")


if __name__ == "__main__":
    sys.exit(main())
