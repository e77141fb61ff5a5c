"""Two trainings in one folder: the second is refused, with words that say what to do, and nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from producertwin.errors import Unavailable
from producertwin.library.lock import hold_work
from producertwin.library.runs import RunDraft
from producertwin.progress import finish
from producertwin.verbs.pretrain import PretrainPlan, pretrain
from producertwin.verbs.producer_train import ProducerTrainPlan, faust_train, train
from producertwin.verbs.studio import Studio


@pytest.mark.parametrize("verb", [train, faust_train])
def test_a_producer_model_is_trained_by_one_process(studio: Studio, tmp_path: Path, verb: object) -> None:
    folder = tmp_path / "producer"
    with hold_work(folder, "held"), pytest.raises(Unavailable, match="another process trains in") as refused:
        finish(verb(ProducerTrainPlan(folder=folder, songs=1, steps=1), studio))  # type: ignore[operator]
    assert "wait for it" in refused.value.remedy and [path.name for path in folder.iterdir()] == ["studio.lock"]


def test_nano_is_trained_by_one_process(studio: Studio, tmp_path: Path) -> None:
    with hold_work(tmp_path / "nano", "held"), pytest.raises(Unavailable, match="another process trains in"):
        finish(pretrain(PretrainPlan(step="render", folder=tmp_path / "nano"), studio))
    assert [path.name for path in (tmp_path / "nano").iterdir()] == ["studio.lock"]


@pytest.mark.parametrize("kind", ["lora", "dpo"])
def test_a_run_is_trained_by_one_process(studio: Studio, kind: str) -> None:
    facts = {"kind": kind, "producer": "Ada", "variant": "tiny", "revision": "r", "dataset": "d", "recipe": "r", "steps": 2}
    runs = studio.library.runs
    run = runs.create(RunDraft.model_validate(facts), "")
    with runs.hold(run), pytest.raises(Unavailable, match=f"run {run.id} is being trained"), runs.hold(run):
        pass
