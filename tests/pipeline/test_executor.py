"""The executor on tiny: reproducible, and recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from pipeline_kit import ask, tone
from producertwin.audio import files
from producertwin.errors import AudioRejected, NotFound
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.pipeline.stages import Stage
from producertwin.settings import Settings
from producertwin.timebase import samples_of
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]
STAGE = TypeAdapter[Stage](Stage)


@pytest.mark.thorough
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
    assert take.meters["true_peak_db"] == pytest.approx(-1.0, abs=0.01)
    assert files.read(tmp_path / "a.wav").shape == (2, samples_of(1.5))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with open_library(settings) as library:
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


@pytest.mark.thorough
def test_a_reference_changes_the_take(play: Player, song: Path) -> None:
    [plain], [coloured] = play(ask()), play(ask(reference=song))
    assert plain.take.audio != coloured.take.audio
    files.write(song.with_name("silent.flac"), 0 * tone())
    with pytest.raises(AudioRejected, match="silent"):
        play(ask(reference=song.with_name("silent.flac")))
    with pytest.raises(NotFound):
        play(ask(reference=song.with_name("nowhere.flac")))
