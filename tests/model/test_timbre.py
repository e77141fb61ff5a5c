"""The timbre token of the XL variants: before the reference in sampling and in training, and in no other variant.

The golden values are computed here, in float64 and from the formulas of the paper's blocks alone: RMSNorm, attention with
normalised queries and keys, rotary positions and grouped heads, a window on alternate layers, SwiGLU. With the token left out the
same lines give what diffusers' own encoder gives, which shows that they are right.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapter_kit import shaken
from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
from model_kit import noise_of, save_original
from numpy.typing import NDArray

from producertwin.model import adapters
from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.model.adapters.trainable import trainable
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning, engine, prompts, timbre
from producertwin.model.sampling.request import Request, Sampling
from producertwin.model.sampling.timbre import encode_timbre
from producertwin.model.variants import convert
from producertwin.model.variants import tiny as built
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.training.lora.conditions import Conditions
from producertwin.training.lora.recipe import DataPlan

REQUEST = Request("lofi, rhodes", 1.2, 3, lyrics="[verse]\nrain", sampling=Sampling(steps=2, guidance=1.0))
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def xl() -> Instrument:
    """tiny with XL's proportions: a transformer wider than its condition encoder."""
    instrument = built.build(torch.device("cpu"), torch.float32)
    own = {key: value for key, value in instrument.transformer.config.items() if not key.startswith("_")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        wide = AceStepTransformer1DModel(**(own | {"hidden_size": 48, "encoder_hidden_size": built.HIDDEN}))
    return replace(instrument, transformer=wide.eval().requires_grad_(False))


def weight(module: Any) -> Numbers:
    found: Numbers = module.weight.detach().double().numpy()
    return found


def normed(norm: Any, x: Numbers) -> Numbers:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + norm.eps) * weight(norm)


def rotated(x: Numbers, theta: float) -> Numbers:
    """Rotary positions on `(heads, tokens, dim)`, halves rotated."""
    half = x.shape[-1] // 2
    angle = np.outer(np.arange(x.shape[1]), theta ** (-np.arange(half) / half))
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], -1)


