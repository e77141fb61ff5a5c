"""Stage records: what they refuse, by which words, and that they survive a round trip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from producertwin.errors import BadInput, TwinError
from producertwin.pipeline.fields import LONGEST_TEXT
from producertwin.pipeline.stages import EDITS, Adapter, Generate, Play, Repaint, Stage
from producertwin.recipe import read

SOURCE: dict[str, dict[str, Any]] = {
    "repaint": {"start": 1.0, "end": 2.0},
    "extract": {"stem": "bass"},
    "lego": {"stem": "drums"},
    "complete": {"stems": ["drums", "bass"]},
}


def generate(**fields: Any) -> Generate:
    prompt = {"caption": "lofi"} | fields.pop("prompt", {})
    return read(Generate, {"prompt": prompt, **fields}, where="test")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"prompt": {"caption": ""}}, "caption is empty"),
        ({"prompt": {"caption": " \n\t"}}, "caption is empty"),
        ({"prompt": {"bpm": -3}}, "-3"),
        ({"prompt": {"bpm": 301}}, "301"),
        ({"prompt": {"bpm": "fast"}}, "prompt.bpm"),
        ({"prompt": {"bpm": float("nan")}}, "bpm"),
        ({"prompt": {"key": "H#"}}, "'H#' is not a key"),
        ({"prompt": {"meter": "5/4"}}, "'5/4' is not a meter"),
        ({"prompt": {"language": "?!"}}, "is not a language"),
        ({"prompt": {"language": "klingon"}}, "klingon"),
        ({"prompt": {"caption": "x" * (LONGEST_TEXT + 1)}}, str(LONGEST_TEXT + 1)),
        ({"prompt": {"caption": "x\udc80"}}, "not valid Unicode"),
        ({"seconds": 0}, "duration 0 s"),
        ({"seconds": 9999}, "duration 9999 s"),
        ({"seconds": float("inf")}, "seconds"),
        ({"guide": "choir"}, "guide"),
        ({"guide_strength": 1.5}, "1.5"),
        ({"play": {"seed": -2}}, "seed -2"),
        ({"play": {"batch": 0}}, "batch 0"),
        ({"play": {"batch": 17}}, "batch 17"),
        ({"play": {"steps": 0}}, "steps 0"),
        ({"play": {"guidance": 0.5}}, "guidance 0.5"),
        ({"play": {"shift": 0}}, "shift 0"),
        ({"loudness": 3}, "loudness"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput) as caught:
        generate(**fields)
    assert named in caught.value.message
    assert caught.value.remedy


def test_words_are_cleaned_but_kept() -> None:
    stage = generate(prompt={"caption": " lo\x00fi 🎹 ジャズ \u202eabc e\u0301 ", "key": "gb m", "meter": "6/8", "bpm": 72})
    assert stage.prompt.caption == "lofi 🎹 ジャズ \u202eabc é"
    assert (stage.prompt.key, stage.prompt.meter) == ("Gb minor", 6)


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_every_edit_survives_json(kind: str) -> None:
    stage = read(EDITS[kind], {"source": "song.flac", **SOURCE.get(kind, {})}, where="test")
    assert stage.kind == kind
    again = TypeAdapter[Stage](Stage).validate_python(json.loads(stage.model_dump_json()))
    assert again == stage


def test_a_stage_stored_by_the_first_versions_is_read_and_written_unchanged() -> None:
    prompt = {"caption": "lofi", "lyrics": "", "bpm": 77.0, "key": "D minor", "meter": None, "language": "unknown"}
    play = {"variant": "tiny", "adapters": [], "seed": 1, "batch": 1, "steps": 2, "guidance": 2.0, "shift": 3.0}
    for kind, own in {
        "refine": {"denoise": 0.4},
        "cover": {"strength": 0.5, "reference": None},
        "repaint": {"start": 0.5, "end": 1.0},
        "extract": {"stem": "bass"},
        "lego": {"stem": "drums"},
        "complete": {"stems": ["drums"]},
    }.items():
        stored = {"kind": kind, "source": "ab2cd3ef4ghi", "source_hash": "b2:" + "0" * 64, **own, "prompt": prompt, "play": play}
        stage = TypeAdapter[Stage](Stage).validate_python(stored)
        assert json.dumps(stage.model_dump(mode="json")) == json.dumps(stored)
        assert [(ref.name, ref.hash) for ref in stage.sources] == [("ab2cd3ef4ghi", "b2:" + "0" * 64)]


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [(3.0, 3.0, "no length"), (4.0, 2.0, "no length"), (-601.0, 2.0, "start -601"), (0.0, 9e9, "end"), (-3.0, -1.0, "end -1")],
)
def test_a_region_needs_a_length(start: float, end: float, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        read(Repaint, {"source": "x", "start": start, "end": end}, where="test")


@pytest.mark.parametrize("kind", ["extract", "lego"])
def test_an_unknown_stem_is_named(kind: str) -> None:
    with pytest.raises(BadInput, match="'banjo' is not a stem") as caught:
        read(EDITS[kind], {"source": "x", "stem": "banjo"}, where="test")
    assert "drums" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "folder", "scale"),
    [("a/b", "a/b", 1.0), ("a/b:0.5", "a/b", 0.5), ("a:b", "a:b", 1.0), ("a:b:-1", "a:b", -1.0), (":2", ":2", 1.0)],
)
def test_an_adapter_is_a_folder_and_a_scale(text: str, folder: str, scale: float) -> None:
    [adapter] = read(Play, {"adapters": [text]}, where="test").adapters
    assert adapter == Adapter(folder=folder, scale=scale)


@pytest.mark.parametrize(
    ("text", "folder", "scale", "levels"),
    [
        ("a:0.5-1", "a", 1.0, (0.5, 1.0)),
        ("a:0.8:0-.5", "a", 0.8, (0.0, 0.5)),
        ("a:0-0.5:-2", "a", -2.0, (0.0, 0.5)),
        ("a:0:0.25-0.75", "a", 0.0, (0.25, 0.75)),
        ("a:0.1:0.2", "a:0.1", 0.2, (0.0, 1.0)),
        ("mara-2:0.5-1", "mara-2", 1.0, (0.5, 1.0)),
        ("songs:1-2-3", "songs:1-2-3", 1.0, (0.0, 1.0)),
        (":0.5-1", ":0.5-1", 1.0, (0.0, 1.0)),
    ],
)
def test_an_adapter_may_name_its_noise_levels(text: str, folder: str, scale: float, levels: tuple[float, float]) -> None:
    [adapter] = read(Play, {"adapters": [text]}, where="test").adapters
    assert adapter == Adapter(folder=folder, scale=scale, levels=levels)
    assert read(Adapter, json.loads(adapter.model_dump_json()), where="test") == adapter
    assert ("levels" in adapter.model_dump()) is (levels != (0.0, 1.0))


@pytest.mark.parametrize("said", ["a:0.5-0.5", "a:0.8-0.2", "a:0.5-7", {"folder": "a", "levels": [-1, 1]}])
def test_levels_of_an_adapter_that_are_none_are_refused(said: Any) -> None:
    with pytest.raises(TwinError, match="adapter levels"):
        read(Play, {"adapters": [said]}, where="test")


def test_a_scale_out_of_bounds_is_refused() -> None:
    with pytest.raises(TwinError, match="adapter scale 9"):
        read(Play, {"adapters": ["a:9"]}, where="test")


def test_the_schema_carries_bounds_and_descriptions() -> None:
    schema = Generate.model_json_schema()
    seconds = schema["properties"]["seconds"]
    assert (seconds["minimum"], seconds["maximum"]) == (1, 600)
    for record in schema["$defs"].values():
        assert all(field.get("description") for field in record["properties"].values()), record["title"]


def test_an_adapter_that_lies_at_the_path_as_written_is_never_taken_for_a_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mix", "mix:2", "only:0.5", "file:-1"):
        (tmp_path / name).mkdir()
    said = [
        "mix:2",
        "mix:3",
        "mix:2:0.5",
        "only:0.5",
        "file:-1",
        "mix",
        "absent:2",
        f"{tmp_path}/mix:2",
        "n" * 5_000 + ":2",
        "a\0:2",
    ]
    found = [(str(one.folder), one.scale) for one in Play.model_validate({"adapters": said}).adapters]
    assert found[:8] == [
        ("mix:2", 1.0),
        ("mix", 3.0),
        ("mix:2", 0.5),
        ("only:0.5", 1.0),
        ("file:-1", 1.0),
        ("mix", 1.0),
        ("absent", 2.0),
        (f"{tmp_path}/mix:2", 1.0),
    ]
    assert [scale for _, scale in found[8:]] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("said", "code"), [("yue", "yue"), ("zh-cn", "zh"), ("pt_BR", "pt"), ("English", "en"), ("JA", "ja"), ("", "unknown")]
)
def test_a_language_is_understood_however_it_is_written(said: str, code: str) -> None:
    stage = generate(prompt={"caption": "lofi", "language": said})
    assert stage.prompt.language == code
