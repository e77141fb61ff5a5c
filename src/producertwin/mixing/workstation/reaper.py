"""Put sounds into the project that is open in REAPER, and read its regions, through its web interface.

The web interface answers `GET /_/COMMAND;COMMAND` with lines of fields between tabs; in texts, tab, line feed and backslash
stand as `\\t`, `\\n` and `\\\\` (REAPER's `main.js`). It can list regions and keep texts (`SET/EXTSTATE/section/key/value`), but
cannot put a file anywhere. That does a script inside REAPER, `producer_twin.lua`: it looks for a text that names a file of what
is to be placed, does it, and leaves a text as its answer:

    ProducerTwin/request   ID tab PATH          the file of lines that this module writes
    ProducerTwin/answer    ID tab ok tab SECONDS tab TEMPO tab NUMERATOR tab DENOMINATOR    or    ID tab error tab WORDS

TEMPO is the project's at that bar before anything was changed, in quarters per minute; SECONDS is where the bar begins.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from ...disk import write_whole
from ...errors import BadInput, Unavailable
from .live import Part

SCRIPT: Final = Path(__file__).with_name("producer_twin.lua")
SECTION: Final = "ProducerTwin"
REQUEST: Final = "request.tsv"
_MOST_BYTES: Final = 4_000_000
_ESCAPES: Final = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
_REMEDY: Final = "start REAPER with its web interface: Preferences > Control/OSC/web > Add > Web browser interface"


@dataclass(frozen=True, slots=True)
class WebPlace:
    """Where REAPER's web interface is, and how long is waited."""

    host: str = "127.0.0.1"
    port: int = 8080
    answer_seconds: float = 5.0
    """For an answer of the web interface."""
    script_seconds: float = 20.0
    """For an answer of the script in REAPER."""


@dataclass(frozen=True, slots=True)
class MarkedRegion:
    """A region of the project."""

    id: str
    name: str
    start: float
    """Seconds of the project."""
    end: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where sounds were put."""

    seconds: float
    """Second of the project at which they begin."""
    tempo: float
    """Quarters per minute there, before."""
    numerator: int
    denominator: int


class Reaper:
    """REAPER's web interface. `open_reaper` makes one."""

    def __init__(self, client: httpx.Client, place: WebPlace) -> None:
        self._client, self._place = client, place

    def ask(self, *commands: str) -> list[list[str]]:
        """The lines that answer `commands`, each as its fields. Raises `Unavailable` where nothing or something else answers."""
        try:
            with self._client.stream("GET", "/_/" + ";".join(commands)) as answer:
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    raise Unavailable("REAPER's web interface asks for a password", remedy="take the password off it")
                if answer.status_code != httpx.codes.OK:
                    raise Unavailable(f"something else answers on port {self._place.port} ({answer.status_code})", remedy=_REMEDY)
                data = b""
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _MOST_BYTES:
                        raise Unavailable(f"something else answers on port {self._place.port}", remedy=_REMEDY)
        except httpx.HTTPError as error:
            message = f"nothing answers as REAPER at {self._place.host}:{self._place.port} ({type(error).__name__})"
            raise Unavailable(message, remedy=_REMEDY) from None
        lines = data.decode("utf-8", "replace").splitlines()
        return [[_read_text(field) for field in line.split("\t")] for line in lines if line]

    def check(self) -> None:
        """Raise `Unavailable` unless REAPER answers."""
        if not any(line[0] == "TRANSPORT" and len(line) > 2 for line in self.ask("TRANSPORT")):
            raise Unavailable(f"something else than REAPER answers on port {self._place.port}", remedy=_REMEDY)

    def list_regions(self) -> tuple[MarkedRegion, ...]:
        """The regions of the project in its order."""
        found = []
        for line in self.ask("REGION"):
            if line[0] == "REGION" and len(line) >= 5:
                try:
                    found.append(MarkedRegion(line[2], line[1], float(line[3]), float(line[4])))
                except ValueError:
                    continue
        return tuple(found)

    def place(self, parts: Sequence[Part], folder: Path, *, title: str, bar: int, tempo: float | None) -> Placed:
        """Put `parts` at `bar`, each on a track of its own, at `tempo` where the project is to take it over; `folder` gets what
        tells the script so.

        Raises `Unavailable` where the script is not there, or cannot.
        """
        request = secrets.token_hex(8)
        path = write_whole(folder / REQUEST, _write_request(parts, title, bar, tempo)).absolute()
        told = quote(f"{request}\t{path}", safe="")
        self.ask(f"SET/EXTSTATE/{SECTION}/answer/-", f"SET/EXTSTATE/{SECTION}/request/{told}")
        end = time.monotonic() + self._place.script_seconds
        while time.monotonic() < end:
            answer = self._read_answer(request)
            if answer is not None:
                return answer
            time.sleep(0.1)
        self.ask(f"SET/EXTSTATE/{SECTION}/request/-")
        remedy = "write it with --install-script PATH, and run it in REAPER once (Actions > Load ReaScript)"
        raise Unavailable("REAPER answers, and the script Producer Twin does not run in it", remedy=remedy)

    def _read_answer(self, request: str) -> Placed | None:
        for line in self.ask(f"GET/EXTSTATE/{SECTION}/answer"):
            fields = line[-1].split("\t")
            if line[0] != "EXTSTATE" or fields[0] != request:
                continue
            if fields[1:2] == ["error"]:
                raise Unavailable(f"REAPER says: {' '.join(fields[2:])}", remedy="read it in REAPER, or drag the files into it")
            try:
                return Placed(float(fields[2]), float(fields[3]), int(float(fields[4])), int(float(fields[5])))
            except (IndexError, ValueError):
                remedy = "write the script anew: twin send reaper --install-script PATH"
                raise Unavailable("the script in REAPER is another version's", remedy=remedy) from None
        return None


@contextmanager
def open_reaper(place: WebPlace) -> Iterator[Reaper]:
    """REAPER's web interface at `place`, asked directly: no proxy, no redirection."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    base = f"http://{host}:{place.port}"
    with httpx.Client(base_url=base, timeout=place.answer_seconds, trust_env=False, follow_redirects=False) as client:
        yield Reaper(client, place)


def _write_request(parts: Sequence[Part], title: str, bar: int, tempo: float | None) -> bytes:
    """What the script reads: a line a fact, fields between tabs."""
    lines = [("title", title), ("bar", str(bar)), *([("tempo", f"{tempo:.6f}")] if tempo is not None else [])]
    for part in parts:
        if re.search(r"[\t\r\n]", str(part.path)):
            raise BadInput(f"{part.path!r} holds a tab or a line end", remedy="send it from another folder")
        lines.append(("track", f"{_one_line(part.name)}\t{part.path.absolute()}"))
    return "".join(f"{name}\t{value if name == 'track' else _one_line(value)}\n" for name, value in lines).encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _read_text(field: str) -> str:
    return re.sub(r"\\[nt\\]", lambda found: _ESCAPES[found[0]], field)
