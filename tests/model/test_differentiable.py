"""The training forward agrees with diffusers' own where that is right, and padding changes nothing."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from producertwin.model.adapters.differentiable import block, condition, velocity
from producertwin.model.adapters.trainable import release
from producertwin.model.nano import build
from producertwin.model.variants.tiny import build as build_tiny

TEXTS = ["lofi, chill, rhodes", "techno, driving"]


@pytest.fixture(scope="module")
def parts() -> tuple[build.NanoModules, object]:
    tokenizer = build.build_tokenizer(TEXTS * 3, size=300)
    torch.manual_seed(5)
    modules = build.build(len(tokenizer))
    build.initialise(modules, tokenizer)
    still = torch.randn(64).reshape(1, 1, 64).repeat(1, 750, 1)
    modules.condition_encoder.register_buffer("silence_latent", still)
    modules.all().eval()
    return modules, tokenizer


def ids(*rows: list[int], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    padded = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    mask = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in rows])
    return padded, mask


def test_one_take_agrees_with_diffusers(parts) -> None:
    modules, tokenizer = parts
    row = tokenizer.encode(TEXTS[0])
    words = (*ids(row, width=len(row)), *ids(row[:3], width=3))
    encoder = modules.condition_encoder
    with torch.no_grad():
        packed, mask = condition(modules.text_encoder, encoder, words, [None])
        theirs, their_mask = encoder(
            text_hidden_states=modules.text_encoder(input_ids=words[0]).last_hidden_state,
            text_attention_mask=words[1],
            lyric_hidden_states=modules.text_encoder.get_input_embeddings()(words[2]),
            lyric_attention_mask=words[3],
            refer_audio_acoustic_hidden_states_packed=encoder.silence_latent,
            refer_audio_order_mask=torch.zeros(1, dtype=torch.long),
        )
        x, context, t = torch.randn(1, 160, 64), torch.randn(1, 160, 128), torch.tensor([0.7])
        ours = velocity(modules.transformer, x, t, context, packed, mask)
        want = modules.transformer(x, t, t, theirs, context, return_dict=False)[0]
    assert mask.all() and their_mask.all()
    assert torch.allclose(packed, theirs, atol=1e-5)
    assert torch.allclose(ours, want, atol=1e-4)


def test_padding_changes_nothing(parts) -> None:
    modules, tokenizer = parts
    rows = [tokenizer.encode(text) for text in TEXTS]
    assert len(rows[0]) != len(rows[1])
    together = ids(*rows, width=max(map(len, rows)))
    lyrics = ids(rows[0][:2], rows[1][:2], width=2)
    x, context, t = torch.randn(2, 64, 64), torch.randn(2, 64, 128), torch.tensor([0.9, 0.2])
    reference = torch.randn(40, 64)
    with torch.no_grad():
        packed, mask = condition(modules.text_encoder, modules.condition_encoder, (*together, *lyrics), [None, reference])
        both = velocity(modules.transformer, x, t, context, packed, mask)
        for i, row in enumerate(rows):
            words = (*ids(row, width=len(row)), lyrics[0][i : i + 1], lyrics[1][i : i + 1])
            given = [reference if i else None]
            packed, mask = condition(modules.text_encoder, modules.condition_encoder, words, given)
            alone = velocity(modules.transformer, x[i : i + 1], t[i : i + 1], context[i : i + 1], packed, mask)
            assert torch.allclose(alone[0], both[i], atol=1e-4)


@pytest.fixture(scope="module")
def tiny():
    """Every second of its two layers sees everything, the other 16 tokens to each side."""
    return build_tiny(torch.device("cpu"), torch.float32).transformer


def given(frames: int, batch: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(frames)
    shapes = ((batch, frames, 4), (batch, frames, 8), (batch, 5, 32))
    x, context, packed = (torch.randn(shape, generator=draw) for shape in shapes)
    return x, torch.linspace(0.2, 0.9, batch), context, packed


@pytest.mark.parametrize("frames", [20, 33, 34, 90, 91])
def test_layers_that_see_everything_and_lengths_that_are_odd_agree_with_diffusers(tiny, frames: int) -> None:
    x, t, context, packed = given(frames)
    with torch.no_grad():
        ours = velocity(tiny, x, t, context, packed)
        want = tiny(x, t, t, packed, context, return_dict=False)[0]
    assert ours.shape == x.shape
    assert torch.allclose(ours, want, atol=1e-5)


@pytest.mark.parametrize("frames", [30, 90])
def test_what_lies_past_a_members_length_is_seen_by_nothing_else(tiny, frames: int) -> None:
    x, t, context, packed = given(frames, 3)
    lengths = torch.tensor([frames, 17, frames // 2])
    with torch.no_grad():
        for i, length in enumerate(lengths.tolist()):
            x[i, length:] = context[i, length:] = 0
        together = velocity(tiny, x, t, context, packed, None, lengths)
        assert bool(together.isfinite().all())
        for i, length in enumerate(lengths.tolist()):
            part = slice(i, i + 1)
            alone = velocity(tiny, x[part, :length], t[part], context[part, :length], packed[part])
            assert torch.allclose(together[i, :length], alone[0], atol=1e-5)


def test_words_that_must_be_obeyed_are_one_token_each(parts) -> None:
    _, tokenizer = parts
    for text in ("- bpm: 87\n", "- bpm: N/A\n", "- keyscale: F# minor\n", "- timesignature: 3\n"):
        assert len(tokenizer.encode(text)) == 1
    assert tokenizer.decode(tokenizer.encode("ünïcode 🎹 雨")) == "ünïcode 🎹 雨"


@pytest.mark.parametrize("ragged", [False, True])
def test_a_block_for_a_gpu_is_the_modules_own(tiny: object, ragged: bool) -> None:
    draw = torch.Generator().manual_seed(4)
    x, around, packed = (torch.randn(shape, generator=draw) for shape in ((2, 90, 4), (2, 90, 8), (2, 9, 32)))
    mask = torch.arange(9)[None] < torch.tensor([[9], [5]]) if ragged else None
    given = (x.requires_grad_(), torch.tensor([0.3, 0.8]), around, packed, mask, torch.tensor([90, 60]) if ragged else None)
    found = []
    for ours in (False, True):
        for layer in tiny.layers if ours else ():
            layer.forward = partial(block, layer)
        made = velocity(tiny, *given)[1, :60]
        found.append((made.detach(), torch.autograd.grad(made.square().sum(), x)[0]))
    release(tiny)
    assert torch.allclose(found[0][0], found[1][0], atol=1e-5)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-4)
