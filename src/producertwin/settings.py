"""Where the studio lives and what it may use, and what is said once for all its commands: read once, at the door.

Each setting is a field of `Settings`. It comes from the first of these that has it: the environment, as `TWIN_` and its name
(`TWIN_DEVICE`); the studio's `config.toml`, which `twin config` writes; the default. Only the studio itself is in no file:
`--studio`, `TWIN_STUDIO`, `$XDG_DATA_HOME/producertwin` or `~/.local/share/producertwin`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from .disk import write_whole
from .errors import BadInput
from .recipe import Record, read
from .untrusted import read_toml

CONFIG: Final = "config.toml"
"""The studio's file of settings."""
_TRUE = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}


class Settings(Record):
    """The studio's surroundings, and what its commands take where they are not told."""

    studio: Path
    """Folder that holds everything the studio owns."""
    database: str | None = None
    """SQLAlchemy URL of the library; a SQLite file in the studio when absent."""
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    """Where tensors live: auto, cpu, cuda, cuda:N or mps."""
    offline: bool = False
    """Never use the network: 1 or 0."""
    memory: float | None = Field(None, gt=0, le=1e6)
    """Gigabytes that loaded instruments may take together; half of what the device has when absent."""
    question_price: float | None = Field(None, ge=0, le=1e6)
    """What a million tokens of questions to a language model cost, in the currency of budgets; 0 where they are free."""
    answer_price: float | None = Field(None, ge=0, le=1e6)
    """What a million tokens of its answers cost, thinking included."""
    producer: str | None = Field(None, min_length=1)
    """Whose tracks they are, where a command is not told."""
    licence: str | None = Field(None, min_length=1)
    """Licence of tracks that state none: an SPDX name, or LicenseRef-own for your own music."""
    provider: str | None = Field(None, min_length=1)
    """Who tracks were got from, where nothing says so; self for your own."""

    @property
    def models(self) -> Path:
        """Folder of downloaded and converted variants."""
        return self.studio / "models"

    @property
    def config(self) -> Path:
        """The file of settings."""
        return self.studio / CONFIG


NAMES: Final = tuple(name for name in Settings.model_fields if name != "studio")
"""Settings that the file may hold."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands."""

    name: str
    value: str | bool | float | None
    source: str
    """Where it comes from: a variable, the file, or `default`."""
    about: str
    variable: str
    """What it is called in the environment."""


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"TWIN_{name.upper()}"


def from_environment(environ: Mapping[str, str] = os.environ, *, studio: Path | None = None) -> Settings:
    """Settings from `environ` and the studio's file; `studio`, when given (the `--studio` option), wins over `TWIN_STUDIO`.

    Raises `BadInput` for a value that is none, and for a file that cannot be read or holds another setting.
    """
    share = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = (studio or Path(environ.get("TWIN_STUDIO") or share / "producertwin")).expanduser().absolute()
    kept = read_config(folder / CONFIG)
    given = {name: environ[variable_of(name)] for name in NAMES if environ.get(variable_of(name))}
    where = f"environment or {folder / CONFIG}" if kept else "environment"
    return read(Settings, {"studio": folder} | _truths(kept | given), where=where)


def read_config(path: Path) -> dict[str, Any]:
    """What the file of settings says; nothing where there is none. Raises `BadInput` for a name that is no setting."""
    data = read_toml(path) if path.is_file() else {}
    for name in data:
        check_name(name, f"{path}: ")
    return data


def write_config(settings: Settings, name: str, value: str | None) -> Settings:
    """Keep `value` as the setting `name` in the studio's file, or keep none; returns the settings as the file says them.

    Raises `BadInput` for a name that is no setting and a value that it cannot have.
    """
    check_name(name)
    kept = {key: item for key, item in read_config(settings.config).items() if key != name}
    if value is not None:
        kept[name] = value
    made = read(Settings, {"studio": settings.studio} | _truths(kept), where="config")
    lines = [f"{key} = {json.dumps(getattr(made, key), ensure_ascii=False)}\n" for key in NAMES if key in kept]
    write_whole(settings.config, "".join(lines).encode())
    return made


def list_settings(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Setting]:
    """Every setting that the file may hold, as it stands and where it comes from."""
    kept = read_config(settings.config)
    found = []
    for name in NAMES:
        variable = variable_of(name)
        source = variable if environ.get(variable) else CONFIG if name in kept else "default"
        about = Settings.model_fields[name].description or ""
        found.append(Setting(name, getattr(settings, name), source, about, variable))
    return found


def check_name(name: str, where: str = "") -> str:
    """`name` if it is a setting's, else `BadInput`."""
    if name not in NAMES:
        raise BadInput(f"{where}no setting is called {name!r}", remedy=f"settings are {', '.join(NAMES)}")
    return name


def _truths(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with the words for yes and no as truth values."""
    offline = data.get("offline")
    return {**data, "offline": _TRUE.get(offline.lower(), offline)} if isinstance(offline, str) else dict(data)
