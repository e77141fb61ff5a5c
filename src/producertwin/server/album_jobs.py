"""The jobs of albums, whoever asks for them: the one that makes an album, what is refused meanwhile, and going on."""

from __future__ import annotations

from collections.abc import Collection

from ..agent import albums as agent
from ..agent import revising
from ..errors import BadInput, Unavailable
from ..jobs.reading import find_newest_jobs
from ..jobs.records import Job, Terms
from .album_facts import AlbumTerms
from .routes_jobs import accept_job
from .served import Served


def find_jobs(albums: Collection[str], here: Served) -> dict[str, Job]:
    """The job of each of these albums that makes it or waits to, or else the newest."""
    store = here.existing_jobs
    return {} if store is None else find_newest_jobs("produce", "album", albums, store)


def find_job(album: str, here: Served) -> Job | None:
    """The job of an album that makes it or waits to, or else the newest; None where there was none."""
    return find_jobs((album,), here).get(album)


def find_busy(album: str, here: Served) -> Job | None:
    """The job that makes the album or waits to; None where none does."""
    job = find_job(album, here)
    return job if job is not None and not job.is_over else None


def refuse_busy(album: str, here: Served) -> None:
    """Raise `Unavailable` while a job makes the album or waits to."""
    if find_busy(album, here) is not None:
        raise Unavailable("the album is being made", remedy="wait until it is, or stop it first")


def go_on_with(album: str, asked: AlbumTerms, here: Served) -> Job:
    """The job that makes the album: the one that does, or a new one."""
    job = find_job(album, here)
    if job is not None and not job.is_over:
        return job
    key = f"album {album} after {job.id if job is not None else 'none'}"  # two requests at the same moment make one job
    plan = {"album": album, **asked.model_dump(exclude_none=True, mode="json")}
    return accept_job("produce", plan, Terms(key=key), here)


def plan_changes(album: str, words: str, here: Served) -> revising.Revision:
    """What `words` would change of an album. Raises as `revising.plan_revision` does."""
    found = agent.get_album(album, here.studio)
    card = here.studio.read_card(found.story.album.tracks[0].playing.variant)
    return revising.plan_revision(found.story.folder, words, card)


def apply_changes(album: str, words: str, call: str, here: Served, *, by: str) -> None:
    """Change the plan of an album as it was shown under the hash `call`; `by` is who approves that, or empty.

    Raises `Unavailable` while the album is made, and `BadInput` where `words` change something else by now.
    """
    refuse_busy(album, here)
    found = plan_changes(album, words, here)
    if not found.changes or found.call.hash != call:
        raise BadInput("these are not the changes that were shown", remedy="look at the changes again, and approve those")
    revising.apply_revision(agent.find_folder(album, here.studio), found, words, by=by)
