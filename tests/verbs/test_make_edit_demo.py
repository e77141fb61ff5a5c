"""`make`, `edit`, `demo` and `takes` without the command line: refused early, stopped cleanly, warnings told as events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline_kit import ask, edit, on_tiny
from producertwin.audio import files
from producertwin.audio.meters import measure
from producertwin.audio.onsets import FRAME_RATE, band_flux
from producertwin.audio.tempo import tempo_agreement
from producertwin.errors import BadInput, Interrupted, NotFound, PartialFailure, Resources, TwinError, Unavailable
from producertwin.library import open_library as open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.request import Metas
from producertwin.model.variants import load as loading
from producertwin.model.variants.catalogue import VARIANTS
from producertwin.pipeline import delivery, guide
from producertwin.progress import Message, Progress, finish
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs import demo, make, takes
from producertwin.verbs import edit as editing
from producertwin.verbs.studio import Studio, open_studio

NONSENSE = "xqzzt"
"""A caption that shares no word with any style."""


@pytest.fixture
def unloadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading an instrument fails the test."""

    def fail(*_: object) -> None:
        raise AssertionError("the instrument was loaded before everything was checked")

    monkeypatch.setattr(loading, "load", fail)


@pytest.fixture
def bare(settings: Settings) -> Iterator[Studio]:
    """An open studio with nothing loaded."""
    with open_studio(settings) as opened:
        yield opened


@pytest.mark.thorough
def test_make_gives_takes_with_copies_and_pictures(studio: Studio, tmp_path: Path) -> None:
    done = finish(make.make(ask(seed=4, batch=2), studio, out=tmp_path / "a.flac", picture=True))
    assert [(one.take.seed, one.path, one.warnings) for one in done] == [
        (4, tmp_path / "a-1.flac", ()),
        (5, tmp_path / "a-2.flac", ()),
    ]
    for one in done:
        assert one.path is not None
        assert np.array_equal(files.read(one.path), files.read(studio.library.takes.content(one.take)))
        assert one.path.with_suffix(".png").is_file()
    planned = finish(make.plan_make(ask(batch=2), studio, out=tmp_path / "a.flac"))
    assert (planned.takes, planned.seconds, planned.files) == (2, 3.0, (tmp_path / "a-1.flac", tmp_path / "a-2.flac"))


def test_edit_gives_children_of_the_source(studio: Studio) -> None:
    [parent] = finish(make.make(ask(), studio))
    [child] = finish(editing.edit(edit("lego", parent.take.id), studio))
    assert child.take.parents == (parent.take.id,)
    assert (child.take.task, child.path) == ("lego", None)
    planned = finish(editing.plan_edit(edit("lego", parent.take.id), studio))
    assert (planned.takes, planned.seconds, planned.files) == (1, pytest.approx(1.5), ())


@pytest.mark.thorough
def test_the_demo_scores_its_takes_and_keeps_the_best(studio: Studio, tmp_path: Path) -> None:
    plan = demo.DemoPlan(brief="lofi, rainy", takes=2, seconds=2.0, variant="tiny")
    said: list[Any] = []
    done = finish(demo.demo(plan, studio, tmp_path / "demo"), said.append)
    notes = [event.text for event in said if isinstance(event, Message) and event.kind == "note"]
    assert notes[0] == "brief: lofi, rainy"
    assert notes[-1] == demo.SAID
    assert len(done.candidates) == 2
    for one in done.candidates:
        assert one.scores["tempo"] == {"as asked": 1.0}.get(one.tempo.split(", ")[-1], one.scores["tempo"])
        assert one.scores["tempo"] in (0.0, 0.5, 1.0)
        assert one.tempo
    assert done.best.scores["score"] == max(one.scores["score"] for one in done.candidates)
    assert sorted(path.name for path in done.files) == ["best.flac", "best.json", "best.png"]
    record = json.loads((tmp_path / "demo" / "best.json").read_text())
    assert (record["schema"], record["id"], record["scores"]) == ("twin.take/1", done.best.take.id, done.best.scores)
    assert set(demo.plan_demo(plan, tmp_path / "demo")) == set((tmp_path / "demo").iterdir())


@pytest.mark.thorough
@pytest.mark.parametrize("turn", range(demo.DemoPlan().takes))
def test_the_demo_has_a_beat_from_its_first_second_on(turn: int) -> None:
    stage = demo.DemoPlan().stage
    seed = (stage.play.seed or 0) + turn
    metas = guide.draw_metas(stage, seed, Metas(), VARIANTS["nano"].card).metas
    audio = guide.play_score(stage, guide.write_score(stage, seed, metas))
    assert metas.bpm is not None
    onsets = band_flux(audio).sum(axis=0)
    beats = [round(beat * 60.0 / metas.bpm * FRAME_RATE) for beat in range(int(2.0 * metas.bpm / 60.0) + 1)]
    assert all(onsets[max(0, beat - 4) : beat + 5].max() > 4 * np.median(onsets) for beat in beats)
    assert tempo_agreement(measure(audio[:, : 4 * SAMPLE_RATE]).tempo().bpm, metas.bpm).share > 0


@pytest.mark.thorough
def test_a_warning_is_told_once_and_kept_with_every_take(bare: Studio) -> None:
    stage = ask(NONSENSE, guide="auto", play={"variant": "nano", "seed": 1, "batch": 2, "steps": 2})
    said: list[Any] = []
    done = finish(make.make(stage, bare), said.append)
    warnings = [event.text for event in said if isinstance(event, Message) and event.kind == "warning"]
    assert len(warnings) == len(set(warnings)) >= 2
    assert all(NONSENSE in text for text in warnings)
    assert [set(one.warnings) for one in done] == [set(warnings)] * 2


