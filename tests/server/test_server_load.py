"""A server under load: 200 clients that watch, 1000 jobs that wait, more uploads at once than are taken."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest

from producertwin.audio import files
from server_kit import House, serving, tone

LOG = logging.getLogger(__name__)
pytestmark = pytest.mark.slow
CLIENTS = 200
JOBS = 1000
UPLOADS = 40
GROWTH = 400e6
"""Bytes by which the server's memory may grow."""


@asynccontextmanager
async def watching(address: str, token: str) -> AsyncIterator[asyncio.StreamReader]:
    """A client of the events, on a connection of its own."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    try:
        yield reader
    finally:
        writer.close()


async def read_until(reader: asyncio.StreamReader, wanted: bytes) -> float:
    """Read until `wanted` comes, and return when it did."""
    seen = b""
    while wanted not in seen:
        piece = await reader.read(1 << 16)
        assert piece, seen[-500:]
        seen = seen[-200:] + piece
    return time.monotonic()


async def load(address: str, token: str, sounds: list[bytes]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    make = {"kind": "make", "plan": {"plan": {"prompt": {"caption": "lofi"}, "seconds": 1, "play": {"variant": "tiny"}}}}
    found: dict[str, Any] = {}
    async with (
        asyncio.timeout(500),
        httpx.AsyncClient(base_url=address, headers=headers, timeout=120) as client,
        AsyncExitStack() as stack,
    ):
        readers = [await stack.enter_async_context(watching(address, token)) for _ in range(CLIENTS)]
        await asyncio.gather(*(read_until(one, b": watching") for one in readers))
        begun = time.monotonic()
        first = (await client.post("/v1/jobs", json=make)).json()["id"]
        sent = time.monotonic()
        heard = await asyncio.gather(*(read_until(one, first.encode()) for one in readers))
        found["told after"] = max(heard) - sent
        found["submit"] = sent - begun
        queue = asyncio.Semaphore(8)

        async def submit(seed: int) -> float:
            async with queue:
                asked = time.monotonic()
                answer = await client.post("/v1/jobs", json=make, headers={"idempotency-key": f"job-{seed}"})
                assert answer.status_code == 202, answer.text
                return time.monotonic() - asked

        begun = time.monotonic()
        took = await asyncio.gather(*(submit(seed) for seed in range(JOBS - 1)))
        found["jobs a second"] = (JOBS - 1) / (time.monotonic() - begun)
        found["submit p95"] = float(np.percentile(took, 95))
        reads = []
        for _ in range(40):
            begun = time.monotonic()
            assert (await client.get("/v1/jobs?limit=50")).status_code == 200
            reads.append(time.monotonic() - begun)
        found["list p95"] = float(np.percentile(reads, 95))
        assert (await client.get("/v1/workers")).json()["queued"] == JOBS
        uploads = await asyncio.gather(
            *(client.post("/v1/assets", content=one, headers={"content-type": "audio/flac"}) for one in sounds)
        )
        codes = [one.status_code for one in uploads]
        found["uploads"] = {code: codes.count(code) for code in set(codes)}
        assert (await client.get("/healthz")).status_code == 200
    return found


def test_a_server_bears_what_a_studio_can_send(fresh: House, tmp_path: Path) -> None:
    sounds = [files.write(tmp_path / f"{place}.flac", tone(0.2, 200.0 + place)).read_bytes() for place in range(UPLOADS)]
    with serving(fresh.settings.studio, "--workers", "0") as (told, server):
        process = psutil.Process(server.pid)
        token = Path(told["token_file"]).read_text().strip()
        httpx.get(f"{told['address']}/v1/capabilities", headers={"authorization": f"Bearer {token}"}, timeout=120)
        before = process.memory_info().rss
        found = asyncio.run(load(told["address"], token, sounds))
        found["memory"] = process.memory_info().rss - before
        server.terminate()
        begun = time.monotonic()
        server.wait(60)
        found["ended after"] = time.monotonic() - begun
    LOG.info("%s", found)
    assert set(found["uploads"]) <= {201, 429} and found["uploads"][201] >= 4
    assert found["memory"] < GROWTH
    assert server.returncode == 0
