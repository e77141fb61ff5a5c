"""The worker processes of a server: kept, started again, given up, and stopped; the work is done in them alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from producertwin.server import crew as crews
from producertwin.server.crew import DEATHS, Crew
from producertwin.settings import Settings
from server_kit import House, serving


def process(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def test_a_worker_that_dies_is_started_again_and_given_up_in_the_end(tmp_path: Path) -> None:
    started: list[int] = []

    def start(_: Settings) -> subprocess.Popen[bytes]:
        started.append(1)
        return process("import sys; sys.stderr.write('no memory\\nthe studio is gone\\n'); sys.exit(1)")

    crew = Crew(Settings(studio=tmp_path), 1, start=start, pause=0.001)
    crew.start()
    wait_until(lambda: crew.facts().given_up)
    assert len(started) == DEATHS
    facts = crew.facts()
    assert (facts.wanted, facts.running, facts.deaths, facts.given_up) == (1, 0, DEATHS, ("the studio is gone",))
    crew.stop()


def test_one_that_cannot_be_started_is_given_up_too(tmp_path: Path) -> None:
    def start(_: Settings) -> subprocess.Popen[bytes]:
        raise OSError("too many processes")

    crew = Crew(Settings(studio=tmp_path), 2, start=start, pause=0.001)
    crew.start()
    wait_until(lambda: len(crew.facts().given_up) == 2)
    assert "too many processes" in crew.facts().given_up[0]
    crew.stop()


def test_workers_end_with_the_crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "PATIENCE", 5.0)
    made: list[subprocess.Popen[bytes]] = []
    lock = threading.Lock()

    def start(_: Settings) -> subprocess.Popen[bytes]:
        found = process("import sys; sys.stdin.read()")
        with lock:
            made.append(found)
        return found

    crew = Crew(Settings(studio=tmp_path), 3, start=start)
    crew.start()
    wait_until(lambda: crew.facts().running == 3)
    crew.stop()
    assert crew.facts().running == 0 and len(made) == 3 and all(one.poll() is not None for one in made)
    assert crew.facts().deaths == 0
    crew.stop()


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "PATIENCE", 0.2)
    crew = Crew(Settings(studio=tmp_path), 1, start=lambda _: process("import time; time.sleep(600)"))
    crew.start()
    wait_until(lambda: crew.facts().running == 1)
    crew.stop()
    wait_until(lambda: crew.facts().running == 0)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_serve_makes_a_take_elsewhere_and_goes_on_when_its_worker_is_killed(fresh: House) -> None:
    make = {"plan": {"prompt": {"caption": "lofi"}, "seconds": 1, "play": {"variant": "tiny", "seed": 1}}}
    with serving(fresh.settings.studio, "--workers", "1") as (told, server):
        token = Path(told["token_file"]).read_text().strip()
        with httpx.Client(base_url=told["address"], headers={"authorization": f"Bearer {token}"}, timeout=60) as client:

            def is_done(job: str) -> bool:
                found = client.get(f"/v1/jobs/{job}").json()
                assert found["state"] not in {"failed", "cancelled"}, found
                return bool(found["state"] == "succeeded")

            first = client.post("/v1/jobs", json={"kind": "make", "plan": make}).json()["id"]
            wait_until(lambda: is_done(first), 120)
            [take] = client.get(f"/v1/jobs/{first}").json()["takes"]
            assert client.get(f"/v1/takes/{take}/audio").status_code == 200
            [worker] = [one for one in client.get("/v1/workers").json()["workers"] if one["state"] == "alive"]
            assert worker["process"] != server.pid
            psutil.Process(worker["process"]).kill()
            make["plan"]["play"]["seed"] = 2  # type: ignore[index]
            second = client.post("/v1/jobs", json={"kind": "make", "plan": make}).json()["id"]
            wait_until(lambda: is_done(second), 120)
            with client.stream("GET", "/v1/events", headers={"last-event-id": "0"}) as stream:
                seen = ""
                for line in stream.iter_lines():
                    seen += line + "\n"
                    if seen.count('"succeeded"') == 2:
                        break
            assert seen.count("event: take") == 2 and '"dead"' in seen
            children = psutil.Process(server.pid).children()
        server.terminate()
        server.wait(60)
        psutil.wait_procs(children, timeout=30)
        assert not any(one.is_running() for one in children)


def test_a_worker_stops_while_another_process_holds_its_stdin_open(tmp_path: Path) -> None:
    """As the children do that the server forks to decode sounds."""
    started: list[subprocess.Popen[bytes]] = []
    held: list[int] = []

    def start(_: Settings) -> subprocess.Popen[bytes]:
        started.append(process("import sys; sys.stdin.read()"))
        assert started[0].stdin is not None
        held.append(os.dup(started[0].stdin.fileno()))
        return started[0]

    crew = Crew(Settings(studio=tmp_path), 1, start=start)
    crew.start()
    wait_until(lambda: held)
    crew.stop()
    os.close(held[0])
    assert started[0].returncode == -signal.SIGTERM
