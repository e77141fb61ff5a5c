"""Pipelines of the user's own, in the studio's folder `pipelines`: begun, kept and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..library.file_names import is_device
from ..library.studio import now
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..pipeline.pipelines import NAME, find_tables, pipeline_files, read_pipeline, write_toml
from ..progress import Steps
from .pipeline import FOLDER
from .pipeline_reading import find_pipeline, with_caption

if TYPE_CHECKING:
    from .studio import Studio


def own_file(name: str, studio: Studio) -> Path:
    """Where the user's own pipeline `name` lies. Raises `BadInput` for what is no name."""
    if not NAME.fullmatch(name) or is_device(name):
        raise BadInput(f"{name!r} is not a name", remedy="small letters, digits, - and _, and a letter first; no con, nul, com1")
    return studio.settings.studio / FOLDER / f"{name}.toml"


def begin_pipeline(name: str, studio: Studio, *, like: str) -> Steps[Path]:
    """Write a pipeline of the user's own, a copy of `like`, and return its file; one of that name is replaced.

    `like` is a preset, one of the user's own, or what `find_pipeline` takes. Raises `BadInput` for what is no name, and as that.
    """
    path = own_file(name, studio)
    tables = find_tables(like, path.parent) if like in pipeline_files(path.parent) else (yield from find_pipeline(like, studio))
    return write_whole(path, write_toml(tables).encode())


def save_pipeline(name: str, tables: Mapping[str, Any], studio: Studio, *, replace: bool = False) -> Path:
    """Keep `tables` as the user's own pipeline `name` and return its file; words may be left to whoever plays it.

    Raises `BadInput` for what is no name and no pipeline, and where one has the name that is not to be replaced.
    """
    path = own_file(name, studio)
    taken = [one for one in (path, path.with_suffix(".json")) if one.is_file()]
    if taken and not replace:
        raise BadInput(f"there is a pipeline {name} already", remedy="give it another name, or replace that one")
    read_pipeline(with_caption(dict(tables)), where=name)
    written = write_whole(path, write_toml(tables).encode())
    path.with_suffix(".json").unlink(missing_ok=True)  # it would win over what was just kept
    return written


def plan_delete_pipeline(name: str, studio: Studio) -> tuple[Path, ...]:
    """The files of the user's own pipeline `name`. Raises `BadInput` for what is no name, and `NotFound`: presets stay."""
    path = own_file(name, studio)
    found = tuple(one for one in (path, path.with_suffix(".json")) if one.is_file())
    if not found:
        raise NotFound(f"no pipeline {name} of your own", remedy="presets stay; see `twin pipeline list`")
    return found


def delete_pipeline(name: str, studio: Studio) -> TrashEntry:
    """Move the user's own pipeline `name` into the trash. Raises as `plan_delete_pipeline` does."""
    files = plan_delete_pipeline(name, studio)
    return discard(studio.settings.studio, Discard(Kind.PIPELINE, (name,), name, files), now())
