"""Accepting, cancelling, trying again and forgetting jobs, before anybody works."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

import jobs_kit
from jobs_kit import Count, stub_worker, submit
from producertwin.errors import BadInput, DiskFull, NotFound, TwinError, Unavailable
from producertwin.jobs import accepting
from producertwin.jobs.attempts import end
from producertwin.jobs.catalogue import WORKS, find_work
from producertwin.jobs.reading import find_job, list_jobs, read_updates
from producertwin.jobs.schema import jobs, workers
from producertwin.jobs.session import Session
from producertwin.jobs.store import Store, json_serializer, open_store
from producertwin.jobs.works import read_plan, write_plan
from producertwin.settings import Settings


def test_a_key_is_one_job_however_often_it_is_sent(store: Store) -> None:
    first = submit(store, Count(units=2), key="album-1")
    assert submit(store, Count(units=2), key="album-1") == first
    assert submit(store, Count(units=2), key="album-2").id != first.id
    assert submit(store, Count(units=2)).id != submit(store, Count(units=2)).id
    assert len(list_jobs(store)) == 4
    with pytest.raises(BadInput, match="asked for something else"):
        submit(store, Count(units=3), key="album-1")


@pytest.mark.thorough
def test_a_job_whose_sender_is_killed_before_the_reply_is_there_and_its_key_finds_it(settings: Settings) -> None:
    line = [sys.executable, "-m", "jobs_kit", str(settings.studio), "submit", "the key"]
    done = subprocess.run(line, cwd=Path(jobs_kit.__file__).parent, check=False)
    assert done.returncode == -9
    with open_store(settings) as store:
        [job] = list_jobs(store)
        assert submit(store, Count(units=1), key="the key") == job
        assert job.state == "queued"


def test_a_job_and_its_workflow_are_accepted_together_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(store.client, "enqueue_in_transaction", fail)
    with pytest.raises(OperationalError):
        submit(store, Count())
    assert list_jobs(store) == ()


def test_the_file_is_opened_as_durable_work_needs_it(store: Store) -> None:
    with store.read() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}


@pytest.mark.parametrize(("code", "kind"), [("SQLITE_FULL", DiskFull), ("SQLITE_BUSY", Unavailable)])
def test_what_the_database_refuses_is_typed(store: Store, code: str, kind: type[TwinError]) -> None:
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorname = code
    with pytest.raises(kind), store.write():
        raise OperationalError("UPDATE", {}, error)


def test_a_queued_job_that_is_cancelled_is_never_done_and_can_be_tried_again(store: Store) -> None:
    job = submit(store, Count())
    assert accepting.cancel(job.id[:6], store).state == "cancelled"
    assert accepting.cancel(job.id, store).state == "cancelled"
    with stub_worker(store) as worker, pytest.raises(BaseException, match="cancelled"):
        Session(job.id, worker).go_on()
    assert accepting.retry(job.id, store).state == "queued"
    with pytest.raises(BadInput, match="is queued"):
        accepting.retry(job.id, store)


def test_a_worker_of_another_host_is_not_killed_from_here_and_the_job_goes_on(store: Store) -> None:
    job = submit(store, Count())
    with stub_worker(store) as worker:
        one = Session(job.id, worker)
        one._begin()
        with store.write() as connection:
            connection.execute(update(workers).values(host="elsewhere", process=1))
        with pytest.raises(BadInput, match="is on the host elsewhere") as told:
            accepting.cancel(job.id, store, kill=True)
        assert "kill process 1 there" in told.value.remedy
        assert not any(one.cancelled for one in rows(store))
        assert accepting.cancel(job.id, store).state == "stopping"
        one.close()


def rows(store: Store) -> list[Any]:
    """The rows of the jobs."""
    with store.read() as connection:
        return [*connection.execute(select(jobs))]


def test_jobs_are_found_by_the_start_of_their_ids(store: Store) -> None:
    job = submit(store, Count())
    assert find_job(f" {job.id[:5].upper()} ", store) == job
    for wrong in ("", " ", "zzzzzzzzzzzzz", "%", "_" * 12):
        with pytest.raises(NotFound):
            find_job(wrong, store)


def test_pruning_forgets_what_ended_and_nothing_else(store: Store, log: Path) -> None:
    kept, gone = submit(store, Count()), submit(store, Count())
    with stub_worker(store) as worker:
        one = Session(gone.id, worker)
        one.go_on()
        assert one.begun is not None
        end(one.begun, "succeeded", store)
        one.close()
    accepting.cancel(gone.id, store)
    assert accepting.prune(store, older_than=3600.0) == ()
    assert [job.id for job in accepting.prune(store, older_than=0.0, dry_run=True)] == [gone.id]
    assert [job.id for job in accepting.prune(store, older_than=0.0)] == [gone.id]
    assert [job.id for job in list_jobs(store)] == [kept.id]
    assert read_updates(store, job=gone.id) == ()


def test_a_pickle_in_a_row_is_not_read(settings: Settings, store: Store) -> None:
    job = submit(store, Count())
    with closing(sqlite3.connect(settings.studio / "jobs.sqlite")) as file, file:
        assert file.execute("SELECT DISTINCT serialization FROM workflow_status").fetchall() == [("portable_json",)]
        file.execute("UPDATE workflow_status SET serialization = 'py_pickle', status = 'SUCCESS'")
        # a pickle that would say whether it was read: it calls exit(3)
        file.execute("INSERT INTO workflow_output VALUES (?, 'Y2J1aWx0aW5zCmV4aXQKKEkzCnRSLg==', NULL, 0)", (job.id,))
    json_serializer()
    with pytest.raises(TwinError, match="pickle"):
        store.client.retrieve_workflow(job.id).get_result()


@pytest.mark.parametrize("kind", [*WORKS])
def test_every_kind_of_job_has_a_record_whose_plans_survive_as_json(kind: str) -> None:
    work = find_work(kind)
    assert work.kind == kind
    assert work.record.__doc__
    with pytest.raises(BadInput, match=kind):
        read_plan(work, {"no such field": 1})


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound) as caught:
        find_work("mak")
    assert "make, edit, pipeline" in caught.value.remedy


def test_files_in_a_plan_are_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "song.flac").write_bytes(b"x")
    (tmp_path / "Mara").mkdir()
    plan = find_work("edit").record.model_validate({"plan": {"kind": "refine", "source": "song.flac"}, "out": "a/b.flac"})
    assert write_plan(plan) == {
        "plan": {"kind": "refine", "source": str(tmp_path / "song.flac")},
        "out": str(tmp_path / "a" / "b.flac"),
    }
    for name in ("Mara", "k3v", "no.flac", "https://example.com/y"):  # a name that a folder has too, a take, no file
        assert write_plan(find_work("edit").record.model_validate({"plan": {"kind": "refine", "source": name}})) == {
            "plan": {"kind": "refine", "source": name}
        }


def test_a_twin_in_a_plan_keeps_its_name_and_a_folder_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lora").mkdir()
    play = {"adapters": ["Mara Vale:0.5", "lora", "missing/lora"]}
    for kind, plan in (
        ("make", {"prompt": {"caption": "lofi"}, "play": play}),
        ("edit", {"kind": "refine", "source": "k3v", "play": play}),
    ):
        found = write_plan(find_work(kind).record.model_validate({"plan": plan}))
        folders = [one["folder"] for one in found["plan"]["play"]["adapters"]]
        assert folders == ["Mara Vale", str(tmp_path / "lora"), "missing/lora"]
        assert read_plan(find_work(kind), found).plan.play.adapters[0].scale == 0.5  # type: ignore[attr-defined]
