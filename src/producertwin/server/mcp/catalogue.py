"""Every tool there is."""

from __future__ import annotations

from .album_tools import make_album_tools
from .job_tools import make_job_tools
from .studio_tools import make_studio_tools
from .take_tools import make_take_tools
from .tool import Tool


def make_tools() -> tuple[Tool, ...]:
    """The tools, in the order in which clients are told of them."""
    return (*make_job_tools(), *make_album_tools(), *make_take_tools(), *make_studio_tools())
