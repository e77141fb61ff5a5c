"""Where the studio lives and what it may use: read from the environment once, at the door.

| variable | meaning | default |
|---|---|---|
| `TWIN_STUDIO` | folder with the library, models and runs | `$XDG_DATA_HOME/producertwin` or `~/.local/share/producertwin` |
| `TWIN_DATABASE` | SQLAlchemy URL of the library | a SQLite file in the studio |
| `TWIN_DEVICE` | `auto`, `cpu`, `cuda`, `cuda:N`, `mps` | `auto` |
| `TWIN_OFFLINE` | `1`: never use the network | `0` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from .recipe import Record, read

_TRUE = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}


class Settings(Record):
    """The studio's surroundings."""

    studio: Path
    """Folder that holds everything the studio owns."""
    database: str | None = None
    """SQLAlchemy URL of the library; None is a SQLite file in the studio."""
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    """Where tensors live."""
    offline: bool = False
    """Never use the network."""

    @property
    def models(self) -> Path:
        """Folder of downloaded and converted variants."""
        return self.studio / "models"


def from_environment(environ: Mapping[str, str] = os.environ, *, studio: Path | None = None) -> Settings:
    """Settings from `environ`; `studio`, when given (the `--studio` option), wins over `TWIN_STUDIO`."""
    share = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = studio or Path(environ.get("TWIN_STUDIO") or share / "producertwin")
    offline = environ.get("TWIN_OFFLINE", "").lower()
    data = {
        "studio": folder.expanduser().absolute(),
        "database": environ.get("TWIN_DATABASE") or None,
        "device": environ.get("TWIN_DEVICE") or "auto",
        "offline": _TRUE.get(offline, offline),
    }
    return read(Settings, data, where="environment")
