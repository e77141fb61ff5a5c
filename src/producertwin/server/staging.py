"""Assets in the place of a folder: each under its name, for the kinds of jobs that read folders."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ..disk import chunks_of, make_folder, write_whole
from ..errors import BadInput, NotFound
from ..library.assets import Asset
from ..library.file_names import is_device
from ..recipe import short_id
from .served import Served
from .uploads import shown_name

FOLDERS: Final = frozenset({"ingest", "dataset", "twin"})
"""Kinds that read a folder, in whose place assets are named."""
STAGING: Final = "cache/uploads"
"""Where assets stand under their names while a job reads them as a folder."""
MOST_ASSETS: Final = 1000
FILES: Final = frozenset({".json", ".toml", ".safetensors", ".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aiff", ".txt"})
"""Endings of files."""


def stage(plan: dict[str, Any], here: Served, faults: list[str]) -> dict[str, Any]:
    """`plan` with a folder of the assets that it names, each under its name."""
    named = plan.pop("assets", None)
    if "folder" in plan:
        faults.append("plan.folder: a folder is not read for others; upload its sounds, and name them in `assets`")
        return plan
    if not isinstance(named, list) or not named or len(named) > MOST_ASSETS or not all(isinstance(one, str) for one in named):
        faults.append(f"plan.assets: 1 to {MOST_ASSETS} ids of assets are needed")
        return {**plan, "folder": "."}
    found = []
    for place, key in enumerate(named):
        try:
            asset = here.assets.get(key)
            found.append((asset, here.assets.content(asset)))
        except (NotFound, BadInput) as error:
            faults.append(f"plan.assets.{place}: {error.message}")
    folder = here.studio.settings.studio / STAGING / short_id(sorted(set(named)), person=b"upload")
    if not faults:
        make_folder(folder)
        taken: set[str] = set()
        for asset, content in found:
            name = file_name(asset, taken)
            taken.add(name.lower())
            link(content, folder / name)
    return {**plan, "folder": str(folder)}


def file_name(asset: Asset, taken: set[str]) -> str:
    """What an asset is called in a folder: its own name where that can be one, and always the ending of what it is."""
    stem = shown_name(asset.name).strip(" .") or "track"
    stem = Path(stem).stem if Path(stem).suffix.lower() in FILES else stem
    safe = "".join("_" if sign in '<>:"|?*' else sign for sign in stem).encode()[:180].decode("utf-8", "ignore")
    name = f"{safe}.{asset.format}"
    odd = is_device(safe) or name.lower() in taken
    return f"{safe} {asset.id[3:9]}.{asset.format}" if odd else name


def link(content: Path, path: Path) -> None:
    """Another name for the file `content`; a copy where the file system has no links."""
    if path.exists() and path.samefile(content):
        return
    path.unlink(missing_ok=True)
    try:
        os.link(content, path)
    except OSError:
        write_whole(path, chunks_of(content))


def sweep_staging(here: Served, needed: set[str]) -> None:
    """Remove the folders of assets that no job in `needed` (paths) reads any more."""
    place = here.studio.settings.studio / STAGING
    with suppress(FileNotFoundError):
        for folder in place.iterdir():
            if str(folder) not in needed:
                shutil.rmtree(folder, ignore_errors=True)
