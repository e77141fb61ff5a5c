"""Tiles change nothing, and the codec's doors are exact in length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from model_kit import chord

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import codec, engine
from producertwin.model.sampling.tiles import CONTEXT, cut_tiles


@pytest.mark.thorough
def test_a_tiled_decode_is_the_untiled_one(tiny: Instrument) -> None:
    latents = torch.randn(1, 200, tiny.width, generator=torch.Generator().manual_seed(1))
    whole, tiled = codec.decode(tiny, latents, tile=400), codec.decode(tiny, latents, tile=130)
    assert whole.shape == (2, 200 * 1920)
    assert np.abs(whole - tiled).max() < 1e-4
    seams = np.arange(66, 200, 66) * 1920
    jumps = np.abs(np.diff(tiled, axis=1)).max(0)
    assert all(jumps[seam - 1] < np.quantile(jumps, 0.999) for seam in seams)


def test_a_tiled_encode_is_the_untiled_one(tiny: Instrument) -> None:
    sound = chord(6.0)
    whole, tiled = codec.encode(tiny, sound, tile=400), codec.encode(tiny, sound, tile=130)
    assert whole.shape == (1, 150, tiny.width) and torch.allclose(whole, tiled, atol=1e-4)


def test_tiles_get_smaller_with_the_memory(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    class Memory:
        available = 1 << 20
        total = 1 << 40

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    assert codec.tile_frames(tiny) == codec.SMALLEST_TILE + 2 * CONTEXT
    Memory.available = 1 << 40
    most = codec.tile_frames(tiny)
    Memory.available = 1 << 39
    assert codec.tile_frames(tiny) == most > 10_000


def test_tiles_cover_everything_once() -> None:
    for frames in (1, 128, 129, 1000):
        tiles = list(cut_tiles(frames, 128))
        assert tiles[0][0] == 0 and tiles[-1][1] == frames
        assert all(a[1] == b[0] for a, b in pairwise(tiles))
        assert all(end - start <= 128 for _, _, start, end in tiles)


def test_an_odd_length_is_padded_to_a_frame(tiny: Instrument) -> None:
    latents = engine.encode(tiny, chord(1.0)[:, :47_000])
    assert latents.shape == (25, tiny.width) and latents.dtype == np.float32
    assert engine.decode(tiny, latents).shape == (2, 48_000)
    for bad in (np.zeros((2, 0), np.float32), np.zeros((1, 100), np.float32), np.full((2, 100), np.nan, np.float32)):
        with pytest.raises(BadInput):
            engine.encode(tiny, bad)
    with pytest.raises(BadInput):
        engine.decode(tiny, np.zeros((10, tiny.width + 1), np.float32))
