"""A worker as a child of the process that wants it, such as the server: `python -m producertwin.jobs.process`.

Its first line on stdin is the settings as JSON. It works until stdin ends, which it also does when its parent dies, or until
SIGTERM or Ctrl-C; either way the jobs that it does go back into their queues.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Final

from ..progress import Message, finish
from ..settings import Settings
from .records import QUEUES, Queue

FAILED: Final = 1
"""Exit code of a worker that could not work."""


def start_worker(settings: Settings, queues: tuple[Queue, ...] = QUEUES) -> subprocess.Popen[bytes]:
    """Start a worker of `settings` for `queues`; close its stdin to have it stop. What it says last, it says on stderr."""
    told = json.dumps({"settings": settings.model_dump(mode="json"), "queues": queues}) + "\n"
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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_stop_at_end, daemon=True).start()
    queues: tuple[Queue, ...] = tuple(asked["queues"])
    try:
        finish(work(Settings.model_validate(asked["settings"]), Manner(queues=queues)), _say)
    except KeyboardInterrupt:
        return 0
    except TwinError as error:
        sys.stderr.write(f"{error.message}\n")
        return FAILED
    return 0


def _stop_at_end() -> None:
    """Stop this process as Ctrl-C would once its parent closes its end of stdin, or dies."""
    while sys.stdin.buffer.read(1 << 10):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _say(event: object) -> None:
    if isinstance(event, Message) and event.kind == "warning":
        sys.stderr.write(f"{event.text}\n")


if __name__ == "__main__":
    sys.exit(main())
