"""What tests of command lines share."""

from __future__ import annotations

import io
import re
import shlex
from itertools import takewhile

import numpy as np
from rich.console import Console

from producertwin.cli.main import app
from producertwin.cli.streams import stand_in

TONE = (0.3 * np.sin(np.arange(96_000) * 0.05)).astype(np.float32)
"""Two seconds of a tone."""


def understand(line: str) -> None:
    """Raise unless the command line program understands `line`, in present names. Nothing is run."""
    words = shlex.split(re.sub(r"\$\{?\w+\}?", "x", line), comments=True)[1:]
    tokens = list(takewhile(lambda word: word not in ("|", ">", "&&", ";", "&"), words))
    if "--help" in tokens:
        app.help_print(tokens[: tokens.index("--help")], console=Console(file=io.StringIO()))
    else:
        _, bound, _ = app.meta.parse_args(tokens, exit_on_error=False, print_error=False)
        app.parse_args(stand_in(bound.args), exit_on_error=False, print_error=False)
