from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.library import Library
from producertwin.library.runs import RunDraft


def draft(**fields: Any) -> RunDraft:
    facts = {"producer": "Mara Vale", "variant": "tiny", "revision": "b2:00", "dataset": "b2:11", "recipe": "b2:22", "steps": 40}
    return RunDraft(**facts | fields)


def test_a_run_is_found_by_the_beginning_of_its_id_and_keeps_its_recipe(library: Library) -> None:
    run = library.runs.create(draft(), "[training]\nsteps = 40\n")
    assert library.runs.get(run.id[:5]).model_dump(exclude={"status"}) == run.model_dump(exclude={"status"})
    assert (library.runs.folder(run) / "recipe.toml").read_text() == "[training]\nsteps = 40\n"


def test_runs_are_listed_newest_first_and_by_producer(library: Library) -> None:
    first, second = library.runs.create(draft(), ""), library.runs.create(draft(producer="Ada"), "")
    assert [run.id for run in library.runs.list()] == [second.id, first.id]
    assert [run.id for run in library.runs.list("Mara Vale")] == [first.id]
    assert library.runs.create(draft(), "").id != first.id


def test_a_run_that_is_held_is_running_and_nobody_else_may_hold_it(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.library.runs._PATIENCE", 0.0)
    run = library.runs.create(draft(), "")
    with library.runs.hold(run):
        assert library.runs.get(run.id).status == "running"
        with pytest.raises(Unavailable, match=run.id), library.runs.hold(run):
            pass
    assert library.runs.get(run.id).status == "interrupted"


def test_what_a_holder_raises_passes_through(library: Library) -> None:
    run = library.runs.create(draft(), "")
    with pytest.raises(Unavailable, match="no faust"), library.runs.hold(run):
        raise Unavailable("no faust")


def test_a_run_whose_process_was_killed_is_interrupted(library: Library) -> None:
    run = library.runs.create(draft(), "")
    script = (
        "import os, signal, sys\n"
        "from producertwin.library.studio import open_library\n"
        "from producertwin.settings import Settings\n"
        "from pathlib import Path\n"
        "with open_library(Settings(studio=Path(sys.argv[1]))) as library:\n"
        "    with library.runs.hold(library.runs.get(sys.argv[2])):\n"
        "        print('held', flush=True)\n"
        "        sys.stdin.readline()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    words = [sys.executable, "-c", script, str(library.studio), run.id]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert library.runs.get(run.id).status == "running"
        child.stdin.write("\n")
        child.stdin.flush()
        child.wait()
    assert library.runs.get(run.id).status == "interrupted"


def test_an_update_is_kept_and_checked(library: Library) -> None:
    run = library.runs.create(draft(), "")
    library.runs.update(run, status="done", step=40, note="all steps")
    found = library.runs.get(run.id)
    assert (found.status, found.step, found.note) == ("done", 40, "all steps")
    with pytest.raises(ValueError, match="status"):
        library.runs.update(run, status="asleep")


def test_only_a_run_that_can_go_on_and_does_the_same_is_gone_on_with(library: Library) -> None:
    runs = library.runs
    run = runs.create(draft(), "")
    found = runs.find_resumable(draft())
    assert found is not None and found.id == run.id
    assert runs.find_resumable(draft(recipe="b2:33")) is None and runs.find_resumable(draft(dataset="b2:33")) is None
    assert runs.find_resumable(draft(steps=50)) is None
    for status, able in (("stopped", True), ("failed", True), ("done", False), ("diverged", False)):
        runs.update(run, status=status)
        assert (runs.find_resumable(draft()) is not None) == able, status
    runs.update(run, status="running")
    with runs.hold(run):
        assert runs.find_resumable(draft()) is None


def test_only_whole_checkpoints_are_listed(library: Library) -> None:
    run = library.runs.create(draft(), "")
    place = library.runs.folder(run) / "checkpoints"
    for step, whole in ((20, True), (3, True), (30, False)):
        (place / f"step-{step:08d}").mkdir(parents=True)
        if whole:
            (place / f"step-{step:08d}" / "state.json").write_text("{}")
    assert [(step, path.name) for step, path in library.runs.checkpoints(run)] == [(3, "step-00000003"), (20, "step-00000020")]


def test_a_folder_without_its_facts_is_no_run_and_damaged_facts_are_named(library: Library) -> None:
    (library.studio / "runs" / "abcdefabcdef").mkdir(parents=True)
    assert library.runs.list() == ()
    with pytest.raises(NotFound, match="no run"):
        library.runs.get("abcdef")
    run = library.runs.create(draft(), "")
    facts: Path = library.runs.folder(run) / "run.json"
    facts.write_text(facts.read_text()[:40])
    with pytest.raises(BadInput, match=r"run\.json is not JSON") as refused:
        library.runs.get(run.id)
    assert str(facts) in refused.value.remedy
    with pytest.raises(BadInput, match="not a run id"):
        library.runs.get("!")


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[1]", "\0", '{"steps": ' + "9" * 5_000 + "}", '{"kind": "lora"}'])
def test_a_damaged_run_is_named_and_the_others_are_listed(library: Library, text: str) -> None:
    sound, spoilt = library.runs.create(draft(), ""), library.runs.create(draft(producer="Other"), "")
    (library.runs.folder(spoilt) / "run.json").write_text(text)
    listed, damaged = library.runs.survey()
    assert [run.id for run in listed] == [sound.id] == [run.id for run in library.runs.list()]
    assert set(damaged) == {spoilt.id} and "run.json" in damaged[spoilt.id]
