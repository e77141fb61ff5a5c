"""The store of listening tests: one folder each in the studio, with the key that the exported page does not get.

STUDIO/listening/ID/
├── test.json        plan, pairs, trials, and what was behind each letter
├── sounds/…         the files that are heard; their names say nothing
└── answers.jsonl    answers given in the terminal, one a line
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ..errors import BadInput, NotFound
from ..library.provenance import check_prefix, only_match
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..wording import plural
from .trials import BlindTest, Trial

FOLDER: Final = "listening"
SOUNDS: Final = "sounds"
KEY: Final = "test.json"
ANSWERS: Final = "answers.jsonl"
_WHAT: Final = ("listening test", "twin listen prepare --help")


def place(studio: Path) -> Path:
    """Where the studio keeps its listening tests."""
    return studio / FOLDER


def folder_of(test: BlindTest, studio: Path) -> Path:
    """The folder of a test."""
    return place(studio) / test.id


def sound_of(test: BlindTest, trial: Trial, letter: str, studio: Path) -> Path:
    """The file that is heard as `letter` of a trial."""
    return folder_of(test, studio) / SOUNDS / trial.files[letter]


def answers_of(test: BlindTest, studio: Path) -> Path:
    """The file of the answers that were given in the terminal."""
    return folder_of(test, studio) / ANSWERS


def list_tests(studio: Path) -> list[BlindTest]:
    """Every test, the newest first."""
    found = [read(path) for path in place(studio).glob(f"*/{KEY}") if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda test: (test.created, test.id), reverse=True)


def find(key: str | None, studio: Path) -> BlindTest:
    """The test whose id is or begins with `key`; the newest where nothing is named. Raises `NotFound`, `BadInput` for several."""
    if key is None:
        tests = list_tests(studio)
        if not tests:
            raise NotFound(f"no listening test in {studio}", remedy="prepare one with `twin listen prepare`")
        return tests[0]
    prefix = check_prefix(key, *_WHAT)
    names = sorted(path.parent.name for path in place(studio).glob(f"{prefix}*/{KEY}"))
    return read(place(studio) / only_match(names[:6], key, studio, *_WHAT) / KEY)


def remove(test: BlindTest, studio: Path, moment: datetime) -> TrashEntry:
    """Move a test with its sounds, its key and its answers into the trash."""
    title = f"{test.plan.question}, {plural(len(test.trials), 'trial')}"
    return discard(studio, Discard(Kind.TEST, (test.id,), title, (folder_of(test, studio),)), moment)


def read(path: Path) -> BlindTest:
    """The test in `path`. Raises `BadInput` for a damaged one."""
    try:
        return BlindTest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        told = f"{path} is damaged: {error.error_count()} mistakes, first {error.errors()[0]['msg']}"
        raise BadInput(told, remedy="restore it from a copy of the studio, or prepare the test again") from None
