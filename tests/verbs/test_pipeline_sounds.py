"""Latents between the stages of a pipeline: what is decoded, when, and that it makes no difference to decode later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_kit import EDIT_FIELDS, tone
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound
from producertwin.library import Take, rebuild
from producertwin.model.sampling import codec
from producertwin.model.sampling.torch_networks import TorchNetworks
from producertwin.pipeline.pipelines import write_toml
from producertwin.progress import finish
from producertwin.verbs import listen
from producertwin.verbs import pipeline as verb
from producertwin.verbs import takes as takes_verb
from producertwin.verbs.replay import replay
from producertwin.verbs.sounds import find_sound
from producertwin.verbs.studio import Studio

TINY = {"variant": "tiny", "steps": 2, "seed": 5}
DRAFT = {"id": "draft", "kind": "generate", "guide": "none"}
FINISH = {"id": "finish", "kind": "refine", "source": "@draft"}
Run = Callable[..., verb.PipelineResult]


@pytest.fixture
def plan(studio: Studio, tmp_path: Path) -> Callable[..., verb.PipelinePlan]:
    def planned(*stages: dict[str, Any], **fields: Any) -> verb.PipelinePlan:
        path = tmp_path / "p.toml"
        shared = {"prompt": {"caption": "lofi"}, "play": TINY, "seconds": 1.5}
        path.write_text(write_toml({**shared, "stages": list(stages)}))
        song = files.write(tmp_path / "song.flac", tone())
        run = verb.PipelineRun.model_validate({"pipeline": str(path), "source": str(song), **fields})
        return finish(verb.plan_pipeline(run, studio))

    return planned


@pytest.fixture
def run(studio: Studio, plan: Callable[..., verb.PipelinePlan]) -> Run:
    return lambda *stages, **fields: finish(verb.play_pipeline(plan(*stages, **fields), studio))


def only(studio: Studio, result: verb.PipelineResult, stage: str) -> Take:
    [take] = result.stages[stage]
    return studio.library.takes.get(take)


def count(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[str]:
    calls: list[str] = []
    real = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **fields: calls.append(name) or real(*args, **fields))
    return calls


def test_only_the_result_is_decoded(studio: Studio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, encoded = count(monkeypatch, codec, "decode"), count(monkeypatch, codec, "encode")
    result = run(DRAFT, FINISH | {"id": "middle"}, FINISH | {"source": "@middle"})
    draft, middle, last = (only(studio, result, name) for name in ("draft", "middle", "finish"))
    assert (len(decoded), len(encoded)) == (1, 0)
    assert (draft.audio, middle.audio, draft.seconds, middle.seconds) == (None, None, 1.5, 1.5)
    assert last.audio and all(take.latents for take in (draft, middle, last))
    assert middle.parents == (draft.id,) and last.parents == (middle.id,)
    assert finish(takes_verb.verify((), studio)).takes == 3


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["generate", "raw", "refine", "cover", "lego", "complete", "morph", "aggressive"])
def test_decoded_later_or_at_once_are_the_same_bytes(studio: Studio, run: Run, kind: str) -> None:
    fields = {"source": "@source", **EDIT_FIELDS.get(kind, {})}
    stage: dict[str, Any] = {"id": "draft", "kind": kind, **fields}
    if kind in ("generate", "raw"):
        stage = DRAFT | {"raw": kind == "raw"}
    elif kind == "aggressive":
        stage = {"id": "draft", "kind": "repaint", "source": "@source", "start": 0.5, "end": 1.0, "mode": "aggressive"}
    later, at_once = (only(studio, run(stage | more, FINISH), "draft") for more in ({}, {"audio": True}))
    assert later.audio is None and later.latents == at_once.latents
    path = finish(find_sound(later, studio))
    assert path.read_bytes() == studio.library.takes.content(at_once).read_bytes()
    assert finish(find_sound(later, studio)) == path
    assert studio.library.takes.get(later.id) == later


@pytest.mark.parametrize(
    ("stages", "heard"),
    [
        ([DRAFT, FINISH], "finish"),
        ([DRAFT | {"audio": True}, FINISH], "draft finish"),
        ([DRAFT, FINISH, {"id": "sum", "kind": "mix", "inputs": [{"source": "@draft"}, {"source": "@source"}]}], "draft sum"),
        ([DRAFT, {"id": "best", "kind": "select", "source": "@draft"}, FINISH | {"source": "@best"}], "draft best finish"),
        ([DRAFT, {"id": "cut", "kind": "repaint", "source": "@draft", "start": 0.5, "end": 1}], "draft cut"),
        ([DRAFT, {"id": "cut", "kind": "repaint", "source": "@draft", "start": 0.5, "end": 1, "mode": "aggressive"}], "cut"),
        ([DRAFT, {"id": "stem", "kind": "extract", "source": "@draft", "stem": "bass"}, FINISH | {"source": "@stem"}],
         "draft stem finish"),
        ([DRAFT, FINISH, FINISH | {"id": "third", "source": "@finish", "play": {"variant": "nano"}}], "finish third"),
    ],
)  # fmt: skip
def test_what_needs_waveforms_has_them(plan: Callable[..., verb.PipelinePlan], stages: list[dict[str, Any]], heard: str) -> None:
    planned = plan(*stages).stages
    assert " ".join(one.id for one in planned if one.heard) == heard
    played = [one for one in planned if one.variant]
    assert [one.decodes for one in played] == [int(one.heard) for one in played]


def test_a_source_that_several_stages_share_is_encoded_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = count(monkeypatch, codec, "encode")
    stems = [
        {"id": stem, "kind": "extract", "source": "@source", "stem": stem, "anyway": True} for stem in ("drums", "bass", "guitar")
    ]
    run(*stems)
    assert len(encoded) == 1


@pytest.mark.thorough
def test_the_plan_counts_the_ways_through_the_codec(
    plan: Callable[..., verb.PipelinePlan], studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = [
        {"id": "a", "kind": "cover", "source": "@source"},
        {"id": "b", "kind": "refine", "source": "@source"},
        {"id": "c", "kind": "repaint", "source": "@b", "start": 0.5, "end": 1},
        {"id": "sum", "kind": "mix", "inputs": [{"source": "@a"}, {"source": "@c"}]},
        {"id": "last", "kind": "refine", "source": "@sum"},
    ]
    planned = plan(*stages)
    decoded, encoded = count(monkeypatch, codec, "decode"), count(monkeypatch, codec, "encode")
    finish(verb.play_pipeline(planned, studio))
    assert sum(one.encodes for one in planned.stages) == len(encoded) == 3  # the source, the repainted window, the mix
    assert sum(one.decodes for one in planned.stages) == len(decoded) == 4


def test_a_condition_that_stages_and_takes_share_is_encoded_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = count(monkeypatch, TorchNetworks, "encode_condition")
    run(DRAFT | {"play": {"batch": 3}}, FINISH)
    assert len(encoded) == 1
    run(DRAFT, FINISH | {"prompt": {"caption": "jazz"}})
    assert len(encoded) == 2


def test_takes_with_what_was_kept_are_those_without(studio: Studio, run: Run) -> None:
    stages = (DRAFT, FINISH, {"id": "last", "kind": "cover", "source": "@finish"})
    first = run(*stages)
    assert studio.encodings.bytes > 0
    studio.encodings.clear()
    assert run(*stages).stages == first.stages == run(*stages).stages


def test_a_preview_changes_nothing_else(studio: Studio, run: Run) -> None:
    plain = run(DRAFT, FINISH)
    assert studio.library.takes.find_decoded(only(studio, plain, "draft")) is None
    heard = run(DRAFT, FINISH, preview=True)
    assert heard.stages == plain.stages
    assert studio.library.takes.find_decoded(only(studio, heard, "draft")) is not None


def test_a_take_of_latents_is_exported_played_edited_and_deleted_as_any_other(studio: Studio, run: Run, tmp_path: Path) -> None:
    result = run(DRAFT, FINISH)
    draft = only(studio, result, "draft")
    with pytest.raises(NotFound, match="no audio") as caught:
        studio.library.takes.content(draft)
    assert f"twin takes export {draft.id}" in caught.value.remedy
    copy = finish(takes_verb.export(draft.id, studio, tmp_path / "copy.flac"))[0]
    path = finish(takes_verb.play_path(draft.id, studio))
    assert (files.read(path) == files.read(copy)).all()
    assert finish(replay(str(copy), studio)).take == draft.id
    mixed = run({"id": "sum", "kind": "mix", "inputs": [{"source": draft.id}, {"source": "@source"}]})
    assert only(studio, mixed, "sum").parents == (draft.id,)
    studio.library.takes.delete(draft.id, cascade=True)
    assert not path.exists() and not list((studio.settings.studio / "takes").glob("*/*.flac"))


@pytest.mark.thorough
def test_a_take_of_latents_is_made_again_and_its_pipeline_traced(studio: Studio, run: Run, tmp_path: Path) -> None:
    result = run(DRAFT | {"audio": True}, FINISH | {"id": "middle"}, FINISH | {"source": "@middle"})
    for name in ("draft", "middle", "finish"):
        found = finish(replay(only(studio, result, name).id, studio))
        assert (found.same_bytes, found.differences) == (True, ())
    traced = finish(verb.find_pipeline(result.stages["finish"][0], studio))
    assert [table.get("audio", False) for table in traced["stages"]] == [True, False, False]
    path = tmp_path / "again.toml"
    path.write_text(write_toml(traced))
    again = finish(verb.run_pipeline(verb.PipelineRun(pipeline=str(path)), studio))
    assert list(again.stages.values()) == list(result.stages.values())


def test_latents_of_other_weights_are_not_decoded(studio: Studio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    draft = only(studio, run(DRAFT, FINISH), "draft")
    other = Studio(
        studio.settings, studio.library, {"tiny": replace(finish(studio.load_instrument("tiny")), revision="b2:other")}
    )
    with pytest.raises(BadInput, match="only those weights decode"):
        finish(find_sound(draft, other))


def test_the_record_says_on_what_and_in_which_time_it_was_made(studio: Studio, run: Run) -> None:
    result = run(DRAFT, FINISH)
    for name in ("draft", "finish"):
        take = only(studio, result, name)
        assert take.made is not None and take.made.device == "cpu" and take.made.threads >= 1
        assert set(take.made.seconds) == {"prepare", "denoise", "decode", "finish"}
        assert {"producertwin", "torch"} <= take.made.versions.keys()
        assert take.revision and take.stage["play"]["seed"] == take.seed
        assert take.genuine and take.model_copy(update={"made": None}).genuine
        assert studio.library.takes.sidecars.find(take.id) == take


def test_a_rebuilt_library_has_its_takes_of_latents(studio: Studio, run: Run) -> None:
    draft = only(studio, run(DRAFT, FINISH), "draft")
    rebuild.rebuild(studio.settings)
    assert studio.library.takes.get(draft.id) == draft
    assert studio.library.takes.find_by_audio(str(draft.latents)) == draft


def test_takes_of_latents_are_heard_in_a_listening_test(studio: Studio, run: Run) -> None:
    draft, finished = (only(studio, run(DRAFT, FINISH), name) for name in ("draft", "finish"))
    assert draft.audio is None
    sounds = finish(listen._find_side(f"{draft.id[:8]},{finished.id}", studio))
    assert [files.read(sound.path).shape[1] > 0 for sound in sounds] == [True, True]
    assert studio.library.takes.find_decoded(draft) == sounds[0].path
