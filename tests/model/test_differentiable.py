"""The training forward agrees with diffusers' own where that is right, and padding changes nothing."""

from __future__ import annotations

import pytest
import torch

from producertwin.model import nano
from producertwin.model.differentiable import condition, velocity

TEXTS = ["lofi, chill, rhodes", "techno, driving"]


@pytest.fixture(scope="module")
def parts() -> tuple[nano.NanoModules, object]:
    tokenizer = nano.build_tokenizer(TEXTS * 3, size=300)
    torch.manual_seed(5)
    modules = nano.build(len(tokenizer))
    nano.initialise(modules, tokenizer)
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


def test_words_that_must_be_obeyed_are_one_token_each(parts) -> None:
    _, tokenizer = parts
    for text in ("- bpm: 87\n", "- bpm: N/A\n", "- keyscale: F# minor\n", "- timesignature: 3\n"):
        assert len(tokenizer.encode(text)) == 1
    assert tokenizer.decode(tokenizer.encode("ünïcode 🎹 雨")) == "ünïcode 🎹 雨"
