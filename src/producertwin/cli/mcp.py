"""`twin mcp`: the studio for a program that speaks the Model Context Protocol, on standard input and output."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import Unavailable
from ..server.mcp.plan import McpPlan
from .options import options
from .output import Console
from .protocol import protocol_streams

REMEDY = "pip install 'producertwin[mcp]'"


@options(McpPlan)
def serve_model(plan: McpPlan, *, console: Console) -> None:
    """Attach a model to the studio: answer the Model Context Protocol on standard input and output until the input ends.

    A client starts it; see docs/how-to/mcp.md. Jobs that were asked for stay when it ends, and go on with the next start.
    """
    if find_spec("mcp") is None:
        raise Unavailable("the package mcp is not installed", remedy=REMEDY)
    from ..server.mcp.server import serve_mcp
    from ..server.mcp.wire import Wires

    with protocol_streams() as (source, sink):
        serve_mcp(plan, console.settings, Wires(source, sink))
