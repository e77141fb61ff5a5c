"""The speed row says what was timed, how often, and what takes the time."""

from __future__ import annotations

import pytest

from graphs_kit import write_graphs
from producertwin.evaluation import bench
from producertwin.evaluation.bench import MINUTE, TAKES, TARGET, BenchRow, measure_minute
from producertwin.model.instrument import Instrument
from producertwin.progress import Progress, finish
from producertwin.settings import Settings
from producertwin.verbs.bench import bench as time_variants
from producertwin.verbs.studio import Studio, open_studio


def row(**changes: object) -> BenchRow:
    facts = {"variant": "nano", "engine": "torch", "device": "cpu", "threads": 2, "precision": "float32", "load": 0.5}
    facts |= {"takes": 3, "seconds": 60.0, "steps": 8, "guidance": 1.0, "latents": 3.0, "decoding": 1.0, "minute": 4.0}
    return BenchRow.model_validate(facts | {"spread": (3.5, 4.5)} | changes)


def test_the_row_holds_up_to_its_target_and_names_what_limits() -> None:
    assert row().holds and row(minute=TARGET).holds and not row(minute=5.01).holds
    assert row().limit == "denoising in 8 steps: 75% of the time"
    assert row(guidance=7.0).limit == "denoising in 8 steps with guidance: 75% of the time"
    assert row(decoding=9.0).limit == "decoding the sound: 75% of the time"


@pytest.mark.thorough
def test_medians_of_the_takes_are_told_for_a_minute(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([9.0, 1.0, *[2.0] * 9])
    real = bench._play

    def play(instrument: Instrument, seconds: float) -> tuple[float, float, object]:
        return next(times) * seconds / 60, 0.0 * seconds, real(instrument, 1.0)[2]

    monkeypatch.setattr(bench, "_play", play)
    told: list[object] = []
    found = finish(measure_minute(tiny, 60.0), told.append)
    assert (found.takes, found.seconds, found.minute, found.spread) == (TAKES, MINUTE, 2.0, (2.0, 2.0))
    assert (found.variant, found.engine, found.precision) == ("tiny", "torch", "float32")
    assert sum(isinstance(one, Progress) for one in told) == TAKES + 1


@pytest.mark.thorough
def test_without_patience_one_short_take_stands_for_the_minute(tiny: Instrument) -> None:
    found = finish(measure_minute(tiny, 0.0))
    assert (found.takes, found.seconds) == (1, bench.LENGTHS[-1])
    assert found.minute == pytest.approx(found.latents + found.decoding) and found.latents > 0 and found.decoding > 0


@pytest.mark.thorough
def test_a_variant_that_cannot_be_played_is_named_and_tiny_is_never_timed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from producertwin.errors import Unavailable

    def load(self: Studio, variant: str) -> object:
        raise Unavailable(f"{variant} is not whole")
        yield

    monkeypatch.setattr(Studio, "load_instrument", load)
    told: list[object] = []
    with open_studio(settings) as studio:
        assert finish(time_variants(studio), told.append) == ()
    assert "nano was not timed: nano is not whole" in str(told) and "tiny" not in str(told)
    assert "no ONNX graphs are in" in str(told)


@pytest.mark.thorough
def test_graphs_among_the_models_stand_beside_the_variants(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    from producertwin.model.variants import catalogue

    write_graphs(settings.models / "simple")
    write_graphs(settings.models / "both" / "int8")
    (settings.models / "both" / "int8" / "text_encoder.onnx").write_bytes(b"cut short")
    monkeypatch.setattr(catalogue, "status", lambda _: ())
    monkeypatch.setattr("producertwin.verbs.bench.PATIENCE", 0.0)
    told: list[object] = []
    with open_studio(settings) as studio:
        [found] = finish(time_variants(studio), told.append)
    assert (found.variant, found.engine, found.precision, found.device) == ("simple", "onnx", "fp32", "cpu")
    assert found.minute > 0 and found.steps == catalogue.VARIANTS["tiny"].card.steps
    assert "int8 was not timed" in str(told)
