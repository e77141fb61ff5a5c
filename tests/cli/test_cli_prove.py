"""`twin prove ADAPTER` and `twin runs compare RUN`, as a shell would call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from producertwin.cli import main
from producertwin.cli.compare import compare
from producertwin.cli.output import Console, run_to_exit_code
from producertwin.cli.prove import prove
from producertwin.dataset import store
from producertwin.library import adapters as installed
from producertwin.library import open_library
from producertwin.library.runs import RunDraft
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from proof_kit import SECONDS, adapter, manifest, played, track

LIGHT = ("--duration", SECONDS, "--steps", 1, "--ear", "mel-stats", "--rounds", 50, "--examples", 1)
Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def settings(studio: Path) -> Settings:
    return Settings(studio=studio, device="cpu", offline=True)


@pytest.fixture
def call(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs one of both verbs under `--json`; gives its exit code, its data, and what it said."""
    app = App(name="twin", default_parameter=main.app.default_parameter)
    app.command(prove, name="evaluate")
    app.command(compare, name="compare")

    def run(*words: object) -> tuple[int, dict[str, Any], str]:
        capsys.readouterr()
        command, bound, _ = app.parse_args([str(word) for word in words], exit_on_error=False, print_error=False)
        talk = Console(settings, json=True)
        bound.arguments["console"] = talk
        code = run_to_exit_code(lambda: command(*bound.args, **bound.kwargs), talk)
        heard = capsys.readouterr()
        return code, json.loads(heard.out), heard.err

    return run


@pytest.fixture
def dataset(settings: Settings) -> str:
    """A frozen training set of Ada: three songs to learn from and two held out."""
    with open_library(settings) as library:
        rows = [track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(5)]
        return store.put(manifest(rows, 2), library.studio).stem


@pytest.mark.thorough
def test_an_installed_twin_is_proved_by_its_producers_name(call: Call, settings: Settings, dataset: str, tmp_path: Path) -> None:
    made = adapter(load("tiny", settings), tmp_path / "made", dataset=f"b2:{dataset}00000000")
    installed.install(made, "Ada", settings.studio)
    code, data, err = call("evaluate", "Ada", *LIGHT)
    assert code == 0 and data["schema"] == "twin.proof/1"
    report = Path(data["report"])
    assert report.is_file() and report.is_relative_to(settings.studio / "proofs")
    assert data["figures"]["subject"]["prompts"] == 2 and data["figures"]["subject"]["variant"] == "tiny"
    assert "2 held-out songs carry no distance" in data["figures"]["verdicts"][0]["words"]
    assert "next: twin listen prepare" in err


def test_a_dry_run_says_what_would_be_played(call: Call, settings: Settings, dataset: str, tmp_path: Path) -> None:
    made = adapter(load("tiny", settings), tmp_path / "made")
    code, data, _ = call("evaluate", made, *LIGHT, "--dataset", dataset, "--takes", 3, "--dry-run", "-o", tmp_path / "out")
    assert code == 0 and (data["prompts"], data["takes"], data["train"], data["others"]) == (2, 12, 3, 0)
    assert not (tmp_path / "out").exists()


@pytest.mark.thorough
def test_a_run_is_compared_and_its_best_is_what_is_evaluated(
    call: Call, settings: Settings, dataset: str, tmp_path: Path
) -> None:
    tiny = load("tiny", settings)
    with open_library(settings) as library:
        facts = {"variant": "tiny", "revision": "b2:0", "dataset": "b2:0", "recipe": "b2:0", "steps": 20}
        run = library.runs.create(RunDraft(producer="Ada", **facts), "")
        folder = library.runs.folder(run)
    for step in (10, 20):
        adapter(tiny, folder / "checkpoints" / f"step-{step:08d}" / "adapter", seed=step, dataset=f"b2:{dataset}")
    code, data, err = call("compare", run.id[:6], *LIGHT)
    assert code == 0 and [one["step"] for one in data["scores"]] == [10, 20]
    assert json.loads((folder / "best.json").read_text())["best"] == data["best"]
    assert f"next: twin prove {run.id}" in err
    code, data, _ = call("evaluate", run.id, *LIGHT)
    assert code == 0 and Path(data["report"]) == folder / "proof" / "report.html"
    checkpoint = folder / "checkpoints" / "step-00000010"
    assert call("evaluate", checkpoint, *LIGHT, "--dry-run")[1]["into"] == str(folder / "proof")


@pytest.mark.thorough
def test_what_is_nothing_known_is_told_with_what_may_be_named(call: Call, dataset: str) -> None:
    code, data, err = call("evaluate", "nobody", *LIGHT, "--dataset", dataset)
    assert code == 4 and data["error"] == "NotFound"
    assert "no adapter, run or twin 'nobody'" in err and "twin twins list" in err


def test_a_set_without_a_holdout_is_refused(call: Call, settings: Settings, tmp_path: Path) -> None:
    with open_library(settings) as library:
        rows = [track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(2)]
        name = store.put(manifest(rows, 0), library.studio).stem
    made = adapter(load("tiny", settings), tmp_path / "made")
    code, _, err = call("evaluate", made, *LIGHT, "--dataset", name)
    assert code == 3 and "no track of the set is held out" in err and "twin dataset split --holdout" in err
