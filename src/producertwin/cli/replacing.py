"""One rule for files that are in the way: on a terminal the person is asked, elsewhere it is refused without `--force`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from .output import Console

Force = Annotated[bool, Parameter(help="Replace what is in the way without asking.")]
SHOWN = 3
"""Most files that the question names."""


def check_replacing(files: Iterable[Path], console: Console, *, force: bool, dry_run: bool = False) -> None:
    """Return when `files` may be written; those that are there are replaced only by leave.

    Raises `BadInput` where there is no leave: without `force`, away from a terminal, or when the answer is not yes. A dry
    run asks nothing.
    """
    there = [path for path in files if path.is_file()]
    asks = sys.stdin.isatty() and console.is_terminal
    if not there or force or (dry_run and asks):
        return
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    names = ", ".join(map(str, there[:SHOWN])) + more
    if asks:
        console.say(f"{names}: replace? [y/N]")
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise BadInput(f"{names} {'is' if len(there) == 1 else 'are'} there already", remedy="give another name, or --force")
