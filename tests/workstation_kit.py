"""Peers that stand for workstations: AbletonOSC over UDP, and REAPER's web interface with the script that runs in it."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from producertwin.mixing.workstation.osc import Message, Value, read_messages, write_message


@dataclass
class FakeLive:
    """A set in Live with AbletonOSC: what its README documents, and create_audio_clip where `takes_files`."""

    takes_files: bool = True
    tempo: float = 120.0
    meter: tuple[int, int] = (4, 4)
    version: tuple[int, int] = (12, 1)
    tracks: list[dict[str, Any]] = field(default_factory=lambda: [{"name": "1-MIDI", "clips": []}])
    port: int = 0
    answer_port: int = 0

    def answer(self, message: Message) -> tuple[Value, ...] | None:
        """What AbletonOSC answers; None where it says nothing."""
        values: Any = message.values
        match message.address.removeprefix("/live/"):
            case "test":
                return ("ok",)
            case "application/get/version":
                return self.version
            case "song/get/tempo":
                return (self.tempo,)
            case "song/set/tempo":
                self.tempo = values[0]
            case "song/get/signature_numerator":
                return (self.meter[0],)
            case "song/get/signature_denominator":
                return (self.meter[1],)
            case "song/get/num_tracks":
                return (len(self.tracks),)
            case "song/create_audio_track":
                self.tracks.append({"name": "Audio", "clips": []})
            case "song/delete_track":
                del self.tracks[values[0]]
            case "track/set/name":
                self.tracks[values[0]]["name"] = values[1]
            case "track/create_audio_clip" if self.takes_files and Path(values[1]).is_file():
                self.tracks[values[0]]["clips"].append((values[1], values[2]))
            case "track/get/arrangement_clips/name":
                return (values[0], *(Path(path).stem for path, _ in self.tracks[values[0]]["clips"]))
        return None


@contextmanager
def open_live(live: FakeLive) -> Iterator[FakeLive]:
    """`live`, listening on loopback; it answers to `answer_port`, as AbletonOSC does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inbox, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        inbox.bind(("127.0.0.1", 0))
        spare.bind(("127.0.0.1", 0))
        live.port, live.answer_port = inbox.getsockname()[1], spare.getsockname()[1]
        spare.close()
        ended = threading.Event()

        def serve() -> None:
            while (there := select.select([inbox], [], [], 0.02)[0]) or not ended.is_set():
                if there:
                    for message in read_messages(inbox.recvfrom(65_536)[0]):
                        if (said := live.answer(message)) is not None:
                            inbox.sendto(write_message(Message(message.address, said)), ("127.0.0.1", live.answer_port))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield live
        finally:
            ended.set()
            thread.join()


@dataclass
class FakeReaper:
    """A project in REAPER: ext states, regions, and the script where `runs_script`."""

    runs_script: bool = True
    tempo: float = 120.0
    regions: list[tuple[str, str, float, float]] = field(default_factory=list)
    """ID, name, start, end."""
    states: dict[str, str] = field(default_factory=dict)
    tracks: list[tuple[str, str, float]] = field(default_factory=list)
    """Name, file, second."""
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, command: str) -> str:
        """The lines that answer one command."""
        self.asked.append(command)
        words = [unquote(word) for word in command.split("/")]
        if command == "TRANSPORT":
            return "TRANSPORT\t0\t0.000000\t0\t1.1.00\t1.1.00\n"
        if command == "REGION":
            lines = [f"REGION\t{_escape(name)}\t{one}\t{start:.6f}\t{end:.6f}\t0\n" for one, name, start, end in self.regions]
            return "".join(["REGION_LIST\n", *lines, "REGION_LIST_END\n"])
        if words[:2] == ["SET", "EXTSTATE"]:
            self.states["/".join(words[2:4])] = "/".join(words[4:])
            if words[3] == "request" and self.runs_script:
                self._run_script()
        if words[:2] == ["GET", "EXTSTATE"]:
            return f"EXTSTATE\t{words[2]}\t{words[3]}\t{_escape(self.states.get('/'.join(words[2:4]), ''))}\n"
        return ""

    def _run_script(self) -> None:
        """What producer_twin.lua does."""
        one, _, path = self.states["ProducerTwin/request"].partition("\t")
        if not path:
            return
        lines = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()]
        facts = {line[0]: line[1] for line in lines if line[0] != "track"}
        was, self.tempo = self.tempo, float(facts.get("tempo", self.tempo))
        start = (int(facts["bar"]) - 1) * 4 * 60 / self.tempo
        self.tracks += [(line[1], line[2], start) for line in lines if line[0] == "track"]
        self.states["ProducerTwin/answer"] = f"{one}\tok\t{start}\t{was}\t4\t4"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


@contextmanager
def open_reaper(reaper: FakeReaper) -> Iterator[FakeReaper]:
    """`reaper`, its web interface open on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(reaper.answer(command) for command in self.path.removeprefix("/_/").split(";")).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        reaper.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield reaper
        finally:
            server.shutdown()
            thread.join()
