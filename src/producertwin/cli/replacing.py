"""One rule for files that are in the way: on a terminal the person is asked, elsewhere it is refused without `--force`.

What is only a copy of a take that the library keeps is in nobody's way.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from ..library.export import SUFFIXES
from .output import Console

Force = Annotated[bool, Parameter(help="Replace what is in the way without asking.")]
SHOWN = 3
"""Most files that the question names."""


def check_replacing(files: Collection[Path], console: Console, *, force: bool, dry_run: bool = False) -> None:
    """Return when `files` may be written; those that are there and no copies of takes are replaced only by leave.

    Raises `BadInput` where several sounds would go to standard output, and where there is no leave: without `force`, away from
    a terminal, or when the answer is not yes. A dry run asks nothing.
    """
    sounds = [path for path in files if path.suffix.lower() in SUFFIXES]
    if console.sound_room is not None and len(sounds) > 1:
        message = f"-o - writes one sound to standard output, and {len(sounds)} are asked for"
        raise BadInput(message, remedy="give -o a name or a folder, or ask for one take")
    there = [path for path in files if path.is_file()]
    asks = can_ask(console)
    if not there or force or (dry_run and asks):
        return
    copies = _find_copies(there, console)
    there = [path for path in there if path not in copies]
    if not there:
        console.detail(f"replacing copies of takes that the library keeps: {', '.join(sorted({*copies.values()}))}")
        return
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    names = ", ".join(map(str, there[:SHOWN])) + more
    if asks and confirm(f"{names}: replace?", console):
        return
    raise BadInput(f"{names} {'is' if len(there) == 1 else 'are'} there already", remedy="give another name, or --force")


def _find_copies(files: Collection[Path], console: Console) -> dict[Path, str]:
    """Those of `files` that are copies of takes."""
    from ..verbs.copies import find_copies
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        return find_copies(files, studio)


def can_ask(console: Console) -> bool:
    """Whether there is a person at a terminal to ask."""
    return sys.stdin.isatty() and console.is_terminal


def confirm(question: str, console: Console) -> bool:
    """Ask on the terminal; true for a yes."""
    console.ask(f"{question} [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
