"""Play Faust offline: any length in bounded memory, in a child process with limits.

Sounds are float32 (channels, samples). The engine is `cyfaust-llvm` (the interpreter wheel `cyfaust` answers to the same name and
does as well, at a twentieth of the speed). Library functions that are GPL are refused by what they declare, so that a generated
program can be used anywhere.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.samples import Samples
from ..errors import BadInput, Resources, Unavailable
from ..timebase import SAMPLE_RATE
from .schedule import Schedule

BLOCK: Final = 16_384
"""Samples that are sent at a time."""
INSTALL: Final = "pip install 'producertwin[mix]' (or: pip install cyfaust-llvm)"
_ROOT: Final = Path(__file__).resolve().parents[2]
_START: Final = "import sys; sys.path.append(sys.argv.pop(1)); from producertwin.mixing.faust_child import main; main()"
_STRONG: Final = re.compile(r"(?<!L)GPL")
_FREED: Final = re.compile("exception", re.IGNORECASE)

_LOADER: Final = 127
"""How a child ends whose loader finds no memory for what a library needs, without a signal."""


@dataclass(frozen=True, slots=True)
class PlayLimits:
    """What a program may cost."""

    memory_bytes: int = 3 << 29
    """Address space of the child."""
    cpu_seconds: int = 3_600
    compile_seconds: float = 300.0
    """Wall time in which the program is compiled."""
    block_seconds: float = 120.0
    """Wall time of one block."""


_LIMITS: Final = PlayLimits()


class Engine:
    """A program, or many by a schedule, that plays. `open_engine` makes one."""

    def __init__(self, child: subprocess.Popen[bytes], limits: PlayLimits) -> None:
        self._child, self._limits = child, limits
        self.inputs = self.outputs = 0
        self.declared: dict[str, str] = {}
        """What programs and their library functions declare: names, authors, licences."""
        self.said = ""
        """Warnings of the compiler."""
        self.closed = False
        """Whether network and other programs are closed to it."""

    def start(self, played: str | Schedule, rate: int) -> None:
        """Compile. Raises `BadInput` for a program that is wrong or holds a GPL function, `Unavailable` without an engine."""
        limits = self._limits
        schedule = asdict(played) if isinstance(played, Schedule) else None
        asked = {
            "programs": schedule["programs"] if schedule else {"mix": played},
            "schedule": schedule,
            "rate": rate,
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": limits.cpu_seconds,
        }
        with self._deadline(limits.compile_seconds, "compiling the mix"):
            self._send(json.dumps(asked).encode() + b"\n")
            answer = self._out.readline()
            if not answer.endswith(b"\n"):  # it ended before or within its answer
                self._fail("compiling the mix")
            told = json.loads(answer)
            if "inputs" not in told:
                self._refuse(told)
        self.inputs, self.outputs = told["inputs"], told["outputs"]
        self.declared, self.said, self.closed = told["declared"], told["said"], bool(told["closed"])
        if strong := strong_licences(self.declared):
            raise BadInput(f"the program uses {', '.join(strong)}", remedy="use functions that are not GPL")

    def play(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples: `block` (inputs, n), n from 1 to `faust_child.MOST_SAMPLES`, gives (outputs, n)."""
        count = block.shape[1]
        with self._deadline(self._limits.block_seconds, "playing the mix"):
            self._send(struct.pack("<i", count) + np.ascontiguousarray(block, "<f4").tobytes())
            data = self._out.read(4 * count * self.outputs)
            if len(data) < 4 * count * self.outputs:
                self._fail("playing the mix")
        return np.frombuffer(data, "<f4").reshape(self.outputs, count)

    def spent_seconds(self) -> float:
        """Processor time of the child so far; on other systems than Linux the time by the clock."""
        if sys.platform == "linux":
            return time.clock_gettime((~self._child.pid << 3) | 2)  # the clock of another process: clock_getcpuclockid(3)
        return time.perf_counter()

    @property
    def _out(self) -> IO[bytes]:
        assert self._child.stdout is not None
        return self._child.stdout

    def _send(self, data: bytes) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            self._child.stdin.flush()
        except BrokenPipeError:
            self._fail("the mix")

    @contextmanager
    def _deadline(self, seconds: float, what: str) -> Iterator[None]:
        """End the child when `seconds` are over. Raises `Resources` then."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._child.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            yield
        except (Unavailable, Resources):
            if late.is_set():
                raise Resources(f"{what} took longer than {seconds:g} s", remedy="use fewer strips or effects") from None
            raise
        finally:
            timer.cancel()

    def _refuse(self, told: dict[str, Any]) -> None:
        """Raise what the child's answer means."""
        if told.get("kind") == "missing":
            raise Unavailable(f"the mixing engine is not installed ({told['error']})", remedy=INSTALL)
        if "error" in told:
            raise BadInput(f"Faust refuses the program: {told['error']}", remedy="correct the named line")
        self._fail("compiling the mix")

    def _fail(self, what: str) -> None:
        """Raise what the child's end means."""
        try:
            code = self._child.wait(10)
        except subprocess.TimeoutExpired:  # it said nothing more and did not end
            self._child.kill()
            code = self._child.wait()
        if code == _LOADER or (
            sys.platform != "win32" and -code in (signal.SIGXCPU, signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV)
        ):
            ended = f"exit {code}" if code == _LOADER else f"signal {-code}"
            raise Resources(f"{what} used up its memory or processor time ({ended})", remedy="use fewer strips or effects")
        raise Unavailable(f"the mixing engine ended by itself (exit {code})", remedy=f"install it again: {INSTALL}")


