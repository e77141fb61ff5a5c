"""Ingest, encode and train as jobs: stopped or killed, they go on where they were and end with the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_killed import process, wait_until

from jobs_kit import stub_worker, submit
from producertwin.audio import files
from producertwin.dataset import store as sets
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.jobs.catalogue import find_work
from producertwin.jobs.reading import find_job, read_updates
from producertwin.jobs.records import Job
from producertwin.jobs.session import Session
from producertwin.jobs.store import Store, open_store
from producertwin.library import adapters, open_library
from producertwin.settings import Settings
from train_kit import freeze

TRACKS = 8


def sound(number: int, seconds: float) -> bytes:
    rng = np.random.default_rng(number)
    return files.encode((0.1 * rng.standard_normal((2, round(seconds * 48_000)))).astype(np.float32), "flac")


def prepare_ingest(studio: Path, seconds: float) -> dict[str, Any]:
    folder = studio.parent / "music"
    folder.mkdir(exist_ok=True)
    for number in range(TRACKS):
        (folder / f"song {number}.flac").write_bytes(sound(number, seconds))
    return {"folder": str(folder), "tracks": {"producer": "Ada", "licence": "CC0-1.0"}}


def prepare_encode(studio: Path, seconds: float) -> dict[str, Any]:
    with open_library(Settings(studio=studio, device="cpu", offline=True)) as library:
        clips = [library.blobs.put(sound(number, seconds)) for number in range(TRACKS)]
    rows = [
        Row(
            track=f"track{number}", producer="Ada", title=f"Song {number}", group="g", side="train", style="house",
            clips=(clip,), seconds=seconds, caption=f"warm house number {number}", bpm=124.0, key="A minor", meter=4, quality=90,
        )
        for number, clip in enumerate(clips)
    ]  # fmt: skip
    sets.put(Manifest(plan=DatasetPlan(producer="Ada"), rows=tuple(rows)), studio)
    return {"variant": "tiny", "workers": 1}


def prepare_train(studio: Path, seconds: float) -> dict[str, Any]:
    del seconds
    freeze(studio)
    changes = ["training.steps=60", "training.batch=1", "training.crop_seconds=1", "training.save_every=4", "adapter.rank=2"]
    return {"producer": "Mara Vale", "variant": "tiny", "changes": [*changes, "adapter.targets=attention"]}


PREPARE = {"ingest": prepare_ingest, "encode": prepare_encode, "train": prepare_train}


def result_of(kind: str, settings: Settings) -> Any:
    """What the work leaves in its studio, without the times at which it was done."""
    with open_library(settings) as library:
        if kind == "ingest":
            return sorted((track.name, track.source.model_dump_json()) for track in library.tracks.list())
        if kind == "encode":
            return digests(settings.studio / "cache" / "encoded")
        return digests(adapters.find("Mara Vale", settings.studio))


def digests(folder: Path) -> dict[str, str]:
    found = {
        path.relative_to(folder).as_posix(): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    assert found
    return found


def count_kept(job: Job, store: Store) -> int:
    return sum(told.kind == "kept" for told in read_updates(store, job=job.id))


def send(kind: str, settings: Settings, store: Store, seconds: float, **terms: Any) -> Job:
    asked = PREPARE[kind](settings.studio, seconds)
    return submit(store, find_work(kind).record.model_validate(asked), kind, **terms)


@pytest.fixture
def other(settings: Settings, tmp_path: Path) -> Iterator[tuple[Settings, Store]]:
    """A second studio, in which nothing is killed."""
    made = tmp_path / "other" / "studio"
    made.mkdir(parents=True)
    found = settings.model_copy(update={"studio": made})
    with open_store(found) as opened:
        yield found, opened


@pytest.mark.parametrize("kind", ["ingest", pytest.param("encode", marks=pytest.mark.thorough)])
def test_what_a_stopped_attempt_had_done_is_not_done_again(kind: str, settings: Settings, store: Store) -> None:
    job = send(kind, settings, store, 0.5)
    with stub_worker(store) as worker:
        first = Session(job.id, worker)
        answers = [first.go_on() for _ in range(3)]
        first.close()
        before = result_of(kind, settings)
        second = Session(job.id, worker)
        for answer in answers:
            second.add(answer)
        while "done" not in (answer := second.go_on()):
            second.add(answer)
    assert len(before) >= 3
    after = result_of(kind, settings)
    assert all(one in [*after] for one in before)
    assert [one.state for one in find_job(job.id, store).attempts] == ["lost", "succeeded"]
    if kind == "ingest":
        assert answer["done"]["text"] == f"{TRACKS} tracks" and len(after) == TRACKS
    else:
        assert "failed" not in answer["done"]["text"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*PREPARE])
def test_a_job_whose_worker_is_killed_twice_ends_as_one_that_was_left_alone(
    kind: str, settings: Settings, store: Store, other: tuple[Settings, Store]
) -> None:
    seconds = 20.0  # long enough that a kill falls between two units
    job = send(kind, settings, store, seconds, attempts=5)
    for kept in (1, 3):
        with process(settings):
            wait_until(lambda kept=kept: count_kept(job, store) >= kept or find_job(job.id, store).is_over)  # type: ignore[misc]
    with process(settings):
        wait_until(lambda: find_job(job.id, store).is_over)
    found = find_job(job.id, store)
    assert [one.state for one in found.attempts] == ["lost", "lost", "succeeded"]
    calm = send(kind, *other, seconds)
    with process(other[0]):
        wait_until(lambda: find_job(calm.id, other[1]).is_over)
    assert find_job(calm.id, other[1]).state == "succeeded"
    assert result_of(kind, settings) == result_of(kind, other[0])
