"""Pipelines as jobs on tiny: killed at every boundary and within every stage, they end with the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs_kit import stub_worker, submit
from producertwin.errors import BadInput, NotFound, TwinError
from producertwin.jobs import accepting, session
from producertwin.jobs.reading import find_job, list_jobs
from producertwin.jobs.records import Budget
from producertwin.jobs.session import JobFailed, LetGo, Session, run_job
from producertwin.jobs.store import Store
from producertwin.jobs.work_takes import MakeJob, PipelineJob
from producertwin.jobs.worker import Worker
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.variants.load import load
from producertwin.pipeline.pipelines import write_toml
from producertwin.progress import Event, Kept
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio

STAGES = [
    {"id": "draft", "kind": "generate"},
    {"id": "polish", "kind": "refine", "source": "@draft"},
    {"id": "cover", "kind": "cover", "source": "@polish"},
]
SHARED = {"prompt": {"caption": "lofi"}, "play": {"variant": "tiny", "steps": 2}, "seconds": 1.5}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu", offline=True))


@pytest.fixture
def worker(store: Store, tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker with tiny at hand that looks at the fence at every event."""
    monkeypatch.setattr(session, "CHECK_EVERY", 0.0)
    with stub_worker(store) as made, open_library(store.settings) as library:
        made.return_studio(Studio(store.settings, library, {"tiny": tiny}))
        yield made


def ask(store: Store, tmp_path: Path, **terms: Any) -> str:
    """A job of three stages; the file of its pipeline is gone afterwards."""
    path = tmp_path / "p.toml"
    path.write_text(write_toml({**SHARED, "play": {**SHARED["play"], "seed": 5}, "stages": STAGES}))
    plan = PipelineJob.model_validate({"run": {"pipeline": str(path)}, "out": str(tmp_path / "out.flac")})
    job = submit(store, plan, "pipeline", **terms)
    path.unlink()
    return job.id


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


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_a_pipeline_killed_anywhere_ends_with_the_same_bytes(
    store: Store, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """After every event of the three stages; in the default tests after a few of them."""
    whole = run_job(ask(store, tmp_path), worker, step)
    [take] = whole["takes"]
    expected = worker._studios[0].library.takes.get(take).blobs
    bytes_of = (tmp_path / "out.flac").read_bytes()
    events, units = run_killed(ask(store, tmp_path), worker, 10**6, monkeypatch)
    assert units == ["draft", "polish", "cover"]
    assert events >= 9  # two steps of three stages, and the end of each
    for after in range(2, events + 1, every):
        (tmp_path / "out.flac").unlink()
        job = ask(store, tmp_path, attempts=10)
        _, units = run_killed(job, worker, after, monkeypatch)
        assert units == ["draft", "polish", "cover"], after
        assert (tmp_path / "out.flac").read_bytes() == bytes_of, after
    library = worker._studios[0].library
    assert library.takes.get(take).blobs == expected
    assert library.info().takes == 3  # whatever was killed: the same takes, each once


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


def test_a_budget_of_takes_is_held(store: Store, worker: Worker, tmp_path: Path) -> None:
    job = ask(store, tmp_path, budget=Budget(takes=2))
    with pytest.raises(JobFailed, match="more than 2 takes"):
        run_job(job, worker, step)
    assert worker._studios[0].library.info().takes == 2
    with pytest.raises(JobFailed, match="more than 1000 bytes"):
        run_job(ask(store, tmp_path, budget=Budget(bytes=1000)), worker, step)