def strong_licences(declared: dict[str, str]) -> list[str]:
    """The library functions of a program whose licence is GPL or AGPL without an exception, with it."""
    return [
        f"{key.rsplit(':', 1)[0]} ({value})"
        for key, value in declared.items()
        if re.search(r"licen[cs]e$", key) and _STRONG.search(value) and not _FREED.search(value)
    ]


def is_installed() -> bool:
    """Whether there is an engine."""
    return importlib.util.find_spec("cyfaust") is not None


def check_installed() -> None:
    """Raise `Unavailable` unless there is an engine."""
    if not is_installed():
        raise Unavailable("the mixing engine is not installed", remedy=INSTALL)


@contextmanager
def open_engine(played: str | Schedule, *, rate: int = SAMPLE_RATE, limits: PlayLimits = _LIMITS) -> Iterator[Engine]:
    """A compiled program or schedule, ended on leaving. Raises as `Engine.start` does, and `Resources` where it is too large."""
    check_installed()
    command = [sys.executable, "-P", "-c", _START, str(_ROOT)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAUST")}  # no places of libraries
    environment = {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    if places := kept.get("PYTHONPATH"):  # the child begins in another folder
        environment["PYTHONPATH"] = os.pathsep.join(str(Path(place).absolute()) for place in places.split(os.pathsep) if place)
    with tempfile.TemporaryDirectory(prefix="twin-faust-") as empty:  # no library of the same name lies beside it
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=empty
        )
        try:
            engine = Engine(child, limits)
            engine.start(played, rate)
            yield engine
        finally:
            child.kill()
            child.communicate()


def play_through(source: str, sound: Samples, *, rate: int = SAMPLE_RATE) -> Samples:
    """`sound` (inputs, n) through a program: (outputs, n). For short sounds; `render` streams long ones."""
    with open_engine(source, rate=rate) as engine:
        if engine.inputs != len(sound):
            raise BadInput(f"the program has {engine.inputs} inputs for {len(sound)} channels", remedy="give one for each")
        parts = [engine.play(sound[:, at : at + BLOCK]) for at in range(0, sound.shape[1], BLOCK)]
    return np.concatenate(parts, axis=1)
