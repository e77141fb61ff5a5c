"""The child process that compiles and plays one Faust program, under limits it cannot raise again.

It reads one `Request` in JSON in a line, answers with a line (`{"inputs": …, "outputs": …, "declared": …}` or `{"error": …,
"kind": …}`), and then plays: of every block comes a 32-bit count of samples and that many float32 of each input, one input after
the other; the outputs go back the same way. A count of 0 is the end. It needs no network and writes no file but what the compiler
says, which is a megabyte at most.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from .seccomp import close_network, close_programs

MOST_SAMPLES = 1 << 16
"""Samples of a block."""
_WRITTEN = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """One program to play."""

    source: str
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
    options = ("", -1, "-ftz", "2") if cyfaust.LLVM_BACKEND else ("-ftz", "2")
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


def play(dsp: Any, inputs: int, outputs: int, source: BinaryIO, sink: BinaryIO) -> None:
    """Play blocks until a count of 0, or until nobody sends any more."""
    while len(head := source.read(4)) == 4:
        (count,) = struct.unpack("<i", head)
        if not 0 < count <= MOST_SAMPLES:
            return
        block = np.frombuffer(source.read(4 * count * inputs), "<f4").reshape(inputs, count).copy()
        played = np.zeros((outputs, count), np.float32)
        dsp.compute(count, block, played)
        sink.write(played.tobytes())
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
    factory, said = compile_source(request.source)
    if factory is None:
        answer(error=said or "the compiler gave no reason", kind="refused")
        return
    closed = close_programs() and closed  # not before: the compiler asks `which faust`
    dsp = factory.create_dsp_instance()  # `factory` is held until the end: the engine crashes without it
    dsp.init(request.rate)
    inputs, outputs = dsp.get_numinputs(), dsp.get_numoutputs()
    answer(inputs=inputs, outputs=outputs, declared=dict(dsp.metadata()), said=said, closed=closed)
    play(dsp, inputs, outputs, source, sink)
    sink.flush()
    os._exit(0)  # the engine's own ending order may crash
