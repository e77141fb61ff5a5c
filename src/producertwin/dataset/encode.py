"""`twin dataset encode`: latents and words of a training set, computed once and kept; see `cache` for how.

Latents are those that `model.sampling.codec.encode` gives, the most likely ones. Text and lyric states are recorded where they
enter the condition encoder, from the very function that inference calls. Sounds are decoded ahead in child processes, a few at
a time, so that the instrument seldom waits and memory is bounded. Every array is kept as soon as it is there: a run that was
stopped goes on where it was, and one that finds everything asks the instrument for nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial

from pydantic import Field

from ..audio import files
from ..audio.samples import Samples
from ..errors import BadInput, Resources, TwinError
from ..library import Library
from ..library.blobs import Blobs
from ..model.instrument import Instrument
from ..model.sampling import engine
from ..model.sampling.prompts import PromptTokens
from ..progress import Clock, Steps
from ..recipe import Record
from ..timebase import seconds_of
from .array_cache import ArrayEntry
from .cache import EncodedCache, encode_conditions
from .manifest import Manifest, Row
from .screen import NOTE as SCREEN
from .screen import ScreenNote
from .stems import cut_of, parts


class EncodePlan(Record):
    """What is encoded."""

    stems: bool = False
    """Whether the stems of tracks that have them are encoded too."""
    workers: int = Field(2, ge=1, le=64)
    """Sounds that are decoded at once, ahead of the instrument."""


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What a run did, and how fast."""

    made: int
    """Arrays computed now."""
    kept: int
    """Arrays that were there."""
    bytes: int
    """What the whole set takes in the cache."""
    seconds: float
    """Length of the sound encoded now."""
    wall: float
    """Seconds the run took."""
    model: float
    """Seconds of them inside the instrument."""
    failures: dict[str, TwinError] = field(default_factory=dict)
    """By track, the first of each."""

    @property
    def realtime(self) -> float:
        """Seconds of sound encoded per second."""
        return self.seconds / self.wall if self.wall else 0.0

    @property
    def outside(self) -> float:
        """Share of the time outside the instrument; 0 where it was asked for nothing."""
        return 1.0 - self.model / self.wall if self.model else 0.0


def encode_dataset(manifest: Manifest, instrument: Instrument, library: Library, plan: EncodePlan) -> Steps[EncodeReport]:
    """Encode what is missing of every row, on both sides. A row that fails is told and the others go on.

    Raises what ends a whole run, such as a full disk.
    """
    run = _Run(EncodedCache(library, instrument), plan)
    run.cache.entries.sweep()
    yield from run.sounds([job for row in manifest.rows for job in run.clips(row)])
    if plan.stems:
        yield from run.sounds([job for row in manifest.rows for job in run.stems(row)])
    yield from run.words(manifest.rows)
    return run.report()


@dataclass(frozen=True, slots=True)
class _EncodeTask:
    """Sounds that are read together: one clip, or the parts of a stem that belong to a row's clips."""

    track: str
    title: str
    keys: tuple[str, ...]
    read: Callable[[], tuple[Samples, ...]]


_Read = tuple[_EncodeTask, Future[tuple[Samples, ...]]]