def test_a_plan_refuses_what_the_run_would_refuse_and_writes_nothing(settings: Settings) -> None:
    studio = Studio(settings)
    for work, error in (
        (make.plan_make(ask(play={"variant": "turbo"}), studio), Unavailable),
        (make.plan_make(ask(play={"variant": "tiny", "adapters": ["mara"]}), studio), NotFound),
        (make.plan_make(ask(reference="nowhere.wav"), studio), NotFound),
        (make.plan_make(ask(NONSENSE, guide="band"), studio), NotFound),
        (editing.plan_edit(edit("refine", "abcdefgh"), studio), NotFound),
        (editing.plan_edit(edit("lego", "nowhere.flac"), studio), NotFound),
    ):
        with pytest.raises(error):
            finish(work)
    assert not settings.studio.exists()


def test_metas_in_the_caption_are_taken_and_told(studio: Studio) -> None:
    stage = make.Generate.model_validate({"prompt": {"caption": "lofi, 84 bpm, A minor, 2 seconds long"}, "play": on_tiny()})
    said: list[Any] = []
    [done] = finish(make.make(stage, studio), said.append)
    assert (done.take.metas.bpm, done.take.metas.key, round(done.take.seconds)) == (84, "A minor", 2)
    assert "from the caption: 84 bpm, A minor, 2 s" in [event.text for event in said if isinstance(event, Message)]
    finish(make.plan_make(stage, studio))
    with pytest.raises(BadInput, match=r"84 bpm.*--bpm 90"):
        finish(make.make(ask("lofi, 84 bpm", prompt={"bpm": 90}), studio))


@pytest.mark.usefixtures("unloadable")
def test_an_output_that_cannot_be_written_is_refused_before_loading(bare: Studio, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput):
        finish(make.make(ask(), bare, out=tmp_path / "file" / "a.flac"))


@pytest.mark.usefixtures("unloadable")
def test_a_full_disk_is_refused_before_loading(bare: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SPARE", 10**18)
    with pytest.raises(Resources):
        finish(make.make(ask(), bare))


@pytest.mark.usefixtures("unloadable")
def test_a_source_that_is_not_there_is_refused_before_loading(bare: Studio) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        finish(editing.edit(edit("refine", "nowhere.flac"), bare))


@pytest.mark.parametrize(("variant", "error"), [("nanoo", BadInput), ("turbo", Unavailable), ("./nowhere", Unavailable)])
def test_a_variant_that_is_not_there_is_named(bare: Studio, variant: str, error: type[TwinError]) -> None:
    stage = ask()
    with pytest.raises(error) as caught:
        finish(make.make(stage.model_copy(update={"play": stage.play.model_copy(update={"variant": variant})}), bare))
    assert variant.strip("./") in caught.value.message
    assert caught.value.remedy


def test_an_adapter_that_is_not_there_is_named(studio: Studio) -> None:
    with pytest.raises(NotFound, match="mara"):
        finish(make.make(ask(play={"variant": "tiny", "adapters": ["mara:0.5"]}), studio))


def test_an_adapter_plays_and_is_recorded_and_comes_off(studio: Studio, tiny: Instrument, tmp_path: Path) -> None:
    layer = "layers.0.self_attn.to_v"
    width = tiny.transformer.get_submodule(layer).weight.shape
    folder = tmp_path / "mara"
    folder.mkdir()
    up, down = torch.ones(width[0], 2), torch.ones(2, width[1])
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"r": 2, "lora_alpha": 2}')
    [plain] = finish(make.make(ask(), studio))
    [adapted] = finish(make.make(ask(play={**on_tiny().model_dump(), "adapters": [f"{folder}:0.5"]}), studio))
    [again] = finish(make.make(ask(), studio))
    assert [(use.name, use.scale) for use in adapted.take.adapters] == [(str(folder), 0.5)]
    assert adapted.take.audio != plain.take.audio == again.take.audio


@pytest.mark.parametrize("signal", [KeyboardInterrupt, GeneratorExit])
def test_stopping_keeps_what_is_finished(studio: Studio, tmp_path: Path, signal: type[BaseException]) -> None:
    work = make.make(ask(batch=3), studio, out=tmp_path / "a.flac")
    for event in work:
        if isinstance(event, Progress) and event.what == "take 2 of 3":
            break
    if signal is GeneratorExit:
        work.close()
    else:
        with pytest.raises(Interrupted, match="after 1 of 3 takes"):
            work.throw(signal)
    assert len(studio.library.takes.list()) == 1
    assert sorted(path.name for path in tmp_path.glob("*a-*")) == ["a-1.flac"]


def test_takes_are_exported_verified_and_deleted(studio: Studio, tmp_path: Path) -> None:
    [made] = finish(make.make(ask(), studio))
    planned = takes.plan_export(made.take.id, studio, tmp_path / "a.wav")
    assert finish(takes.export(made.take.id, studio, tmp_path / "a.wav")) == planned
    assert finish(takes.verify([], studio)).takes == 1
    studio.library.takes.content(made.take, "latents").unlink()
    with pytest.raises(PartialFailure, match="1 of 1 takes"):
        finish(takes.verify([made.take.id], studio))
    assert takes.plan_delete([made.take.id], studio) == (made.take,)
    gone, entry = takes.delete([made.take.id], studio)
    assert gone == (made.take,) and entry.names == (made.take.id,)
    assert studio.library.takes.list() == ()
