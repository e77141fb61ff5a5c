"""What is traced as an ONNX graph equals the module that the instrument plays with, padding included; and what a plan may ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.nano.codec import NanoCodec
from producertwin.model.sampling.denoiser import Denoiser
from producertwin.model.sampling.timbre import encode_timbre
from producertwin.model.variants import convert
from producertwin.model.weights import build
from producertwin.release.export.graph_sizes import transformer_bytes
from producertwin.release.export.graphs.catalogue import PRECISIONS, graphs_of
from producertwin.release.export.graphs.codec import NanoDecoderGraph, NanoEncoderGraph, PowerGraph, inverse_transform
from producertwin.release.export.graphs.codes import CodebookGraph, TokenizerGraph
from producertwin.release.export.graphs.conditions import ConditionGraph
from producertwin.release.export.graphs.transformer import TransformerGraph
from producertwin.release.export.parity import difference, require_parity
from producertwin.verbs.export import ExportPlan

KINDS = {
    "transformer": "AceStepTransformer1DModel",
    "vae": "AutoencoderOobleck",
    "text_encoder": "Qwen3Model",
    "condition_encoder": "AceStepConditionEncoder",
    "audio_tokenizer": "AceStepAudioTokenizer",
    "audio_token_detokenizer": "AceStepAudioTokenDetokenizer",
}
PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published_configs.json").read_text())


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("frames", [1, 6, 7, 40])
@torch.inference_mode()
def test_the_transformer_gives_its_modules_velocity_for_even_and_odd_lengths(tiny: Instrument, frames: int) -> None:
    net, width = tiny.transformer, tiny.width
    x, context, told = draw(2, frames, width), draw(2, frames, 2 * width, seed=1), draw(2, 9, 32, seed=2)
    level = torch.tensor([0.9, 0.31])
    whole = torch.ones(2, 9, dtype=torch.bool)
    expected = net(x, level, level, told, context).sample
    found = TransformerGraph(net)(x, level, told, whole, context)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=2e-6)


@torch.inference_mode()
def test_the_padding_of_a_shorter_condition_is_not_heard(tiny: Instrument) -> None:
    x, context, told = draw(2, 7, tiny.width), draw(2, 7, 2 * tiny.width, seed=1), draw(2, 9, 32, seed=2)
    mask = torch.ones(2, 9, dtype=torch.bool)
    mask[1, 4:] = False
    found = TransformerGraph(tiny.transformer)(x, torch.full((2,), 0.5), told, mask, context)
    denoiser = Denoiser(tiny.transformer, 7, [0.5])
    cache = denoiser.cache_conditions([told[0], told[1, :4]], None)
    assert torch.allclose(found, denoiser.velocities(x, context, 0, cache, guided=False)[0], atol=1e-5)


@torch.inference_mode()
def test_the_condition_is_packed_as_the_module_packs_it(tiny: Instrument) -> None:
    text, lyrics, references = draw(2, 6, 32), draw(2, 5, 32, seed=1), draw(2, 3, 20, tiny.width, seed=2)
    text_mask, lyrics_mask, heard = (torch.ones(2, n, dtype=torch.bool) for n in (6, 5, 3))
    text_mask[0, 4:] = lyrics_mask[1, 1:] = heard[1, 1:] = False
    expected, counts = tiny.condition_encoder(
        text_hidden_states=text,
        text_attention_mask=text_mask,
        lyric_hidden_states=lyrics,
        lyric_attention_mask=lyrics_mask,
        refer_audio_acoustic_hidden_states_packed=references[heard],
        refer_audio_order_mask=torch.tensor([0, 0, 0, 1]),
    )
    graph = ConditionGraph(tiny.condition_encoder, token=False)
    found, mask = graph(text, text_mask, lyrics, lyrics_mask, references, heard)
    assert torch.equal(mask, counts)
    assert torch.allclose(found, expected, atol=2e-6)


@torch.inference_mode()
def test_the_timbre_of_xl_is_read_at_its_token(tiny: Instrument) -> None:
    encoder, references = tiny.condition_encoder, draw(1, 2, 20, tiny.width)
    ones = [torch.ones(1, n, dtype=torch.bool) for n in (4, 3, 2)]
    text, lyrics = draw(1, 4, 32, seed=1), draw(1, 3, 32, seed=2)
    found, _ = ConditionGraph(encoder, token=True)(text, ones[0], lyrics, ones[1], references, ones[2])
    assert torch.allclose(found[0, 3:5], encode_timbre(encoder.timbre_encoder, references[0]), atol=2e-6)


@pytest.mark.parametrize("frames", [1, 4, 5, 6, 23])
@torch.inference_mode()
def test_codes_are_those_of_the_tokenizer_at_any_length(tiny: Instrument, frames: int) -> None:
    latents, silence = draw(2, frames, tiny.width), tiny.silence(5)
    points, codes = tiny.audio_tokenizer.tokenize(latents, silence)
    found, same = TokenizerGraph(tiny.audio_tokenizer, silence)(latents)
    assert torch.equal(same, codes)
    assert torch.equal(found, points)
    assert torch.allclose(CodebookGraph(tiny.audio_tokenizer)(codes), points, atol=1e-5)


@pytest.mark.parametrize("first", [0, 3, 14_000])
@torch.inference_mode()
def test_nanos_codec_sounds_alike_wherever_it_lies_in_a_song(first: int) -> None:
    torch.manual_seed(3)
    codec = NanoCodec(encoder_width=16, encoder_depth=1, decoder_width=16, decoder_depth=1, fine_width=16, fine_depth=1).eval()
    latents, audio = draw(2, 64, 5), 0.1 * draw(2, 2, 3 * 1920, seed=1)
    expected = codec.decode(latents, first_frame=first).sample
    found = NanoDecoderGraph(codec)(latents, torch.tensor([first]))
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()
    heard = codec.encode(audio).latent_dist
    for found, expected in zip(NanoEncoderGraph(codec)(audio), (heard.mean, heard.std), strict=True):
        assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("window", [1024, 4096, 8192, 16_384])
def test_powers_are_those_of_torchs_transform(window: int) -> None:
    frames = draw(2, 3, window)
    expected = (torch.fft.rfft(frames * torch.hann_window(window), norm="forward") * 4.0).abs().square()
    found = PowerGraph(window)(frames)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-5 * expected.max()


def test_the_inverse_transform_is_that_of_torch() -> None:
    spectrum = torch.complex(draw(3, 481), draw(3, 481, seed=1))
    rows = torch.cat([spectrum.real, spectrum.imag], -1)
    assert torch.allclose(rows @ inverse_transform(960), torch.fft.irfft(spectrum, n=960), atol=1e-6)


@pytest.mark.parametrize("codec", ["AutoencoderOobleck", "NanoCodec"])
def test_no_module_becomes_coarser_than_its_floor(codec: str) -> None:
    found = {graph.name: [graph.precision_at(asked) for asked in PRECISIONS] for graph in graphs_of(KINDS | {"vae": codec})}
    assert len(found) == 9
    assert found["condition_encoder"] == ["fp32", "fp16", "int8", "int8"]
    assert found["codec_encoder"] == found["codec_decoder"] == ["fp32", "fp16", "fp16", "fp16"]
    assert found["transformer"] == list(PRECISIONS)


def test_a_codec_without_a_graph_is_refused_by_its_name() -> None:
    with pytest.raises(BadInput, match="GlidingCodec cannot be written as a graph") as refused:
        graphs_of(KINDS | {"vae": "GlidingCodec"})
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "onnx", "precision": "bf16"}, "onnx cannot be written as bf16"),
        ({"format": "onnx", "precision": "fp32,stored"}, "onnx cannot be written as stored"),
        ({"precision": "int8"}, "diffusers cannot be written as int8"),
        ({"format": "acestep", "precision": "fp16,fp32"}, "acestep cannot be written as fp16,fp32"),
    ],
)
def test_a_precision_that_a_format_lacks_is_refused(fields: dict[str, str], message: str) -> None:
    plan = ExportPlan.model_validate({"name": "nano", **fields})
    with pytest.raises(BadInput, match=message) as refused:
        plan.graphs() if plan.format == "onnx" else plan.weights()
    assert refused.value.remedy


def test_precisions_are_read_with_commas_each_once_and_default_by_format() -> None:
    plan = ExportPlan.model_validate({"name": "nano", "format": "onnx", "precision": "fp32, int8,fp32"})
    assert plan.graphs() == ("fp32", "int8")
    assert ExportPlan.model_validate({"name": "nano", "format": "onnx"}).graphs() == ("fp32",)
    assert ExportPlan.model_validate({"name": "nano"}).weights() == "stored"


def test_a_graph_that_is_far_from_its_module_is_named_with_its_figure() -> None:
    wanted = {"velocity": torch.tensor([1.0, -1.0, 1.0, -1.0])}
    near = difference(wanted, {"velocity": np.array([1.01, -1.0, 1.0, -1.0], np.float32)})
    assert near.snr == pytest.approx(46.0, abs=0.1)
    require_parity("transformer", "fp16", near, coded=False)
    with pytest.raises(BadInput, match=r"transformer in fp32 is 46.0 dB from its module"):
        require_parity("transformer", "fp32", near, coded=False)
    for broken in (np.full(4, np.nan, np.float32), np.ones(5, np.float32)):
        with pytest.raises(BadInput, match="transformer in int4"):
            require_parity("transformer", "int4", difference(wanted, {"velocity": broken}), coded=False)
    codes = difference({"codes": torch.tensor([1, 2, 3, 4])}, {"codes": np.array([1, 2, 3, 5])})
    with pytest.raises(BadInput, match=r"75\.0% of its module"):
        require_parity("audio_tokenizer", "fp16", codes, coded=True)


def test_the_2b_transformer_in_int8_is_under_its_limit_by_arithmetic() -> None:
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel

    config = convert.configs(PUBLISHED["common"] | PUBLISHED["own"]["base"])["transformer"]
    shapes = {name: tuple(tensor.shape) for name, tensor in build(AceStepTransformer1DModel, config).state_dict().items()}
    found = {precision: transformer_bytes(shapes, precision) / 1e9 for precision in PRECISIONS}
    assert found["int8"] <= 1.65
    assert found["int4"] < found["int8"] < found["fp16"] < found["fp32"]


def test_arithmetic_is_what_the_modules_have(tiny: Instrument) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in tiny.transformer.state_dict().items()}
    kept = [tensor for name, tensor in tiny.transformer.state_dict().items() if not name.startswith("time_embed_r.")]
    assert transformer_bytes(shapes, "fp32") == 4 * sum(tensor.numel() for tensor in kept)
