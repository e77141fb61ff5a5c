"""The gliding codec on a CPU: begun from a codec, held near its latents, on sounds that stay where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from producertwin.errors import NotFound
from producertwin.model.nano.codec import PASSING, NanoCodec
from producertwin.model.nano.gliding_codec import GlidingCodec
from producertwin.progress import Steps, finish
from producertwin.timebase import HOP
from producertwin.training.pretrain.gliding import GlidingRecipe, GlidingWeights, begin_from, reconstruct, train_gliding, weigh
from producertwin.training.pretrain.loop import PretrainSchedule
from producertwin.training.pretrain.pool import map_sounds
from producertwin.training.pretrain.songs import SongPlan, render_files
from producertwin.training.rng import make_rng

SIZES = {"encoder_width": 32, "encoder_depth": 1, "decoder_width": 32, "decoder_depth": 1, "fine_width": 32, "fine_depth": 1}


@pytest.fixture
def known() -> NanoCodec:
    torch.manual_seed(4)
    codec = NanoCodec(**SIZES, passing=PASSING).eval()
    codec.latent_mean.fill_(0.25)
    codec.latent_std.fill_(0.5)
    return codec


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for index in range(2):
        render_files(SongPlan(folder, seconds=2.56), index, None, foreign=index == 0)
    return folder


def noise(frames: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, 2, frames * HOP, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_a_codec_that_is_begun_has_the_latents_of_the_one_before(known: NanoCodec) -> None:
    begun, _ = begin_from(known)
    again, _ = begin_from(begun)
    expected = known.encode(noise(6)).latent_dist
    for codec in (begun, again):
        found = codec.eval().encode(noise(6)).latent_dist
        assert torch.allclose(found.mean, expected.mean, atol=1e-4)
        assert torch.allclose(found.std, expected.std, atol=1e-4)
    latents = torch.randn(1, 64, 20, generator=torch.Generator().manual_seed(2))
    assert torch.equal(begun.decode(latents).sample, again.decode(latents).sample)


@torch.inference_mode()
def test_what_a_begun_codec_writes_is_what_the_one_before_wrote(known: NanoCodec) -> None:
    begun, _ = begin_from(known)
    z = torch.randn(1, 20, 64, generator=torch.Generator().manual_seed(2))
    (before, guess), (after, more) = known.decoder(z), begun.decoder(z)
    assert torch.allclose(more[..., : guess.shape[-1]], guess, atol=1e-5)
    for name in ("transient", "noise", "noise_side"):
        assert torch.allclose(getattr(after, name), getattr(before, name), atol=1e-5), name
    assert float(more[..., guess.shape[-1] :].abs().max()) == 0


def test_the_anchor_weighs_how_far_latents_have_moved(known: NanoCodec) -> None:
    begun, anchor = begin_from(known)
    weights = GlidingWeights(anchor=0.5)

    def measure() -> tuple[float, float]:
        _, found = reconstruct(begun, noise(6), weights, make_rng(1, 0), bf16=False, anchor=anchor)
        free = weigh({name: value for name, value in found.items() if name != "anchor"}, weights)
        return float(found["anchor"].detach()), float((weigh(found, weights) - free).detach())

    assert measure() == pytest.approx((0.0, 0.0), abs=1e-6)
    with torch.no_grad():
        begun.encoder.leave[1].bias[:64] += 0.3
    assert measure() == pytest.approx((0.36, 0.18), rel=1e-3)


@pytest.mark.thorough
def test_training_stays_near_the_latents_goes_on_and_leaves_the_songs(known: NanoCodec, songs: Path, tmp_path: Path) -> None:
    there = sorted(path.name for path in songs.iterdir())
    recipe = GlidingRecipe(schedule=PretrainSchedule(steps=4, warmup=1, save_every=2), batch=2, frames=16, bf16=False)

    def begin(folder: Path) -> tuple[GlidingCodec, Steps[int]]:
        model, anchor = begin_from(known)
        return model, train_gliding(recipe, model, anchor, songs, folder)

    whole, work = begin(tmp_path / "whole")
    assert finish(work) == 4
    _, stopped = begin(tmp_path / "halves")
    for _ in range(3):
        next(stopped)
    stopped.close()
    halves, work = begin(tmp_path / "halves")
    assert finish(work) == 4
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.equal(a, b)
    assert sorted(path.name for path in songs.iterdir()) == there


def test_sounds_are_mapped_once_and_stay(songs: Path, tmp_path: Path) -> None:
    pool = map_sounds(songs)
    assert pool.take() == 0, "nothing is new"
    assert [len(pool.by_kind[kind]) for kind in ("mix", "foreign")] == [2, 1]
    assert pool.crops(np.random.default_rng(1), 3, 8).shape == (3, 2, 8 * HOP)
    assert map_sounds(songs).facts == pool.facts
    with pytest.raises(NotFound, match="no songs"):
        map_sounds(tmp_path)


def test_songs_that_are_there_are_not_rendered_again(songs: Path) -> None:
    path = SongPlan(songs).facts_of(1)
    before = path.stat().st_mtime_ns
    render_files(SongPlan(songs, seconds=2.56), 1, None, foreign=True)
    assert path.stat().st_mtime_ns == before
    assert not (songs / "foreign-000001.npy").exists()
