"""`twin lofi-daemon`, and the program `lofi-daemon`: the daemon of lofi.nvim on standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final

from cyclopts import Parameter

from ..errors import BadInput
from ..progress import Message
from ..settings import Settings
from ..verbs.lofi import LofiPlan, Wires, lofi_daemon
from .options import options
from .output import Console, as_twin_error
from .protocol import protocol_streams

DEVICES: Final = {"cpu": "cpu", "cuda": "cuda", "metal": "mps"}
"""What the plugin calls a device, and what the studio does; auto leaves it to the studio."""
MOST_THREADS: Final = 1024


@options(LofiPlan, renamed={"adapters": "--adapter"})
def run_daemon(
    plan: LofiPlan,
    *,
    daemon: Annotated[bool, Parameter(help="What lofi.nvim calls its daemon with; it changes nothing.")] = False,
    console: Console,
) -> None:
    """Make music for Neovim: answer the JSON-RPC of lofi.nvim on standard input and output until the input ends."""
    from ..verbs.studio import open_studio

    del daemon
    settings = read_surroundings(console.settings, os.environ)
    if "variant" not in plan.model_fields_set and os.environ.get("LOFI_MODEL_PATH"):
        plan = plan.model_copy(update={"variant": os.environ["LOFI_MODEL_PATH"]})
    with protocol_streams() as (source, sink), open_studio(settings) as studio:
        wires = Wires(source, sink, partial(tell, console=console), as_twin_error)
        made = console.follow(lofi_daemon(plan, studio, wires))
        console.say(f"ended; {made} track(s) made")


def tell(message: Message, console: Console) -> None:
    """Print what the daemon has to say to people, on standard error."""
    say = {"warning": console.warn, "detail": console.detail, "note": console.say}[message.kind]
    say(message.text)


def read_surroundings(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """`settings` with the device that lofi.nvim's setup names; its number of threads is set for the libraries.

    Raises `BadInput` for a value that is none.
    """
    device = environ.get("LOFI_DEVICE", "auto") or "auto"
    threads = environ.get("LOFI_THREADS")
    if device not in ("auto", *DEVICES):
        raise BadInput(f"LOFI_DEVICE is {device[:40]!r}", remedy=f"choose auto, {', '.join(DEVICES)}")
    if threads:
        if not (threads.isascii() and threads.isdigit() and 1 <= int(threads[:9]) <= MOST_THREADS):
            raise BadInput(f"LOFI_THREADS is {threads[:40]!r}", remedy=f"choose a number from 1 to {MOST_THREADS}")
        os.environ["OMP_NUM_THREADS"] = threads
    return settings if device == "auto" else settings.model_copy(update={"device": DEVICES[device]})


def main() -> None:
    """The `lofi-daemon` program, which lofi.nvim looks for: `twin lofi-daemon`."""
    from .main import main as twin

    sys.argv.insert(1, "lofi-daemon")
    twin()
