"""The child process that compiles and plays Faust, one program or many by a schedule, under limits it cannot raise again.

It reads one `Request` in JSON in a line, answers with a line (`{"inputs": …, "outputs": …, "declared": …}` or `{"error": …,
"kind": …}`), and then plays: of every block comes a 32-bit count of samples and that many float32 of each input, one input after
the other; the outputs go back the same way. A count of 0 is the end. It needs no network and writes no file but what the compiler
says, which is a megabyte at most.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import struct
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .seccomp import close_network, close_programs

MOST_SAMPLES = 1 << 16
"""Samples of a block."""
_WRITTEN = 1 << 20
_OPTIONS = ("-ftz", "2", "-mcd", "0")
"""Numbers near 0 are 0, which is slow otherwise; and delays are rings, not copied with every sample."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be played."""

    programs: dict[str, str]
    """Faust by name."""
    schedule: dict[str, Any] | None
    """As `schedule.Schedule`; without one the first program plays alone."""
    rate: int
    memory_bytes: int
    cpu_seconds: int


def limit(request: Request) -> None:
    """Bind this process to the request's memory and processor time, and to files of a megabyte."""
    if sys.platform == "win32":
        return
    import resource

    wanted = (
        (resource.RLIMIT_AS, request.memory_bytes),
        (resource.RLIMIT_CPU, request.cpu_seconds),
        (resource.RLIMIT_FSIZE, _WRITTEN),
        (resource.RLIMIT_CORE, 0),
    )
    for which, most in wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS; the others still hold
            resource.setrlimit(which, (most, most))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def compile_source(source: str) -> tuple[Any, str]:
    """The factory of a program, None where it is wrong, and what the compiler says, which it prints itself."""
    import cyfaust

    kind = cyfaust.LlvmDspFactory if cyfaust.LLVM_BACKEND else cyfaust.InterpreterDspFactory
    options = ("", -1, *_OPTIONS) if cyfaust.LLVM_BACKEND else _OPTIONS
    with tempfile.TemporaryFile() as talk:
        kept = os.dup(1), os.dup(2)
        os.dup2(talk.fileno(), 1)
        os.dup2(talk.fileno(), 2)
        try:
            factory = kind.from_string("mix", source, *options)
        finally:
            for place, one in enumerate(kept, 1):
                os.dup2(one, place)
                os.close(one)
        talk.seek(0)
        said = talk.read().decode("utf-8", "replace").strip()
    if factory is not None:
        said = "\n".join([said, *map(str, factory.get_warning_messages())]).strip()
    return factory, said


@dataclass(frozen=True, slots=True)
class Move:
    """A program, ready to play a block."""

    factory: Any
    """Held while its program plays: the engine crashes without it."""
    dsp: Any
    takes: slice | list[int]
    """Rows of the block's channels that go in."""
    gives: slice
    """Rows that come out."""


def prepare(factories: dict[str, Any], request: Request) -> tuple[list[Move], dict[str, Any]]:
    """The moves of the request's schedule, and the schedule; that of a program alone where it has none."""
    schedule, ready = request.schedule or _schedule_alone(*factories.items()), []
    for move in schedule["moves"]:
        factory = factories[move["program"]]
        dsp = factory.create_dsp_instance()
        dsp.init(request.rate)
        for place, value in enumerate(move["values"]):
            dsp.set_param(f"p{place}", value)
        gives = slice(move["gives"], move["gives"] + dsp.get_numoutputs())
        ready.append(Move(factory, dsp, _rows(move["takes"]), gives))
    return ready, schedule


def _schedule_alone(only: tuple[str, Any]) -> dict[str, Any]:
    """The schedule of one program that plays alone."""
    name, dsp = only[0], only[1].create_dsp_instance()
    inputs, outputs = dsp.get_numinputs(), dsp.get_numoutputs()
    moves = [{"program": name, "values": (), "takes": range(inputs), "gives": inputs}]
    return {"inputs": inputs, "channels": inputs + outputs, "gives": range(inputs, inputs + outputs), "moves": moves}


def _rows(channels: Sequence[int]) -> slice | list[int]:
    """`channels` as a slice where they follow one another, which needs no copy."""
    first = channels[0] if channels else 0
    return slice(first, first + len(channels)) if list(channels) == [*range(first, first + len(channels))] else list(channels)


def play_block(moves: list[Move], channels: NDArray[np.float32]) -> None:
    """Play one block in place, (channels, samples)."""
    for move in moves:
        move.dsp.compute(channels.shape[1], channels[move.takes], channels[move.gives])


def play(moves: list[Move], schedule: dict[str, Any], source: io.BufferedReader, sink: BinaryIO) -> None:
    """Play blocks until a count of 0, or until nobody sends any more."""
    inputs, gives = schedule["inputs"], _rows(schedule["gives"])
    memory = np.zeros(0, np.float32)
    while len(head := source.read(4)) == 4:
        (count,) = struct.unpack("<i", head)
        if not 0 < count <= MOST_SAMPLES:
            return
        needed = count * schedule["channels"]
        memory = memory if memory.size >= needed else np.zeros(needed, np.float32)
        channels = memory[:needed].reshape(schedule["channels"], count)
        if source.readinto(channels[:inputs].data.cast("B")) < 4 * count * inputs:
            return
        play_block(moves, channels)
        sink.write(channels[gives].tobytes())
        sink.flush()


def main() -> None:
    """Answer the request on standard input."""
    source, sink = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    request = Request(**json.loads(source.readline()))

    def answer(**told: Any) -> None:
        sink.write(json.dumps(told).encode() + b"\n")
        sink.flush()

    try:
        import cyfaust  # noqa: F401 - its absence is told before anything is compiled
    except ImportError as error:
        answer(error=str(error), kind="missing")
        return
    limit(request)
    closed = close_network()
    factories: dict[str, Any] = {}
    warnings: list[str] = []
    for name, text in request.programs.items():
        factories[name], said = compile_source(text)
        if factories[name] is None:
            answer(error=said or "the compiler gave no reason", kind="refused")
            return
        warnings += [said] if said else []
    closed = close_programs() and closed  # not before: the compiler asks `which faust`
    moves, schedule = prepare(factories, request)
    declared = {key: value for move in moves for key, value in dict(move.dsp.metadata()).items()}
    said = "\n".join(warnings)
    answer(inputs=schedule["inputs"], outputs=len(schedule["gives"]), declared=declared, said=said, closed=closed)
    play(moves, schedule, source, sink)
    sink.flush()
    os._exit(0)  # the engine's own ending order may crash
