"""nano by the clock: each phase on tiny things, what comes back, and what is made of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from producertwin.house_band.compose import compose
from producertwin.house_band.oscillators import Sound
from producertwin.house_band.score import Part, Score
from producertwin.model.nano.gliding_codec import GlidingCodec
from producertwin.training.pretrain.foreign import KINDS, foreign_sound
from producertwin.training.pretrain.gliding import normalise, reconstruct, spectral_distance, weigh
from producertwin.training.pretrain.latents import LatentShards
from producertwin.training.pretrain.pool import SoundPool, vary
from producertwin.training.pretrain.songs import SAMPLED, SongPlan, render_share, render_song, vary_desk
from producertwin.training.pretrain.timed.codec import CodecTraining, TimedCodecRecipe, train_codec
from producertwin.training.pretrain.timed.latents import write_latents
from producertwin.training.pretrain.timed.results import RunLog, read_codec, write_codec
from producertwin.training.pretrain.timed.state import TimedState
from producertwin.training.rng import make_rng

SIZES = {"encoder_width": 32, "encoder_depth": 1, "decoder_width": 32, "decoder_depth": 1, "fine_width": 32, "fine_depth": 1}
CPU = torch.device("cpu")
RECIPE = TimedCodecRecipe(batch=2, frames=12, critics_batch=1, bf16=False)


class Whistle:
    """Plays every part as a steady tone, but leaves the drums to the band."""

    def render_part(self, score: Score, part: Part, length: int) -> Sound | None:  # noqa: ARG002 - a player's signature
        if part.stem == "drums":
            return None
        return np.full((2, length), 0.01, np.float32)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> SoundPool:
    folder = tmp_path_factory.mktemp("songs")
    plan = SongPlan(folder, seconds=2.56, most=3)
    assert render_share(plan, 0, 1, math.inf) == 3
    found = SoundPool(folder, CPU, room=0)
    found.start()
    found.stop()
    return found


def test_songs_are_played_twice_and_say_which_is_sampled() -> None:
    plan = SongPlan(Path(), seconds=2.56)
    sounds, facts = render_song(plan, 4, Whistle())
    assert [fact["index"] for fact in facts] == [8, 9]
    assert len(sounds) == sum(len(fact["names"]) for fact in facts)
    assert not any(SAMPLED in text for text in facts[0]["captions"])
    assert all(SAMPLED in text.split(", ") for text in facts[1]["captions"])
    assert {bool(fact["partial"]) for fact in facts} == {True, False}
    assert all(fact["sections"][0][0] == 0.0 and fact["sections"][-1][1] == "end" for fact in facts)
    again, _ = render_song(plan, 4, Whistle())
    assert all(np.array_equal(a, b) for a, b in zip(sounds, again, strict=True))


@pytest.mark.thorough
@pytest.mark.parametrize("index", range(8))
def test_of_songs_of_either_length_some_have_stems_and_a_partial_mix_sums_some_of_them(index: int) -> None:
    sounds, [fact] = render_song(SongPlan(Path(), seconds=1.28), index, None)
    assert sounds[0].shape[1] == 61_440 * (1 + index % 2)
    split = (index // 2) % 2 == 0 and len(fact["stems"]) > 1
    assert bool(fact["partial"]) == split
    if split:
        by_name = dict(zip(fact["names"], sounds, strict=True))
        assert 0 < len(fact["partial"]) < len(fact["stems"])
        assert np.allclose(by_name["partial"], sum(by_name[f"stem.{name}"] for name in fact["partial"]), atol=1e-5)


def test_another_desk_moves_strips_and_nothing_that_is_written() -> None:
    score = compose("lofi_jazz", seed=3, seconds=5)
    moved = vary_desk(score, np.random.default_rng(1))
    assert [part.notes for part in moved.parts] == [part.notes for part in score.parts]
    assert [part.gain for part in moved.parts] != [part.gain for part in score.parts]
    assert moved.tags == score.tags and moved.bpm == score.bpm


@pytest.mark.parametrize("kind", sorted(set(KINDS), key=lambda kind: kind.__name__))
def test_every_foreign_kind_sounds(kind: Any) -> None:
    sound = kind(np.random.default_rng(2), 48_000)
    assert sound.shape == (2, 48_000) and np.isfinite(sound).all() and float(np.abs(sound).max()) > 0.01


def test_foreign_sounds_are_the_same_again_and_differ() -> None:
    first, again, other = foreign_sound(1, 5, 0.5), foreign_sound(1, 5, 0.5), foreign_sound(1, 6, 0.5)
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert float(np.abs(first).max()) == pytest.approx(0.5, abs=1e-3)


def test_the_pool_takes_files_and_leaves_none(pool: SoundPool) -> None:
    assert not list(pool.folder.iterdir())
    assert [fact["index"] for fact in pool.facts] == [0, 2, 4]
    assert len(pool.by_kind["mix"]) == 3 and len(pool.by_kind["foreign"]) == 1 and pool.by_kind["stem"]
    crops = pool.crops(np.random.default_rng(1), 6, 10)
    assert crops.shape == (6, 2, 19_200) and bool(torch.isfinite(crops).all())


def test_crops_are_varied_in_level_and_side_and_nothing_breaks() -> None:
    sounds = torch.randn(64, 2, 9_600, generator=torch.Generator().manual_seed(1)) * 0.1
    found = vary(sounds.clone(), np.random.default_rng(3))
    levels = 20 * torch.log10(found.square().mean((1, 2)).sqrt() / 0.1)
    assert float(levels.max() - levels.min()) > 8 and bool(torch.isfinite(found).all())


def test_clipping_on_the_device_moves_weights_as_the_plain_optimizer_and_never_by_what_is_not_finite() -> None:
    torch.manual_seed(1)
    timed, plain = nn.Linear(4, 3, bias=False), nn.Linear(4, 3, bias=False)
    plain.load_state_dict(timed.state_dict())
    state = TimedState(dict(timed.named_parameters()), 0.1, warmup=1)
    other = torch.optim.AdamW(plain.parameters(), lr=0.1, betas=(0.9, 0.99), weight_decay=0.01)
    for step in range(3):
        x = 100 * torch.randn(5, 4, generator=torch.Generator().manual_seed(step))
        torch.autograd.backward(timed(x).square().sum())
        state.update(0.0)
        torch.autograd.backward(plain(x).square().sum())
        nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        other.step()
        other.zero_grad()
    assert torch.allclose(timed.weight, plain.weight, atol=1e-6)
    before = timed.weight.detach().clone()
    for bad in (math.nan, math.inf):
        timed.weight.grad = torch.full((3, 4), bad)
        state.update(0.0)
        assert torch.equal(timed.weight, before)
    state.take_average()
    assert not torch.equal(timed.weight, before)


@pytest.mark.thorough
def test_the_codec_learns_to_copy_a_sound() -> None:
    torch.manual_seed(2)
    model = GlidingCodec(**SIZES)
    audio = 0.1 * torch.sin(2 * torch.pi * 230 / 48_000 * torch.arange(23_040))[None, None].repeat(1, 2, 1)
    state, found = TimedState(dict(model.named_parameters()), 3e-3, warmup=5), []
    for _ in range(30):
        draw = make_rng(1, 0)
        made, guesses = reconstruct(model, audio, RECIPE.weights, draw, bf16=False)
        distance, _ = spectral_distance(made, audio, RECIPE.weights, draw)
        torch.autograd.backward(distance + weigh(guesses, RECIPE.weights))
        state.update(0.0)
        found.append(float(distance.detach()) + float(guesses["semitones"].detach()))
    assert found[-1] < 0.7 * found[0]


def test_critics_join_late_and_both_sides_learn(pool: SoundPool) -> None:
    torch.manual_seed(3)
    training = CodecTraining(GlidingCodec(**SIZES), pool, RECIPE)
    first = training.advance(0.05)
    assert set(first) == {"mels", "semitones", "deviations", "kl", "norm"}
    early = training.advance(0.3)
    assert "critics" not in early and training.critics_state.step == 0
    before = {name: weight.detach().clone() for name, weight in training.critics.named_parameters()}
    late = training.advance(0.9)
    assert {"critics", "verdict", "gap"} <= set(late) and not training.trouble
    assert all(bool(torch.isfinite(value)) for value in late.values())
    assert any(not torch.equal(before[name], weight) for name, weight in training.critics.named_parameters())


def test_critics_that_the_device_refuses_are_left_out_and_named(pool: SoundPool, monkeypatch: pytest.MonkeyPatch) -> None:
    training = CodecTraining(GlidingCodec(**SIZES), pool, RECIPE)

    def refuse(*_: object) -> None:
        raise RuntimeError("no kernel image\nis available")

    monkeypatch.setattr(training, "_ask_critics", refuse)
    assert "critics" not in training.advance(0.9)
    assert training.trouble == "no kernel image"
    assert training.state.step == 1


def test_training_by_the_clock_ends_at_once_when_its_time_is_over(pool: SoundPool) -> None:
    rows: list[str] = []
    model = GlidingCodec(**SIZES)
    assert train_codec(model, pool, RECIPE, 0.0, lambda name, _row: rows.append(name), lambda: None) == 0
    assert not rows


@pytest.mark.thorough
def test_codec_and_latents_come_back_as_they_were(pool: SoundPool, tmp_path: Path) -> None:
    torch.manual_seed(4)
    model = GlidingCodec(**SIZES).eval()
    normalise(model, pool.by_kind["mix"], CPU)
    write_codec(model, tmp_path)
    again = read_codec(tmp_path)
    assert torch.allclose(again.latent_std, model.latent_std, rtol=1e-3)
    assert write_latents(again, pool, tmp_path / "latents", math.inf) == 3
    shards = LatentShards(tmp_path / "latents")
    every = torch.cat([shards.sound(song, "mix").float() for song in shards.songs])
    assert torch.allclose(every.mean(0), torch.zeros(64), atol=0.05) and torch.allclose(every.std(0), torch.ones(64), atol=0.05)
    assert shards.split and all(f"{song['index']}.partial" in shards.sounds for song in shards.split)
    assert {len(shards.sound(song, "mix")) for song in shards.songs} == {64, 128}


def test_the_log_is_whole_after_every_row(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0.0, {"device": "cpu"})
    for step in range(3):
        log.rows.append({"step": step})
        log.write()
        assert len(json.loads((tmp_path / "record.json").read_text())["rows"]) == step + 1


def test_a_player_is_asked_first_and_the_band_plays_the_rest() -> None:
    from producertwin.house_band.render import render

    score = replace(compose("lofi_jazz", seed=3, seconds=3))
    plain, whistled = render(score, seconds=3), render(score, seconds=3, player=Whistle())
    assert list(plain.stems) == list(whistled.stems)
    tonal = next(name for name in plain.stems if name not in ("drums", "percussion"))
    assert not np.allclose(plain.stems[tonal], whistled.stems[tonal])
