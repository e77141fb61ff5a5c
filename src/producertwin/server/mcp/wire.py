"""Messages over two files: one JSON text a line (MCP, transport stdio), as streams for the SDK.

The SDK's own reader takes lines of any length; here one that is longer than `LONGEST` is thrown away while it arrives, and the
request in it is answered as too large. Both files are used by threads of their own, which do not keep the process alive: a read
that nobody answers must not hold up its end.
"""

from __future__ import annotations

import asyncio
import io
import queue
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

LONGEST: Final = 1 << 20
"""Most bytes of a message that is read; a song with its lyrics has a hundredth."""
TOO_LARGE: Final = "producertwin/too-large"
"""The method that a request which is too large is read as; it is answered by an error."""
_PIECE: Final = 1 << 16
_HEAD: Final = 4096
_ID: Final = re.compile(rb'"id"\s*:\s*(\d{1,15}|"[\w.:-]{1,100}")')

Incoming = SessionMessage | Exception


@dataclass(frozen=True, slots=True)
class Wires:
    """The files of one client."""

    source: io.FileIO
    sink: io.FileIO


@asynccontextmanager
async def open_streams(
    wires: Wires,
) -> AsyncIterator[tuple[anyio.abc.ObjectReceiveStream[Incoming], anyio.abc.ObjectSendStream[SessionMessage]]]:
    """The messages of a client, until its file ends, and the stream of answers."""
    put, incoming = anyio.create_memory_object_stream[Incoming](0)
    outgoing, take = anyio.create_memory_object_stream[SessionMessage](0)
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            for line in read_lines(wires.source):
                asyncio.run_coroutine_threadsafe(put.send(_parse(line)), loop).result()
            asyncio.run_coroutine_threadsafe(put.aclose(), loop).result()
        except (OSError, RuntimeError, anyio.BrokenResourceError, anyio.ClosedResourceError, asyncio.CancelledError):
            return  # the loop or the client is gone

    lines: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
    for thread in (read, lambda: _write_lines(lines, wires.sink, loop)):
        threading.Thread(target=thread, daemon=True).start()

    async def write() -> None:
        async with take:
            async for one in take:
                text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
                done: asyncio.Future[None] = loop.create_future()
                lines.put((text.encode("utf-8", "replace") + b"\n", done))
                try:
                    await done
                except OSError:  # the client reads no more, so it asks no more either
                    await put.aclose()
                    return

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        yield incoming, outgoing
        group.cancel_scope.cancel()


def _write_lines(
    lines: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]], sink: io.FileIO, loop: asyncio.AbstractEventLoop
) -> None:
    """Write what is put in `lines`, and tell each that it is written, or why it could not be."""
    while True:
        data, done = lines.get()
        error = None
        try:
            left = memoryview(data)
            while left:
                left = left[sink.write(left) or 0 :]
        except (OSError, ValueError) as failed:
            error = OSError(str(failed))
        try:
            loop.call_soon_threadsafe(_settle, done, error)
        except RuntimeError:  # the loop is over
            return


def _settle(done: asyncio.Future[None], error: OSError | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def read_lines(source: io.FileIO) -> Iterator[bytes]:
    """The lines of a file without their ends; one that is too long is replaced by a request that says so."""
    kept, long = b"", False
    while piece := source.read(_PIECE):
        *whole, rest = piece.split(b"\n")
        for line in whole:
            found = kept + line if not long else kept
            long = long or len(found) > LONGEST
            yield _too_large(found) if long else found
            kept, long = b"", False
        if not long:
            kept += rest
            if len(kept) > LONGEST:
                kept, long = kept[:_HEAD], True
    if kept and not long:
        yield kept


def _too_large(head: bytes) -> bytes:
    """A request in the place of one that is too large; without an id it is a notification, which nobody answers."""
    found = _ID.search(head[:_HEAD])
    named = b'"id":%s,' % found[1] if found else b""
    return b'{"jsonrpc":"2.0",%s"method":"%s"}' % (named, TOO_LARGE.encode())


def _parse(line: bytes) -> Incoming:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line.decode("utf-8", "replace"), by_name=False))
    except ValueError as error:  # pydantic's too
        return error