class _Run:
    """One run, and what it has counted so far."""

    def __init__(self, cache: EncodedCache, plan: EncodePlan) -> None:
        self.cache, self.plan = cache, plan
        self.keys: set[str] = set()
        self.made: set[str] = set()
        self.failures: dict[str, TwinError] = {}
        self.seconds = self.model = 0.0
        self.start = time.perf_counter()

    def clips(self, row: Row) -> list[_EncodeTask]:
        """A job for every clip of `row`."""
        blobs = self.cache.library.blobs
        return [
            _EncodeTask(row.track, row.title, (self.cache.clip_key(clip),), partial(_clip, blobs, clip)) for clip in row.clips
        ]

    def stems(self, row: Row) -> list[_EncodeTask]:
        """A job for every stem of `row`'s track; none where its clips could not be encoded."""
        with self._collect_failures(row.track):
            library, entries = self.cache.library, self.cache.entries
            track = library.tracks.get(row.track)
            mixes = [entries.find(self.cache.clip_key(clip)) for clip in row.clips]
            if not track.stems or None in mixes:
                return []
            screen = library.tracks.note_of_kind(row.track, SCREEN, ScreenNote)
            if screen is None or screen.clips != row.clips:
                remedy = "freeze the dataset again"
                raise BadInput(f"track {row.track} was screened otherwise since the dataset was frozen", remedy=remedy)
            cut = cut_of(screen.verdict, tuple(mix.samples for mix in mixes if mix is not None))
            if cut is None:
                remedy = "run `twin tracks screen` again with the same profile, then `twin dataset encode --stems`"
                raise BadInput(f"track {row.track} was screened before gains were kept", remedy=remedy)
            return [
                _EncodeTask(
                    row.track,
                    f"{row.title}: {stem}",
                    tuple(self.cache.stem_key(row, track, stem, place) for place in range(len(row.clips))),
                    partial(parts, library.blobs, blob, cut),
                )
                for stem, blob in track.stems.items()
            ]
        return []

    def sounds(self, jobs: Sequence[_EncodeTask]) -> Steps[None]:
        """Encode those of `jobs` that are not in the cache."""
        todo: list[_EncodeTask] = []
        clock = Clock("check", len(jobs))
        for done, job in enumerate(jobs):
            yield clock.at(done, job.title)
            new = self.keys.isdisjoint(job.keys)
            self.keys.update(job.keys)
            if new and any(self.cache.entries.find(key) is None for key in job.keys):
                todo.append(job)
        clock = Clock("encode", len(todo))
        with closing(_read_ahead(todo, self.plan.workers)) as coming:
            for done, (job, future) in enumerate(coming):
                yield clock.at(done, job.title)
                with self._collect_failures(job.track):
                    for key, sound in zip(job.keys, future.result(), strict=True):
                        self._encode(key, sound)
        yield clock.at(len(todo))

    def words(self, rows: Sequence[Row]) -> Steps[None]:
        """Compute those words of `rows` that are not in the cache."""
        clock = Clock("words", len(rows))
        for done, row in enumerate(rows):
            yield clock.at(done, row.title)
            with self._collect_failures(row.track):
                for clip in row.clips:
                    sound = self.cache.entries.find(self.cache.clip_key(clip))
                    if sound is not None:
                        self._encode_text(self.cache.prompt_of(row, sound.samples))
        yield clock.at(len(rows))

    def report(self) -> EncodeReport:
        """What was counted."""
        sizes = [self.cache.entries.size(key) for key in self.keys]
        there = sum(size > 0 for size in sizes)
        wall = time.perf_counter() - self.start
        return EncodeReport(len(self.made), there - len(self.made), sum(sizes), self.seconds, wall, self.model, self.failures)

    def _encode(self, key: str, sound: Samples) -> None:
        if self.cache.entries.find(key) is None:
            with self._time_model():
                latents = engine.encode(self.cache.instrument, sound)
            self._keep(key, ArrayEntry(latents, sound.shape[1]))
            self.seconds += seconds_of(sound.shape[1])

    def _encode_text(self, prompt: PromptTokens) -> None:
        keys = (self.cache.text_key(prompt), self.cache.lyrics_key(prompt), self.cache.reference_key)
        self.keys.update(keys)
        missing = [key for key in keys if self.cache.entries.find(key) is None]
        if missing:
            with self._time_model():
                found = dict(zip(keys, encode_conditions(self.cache.instrument, prompt), strict=True))
            for key in missing:
                self._keep(key, ArrayEntry(found[key]))

    def _keep(self, key: str, entry: ArrayEntry) -> None:
        self.cache.entries.put(key, entry)
        self.made.add(key)

    @contextmanager
    def _time_model(self) -> Iterator[None]:
        """Count the time of the block as the instrument's."""
        start = time.perf_counter()
        yield
        self.model += time.perf_counter() - start

    @contextmanager
    def _collect_failures(self, track: str) -> Iterator[None]:
        """Record a failure in the block as `track`'s; re-raise what ends the whole run."""
        try:
            yield
        except Resources:
            raise
        except TwinError as error:
            self.failures.setdefault(track, error)


def _read_ahead(jobs: Iterable[_EncodeTask], workers: int) -> Generator[_Read, None, None]:
    """Every job in order, with what it reads; at most `workers` are read ahead of the one that is handed out."""
    with ThreadPoolExecutor(workers) as pool:
        coming: deque[_Read] = deque()
        try:
            for job in jobs:
                coming.append((job, pool.submit(job.read)))
                if len(coming) > workers:
                    yield coming.popleft()
            while coming:
                yield coming.popleft()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _clip(blobs: Blobs, clip: str) -> tuple[Samples, ...]:
    return (files.read(blobs.get(clip)),)
