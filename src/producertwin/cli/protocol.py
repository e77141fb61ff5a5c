"""Standard input and output for a protocol alone, as editors and models speak it with a program that they start.

For the time of the command the descriptors 0 and 1 lead elsewhere, so that no library, and no child process, writes between the
lines of the protocol or reads them away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

STDIN, STDOUT, STDERR = 0, 1, 2


@contextmanager
def protocol_streams() -> Iterator[tuple[FileIO, FileIO]]:
    """Standard input and output for the protocol alone; meanwhile 0 is empty and what is printed goes to standard error."""
    sys.stdout.flush()
    with FileIO(os.dup(STDIN), "rb") as source, FileIO(os.dup(STDOUT), "wb") as sink:
        empty = os.open(os.devnull, os.O_RDONLY)
        try:
            os.dup2(empty, STDIN)
            os.dup2(STDERR, STDOUT)
            yield source, sink
        finally:
            sys.stdout.flush()
            os.dup2(source.fileno(), STDIN)
            os.dup2(sink.fileno(), STDOUT)
            os.close(empty)
