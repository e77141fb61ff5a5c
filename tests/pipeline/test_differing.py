"""What differs between two pipelines."""

from __future__ import annotations

from typing import Any

from producertwin.pipeline.differing import FieldDifference, diff
from producertwin.pipeline.pipelines import Pipeline, read_pipeline

DRAFT = {"id": "draft", "kind": "generate"}
FINISH = {"id": "finish", "kind": "refine", "source": "@draft"}
MIX = {"id": "sum", "kind": "mix", "inputs": [{"source": "@draft"}, {"source": "@finish"}]}


def pipeline(*stages: dict[str, Any], **shared: Any) -> Pipeline:
    return read_pipeline({"prompt": {"caption": "lofi"}, **shared, "stages": list(stages)}, where="test")


def found(first: Pipeline, second: Pipeline) -> list[tuple[str, str, Any, Any]]:
    """The differences as plain tuples; the other way round they are the same with sides changed."""
    told = [(one.stage, one.field, one.first, one.second) for one in diff(first, second)]
    assert len(diff(second, first)) == len(told)
    return told


def test_a_pipeline_is_as_itself_and_title_and_defaults_that_are_written_out_change_nothing() -> None:
    one = pipeline(DRAFT, FINISH, MIX)
    assert found(one, one) == []
    assert found(one, pipeline(DRAFT | {"seconds": 30.0, "sampling": {}}, FINISH | {"denoise": 0.5}, MIX, title="T")) == []


def test_fields_are_told_by_their_path_with_both_values() -> None:
    other = pipeline(
        DRAFT | {"play": {"steps": 8, "adapters": ["mine:0.5"]}},
        FINISH | {"sampling": {"sampler": "sde"}, "audio": True},
        MIX | {"inputs": [{"source": "@draft", "gain": -3}, {"source": "@finish"}]},
        play={"seed": 3},
    )
    told = {(stage, field): (first, second) for stage, field, first, second in found(pipeline(DRAFT, FINISH, MIX), other)}
    assert told[("", "seed")] == (None, 3)
    assert told[("draft", "play.steps")] == (None, 8)
    assert told[("draft", "play.adapters.1.folder")] == (None, "mine") and told[("draft", "play.adapters.1.scale")] == (None, 0.5)
    assert told[("finish", "audio")] == (False, True)
    assert told[("finish", "sampling.sampler")] == ("euler", "sde")
    assert told[("sum", "inputs.1.gain")] == (0.0, -3.0)
    assert {stage for stage, _ in told} == {"", "draft", "finish", "sum"}


def test_stages_of_other_names_are_compared_by_kind_and_their_references_with_them() -> None:
    named = pipeline({**DRAFT, "id": "generate1"}, {**FINISH, "id": "refine1", "source": "@generate1", "denoise": 0.3})
    assert found(pipeline(DRAFT, FINISH), named) == [("finish", "denoise", 0.5, 0.3)]


def test_a_stage_that_one_side_lacks_is_told_as_a_whole() -> None:
    assert found(pipeline(DRAFT, FINISH), pipeline(DRAFT)) == [("finish", "", "refine", None)]
    assert diff(pipeline(DRAFT), pipeline(DRAFT, MIX | {"inputs": [{"source": "@draft"}, {"source": "x.wav"}]})) == (
        FieldDifference("sum", "", None, "mix"),
    )


def test_a_changed_kind_and_order_are_told() -> None:
    cover = pipeline(DRAFT, {"id": "finish", "kind": "cover", "source": "@draft"})
    assert ("finish", "kind", "refine", "cover") in found(pipeline(DRAFT, FINISH), cover)
    two = [DRAFT | {"id": name} for name in ("a", "b")]
    assert found(pipeline(*two), pipeline(*reversed(two))) == [("", "order", "a, b", "b, a")]
