"""A PostgreSQL server of our own for tests and benchmarks: on loopback, in a folder that is removed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

REQUIRED = "TWIN_REQUIRE_POSTGRES"
"""Set where a missing server is a failure: in CI."""
ABSENT = "PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)"


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where there are none."""
    beside = shutil.which("initdb")
    folders = [Path(beside).parent] if beside else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def serve(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """The URL of a fresh database. The server refuses to be run by root, so root runs it as `nobody`.

    With `durable` it flushes what it commits, as a real one does.
    """
    user = "nobody" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="twin-postgres-"))
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data = folder / "data"
        make = [programs / "initdb", "-D", data, "-U", "twin", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(list(map(str, make)), cwd=folder, user=user, check=True, stdout=subprocess.DEVNULL)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        flags = [] if durable else ["-F"]
        run = [
            programs / "postgres",
            "-D",
            data,
            "-h",
            "127.0.0.1",
            "-p",
            port,
            "-k",
            folder,
            "-c",
            "max_connections=200",
            *flags,
        ]
        server = subprocess.Popen(list(map(str, run)), cwd=folder, user=user, stderr=subprocess.DEVNULL)
        try:
            url = f"postgresql://twin@127.0.0.1:{port}/postgres"
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120.0
    while server.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the PostgreSQL server does not answer")
