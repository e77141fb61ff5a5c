"""Pairs in the forms of other programs: audio-alpaca and TangoFlux rows, and the JSON of one pair for a quality pipeline.

Rows of other programs name sound files. They are imported as they are named, for their words and their labels; a pair of files
can be exported and searched, and is not learned from, since this instrument has no latents of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..library import TakeMetas
from ..recipe import Record, read
from ..untrusted import parse_json, read_text
from .pair import Pair, PairPrompt, Side
from .store import DERIVED, as_line

Form = Literal["producertwin", "audio-alpaca", "tangoflux"]
Name = Callable[[Side], str]
"""The name of a side's sound, in a row."""
LARGEST: Final = 500_000_000
"""Characters of a file of rows."""
REMEDY: Final = "give a .json list or .jsonl lines of rows"


class AlpacaRow(Record):
    """A row of audio-alpaca (Majumder et al. 2024, Tango 2)."""

    prompt: str = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)


class FluxRow(Record):
    """A row of TangoFlux's training files (Hung et al. 2024, CRPO)."""

    captions: str = Field(min_length=1)
    duration: float = Field(gt=0)
    chosen: str = Field(min_length=1)
    reject: str = Field(min_length=1)


def write_rows(pairs: Iterable[Pair], form: Form, path: Path, name: Name) -> Path:
    """Write `pairs` as rows of `form`, a line each, or one list where `path` ends in .json; all or nothing.

    `name` says how a row names the sound of a side. Raises as `disk.write_whole` does.
    """
    rows = [_row_of(pair, form, name) for pair in pairs]
    if path.suffix.lower() == ".json":
        return write_whole(path, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
    return write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def read_rows(path: Path, form: Form, *, licence: str | None = None) -> tuple[Pair, ...]:
    """The pairs in a file of rows of `form`. Raises `NotFound`, and `BadInput` that names the first row that is none."""
    return tuple(_pair_of(row, form, where, licence) for where, row in _rows_in(path))


def _rows_in(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row of a file stands, and the row."""
    if not path.is_file():
        raise NotFound(f"no file {path}", remedy=REMEDY)
    text = read_text(path, largest=LARGEST, remedy=REMEDY)
    if text.lstrip().startswith("["):
        found = parse_json(text, str(path), remedy=REMEDY)
        lines = [(f"row {place} of {path}", row) for place, row in enumerate(found, 1)]
    else:
        numbered = ((f"line {place} of {path}", line) for place, line in enumerate(text.split("\n"), 1))
        lines = [(where, parse_json(line, where, remedy=REMEDY)) for where, line in numbered if line.strip()]
    if not lines:
        raise BadInput(f"no rows in {path}", remedy=REMEDY)
    for where, row in lines:
        if not isinstance(row, dict):
            raise BadInput(f"{where} is no row", remedy=REMEDY)
        yield where, row


def _row_of(pair: Pair, form: Form, name: Name) -> dict[str, Any]:
    chosen, rejected = name(pair.chosen), name(pair.rejected)
    if form == "audio-alpaca":
        return AlpacaRow(prompt=pair.prompt.caption, chosen=chosen, rejected=rejected).model_dump()
    if form == "tangoflux":
        seconds = pair.chosen.seconds or pair.prompt.metas.duration
        if seconds is None:
            raise BadInput(f"pair {pair.id} says no length, which a row of TangoFlux needs", remedy="export it in another form")
        return FluxRow(captions=pair.prompt.caption, duration=seconds, chosen=chosen, reject=rejected).model_dump()
    row: dict[str, Any] = json.loads(as_line(pair))
    return row


def _pair_of(row: dict[str, Any], form: Form, where: str, licence: str | None) -> Pair:
    if form == "producertwin":
        found = read(Pair, {key: value for key, value in row.items() if key not in DERIVED}, where=where)
        return found if licence is None else found.model_copy(update={"licence": licence})
    if form == "audio-alpaca":
        alpaca = read(AlpacaRow, row, where=where)
        words, chosen, rejected, seconds = alpaca.prompt, alpaca.chosen, alpaca.rejected, None
    else:
        flux = read(FluxRow, row, where=where)
        words, chosen, rejected, seconds = flux.captions, flux.chosen, flux.reject, flux.duration
    facts = {
        "prompt": PairPrompt(caption=words, metas=TakeMetas(duration=seconds)),
        "chosen": Side(file=chosen, seconds=seconds),
        "rejected": Side(file=rejected, seconds=seconds),
        "source": "scorer",
        "judge": form,
        "licence": licence,
    }
    return read(Pair, facts, where=where)
