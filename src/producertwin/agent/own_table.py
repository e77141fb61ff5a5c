"""What a person has changed of the table of genres: a file of the studio, laid over the shipped one.

[genres.lofi]
forms = ["intro 1, verse 2, hook 2, outro 1"]
variants.nano = { guide_strength = 0.4 }
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, field_validator

from ..disk import disk_errors, write_whole
from ..errors import BadInput, NotFound
from ..house_band.outline import read_form
from ..recipe import Record, load, read, toml_value
from ..wording import suggest_name
from .heuristics import Genre, Heuristics, VariantTable, load_heuristics

FILE: Final = "planner.toml"
BEFORE: Final = "planner.before.toml"
"""The file as it was before the last change; empty where there was none."""
_HEAD: Final = (
    "# Laid over the table of genres of `twin produce`. Changed by `twin produce learn --apply`; edit it as you like.\n"
)


class OwnGenre(Record):
    """What is another in one genre."""

    forms: tuple[str, ...] | None = Field(None, min_length=1)
    """All its forms; the shipped ones when absent."""
    variants: Mapping[str, VariantTable] = Field(default_factory=dict)
    """By family: what is another of how it is played."""

    @field_validator("forms")
    @classmethod
    def _are_forms(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        try:
            _ = [read_form(text) for text in value or ()]
        except BadInput as error:
            raise ValueError(error.message) from None
        return value


class OwnTable(Record):
    """What is another than in the shipped table."""

    genres: Mapping[str, OwnGenre] = Field(default_factory=dict)


def load_own(studio: Path) -> OwnTable:
    """What is changed in `studio`; nothing where there is no file. Raises `BadInput` for a wrong one."""
    path = studio / FILE
    found = load(OwnTable, path) if os.path.lexists(path) else OwnTable()
    known = load_heuristics().genres
    if odd := [name for name in found.genres if name not in known]:
        raise BadInput(f"{path}: no genre {odd[0]!r}{suggest_name(odd[0], known)}", remedy=f"choose from {', '.join(known)}")
    return found


def load_table(studio: Path) -> Heuristics:
    """The shipped table with what is changed in `studio`. Raises as `load_own` does."""
    return lay_over(load_heuristics(), load_own(studio))


def lay_over(table: Heuristics, own: OwnTable) -> Heuristics:
    """The table with what is changed: what stands in it counts, the rest stays."""
    return table.model_copy(update={"genres": {name: _change(row, own.genres.get(name)) for name, row in table.genres.items()}})


def _change(row: Genre, own: OwnGenre | None) -> Genre:
    if own is None:
        return row
    variants = {**row.variants}
    for family, change in own.variants.items():
        variants[family] = variants.get(family, VariantTable()).model_copy(update=change.model_dump(exclude_none=True))
    forms = row.forms if own.forms is None else tuple(map(read_form, own.forms))
    return row.model_copy(update={"variants": variants, "forms": forms})


def write_form(form: tuple[tuple[str, int], ...]) -> str:
    """Sections and their weights as the table has them."""
    return ", ".join(f"{name} {weight}" for name, weight in form)


def keep_own(studio: Path, own: OwnTable) -> Path:
    """Put `own` in force; what was in force before can be put back once."""
    path = studio / FILE
    write_whole(studio / BEFORE, path.read_bytes() if path.is_file() else b"")
    return write_whole(path, _write(own).encode())


def undo_own(studio: Path) -> str:
    """Put back what was in force before the last change and say what that is. Raises `NotFound` where there was none."""
    path, before = studio / FILE, studio / BEFORE
    if not before.is_file():
        raise NotFound("no change of the table can be taken back", remedy=f"edit {path}, or delete it for the shipped table")
    content = before.read_bytes()
    with disk_errors(path):
        if content:
            write_whole(path, content)
        else:
            path.unlink(missing_ok=True)
        before.unlink()
    return f"{path} is as it was before" if content else "the shipped table is in force again"


def _write(own: OwnTable) -> str:
    lines = [_HEAD]
    for name, genre in own.genres.items():
        lines.append(f"[genres.{name}]")
        if genre.forms is not None:
            lines.append(f"forms = {toml_value(genre.forms)}")
        lines += [
            f"variants.{toml_value(family)} = {toml_value(row.model_dump(exclude_none=True))}"
            for family, row in genre.variants.items()
        ]
        lines.append("")
    text = "\n".join(lines)
    read(OwnTable, {"genres": own.model_dump()["genres"]}, where=FILE)
    return text
