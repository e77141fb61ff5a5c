"""Pipelines as records: read from tables, shared fields, references, presets, and every mistake at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.pipeline.pipelines import PRESETS, Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from producertwin.untrusted import parse_toml

DRAFT: dict[str, Any] = {"id": "draft", "kind": "generate"}
FINISH: dict[str, Any] = {"id": "finish", "kind": "refine", "source": "@draft"}


def mix(*inputs: dict[str, Any]) -> dict[str, Any]:
    return {"id": "m", "kind": "mix", "inputs": list(inputs)}


def made(*stages: dict[str, Any], **shared: Any) -> Pipeline:
    return read_pipeline({"prompt": {"caption": "lofi"}, **shared, "stages": list(stages)}, where="test")


def test_stages_share_what_they_do_not_say_themselves() -> None:
    found = made(
        DRAFT | {"prompt": {"bpm": 90}, "play": {"steps": 4}},
        FINISH | {"prompt": {"caption": "jazz"}, "play": {"seed": 9}},
        {"id": "all", "kind": "mix", "inputs": [{"source": "@draft"}, {"source": "@finish", "gain": -3}]},
        prompt={"caption": "lofi", "key": "A minor"},
        play={"variant": "tiny", "steps": 2, "seed": 5, "batch": 2},
        seconds=8,
    )
    draft, finish, mix = (named.stage for named in found.stages)
    assert (draft.prompt.caption, draft.prompt.bpm, draft.prompt.key) == ("lofi", 90, "A minor")
    assert (finish.prompt.caption, finish.prompt.key) == ("jazz", "A minor")
    assert (draft.play.variant, draft.play.steps, draft.play.batch, draft.play.seed, draft.seconds) == ("tiny", 4, 2, None, 8)
    assert (finish.play.steps, finish.play.seed) == (2, 9)
    assert mix.prompt.key == "A minor"
    assert found.seed == 5
    assert [named.references for named in found.stages] == [(), ("draft",), ("draft", "finish")]


def test_stages_share_how_they_are_sampled() -> None:
    """One option after the other: a stage keeps those that it does not say, and mix and select have none."""
    found = made(
        DRAFT,
        FINISH | {"sampling": {"sampler": "euler", "velocity_ema": 0.2}},
        {"id": "all", "kind": "mix", "inputs": [{"source": "@draft"}, {"source": "@finish"}]},
        {"id": "best", "kind": "select", "source": "@draft"},
        sampling={"sampler": "heun", "guidance_interval": "0.2,0.9", "retake_variance": 0.3, "retake_seed": 7},
    )
    draft, finish = (named.stage.sampling for named in found.stages[:2])
    assert (draft.sampler, draft.guidance_interval, draft.velocity_ema) == ("heun", (0.2, 0.9), 0.0)
    assert (finish.sampler, finish.guidance_interval, finish.velocity_ema) == ("euler", (0.2, 0.9), 0.2)
    assert (draft.retake_variance, draft.retake_seed) == (finish.retake_variance, finish.retake_seed) == (0.3, 7)
    again = read_pipeline(parse_toml(write_toml(found.tables()), where="written"), where="written")
    assert again.stages == found.stages


@pytest.mark.parametrize(
    ("sampling", "said"),
    [
        ({"sampler": "rk4"}, "^test: sampling.sampler: [^;]*$"),
        ({"velocity_clamp": -1}, "^test: sampling.velocity_clamp: velocity clamp -1 is outside[^;]*$"),
        ({"tempo": 3}, "^test: sampling.tempo: not a field"),
        ("heun", "^test: sampling: not a table$"),
    ],
)
def test_shared_sampling_that_is_wrong_is_named_once(sampling: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        made(DRAFT, FINISH, sampling=sampling)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([FINISH], "finish: there is no stage @draft; there are @source"),
        ([FINISH, DRAFT], "finish: @draft comes later"),
        ([FINISH | {"source": "@finish"}], "finish: @finish is the stage itself"),
        ([DRAFT, DRAFT], "stage 2: id 'draft' is taken"),
        ([DRAFT | {"id": "source"}], "id 'source' is taken"),
        ([DRAFT | {"id": "My Draft"}], "is no name"),
        ([{"kind": "generate"}], "id None is no name"),
        ([DRAFT | {"kind": "remix"}], "draft: kind 'remix' is not one of generate, refine"),
        (["draft"], "stage 1: not a table"),
        ([DRAFT, FINISH | {"denoise": 3}], "finish: denoise 3 is outside 0.01 to 1"),
        ([DRAFT, FINISH | {"strength": 0.3}], "finish: strength: "),
        ([DRAFT, {"id": "m", "kind": "mix", "inputs": [{"source": "@draft"}]}], "m: a mix needs two sounds or more"),
        (
            [DRAFT, {"id": "m", "kind": "mix", "inputs": [{"source": "@draft"}, {"source": "@gone"}]}],
            "m: there is no stage @gone",
        ),
        (
            [DRAFT, {"id": "m", "kind": "mix", "inputs": [{"source": "@draft", "mute": True}] * 2}],
            "every input of the mix is muted",
        ),
        ([], "stages: write 1 to 32"),
        ([DRAFT | {"id": f"s{n}"} for n in range(33)], "stages: write 1 to 32"),
    ],
)
def test_what_is_wrong_is_named_with_its_stage(stages: list[Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        made(*stages)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        made(DRAFT | {"seconds": 9_999}, FINISH | {"denoise": 3, "source": "@nobody"}, {"id": "x", "kind": "y"}, tempo=90)
    for said in ("draft: seconds: duration 9999", "finish: denoise 3", "@nobody", "x: kind 'y'", "tempo: not a field"):
        assert said in caught.value.message


def test_a_pipeline_without_words_says_where_they_are_missing() -> None:
    with pytest.raises(BadInput, match="draft: the caption is empty"):
        read_pipeline({"stages": [DRAFT]}, where="test")


@pytest.mark.parametrize("name", sorted(pipeline_files(PRESETS)))
def test_every_preset_reads_says_when_to_use_it_and_comes_back_from_its_tables(name: str) -> None:
    tables = find_tables(name, PRESETS)
    found = read_pipeline(tables | {"prompt": {"caption": "lofi"}}, where=name)
    assert found.title and found.about.endswith(".")
    again = read_pipeline(parse_toml(write_toml(found.tables()), name), where=name)
    assert again == found
    assert read_pipeline(json.loads(json.dumps(found.tables())), where=name) == found


def test_there_are_fifteen_presets_of_seven_kinds_and_more() -> None:
    found = [
        read_pipeline(find_tables(name, PRESETS) | {"prompt": {"caption": "x"}}, where=name) for name in pipeline_files(PRESETS)
    ]
    assert len(found) == 15
    kinds = {named.stage.kind for pipeline in found for named in pipeline.stages}
    assert kinds == {"generate", "refine", "cover", "repaint", "extract", "lego", "complete", "mix", "select"}


def test_every_preset_stands_in_the_gallery_with_when_to_take_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "pipelines.md").read_text(encoding="utf-8")
    for name in pipeline_files(PRESETS):
        assert f"| `{name}` | " in page, name


@pytest.mark.parametrize("text", ['says "so"', "two\nlines", "C:\\songs", "tab\t and \x7f", "さくら 🎹"])
def test_any_text_comes_back_from_toml(text: str) -> None:
    found = made(DRAFT, about="when", prompt={"caption": "lofi", "lyrics": text})
    assert read_pipeline(parse_toml(write_toml(found.tables()), "x"), where="x") == found


def test_ones_own_pipeline_wins_over_a_preset_and_others_are_named(tmp_path: Path) -> None:
    (tmp_path / "draft-refine.toml").write_text('title = "mine"\n[[stages]]\nid = "a"\nkind = "generate"\n')
    (tmp_path / "other.json").write_text(json.dumps({"stages": [DRAFT]}))
    assert find_tables("draft-refine", tmp_path)["title"] == "mine"
    assert find_tables("other", tmp_path)["stages"] == [DRAFT]
    assert find_tables(str(tmp_path / "other.json"), PRESETS)["stages"] == [DRAFT]
    with pytest.raises(NotFound) as caught:
        find_tables("mix-it-up", tmp_path)
    assert "quality-ladder" in caught.value.remedy and "other" in caught.value.remedy
    with pytest.raises(NotFound, match="did you mean quality-ladder"):
        find_tables("qualty-ladder", tmp_path)
    with pytest.raises(NotFound):
        find_tables("gone.toml", tmp_path)
    (tmp_path / "broken.toml").write_text("stages = [")
    with pytest.raises(BadInput, match="broken"):
        find_tables("broken", tmp_path)
