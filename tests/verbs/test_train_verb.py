"""`train` and `runs` without the command line: one stream of events, the twin installed, nothing loaded for a plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import Interrupted, NotFound, Resources
from producertwin.library import adapters
from producertwin.model.variants import load as loading
from producertwin.progress import Event, Message, Progress, Steps, finish
from producertwin.settings import Settings
from producertwin.training.lora import memory, samples
from producertwin.verbs.runs import list_runs, show_run
from producertwin.verbs.studio import Studio, open_studio
from producertwin.verbs.train import TrainPlan, TrainResult, plan_training, train
from train_kit import SMALL, freeze


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_studio(Settings(studio=tmp_path / "studio", device="cpu", offline=True)) as opened:
        yield opened


def plan(*changes: str, **more: Any) -> TrainPlan:
    return TrainPlan(**{"producer": "Mara Vale", "variant": "tiny", "changes": SMALL + changes} | more)


def follow(work: Steps[TrainResult]) -> tuple[TrainResult, list[Event]]:
    events: list[Event] = []
    return finish(work, events.append), events


def messages(events: list[Event], kind: str) -> list[str]:
    return [event.text for event in events if isinstance(event, Message) and event.kind == kind]


@pytest.mark.thorough
def test_a_plan_becomes_the_producers_twin_and_tells_of_it_as_events(studio: Studio) -> None:
    manifest = freeze(studio.library.studio)
    done, events = follow(train(plan(), studio))
    run = done.finished.run
    assert (run.status, run.step, run.steps, run.dataset) == ("done", 6, 6, manifest.fingerprint)
    assert done.planned.task.producer == "Mara Vale" and done.planned.memory.changes == ()
    assert (
        done.finished.installed is not None
        and adapters.find("Mara Vale", studio.library.studio) == done.finished.installed.folder
    )
    notes = messages(events, "note")
    assert [line.split(":")[0] for line in notes] == ["proof", "memory", f"run {run.id}"]
    assert notes[1].startswith("memory: about ") and notes[2] == f"run {run.id}: 6 steps"
    assert messages(events, "warning") == []
    steps = [event.done for event in events if isinstance(event, Progress) and event.what == "step"]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_planning_loads_no_weights_and_begins_no_run(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(studio.library.studio)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the instrument was loaded")

    monkeypatch.setattr(loading, "load", fail)
    planned = finish(plan_training(plan(variant="nano"), studio))
    assert planned.task.variant.name == "nano" and planned.memory.estimate.total < planned.memory.free
    assert list_runs(studio).runs == ()


def test_a_change_that_makes_it_fit_is_a_warning(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(studio.library.studio)
    less = finish(plan_training(plan("training.checkpointing=true"), studio)).memory.estimate.total
    monkeypatch.setattr(memory, "free_bytes", lambda _: less / (1 - memory.SPARE) + 1)
    events: list[Event] = []
    planned = finish(plan_training(plan(auto_fit=True), studio), events.append)
    assert messages(events, "warning") == ["so that it fits: gradient checkpointing"]
    assert planned.task.recipe.training.checkpointing
    with pytest.raises(Resources):
        finish(plan_training(plan(), studio))


@pytest.mark.thorough
def test_warnings_of_the_run_are_events_and_in_its_log(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(studio.library.studio)

    def fail(*_: object) -> None:
        raise Interrupted("the take was stopped")

    monkeypatch.setattr(samples.Sampler, "_play", fail)
    done, events = follow(train(plan("training.sample_every=2"), studio))
    said = messages(events, "warning")
    logged = [f"step {row['step']}: {row['warning']}" for row in show_run(done.finished.run.id, studio).warnings]
    assert said == logged and len(said) == 5  # at 0, 2, 4 and 6, and at 3, which is the best and so saved too
    assert said[-1] == "step 6: no sample take with seed 1: the take was stopped"  # made after the last step


@pytest.mark.thorough
def test_work_that_is_left_is_saved_and_the_same_plan_goes_on(studio: Studio) -> None:
    freeze(studio.library.studio)
    work = train(plan(), studio)
    for event in work:
        if isinstance(event, Progress) and event.what == "step" and event.done == 3:
            break
    work.close()
    [stopped] = list_runs(studio).runs
    assert (stopped.run.status, stopped.run.step, stopped.at) == ("stopped", 3, 3)
    done, events = follow(train(plan(), studio))
    assert done.finished.run.id == stopped.run.id and done.finished.run.status == "done"
    assert f"run {stopped.run.id} was stopped: going on from step 3" in messages(events, "note")


@pytest.mark.thorough
def test_a_run_is_reported_with_its_curve(studio: Studio) -> None:
    freeze(studio.library.studio)
    done, _ = follow(train(plan(), studio))
    found = show_run(done.finished.run.id[:6], studio, plain=True)
    assert found.picture is not None and found.picture.is_file() and found.curve is not None and found.curve.isascii()
    assert [step for step, _ in found.checkpoints] == [
        3,
        4,
        6,
    ]  # the newest three; 3 is among them for being the best so far and found.has_adapter
    assert found.summary.at == 6 and found.summary.validation is not None
    assert list_runs(studio, "Somebody Else").runs == ()
    with pytest.raises(NotFound):
        show_run("abcdef", studio)
