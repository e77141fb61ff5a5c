"""A pipeline that is killed leaves a library that is sound, and the same command then ends with the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import producertwin

STAGES = ("draft", "shape", "finish")
BOUNDARIES = [f"before {stage}" for stage in STAGES[1:]]
WITHIN = [f"within {stage}" for stage in STAGES]
STORING = ["blob 1", "blob 4", "sidecar 2", "row 1", "row 2", "row 3", "delivery 1"]
"""Moments of storing: a blob, a sidecar, the row of each take, and the copy of the last."""

DRIVER = """
import json, os, signal, sys
from pathlib import Path

import torch

torch.set_num_threads(1)  # so that there is no thread whose locks a fork would keep
from producertwin.library import open_library, rows
from producertwin.library.blobs import NAME, Blobs, name_of
from producertwin.library.sidecars import Sidecars
from producertwin.model.variants.load import load
from producertwin.pipeline.delivery import Delivery
from producertwin.pipeline.pipelines import write_toml
from producertwin.progress import Progress, finish
from producertwin.settings import Settings
from producertwin.verbs import pipeline as verb
from producertwin.verbs import takes as takes_verb
from producertwin.verbs.studio import Studio

home, moments = Path(sys.argv[1]), json.loads(sys.argv[2])
play = {"variant": "tiny", "steps": 3, "seed": 5}
stages = [
    {"id": "draft", "kind": "generate", "guide": "none"},
    {"id": "shape", "kind": "refine", "source": "@draft", "denoise": 1.0},
    {"id": "finish", "kind": "cover", "source": "@shape"},
]
(home / "p.toml").write_text(
    write_toml({"prompt": {"caption": "lofi"}, "play": play, "seconds": 1.5, "stages": stages})
)


def settings_of(name):
    return Settings(studio=home / name / "studio", device="cpu", offline=True)


tiny = load("tiny", settings_of("whole"))


def run(name, watch=lambda event: None):
    out = home / name / "song.flac"
    with open_library(settings_of(name)) as library:
        asked = verb.PipelineRun(pipeline=str(home / "p.toml"))
        done = finish(verb.run_pipeline(asked, Studio(settings_of(name), library, {"tiny": tiny}), out=out), watch)
    return dict(done.stages), name_of(out)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def kill_in(owner, name, count):
    real, calls = getattr(owner, name), []

    def call(*args, **fields):
        calls.append(name)
        if len(calls) == count:
            die()
        return real(*args, **fields)

    setattr(owner, name, call)


def run_to_the_kill(name, moment):
    kind, where = moment.split()
    for what, owner, function in (
        ("blob", Blobs, "put"), ("sidecar", Sidecars, "write"), ("row", rows, "add"), ("delivery", Delivery, "deliver")
    ):
        if kind == what:
            kill_in(owner, function, int(where))

    def watch(event):
        if isinstance(event, Progress) and event.what.startswith(where + ","):
            if kind == "before" or (kind == "within" and 0 < event.done < event.total):
                die()

    run(name, watch)


def look(name):
    with open_library(settings_of(name)) as library:
        kept = [take.id for take in library.takes.list()]
        finish(takes_verb.verify((), Studio(settings_of(name), library)))
        blobs = [path for path in library.blobs.folder.glob("??/*") if NAME.fullmatch(f"b2:{path.parent.name}{path.name}")]
        whole = all(name_of(path) == f"b2:{path.parent.name}{path.name}" for path in blobs)
    return kept, whole


wanted = run("whole")
for moment in moments:
    name = moment.replace(" ", "-")
    child = os.fork()
    if child == 0:
        run_to_the_kill(name, moment)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    delivered = (home / name / "song.flac").exists()
    kept, whole = look(name)
    known = {take for takes in wanted[0].values() for take in takes}
    print(json.dumps({
        "moment": moment, "killed": status == signal.SIGKILL, "delivered": delivered, "kept": len(kept),
        "known": set(kept) <= known, "whole": whole, "same": run(name) == wanted,
    }), flush=True)
"""


def results(home: Path, moments: list[str]) -> list[dict[str, Any]]:
    environment = os.environ | {"PYTHONPATH": str(Path(producertwin.__file__).parent.parent)}
    command = [sys.executable, "-c", DRIVER, str(home), json.dumps(moments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_killed_pipeline_leaves_nothing_half_written_and_is_run_again_to_the_same_bytes(tmp_path: Path) -> None:
    moments = [*BOUNDARIES, *WITHIN, *STORING]
    found = results(tmp_path, moments)
    assert [one["moment"] for one in found] == moments
    for one in found:
        sound = {"killed": True, "delivered": False, "known": True, "whole": True, "same": True}
        assert {name: one[name] for name in sound} == sound, one["moment"]
    kept = {one["moment"]: one["kept"] for one in found}
    assert [kept[moment] for moment in BOUNDARIES] == [1, 2]
    assert [kept[moment] for moment in WITHIN] == [0, 1, 2], "every finished stage is kept, and nothing of the one that was not"
    assert kept["delivery 1"] == 3
