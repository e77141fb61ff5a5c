"""A job on a worker, step by step: attempts, errors, the fence, cancelling, budgets, a full disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs_kit import Count, stub_worker, submit, times
from producertwin.jobs import accepting, attempts, leases, session
from producertwin.jobs.reading import find_job, read_updates
from producertwin.jobs.records import Budget
from producertwin.jobs.session import JobFailed, LetGo, Session, run_job
from producertwin.jobs.store import Store
from producertwin.jobs.worker import POLL, RESTING_POLL, RESTS_AFTER
from producertwin.progress import Event, Progress, note


def at_once(step: Any) -> Any:
    """A step whose result is not stored."""
    return step()


def test_a_job_goes_from_part_to_part_and_is_done(store: Store, log: Path) -> None:
    job = submit(store, Count(units=3, log=log))
    with stub_worker(store) as worker:
        assert run_job(job.id, worker, at_once) == {"text": "3 units", "takes": [], "things": [], "files": []}
    assert times(log) == {"unit-0": 1, "unit-1": 1, "unit-2": 1}
    assert [one.state for one in find_job(job.id, store).attempts] == ["succeeded"]
    told = read_updates(store, job=job.id)
    assert [one.text for one in told if one.kind == "kept"] == ["unit-0", "unit-1", "unit-2"]
    assert [one.id for one in told] == sorted({one.id for one in told})
    assert read_updates(store, after=told[2].id, job=job.id) == told[3:]


def test_an_attempt_goes_on_after_the_parts_that_are_stored(store: Store, log: Path) -> None:
    job = submit(store, Count(units=4, log=log))
    with stub_worker(store) as worker:
        first = Session(job.id, worker)
        answers = [first.go_on(), first.go_on()]
        first.close()  # as if it had been killed: its attempt stays open
        second = Session(job.id, worker)
        for answer in answers:
            second.add(answer)
        while "done" not in second.go_on():
            pass
    assert times(log) == {f"unit-{unit}": 1 for unit in range(4)}
    lost, done = find_job(job.id, store).attempts
    assert (lost.state, lost.error, done.state) == ("lost", "WorkerLost", "succeeded")


def test_a_worker_that_dies_before_its_success_is_stored_has_lost_its_attempt(store: Store, log: Path) -> None:
    job = submit(store, Count(units=1, log=log))
    with stub_worker(store) as worker:
        first, second = Session(job.id, worker), Session(job.id, worker)
        unit = first.go_on()
        first.add(unit)
        second.add(unit)
        assert "done" in first.go_on()  # its worker is killed here, so this answer reaches no store
        assert "done" in second.go_on()
    assert times(log) == {"unit-0": 1}
    assert [one.state for one in find_job(job.id, store).attempts] == ["lost", "succeeded"]


@pytest.mark.parametrize(("fail", "kind"), [("odd", "TwinError"), ("locked", "Unavailable")])
def test_a_job_that_fails_is_given_up_after_its_attempts_and_every_error_is_kept(store: Store, fail: str, kind: str) -> None:
    job = submit(store, Count(fail=fail), attempts=3)
    with stub_worker(store) as worker, pytest.raises(JobFailed):
        run_job(job.id, worker, at_once)
    tried = find_job(job.id, store).attempts
    assert [(one.number, one.state, one.error) for one in tried] == [(n, "failed", kind) for n in (1, 2, 3)]
    assert all(one.message for one in tried)


def test_a_job_that_kills_its_workers_is_given_up(store: Store) -> None:
    job = submit(store, Count(units=2), attempts=2)
    with stub_worker(store) as worker:
        for _ in range(2):
            attempts.begin(job.id, worker.name, "cpu", store)  # and nobody ends them
        with pytest.raises(JobFailed, match="given up after 2 attempts; the last: the worker died"):
            run_job(job.id, worker, at_once)


def test_what_another_attempt_would_only_repeat_is_not_tried_again(store: Store) -> None:
    job = submit(store, Count(fail="input"), attempts=5)
    with stub_worker(store) as worker, pytest.raises(JobFailed, match="the caption is empty"):
        run_job(job.id, worker, at_once)
    [tried] = find_job(job.id, store).attempts
    assert (tried.error, tried.remedy) == ("BadInput", "say something")


@pytest.mark.parametrize("failures", [1, 2])
def test_a_database_that_was_locked_does_not_end_a_job(store: Store, log: Path, failures: int) -> None:
    job = submit(store, Count(fail="locked", failures=failures, log=log), attempts=3)
    with stub_worker(store) as worker:
        assert run_job(job.id, worker, at_once)["text"] == "1 units"
    assert [one.state for one in find_job(job.id, store).attempts] == [*["failed"] * failures, "succeeded"]


def test_a_full_disk_holds_the_job_says_so_and_counts_no_attempt(
    store: Store, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(store, Count(fail="full", failures=1, log=log), attempts=1)
    free, seen = iter([0, 0, 0, 10**12]), []

    def look(_: Session) -> int:
        seen.append(find_job(job.id, store).waiting)
        return next(free)

    monkeypatch.setattr(Session, "_free", look)
    with stub_worker(store) as worker:
        assert run_job(job.id, worker, at_once)["text"] == "1 units"
    assert seen == [None, *["no room on the disk; free some"] * 3]
    found = find_job(job.id, store)
    assert [one.state for one in found.attempts] == ["given back", "succeeded"]
    assert found.waiting is None


def test_a_job_that_waits_for_room_can_be_cancelled(store: Store, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submit(store, Count(fail="full", log=log))
    monkeypatch.setattr(Session, "_free", lambda _: bool(accepting.cancel(job.id, store)) and 0)
    with stub_worker(store) as worker, pytest.raises(LetGo, match="cancelled"):
        run_job(job.id, worker, at_once)
    assert find_job(job.id, store).state == "cancelled"


def test_cancelling_stops_a_job_at_its_next_event(store: Store, log: Path) -> None:
    job = submit(store, Count(units=2, log=log, seconds=60.0))
    with stub_worker(store) as worker:
        one = Session(job.id, worker)
        note, seen = one._note, []

        def cancel_soon(event: Any) -> None:
            note(event)
            seen.append(event)
            if len(seen) == 3:
                assert accepting.cancel(job.id, store).state == "stopping"

        one._note = cancel_soon  # type: ignore[method-assign]
        with pytest.raises(LetGo, match="cancelled"):
            one.go_on()
    assert len(seen) <= 3 + session.CHECK_EVERY / 0.004
    found = find_job(job.id, store)
    assert (found.state, [one.state for one in found.attempts], times(log)) == ("cancelled", ["cancelled"], {})


def test_what_a_job_tells_before_a_long_silence_is_heard_in_it(store: Store) -> None:
    job = submit(store, Count())
    with stub_worker(store) as worker:
        one = Session(job.id, worker)
        worker.sessions[job.id] = one
        one._begin()
        assert one.work is not None
        one._note(next(one.work))  # and the verb is silent
        before = read_updates(store, job=job.id)
        assert {told.kind for told in before} == {"state"}
        worker.look_after()
        worker.look_after()
        assert [told.text for told in read_updates(store, job=job.id)[len(before) :]] == ["begun"]
        one.close()


def test_a_worker_that_was_taken_for_dead_stores_nothing(store: Store, log: Path) -> None:
    job = submit(store, Count(units=3, log=log))
    with stub_worker(store) as frozen, stub_worker(store) as other:
        old = Session(job.id, frozen)
        answer = old.go_on()
        assert set(leases.bury(other.name, store, lease=-1.0)) == {other.name}
        new = Session(job.id, other)
        new.add(answer)
        while "done" not in new.go_on():
            pass
        with pytest.raises(attempts.Moved):
            old._permit(None)  # type: ignore[arg-type]
        old._checked = 0.0
        with pytest.raises(LetGo, match="another worker"):
            old.go_on()
        assert not leases.beat(frozen.name, store)
        assert leases.beat(other.name, store)
    assert [one.state for one in find_job(job.id, store).attempts] == ["lost", "succeeded"]


def test_a_worker_that_stops_gives_its_job_back(store: Store, log: Path) -> None:
    job = submit(store, Count(units=3, log=log))
    with stub_worker(store) as worker:
        one = Session(job.id, worker)
        one.go_on()
        worker.stopping.set()
        with pytest.raises(LetGo, match="stops"):
            one.go_on()
    assert [one.state for one in find_job(job.id, store).attempts] == ["given back"]


def test_a_budget_of_seconds_ends_a_job(store: Store) -> None:
    job = submit(store, Count(seconds=60.0), budget=Budget(seconds=0.05))
    with stub_worker(store) as worker, pytest.raises(JobFailed, match=r"of 0\.05 s"):
        run_job(job.id, worker, at_once)
    assert [one.error for one in find_job(job.id, store).attempts] == ["BudgetExceeded"]


def test_the_time_left_is_what_such_work_took_on_this_device(store: Store) -> None:
    with stub_worker(store) as worker:
        assert submit(store, Count(units=1)).seconds_left is None
        run_job(submit(store, Count(units=2, seconds=0.02)).id, worker, at_once)
    left = submit(store, Count(units=20)).seconds_left
    assert left is not None
    assert left > 0.3
    assert submit(store, Count(units=21)).seconds_left is None, "nothing like it was done yet"


def test_the_time_left_is_the_works_own_reckoning_once_it_has_one_whatever_such_work_took_before(store: Store) -> None:
    with stub_worker(store) as worker:
        run_job(submit(store, Count(units=1, seconds=0.6)).id, worker, at_once)
        job = submit(store, Count(units=10)).id
        begun = attempts.begin(job, worker.name, "cpu", store)

        def left_after(*told: Event) -> float:
            attempts.tell(begun, told, store)
            left = find_job(job, store).seconds_left
            assert left is not None
            return left

        assert left_after(Progress("unit", 0, 4)) > 4.0, "nothing of its own is known yet"
        assert left_after(Progress("unit", 3, 4, seconds_left=1.5)) <= 1.5
        assert left_after(note("a word between")) <= 1.5
        assert left_after(Progress("file", 3, 4)) < 4.0, "a part that reckons nothing: a third of what was needed so far"
        assert left_after(Progress("file", 4, 4)) == 0.0


def test_a_job_that_is_tried_again_has_all_its_attempts_each_time(store: Store) -> None:
    job = submit(store, Count(fail="odd"), attempts=2)
    with stub_worker(store) as worker:
        for turn in (1, 2, 3):
            with pytest.raises(JobFailed):
                run_job(job.id, worker, at_once)
            assert len(find_job(job.id, store).attempts) == 2 * turn
            store.client.cancel_workflow(job.id)  # here no DBOS stores that it failed
            accepting.retry(job.id, store)


def test_a_job_goes_on_in_the_meantime_where_copies_go_to_another_disk(
    store: Store, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(store, Count(fail="full", failures=2, log=log), attempts=1)
    monkeypatch.setattr(Session, "_free", lambda _: 10**12)
    with stub_worker(store, pace=0.0) as worker:
        assert run_job(job.id, worker, at_once)["text"] == "1 units"
    assert [one.state for one in find_job(job.id, store).attempts] == ["given back", "given back", "succeeded"]


def test_a_worker_that_rests_looks_less_often(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with stub_worker(store) as worker:
        now = worker._active
        monkeypatch.setattr("producertwin.jobs.worker.time.monotonic", lambda: now + 1.0)
        assert worker.poll == POLL
        monkeypatch.setattr("producertwin.jobs.worker.time.monotonic", lambda: now + RESTS_AFTER + 1.0)
        assert worker.poll == RESTING_POLL
        worker.doing["job"] = now
        assert worker.poll == POLL
