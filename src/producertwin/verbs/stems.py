"""`twin stems`: hand a song over to a workstation, as stems, projects, tempo and notes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING

from ..disk import disk_errors, make_folder, whole_file, whole_folder
from ..progress import Steps
from .stems_plan import ZIP, StemsPlan, check_place, find_earlier, is_zip

if TYPE_CHECKING:
    from ..mixing.handover.session import Session
    from .studio import Studio

__all__ = ["ZIP", "HandedOver", "PlannedStems", "StemsPlan", "check_place", "find_earlier", "plan_stems", "stems"]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A hand-over that was written."""

    out: Path
    files: tuple[str, ...]
    """Names inside it."""
    stems: tuple[str, ...]
    """What plays in them."""
    seconds: float
    residual_db: float | None
    """What the sum of the stems leaves of the mix, in dB of the mix; None where nothing is left, or no mix."""


def stems(plan: StemsPlan, studio: Studio, *, replace: bool = False) -> Steps[HandedOver]:
    """Write the hand-over of `plan`, all of it or nothing; with `replace` in place of an earlier one.

    Raises as `find_session` does, `BadInput` where something else is in the way or the place cannot be written, `Resources` on a
    full disk.
    """
    from ..mixing.handover.archive import write_zip
    from ..mixing.handover.package import check_room, write_package
    from .stem_papers import write_papers
    from .stem_session import find_session

    check_place(plan.out, replace=replace)
    session = yield from find_session(plan, studio)
    papers = write_papers(session, studio)
    zipped, out = is_zip(plan.out), plan.out
    with disk_errors(out):
        make_folder(out.absolute().parent)
        check_room(shutil.disk_usage(out.absolute().parent).free, session, zipped=zipped)
    if not zipped:
        with whole_folder(out, replace=replace) as folder:
            done = yield from write_package(folder, session, papers)
    else:
        with whole_file(out) as path, tempfile.TemporaryDirectory(prefix=".twin-stems-", dir=out.absolute().parent) as desk:
            done = yield from write_package(Path(desk), session, papers)
            write_zip(path, {f"{out.stem}/{name}": Path(desk) / name for name in done.files})
    return HandedOver(out, done.files, _names(session), session.seconds, done.residual_db)


@dataclass(frozen=True, slots=True)
class PlannedStems:
    """What a hand-over would write."""

    files: tuple[str, ...]
    """Names inside it."""
    stems: tuple[str, ...]


def plan_stems(plan: StemsPlan, studio: Studio) -> Steps[PlannedStems]:
    """What `stems` would write; with `extract` the stems that would be tried, of which those that are not heard are left out.

    Raises as `stems` does, as far as that is known before a note is played.
    """
    from ..mixing.handover.package import names
    from ..mixing.handover.session import Stem
    from ..model.tasks import Task
    from ..music import STEMS
    from .opened_song import open_song
    from .stem_session import find_session, plan_session

    if not plan.extract:
        session = yield from find_session(plan, studio)
        return PlannedStems(names(session), _names(session))
    studio.read_card(plan.variant).require(Task.EXTRACT, plan.variant)
    song = yield from open_song(plan.subject, studio)
    session = plan_session(plan, song, studio)
    tried = [*(plan.stem or STEMS), *(["rest"] if plan.rest else [])]
    session = replace_fields(session, stems=tuple(Stem(name, song.sound) for name in tried))
    return PlannedStems(names(session), tuple(tried))


def _names(session: Session) -> tuple[str, ...]:
    return tuple(stem.name for stem in session.stems)
