"""How many pairs and prompts a set holds. Sets are read whole to be counted, so the numbers are kept in its folder.

STUDIO/pairs/ID/counts.json says of which files, by size and time, the numbers are; they are counted anew where a file is another.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ..disk import write_json
from ..errors import BadInput, NotFound, TwinError
from ..recipe import Record, read
from ..untrusted import read_object
from . import candidates, store
from .store import PairSet

COUNTS: Final = "counts.json"
VERSION: Final = 1
"""Changes whenever the same files are counted otherwise."""


class PairCounts(Record):
    """What a set holds."""

    pairs: int
    held_out: int
    """Pairs that are not learned from."""
    prompts: int
    """Prompts whose takes were made and scored; 0 where nobody scored any."""


class _Kept(Record):
    """Numbers, and what they are of."""

    version: int
    files: dict[str, tuple[int, int]]
    """Size in bytes and time of the last change in nanoseconds, by name."""
    counts: PairCounts


def count_pairs(found: PairSet) -> PairCounts:
    """What the set `found` holds. Raises `BadInput` where it is damaged."""
    files = _files(found)
    with suppress(NotFound, BadInput):
        kept = read(_Kept, read_object(found.folder / COUNTS), where=COUNTS)
        if (kept.version, kept.files) == (VERSION, files):
            return kept.counts
    pairs = found.pairs
    held_out = sum(one.split == "holdout" for one in pairs)
    counts = PairCounts(pairs=len(pairs), held_out=held_out, prompts=len(candidates.all_rows(found.folder)))
    with suppress(TwinError):  # a disk that is full or only read from keeps nobody from counting
        write_json(found.folder / COUNTS, _Kept(version=VERSION, files=files, counts=counts).model_dump(mode="json"))
    return counts


def _files(found: PairSet) -> dict[str, tuple[int, int]]:
    """The files that decide the numbers."""
    paths = [path for path in (found.folder / store.PAIRS, *found.folder.glob(candidates.PATTERN)) if path.is_file()]
    return {path.name: (facts.st_size, facts.st_mtime_ns) for path in paths for facts in (path.stat(),)}
