"""The executor on tiny: reproducible, recorded, refused early, stopped cleanly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from pipeline_kit import ask, on_tiny, tone
from pydantic import TypeAdapter
from safetensors.torch import save_file

from producertwin.audio import files
from producertwin.errors import AudioRejected, BadInput, Interrupted, NotFound, Resources, TwinError, Unavailable
from producertwin.library import open_studio
from producertwin.model.instrument import Instrument
from producertwin.pipeline import delivery, executor
from producertwin.pipeline.delivery import Delivery
from producertwin.pipeline.executor import Rendered, run
from producertwin.pipeline.stages import Stage
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.timebase import samples_of

Player = Callable[..., list[Rendered]]
STAGE = TypeAdapter[Stage](Stage)


def test_the_same_seed_is_the_same_file_alone_or_in_a_batch(play: Player, tmp_path: Path) -> None:
    play(ask(seed=4), tmp_path / "alone.flac")
    play(ask(seed=4), tmp_path / "again.flac")
    play(ask(seed=3, batch=2), tmp_path / "batch.flac")
    alone = (tmp_path / "alone.flac").read_bytes()
    assert (tmp_path / "again.flac").read_bytes() == alone
    assert (tmp_path / "batch-2.flac").read_bytes() == alone
    assert (tmp_path / "batch-1.flac").read_bytes() != alone


def test_a_take_is_recorded_whole(play: Player, settings: Settings, tmp_path: Path, tiny: Instrument) -> None:
    stage = ask("lofi", prompt={"lyrics": "[verse]\nla la", "bpm": 80, "key": "a minor", "meter": 3, "language": "en"})
    [made] = play(stage, tmp_path / "a.wav", picture=True)
    take = made.take
    assert (take.task, take.caption, take.lyrics, take.seed) == ("text2music", "lofi", "[verse]\nla la", 1)
    assert (take.metas.bpm, take.metas.key, take.metas.meter, take.metas.language) == (80, "A minor", 3, "en")
    assert (take.variant, take.revision, take.guide, take.parents) == ("tiny", tiny.revision, None, ())
    assert {"loudness_lufs", "true_peak_db", "tempo_fit", "in_scale_share"} <= take.meters.keys()
    assert take.meters["peak_db"] == pytest.approx(-1.0, abs=0.01)
    assert files.read(tmp_path / "a.wav").shape == (2, samples_of(1.5))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with open_studio(settings) as library:
        assert library.takes.get(take.id) == take
        assert library.takes.content(take, "latents").stat().st_size > 0


@pytest.mark.parametrize("guide", ["none", "band"])
def test_the_stage_of_a_take_makes_it_again(play: Player, guide: str) -> None:
    [made] = play(ask(guide=guide))
    stage = STAGE.validate_python(made.take.stage)
    assert stage.kind == "generate"
    assert (stage.guide, stage.play.steps, stage.play.guidance) == (guide, 2, 2.0)
    [again] = play(stage)
    assert again.take == made.take


def test_a_seed_is_drawn_and_told_when_none_is_given(play: Player) -> None:
    stage = ask()
    [made] = play(stage.model_copy(update={"play": stage.play.model_copy(update={"seed": None})}))
    assert made.take.stage["play"]["seed"] == made.take.seed  # type: ignore[index,call-overload]


def test_seeds_wrap_around(play: Player) -> None:
    assert [made.take.seed for made in play(ask(seed=2**32 - 1, batch=2))] == [2**32 - 1, 0]


@pytest.mark.parametrize(
    "caption", ["🎹🌧️", "ローファイ、雨の夜", "لوفاي", "lofi, " * 400], ids=["emoji", "kana", "arabic", "long"]
)
def test_captions_of_any_kind_are_played_with_their_metas(play: Player, caption: str) -> None:
    [made] = play(ask(caption, prompt={"bpm": 91, "key": "Eb major"}))
    assert (made.take.metas.bpm, made.take.metas.key) == (91, "Eb major")
    assert any("shortened" in warning for warning in made.warnings) == (len(caption) > 100)


def test_a_reference_changes_the_take(play: Player, song: Path) -> None:
    [plain], [coloured] = play(ask()), play(ask(reference=song))
    assert plain.take.audio != coloured.take.audio
    files.write(song.with_name("silent.flac"), 0 * tone())
    with pytest.raises(AudioRejected, match="silent"):
        play(ask(reference=song.with_name("silent.flac")))
    with pytest.raises(NotFound):
        play(ask(reference=song.with_name("nowhere.flac")))


@pytest.fixture
def unloadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading an instrument fails the test."""

    def fail(*_: object) -> None:
        raise AssertionError("the instrument was loaded before everything was checked")

    monkeypatch.setattr(executor, "load", fail)


@pytest.mark.usefixtures("unloadable")
def test_an_output_that_cannot_be_written_is_refused_before_loading(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput):
        finish(run(ask(), settings, delivery=Delivery(tmp_path / "file" / "a.flac")))


@pytest.mark.usefixtures("unloadable")
def test_a_full_disk_is_refused_before_loading(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SPARE", 10**18)
    with pytest.raises(Resources):
        finish(run(ask(), settings))


@pytest.mark.parametrize(("variant", "error"), [("nanoo", BadInput), ("turbo", Unavailable), ("./nowhere", Unavailable)])
def test_a_variant_that_is_not_there_is_named(settings: Settings, variant: str, error: type[TwinError]) -> None:
    stage = ask()
    with pytest.raises(error) as caught:
        finish(run(stage.model_copy(update={"play": stage.play.model_copy(update={"variant": variant})}), settings))
    assert variant.strip("./") in caught.value.message
    assert caught.value.remedy


def test_an_adapter_that_is_not_there_is_named(settings: Settings, tiny: Instrument) -> None:
    stage = ask(play={"variant": "tiny", "adapters": ["mara:0.5"]})
    with pytest.raises(NotFound, match="mara"):
        finish(run(stage, settings, instrument=tiny))


def test_an_adapter_plays_and_is_recorded_and_comes_off(settings: Settings, tiny: Instrument, tmp_path: Path) -> None:
    layer = "layers.0.self_attn.to_v"
    width = tiny.transformer.get_submodule(layer).weight.shape
    folder = tmp_path / "mara"
    folder.mkdir()
    up, down = torch.ones(width[0], 2), torch.ones(2, width[1])
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"r": 2, "lora_alpha": 2}')
    [plain] = finish(run(ask(), settings, instrument=tiny))
    [worn] = finish(run(ask(play={**on_tiny().model_dump(), "adapters": [f"{folder}:0.5"]}), settings, instrument=tiny))
    [again] = finish(run(ask(), settings, instrument=tiny))
    assert [(use.name, use.scale) for use in worn.take.adapters] == [(str(folder), 0.5)]
    assert worn.take.audio != plain.take.audio == again.take.audio


@pytest.mark.parametrize("signal", [KeyboardInterrupt, GeneratorExit])
def test_stopping_keeps_what_is_finished(
    settings: Settings, tiny: Instrument, tmp_path: Path, signal: type[BaseException]
) -> None:
    work = run(ask(batch=3), settings, delivery=Delivery(tmp_path / "a.flac"), instrument=tiny)
    for event in work:
        if event.what == "take 2 of 3":
            break
    if signal is GeneratorExit:
        work.close()
    else:
        with pytest.raises(Interrupted, match="after 1 of 3 takes"):
            work.throw(signal)
    with open_studio(settings) as library:
        assert len(library.takes.list()) == 1
    assert sorted(path.name for path in tmp_path.glob("*a-*")) == ["a-1.flac"]
