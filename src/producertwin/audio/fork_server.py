"""A process that has the decoders loaded and forks a fresh one for every file.

Starting Python and importing numpy costs a seventh of a second of processor time, as much as decoding a song; a fork costs
milliseconds and starts from the same clean state. The server never opens a file itself. For each request it forks a watcher,
which forks the decoder, ends it when its wall time is over, and tells how it ended. Where processes cannot be forked safely
(`AVAILABLE`), `sandbox` starts a new decoder for every file instead.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

AVAILABLE: Final = sys.platform == "linux"
"""Only Linux forks a process with loaded frameworks safely and has sockets that keep messages apart."""
SERVE: Final = "serve"
"""What tells a new process to be the server rather than to decode one file."""
_PATIENCE: Final = 1.0
"""Seconds in which a server ends once nobody can ask it any more."""
_LARGEST: Final = 1 << 16
"""Bytes of a request; a path has at most 4096, and JSON may write six signs for one."""


@dataclass(frozen=True, slots=True)
class DecoderExit:
    """How a decoder ended."""

    code: int
    """Exit code; minus the signal that ended it."""
    talk: bytes
    """What it said."""
    late: bool = False
    """Whether its wall time was over."""


class ForkServer:
    """The client in the parent process; threads may share it, processes have their own."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self.owner = os.getpid()
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
            )
        self._lock = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether this process started it and it still runs."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Let the server end. One that another process started goes on for it."""
        self._link.close()
        if self.owner == os.getpid():
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:  # a forked child of ours still holds the link
                self._process.kill()
                self._process.wait()

    def run(self, request: str, out: int | None, wall_seconds: float) -> DecoderExit:
        """Let `request` be answered, its sound written to the file descriptor `out`."""
        inside, outside = os.pipe()
        try:
            message = json.dumps([request, wall_seconds]).encode()
            with self._lock:
                socket.send_fds(self._link, [message], [outside, *([] if out is None else [out])])
        except OSError as error:
            os.close(inside)
            return DecoderExit(1, f"the decoding process cannot be reached: {error.strerror}".encode())
        finally:
            os.close(outside)
        with os.fdopen(inside, "rb") as answer:
            lines = answer.read().splitlines()
        if not lines:
            return DecoderExit(1, b"the decoding process ended without a word")
        end = json.loads(lines[-1])
        return DecoderExit(end["code"], b"\n".join(lines[:-1]), end["late"])


def serve(work: Callable[[str, int, int], None]) -> None:
    """Answer requests from standard input until the other end is closed.

    `work` is called in a process of its own with the request and the file descriptors of the report and of the sound, which is
    -1 where none is wanted.
    """
    link = socket.socket(fileno=0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # watchers are reaped by the kernel
    while True:
        message, given, *_ = socket.recv_fds(link, _LARGEST, 2)
        if not message:
            return
        if os.fork() == 0:
            link.close()
            request, wall_seconds = json.loads(message)
            _watch(work, request, wall_seconds, given)
        for one in given:
            os.close(one)


def _watch(work: Callable[[str, int, int], None], request: str, wall_seconds: float, given: Sequence[int]) -> None:
    """Fork the decoder, wait for it no longer than `wall_seconds`, and tell how it ended. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report, sound = given[0], given[1] if len(given) > 1 else -1
    decoder = os.fork()
    if decoder == 0:
        work(request, report, sound)
        os._exit(0)
    late = False

    def end(*_: Any) -> None:
        nonlocal late
        late = True
        os.kill(decoder, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)
    _, status = os.waitpid(decoder, 0)
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    os.write(report, b"\n" + json.dumps({"code": os.waitstatus_to_exitcode(status), "late": late}).encode() + b"\n")
    os._exit(0)
