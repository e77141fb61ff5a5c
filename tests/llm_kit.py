"""A language model's server for tests: it answers what a script says, misbehaves on request, and keeps what it saw."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import certifi
import pytest

from producertwin.llm import Chat, Kind, Llm, Pauses, connect
from producertwin.settings import Settings

KEY = "k3y-nobody-may-see"
INSTALLED = importlib.util.find_spec("google") is not None and importlib.util.find_spec("google.genai") is not None
needs_gemini = pytest.mark.skipif(not INSTALLED, reason="google-genai is not installed")
KINDS = ["openai", pytest.param("gemini", marks=needs_gemini)]
"""Both kinds of server, for `parametrize`."""
HOSTILE = [
    "http://example.invalid/x", "../../etc/passwd", "<script>alert(1)</script>", "[verse]", "$(rm -rf /)", "`id`", "a\x1b[2J",
    "x" * 300,
    "C:\\Windows", "see evil.sh", "a\nb; import os", "{{7*7}}", "me@b.c", "www evil", "\u202egnp.exe", "|| curl x", "",
]  # fmt: skip
"""What no model may put into words that are shown."""


@dataclass(frozen=True)
class Answer:
    """One answer of the server."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False
    """Whether a byte comes now and then, without end."""
    missing: int = 0
    """Bytes that are announced and never sent."""


@dataclass(frozen=True)
class Seen:
    """One question that the server saw."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class Server:
    """Answers from `script`, the last one again and again."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.seen: list[Seen] = []
        self.url = ""
        self.closing = threading.Event()

    def next(self) -> Answer:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@contextmanager
def one_certificate() -> Iterator[None]:
    """Every client trusts one authority: all of them take 40 ms to read, for each of a client's contexts, and none is asked."""
    end = "-----END CERTIFICATE-----\n"
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "authority.pem"
        bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
        with patch.dict(os.environ, {"SSL_CERT_FILE": str(bundle)}):
            yield


@contextmanager
def served() -> Iterator[Server]:
    """A server on a free port of this computer."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.seen.append(Seen(self.path, self.headers, json.loads(body)))
            answer = state.next()
            if answer.hangs:
                state.closing.wait(60)
                return
            self.send_response_only(answer.status)  # the script says the date, if any
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(10**9 if answer.drips else len(answer.body) + answer.missing))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the client may have had enough
                self.wfile.write(answer.body)
                while answer.drips and not state.closing.wait(0.02):
                    self.wfile.write(b" ")

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    try:
        with one_certificate():
            yield state
    finally:
        state.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def chat(server: Server, kind: Kind, time: FakeTime | None = None, **changes: Any) -> Chat:
    """A model of `kind` behind `server`."""
    url = f"{server.url}/v1" if kind == "openai" else server.url
    clock = time or FakeTime()
    llm = Llm.model_validate({"kind": kind, "model": "some-model", "url": url, "timeout": 60, "per_minute": 10_000} | changes)
    keys = {"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY}
    return connect(llm, Settings.model_validate({"studio": "studio"}), keys, pauses=Pauses(clock.now, clock.sleep))


def says(kind: Kind, text: str | None, ending: str = "", **message: Any) -> Answer:
    """An answer with `text`; `ending` in the server's own word, `message` what else OpenAI's kind may hold."""
    if kind == "openai":
        choice = {"index": 0, "finish_reason": ending or "stop", "message": {"role": "assistant", "content": text, **message}}
        data: dict[str, Any] = {"id": "1", "object": "chat.completion", "model": "some-model", "choices": [choice]}
    else:
        parts = [] if text is None else [{"text": text}]
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": ending or "STOP", "index": 0}
        data = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 9}, "modelVersion": "some-model"}
    return Answer(json.dumps(data).encode())


def fails(status: int, message: str = "no", *, headers: Mapping[str, str] | None = None, details: Any = ()) -> Answer:
    """An error as both kinds of server write it."""
    error = {"code": status, "message": message, "status": "SOMETHING", "details": list(details)}
    return Answer(json.dumps({"error": error}).encode(), status, headers or {})


def sound_of(seen: Seen) -> bytes:
    """The clip in a question of either kind."""
    if "messages" in seen.body:
        return base64.b64decode(seen.body["messages"][0]["content"][1]["input_audio"]["data"], validate=True)
    return base64.urlsafe_b64decode(seen.body["contents"][0]["parts"][1]["inlineData"]["data"])
