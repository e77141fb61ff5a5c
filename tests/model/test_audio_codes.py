"""Audio codes: their text, their numbers by the published formula, and the way through an instrument's tokenizer and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.ace_step.modeling_ace_step import _AceStepResidualFSQ

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import plan, task_context
from producertwin.model.sampling.audio_codes import decode_codes, encode_codes, hints
from producertwin.model.sampling.code_text import CODEBOOK, check_codes, codes_for, parse_codes, write_codes
from producertwin.model.sampling.engine import generate, read_codes
from producertwin.model.sampling.request import InputSound, Request, Samples, Sampling, StartPoint
from producertwin.model.tasks import Task
from producertwin.timebase import HOP

LEVELS = (8, 8, 8, 5, 5, 5)
COVER = Request("lofi, rain", 2.0, 3, Task.COVER, sampling=Sampling(steps=3))


def digits(code: int) -> list[int]:
    """The place of a code on the grid: mixed radix, the first dimension fastest."""
    found = []
    for level in LEVELS:
        code, digit = divmod(code, level)
        found.append(digit)
    return found


def point(code: int) -> list[float]:
    """Its coordinates: every level symmetric between -1 and 1."""
    return [-1 + 2 * digit / (level - 1) for digit, level in zip(digits(code), LEVELS, strict=True)]


def quantize(values: list[float]) -> int:
    """The code of six numbers: bounded by c·tanh(x/c) with c = 1 + 1/(L - 1), then moved to the nearest level."""
    code, basis = 0, 1
    for value, level in zip(values, LEVELS, strict=True):
        bound = 1 + 1 / (level - 1)
        inside = min(max(bound * np.tanh(value / bound), -1.0), 1.0)
        code += basis * int(np.floor((level - 1) * (inside + 1) / 2 + 0.5))
        basis *= level
    return code


def bare_quantizer() -> Any:
    """ACE-Step's quantizer as the modules have it, without the matrices around it."""
    found = _AceStepResidualFSQ(dim=6)
    with torch.no_grad():
        for matrix in (found.project_in, found.project_out):
            matrix.weight.copy_(torch.eye(6))
            matrix.bias.zero_()
    return found


