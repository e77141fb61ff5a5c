"""Jobs on the command line: any long verb is queued by --detach, looked at, cancelled, tried again, forgotten and done."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import DiskFull
from producertwin.jobs import attempts
from producertwin.jobs.store import open_store
from producertwin.settings import Settings

TINY = ("--variant", "tiny", "--steps", "2", "--duration", "1.5", "--seed", "4")
Twin = Callable[..., Any]


def test_where_nothing_was_queued_a_look_makes_nothing(twin: Twin, studio: Path) -> None:
    assert twin("jobs", "list").code == 0
    for verb in ("show", "watch", "cancel", "retry"):
        assert twin("jobs", verb, "k3v").code == 4, verb
    assert twin("jobs", "prune").code == 0
    assert not studio.exists()


def test_a_verb_that_is_detached_is_a_job_until_it_is_cancelled_and_forgotten(twin: Twin) -> None:
    name = twin("make", "lofi", *TINY, "--detach", "-o", "song.flac").out.strip()
    [listed] = twin("jobs", "list", "--json").data["items"]
    assert (listed["id"], listed["kind"], listed["state"], listed["queue"]) == (name, "make", "queued", "gpu")
    assert listed["plan"]["out"] == str(Path("song.flac").absolute())
    assert "nobody does them" in twin("doctor").out
    assert twin("jobs", "cancel", name[:6]).out.split() == [name, "cancelled"]
    assert twin("jobs", "watch", name).code == 130
    assert twin("jobs", "retry", name).out.split() == [name, "queued"]
    assert twin("jobs", "list", "--state", "cancelled").out == ""
    twin("jobs", "cancel", name)
    assert twin("jobs", "prune", "--days", "0", "--dry-run", "--json").data["jobs"] == [name]
    assert twin("jobs", "prune", "--days", "0", "--json").data["jobs"] == [name]
    assert twin("jobs", "list", "--json").data["items"] == []


def test_what_a_verb_refuses_is_refused_when_it_is_detached(twin: Twin) -> None:
    assert twin("make", "lofi", "--variant", "nono", "--detach").code == 3
    assert twin("edit", "refine", "k3v", "--detach").code == 4
    assert twin("pipeline", "run", "nono", "--detach").code == 4
    assert twin("tracks", "ingest", "none", "--producer", "Ada", "--detach").code in {3, 4}
    assert twin("train", "Ada", "--detach").code in {3, 4}
    assert twin("stems", "k3v", "-o", "song.zip", "--detach").code == 4
    assert twin("jobs", "list", "--json").data["items"] == []


def test_a_plan_is_submitted_from_a_file_or_from_stdin(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"plan": {"prompt": {"caption": "lofi"}, "seconds": 1.5, "play": {"variant": "tiny", "steps": 2}}}
    Path("plan.json").write_text(json.dumps(plan))
    name = twin("jobs", "submit", "make", "plan.json", "--key", "a", "--budget-takes", "2").out.strip()
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(plan)))
    assert twin("jobs", "submit", "make", "--key", "a").out.strip() == name
    for text in ("", "[1]", "{", '{"plan": 1}'):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert twin("jobs", "submit", "make").code == 3, text
    assert twin("jobs", "submit", "mak", "plan.json").code == 4
    assert twin("jobs", "submit", "make", "none.json").code == 4
    assert len(twin("jobs", "list", "--json").data["items"]) == 1


def test_a_job_that_waits_for_room_is_told_of(twin: Twin, studio: Path) -> None:
    name = twin("make", "lofi", *TINY, "--detach").out.strip()
    with open_store(Settings(studio=studio)) as store:
        begun = attempts.begin(name, "me", "cpu", store)
        attempts.wait_for(begun, DiskFull("no room on /music").message, store)
    assert f"warning: job {name} waits: no room on /music" in twin("jobs", "list").err
    assert "no room on /music" in twin("jobs", "show", name).out
    found = twin("doctor")
    assert "1 wait for room on the disk" in found.out
    assert "the jobs go on by themselves" in found.out


@pytest.mark.parametrize("line", ["jobs list --limit 0", "jobs prune --days -1", "jobs prune --days nan", "work --at-once 0"])
def test_odd_numbers_are_refused(twin: Twin, line: str) -> None:
    assert twin(*line.split()).code == 3


@pytest.mark.thorough
def test_a_worker_does_what_was_detached(twin: Twin) -> None:
    name = twin("make", "lofi", *TINY, "--detach", "-o", "song.flac").out.strip()
    assert twin("work", "--until-idle").code == 0
    done = twin("jobs", "show", name, "--json").data
    assert (done["state"], done["outcome"]["files"]) == ("succeeded", [str(Path("song.flac").absolute())])
    assert twin("jobs", "watch", name).code == 0
    twin("make", "lofi", *TINY, "-o", "again.flac")
    assert Path("song.flac").read_bytes() == Path("again.flac").read_bytes()
