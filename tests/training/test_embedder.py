"""The embedder's training: matching pairs win, thinned captions keep a tag, and a crop of silence does not break a vector."""

from __future__ import annotations

import pytest
import torch

from producertwin.house_band.styles import STYLES
from producertwin.model.nano.embedder_net import CROP, NanoEmbedder
from producertwin.music import STEMS
from producertwin.training.pretrain.embedder import build_embedder, info_nce, names_of
from producertwin.training.pretrain.latents import pad


@pytest.fixture(scope="module")
def model() -> NanoEmbedder:
    return build_embedder(50, 3).eval()


def test_matching_pairs_cost_less_than_mixed_ones() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(1)), dim=-1)
    scale = torch.tensor(20.0)
    assert float(info_nce(vectors, vectors, scale)) < 0.1 < 2.0 < float(info_nce(vectors, vectors.roll(1, 0), scale))


def test_padding_changes_no_vector(model: NanoEmbedder) -> None:
    short, long = [3, 4, 5], [6, 7, 8, 9, 10, 11]
    with torch.inference_mode():
        alone = model.embed_ids(*pad([short], 0))
        together = model.embed_ids(*pad([short, long], 0))
    assert torch.allclose(alone[0], together[0], atol=1e-5)


@pytest.mark.parametrize("frames", [1, 3, CROP, 3 * CROP + 7])
def test_every_length_has_a_unit_vector(model: NanoEmbedder, frames: int) -> None:
    with torch.inference_mode():
        found = model.embed_song(torch.zeros(frames, 64))
    assert found.vectors.shape == (1, 128) and found.styles.shape == (1, len(STYLES)) and found.stems.shape == (1, len(STEMS))
    assert float(found.vectors.norm()) == pytest.approx(1.0, abs=1e-5)


def test_songs_are_named_by_style_and_stems() -> None:
    styles, stems = names_of([{"style": "trap", "stems": ["drums", "bass"]}, {"style": "house", "stems": ["synth"]}])
    assert [list(STYLES)[number] for number in styles] == ["trap", "house"]
    assert [{stem for stem, there in zip(STEMS, row, strict=True) if there} for row in stems] == [{"drums", "bass"}, {"synth"}]
