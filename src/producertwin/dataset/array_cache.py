"""A cache of arrays by key, one file each, written atomically.

    FOLDER/ab/cdef….safetensors     one array, float32

Inside a file lies a hash of its key and its array: what was cut short, altered or misplaced counts as absent.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..disk import STALE, TEMPORARY, chunks_of, disk_errors, write_whole
from ..errors import BadInput, NotFound
from ..recipe import canonical
from ..untrusted import parse_object

_ARRAY: Final = "array"
_FACTS: Final = "producertwin"


@dataclass(frozen=True, slots=True, eq=False)
class ArrayEntry:
    """The content of one file."""

    array: NDArray[np.float32]
    samples: int = 0
    """Length of the sound that latents were made from."""


class ArrayCache:
    """The files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checked: set[str] = set()

    def path(self, key: str) -> Path:
        """Where the entry `key` lies, whether or not it is there."""
        digits = key.removeprefix("b2:")
        return self.folder / digits[:2] / f"{digits[2:]}.safetensors"

    def put(self, key: str, entry: ArrayEntry) -> None:
        """Keep `entry`, all or nothing. Raises `Resources` when the disk is full."""
        array = np.ascontiguousarray(entry.array, "<f4")
        facts = {"key": key, "samples": entry.samples, "b2": _hash(key, entry.samples, array)}
        write_whole(self.path(key), chunks_of(save({_ARRAY: array}, {_FACTS: canonical(facts)})))
        self._checked.add(key)

    def find(self, key: str) -> ArrayEntry | None:
        """The entry `key`, mapped; None where it is missing or damaged. Its content is hashed the first time it is asked for."""
        path = self.path(key)
        with disk_errors(path):
            found = _map_file(path) if path.is_file() else None
        if found is None:
            return None
        entry, facts = found
        if key not in self._checked:
            if facts != {"key": key, "samples": entry.samples, "b2": _hash(key, entry.samples, entry.array)}:
                return None
            self._checked.add(key)
        return entry

    def get(self, key: str) -> ArrayEntry:
        """The entry `key`, mapped. Raises `NotFound` where it is missing or damaged."""
        found = self.find(key)
        if found is None:
            raise NotFound(f"{self.path(key)} is missing or damaged", remedy="run `twin dataset encode` for this dataset")
        return found

    def size(self, key: str) -> int:
        """Bytes that the entry `key` takes; 0 where it is missing."""
        path = self.path(key)
        return path.stat().st_size if path.is_file() else 0

    def sweep(self, *, older_than: float = STALE) -> None:
        """Remove files that were never finished and have not changed for `older_than` seconds."""
        cutoff = time.time() - older_than
        for path in self.folder.glob(f"??/.*{TEMPORARY}"):
            with disk_errors(path):
                if path.stat().st_mtime <= cutoff:
                    path.unlink(missing_ok=True)


def _map_file(path: Path) -> tuple[ArrayEntry, Any] | None:
    """The array of a file, and the facts that were written with it; None for a file that is none of ours, or not whole."""
    try:
        with safe_open(path, "numpy") as opened:
            facts = parse_object((opened.metadata() or {}).get(_FACTS, "{}"), str(path))
            part = opened.get_slice(_ARRAY)
            shape, kind = tuple(part.get_shape()), part.get_dtype()
    except (SafetensorError, BadInput):
        return None
    if kind != "F32" or not isinstance(facts.get("samples"), int):
        return None
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
    # Copy on write, because torch takes no memory that cannot be written to.
    return ArrayEntry(np.memmap(path, "<f4", "c", 8 + header, shape), facts["samples"]), facts


def _hash(key: str, samples: int, array: NDArray[np.float32]) -> str:
    digest = hashlib.blake2b(canonical([key, samples, array.shape]).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
