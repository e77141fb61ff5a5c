"""Answers as lines of JSON, written once and never changed.

A line is appended whole and flushed to the disk before the next question. A line that a crash cut short was never an answer:
readers pass it over and say so, and the next append removes it. Answers from other people are read strictly: any other line that
is not an answer to this test refuses the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, Field, ValidationError

from ..disk import disk_errors
from ..errors import BadInput, NotFound
from ..recipe import Record
from .trials import TEST_ID, BlindTest, Side

LARGEST: Final = 16_000_000
"""Bytes of an answers file; a listener's is some thousands."""
LISTENER: Final = r"^[\w][\w .@+-]{0,59}$"


class Answer(Record):
    """What one listener said in one trial."""

    test: str = Field(pattern=TEST_ID)
    listener: str = Field(pattern=LISTENER)
    trial: str = Field(pattern=r"^t\d{3,4}$")
    answer: Side
    seconds: float = Field(ge=0.0, le=1e6)
    """From the question to the answer."""
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class ReadAnswers:
    """The answers of a file, and what was passed over in it."""

    answers: tuple[Answer, ...]
    warnings: tuple[str, ...] = ()


def check_listener(name: str) -> str:
    """`name`, where it can stand in an answer. Raises `BadInput` for any other."""
    if not re.fullmatch(LISTENER, name):
        raise BadInput(f"{name!r} cannot name a listener", remedy="give 1 to 60 letters, digits, spaces and . @ + - _")
    return name


def append(path: Path, answer: Answer) -> None:
    """Add one line to `path`, on the disk when this returns. Raises `Resources` or `BadInput` as the disk decides."""
    with disk_errors(path):
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o644)
        try:
            _mend(descriptor)
            rest = memoryview(answer.model_dump_json().encode() + b"\n")
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path, test: BlindTest) -> ReadAnswers:
    """The answers in `path`. Raises `NotFound`, and as `parse` does."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path} has more than {LARGEST} bytes", remedy="give a file of answers")
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"no answers at {path}", remedy="check the path") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder", remedy="give the files in it by name") from None
    return parse(data, test, str(path))


def parse(data: bytes, test: BlindTest, where: str) -> ReadAnswers:
    """The answers in the bytes of a file; `where` names it. Raises `BadInput` for a line that is none or belongs elsewhere."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    last = max((place for place, line in enumerate(lines) if line.strip()), default=-1)
    trials = {trial.id for trial in test.trials}
    found, warnings = [], []
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError as error:
            if place == last and place == len(lines) - 1 and error.errors()[0]["type"] == "json_invalid":
                warnings.append(f"{where}: the last line was cut short and is passed over")
                continue
            told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'line'}: {one['msg']}" for one in error.errors()[:3])
            raise BadInput(f"{where} line {place + 1} is no answer: {told}", remedy="ask for the file again") from None
        if answer.test != test.id or answer.trial not in trials:
            message = f"{where} line {place + 1} answers {answer.trial} of test {answer.test}, not of {test.id}"
            raise BadInput(message, remedy="score it with the test it belongs to")
        found.append(answer)
    return ReadAnswers(tuple(found), tuple(warnings))


def first_answers(answers: Iterable[Answer]) -> tuple[list[Answer], int]:
    """The first answer of every listener to every trial, and how many later ones say something else."""
    first: dict[tuple[str, str], Answer] = {}
    changed = 0
    for answer in answers:
        before = first.setdefault((answer.listener, answer.trial), answer)
        changed += before.answer != answer.answer
    return list(first.values()), changed


def _mend(descriptor: int) -> None:
    """End the last line of an open file: a whole one is given its end, one that was cut short is removed."""
    size = os.fstat(descriptor).st_size
    tail = b""
    while len(tail) < size and b"\n" not in tail:
        step = min(size - len(tail), 4096)
        os.lseek(descriptor, size - len(tail) - step, os.SEEK_SET)
        tail = os.read(descriptor, step) + tail
    cut = tail.rpartition(b"\n")[2]
    if not cut:
        return
    try:
        Answer.model_validate_json(cut)
    except ValidationError:
        os.ftruncate(descriptor, size - len(cut))
    else:
        os.write(descriptor, b"\n")
