"""Sampling options from stage to take: what is off leaves no trace, what is on is kept, and every choice makes the take again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from pipeline_kit import ask, edit, tone
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.options import SamplingOptions
from producertwin.model.sampling.request import Samples
from producertwin.pipeline import executor
from producertwin.pipeline.executor import split_batch, split_passes
from producertwin.pipeline.stages import EDITS, Stage
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.rendering import Rendered, render
from producertwin.verbs.studio import Studio

Player = Callable[..., list[Rendered]]
STAGE = TypeAdapter[Stage](Stage)
OPTIONS: dict[str, Any] = {
    "sampler": "heun",
    "schedule": "1, 0.7, 0.3, 0",
    "guidance_mode": "adg",
    "guidance_interval": "0.2,0.9",
    "velocity_clamp": 0.4,
    "velocity_ema": 0.3,
    "dcw": "low",
    "latent_rescale": 1.3,
    "latent_shift": 0.1,
    "retake_variance": 0.4,
}
"""A value of every option that changes a take by itself."""
DEPENDENT = {"dcw_scale": 0.2, "dcw_high_scale": 0.3, "dcw_wavelet": "db3", "retake_seed": 7}
"""Those that change it with others only."""


def sound_of(made: Rendered, settings: Settings) -> Samples:
    with open_library(settings) as library:
        return files.read(library.takes.content(made.take))


def test_every_option_is_listed_here() -> None:
    assert OPTIONS.keys() | DEPENDENT.keys() == SamplingOptions.model_fields.keys()


@pytest.mark.thorough
@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_changes_the_take_and_its_stage_makes_it_again(play: Player, settings: Settings, name: str) -> None:
    [plain], [made] = play(ask()), play(ask(sampling={name: OPTIONS[name]}))
    assert np.abs(sound_of(made, settings) - sound_of(plain, settings)).max() > 1e-4
    assert "sampling" not in plain.take.stage
    stored = made.take.stage["sampling"]
    assert isinstance(stored, dict)
    stage = STAGE.validate_python(json.loads(json.dumps(made.take.stage)))
    [again] = play(stage)
    assert again.take == made.take


@pytest.mark.thorough
def test_options_that_need_others_reach_the_engine(play: Player, settings: Settings) -> None:
    fixed: dict[str, Any] = {"dcw": "double", "retake_variance": 0.4, "retake_seed": 1}
    three = {"variant": "tiny", "seed": 1, "steps": 3}
    [plain] = play(ask(sampling=fixed, play=three))
    for name, value in DEPENDENT.items():
        [made] = play(ask(sampling=fixed | {name: value}, play=three))
        assert np.abs(sound_of(made, settings) - sound_of(plain, settings)).max() > 1e-5


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sampler": "rk4"}, "sampler"),
        ({"schedule": "1,0.5,0.9"}, "schedule 1, 0.5, 0.9"),
        ({"schedule": "high to low"}, "schedule: 'high to low' is not a list of numbers"),
        ({"schedule": [1.5, 0.5]}, "schedule 1.5"),
        ({"guidance_interval": "0.9,0.2"}, "guidance interval 0.9 to 0.2"),
        ({"guidance_interval": "0.9"}, "guidance_interval"),
        ({"guidance_interval": "low to high"}, "guidance interval: 'low to high' is not a list of numbers"),
        ({"guidance_interval": "nan,1"}, "guidance_interval"),
        ({"schedule": "1,nan"}, "schedule"),
        ({"schedule": "inf,1"}, "schedule"),
        ({"schedule": ","}, "schedule nothing"),
        ({"velocity_clamp": float("nan")}, "velocity_clamp"),
        ({"velocity_ema": float("inf")}, "velocity_ema"),
        ({"latent_shift": -3}, "latent shift -3"),
        ({"latent_rescale": 1e30}, "latent rescale 1e+30"),
        ({"retake_seed": -1}, "retake seed -1"),
        ({"retake_seed": 2**32}, "retake seed 4294967296"),
        ({"velocity_clamp": -1}, "velocity clamp -1"),
        ({"velocity_ema": 1}, "velocity smoothing 1"),
        ({"dcw": "middle"}, "dcw"),
        ({"dcw_scale": 2}, "DCW scale 2"),
        ({"dcw_wavelet": "sym4"}, "dcw_wavelet"),
        ({"retake_variance": 1.1}, "retake variance 1.1"),
        ({"latent_rescale": 0}, "latent rescale 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(sampling=fields)
    assert named in caught.value.message and caught.value.remedy


@pytest.mark.parametrize("kind", ["generate", *EDITS])
def test_what_is_off_is_not_written_down(kind: str) -> None:
    """So records of takes, and the ids that are hashes of them, are as they were before there were options."""
    stage = ask() if kind == "generate" else edit(kind, "song.flac")
    written = stage.model_dump(mode="json")
    assert not written.keys() & {"sampling", "noise_strength", "follow", "mode"} - ({"follow"} if kind == "morph" else set())
    assert "global_caption" not in written["prompt"]
    assert ("reference" in written) == (kind in ("generate", "cover"))
    assert STAGE.validate_python(written) == stage


@pytest.mark.parametrize("given", [None, "a.flac", ["a.flac"], ["a.flac", "b.flac"]])
def test_references_read_and_write_as_one_or_as_many(given: Any) -> None:
    stage = ask(reference=given)
    paths = [] if given is None else [given] if isinstance(given, str) else given
    assert stage.reference == tuple(map(Path, paths))
    assert stage.model_dump(mode="json")["reference"] == (None if not paths else paths[0] if len(paths) == 1 else paths)
    assert STAGE.validate_json(stage.model_dump_json()) == stage


def test_a_batch_of_retakes_varies_one_seed() -> None:
    stages = list(split_batch(ask(seed=5, batch=3, sampling={"retake_variance": 0.2, "retake_seed": 2**32 - 1})))
    assert [stage.play.seed for stage in stages] == [5, 5, 5]
    assert [stage.sampling.retake_seed for stage in stages] == [2**32 - 1, 0, 1]
    following = [stage.sampling.retake_seed for stage in split_batch(ask(seed=5, batch=2, sampling={"retake_variance": 0.2}))]
    assert following == [6, 7]
    assert next(split_batch(ask())).sampling == SamplingOptions()


def test_a_variants_own_correction_is_written_down(tiny: Instrument) -> None:
    turbo = tiny.card.model_copy(update={"discrete": True})
    assert executor.resolve(ask(), (), turbo)[0].sampling.dcw == "double"
    assert executor.resolve(ask(sampling={"dcw": "off"}), (), turbo)[0].sampling.dcw == "off"
    assert executor.resolve(ask(), (), tiny.card)[0].sampling.dcw is None


@pytest.mark.thorough
def test_takes_are_played_together_on_an_accelerator_alone(
    tiny: Instrument, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = executor.prepare(ask(batch=5), ())
    parts = [(stage, prepared) for stage in split_batch(ask(batch=5))]
    assert [len(group) for group in split_passes(parts, tiny)] == [1] * 5
    elsewhere = replace(tiny, device=torch.device("cuda"))
    assert [len(group) for group in split_passes(parts, elsewhere)] == [5]
    assert [len(group) for group in split_passes(parts * 4, elsewhere)] == [8, 8, 4]
    long = (parts[0][0], replace(prepared, seconds=150.0))
    assert [len(group) for group in split_passes([*parts[1:], long], elsewhere)] == [4, 1]
    assert engine.takes_per_pass(elsewhere, 600.0) == 1
    # What is played together is told together, kept together, and each is the take that it is alone.
    passes: list[int] = []
    play = engine.generate

    def count(instrument: Instrument, requests: Any, **ways: Any) -> Any:
        passes.append(len(requests))
        return play(instrument, requests, max_batch=8, **ways)

    monkeypatch.setattr(engine, "takes_per_pass", lambda *_: 2)
    monkeypatch.setattr(engine, "generate", count)
    with open_library(settings) as library:
        made = finish(render(ask(seed=3, batch=3), Studio(settings, library, {"tiny": tiny})))
        assert passes == [2, 1] and [one.take.seed for one in made] == [3, 4, 5]
        monkeypatch.undo()
        for one in made:
            [alone] = finish(render(ask(seed=one.take.seed), Studio(settings, library, {"tiny": tiny})))
            together, single = (files.read(library.takes.content(each.take)) for each in (one, alone))
            assert np.abs(together - single).max() <= 1e-4


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["exact", "conservative", "balanced", "aggressive"])
def test_a_repaint_may_begin_before_its_source(play: Player, settings: Settings, song: Path, mode: str) -> None:
    """Two seconds before, up to 0.5 s into the source: the source stands after them, where it is kept."""
    stage = edit("repaint", song, start=-2.0, end=0.5, mode=mode, prompt={"caption": "lofi"})
    [made] = play(stage)
    sound, source = sound_of(made, settings), files.read(song)
    assert sound.shape[1] == source.shape[1] + 96_000
    kept = slice(96_000 + 24_000 + 2_400, None)
    if mode == "aggressive":
        assert np.abs(sound[:, kept] - source[:, 26_400:]).max() > 1e-3
    else:
        assert np.array_equal(sound[:, kept], source[:, 26_400:])
    assert np.abs(sound[:, :90_000]).max() > 1e-3
    [again] = play(STAGE.validate_python(made.take.stage))
    assert again.take == made.take


def test_strength_belongs_to_a_balanced_repaint() -> None:
    assert edit("repaint", "x", mode="balanced", strength=0.3).model_dump()["strength"] == 0.3
    for mode in ("exact", "conservative", "aggressive"):
        with pytest.raises(BadInput, match=f"{mode} knows no strength"):
            edit("repaint", "x", mode=mode, strength=0.3)


@pytest.mark.thorough
@pytest.mark.parametrize("follow", ["words", "codes", "latents"])
def test_a_morph_is_a_child_of_its_source(play: Player, settings: Settings, follow: str) -> None:
    [parent] = play(ask("slow piano", prompt={"lyrics": "la"}))
    [made] = play(edit("morph", parent.take.id, source_caption="", prompt={"caption": "fast guitar"}, follow=follow))
    take = made.take
    assert take.parents == (parent.take.id,) and (take.caption, take.lyrics) == ("fast guitar", "la")
    assert take.stage["source_caption"] == "slow piano" and take.stage["source_lyrics"] == "la"
    assert take.task == ("text2music" if follow == "words" else "cover")
    assert np.abs(sound_of(made, settings) - sound_of(parent, settings)).max() > 1e-3
    [again] = play(STAGE.validate_python(take.stage))
    assert again.take == take


def test_a_morph_needs_to_know_what_the_source_is(song: Path) -> None:
    stage = edit("morph", song, source_caption="", prompt={"caption": "guitar"})
    with pytest.raises(BadInput, match=r"nobody says what .*song\.flac is"):
        executor.prepare(stage, executor.find_sources(stage, None))
    same = edit("morph", song, source_caption="guitar", prompt={"caption": "guitar"})
    with pytest.raises(BadInput, match="nothing would change"):
        executor.prepare(same, executor.find_sources(same, None))
    with pytest.raises(BadInput, match=r"from 0\.5 until 0\.5"):
        edit("morph", song, begin=0.5, until=0.5)


@pytest.mark.thorough
@pytest.mark.parametrize("fields", [{"noise_strength": 0.5}, {"follow": "latents"}])
def test_covers_follow_as_they_are_asked_to(play: Player, settings: Settings, song: Path, fields: dict[str, Any]) -> None:
    [plain], [made] = (play(edit("cover", song, prompt={"caption": "jazz"}, **more)) for more in ({}, fields))
    assert np.abs(sound_of(made, settings) - sound_of(plain, settings)).max() > 1e-3
    assert fields.items() <= made.take.stage.items()
    [again] = play(STAGE.validate_python(made.take.stage))
    assert again.take == made.take


def test_a_caption_of_the_whole_song_is_refused_where_it_was_not_learned(play: Player, song: Path) -> None:
    with pytest.raises(BadInput, match="tiny was not trained on captions of song and stem"):
        play(edit("lego", song, prompt={"caption": "bass", "global_caption": "slow jazz"}))


@pytest.mark.thorough
def test_a_reference_is_heard_by_every_edit(play: Player, settings: Settings, song: Path, tmp_path: Path) -> None:
    other = files.write(tmp_path / "other.flac", tone(pitch=523.0))
    for kind in ("refine", "repaint", "extract", "lego"):
        asked = {"prompt": {"caption": "lofi"}}
        [plain], [coloured] = play(edit(kind, song, **asked)), play(edit(kind, song, reference=[str(other)], **asked))
        assert np.abs(sound_of(coloured, settings) - sound_of(plain, settings)).max() > 1e-5, kind
