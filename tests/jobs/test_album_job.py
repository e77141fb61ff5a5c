"""An album as a job: killed on the way it comes to the same bytes, and while it waits for a person nothing does it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from test_killed import process, wait_until

from jobs_kit import submit
from producertwin.agent.album import AlbumPlan
from producertwin.agent.albums import begin_album, get_album, place_of
from producertwin.agent.budget import Budget
from producertwin.agent.commission import Commission
from producertwin.agent.produce import begin, produce
from producertwin.agent.rules import plan_album
from producertwin.agent.session import hold_album
from producertwin.agent.story import approve_by_hash
from producertwin.agent.terms import Terms, read_terms, write_terms
from producertwin.errors import NotFound, Unavailable
from producertwin.jobs.accepting import cancel, retry
from producertwin.jobs.catalogue import find_work
from producertwin.jobs.reading import find_job, find_newest_jobs, list_workers
from producertwin.jobs.store import Store
from producertwin.jobs.work_albums import ProduceJob
from producertwin.jobs.works import read_plan
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio


def plan(studio: Studio, tracks: int) -> AlbumPlan:
    asked = Commission(brief=f"lofi EP, {tracks} tracks, 8 seconds each", variant="tiny", candidates=2)
    return plan_album(asked, studio.read_card("tiny")).model_copy(update={"repaired": 0, "repairs": 0})


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.flac"))}


def count_decisions(folder: Path) -> int:
    path = folder / "decisions.jsonl"
    return len([line for line in path.read_bytes().splitlines() if json.loads(line)])


def test_an_album_that_is_not_there_is_no_job(settings: Settings, store: Store) -> None:
    with pytest.raises(NotFound, match="no album"):
        submit(store, ProduceJob(album="a" * 12), "produce")


def test_an_album_in_the_studio_under_a_name_of_its_own_is_named_by_its_folder(settings: Settings, store: Store) -> None:
    studio = Studio(settings)
    folder = settings.studio / "albums" / "mine"
    begin(plan(studio, 1), folder, studio)
    job = submit(store, ProduceJob(out=folder), "produce")
    assert ProduceJob.model_validate(job.plan) == ProduceJob(out=folder)


@pytest.mark.thorough
def test_terms_are_kept_in_the_album_and_no_job_brings_old_ones_back(settings: Settings, store: Store) -> None:
    studio, entry = Studio(settings), find_work("produce")
    name = begin_album(plan(studio, 1), Terms(autonomy="supervised"), studio)
    budget = Budget(seconds=900)
    job = submit(store, ProduceJob(album=name, autonomy="full", budget=budget), "produce")
    assert read_terms(place_of(name, studio)) == Terms(autonomy="full", budget=budget), "as soon as they are asked for"
    assert job.plan == {"album": name}
    cancel(job.id, store)
    strict = Terms(autonomy="collaborative", budget=Budget(seconds=60))
    write_terms(place_of(name, studio), strict)
    for kept in (retry(job.id, store).plan, {"album": name, "autonomy": "full", "budget": {"seconds": 900}}):
        finish(entry.play(read_plan(entry, kept), studio, ()))
        assert read_terms(place_of(name, studio)) == strict, "one that was queued by an older version too"
    with hold_album(place_of(name, studio)), pytest.raises(Unavailable):
        submit(store, ProduceJob(album=name, autonomy="full"), "produce")


def test_a_job_that_is_not_at_its_end_is_found_before_newer_ones(settings: Settings, store: Store) -> None:
    studio = Studio(settings)
    name = begin_album(plan(studio, 1), Terms(), studio)
    first, second = (submit(store, ProduceJob(album=name), "produce") for _ in range(2))
    for job, newest in ((first, second), (second, second)):
        cancel(job.id, store)
        assert find_newest_jobs("produce", "album", [name], store)[name].id == newest.id
    retry(first.id, store)
    assert find_newest_jobs("produce", "album", [name], store)[name].id == first.id
    cancel(first.id, store)
    assert find_newest_jobs("produce", "album", [name], store)[name].id == second.id


@pytest.mark.slow
def test_a_killed_workers_album_comes_to_the_same_bytes(settings: Settings, store: Store, tmp_path: Path) -> None:
    studio = Studio(settings)
    album = plan(studio, 2)
    name = begin_album(album, Terms(), studio)
    folder = place_of(name, studio)
    job = submit(store, ProduceJob(album=name), "produce", attempts=10)
    for rows in (2, 5):
        with process(settings):
            wait_until(lambda rows=rows: count_decisions(folder) >= rows)  # type: ignore[misc]
    with process(settings, "work") as last:
        assert last.wait(400) == 0
    done = find_job(job.id, store)
    assert done.state == "succeeded" and done.outcome is not None and len(done.outcome.takes) == 2
    assert done.attempts[0].state == "lost"
    finish(produce(album, tmp_path / "whole", Studio(settings.model_copy(update={"studio": tmp_path / "other"}))))
    assert len(hashes(folder)) == 2 and hashes(folder) == hashes(tmp_path / "whole")
    studio.close()


@pytest.mark.slow
def test_an_album_that_waits_holds_no_worker(settings: Settings, store: Store) -> None:
    studio = Studio(settings)
    name = begin_album(plan(studio, 1), Terms(autonomy="supervised"), studio)
    first = submit(store, ProduceJob(album=name), "produce")
    with process(settings, "work") as worker:
        assert worker.wait(400) == 0
    assert find_job(first.id, store).state == "succeeded"
    assert not [one for one in list_workers(store) if one.state == "alive"]
    calls = get_album(name, studio).proposals
    assert {call.action for call in calls} == {"choose"} and len(calls) == 2
    approve_by_hash(place_of(name, studio), [calls[-1].hash])
    second = submit(store, ProduceJob(album=name), "produce")
    with process(settings, "work") as worker:
        assert worker.wait(400) == 0
    assert find_job(second.id, store).state == "succeeded" and get_album(name, studio).story.finished == (1,)
    studio.close()
