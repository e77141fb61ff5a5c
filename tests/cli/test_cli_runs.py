"""`twin runs`: the list, one run with its curve, and what the doctor says of variants."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.library import open_library
from producertwin.library.runs import Run, RunDraft
from producertwin.model.variants import catalogue
from producertwin.settings import Settings

Twin = Callable[..., Any]


def made(studio: Path, producer: str = "Mara Vale", *, steps: int = 40, **changes: Any) -> Run:
    """A run with a log, as training leaves it."""
    with open_library(Settings(studio=studio)) as library:
        facts = {"variant": "tiny", "revision": "b2:0", "dataset": "b2:1", "recipe": "b2:2", "steps": steps}
        run = library.runs.create(RunDraft(producer=producer, **facts), "[training]\nsteps = 40\n")
        folder = library.runs.folder(run)
        for step in range(1, steps + 1):
            row = {"step": step, "loss": 2.0 / step, "speed": 4.0, "heard": 8.0 * step, "left": 1.0}
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
        held = [{"step": step, "loss": loss} for step, loss in ((10, 0.9), (20, 0.4), (40, 0.6))]
        (folder / "validation.jsonl").write_text("".join(json.dumps(row) + "\n" for row in held))
        for step in (20, 40):
            (folder / "checkpoints" / f"step-{step:08d}").mkdir(parents=True)
            (folder / "checkpoints" / f"step-{step:08d}" / "state.json").write_text("{}")
        return library.runs.update(run, **({"status": "done", "step": steps} | changes))


def test_runs_are_listed_with_how_they_stand(twin: Twin, studio: Path) -> None:
    run, other = made(studio), made(studio, "Ada", status="stopped", step=20)
    lines = twin("runs", "list").out.splitlines()
    assert lines[0].split()[:4] == ["id", "made", "producer", "variant"]
    assert {line.split()[0] for line in lines[1:]} == {run.id, other.id}
    mine = next(line for line in lines if line.startswith(run.id))
    assert "done" in mine and "40/40" in mine and "0.0500" in mine and "0.4000" in mine
    assert [one["id"] for one in twin("--json", "runs", "list", "--producer", "Ada").data["items"]] == [other.id]


def test_a_run_is_shown_with_its_curve_and_its_picture(twin: Twin, studio: Path) -> None:
    run = made(studio, best=20)
    done = twin("runs", "show", run.id[:5])
    assert done.code == 0
    assert "· training" in done.out and "• held out" in done.out and "└──" in done.out
    assert "0.4000 (step 20)" in done.out and "checkpoints      20 40" in done.out
    assert "\x1b" not in twin("--no-color", "runs", "show", run.id).out
    assert (studio / "runs" / run.id / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert done.err.endswith(f"next: twin prove {run.id}\n")
    data = twin("--json", "runs", "show", run.id).data
    assert [one["step"] for one in data["checkpoints"]] == [20, 40] and data["validation"] == 0.4


@pytest.mark.parametrize(
    ("status", "following"),
    [
        ("stopped", "twin train --resume ID"),
        ("failed", "twin train --resume ID"),
        ("running", "twin train --resume ID"),  # nobody holds it: it was killed
        ("diverged", 'twin train "Mara Vale" --set optimizer.rate=2.5e-05'),  # it was tried at 1e-4 and at half of it
        ("done", "twin prove ID"),
    ],
)
def test_what_to_do_next_follows_from_how_a_run_stands(twin: Twin, studio: Path, status: str, following: str) -> None:
    run = made(studio, status=status)
    shown = twin("runs", "show", run.id)
    assert shown.err.splitlines()[-1] == "next: " + following.replace("ID", run.id)
    assert ("interrupted" in shown.out) == (status == "running")


def test_a_run_that_has_not_begun_says_so(twin: Twin, studio: Path) -> None:
    run = made(studio, steps=1, status="failed", note="the disk was full")
    folder = studio / "runs" / run.id
    for name in ("log.jsonl", "validation.jsonl"):
        (folder / name).unlink()
    shown = twin("runs", "show", run.id)
    assert shown.code == 0 and "nothing was logged yet" in shown.out and "the disk was full" in shown.out


def test_warnings_are_said(twin: Twin, studio: Path) -> None:
    run = made(studio)
    (studio / "runs" / run.id / "warnings.jsonl").write_text('{"step": 3, "warning": "a batch was skipped"}\n')
    assert "step 3: a batch was skipped" in twin("runs", "show", run.id).err


def test_no_runs_and_an_unknown_one(twin: Twin) -> None:
    assert twin("--json", "runs", "list").data["items"] == []
    assert "next: twin train" in twin("runs", "list").err
    assert twin("runs", "show", "abcdef").code == 4
    assert twin("runs", "show", "1").code == 3


def test_the_doctor_names_the_file_that_a_variant_lacks(twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = studio / "models" / "base"
    shutil.copytree(catalogue.NANO, place)
    weights = place / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    found = {one["what"]: one for one in twin("--json", "doctor").data["findings"]}
    one = found["variant base"]
    assert one["state"] == "trouble" and str(weights) in one["detail"] and "bytes" in one["detail"]
    assert "twin models pull base (6.4 GiB)" in one["remedy"]
    assert found["variant nano"]["state"] == "ok"
