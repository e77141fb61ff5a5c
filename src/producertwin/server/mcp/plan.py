"""How the studio is attached to a client of the Model Context Protocol."""

from __future__ import annotations

from pydantic import Field

from ...recipe import Record


class McpPlan(Record):
    """What a client may do, and who does its jobs."""

    read_only: bool = False
    """Offer only what changes nothing: no job is taken, no verdict is kept, nothing is deleted or restored."""
    approve: bool = False
    """Let the model approve in your place what albums ask you for, and begin albums that ask for nothing."""
    most_jobs: int = Field(20, ge=1, le=1000)
    """Jobs that may wait or run at a time; more are refused until one has ended."""
    workers: int = Field(1, ge=0, le=64)
    """Worker processes to start where jobs wait and nobody does them; 0 leaves the work to `twin work` or `twin serve`."""