def test_a_text_is_read_and_written_the_same() -> None:
    codes = (*range(0, CODEBOOK, 997), 0, 63_999, 12_345)
    text = write_codes(codes)
    assert text.startswith("<|audio_code_0|><|audio_code_997|>") and text.endswith("<|audio_code_12345|>")
    assert parse_codes(text) == codes
    assert parse_codes("\n " + text.replace("><", "> \r\n\t<") + "\n") == codes
    assert write_codes(parse_codes(text)) == text
    assert parse_codes("<|audio_code_007|>") == (7,)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no audio codes"),
        (" \n\t", "no audio codes"),
        ("la la la", "'la la la'"),
        ("<|audio_code_1|> <|audio_code_", "'<|audio_code_'"),
        ("<|audio_code_1|>, <|audio_code_2|>", "','"),
        ("<|audio_code_-1|>", "is no audio code"),
        ("<|audio_code_1.5|>", "is no audio code"),
        ("<|audio_code_|>", "is no audio code"),
        ("1 2 3", "'1 2 3'"),
        ("<|audio_code_5|><|audio_code_64000|>", "64000, the 2. of 2"),
        ("<|audio_code_999999999|>", "999999999"),
        ("<|audio_code_" + "9" * 5_000 + "|>", "is no audio code"),
        ("x" * 5_000, "x…"),
    ],
)
def test_what_is_no_code_is_named(text: str, named: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_codes(text)
    assert named in caught.value.message
    assert caught.value.remedy
    assert len(caught.value.message) < 120


@pytest.mark.parametrize("code", [0, 1, 7, 8, 63, 511, 512, 2_560, 12_345, 12_800, 31_999, 63_999])
def test_a_code_is_its_point_of_the_grid(code: int) -> None:
    found = bare_quantizer().get_output_from_indices(torch.tensor([[[code]]]))[0, 0]
    assert found.tolist() == pytest.approx(point(code), abs=1e-6)


def test_the_published_examples() -> None:
    assert digits(12_345) == [1, 7, 0, 4, 4, 0]
    assert point(12_345) == pytest.approx([-5 / 7, 1, -1, 1, 1, -1])
    assert quantize([0.3, -0.9, 2, -0.2, 0.6, -3]) == 9_165


def test_six_numbers_become_the_code_that_the_formula_says() -> None:
    values = np.random.default_rng(5).normal(0, 1.2, (400, 6)).tolist()
    values += [[0.3, -0.9, 2, -0.2, 0.6, -3], [9.0] * 6, [-9.0] * 6]
    with torch.inference_mode():
        points, found = bare_quantizer()(torch.tensor(values, dtype=torch.float32)[None])
    wanted = [quantize(row) for row in values]
    assert found[0, :, 0].tolist() == wanted
    assert (wanted[-2], wanted[-1]) == (63_999, 0)
    np.testing.assert_allclose(points[0].numpy(), [point(code) for code in wanted], atol=1e-6)


@pytest.mark.parametrize("frames", [50, 52, 54, 3])
def test_what_is_heard_of_a_source_is_what_its_codes_say(tiny: Instrument, frames: int) -> None:
    latents = torch.randn(1, frames, tiny.width, generator=torch.Generator().manual_seed(frames))
    heard = hints(tiny, latents)
    codes = encode_codes(tiny, latents)
    assert len(codes) == codes_for(frames) == -(-frames // 5)
    assert len(set(codes)) > len(codes) // 2
    said = decode_codes(tiny, parse_codes(write_codes(codes)))
    assert said.shape == (1, 5 * len(codes), tiny.width)
    assert torch.equal(said[:, :frames], heard)


def test_the_last_code_is_filled_up_with_the_beginning_of_silence(tiny: Instrument) -> None:
    latents = torch.randn(1, 12, tiny.width, generator=torch.Generator().manual_seed(1))
    assert encode_codes(tiny, latents) == encode_codes(tiny, torch.cat([latents, tiny.silence(3)], 1))


def test_codes_of_five_frames_do_not_hear_their_neighbours(tiny: Instrument) -> None:
    codes = (7, 400, 12_345, 63_999)
    whole = decode_codes(tiny, codes)
    changed = decode_codes(tiny, (7, 400, 1, 63_999))
    same = (whole == changed).all(-1)[0].reshape(4, 5).all(1)
    assert same.tolist() == [True, True, False, True]


@pytest.mark.thorough
def test_a_cover_by_its_sources_own_codes_is_the_same_bytes(tiny: Instrument, sound: Samples) -> None:
    source = InputSound(sound)
    codes = read_codes(tiny, source)
    asked = replace(COVER, source=source)
    plain, coded, alone = generate(
        tiny, [asked, replace(asked, codes=codes), replace(COVER, codes=codes, seconds=sound.shape[1] / 48_000)]
    )
    assert plain.audio.tobytes() == coded.audio.tobytes() == alone.audio.tobytes()
    other = generate(tiny, [replace(asked, codes=(*codes[:-1], (codes[-1] + 1) % CODEBOOK))])[0]
    assert other.audio.tobytes() != plain.audio.tobytes()


def test_a_sound_and_its_latents_have_the_same_codes(tiny: Instrument, sound: Samples) -> None:
    latents = generate(tiny, [replace(COVER, source=InputSound(sound))])[0].latents
    assert len(read_codes(tiny, InputSound(latents=latents))) == codes_for(len(latents))
    assert len(read_codes(tiny, InputSound(sound[:, : 7 * HOP + 1]))) == 2


def test_behind_the_codes_of_a_short_take_there_is_silence(tiny: Instrument) -> None:
    patient = replace(tiny, card=tiny.card.model_copy(update={"least_frames": 128}))
    codes = (1, 2_000, 30_000, 64, 5, 6, 7, 8, 9, 10)
    made = plan.make(replace(COVER, codes=codes), patient)
    around = task_context.prepare(patient, made).before_switch
    assert around.shape == (1, 128, 2 * tiny.width)
    assert torch.equal(around[:, :50, : tiny.width], decode_codes(tiny, codes))
    assert torch.equal(around[:, 50:, : tiny.width], tiny.silence(78))
    assert bool((around[..., tiny.width :] == 1).all())


def test_a_cover_that_begins_near_its_source_begins_near_the_codes(tiny: Instrument, sound: Samples) -> None:
    codes = read_codes(tiny, InputSound(sound))
    asked = replace(COVER, source=InputSound(sound), codes=codes, cover_noise=0.5)
    context = task_context.prepare(tiny, plan.make(asked, tiny))
    assert context.source is not None
    assert torch.equal(context.source, context.before_switch[..., : tiny.width])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"codes": (1,) * 9}, "9 audio codes for a take of 2 s, which has 10"),
        ({"codes": (1,) * 11}, "11 audio codes"),
        ({"codes": (1,) * 9 + (64_000,)}, "audio code 64000, the 10. of 10"),
        ({"codes": (-1,) + (1,) * 9}, "audio code -1"),
        ({"codes": (1,) * 10, "task": Task.TEXT2MUSIC}, "text2music plays no audio codes"),
        ({"codes": (1,) * 10, "follow": "latents"}, "follows latents plays no audio codes"),
        ({}, "cover needs a source"),
    ],
)
def test_codes_that_do_not_suit_are_refused_before_any_work(tiny: Instrument, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        plan.make(replace(COVER, **changes), tiny)


def test_codes_may_start_from_a_sound(tiny: Instrument, sound: Samples) -> None:
    asked = replace(COVER, codes=(1,) * 10, start=StartPoint(InputSound(sound[:, : 50 * HOP]), 0.5))
    assert plan.make(asked, tiny).schedule.levels[0] == 0.5


@pytest.mark.parametrize("part", ["audio_tokenizer", "audio_token_detokenizer"])
def test_an_instrument_without_a_tokenizer_says_so(tiny: Instrument, sound: Samples, part: str) -> None:
    bare = replace(tiny, **{part: None})
    with pytest.raises(BadInput, match="tiny has no audio tokenizer"):
        read_codes(bare, InputSound(sound))
    with pytest.raises(BadInput, match="tiny has no audio tokenizer"):
        plan.make(replace(COVER, codes=(1,) * 10), bare)


def test_a_smaller_codebook_has_fewer_codes() -> None:
    assert check_codes((0, 3), 4) == (0, 3)
    with pytest.raises(BadInput, match="audio code 4") as caught:
        check_codes((0, 4), 4)
    assert "0 to 3" in caught.value.remedy
