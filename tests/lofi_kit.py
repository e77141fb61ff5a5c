"""A client of the daemon that holds every line to lofi.nvim's contract, and a player that does what a test says."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from producertwin.cli.output import as_twin_error
from producertwin.errors import Interrupted
from producertwin.progress import Message
from producertwin.release.lofi.asked import Asked
from producertwin.release.lofi.daemon import Daemon, Wires
from producertwin.release.lofi.player import Fetching, Player, Track, Watch

PROGRESS = {"track_id", "percent", "tokens_generated", "tokens_estimated", "eta_sec", "current_step", "total_steps"}
COMPLETE = {
    *("track_id", "path", "duration_sec", "sample_rate", "prompt", "seed", "generation_time_sec", "model_version", "backend"),
}
NOTIFICATIONS = {
    "generation_progress": PROGRESS,
    "generation_complete": COMPLETE,
    "generation_error": {"track_id", "code", "message"},
    "generation_cancelled": {"track_id", "at_step", "total_steps"},
    "download_progress": {"file_name", "bytes_downloaded", "bytes_total", "files_completed", "files_total"},
}
"""Notification -> the parameters that it has."""
RESULTS = {
    "generate": {"track_id", "status", "position", "seed", "backend"},
    "cancel": {"cancelled", "was_generating"},
    "get_backends": {"backends", "default_backend"},
    "download_backend": {"backend", "status", "files_downloaded"},
    "ping": {"status"},
    "shutdown": {"status"},
}
"""Method -> the fields of its result."""


class Client:
    """Says lines to a daemon and hears what it says, all of it checked."""

    def __init__(self, mouth: BinaryIO, ear: BinaryIO, wait: Callable[[], None]) -> None:
        self._mouth, self._ear, self.wait = mouth, ear, wait
        self._methods: dict[object, str] = {}
        self.heard: list[dict[str, Any]] = []
        """Everything in its order."""

    def say(self, line: bytes) -> None:
        self._mouth.write(line)
        self._mouth.flush()

    def request(self, method: str, params: object = None, *, id_: object = None) -> object:
        """Say a request; returns its id."""
        id_ = len(self._methods) + 1 if id_ is None else id_
        self._methods[id_] = method
        given = {} if params is None else {"params": params}
        self.say(json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, **given}).encode() + b"\n")
        return id_

    def ask(self, method: str, params: object = None, *, id_: object = None) -> dict[str, Any]:
        """Say a request and hear until its answer."""
        id_ = self.request(method, params, id_=id_)
        return self.hear_until(lambda message: "id" in message and message["id"] == id_)

    def generate(self, **params: object) -> dict[str, Any]:
        """The result of a request for a track."""
        found: dict[str, Any] = self.ask("generate", {"prompt": "lofi", "backend": "ace_step"} | params)["result"]
        return found

    def until(self, method: str, track: str | None = None) -> dict[str, Any]:
        """Hear until a notification, of a track if one is given; returns its parameters."""
        told = self.hear_until(lambda one: one.get("method") == method and track in (None, one["params"].get("track_id")))
        params: dict[str, Any] = told["params"]
        return params

    def hear_until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not fits(message := self.hear()):
            pass
        return message

    def hear(self) -> dict[str, Any]:
        line = self._ear.readline()
        assert line, "the daemon has ended"
        return self._keep(line)

    def end(self) -> list[dict[str, Any]]:
        """End the lines, wait for the daemon, and return what it still said."""
        self.hang_up()
        return self.rest()

    def hang_up(self) -> None:
        """End the lines."""
        self._mouth.close()

    def rest(self) -> list[dict[str, Any]]:
        """Wait for the daemon to end, and return what it still said."""
        left = [] if self._ear.closed else [self._keep(line) for line in self._ear]
        self.wait()
        self._ear.close()
        return left

    def go(self) -> None:
        """Stop reading, as a client that was killed."""
        self._ear.close()

    def _keep(self, line: bytes) -> dict[str, Any]:
        assert line.endswith(b"\n") and line.isascii()
        message: dict[str, Any] = json.loads(line)
        self._check(message)
        self.heard.append(message)
        return message

    def _check(self, message: dict[str, Any]) -> None:
        assert message.pop("jsonrpc") == "2.0"
        if "method" in message:
            assert message.keys() == {"method", "params"}
            assert message["params"].keys() == NOTIFICATIONS[message["method"]]
        elif "error" in message:
            assert message.keys() == {"id", "error"}
            assert message["error"].keys() == {"code", "message", "data"}
            assert message["error"]["data"].keys() == {"error_code", "details"}
            assert "; " in message["error"]["data"]["details"], "it says what to do"
        else:
            assert message.keys() == {"id", "result"}
            assert message["result"].keys() == RESULTS[self._methods[message["id"]]]


@dataclass
class ScriptedPlayer:
    """Plays nothing: takes twenty steps, each when it is let go on."""

    folder: Path
    name: str = "Scripted"
    version: str = "scripted-1"
    state: str = "ready"
    steps: int = 20
    held: threading.Semaphore | None = None
    """Acquired before every step."""
    wrong: list[Exception] = field(default_factory=list)
    """Raised by the next tracks, one each."""
    refuses: Exception | None = None
    """Raised by the check of a request."""
    played: list[Asked] = field(default_factory=list)
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fetching: threading.Event = field(default_factory=threading.Event)
    unfetchable: Exception | None = None

    def warm_up(self) -> None:
        pass

    def status(self) -> Any:
        return self.state

    def check(self, asked: Asked) -> int:
        if self.refuses is not None:
            raise self.refuses
        return asked.steps or self.steps

    def play(self, asked: Asked, track: str, watch: Watch) -> Track:
        self.played.append(asked)
        self.started.release()
        steps = asked.steps or self.steps
        if self.wrong:
            raise self.wrong.pop(0)
        for done in range(1, steps + 1):
            if self.held is not None:
                self.held.acquire()
            if watch.is_stopped():
                raise Interrupted("cancelled")
            watch.step(done, steps, float(steps - done))
        watch.seal()
        path = self.folder / f"{track}.flac"
        path.write_bytes(b"fLaC")
        return Track(path, float(asked.seconds), 48_000)

    def count_files(self) -> int:
        return 4

    def fetch(self) -> Iterator[Fetching]:
        yield Fetching("weights", 0, 10, 0, 1)
        self.fetching.wait()
        if self.unfetchable is not None:
            raise self.unfetchable
        yield Fetching("weights", 10, 10, 1, 1)
        self.state = "ready"


def connect(serve: Callable[[FileIO, FileIO], None]) -> Client:
    """A client of what `serve` does with the two ends of its pipes, in a thread."""
    (source, mouth), (ear, sink) = os.pipe(), os.pipe()

    def run() -> None:
        with FileIO(source, "rb") as read, FileIO(sink, "wb") as write:
            serve(read, write)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return Client(os.fdopen(mouth, "wb"), os.fdopen(ear, "rb"), thread.join)


def connect_player(player: Player, tell: Callable[[Message], None] = lambda _: None) -> Client:
    """A client of a daemon with this player; what it has to say to people goes to `tell`."""
    return connect(lambda source, sink: Daemon(player, Wires(source, sink, tell, as_twin_error)).serve())
