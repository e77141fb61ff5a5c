"""Jobs that make takes, on tiny: killed at every boundary and within every unit, they end with the same bytes."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs_kit import stub_worker, submit
from producertwin import disk
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound, TwinError
from producertwin.jobs import accepting, budgets, session
from producertwin.jobs.reading import find_job, list_jobs
from producertwin.jobs.records import Budget
from producertwin.jobs.session import JobFailed, LetGo, Session, run_job
from producertwin.jobs.store import Store
from producertwin.jobs.work_takes import EditJob, MakeJob, PipelineJob
from producertwin.jobs.worker import Worker
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.pipeline.pipelines import write_toml
from producertwin.progress import Event, Kept
from producertwin.recipe import Record
from producertwin.verbs.studio import Studio

STAGES = [
    {"id": "draft", "kind": "generate"},
    {"id": "polish", "kind": "refine", "source": "@draft"},
    {"id": "cover", "kind": "cover", "source": "@polish"},
]
SHARED = {"prompt": {"caption": "lofi"}, "play": {"variant": "tiny", "steps": 2}, "seconds": 1.5}


@pytest.fixture
def worker(store: Store, tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker with tiny at hand that looks at the fence at every event."""
    monkeypatch.setattr(session, "CHECK_EVERY", 0.0)
    with stub_worker(store) as made, open_library(store.settings) as library:
        made.return_studio(Studio(store.settings, library, {"tiny": tiny}))
        yield made


def ask(store: Store, tmp_path: Path, kind: str = "pipeline", **terms: Any) -> str:
    """A job of three units: three stages, or three takes. The file of a pipeline is gone afterwards."""
    path, out = tmp_path / "p.toml", str(tmp_path / "out.flac")
    play = {**SHARED["play"], "seed": 5}
    batch = {"prompt": SHARED["prompt"], "play": {**play, "batch": 3}}
    path.write_text(write_toml({**SHARED, "play": play, "stages": STAGES}))
    files.write(source := tmp_path / "source.wav", 0.1 * np.sin(np.arange(144_000, dtype=np.float32) / 20).reshape(2, -1))
    plans: dict[str, Record] = {
        "pipeline": PipelineJob.model_validate({"run": {"pipeline": str(path)}, "out": out}),
        "make": MakeJob.model_validate({"plan": {**batch, "seconds": 1.5}, "out": out}),
        "edit": EditJob.model_validate({"plan": {"kind": "refine", "source": str(source), **batch}, "out": out}),
    }
    job = submit(store, plans[kind], kind, **terms)
    path.unlink()
    return job.id


UNITS = {
    "pipeline": ["draft", "polish", "cover"],
    "make": ["take 1 of 3", "take 2 of 3", "take 3 of 3"],
    "edit": ["take 1 of 3", "take 2 of 3", "take 3 of 3"],
}


def step(work: Any) -> Any:
    return work()


class Killed(BaseException):
    """What kills an attempt where it stands."""


