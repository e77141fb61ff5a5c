"""ZIP archives of whole files: the same content gives the same bytes."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...disk import disk_errors

FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, which is the first that the format knows."""
_PLAIN_FILE: Final = 0o644 << 16


def write_zip(path: Path, parts: Mapping[str, bytes | Path], *, compression: int = zipfile.ZIP_STORED) -> Path:
    """Write `parts`, content by name, to `path`. Raises as `disk.disk_errors` does; what was written of it then stays."""
    with disk_errors(path), zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type, entry.external_attr = compression, _PLAIN_FILE
            if isinstance(content, bytes):
                archive.writestr(entry, content)
                continue
            entry.file_size = content.stat().st_size
            with archive.open(entry, "w") as target, content.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
    return path
