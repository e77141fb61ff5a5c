"""The releases of twins that lie in the studio: made, listed, checked again and deleted by their ids.

STUDIO/releases/ID/               a release, as `release.bundle.folder` describes it
STUDIO/cache/releases/ID.json     what its last check found; it may be removed at any time
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, Field, ValidationError

from ..disk import write_json
from ..errors import BadInput, NotFound, PartialFailure
from ..library.studio import now
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..progress import Steps
from ..recipe import Record, letters
from ..wording import make_visible
from .release import CheckedRelease, Released, ReleasePlan, check_release, make_release

if TYPE_CHECKING:
    from ..release.bundle.dossier import Dossier
    from .studio import Studio

RELEASES: Final = "releases"
CHECKS: Final = "cache/releases"
ID: Final = "^[a-z2-7]{12}$"
REMEDY: Final = "they are listed on the producer's page, and lie in STUDIO/releases"


class KeepReleasePlan(ReleasePlan):
    """A release of the studio's own."""

    release: str | None = Field(None, pattern=ID)
    """Its id; drawn when absent."""


class CheckReleasePlan(Record):
    """Which release of the studio is checked."""

    release: str = Field(pattern=ID)
    """Its id."""
    replay: bool = True
    """Whether its first take is made again."""


class ReleaseCheck(Record):
    """What the last check of a release found."""

    checked: AwareDatetime
    sums: str
    """Checksum of its list of checksums: of another list this check says nothing."""
    looked: str = ""
    """What became of the take that was to be made again, in words; empty where there were faults."""
    faults: dict[str, str] = Field(default_factory=dict)
    """What is not as the release says, by its part."""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release."""

    name: str
    """Where it lies, from the folder of the release on."""
    path: Path
    bytes: int


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release in the studio."""

    id: str
    folder: Path
    dossier: Dossier
    files: tuple[ReleaseFile, ...]
    check: ReleaseCheck | None
    """None where it was not checked since it was made."""


def settle_release(asked: KeepReleasePlan) -> KeepReleasePlan:
    """What is asked, with an id."""
    return asked if asked.release else asked.model_copy(update={"release": letters(secrets.token_bytes(8))})


def keep_release(plan: KeepReleasePlan, studio: Studio) -> Steps[Released]:
    """Make a release among those of the studio. Raises as `make_release` does."""
    name = settle_release(plan).release
    assert name is not None
    return (yield from make_release(plan, place_of(name, studio), studio))


def list_releases(studio: Studio, producer: str | None = None) -> tuple[tuple[KeptRelease, ...], tuple[str, ...]]:
    """The releases of everybody's or one producer's twins, the newest first; and the ids of those that cannot be read."""
    found, damaged = [], []
    for path in sorted((studio.settings.studio / RELEASES).glob("*/")):
        if path.name.startswith("."):
            continue  # one that is being made
        try:
            found.append(get_release(path.name, studio))
        except (BadInput, NotFound):
            damaged.append(path.name)
    mine = (one for one in found if producer in (None, one.dossier.producer))
    return tuple(sorted(mine, key=lambda one: (one.dossier.created, one.id), reverse=True)), tuple(damaged)


def get_release(name: str, studio: Studio) -> KeptRelease:
    """The release with that id. Raises `NotFound`, and `BadInput` for one that cannot be read."""
    from ..library import sums
    from ..release.bundle.dossier import read_data, read_dossier

    folder = place_of(name, studio)
    if not folder.is_dir():
        raise NotFound(f"no release {name[:40]!r}", remedy=REMEDY)
    _check_names(folder)
    found = read_dossier(read_data(folder), folder)
    paths = (path for path in (*sums.list_files(folder), folder / sums.NAME) if path.is_file())
    files = tuple(ReleaseFile(path.relative_to(folder).as_posix(), path, path.stat().st_size) for path in paths)
    return KeptRelease(name, folder, found, files, _read_check(name, studio))


def find_release(given: Path, studio: Studio) -> Path:
    """The folder of a release that is given as a folder or by its id. Raises nothing: a check says what is not there."""
    here = studio.settings.studio / RELEASES / given.name
    return here if not given.exists() and given.name == str(given) and here.is_dir() else given


def check_kept_release(plan: CheckReleasePlan, studio: Studio) -> Steps[CheckedRelease]:
    """Check a release of the studio as `check_release` does, and note what was found. Raises as it does."""
    found = get_release(plan.release, studio)
    sums = _hash_sums(found.folder)
    try:
        done = yield from check_release(found.folder, studio, replay=plan.replay)
    except PartialFailure as error:
        faults = {part: why.message for part, why in error.failures.items()}
        _note(plan.release, ReleaseCheck(checked=now(), sums=sums, faults=faults), studio)
        message = f"the release of {found.dossier.producer} is not what it says"
        raise PartialFailure(message, error.failures, remedy=error.remedy) from None
    _note(plan.release, ReleaseCheck(checked=now(), sums=sums, looked=done.looked), studio)
    return done


def delete_release(name: str, studio: Studio) -> TrashEntry:
    """Move a release of the studio into the trash. Raises `NotFound`."""
    folder = place_of(name, studio)
    if not folder.is_dir():
        raise NotFound(f"no release {name[:40]!r}", remedy=REMEDY)
    try:
        title = get_release(name, studio).dossier.producer
    except (BadInput, NotFound):  # a damaged one can be deleted too
        title = name
    return discard(studio.settings.studio, Discard(Kind.RELEASE, (name,), title, (folder,)), now())


def place_of(name: str, studio: Studio) -> Path:
    """Where the release with that id lies, or will. Raises `NotFound` for what is no id."""
    if not re.fullmatch(ID, name):
        raise NotFound(f"no release {name[:40]!r}", remedy=REMEDY)
    return studio.settings.studio / RELEASES / name


def _check_names(folder: Path) -> None:
    """Raise `BadInput` for links, which may lead out of the release, and for names that no list of checksums holds."""
    from ..library import sums

    for path in (folder, *folder.rglob("*")):
        if path.is_symlink() or "\\" in path.name or make_visible(path.name, keep="") != path.name:
            told = f"release {folder.name} is damaged: {path.name!r} is a link, or no name of a file that is released"
            raise BadInput(told, remedy=sums.REMEDY)


def _hash_sums(folder: Path) -> str:
    from ..library import sums

    path = folder / sums.NAME
    return sums.hash_file(path) if path.is_file() else ""


def _read_check(name: str, studio: Studio) -> ReleaseCheck | None:
    try:
        found = ReleaseCheck.model_validate_json((studio.settings.studio / CHECKS / f"{name}.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return found if found.sums == _hash_sums(place_of(name, studio)) else None


def _note(name: str, found: ReleaseCheck, studio: Studio) -> None:
    write_json(studio.settings.studio / CHECKS / f"{name}.json", found.model_dump(mode="json"))
