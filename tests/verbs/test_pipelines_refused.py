"""Whatever is wrong with a pipeline is told before the first note: all of it, with stage and field, and never in another way."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_kit import tone
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.model.instrument import Card, Instrument
from producertwin.pipeline import planning, sources
from producertwin.pipeline.pipelines import PRESETS, find_tables, pipeline_files, read_pipeline, write_toml
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.untrusted import parse_toml
from producertwin.verbs import pipeline as verb
from producertwin.verbs.scorers import SCORERS
from producertwin.verbs.studio import Studio

DRAFT = {"id": "draft", "kind": "generate", "guide": "none"}


def refused(*stages: dict[str, Any], **shared: Any) -> str:
    """What is said against a pipeline when it is read."""
    with pytest.raises(BadInput) as caught:
        read_pipeline({"prompt": {"caption": "lofi"}, **shared, "stages": list(stages)}, where="test")
    return caught.value.message


@pytest.mark.parametrize(
    ("stages", "shared", "said"),
    [
        ([DRAFT | {"secnds": 3}], {}, "draft: secnds: not a field; did you mean seconds?"),
        ([DRAFT | {"play": {"varient": "tiny"}}], {}, "draft: play.varient: not a field; did you mean variant?"),
        (
            [DRAFT | {"sampling": {"sampler": "sdee"}}],
            {},
            "draft: sampling.sampler: 'sdee' is none of euler, heun, sde;",
        ),
        ([DRAFT | {"zzz": 1}], {}, "draft: zzz: not a field; the fields are prompt, seconds"),
        ([DRAFT], {"promt": {}}, "promt: not a field; did you mean prompt?"),
        ([DRAFT], {"prompt": {"captoin": "x"}}, "prompt.captoin: not a field; did you mean caption?"),
        ([DRAFT], {"prompt": "lofi"}, "prompt: not a table"),
        ([DRAFT], {"play": {"steps": 0}}, "play.steps: steps 0 is outside"),
        ([DRAFT], {"seconds": "long"}, "seconds: Input should be a valid number"),
        ([{"id": "a", "kind": "generat"}], {}, "did you mean generate?"),
        ([{"id": "a", "kind": ["generate"]}], {}, r"kind ['generate'] is not one of"),
        ([DRAFT, {"id": "a", "kind": "refine", "source": "@darft"}], {}, "a: there is no stage @darft; did you mean @draft?"),
        ([DRAFT, {"id": "a", "kind": "refine"}], {}, "a: source: is missing"),
        ([{"id": "m", "kind": "mix", "inputs": [{"source": "x.wav"}, {"source": "y.wav", "gian": 3}]}], {}, "m: inputs.2.gian: "),
        (
            [{"id": "m", "kind": "mix", "inputs": [{"source": "x.wav", "pan": 7}, {"gain": 3}]}],
            {},
            "m: inputs.2.source: ",
        ),
        ([DRAFT | {"play": {"adapters": ["a:99"]}}], {}, "draft: play.adapters: adapter scale 99"),
        (
            [DRAFT | {"play": {"adapters": [{"folder": "a", "levels": [1, 0]}]}}],
            {},
            "draft: play.adapters.1.levels: ",
        ),
    ],
)
def test_a_mistake_is_named_with_its_field_and_what_was_meant(stages: list[Any], shared: dict[str, Any], said: str) -> None:
    assert said in refused(*stages, **shared)


def test_all_mistakes_of_a_stage_are_told_and_those_of_what_is_shared_once() -> None:
    told = refused(
        DRAFT | {"seconds": 9_999, "guide_strength": 3, "play": {"steps": 0, "batch": 99, "sed": 1}, "prompt": {"bpm": 9}},
        {"id": "a", "kind": "repaint", "source": 3, "mode": "wild", "edge": 99},
        {"id": "b", "kind": "refine", "source": "@draft"},
        play={"shift": 99},
    )
    for said in (
        "seconds: duration 9999",
        "guide_strength: guide strength 3",
        "play.steps: ",
        "play.batch: ",
        "play.sed: ",
        "bpm 9",
    ):
        assert f"draft: {said}" in told or (said == "bpm 9" and "draft: prompt.bpm: " in told), said
    for said in ("a: source: ", "a: mode: ", "a: edge 99 s"):
        assert said in told, said
    assert told.count("shift 99") == 1 and "b: " not in told


def test_all_that_planning_refuses_of_a_stage_is_told(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "nan.wav", np.full((SAMPLE_RATE, 2), np.nan, np.float32), SAMPLE_RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "silent.wav", np.zeros((2 * SAMPLE_RATE, 2)), SAMPLE_RATE)
    names = ("text.wav", "empty.wav", "nan.wav", "silent.wav", "gone.wav")
    stages = [
        {"id": "mixed", "kind": "mix", "inputs": [{"source": str(tmp_path / name)} for name in names]},
        DRAFT | {"reference": str(tmp_path / "gone.wav"), "play": {"variant": "huge", "adapters": ["nowhere", "nobody"]}},
        {"id": "after", "kind": "refine", "source": "@draft"},
        DRAFT | {"id": "words", "prompt": {"caption": "lofi, 90 bpm", "bpm": 120}, "codes": "<|audio_code_1|>", "seconds": 9},
        DRAFT | {"id": "stem", "kind": "generate"},
        {"id": "bass", "kind": "extract", "source": "@stem", "stem": "bass", "play": {"variant": "turbo"}},
        {"id": "best", "kind": "select", "source": "@stem", "by": "metres", "keep": 2},
    ]
    del stages[4]["guide"]
    path = tmp_path / "p.toml"
    path.write_text(write_toml({"prompt": {"caption": "lofi"}, "play": {"variant": "tiny"}, "seconds": 1.5, "stages": stages}))
    with pytest.raises(BadInput) as caught:
        finish(verb.plan_pipeline(verb.PipelineRun(pipeline=str(path)), studio))
    told = caught.value.message
    for place, name in enumerate(names, 1):
        assert f"mixed: inputs.{place}.source: " in told and name in told
    for said in (
        "draft: reference: ",
        "draft: play.variant: ",
        "nowhere",
        "nobody",
        "words: prompt: ",
        "words: codes: 1 audio codes",
        "bass: play.variant: ",
        "best: by: nobody called 'metres' judges takes; did you mean meters?",
        "best: keep: ",
    ):
        assert said in told, said
    assert "after: " not in told


ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 700),
    st.sampled_from([10**30, -1.5, 0.5, 1e308, float("nan"), float("inf")]),
    st.sampled_from(
        ["", "@draft", "@source", "@gone", "tiny", "turbo", "2-", "x.wav", "\x00", "さくら", "generate", "<|audio_code_5|>"]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(["4-8", "1-2", "@draft", 3, None]), max_size=3),
    st.dictionaries(
        st.sampled_from(["source", "caption", "folder", "start", "id"]), st.sampled_from(["@draft", 4, None]), max_size=2
    ),
)
FIELDS = (
    "id",
    "kind",
    "source",
    "seconds",
    "prompt",
    "play",
    "regions",
    "start",
    "codes",
    "inputs",
    "sampling",
    "keep",
    "reference",
    "unit",
)


def places(data: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in tables."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, value in inner for place in ((*above, key), *places(value, (*above, key)))]


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """A preset with one to three changes at random places."""
    tables = copy.deepcopy(find_tables(draw(st.sampled_from(sorted(pipeline_files(PRESETS)))), PRESETS))
    tables |= {"prompt": {"caption": "lofi"}, "seconds": 2.0}
    for stage in tables["stages"]:
        stage.get("play", {}).pop("variant", None)
    tables["play"] = {"variant": "tiny"}
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(places(tables)))
        part: Any = tables
        for key in above:
            part = part[key]
        how = draw(st.sampled_from(["replace", "remove", "rename", "add", "double"]))
        if how == "replace":
            part[last] = draw(ODD)
        elif how == "remove":
            del part[last]
        elif isinstance(part, dict):
            part[f"{last}x" if how == "rename" else draw(st.sampled_from(FIELDS))] = (
                part.pop(last) if how == "rename" else draw(ODD)
            )
        else:
            part.append(draw(ODD) if how == "add" else part[last])
    return tables


SONG = {"id": "song", "kind": "generate"}
REFINED = {"id": "near", "kind": "refine", "source": "@song"}
BEST = {"id": "best", "kind": "select", "source": "@near", "by": "meters", "keep": 1}
BOTH = {"id": "both", "kind": "mix", "inputs": [{"source": "@best"}, {"source": "@song"}]}


def plan_on_nano(studio: Studio, tmp_path: Path, *stages: dict[str, Any]) -> verb.PipelinePlan:
    path = tmp_path / "p.toml"
    shared = {"prompt": {"caption": "lofi"}, "play": {"variant": "nano"}, "seconds": 2.0}
    path.write_text(write_toml({**shared, "stages": list(stages)}))
    return finish(verb.plan_pipeline(verb.PipelineRun(pipeline=str(path)), studio))


@pytest.mark.parametrize("stem", ["vocals", "backing_vocals"])
@pytest.mark.parametrize("line", [[SONG], [SONG, REFINED], [SONG, REFINED, BEST], [SONG, REFINED, BEST, BOTH]])
def test_a_voice_that_nobody_sings_is_refused_before_anything_is_played(
    studio: Studio, tmp_path: Path, line: list[dict[str, Any]], stem: str
) -> None:
    voice = {"id": "voice", "kind": "extract", "source": f"@{line[-1]['id']}", "stem": stem}
    with pytest.raises(BadInput, match=f"voice: stem: nobody sings in {voice['source']}") as caught:
        plan_on_nano(studio, tmp_path, *line, voice)
    assert "anyway = true" in caught.value.message
    plan_on_nano(studio, tmp_path, *line, voice | {"anyway": True})
    plan_on_nano(studio, tmp_path, *line, voice | {"stem": "bass"})
    singer = {"play": {"variant": "tiny"}}
    plan_on_nano(studio, tmp_path, SONG | singer, *line[1:], voice)


@pytest.mark.thorough
def test_a_stem_that_a_sound_does_not_have_is_refused_before_anything_is_played(studio: Studio, tmp_path: Path) -> None:
    path = files.write(tmp_path / "bell.flac", tone(4.0))
    for stem in ("drums", "bass"):
        taken = {"id": "out", "kind": "extract", "source": str(path), "stem": stem}
        with pytest.raises(BadInput, match=f"out: stem: nothing of {stem} is heard in {path}"):
            plan_on_nano(studio, tmp_path, SONG, taken)
        plan_on_nano(studio, tmp_path, SONG, taken | {"anyway": True})
        plan_on_nano(studio, tmp_path, SONG, taken | {"play": {"variant": "tiny"}})  # which is not judged
    mixed = {"id": "both", "kind": "mix", "inputs": [{"source": "@song"}, {"source": str(path)}]}
    plan_on_nano(studio, tmp_path, SONG, mixed, {"id": "voice", "kind": "extract", "source": "@both", "stem": "vocals"})


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> sources.EditSource:
    path = files.write(tmp_path_factory.mktemp("fuzz") / "song.flac", tone(9.0))
    return sources.find_source(planning.SourceRef(str(path)), None)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(tables=mutants())
def test_a_changed_preset_is_planned_or_refused_by_name(
    song: sources.EditSource, tiny: Instrument, tables: dict[str, Any]
) -> None:
    def card(variant: str) -> Card:
        if variant != "tiny":
            raise BadInput(f"no variant {variant!r}")
        return tiny.card

    def find(source: planning.SourceRef) -> sources.EditSource:
        return song if source.name == "song.flac" else sources.find_source(source, None)

    context = planning.Studio(find=find, card=card, check_adapter=lambda _: None, check_stem=lambda *_: None, scorers=SCORERS)
    try:
        planned = planning.plan_stages(read_pipeline(tables, where="mutant"), context, "song.flac")
    except BadInput as error:
        assert error.message and error.remedy
    else:
        assert len(planned) == len(tables["stages"]) and all(one.takes >= 1 and one.seconds > 0 for one in planned)
        again = read_pipeline(tables, where="mutant")
        assert read_pipeline(parse_toml(write_toml(again.tables()), "again"), where="again") == again


BAND = {"id": "draft", "kind": "generate", "guide": "band", "play": {"batch": 3}}
BY_CHORDS = {"id": "best", "kind": "select", "source": "@draft", "by": "chords"}


@pytest.mark.parametrize(
    ("stages", "caption", "guided"),
    [
        ((BAND, BY_CHORDS), "lofi", True),
        ((BAND | {"guide": None, "song": {"chords": "C | F"}}, BY_CHORDS), "lofi", True),
        ((BAND, BY_CHORDS | {"keep": 2}, BY_CHORDS | {"id": "last", "source": "@best"}), "lofi", True),
        ((BAND | {"guide": "none"}, BY_CHORDS), "lofi", False),
        ((BAND | {"guide_strength": 0.0}, BY_CHORDS), "lofi", False),
        ((BAND | {"guide": None}, BY_CHORDS), "zzzz", False),
        ((BAND, {"id": "again", "kind": "refine", "source": "@draft"}, BY_CHORDS | {"source": "@again"}), "lofi", False),
    ],
)
def test_takes_that_the_band_did_not_play_for_are_not_chosen_by_chords(
    stages: tuple[dict[str, Any], ...], caption: str, guided: bool, settings: Settings
) -> None:
    tables = [{name: value for name, value in one.items() if value is not None} for one in stages]
    pipeline = read_pipeline({"prompt": {"caption": caption}, "play": {"variant": "nano"}, "stages": tables}, where="test")
    run = verb.PipelineRun(pipeline="test")
    if guided:
        assert finish(verb.plan_stages(pipeline, run, Studio(settings))).stages[-1].guided
        return
    with pytest.raises(BadInput, match="by: the band does not play for the takes of @") as caught:
        finish(verb.plan_stages(pipeline, run, Studio(settings)))
    assert 'guide = "band"' in caught.value.message
