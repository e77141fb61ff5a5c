"""Start the decoding child process and translate how it ended.

Untrusted sound is decoded in a process of its own (`decoder`), bound in memory, processor time, wall time and decoded
samples, so that a crash, a hang or a bomb costs one refused file and nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from ..errors import AudioRejected, BadInput, DiskFull, NotFound, Unavailable
from .channels import MAX_CHANNELS
from .fork_server import AVAILABLE, SERVE, DecoderExit, ForkServer

_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
_START: Final = "import sys; sys.path.append(sys.argv.pop(1)); from producertwin.audio.decoder import main; main()"

_SERVERS: Final[list[ForkServer]] = []
"""None or one."""
_SERVERS_LOCK: Final = threading.Lock()
_LONGEST_SECONDS: Final = 1e9
"""Stands in for no limit at all, which integers cannot count."""

REMEDIES: Final = {
    "empty": "choose a file that holds sound",
    "not_audio": "convert it to wav, flac or mp3",
    "corrupt": "export the file again from its source",
    "truncated": "copy or download the file again; it was cut short",
    "too_long_to_decode": "cut it into shorter files, or raise the limit",
    "too_many_channels": "mix it down to stereo first",
    "unsupported_rate": "resample it to 44.1 or 48 kHz first",
    "nan": "export it again; its samples are not numbers",
    "timeout": "the file may be built to hang decoders; convert it with a tool you trust",
    "too_much_memory": "convert it to wav or flac first",
    "oversized": "export it again without what is not sound: pictures, padding, video",
    "unreadable": "check the file's permissions",
}
"""Every reason code a file can be rejected with, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost to decode."""

    seconds: float = 1200.0
    """Longest decoded sound."""
    channels: int = MAX_CHANNELS
    rates: tuple[int, int] = (8_000, 192_000)
    """Lowest and highest sample rate in Hz."""
    memory_bytes: int = 1 << 30
    """Address space of the child."""
    cpu_seconds: int = 60
    wall_seconds: float = 120.0


def decode(path: Path, limits: Limits, out: IO[bytes] | None) -> dict[str, Any]:
    """Decode `path` into `out` (48 kHz float32, the left channel, then the right), or read only its header where `out` is None.

    Returns the report: `info`, and `clipping` or (of the header) `tags`.

    Raises `NotFound`, `BadInput` (not a regular file), `AudioRejected`, `DiskFull`.
    """
    from . import decoder  # cheap, but keeps soundfile out of processes that never read a file

    _check_regular(path)
    request = decoder.Request(
        path=str(path.absolute()),
        header_only=out is None,
        seconds=min(limits.seconds, _LONGEST_SECONDS),
        channels=min(limits.channels, MAX_CHANNELS),
        rates=limits.rates,
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
    )
    answer = _decode_in_fork if AVAILABLE else _decode_in_new_process
    ended = answer(decoder.encode_request(request), limits.wall_seconds, out)
    if ended.late:
        raise rejection("timeout", path, f"decoding took longer than {limits.wall_seconds:g} s")
    return _check_exit(path, ended.code, ended.talk)


def _decode_in_new_process(request: str, wall_seconds: float, out: IO[bytes] | None) -> DecoderExit:
    """Let a new process answer `request`."""
    try:
        child = subprocess.run(
            _command(request),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if out is None else out,
            stderr=subprocess.PIPE,
            timeout=wall_seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return DecoderExit(1, b"", late=True)
    return DecoderExit(child.returncode, child.stderr)


def _decode_in_fork(request: str, wall_seconds: float, out: IO[bytes] | None) -> DecoderExit:
    """Let a process that the fork server forks answer `request`."""
    return _server().run(request, None if out is None else out.fileno(), wall_seconds)


def _server() -> ForkServer:
    """This process's fork server, started when it is first wanted, and again when it is gone."""
    with _SERVERS_LOCK:
        if not _SERVERS or not _SERVERS[-1].alive:
            _close()
            _SERVERS[:] = [ForkServer(_command(SERVE), _environment())]
        return _SERVERS[-1]


@atexit.register
def _close() -> None:
    """Close the fork server, if there is one."""
    while _SERVERS:
        _SERVERS.pop().close()


def _command(word: str) -> list[str]:
    return [sys.executable, "-P", "-c", _START, str(_PACKAGE_ROOT), word]


def _check_regular(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise NotFound(f"no file at {path}: {getattr(error, 'strerror', None) or error}", remedy="check the path") from None
    if stat.S_ISDIR(mode):
        raise BadInput(f"{path} is a folder", remedy="name a sound file")
    if not stat.S_ISREG(mode):
        raise BadInput(f"{path} is not a regular file", remedy="name a sound file on disk")


def _environment() -> dict[str, str]:
    """The child's environment: ours, with one thread per library so that its address space stays small."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _check_exit(path: Path, code: int, talk: bytes) -> dict[str, Any]:
    """Turn the child's end into its report or an error."""
    lines = talk.decode("utf-8", "replace").strip().splitlines()
    if code == 0 and lines:
        report = json.loads(lines[-1])
        if "info" in report:
            found: dict[str, Any] = report
            return found
        if report["reason"] == "disk_full":
            folder = tempfile.gettempdir()
            raise DiskFull(
                f"the disk of {folder} is full", remedy=f"free space there or set TMPDIR; decoding {path.name} needs it"
            )
        raise rejection(report["reason"], path, report["message"])
    if sys.platform != "win32" and -code in (signal.SIGXCPU, signal.SIGKILL):
        raise rejection("timeout", path, "decoding used up its processor time or memory and was stopped")
    if code < 0:
        raise rejection("corrupt", path, f"the decoder crashed on it (signal {-code})")
    detail = lines[-1] if lines else f"exit {code}"
    raise Unavailable(f"the decoding process failed: {detail}", remedy="run `twin doctor`; the installation may be damaged")


def rejection(reason: str, path: Path, message: str) -> AudioRejected:
    """The error for `path` refused by `reason`, a key of `REMEDIES`."""
    return AudioRejected(reason, f"{path}: {message}", remedy=REMEDIES[reason])
