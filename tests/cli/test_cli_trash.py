"""What is deleted by a command comes back by the command that it names; emptying asks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.cli.output import Console
from producertwin.dataset import manifest, store
from producertwin.disk import write_whole
from producertwin.library import Take, TakeDraft, adapters, open_library
from producertwin.library.runs import RunDraft
from producertwin.listening import store as tests
from producertwin.pipeline.pipelines import PRESETS
from producertwin.settings import Settings

Twin = Callable[..., Any]


def snapshot(studio: Path) -> dict[Path, bytes]:
    left = ("library.sqlite", "studio.lock", "reserve")
    return {path: path.read_bytes() for path in studio.rglob("*") if path.is_file() and not path.name.startswith(left)}


def make_run(studio: Path) -> str:
    facts = {"producer": "Mara", "variant": "tiny", "revision": "b2:00", "dataset": "b2:11", "recipe": "b2:22", "steps": 40}
    with open_library(Settings(studio=studio)) as library:
        return library.runs.create(RunDraft.model_validate(facts), "steps = 40\n").id


def make_set(studio: Path) -> str:
    row = {"track": "k3v", "producer": "Mara", "title": "Rain", "group": "k3v", "side": "train", "style": "house", "clips": (),
           "seconds": 9.0, "caption": "house", "quality": 80}  # fmt: skip
    made = manifest.Manifest.model_validate({"plan": {}, "rows": (row,)})
    path = store.put(made, studio)
    write_whole(path.with_suffix(".html"), b"the report")
    return path.stem


def make_twin(studio: Path) -> str:
    folder = studio.parent / "adapter"
    write_whole(folder / adapters.CONFIG, json.dumps({"peft_type": "LORA", "r": 8}).encode())
    write_whole(folder / adapters.WEIGHTS, bytes(16))
    return adapters.install(folder, "Mara Vale", studio).producer


def make_pipeline(studio: Path) -> str:
    write_whole(studio / "pipelines" / "my-ladder.toml", (PRESETS / "quality-ladder.toml").read_bytes())
    return "my-ladder"


@pytest.mark.parametrize(
    ("make", "words", "listing"),
    [
        (make_pipeline, ("pipeline", "delete"), ("pipeline", "list")),
        (make_run, ("runs", "delete"), ("runs", "list")),
        (make_set, ("dataset", "delete"), ("dataset", "list")),
        (make_twin, ("twins", "remove"), ("twins", "list")),
    ],
    ids=["pipeline", "run", "set", "twin"],
)
def test_a_folder_goes_and_comes_back(
    twin: Twin, studio: Path, make: Callable[[Path], str], words: tuple[str, ...], listing: tuple[str, ...]
) -> None:
    name = make(studio)
    twin(*listing)
    before, listed = snapshot(studio), twin(*listing, "--json").out
    assert twin(*words, name, "--dry-run").code == 0 and snapshot(studio) == before
    planned = twin(*words, name, "--dry-run", "--json").data
    assert (planned["dry_run"], planned["trash"]) == (True, None)
    assert twin(*words, name, "--dry-run").out.startswith("would ")
    said = twin(*words, name)
    assert said.code == 0 and "freed by: twin trash empty" in said.err
    assert twin(*listing, "--json").out != listed
    assert twin(*words, name).code == 4
    assert name in twin("trash", "list").out
    undo = said.err.splitlines()[-1].removeprefix("next: twin ")
    back = twin(*undo.split())
    assert back.code == 0 and snapshot(studio) == before
    assert twin(*listing, "--json").out == listed
    assert twin("trash", "list").out == ""


@pytest.mark.parametrize(("name", "code", "said"), [("quality-ladder", 4, "presets stay"), ("../x", 3, "is not a name")])
def test_a_preset_and_what_is_no_name_stay(twin: Twin, studio: Path, name: str, code: int, said: str) -> None:
    found = twin("pipeline", "delete", name)
    assert found.code == code and said in found.err
    assert twin("trash", "list").out == ""


def test_a_listening_test_goes_with_its_answers(twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Plan:
        question = "abx"

    class Test:
        id, trials, plan = "abcdefghijkl", ("one", "two"), Plan()

    home = studio / "listening" / Test.id
    write_whole(home / "answers.jsonl", b"{}\n")
    monkeypatch.setattr(tests, "find", lambda *_: Test())
    before = snapshot(studio)
    said = twin("listen", "delete", "abcdef")
    assert said.code == 0 and not home.exists()
    assert twin("trash", "restore", Test.id).code == 0
    assert snapshot(studio) == before


def test_a_set_that_a_run_learned_from_is_named(twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = make_set(studio)
    with open_library(Settings(studio=studio)) as library:
        fingerprint = manifest.load(store.find_file(name, studio)).fingerprint
        facts = {"producer": "Mara", "variant": "tiny", "revision": "b2:0", "dataset": fingerprint, "recipe": "b2:1", "steps": 4}
        run = library.runs.create(RunDraft.model_validate(facts), "")
    assert f"run {run.id} learned from it" in twin("dataset", "delete", name[:4], "--dry-run").err
    (studio / "datasets" / f"{name}.json").write_text("spoilt")
    assert twin("dataset", "delete", name[:4]).code == 0  # a damaged one can go too
    assert "damaged" in twin("trash", "list").out


def test_emptying_asks_and_is_refused_without_leave(
    twin: Twin, take: Take, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin("takes", "delete", take.id)
    refused = twin("trash", "empty")
    assert refused.code == 3 and "--force" in refused.err
    assert twin("trash", "empty", "--dry-run", "--json").data["entries"][0]["names"] == [take.id]
    assert "nothing in the trash is meant" in twin("trash", "empty", "--older-than", 30, "--force").err
    for days in ("-1", "inf", "nan", "1e9"):
        assert twin("trash", "empty", "--older-than", days, "--force").code in (2, 3)
    monkeypatch.setattr(Console, "is_terminal", property(lambda _: True))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for answer, code in (("n\n", 3), ("", 3), ("y\n", 0)):
        monkeypatch.setattr(sys.stdin, "readline", lambda answer=answer: answer, raising=False)
        said = twin("trash", "empty", take.id[:5], "-q")
        assert said.code == code and "remove for good? [y/N]" in said.err
    assert twin("trash", "list", "--json").data["entries"] == [] and not list((studio / "blobs").glob("*/*"))
    assert twin("library", "info", "--json").data["trashed"] == 0


def test_takes_that_come_back_without_their_parent_say_so(twin: Twin, take: Take, studio: Path) -> None:
    with open_library(Settings(studio=studio)) as library:
        facts = take.model_dump(exclude={"id", "created", "audio", "latents", "picture"}) | {"seed": 2, "parents": (take.id,)}
        child = library.takes.add(TakeDraft(audio=library.takes.content(take), **facts))
    twin("takes", "delete", child.id)
    assert twin("takes", "delete", take.id).code == 0
    assert twin("trash", "restore", child.id).code == 3
    twin("trash", "empty", take.id, "--force")
    said = twin("trash", "restore", child.id)
    assert said.code == 0 and f"take {take.id}, from which it was made, is gone for good" in said.err


def test_a_studio_that_is_not_there_is_not_made_by_looking_into_its_trash(twin: Twin, studio: Path) -> None:
    assert twin("--studio", studio, "trash", "list").code == 4
    assert not studio.exists()
    assert twin("trash", "list").out == ""
