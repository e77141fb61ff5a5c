"""The child process that decodes one file: everything untrusted happens here, under limits it cannot raise again.

It answers one `Request` in JSON, which `sandbox` hands it as its argument or through the fork server. It writes 48 kHz
float32, the left channel and then the right, and reports in one JSON line: `{"info": …}` or `{"reason": …, "message": …}`.
Samples are counted while they stream, so a header that lies cannot make it allocate, and a bomb is cut at the limit. Nothing
here imports torch or scipy: it must start within a tenth of a second.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np
import soxr
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE
from .audio_source import TRUNCATED_SECONDS, AudioSource, Rejected
from .channels import fold
from .clipping import ClippingMeter
from .fork_server import SERVE, serve
from .sources import open_source

_COPIED = 1 << 20
"""Bytes that are copied at a time."""


@dataclass(frozen=True, slots=True)
class Request:
    """One decoding job; see `sandbox.Limits` for the limits."""

    path: str
    header_only: bool
    seconds: float
    channels: int
    rates: tuple[int, int]
    memory_bytes: int
    cpu_seconds: int


def limit(request: Request) -> None:
    """Bind this process to the request's memory, processor time and output size."""
    if sys.platform == "win32":
        return
    import resource

    output = int(request.seconds * SAMPLE_RATE * 8) + (1 << 20)
    wanted = ((resource.RLIMIT_AS, request.memory_bytes), (resource.RLIMIT_CPU, request.cpu_seconds))
    for which, most in (*wanted, (resource.RLIMIT_FSIZE, output), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS; the others still hold
            resource.setrlimit(which, (most, most))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def check_header(source: AudioSource, request: Request) -> None:
    """Refuse channel counts, rates and claimed lengths outside the limits."""
    low, high = request.rates
    if source.channels > request.channels:
        raise Rejected("too_many_channels", f"the file has {source.channels} channels, the limit is {request.channels}")
    if not low <= source.rate <= high:
        raise Rejected("unsupported_rate", f"the file runs at {source.rate} Hz, outside {low}-{high} Hz")
    claimed = source.frames / source.rate
    if not request.header_only and claimed > request.seconds:
        raise Rejected("too_long_to_decode", f"the file claims {claimed:.0f} s, the limit is {request.seconds:g} s")


def stream(source: AudioSource, request: Request, out: IO[bytes], clipping: ClippingMeter) -> int:
    """Decode `source` to `out` as 48 kHz float32, left and then right; returns the frames decoded at the source's rate.

    `clipping` hears every block before it is folded or resampled.
    """
    most = round(request.seconds * source.rate)
    wide = 1 if source.channels == 1 else 2
    change = soxr.ResampleStream(source.rate, SAMPLE_RATE, wide, "float32", "VHQ") if source.rate != SAMPLE_RATE else None

    def put(block: NDArray[np.float32], last: bool) -> None:
        if change is not None:
            block = change.resample_chunk(block, last)
        left, right = np.ascontiguousarray(fold(block).T, "<f4")
        out.write(left.data)
        aside.write(right.data)

    done = 0
    with tempfile.TemporaryFile(prefix="twin-") as aside:  # how long the left channel will be, nobody knows yet
        for block in source.blocks:
            done += len(block)
            if done > most:
                raise Rejected("too_long_to_decode", f"the file lasts more than {request.seconds:g} s")
            if not np.isfinite(block).all():
                raise Rejected("nan", "the file contains NaN or infinite samples")
            clipping.add(block)
            put(block if wide == 1 else fold(block), False)
        put(np.zeros((0, wide), np.float32), True)
        aside.seek(0)
        shutil.copyfileobj(aside, out, _COPIED)
    return done


def check_length(source: AudioSource, done: int) -> None:
    """Refuse files that hold no sound, or clearly less than their header states; note what is longer than it states."""
    promised = (source.frames if source.claimed is None else source.claimed) / source.rate
    held = done / source.rate
    if done == 0 and not source.frames:
        raise Rejected("empty", "the file holds no sound")
    missing = source.frames - done > TRUNCATED_SECONDS * source.rate
    if done == 0 or (missing and source.keeps_promise):
        raise Rejected("truncated", f"the header promises {source.frames / source.rate:.2f} s, the file holds {held:.2f} s")
    if not source.notes and promised and abs(held - promised) > TRUNCATED_SECONDS:
        source.notes.append(f"its header states {promised:.1f} s where {held:.1f} s are")


def count(source: AudioSource, request: Request) -> int:
    """The frames of a source that nothing tells the length of, by decoding it; no further than the limit."""
    most, done = request.seconds * source.rate, 0
    for block in source.blocks:
        done += len(block)
        if done > most:
            raise Rejected("too_long_to_decode", f"the file lasts more than {request.seconds:g} s")
    return done


def answer(request: Request, out: IO[bytes]) -> dict[str, Any]:
    """Do the job; returns the report."""
    try:
        return _report(request, out)
    except Rejected as error:
        return {"reason": error.reason, "message": str(error)}
    except MemoryError:
        return {"reason": "too_much_memory", "message": "decoding the file needs more memory than allowed"}
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {"reason": "disk_full", "message": "the folder for temporary files is full"}
        return {"reason": "unreadable", "message": f"the file cannot be read: {error.strerror}"}


def _report(request: Request, out: IO[bytes]) -> dict[str, Any]:
    source = open_source(request.path)
    check_header(source, request)
    report: dict[str, Any] = {}
    if request.header_only:
        source.frames = source.frames or count(source, request)
        report["tags"] = _tags(request.path)
    else:
        clipping = ClippingMeter()
        source.frames = _decode(source, request, out, clipping)
        report["clipping"] = asdict(clipping.reading(source.rate))
    names = ("format", "subtype", "rate", "channels", "frames", "notes")
    return report | {"info": {key: getattr(source, key) for key in names}}


def _tags(path: str) -> dict[str, Any]:
    """What the file says of itself; nothing where its format holds no tags or they are damaged."""
    from .tags.head import read_head

    return asdict(read_head(path))


def _decode(source: AudioSource, request: Request, out: IO[bytes], clipping: ClippingMeter) -> int:
    done = stream(source, request, out, clipping)
    out.flush()
    check_length(source, done)
    return done


def main() -> None:
    """Answer the request in the first argument, or serve many."""
    if sys.argv[1] == SERVE:
        serve(_answer)
        return
    report = os.dup(2)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # decoders in C print what they like
    _answer(sys.argv[1], report, os.dup(1))


def _answer(data: str, report: int, out: int) -> None:
    """Answer one request and end this process."""
    told = json.loads(data)
    request = Request(**{**told, "rates": tuple(told["rates"])})
    limit(request)
    with os.fdopen(report, "w", encoding="utf-8", closefd=False) as talk:
        talk.write(json.dumps(answer(request, os.fdopen(out if out >= 0 else os.dup(1), "wb"))) + "\n")
    os._exit(0)  # a buffer that a full disk did not take must not turn the answer into a crash


def encode_request(request: Request) -> str:
    """The JSON argument that `main` reads."""
    return json.dumps(asdict(request))
