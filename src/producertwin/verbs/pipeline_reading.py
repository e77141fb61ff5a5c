"""Where a pipeline can come from beside the presets: a file, a take, a copy of a take, a request of ACE-Step's page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import NotFound
from ..pipeline.pipelines import find_tables, read_pipeline
from ..progress import Steps

if TYPE_CHECKING:
    from .studio import Studio


OPEN: Final = "as said when it is run"
"""Stands for a caption that a pipeline leaves open."""


def find_pipeline(key: str, studio: Studio) -> Steps[dict[str, Any]]:
    """The tables of the pipeline in `key`: a .toml or .json file, also a request of ACE-Step's page; a take; a copy of one.

    A copy of a take of this studio counts as the take; in another the record that the file carries is read, which may be that of
    ACE-Step's page. Raises `NotFound` where there is no take and no record, `BadInput` for a pipeline that is none.
    """
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef
    from ..pipeline.tracing import trace

    path = Path(key)
    if path.suffix.lower() in {".toml", ".json"}:
        tables = yield from _translate_legacy(find_tables(key, path.parent), key)
        read_pipeline(with_caption(tables), where=key)
        return tables
    if not path.is_file():
        return trace(key, studio.library.takes).tables()
    take = find_source(SourceRef(key), studio.existing_library).take
    return (yield from _read_record(path)) if take is None else trace(take.id, studio.library.takes).tables()


def _read_record(path: Path) -> Steps[dict[str, Any]]:
    """The tables of the pipeline in the record that the sound file at `path` carries."""
    from ..audio.tags import tags
    from ..pipeline.embedded import pipeline_in

    record = tags.read(path).provenance
    if record is None:
        remedy = "name a take, or a copy that was made with its metadata"
        raise NotFound(f"{path} carries no record of how it was made", remedy=remedy)
    tables = pipeline_in(record, path)
    if tables is None:
        tables = yield from _translate_legacy(record, str(path))
    read_pipeline(with_caption(tables), where=str(path))
    return tables


def _translate_legacy(data: Mapping[str, Any], where: str) -> Steps[dict[str, Any]]:
    """`data` as our tables where it is a request or record of ACE-Step's page, else as it is."""
    from ..pipeline.legacy import is_legacy, translate

    if not is_legacy(data):
        return dict(data)
    tables, notes = translate(data, where=where)
    yield from notes
    return tables


def with_caption(tables: dict[str, Any]) -> dict[str, Any]:
    """A preset leaves the words to whoever runs it; some stand here so that it can be read."""
    prompt = tables.get("prompt", {})
    return tables | {"prompt": {"caption": OPEN, **prompt}} if isinstance(prompt, dict) else tables
