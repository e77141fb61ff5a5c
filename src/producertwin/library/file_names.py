"""Names in the place of paths, for what leaves the studio: a record tells others what was used, not where it lay here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .provenance import Take

_DEVICES: Final = frozenset({"con", "nul", "aux", "prn", "com", "lpt"})
"""Names that Windows keeps for itself, without their numbers."""


def is_device(stem: str) -> bool:
    """Whether a file of that name, whatever its suffix, would be a device of Windows, such as `con.toml` and `com1.wav`."""
    return stem.lower().rstrip("0123456789") in _DEVICES


def short_name(name: str) -> str:
    """The last part of a path, which is how an adapter or a file is called by others."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2] or name


def name_files(take: Take) -> Take:
    """`take` with names in the place of the paths in its stage and of its adapters; one without any stays as it is."""
    stage = name_files_of_stage(take.stage, {})
    adapters = tuple(use.model_copy(update={"name": short_name(use.name)}) for use in take.adapters)
    return take.model_copy(update={"stage": stage, "adapters": adapters})


def name_files_of_stage(value: Any, sources: Mapping[str, str]) -> Any:
    """A stage's JSON with names in the place of paths; `sources` are the names of sources that get another one."""
    if isinstance(value, list):
        return [name_files_of_stage(one, sources) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: name_files_of_stage(one, sources) for key, one in value.items()}
    if isinstance(found.get("source"), str) and not found["source"].startswith("@"):
        found["source"] = sources.get(found["source"], short_name(found["source"]))
    if isinstance(found.get("folder"), str):
        found["folder"] = short_name(found["folder"])
    reference = found.get("reference")
    if isinstance(reference, str):
        found["reference"] = short_name(reference)
    elif isinstance(reference, list):
        found["reference"] = [short_name(one) for one in reference]
    return found
