"""Which checkpoint of a run is the best: by documented parts, marked and never deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producertwin.errors import NotFound
from producertwin.metrics.embedders import mel_stats
from producertwin.metrics.statistics import Interval
from producertwin.model.instrument import Instrument
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.proof.checkpoints import WEIGHTS, adapters_of, best_of, compare, score_of, validation_of
from producertwin.proof.copies import Copies
from producertwin.proof.figures import ProofFigures, ProofFiguresOfEmbedder, ProofSubject
from producertwin.proof.nearness import Nearness
from producertwin.proof.plan import ComparePlan
from producertwin.proof.prompt_adherence import Adherence, Agreement, Faults
from producertwin.settings import Settings
from proof_kit import SECONDS, adapter, corpus

PLAN = ComparePlan(seconds=SECONDS, steps=1, rounds=50, prompts=2)


def exactly(value: float) -> Interval:
    return Interval(value, value, value)


def figures(gain: float | None = None, gap: float | None = None, tempo: float | None = None, whole: float = 1.0) -> ProofFigures:
    """The figures of a proof in which only these things were measured."""
    near = Nearness(
        ear="ear/1 d=2", songs=8, floor=exactly(0.5), floor_songs=8, sides={}, gain=None if gain is None else exactly(gain)
    )
    agreed = {
        side: Agreement(first=exactly(1.0), median_rank=exactly(1.0), gap=exactly(value))
        for side, value in (("real", 0.4), ("twin", gap))
        if gap is not None and value is not None
    }
    kept = Adherence(
        songs=8, real=exactly(0.8), base=exactly(0.2), twin=exactly(tempo or 0.0), difference=exactly(0.0), chance=None
    )
    broken = Faults(takes=8, share=exactly(1.0 - whole), by_kind={}, clicks=exactly(0.0))
    return ProofFigures(
        subject=ProofSubject(
            producer="Ada", variant="tiny", revision="b2:0", adapter="b2:1", version="0", prompts=8, train=9, held=8, others=0
        ),
        plan=PLAN,
        ears={
            "ear/1": ProofFiguresOfEmbedder(
                nearness=near, specific=None, distinct=None, agreement=agreed, curves=None, why_not={}
            )
        },
        refused={},
        kept={} if tempo is None else {"tempo found": kept},
        faults={"twin": broken},
        copies=Copies(found=None),
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


def run_in(folder: Path, tiny: Instrument, steps: tuple[int, ...]) -> Path:
    """A run's folder with an adapter at every step and a validation of each, the last one the best."""
    for step in steps:
        adapter(tiny, folder / "checkpoints" / f"step-{step:08d}" / "adapter", seed=step + 1)
    rows = [json.dumps({"step": step, "loss": 1.0 - step / 100}) for step in steps]
    (folder / "validation.jsonl").write_text("\n".join(rows) + '\n{"step": 99, "lo')
    return folder


def test_the_weights_are_a_whole() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_a_score_is_the_weighed_sum_of_its_parts() -> None:
    found = score_of(20, "a", figures(gain=0.5, gap=0.1, tempo=0.4, whole=0.75), {10: 1.0, 20: 0.8, 30: 0.6})
    assert found.parts == pytest.approx({"gain": 0.5, "validation": 0.5, "agreement": 0.25, "obedience": 0.5, "whole": 0.75})
    assert found.score == pytest.approx(sum(WEIGHTS[name] * value for name, value in found.parts.items()))


def test_what_could_not_be_measured_leaves_the_others_to_count() -> None:
    found = score_of(20, "a", figures(whole=0.5), {})
    assert found.parts == {"whole": 0.5} and found.score == 0.5 and found.loss is None
    near, far = (score_of(20, "a", figures(gain=gain), {}).score for gain in (0.9, 0.1))
    assert near > far


def test_every_part_stays_within_its_bounds() -> None:
    found = score_of(20, "a", figures(gain=7.0, gap=3.0, tempo=5.0), {20: 0.1, 30: 0.9})
    assert set(found.parts.values()) == {1.0} and found.score == pytest.approx(1.0)


@pytest.mark.thorough
def test_every_checkpoint_is_scored_and_the_best_marked(tiny: Instrument, tmp_path: Path) -> None:
    run = run_in(tmp_path, tiny, (0, 50, 100))
    found = finish(compare(PLAN, corpus(3, 3, 0), tiny, run, [mel_stats()]))
    assert [one.step for one in found.scores] == [0, 50, 100]
    assert [one.parts["validation"] for one in found.scores] == pytest.approx([0.0, 0.5, 1.0])
    assert found.best == max(found.scores, key=lambda one: one.score).step
    assert json.loads((run / "best.json").read_text())["best"] == found.best
    assert best_of(run) == run / "checkpoints" / f"step-{found.best:08d}" / "adapter"
    assert len(adapters_of(run)) == 3
    assert len(list((run / "compare" / "base").glob("*.flac"))) == 2  # the base plays once for all


@pytest.mark.thorough
def test_equal_checkpoints_leave_the_earlier_one_the_best(tiny: Instrument, tmp_path: Path) -> None:
    for step in (10, 20):
        adapter(tiny, tmp_path / "checkpoints" / f"step-{step:08d}" / "adapter", seed=1)
    assert finish(compare(PLAN, corpus(3, 3, 0), tiny, tmp_path, [mel_stats()])).best == 10


def test_a_run_without_adapters_is_told(tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "step-00000001").mkdir(parents=True)
    with pytest.raises(NotFound, match="no checkpoint"):
        adapters_of(tmp_path)
    assert best_of(tmp_path) is None and validation_of(tmp_path) == []


def test_a_validation_that_was_made_again_counts_once(tmp_path: Path) -> None:
    (tmp_path / "validation.jsonl").write_text('{"step": 10, "loss": 2.0}\n{"step": 10, "loss": 1.0}\n{"step": 5, "loss"\n')
    assert validation_of(tmp_path) == [(10, 1.0)]
