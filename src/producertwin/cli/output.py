"""Console output of every command: data on stdout, messages on stderr, one exit code per kind of failure.

A command declares a keyword-only `console: Console` (filled by `main`, never parsed) and prints with it: `console.result(...)`
once (the data: text for people, one JSON envelope `{"schema": "twin.<what>/1", ...}` under `--json`),
`console.say` and `console.warn` while it works, `console.follow(work)` to run
long work with its progress shown, and `console.next(...)` last (the next command to try). Commands raise errors of
`producertwin.errors`; `run_to_exit_code` gives each its exit code. Colour and bars appear on a terminal only; `NO_COLOR`,
`TERM=dumb` and `--no-color` switch them off.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from ..errors import BadInput, DiskFull, Interrupted, PartialFailure, Resources, TwinError
from ..progress import Event, Kept, Message, Progress, Steps, finish, hear_at_once
from ..settings import Settings
from ..wording import hide_keys, make_visible, visible_json
from .bar import Bar

T = TypeVar("T")
STDERR = 2
"""File descriptor of stderr."""


@dataclass(frozen=True, slots=True)
class Console:
    """A command's console output and settings."""

    settings: Settings
    json: bool = False
    colour: bool = True
    verbose: bool = False
    quiet: bool = False
    sound_room: Path | None = None
    """Folder of the sound that goes to standard output; then the text for people goes to stderr."""

    def result(self, what: str, data: Any, text: str | Callable[[], str] = "") -> None:
        """Print the command's data: the envelope `twin.<what>/1` under `--json`, else `text` (a string or its maker).

        `data` is a mapping, a record or a dataclass, whose fields stand beside `schema`, or a sequence, which becomes
        `items`.
        """
        if self.json:
            print_json(what, data)
            return
        words = text if isinstance(text, str) else text()
        if words and self.sound_room is not None:
            told = re.sub(re.escape(str(self.sound_room)) + r"\S*", "-", words)
            self.say("\n".join(dict.fromkeys(told.splitlines())))
        elif words:
            print_data(words)

    def writing_sound(self, room: Path) -> Console:
        """This console for a command whose sound goes to standard output by way of the folder `room`."""
        return replace(self, sound_room=room)

    def say(self, line: str, style: str = "") -> None:
        """Print one line on stderr unless it is to be quiet; `style` is a Rich style, seen on a colour terminal only."""
        if not self.quiet:
            self._print(line, style)

    def ask(self, question: str) -> None:
        """Print a question on stderr: one that waits for its answer is told even to who wants it quiet."""
        self._print(question, "")

    def _print(self, line: str, style: str) -> None:
        """One line on stderr, its hidden characters as escapes and keys hidden."""
        line = make_visible(hide_keys(line))
        if style and self.uses_colour:
            from rich.console import Console
            from rich.text import Text

            Console(stderr=True).print(Text(line, style=style), soft_wrap=True)
            return
        sys.stderr.write(_escape_unencodable(line) + "\n")
        sys.stderr.flush()

    def detail(self, line: str) -> None:
        """One line that only `-v` shows."""
        if self.verbose:
            self.say(line, "dim")

    def warn(self, line: str) -> None:
        """Print a warning on stderr; the work goes on."""
        self._print(f"warning: {line}", "yellow")

    def next(self, line: str) -> None:
        """The next command to try; the last line of a command."""
        self.say(f"next: {line}", "cyan")

    def follow(self, work: Steps[T]) -> T:
        """Run `work` to its end while its progress is shown, and return its result."""
        with Bar(terminal=self.is_terminal, coloured=self.uses_colour, quiet=self.quiet) as bar, hear_at_once(write_at_once):
            try:
                return finish(work, lambda event: self._show(event, bar))
            finally:
                work.close()

    def _show(self, event: Event, bar: Bar) -> None:
        match event:
            case Progress():
                bar.show(event)
            case Message(kind="warning"):
                self.warn(event.text)
            case Message(kind="detail"):
                self.detail(event.text)
            case Message():
                self.say(event.text)
            case Kept():
                self.detail(f"kept: {event.unit}")

    @property
    def is_terminal(self) -> bool:
        """Whether stderr is a terminal that may be drawn on."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def uses_colour(self) -> bool:
        """Whether messages may be coloured."""
        return self.is_terminal and self.colour and not os.environ.get("NO_COLOR")


def write_at_once(line: str) -> None:
    """Write one line on stderr past all buffers: Python's may be in use where a signal handler calls this."""
    with suppress(OSError):
        os.write(STDERR, f"\n{make_visible(line)}\n".encode("ascii", "backslashreplace"))


