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
from producertwin.model.nano.gliding_codec import GlidingCodec
from producertwin.model.nano.spectral import OSCILLATORS
from producertwin.model.sampling.denoiser import Denoiser
from producertwin.model.sampling.timbre import encode_timbre
from producertwin.model.variants import convert
from producertwin.model.weights import build
from producertwin.release.export.examples import make_sound
from producertwin.release.export.graph_sizes import transformer_bytes
from producertwin.release.export.graphs.catalogue import PRECISIONS, graphs_of
from producertwin.release.export.graphs.codec import (
    GlidingDecoderGraph,
    NanoDecoderGraph,
    NanoEncoderGraph,
    SpectrumGraph,
    SumGraph,
    inverse_transform,
)
from producertwin.release.export.graphs.codes import CodebookGraph, TokenizerGraph
from producertwin.release.export.graphs.conditions import ConditionGraph
from producertwin.release.export.graphs.transformer import TransformerGraph
from producertwin.release.export.parity import Runner, compare, difference, require_parity
from producertwin.release.export.tracing import trace
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


SIZES = {"encoder_width": 16, "encoder_depth": 1, "decoder_width": 16, "decoder_depth": 1, "fine_width": 16, "fine_depth": 1}


@pytest.fixture(scope="module")
def gliding() -> GlidingCodec:
    torch.manual_seed(3)
    return GlidingCodec(**SIZES).eval()


def nothing(batch: int) -> dict[str, torch.Tensor]:
    return {"carried": torch.zeros(batch, len(OSCILLATORS), dtype=torch.float64), "carried_at": torch.tensor([0])}


@pytest.mark.parametrize("first", [0, 3, 14_000])
@torch.inference_mode()
def test_the_gliding_codec_sounds_alike_wherever_it_lies_in_a_song(gliding: GlidingCodec, first: int) -> None:
    latents = draw(2, 64, 5)
    expected = gliding.decode(latents, first_frame=first).sample
    found, _ = GlidingDecoderGraph(gliding)(latents, torch.tensor([first]), **nothing(2))
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


@torch.inference_mode()
def test_the_gliding_codec_hears_what_its_graph_hears_silence_too(gliding: GlidingCodec) -> None:
    audio = 0.1 * draw(2, 2, 7 * 1920, seed=1)
    audio[1] = 0
    heard = gliding.encode(audio).latent_dist
    for found, expected in zip(NanoEncoderGraph(gliding)(audio), (heard.mean, heard.std), strict=True):
        assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("tile", [1, 33, 50])
@torch.inference_mode()
def test_tiles_that_carry_their_cycles_are_the_whole_take(gliding: GlidingCodec, tile: int) -> None:
    frames, latents, graph = 90, draw(1, 64, 90), GlidingDecoderGraph(gliding)
    carried, pieces = nothing(1)["carried"], []
    for first in range(0, frames, tile):
        last, start = min(first + tile, frames), max(0, first - 32)
        told = {"first_frame": torch.tensor([start]), "carried": carried, "carried_at": torch.tensor([first - start])}
        audio, carry = graph(latents[..., start : last + 32], **told)
        carried = carry[:, last - start - 1]
        pieces.append(audio[..., (first - start) * 1920 : (last - start) * 1920])
    whole = gliding.decode(latents, tile=frames).sample
    assert (torch.cat(pieces, -1) - whole).abs().max() < 1e-5 * whole.abs().max()


