"""What tests of `twin mcp` share: the official client over standard input and output, and the studio attached in this process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
from mcp import ClientSession, StdioServerParameters, stdio_client

from producertwin.server.mcp.attached import Attached
from producertwin.server.mcp.catalogue import make_tools
from producertwin.server.mcp.plan import McpPlan
from producertwin.server.mcp.tool import Answer, answer_call
from producertwin.settings import Settings
from server_kit import _SERVE

TOOLS = {one.name: one for one in make_tools()}
OVER = {"succeeded", "failed", "cancelled"}


def command_of(studio: Path, *options: str) -> list[str]:
    """The command that starts the server; it ends with the tests."""
    return [sys.executable, "-c", _SERVE, "--studio", str(studio), "mcp", *options]


class Model:
    """A client as a model uses it."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The data of a call that succeeds."""
        found = await self.session.call_tool(tool, arguments)
        assert not found.is_error, found.structured_content
        return self._read(found)

    async def fail(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The error of a call that is refused."""
        found = await self.session.call_tool(tool, arguments)
        assert found.is_error, found.structured_content
        error = self._read(found)
        assert error["message"] and error["remedy"], error
        return error

    async def finish(self, job: str) -> dict[str, Any]:
        """Wait for the end of a job."""
        while (told := await self.call("job_status", job=job, wait=30))["state"] not in OVER:
            assert told["next"].startswith("call job_status")
        return told

    @staticmethod
    def _read(found: Any) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(found.content[0].text)
        assert data == found.structured_content
        return data


@asynccontextmanager
async def attach(studio: Path, *options: str) -> AsyncIterator[Model]:
    """A client of a server of its own, on the studio in a folder."""
    first, *rest = command_of(studio, *options)
    environment = {**os.environ, "TWIN_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (studio.parent / "mcp.log").open("a") as log:
        asked = StdioServerParameters(command=first, args=rest, env=environment)
        async with stdio_client(asked, errlog=log) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield Model(session)


def find_server(studio: Path) -> psutil.Process:
    """The process of the server on the studio in a folder."""
    [found] = [one for one in psutil.Process().children() if str(studio) in one.cmdline() and "mcp" in one.cmdline()]
    return found


@contextmanager
def attach_here(settings: Settings, **plan: Any) -> Iterator[Attached]:
    """The studio attached in this process; no worker is started."""
    attached = Attached(McpPlan(workers=0, **plan), settings)
    try:
        yield attached
    finally:
        attached.close()


def ask(tool: str, attached: Attached, /, **arguments: Any) -> Answer:
    """The answer of a tool in this process; what is told of it can be written as JSON."""
    found = answer_call(TOOLS[tool], arguments, attached)
    json.dumps(found.data, allow_nan=False)
    return found