def warn_of_unlisted(sidecars: Sequence[Path], what: str, console: Console) -> None:
    """Say that records lie in the studio that its database does not know."""
    if sidecars:
        where = sidecars[0].parent.parent
        console.warn(
            f"{len(sidecars)} {what} lie in {where} and are not in the database: `twin library rebuild` lists them again"
        )


def envelope(what: str, data: Any, encoding: str = "utf-8") -> str:
    """The JSON text of `data` under the schema `twin.<what>/1`, for a stream of `encoding`."""
    body = plain(data)
    fields = body if isinstance(body, dict) else {"items": body}
    return visible_json({"schema": f"twin.{what}/1", **fields}, encoding=encoding)


def plain(value: Any) -> Any:
    """`value` in JSON's types: records, dataclasses, paths and numpy scalars become plain; infinities become None."""
    match value:
        case BaseModel():
            return plain(value.model_dump(mode="json"))
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case float():
            return float(value) if abs(value) < float("inf") else None
        case bool() | int() | None:
            return value
        case str():
            return str(value)
        case Path():
            return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return plain(value.item()) if hasattr(value, "item") else str(value)


def print_json(what: str, data: Any) -> None:
    """The envelope of `data` on stdout."""
    sys.stdout.write(envelope(what, data, sys.stdout.encoding or "utf-8") + "\n")
    sys.stdout.flush()


def print_data(text: str) -> None:
    """Data on stdout, ending in one newline. On a terminal hidden characters are escapes; a pipe gets them as they are."""
    text = make_visible(text) if sys.stdout.isatty() else text
    sys.stdout.write(_escape_unencodable(text.rstrip("\n"), sys.stdout.encoding) + "\n")
    sys.stdout.flush()


def _escape_unencodable(text: str, encoding: str | None = None) -> str:
    """`text` with the characters that the stream cannot carry written as escapes."""
    name = encoding or sys.stderr.encoding or "utf-8"
    return text.encode(name, "backslashreplace").decode(name)


def run_to_exit_code(work: Callable[[], object], console: Console) -> int:
    """Run `work` and return the exit code its outcome deserves; failures are told on stderr with their remedy.

    Work that returns a number has decided on its exit code.
    """
    try:
        outcome = work()
    except BrokenPipeError:
        # The reader (`head`, a pager) has enough: leave Python's shutdown nothing to flush into the closed pipe.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        code = report_error(as_twin_error(error), console)
        if console.verbose and not isinstance(error, KeyboardInterrupt):
            trace = make_visible(hide_keys(traceback.format_exc()))
            sys.stderr.write(_escape_unencodable(f"where it came from:\n{trace}"))
        return code
    return outcome if isinstance(outcome, int) else 0


def as_twin_error(error: BaseException) -> TwinError:
    """`error` as a `TwinError`; one of no known kind becomes the root class, which means *unexpected*."""
    match error:
        case TwinError():
            return error
        case KeyboardInterrupt():
            return Interrupted("stopped", remedy="what was finished is kept; run the same command again")
        case MemoryError():
            return Resources("memory ran out", remedy="ask for fewer or shorter takes, or for a smaller variant")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            place = error.filename or "the studio or the output"
            return DiskFull(f"no space left on the disk for {place}", remedy="free some space and run again")
        case OSError(errno=errno.ENAMETOOLONG):
            name = str(error.filename or "a path")
            return BadInput(f"{name[:40]}… is too long for the name of a file", remedy="give a shorter name or path")
        case PermissionError():
            return BadInput(f"not allowed to use {error.filename}", remedy="choose a place that you may read and write")
    return TwinError(f"unexpected {type(error).__name__}: {error}", remedy="run again with -v to see where, and report it")


def report_error(error: TwinError, console: Console) -> int:
    """Say `error` with its remedy (and, under `--json`, print it as `twin.error/1`); return its exit code."""
    console = replace(console, quiet=False)
    console.say(f"error: {error.message}", "bold red")
    failures = {unit: why.message for unit, why in error.failures.items()} if isinstance(error, PartialFailure) else {}
    for unit, why in failures.items():
        console.say(f"  {unit}: {why}")
    if error.remedy:
        console.say(f"  try: {error.remedy}")
    if console.json:
        told = {"message": hide_keys(error.message), "remedy": hide_keys(error.remedy or "")}
        failed = {hide_keys(unit): hide_keys(why) for unit, why in failures.items()}
        data = {"error": type(error).__name__, **told, "exit": error.exit_code}
        print_json("error", data | ({"failures": failed} if failed else {}))
    return error.exit_code