def run_killed(job: str, worker: Worker, after: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Do the job, killed at its `after`th event; returns how many events came before, and the units stored."""
    stored: list[dict[str, Any]] = []
    seen: list[Event] = []
    with monkeypatch.context() as patch:
        look = Session._look

        def look_or_die(self: Session) -> None:
            seen.append(self._told[-1] if self._told else Kept("-"))
            if len(seen) == after:
                raise Killed
            look(self)

        patch.setattr(Session, "_look", look_or_die)
        one = Session(job, worker)
        try:
            while "done" not in (answer := one.go_on()):
                one.add(answer)
                stored.append(answer)
        except Killed:
            one.work, studio, one.studio = None, one.studio, None
            assert studio is not None
            studio.watch_storing(None, None)
            worker.return_studio(studio)
            second = Session(job, worker)
            for unit in stored:
                second.add(unit)
            patch.undo()
            while "done" not in (answer := second.go_on()):
                second.add(answer)
                stored.append(answer)
    return len(seen), [unit["kept"] for unit in stored]


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        ("pipeline", 9),
        *(pytest.param(kind, 9, marks=pytest.mark.thorough) for kind in ("make", "edit")),
        *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in UNITS),
    ],
)
def test_a_job_killed_anywhere_ends_with_the_same_bytes(
    store: Store, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, every: int
) -> None:
    """After every event of the three units; in the default tests after a few of them."""
    whole = run_job(ask(store, tmp_path, kind), worker, step)
    library = worker._studios[0].library
    expected = [library.takes.get(take).blobs for take in whole["takes"]]
    copies = {Path(path): Path(path).read_bytes() for path in whole["files"]}
    assert len(copies) == len(expected) == (1 if kind == "pipeline" else 3)
    events, units = run_killed(ask(store, tmp_path, kind), worker, 10**6, monkeypatch)
    assert units == UNITS[kind]
    assert events >= 9  # two steps of three units, and the end of each
    for after in range(2, events + 1, every):
        for path in copies:
            path.unlink()
        _, units = run_killed(ask(store, tmp_path, kind, attempts=10), worker, after, monkeypatch)
        assert units == UNITS[kind], after
        assert {path: path.read_bytes() for path in copies} == copies, after
    assert [library.takes.get(take).blobs for take in whole["takes"]] == expected
    assert library.info().takes == 3  # whatever was killed: the same takes, each once


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["make", "edit"])
def test_takes_that_are_stored_are_not_played_again(
    store: Store, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    played: list[int] = []
    generate = engine.generate

    def count(instrument: Instrument, requests: Any, **more: Any) -> Any:
        played.extend(request.seed for request in requests)
        return generate(instrument, requests, **more)

    monkeypatch.setattr(engine, "generate", count)
    job = ask(store, tmp_path, kind)
    first = Session(job, worker)
    answers = [first.go_on(), first.go_on()]
    first.close()  # as if it had been killed
    for done in (answers, [*answers, {"kept": "take 3 of 3", "takes": answers[1]["takes"]}]):  # two, and even all of them
        second = Session(job, worker)
        for answer in done:
            second.add(answer)
        while "done" not in (answer := second.go_on()):
            second.add(answer)
        assert len(answer["done"]["takes"]) == 3
    assert played == [5, 6, 7]


def test_a_seed_nobody_chose_is_drawn_when_the_job_is_accepted(store: Store, worker: Worker, tmp_path: Path) -> None:
    plan = MakeJob.model_validate({"plan": SHARED | {"play": {"variant": "tiny", "steps": 2, "batch": 2}}})
    first, second = submit(store, plan, "make"), submit(store, plan, "make")
    assert first.plan["plan"]["play"]["seed"] != second.plan["plan"]["play"]["seed"]
    done = run_job(first.id, worker, step)
    assert len(done["takes"]) == 2
    assert run_job(first.id, worker, step) == done


def test_a_job_is_refused_before_it_is_accepted(store: Store, tmp_path: Path) -> None:
    for plan, kind, error in [
        ({"plan": SHARED | {"play": {"variant": "none such"}}}, "make", BadInput),
        ({"plan": {"kind": "refine", "source": "k3v"}}, "edit", TwinError),
        ({"run": {"pipeline": "none such"}}, "pipeline", NotFound),
        ({"plan": {"prompt": {"caption": ""}}}, "make", BadInput),
        ({"folder": str(tmp_path / "none"), "tracks": {"producer": "Ada"}}, "ingest", TwinError),
        ({}, "screen", TwinError),
        ({"dataset": "k3v"}, "encode", TwinError),
        ({"producer": "Ada"}, "train", TwinError),
        ({"subject": "Ada"}, "prove", TwinError),
    ]:
        with pytest.raises(error):
            submit(store, plan, kind)  # type: ignore[arg-type]
    assert list_jobs(store) == ()


def test_a_cancelled_job_leaves_no_take_behind(
    store: Store, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(store, tmp_path)
    look = Session._look

    def cancel_in_the_second_stage(self: Session) -> None:
        if len(self.units) == 1 and find_job(job, store).state != "stopping":
            accepting.cancel(job, store)
        look(self)

    monkeypatch.setattr(Session, "_look", cancel_in_the_second_stage)
    with pytest.raises(LetGo, match="cancelled"):
        run_job(job, worker, step)
    library = worker._studios[0].library
    assert library.info().takes == 1
    assert library.sweep(older_than=0.0, dry_run=True) == ()
    assert not (tmp_path / "out.flac").exists()
    assert library.takes.permit is None


@pytest.mark.thorough
@pytest.mark.parametrize("fails_at", [1, 3, 5])
def test_a_disk_that_is_full_at_any_write_of_a_take_costs_nothing(
    store: Store, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    whole = run_job(ask(store, tmp_path, "make"), worker, step)
    library = worker._studios[0].library
    library.takes.delete(*whole["takes"])
    library.empty_trash()
    write, writes, free = disk._write, [0], iter([0, 0])

    def fail_once(path: Path, chunks: Any) -> None:
        if path.is_relative_to(store.settings.studio):
            writes[0] += 1
            if writes[0] == fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")
        write(path, chunks)

    monkeypatch.setattr(disk, "_write", fail_once)
    monkeypatch.setattr(Session, "_free", lambda _: next(free, 10**12))
    job = ask(store, tmp_path, "make", attempts=1)
    assert run_job(job, worker, step)["takes"] == whole["takes"]
    waited, done = find_job(job, store).attempts
    assert (waited.state, waited.error, done.state) == ("given back", "DiskFull", "succeeded")
    assert waited.remedy == "free some disk space and run again"
    assert library.info().takes == 3
    assert library.sweep(older_than=0.0, dry_run=True) == ()


def test_a_budget_of_takes_is_held(store: Store, worker: Worker, tmp_path: Path) -> None:
    job = ask(store, tmp_path, budget=Budget(takes=2))
    with pytest.raises(JobFailed, match="more than 2 takes"):
        run_job(job, worker, step)
    assert worker._studios[0].library.info().takes == 2
    with pytest.raises(JobFailed, match="more than 1000 bytes"):
        run_job(ask(store, tmp_path, budget=Budget(bytes=1000)), worker, step)


@pytest.mark.parametrize("budget", [Budget(takes=2), Budget(bytes=700_000)])
def test_a_budget_counts_what_earlier_attempts_stored(
    store: Store, worker: Worker, tmp_path: Path, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "size_of", lambda content: 0 if content is None else 150_000)  # audio and latents each
    job = ask(store, tmp_path, "make", budget=budget)
    first = Session(job, worker)
    answers = [first.go_on(), first.go_on()]
    first.close()
    second = Session(job, worker)
    for answer in answers:
        second.add(answer)
    assert "more than" in second.go_on()["failed"]
