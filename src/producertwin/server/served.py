"""What the routes of one application share: the studio and what is kept beside it."""

from __future__ import annotations

import dataclasses
import functools
import operator
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, create_model
from starlette.exceptions import HTTPException

from ..agent.shelf import Shelf
from ..errors import NotFound
from ..jobs.reading import find_newest_update, read_updates
from ..jobs.records import Update
from ..jobs.store import Store, has_jobs, open_store
from ..library.assets import Assets
from ..verbs.studio import Studio
from .answers import LIMIT, MOST
from .crew import Crew
from .feed import Feed, Sources
from .previews import Previews
from .problems import Hider
from .readings import Readings
from .uploads import UploadLimits, Uploads
from .watching import StudioWatch

B = TypeVar("B", bound=BaseModel)
MOST_WRITERS: Final = 8
"""Exports that are written at the same time, each by one of the threads with which the server answers."""


class Served:
    """An open studio, its assets, the previews of its sounds, its jobs, who does them, and the events of all that."""

    def __init__(
        self,
        studio: Studio,
        limits: UploadLimits = UploadLimits(),
        crew: Crew | None = None,
        *,
        readings: type[Readings] = Readings,
        compatible: bool = False,
    ) -> None:
        """With `compatible` ACE-Step's own API is served too; `readings` is how songs are read."""
        self.studio = studio
        self.compatible = compatible
        self.library = studio.library
        self.assets = Assets(studio.settings.studio, self.library.takes.clock)
        self.albums = Shelf(studio)
        self.previews = Previews(studio.settings.studio)
        self.readings = readings(studio, self.assets)
        self.uploads = Uploads(self.assets, self.previews, limits)
        self.crew = crew or Crew(studio.settings, 0)
        self.hider = Hider(studio.settings.studio)
        watch = StudioWatch(lambda: self.library, studio.settings.studio)
        self.feed = Feed(Sources(self._read_updates, self._find_newest, watch.look), self.hider)
        self._writers = threading.Semaphore(MOST_WRITERS)
        self._opened = ExitStack()
        self._lock = threading.Lock()
        self._jobs: Store | None = None

    @property
    def jobs(self) -> Store:
        """The store of the studio's jobs, made where there is none; it stays open. Raises as `open_store` does."""
        with self._lock:
            if self._jobs is None:
                self._jobs = self._opened.enter_context(open_store(self.studio.settings))
            return self._jobs

    @property
    def existing_jobs(self) -> Store | None:
        """The store of the studio's jobs; None where there is none, and none is made."""
        return self.jobs if self._jobs is not None or has_jobs(self.studio.settings) else None

    def require_jobs(self, key: str) -> Store:
        """The store in which the job `key` may be. Raises `NotFound` where there never was a job."""
        found = self.existing_jobs
        if found is None:
            raise NotFound(f"no job {key[:80]}", remedy="see the list of jobs")
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For the length of a `with`, a file is written to be sent. Raises `HTTPException` where enough are."""
        if not self._writers.acquire(blocking=False):
            raise HTTPException(429, f"{MOST_WRITERS} other files are being written", {"Retry-After": "5"})
        try:
            yield
        finally:
            self._writers.release()

    def close(self) -> None:
        """Stop the workers, and close the jobs and the studio."""
        self.feed.close()
        self.crew.stop()
        self._opened.close()
        self.studio.close()

    def _read_updates(self, after: int, most: int) -> Sequence[Update]:
        store = self.existing_jobs
        return () if store is None else read_updates(store, after=after, limit=most)

    def _find_newest(self) -> int:
        store = self.existing_jobs
        return 0 if store is None else find_newest_update(store)


def _find_served(request: Request) -> Served:
    found: Served = request.app.state.served
    return found


Here = Annotated[Served, Depends(_find_served)]
"""The parameter of a route that wants what is served."""
Limit = Annotated[int | None, Query(ge=1, le=MOST, description=f"Things on a page; {LIMIT} when absent.")]
Cursor = Annotated[str | None, Query(max_length=400, description="What the page before gave as `next`.")]


def omit(kind: type[Any], *left_out: str) -> type[BaseModel]:
    """The schema of a record or dataclass without some of its fields, such as the folder in which it lies."""
    if issubclass(kind, BaseModel):
        fields = {name: (one.annotation, one) for name, one in kind.model_fields.items()}
    else:
        hints = get_type_hints(kind)
        fields = {one.name: (hints[one.name], ...) for one in dataclasses.fields(kind)}  # type: ignore[misc]
    kept: Mapping[str, Any] = {name: field for name, field in fields.items() if name not in left_out}
    assert len(kept) == len(fields) - len(left_out), f"{kind.__name__} lacks one of {left_out}"
    return create_model(kind.__name__, __config__=ConfigDict(frozen=True), __doc__=kind.__doc__, **kept)


def finite(kind: Any) -> Any:
    """The schema of a dataclass as JSON tells it: a number that JSON lacks, such as the loudness of silence, is None."""
    if kind is float:
        return float | None
    if get_args(kind) and get_origin(kind) is not Literal:
        inner = tuple(one if one is Ellipsis else finite(one) for one in get_args(kind))
        return functools.reduce(operator.or_, inner) if get_origin(kind) in (Union, UnionType) else get_origin(kind)[inner]
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return kind
    hints = get_type_hints(kind)
    fields: Mapping[str, Any] = {one.name: (finite(hints[one.name]), ...) for one in dataclasses.fields(kind)}
    return create_model(kind.__name__, __config__=ConfigDict(frozen=True), __doc__=kind.__doc__, **fields)


def pick(schema: type[BaseModel], source: object, **more: Any) -> dict[str, Any]:
    """The fields of `source` that the schema has."""
    return {name: more[name] if name in more else getattr(source, name) for name in schema.model_fields}
