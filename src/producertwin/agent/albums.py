"""Albums that lie in the studio: begun, found and deleted by their ids. `shelf` lists them.

STUDIO/albums/ID/     an album, as `delivery` describes its folder
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..library import sums
from ..library.lock import LOCK
from ..library.studio import now
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..recipe import letters, short_id
from .album import AlbumPlan
from .policy import Call
from .produce import begin
from .session import PLAN, hold_album, read_album
from .story import Story, find_waiting, read_story
from .terms import Terms, compare_terms, read_terms

if TYPE_CHECKING:
    from ..verbs.studio import Studio

ALBUMS: Final = "albums"
ID: Final = "^[a-z2-7]{12}$"
REMEDY: Final = "albums of this studio are listed at /albums of its page, and lie in STUDIO/albums"


@dataclass(frozen=True, slots=True)
class KeptAlbum:
    """An album in the studio."""

    id: str
    story: Story
    terms: Terms
    proposals: tuple[Call, ...]
    """What waits for approval."""

    @property
    def last_change(self) -> float:
        """When something was decided last, in seconds since 1970."""
        return max((row.at.timestamp() for row in self.story.decisions), default=0.0)


def begin_album(album: AlbumPlan, terms: Terms, studio: Studio, *, key: str | None = None) -> str:
    """Keep an album that is to be made in the studio, and return its id; the same `key` again is the same album.

    Raises what `produce` refuses beforehand, and `BadInput` where the key belongs to another album, or to one on other terms.
    """
    name = letters(secrets.token_bytes(8)) if key is None else _name_album_of(key)
    folder = place_of(name, studio)
    known = (folder / PLAN).is_file()
    if known and read_album(folder).key != album.key:
        raise BadInput(f"the key belongs to album {name}, which is another one", remedy="give another key")
    kept = (read_terms(folder) if known else None) or terms
    if other := compare_terms(kept, kept.change(terms.autonomy, terms.budget)):
        raise BadInput(f"the key belongs to album {name}: {other} is asked for", remedy="give another key, or the same terms")
    begin(album, folder, studio, budget=None if known else terms.budget, autonomy=None if known else terms.autonomy)
    return name


def is_begun(key: str, studio: Studio) -> bool:
    """Whether the album of this key is there."""
    return (place_of(_name_album_of(key), studio) / PLAN).is_file()


def _name_album_of(key: str) -> str:
    """The id of the album of this key."""
    return short_id(key, person=b"album")


def place_of(name: str, studio: Studio) -> Path:
    """Where the album with that id lies, or will. Raises `NotFound` for what is no id."""
    if not re.fullmatch(ID, name):
        raise NotFound(f"no album {name[:40]!r}", remedy=REMEDY)
    return studio.settings.studio / ALBUMS / name


def find_folder(name: str, studio: Studio) -> Path:
    """Where the album with that id lies. Raises `NotFound`."""
    folder = place_of(name, studio)
    if not folder.is_dir():
        raise NotFound(f"no album {name[:40]!r}", remedy=REMEDY)
    return folder


def find_given(given: Path, studio: Path) -> Path:
    """The folder of an album that is given as a folder, or by the id of one in the folder `studio`. Raises nothing."""
    here = studio / ALBUMS / given.name
    return here if not given.exists() and given.name == str(given) and here.is_dir() else given


def get_album(name: str, studio: Studio) -> KeptAlbum:
    """The album with that id. Raises `NotFound`, and `BadInput` for one that cannot be read."""
    folder = find_folder(name, studio)
    story = read_story(folder)
    return KeptAlbum(name, story, read_terms(folder) or Terms(), tuple(find_waiting(folder)))


def delete_album(name: str, studio: Studio) -> TrashEntry:
    """Move an album into the trash; its takes stay. Raises `NotFound`, and `Unavailable` while it is being made."""
    folder = find_folder(name, studio)
    try:
        title = read_story(folder).album.title
    except (BadInput, NotFound):  # a damaged one can be deleted too
        title = name
    with hold_album(folder, patience=0.2):
        pass
    return discard(studio.settings.studio, Discard(Kind.ALBUM, (name,), title, (folder,)), now())


def list_files(found: KeptAlbum) -> list[tuple[str, Path]]:
    """Every file of an album by its name in the folder. Links, and what is being written, are left out."""
    folder = found.story.folder
    paths = (path for path in (*sums.list_files(folder), folder / sums.NAME) if path.is_file() and not path.is_symlink())
    names = ((path.relative_to(folder).as_posix(), path) for path in paths if not path.name.startswith("."))
    return [(name, path) for name, path in names if name != LOCK]
