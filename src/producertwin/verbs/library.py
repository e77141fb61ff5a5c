"""`twin library`: verify the library, rebuild its database from its own records, and remove what crashes left."""

from __future__ import annotations

from pathlib import Path

from ..library.rebuild import RebuildResult
from ..library.verify import Verification
from ..progress import Steps
from .studio import Studio

__all__ = ["RebuildResult", "Verification", "rebuild", "sweep", "verify"]


def verify(studio: Studio) -> Steps[Verification]:
    """Hash every file again: of takes, of tracks with stems and prepared sound, and of frozen training sets."""
    from ..dataset import manifest, store
    from ..library import verify as verifying

    library = studio.library
    return (yield from verifying.verify(library, store.files(library.studio), manifest.load))


def rebuild(studio: Studio, *, dry_run: bool = False) -> RebuildResult:
    """Make the database anew from the sidecars; the old one is kept. Raises as `library.rebuild.rebuild` does."""
    from ..library import rebuild as rebuilding

    return rebuilding.rebuild(studio.settings, dry_run=dry_run)


def sweep(studio: Studio, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Remove files older than a day that no take, no track and no training set names; returns them."""
    return studio.library.sweep(dry_run=dry_run)
