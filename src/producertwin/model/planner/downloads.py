"""`twin models pull` and `check` of planners."""

from __future__ import annotations

from pathlib import Path

from ...errors import Unavailable
from ...progress import Progress, Steps
from ...settings import Settings
from ..variants import checksums, fetching
from ..variants.downloads import Check, check_room
from ..variants.integrity import trouble_of
from . import catalogue


def pull(name: str, settings: Settings) -> Steps[Path]:
    """Fetch a planner; yields progress per repository, returns its folder.

    Raises `BadInput` for an unknown name, `Unavailable` offline or where what came is not whole, `Resources` when the disk is too
    small.
    """
    planner = catalogue.find(name)
    folder, _ = catalogue.locate(planner.name, settings)
    broken = [path for path in catalogue.files(folder) if trouble_of(path)]
    if not broken:
        return folder
    check_room(planner.name, planner.size, settings)
    for path in broken:  # or it would be taken for downloaded
        path.unlink(missing_ok=True)
    for done, source in enumerate(planner.sources):
        yield Progress("pull", done, len(planner.sources) + 1, f"{source.repo} ({source.size / 1e9:.1f} GB)")
        fetching.fetch(source, settings.models / source.into)
    wrong = next(catalogue.problems(folder), "")
    if wrong:
        raise Unavailable(f"what was fetched of {planner.name} is no planner: {wrong}", remedy="run the same command again")
    yield Progress("pull", len(planner.sources), len(planner.sources) + 1, "checksums")
    checksums.hashes(sorted(folder.glob("*.safetensors")), folder, keep_all=True)
    return folder


def check(name: str, settings: Settings) -> Check:
    """Read a planner's files and compare them with their checksums. Raises `Unavailable` when it is not here."""
    folder, remedy = catalogue.locate(name, settings)
    if not folder.is_dir():
        raise Unavailable(f"{name} is not here", remedy=remedy)
    changed = (f"{folder / name} is not what was downloaded" for name in checksums.differing(folder))
    problems = dict.fromkeys([*catalogue.problems(folder), *changed])
    return Check(name=name, where=str(folder), files=len(list(folder.glob("*.safetensors"))), problems=tuple(problems))