@pytest.mark.thorough
@torch.inference_mode()
def test_graphs_of_the_gliding_codec_are_its_modules_in_onnxruntime(gliding: GlidingCodec, tmp_path: Path) -> None:
    """Both are traced once, for two items of 83 frames; what they are asked for then is something else."""
    pytest.importorskip("onnxruntime")
    encoder, decoder = graphs_of(KINDS | {"vae": "GlidingCodec"})[:2]
    facts: Any = None
    makers = [(graph, graph.build(gliding, facts).eval(), tmp_path / f"{graph.name}.onnx") for graph in (encoder, decoder)]
    sound, latents = make_sound(2, 83), draw(2, 64, 83)
    told = {"first_frame": torch.tensor([7]), "carried": nothing(2)["carried"] + 0.3, "carried_at": torch.tensor([5])}
    for (graph, module, path), example in zip(makers, ({"audio": sound}, {"latents": latents, **told}), strict=True):
        trace(graph, module, example, path)
    (_, hear, heard_by), (_, play, played_by) = makers
    for batch, frames, first in ((1, 1, 0), (2, 7, 14_000), (1, 130, 218)):
        audio = make_sound(batch, frames)
        near = compare(heard_by, [({"audio": audio}, dict(zip(encoder.outputs, hear(audio), strict=True)))])
        require_parity("codec_encoder", "fp32", near, coded=False)
        tile = {"latents": draw(batch, 64, frames), "first_frame": torch.tensor([first]), **nothing(batch)}
        tile["carried_at"] = torch.tensor([frames // 2])
        near = compare(played_by, [(tile, dict(zip(decoder.outputs, play(**tile), strict=True)))])
        require_parity("codec_decoder", "fp32", near, coded=False)
    silence = torch.zeros(1, 2, 5 * 1920)
    assert np.abs(Runner(heard_by).run({"audio": silence})["mean"] - hear(silence)[0].numpy()).max() < 1e-4


@pytest.mark.parametrize("first", [0, 3, 14_000])
@torch.inference_mode()
def test_nanos_codec_sounds_alike_wherever_it_lies_in_a_song(first: int) -> None:
    torch.manual_seed(3)
    codec = NanoCodec(**SIZES).eval()
    latents, audio = draw(2, 64, 5), 0.1 * draw(2, 2, 3 * 1920, seed=1)
    expected = codec.decode(latents, first_frame=first).sample
    found = NanoDecoderGraph(codec)(latents, torch.tensor([first]))
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()
    heard = codec.encode(audio).latent_dist
    for found, expected in zip(NanoEncoderGraph(codec)(audio), (heard.mean, heard.std), strict=True):
        assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("window", [1024, 4096, 8192, 16_384])
def test_spectra_are_those_of_torchs_transform(window: int) -> None:
    frames = draw(2, 3, window)
    expected = torch.fft.rfft(frames * torch.hann_window(window), norm="forward") * 4.0
    found = torch.complex(*SpectrumGraph(window)(frames))
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_sums_of_small_products_are_those_of_an_index() -> None:
    codec = GlidingCodec(**SIZES)
    entries = draw(len(codec.synthesis.place), 7)
    assert torch.allclose(SumGraph(codec.synthesis.place)(entries), codec.synthesis._add(entries), atol=1e-5)


def test_the_inverse_transform_is_that_of_torch() -> None:
    spectrum = torch.complex(draw(3, 481), draw(3, 481, seed=1))
    rows = torch.cat([spectrum.real, spectrum.imag], -1)
    assert torch.allclose(rows @ inverse_transform(960), torch.fft.irfft(spectrum, n=960), atol=1e-6)


@pytest.mark.parametrize("codec", ["AutoencoderOobleck", "NanoCodec", "GlidingCodec"])
def test_no_module_becomes_coarser_than_its_floor(codec: str) -> None:
    found = {graph.name: [graph.precision_at(asked) for asked in PRECISIONS] for graph in graphs_of(KINDS | {"vae": codec})}
    assert len(found) == 9
    assert found["condition_encoder"] == ["fp32", "fp16", "int8", "int8"]
    assert found["codec_encoder"] == found["codec_decoder"] == ["fp32", "fp16", "fp16", "fp16"]
    assert found["transformer"] == list(PRECISIONS)


def test_a_codec_without_a_graph_is_refused_by_its_name() -> None:
    with pytest.raises(BadInput, match="AutoencoderKL cannot be written as a graph") as refused:
        graphs_of(KINDS | {"vae": "AutoencoderKL"})
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


def test_padding_is_not_compared() -> None:
    mask = torch.tensor([[True, False]])
    wanted = {"condition": torch.ones(1, 2, 3), "condition_mask": mask}
    found = np.ones((1, 2, 3), np.float32)
    found[0, 1] = 7.0
    assert difference(wanted, {"condition": found, "condition_mask": mask.numpy()}).most == 0.0
    found[0, 0] = 7.0
    assert difference(wanted, {"condition": found, "condition_mask": mask.numpy()}).most == 6.0


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
