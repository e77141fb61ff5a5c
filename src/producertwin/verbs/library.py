"""`twin library`: verify the library, rebuild its database from its own records, and remove what crashes left."""

from __future__ import annotations

from pathlib import Path

from ..errors import PartialFailure, TwinError
from ..library.rebuild import RebuildResult
from ..library.verify import Verification
from ..progress import Steps
from ..recipe import Record
from ..wording import plural
from .studio import Studio

__all__ = ["RebuildResult", "Verification", "VerifyPlan", "rebuild", "require_sound", "sweep", "verify"]


class VerifyPlan(Record):
    """Hash every file of the studio again. There is nothing to choose."""


def verify(studio: Studio) -> Steps[Verification]:
    """Hash every file again: of takes, of tracks with stems and prepared sound, and of frozen training sets."""
    from ..dataset import manifest, store
    from ..library import verify as verifying

    library = studio.library
    return (yield from verifying.verify(library, store.files(library.studio), manifest.load))


def require_sound(found: Verification) -> str:
    """How much was found sound, in a line. Raises `PartialFailure` that names everything that is not."""
    counts = f"{plural(found.takes, 'take')}, {plural(found.tracks, 'track')}, {plural(found.sets, 'training set')}"
    if not found.problems:
        return f"sound: {counts}"
    data = [(f"{problem.kind} {problem.owner} {problem.part}", problem) for problem in found.problems]
    failures: dict[str, TwinError] = {name: TwinError(f"{problem.fault}: {problem.where}") for name, problem in data}
    remedy = (
        "restore what is missing or damaged from a copy of the studio, or remove what is damaged and run `twin tracks "
        "ingest` and `twin tracks screen`, which make sounds and clips again; `twin library rebuild` mends sidecars and rows"
    )
    count = len({(problem.kind, problem.owner) for problem in found.problems})
    message = f"{count} of {found.takes + found.tracks + found.sets} are not sound ({counts})"
    raise PartialFailure(message, failures, remedy=remedy)


def rebuild(studio: Studio, *, dry_run: bool = False) -> RebuildResult:
    """Make the database anew from the sidecars; the old one is kept. Raises as `library.rebuild.rebuild` does."""
    from ..library import rebuild as rebuilding

    return rebuilding.rebuild(studio.settings, dry_run=dry_run)


def sweep(studio: Studio, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Remove files older than a day that no take, no track and no training set names; returns them."""
    return studio.library.sweep(dry_run=dry_run)
