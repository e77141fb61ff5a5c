"""`--detach`: one way for every long verb to become a job."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from .output import Console
from .text import quote

Detach = Annotated[bool, Parameter(help="Queue it as a job and return at once; `twin work` does it, even after a crash.")]


def hand_over(kind: str, console: Console, **asked: Any) -> int:
    """Check and queue the job `kind` of what was `asked`, by the names of its record's fields, and say which it is.

    Returns the exit code.
    """
    from ..jobs.accepting import submit
    from ..jobs.records import Terms
    from ..jobs.store import open_store
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio, open_store(console.settings) as store:
        job = console.follow(submit(kind, asked, Terms(), studio, store))
    console.result("job", job, job.id)
    console.next(f"twin jobs watch {quote(job.id)}")
    return 0
