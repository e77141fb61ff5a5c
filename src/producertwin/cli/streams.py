"""`-` on a command line: what is read from standard input, and the sound that is written to standard output.

Which options take a `-` is declared beside them by a `Stream`; for options of a record by the name of their field. A `-` for any
other path is refused. The parser takes `-` for an option without a name, so `stand_in` writes it as a word that no person can
type, and `standard_streams` puts files and texts in its place when the command runs.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from inspect import BoundArguments
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

from cyclopts import Parameter

from ..disk import chunks_of, disk_errors, write_whole
from ..errors import BadInput, TwinError
from ..untrusted import LARGEST_CONFIG
from .output import Console

DASH: Final = "-"
STANDARD: Final = "\0-"
"""Stands for `-` until the command runs; no argument of a program can hold its first character."""
SHOWN_INPUT: Final = "standard input"
LARGEST_SOUND: Final = 1 << 32
"""Bytes that are read of a sound."""
KEPT: Final = Path("cache", "standard-input")
"""Where in the studio sounds are kept that were read from standard input, so that takes made of them can be played again."""


class Stream(StrEnum):
    """What a `-` means for an option."""

    TEXT = "text"
    """Its text is read from standard input."""
    TEXT_FILE = "text file"
    """It names a file of text, which is read from standard input."""
    SOUND = "sound"
    """It names a sound file, which is read from standard input."""
    OUT = "out"
    """The sound of one take is written to standard output."""


FIELDS: Final[Mapping[str, Stream]] = {
    "caption": Stream.TEXT,
    "source_caption": Stream.TEXT,
    "query": Stream.TEXT,
    "lyrics": Stream.TEXT_FILE,
    "codes": Stream.TEXT_FILE,
    "source": Stream.SOUND,
}
"""Fields of records whose options take a `-`."""

Format = Annotated[
    Literal["flac", "wav", "mp3", "ogg"] | None,
    Parameter(name="--format", help="Format of OUT where its name has no suffix, as standard output (-o -) has none: else FLAC."),
]


def stand_in(words: Sequence[str]) -> list[str]:
    """The words of a command line for the parser."""
    return [STANDARD if word == DASH else word for word in words]


def spell_out(text: str) -> str:
    """What the parser says of a command line, with each `-` as it was typed."""
    return text.replace(repr(STANDARD)[1:-1], DASH).replace(STANDARD, DASH)


def with_format(out: Path | None, form: str | None) -> Path | None:
    """The file that `--out` and `--format` mean together. Raises `BadInput` where they contradict each other."""
    if form is None:
        return out
    if out is None:
        raise BadInput("--format says how OUT is written, and there is none", remedy="give -o too; -o - is standard output")
    if not out.suffix and not out.is_dir():
        return out.with_name(f"{out.name}.{form}")
    if out.suffix.lower() != f".{form}":
        raise BadInput(f"--format {form} and -o {out} contradict each other", remedy="leave --format out, or name the file")
    return out


def check_dash(argument: str, annotation: object, kinds: frozenset[Any]) -> None:
    """Raise `BadInput` for a `-` where a path is asked that is no stream; `argument` is what the option is called."""
    if stream_of(annotation) is None and Path in kinds:
        raise BadInput(f"{argument} takes no -", remedy="give a path; a file that is called so is ./-")


def stream_of(annotation: object) -> Stream | None:
    """What `-` means for an option of this annotation; None where it means nothing."""
    return next((one for one in get_args(annotation) if isinstance(one, Stream)), None)


@contextmanager
def standard_streams(command: Callable[..., Any], bound: BoundArguments, console: Console) -> Iterator[Console]:
    """For the time of the block, every `-` among the arguments of `command` is a file or a text; at its end the sound is on
    standard output.

    Raises `BadInput` where two options would read standard input, where it holds nothing or no text, and where the sound would
    go to a terminal or between the data of `--json`.
    """
    dashes = [name for name, value in bound.arguments.items() if isinstance(value, str | Path) and str(value) == STANDARD]
    if not dashes:
        yield console
        return
    hints = get_type_hints(command, include_extras=True)
    used = {name: stream_of(hints[name]) for name in dashes}
    reads = [name for name, stream in used.items() if stream is not Stream.OUT]
    if len(reads) > 1:
        told = " and ".join(name.replace("_", "-") for name in reads)
        raise BadInput(f"{told} cannot all be read from standard input", remedy="give all but one of them another way")
    writes = [name for name, stream in used.items() if stream is Stream.OUT]
    if writes:
        _check_stdout(console)
    with tempfile.TemporaryDirectory(prefix="twin-") as place:
        room = Path(place)
        for name in reads:
            bound.arguments[name] = _read(used[name], room, console, keeps=not bound.arguments.get("dry_run"))
        for name in writes:
            bound.arguments[name] = room / "sound"
            console = console.writing_sound(room)
        try:
            yield console
        except TwinError as error:
            told = error.message.replace(str(room / SHOWN_INPUT), SHOWN_INPUT)
            error.message = told.replace(str(room / "sound"), "standard output")
            raise
        if writes:
            _write_out(room)


def _check_stdout(console: Console) -> None:
    if console.json:
        raise BadInput("-o - and --json both write to standard output", remedy="give -o a name, or leave --json out")
    if sys.stdout.isatty():
        raise BadInput("standard output is a terminal, which shows no sound", remedy="add > song.flac or | player to -o -")


def _read(stream: Stream | None, room: Path, console: Console, *, keeps: bool) -> str:
    """What stands in the place of a `-` that is read: the text itself, or the path of a file."""
    path, typed = room / SHOWN_INPUT, sys.stdin.isatty()
    if typed and stream is Stream.SOUND:
        raise BadInput("a sound cannot be typed", remedy="pipe it in, such as cat song.flac | twin edit refine -")
    if typed:
        console.ask("type the text, and end it with Ctrl-D")
    most = LARGEST_SOUND if stream is Stream.SOUND else LARGEST_CONFIG
    with disk_errors(path), path.open("wb") as file:
        while (left := most + 1 - file.tell()) and (chunk := sys.stdin.buffer.read(min(left, 1 << 20))):
            file.write(chunk)
        size = file.tell()
    if not size:
        raise BadInput("standard input is empty", remedy="pipe something in, or give it another way")
    if size > most:
        raise BadInput(f"standard input holds more than {most:,} bytes", remedy="give less, or a file")
    if stream is Stream.SOUND:
        return str(_keep(path, console.settings.studio) if keeps else path)
    text = _decode(path.read_bytes())
    path.write_text(text, encoding="utf-8")
    return text if stream is Stream.TEXT else str(path)


def _keep(path: Path, studio: Path) -> Path:
    """Copy a sound to where it stays in the studio, under a name that its content makes."""
    from ..library.blobs import name_of

    kept = studio / KEPT / name_of(path).removeprefix("b2:")[:24]
    if not kept.exists():
        write_whole(kept, chunks_of(path))
    return kept


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise BadInput("standard input is no UTF-8 text", remedy="convert it to UTF-8 first") from None
    if not text:
        raise BadInput("standard input is empty", remedy="pipe something in, or give it another way")
    return text


def _write_out(room: Path) -> None:
    """Copy the one sound that was written to standard output; a dry run has written none."""
    from ..library.export import SUFFIXES

    sounds = sorted(path for path in room.rglob("*") if path.suffix in SUFFIXES)
    for path in sounds[:1]:
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
