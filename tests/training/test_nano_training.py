"""What the transformer is shown: silence that counts for text2music alone, and noise levels spread evenly."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from producertwin.model.nano import build
from producertwin.model.sampling.form import Sections
from producertwin.model.sampling.metronome import metronome
from producertwin.model.sampling.request import Metas
from producertwin.model.sampling.singing import Sung, SungSyllable
from producertwin.model.tasks import Task
from producertwin.training.pretrain.latents import Example
from producertwin.training.pretrain.nano import NanoRecipe, context_of, draw_disguises, levels, sources_of
from producertwin.training.pretrain.tokenizer import build_codes
from producertwin.training.rng import make_rng

STILL = torch.linspace(-1, 1, 64)
SILENCE = STILL.repeat(1, 8, 1)
TOLD = Metas(bpm=90, meter=4)
FORM = ((0.0, "intro"), (5.0, "verse"), (9.0, "end"))
WORDS = (SungSyllable(4.0, 5.0, 60, 0.5, 0.2, 0.9),)
PLAIN = torch.zeros(2, 64)
EXAMPLE = Example(
    target=torch.zeros(128, 64), source=None, mask=torch.ones(128), task=Task.TEXT2MUSIC, stems=(), caption="lofi", facts={},
    reference=None, start=75,
)  # fmt: skip


def context(
    examples: list[Example], counted: list[tuple[Metas, Sections, Sung]], codes: build.CodeModules, disguise: torch.Tensor
) -> torch.Tensor:
    heard = sources_of(examples, counted, SILENCE, disguise)
    covers = torch.tensor([row for row, e in enumerate(examples) if e.task is Task.COVER], dtype=torch.long)
    return context_of(heard, covers, torch.stack([e.mask for e in examples]), SILENCE, codes)


@pytest.fixture(scope="module")
def codes() -> build.CodeModules:
    return build_codes(1)


def test_text2music_hears_the_metronome_and_the_form_of_its_own_time(codes: build.CodeModules) -> None:
    found = context([EXAMPLE, EXAMPLE], [(TOLD, FORM, WORDS), (Metas(), (), ())], codes, PLAIN)
    assert torch.equal(found[0, :, :64], STILL + torch.from_numpy(metronome(TOLD, 203, 64, sections=FORM, sung=WORDS)[75:]))
    assert torch.equal(found[1, :, :64], STILL.expand(128, -1))
    assert bool((found[..., 64:] == 1).all())


def test_repaint_hears_steady_silence_inside_its_window(codes: build.CodeModules) -> None:
    mask = torch.zeros(128)
    mask[40:60] = 1
    source = torch.full((128, 64), 3.0)
    [row] = context([replace(EXAMPLE, task=Task.REPAINT, mask=mask, source=source)], [(TOLD, FORM, WORDS)], codes, PLAIN[:1])
    assert torch.equal(row[40:60, :64], STILL.expand(20, -1))
    assert bool((row[:40, :64] == 3).all()) and bool((row[60:, :64] == 3).all())


def test_a_cover_hears_its_source_through_the_codes(codes: build.CodeModules) -> None:
    source = torch.randn(128, 64, generator=torch.Generator().manual_seed(1))
    [row] = context([replace(EXAMPLE, task=Task.COVER, source=source)], [(TOLD, FORM, WORDS)], codes, PLAIN[:1])
    assert not torch.allclose(row[:, :64], source)
    assert not torch.equal(row[:64, :64], row[64:, :64])


def test_a_disguised_source_sounds_different_and_keeps_its_movement(codes: build.CodeModules) -> None:
    source = torch.randn(128, 64, generator=torch.Generator().manual_seed(1))
    cover = replace(EXAMPLE, task=Task.COVER, source=source)
    plain, hidden = context([cover, cover], [(TOLD, FORM, WORDS)] * 2, codes, torch.stack([PLAIN[0], torch.full((64,), 0.5)]))
    assert not torch.allclose(plain[:, :64], hidden[:, :64])
    assert torch.equal(cover.target, EXAMPLE.target)


def test_every_other_cover_is_disguised_anew_and_only_where_asked() -> None:
    assert not draw_disguises(16, 64, NanoRecipe(), make_rng(3, 0)).any()
    found = torch.cat([draw_disguises(16, 64, NanoRecipe(disguise=0.5), make_rng(3, step)) for step in range(40)])
    hidden = found.abs().sum(1) > 0
    assert 0.4 < float(hidden.float().mean()) < 0.6
    assert 0.48 < float(found[hidden].std()) < 0.52


def test_noise_levels_are_spread_over_a_batch_and_dwell_on_noise() -> None:
    found = torch.stack([levels(16, NanoRecipe(), make_rng(3, step)).sort().values for step in range(50)])
    place = found / (3 - 2 * found)
    assert bool(((place * 16).floor().long() == torch.arange(16)).all())
    assert 0.45 < float((found > 0.75).float().mean()) < 0.55
