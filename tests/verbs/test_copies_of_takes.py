"""Copies of takes carry the record that makes them again, in every format, readable by others, with nothing of this machine."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_kit import tone
from producertwin.audio import files
from producertwin.audio.tags import tags
from producertwin.errors import BadInput, NotFound
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.pipeline.pipelines import read_pipeline, write_toml
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import pipeline as verb
from producertwin.verbs import takes
from producertwin.verbs.own_pipelines import begin_pipeline
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio
from proof_kit import adapter

FORMATS = ("flac", "wav", "mp3", "ogg")


@pytest.fixture
def made(studio: Studio, tiny: Instrument, tmp_path: Path) -> str:
    """Id of a take of three stages that was made from a file, a reference and an adapter."""
    (tmp_path / "private").mkdir()
    song = files.write(tmp_path / "private" / "song.flac", tone(2.0))
    folder = adapter(tiny, tmp_path / "private" / "mara")
    play = {"variant": "tiny", "steps": 2, "seed": 5}
    stages = [
        {"id": "cover", "kind": "cover", "source": "@source", "reference": str(song)},
        {"id": "near", "kind": "refine", "source": "@cover", "play": {"adapters": [f"{folder}:0.5:0.4-1"]}},
        {"id": "both", "kind": "mix", "inputs": [{"source": "@cover"}, {"source": "@near", "gain": -3}]},
        {"id": "last", "kind": "repaint", "source": "@both", "regions": ["0-0.5", "1.5-"]},
    ]
    path = tmp_path / "p.toml"
    path.write_text(write_toml({"prompt": {"caption": "lofi, 雨", "bpm": 84}, "play": play, "stages": stages}))
    run = verb.PipelineRun(pipeline=str(path), source=str(song))
    [last] = finish(verb.run_pipeline(run, studio)).takes
    return last.take.id


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_carries_the_pipeline_and_others_read_it(
    studio: Studio, settings: Settings, tmp_path: Path, made: str, kind: str
) -> None:
    [copy, *_] = finish(takes.export(made, studio, tmp_path / f"{kind}.{kind}"))
    record = tags.read(copy).provenance
    assert record is not None
    assert (record["producertwin"], record["take"], record["seed"], record["caption"], record["bpm"]) == (
        1,
        made,
        5 + 3 * verb.STRIDE,
        "lofi, 雨",
        84,
    )
    assert [stage["type"] for stage in record["stages"]] == ["cover", "refine", "mix", "repaint"]
    assert (record["stages"][1]["input_stage"], record["stages"][1]["model"], record["stages"][1]["steps"]) == (0, "tiny", 2)
    assert record["instrumental"] is True and record["generator"].startswith("Producer Twin ")
    text = copy.read_bytes().decode("latin-1") + json.dumps(dict(record))
    for private in (str(tmp_path), "private", getpass.getuser() + "/"):
        assert private not in text
    with open_library(settings.model_copy(update={"studio": tmp_path / "elsewhere"})) as library:
        other = Studio(settings.model_copy(update={"studio": tmp_path / "elsewhere"}), library)
        tables = finish(verb.find_pipeline(str(copy), other))
    found = read_pipeline(tables, where="copy")
    assert [named.stage.kind for named in found.stages] == ["cover", "refine", "mix", "repaint"]
    assert found.needs_source
    assert finish(verb.find_pipeline(made, studio))["stages"][0]["source"].endswith("song.flac")


@pytest.mark.thorough
def test_a_copy_of_this_studio_counts_as_its_take(studio: Studio, tmp_path: Path, made: str) -> None:
    for kind in ("flac", "wav"):
        [copy, *_] = finish(takes.export(made, studio, tmp_path / f"{kind}.{kind}"))
        assert finish(verb.find_pipeline(str(copy), studio)) == finish(verb.find_pipeline(made, studio))


@pytest.mark.thorough
def test_equal_takes_give_equal_copies(studio: Studio, tmp_path: Path, made: str) -> None:
    for kind in FORMATS:
        first, second = (finish(takes.export(made, studio, tmp_path / name / f"{kind}.{kind}"))[0] for name in "ab")
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_may_say_nothing(studio: Studio, tmp_path: Path, made: str, kind: str) -> None:
    written = finish(takes.export(made, studio, tmp_path / f"bare.{kind}", metadata=False))
    assert [path.name for path in written] == [f"bare.{kind}"]
    assert tags.read(written[0]) == tags.Tags()
    if kind in ("mp3", "ogg"):
        with pytest.raises(NotFound, match="carries no record"):
            finish(verb.find_pipeline(str(written[0]), studio))


@pytest.mark.thorough
def test_records_beside_copies_hold_names_and_no_paths(studio: Studio, tmp_path: Path, made: str) -> None:
    """Of every take that the last one came from: made from a file with a reference, with an adapter, mixed, repainted."""
    line = [made, *(take.id for take in studio.library.takes.list() if take.id != made)]
    assert len(line) == 4
    names = set()
    for key in line:
        take = studio.library.takes.get(key)
        audio, *rest = finish(takes.export(key, studio, tmp_path / "out" / f"{key}.flac"))
        [path] = [one for one in rest if one.suffix == ".json"]
        text = path.read_text(encoding="utf-8")
        assert str(tmp_path) not in text and "private" not in text and getpass.getuser() not in text
        told = json.loads(text)
        assert (told["id"], told["seed"], told["caption"]) == (key, take.seed, take.caption)
        names |= {name for name in ("song.flac", "mara") if f'"{name}"' in text}
        assert finish(replay(str(audio), studio)).same_bytes
    assert names == {"song.flac", "mara"}


def test_records_of_others_and_of_later_versions(studio: Studio, tmp_path: Path) -> None:
    path = files.write(tmp_path / "song.wav", tone(2.0))

    def found(record: Any) -> dict[str, Any]:
        tags.write(path, tags.Tags(provenance=record))
        return finish(verb.find_pipeline(str(path), studio))

    page = {
        "generator": "ACE-Step 1.5 Pipeline",
        "caption": "lofi",
        "lyrics": "",
        "instrumental": True,
        "duration": 30,
        "time_costs": {},
    }
    tables = found(page | {"stages": [{"type": "generate", "model": None, "steps": 8, "shift": 3.0, "seed": 4}]})
    assert [stage["kind"] for stage in tables["stages"]] == ["generate"] and tables["stages"][0]["play"]["seed"] == 4
    later = {"producertwin": 9, "pipeline": {"prompt": {"caption": "x"}, "stages": [{"id": "a", "kind": "generate"}]}, "new": 1}
    assert found(later)["stages"][0]["id"] == "a"
    with pytest.raises(BadInput, match="version 9"):
        found({"producertwin": 9, "plan": {}})
    for broken in ({"producertwin": 1, "pipeline": {"stages": [{"id": "a", "kind": "remix"}]}}, {"seed": 1}, {"pipeline": 3}):
        with pytest.raises(BadInput):
            found(broken)


@pytest.mark.thorough
def test_a_pipeline_begins_from_whatever_holds_one(studio: Studio, tmp_path: Path, made: str) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"caption": "lofi", "stages": [{"type": "generate", "model": "acestep-v15-turbo"}]}))
    [copy, *_] = finish(takes.export(made, studio, tmp_path / "copy.ogg"))
    for place, like in enumerate(("quality-ladder", made, str(copy), str(request), str(tmp_path / "p.toml"))):
        path = finish(begin_pipeline(f"mine{place}", studio, like=like))
        assert path.parent == studio.settings.studio / "pipelines"
    listed = {one.name: one for one in finish(verb.list_pipelines(studio))}
    assert [listed[f"mine{place}"].stages[0] for place in range(5)] == ["generate", "cover", "cover", "generate", "cover"]
    with pytest.raises(BadInput, match="request of ACE-Step's page") as caught:
        finish(verb.plan_pipeline(verb.PipelineRun(pipeline=str(request)), studio))
    assert f"twin pipeline new NAME --like {request}" in caught.value.remedy
    for nothing in ("nowhere.wav", "gone.toml", "zzzzzzzzzzzz"):
        with pytest.raises((NotFound, BadInput)):
            finish(begin_pipeline("mine9", studio, like=nothing))