def attended(layer: Any, x: Numbers, window: int | None, theta: float) -> Numbers:
    own, dim = layer.self_attn, layer.self_attn.head_dim

    def heads(linear: Any) -> Numbers:
        return (x @ weight(linear).T).reshape(len(x), -1, dim).transpose(1, 0, 2)

    query, key, value = rotated(normed(own.norm_q, heads(own.to_q)), theta), normed(own.norm_k, heads(own.to_k)), heads(own.to_v)
    times = len(query) // len(key)
    key, value = np.repeat(rotated(key, theta), times, 0), np.repeat(value, times, 0)
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(dim)
    if window is not None:
        place = np.arange(len(x))
        scores = np.where(abs(place[:, None] - place) <= window, scores, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (shares / shares.sum(-1, keepdims=True)) @ value
    return mixed.transpose(1, 0, 2).reshape(len(x), -1) @ weight(own.to_out[0]).T


def golden(encoder: Any, reference: Numbers, *, token: bool) -> Numbers:
    """The timbre of one reference `(frames, width)`."""
    x = reference @ weight(encoder.embed_tokens).T + encoder.embed_tokens.bias.detach().double().numpy()
    if token:
        x = np.concatenate([encoder.special_token.detach().double().numpy()[0], x])
    for number, layer in enumerate(encoder.layers):
        window = encoder.sliding_window if number % 2 == 0 else None
        x = x + attended(layer, normed(layer.input_layernorm, x), window, encoder.rope_theta)
        inner = normed(layer.post_attention_layernorm, x)
        gate, up = inner @ weight(layer.mlp.gate_proj).T, inner @ weight(layer.mlp.up_proj).T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ weight(layer.mlp.down_proj).T
    return normed(encoder.norm, x)[0]


@pytest.mark.parametrize("frames", [1, 7, 90])
def test_the_token_stands_before_the_reference(xl: Instrument, frames: int) -> None:
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepTimbreEncoder

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        encoder = AceStepTimbreEncoder(
            hidden_size=32, intermediate_size=64, timbre_hidden_dim=4, num_timbre_encoder_hidden_layers=3, sliding_window=16,
            num_attention_heads=4, num_key_value_heads=2, head_dim=8,
        ).eval()  # fmt: skip
    reference = noise_of(frames, frames, 4)
    with torch.no_grad():
        told = encode_timbre(encoder, reference)[0].numpy()
        plain = encoder(reference, torch.zeros(1, dtype=torch.long))[0][0, 0].numpy()
    numbers = reference[0].double().numpy()
    assert np.abs(told - golden(encoder, numbers, token=True)).max() < 1e-5
    assert np.abs(plain - golden(encoder, numbers, token=False)).max() < 1e-5
    assert np.abs(told - plain).max() > 0.1


def rows(instrument: Instrument) -> tuple[torch.Tensor, torch.Tensor, int]:
    """The condition as we make it and as diffusers makes it, and which row is the timbre's."""
    prompt = prompts.build(instrument.tokenizer, REQUEST, 1.2)
    reference = conditioning.timbre(instrument)
    with torch.no_grad():
        text, lyrics = timbre.words(instrument, prompt)
        theirs, _ = instrument.condition_encoder(
            text_hidden_states=text, text_attention_mask=torch.ones(text.shape[:2], dtype=torch.bool),
            lyric_hidden_states=lyrics, lyric_attention_mask=torch.ones(lyrics.shape[:2], dtype=torch.bool),
            refer_audio_acoustic_hidden_states_packed=reference, refer_audio_order_mask=torch.zeros(1, dtype=torch.long),
        )  # fmt: skip
        return conditioning.states(instrument, prompt, reference), theirs[0], lyrics.shape[1]


def test_a_take_of_xl_hears_the_token_and_of_others_does_not(xl: Instrument, tiny: Instrument) -> None:
    ours, theirs, timbre = rows(xl)
    others = torch.arange(len(ours)) != timbre
    reference = xl.silence(750)[0].double().numpy()
    expected = golden(xl.condition_encoder.timbre_encoder, reference, token=True)
    assert xl.has_timbre_token and np.abs(ours[timbre].numpy() - expected).max() < 1e-5
    assert torch.allclose(ours[others], theirs[others], atol=1e-6) and (ours[timbre] - theirs[timbre]).abs().max() > 0.1
    ours, theirs, _ = rows(tiny)
    assert not tiny.has_timbre_token and torch.equal(ours, theirs)


def test_training_packs_what_sampling_packs(xl: Instrument, tiny: Instrument) -> None:
    prompt = prompts.build(xl.tokenizer, REQUEST, 1.2)
    for instrument in (xl, tiny):
        text, lyrics = timbre.words(instrument, prompt)
        packed = Conditions(instrument, DataPlan(), trained=True)._pack(text[0], lyrics[0])
        assert torch.equal(packed, conditioning.states(instrument, prompt, conditioning.timbre(instrument)))


def test_adapters_of_the_timbre_encoder_learn_and_play_on_xl(xl: Instrument, tmp_path: Path) -> None:
    prompt = prompts.build(xl.tokenizer, REQUEST, 1.2)
    spec = LoraSpec(rank=2, alpha=4, encoders=("timbre",))
    plain, _, timbre = rows(xl)
    adapter = shaken(trainable(xl, spec, seed=1))
    learned = conditioning.states(xl, prompt, conditioning.timbre(xl))
    learned[timbre].sum().backward()
    touched = [name for name, kept in adapter.parameters.items() if "timbre_encoder" in name and kept.grad is not None]
    assert any("embed_tokens" in name for name in touched) and any("layers.0.mlp" in name for name in touched)
    state = adapter.state()
    adapter.remove()
    file = adapters.write(state, spec, AdapterCard(), tmp_path / "a.safetensors", "comfyui")
    with adapters.attached(xl, [adapters.AdapterSetting(file)]):
        assert torch.allclose(rows(xl)[0], learned.detach(), atol=1e-5)
    assert torch.equal(rows(xl)[0], plain) and (learned - plain).abs().max() > 1e-2


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["xl-base", "xl-sft", "xl-turbo", "base", "my-model"])
def test_the_config_says_what_is_xl_in_either_layout(xl: Instrument, tmp_path: Path, settings: Settings, name: str) -> None:
    """Named as it will: the widths decide."""
    original = save_original(xl, tmp_path / "checkpoints", name)
    expected = rows(xl)[0]
    converted = finish(convert.convert(original, tmp_path / "converted"))
    for folder in (original, converted):
        opened = load(str(folder), settings, dtype=torch.float32)
        assert opened.has_timbre_token and torch.equal(rows(opened)[0], expected)
        assert len(engine.generate(opened, [REQUEST])[0].latents) == 30, "cut to 1.2 s"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["base", "sft", "turbo", "turbo-shift3", "xl-looks-like-it"])
@pytest.mark.parametrize("told", [True, False])
def test_no_2b_variant_is_xl_whether_or_not_its_config_names_the_encoders_width(
    tiny: Instrument, tmp_path: Path, settings: Settings, name: str, told: bool
) -> None:
    original = save_original(tiny, tmp_path / "checkpoints", name)
    if not told:
        config = json.loads((original / "config.json").read_text())
        del config["encoder_hidden_size"]
        (original / "config.json").write_text(json.dumps(config))
    assert not load(str(original), settings, dtype=torch.float32).has_timbre_token


def test_nano_was_trained_without_the_token_whatever_its_widths(settings: Settings) -> None:
    nano = load("nano", settings, dtype=torch.float32)
    config = nano.transformer.config
    assert config.encoder_hidden_size != config.hidden_size and not nano.has_timbre_token
    ours, theirs, _ = rows(nano)
    assert torch.equal(ours, theirs)
