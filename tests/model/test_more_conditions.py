"""Several references, covers from their source's noise or latents, retakes, scaled latents, captions of song and stem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import chord, noise_of

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning, engine, prompts
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import Generated, InputSound, Metas, Request, Samples, Sampling, StartPoint
from producertwin.model.sampling.take import prepare_take
from producertwin.model.sampling.task_context import prepare
from producertwin.model.tasks import Task

WALK = Sampling(steps=4, guidance=1.0)
ASKED = Request("lofi, rain", 2.0, 3, lyrics="la", metas=Metas(85, None, 4, "en"), sampling=WALK)


def one(instrument: Instrument, request: Request) -> Generated:
    return engine.generate(instrument, [request])[0]


@pytest.fixture(scope="module")
def xl(tiny: Instrument) -> Instrument:
    """tiny with the timbre token of the XL variants."""

    class XL(Instrument):
        @property
        def has_timbre_token(self) -> bool:
            return True

    return XL(**{name: getattr(tiny, name) for name in Instrument.__dataclass_fields__})


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("kind", ["tiny", "xl"])
def test_every_reference_is_a_token_after_the_lyric(count: int, kind: str, tiny: Instrument, xl: Instrument) -> None:
    """Lyric, the references in their order, prompt: the tokens of several are those that each has alone."""
    instrument = {"tiny": tiny, "xl": xl}[kind]
    references = [chord(2.0, seed=seed) for seed in range(count)]
    prompt = prompts.build(instrument.tokenizer, ASKED, 2.0)
    with torch.inference_mode():
        alone = [conditioning.states(instrument, prompt, conditioning.timbre(instrument, [sound])) for sound in references]
        found = conditioning.states(instrument, prompt, conditioning.timbre(instrument, references))
    sung = len(prompt.lyrics)
    tokens = torch.stack([states[sung] for states in alone])
    assert torch.allclose(found, torch.cat([alone[0][:sung], tokens, alone[0][sung + 1 :]]), atol=1e-5)
    assert count == 1 or (tokens[0] - tokens[1]).abs().max() > 1e-3


TASKS: dict[str, dict[str, Any]] = {
    "text2music": {},
    "cover": {"task": Task.COVER},
    "repaint": {"task": Task.REPAINT, "windows": ((0.5, 1.5),)},
    "extract": {"task": Task.EXTRACT, "stems": ("bass",)},
    "lego": {"task": Task.LEGO, "stems": ("drums",)},
    "complete": {"task": Task.COMPLETE},
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", TASKS)
def test_every_task_hears_its_references(tiny: Instrument, name: str) -> None:
    fields = TASKS[name] | ({} if name == "text2music" else {"source": InputSound(audio=chord(2.0, seed=5))})
    request = replace(ASKED, **fields)
    plain, coloured, both = (
        one(tiny, replace(request, references=heard)) for heard in ((), (chord(2.0, seed=8),), (chord(2.0, seed=8), chord(1.0)))
    )
    assert np.abs(coloured.latents - plain.latents).max() > 1e-5
    assert np.abs(both.latents - coloured.latents).max() > 1e-5


def cover(sound: Samples, **fields: Any) -> Request:
    return replace(ASKED, task=Task.COVER, source=InputSound(audio=sound), seconds=4.0, **fields)


@pytest.mark.thorough
def test_a_cover_may_hear_its_source_as_it_is(tiny: Instrument, sound: Samples) -> None:
    asked = cover(sound, follow="latents")
    context = prepare(tiny, make(asked, tiny))
    assert context.source is not None
    assert torch.equal(context.before_switch, torch.cat([context.source, torch.ones_like(context.source)], -1))
    assert np.abs(one(tiny, asked).latents - one(tiny, cover(sound)).latents).max() > 1e-3
    without = replace(tiny, audio_tokenizer=None)
    assert one(without, asked).latents.shape == (100, 4)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("strength", "levels"), [(0.2, (0.75, 0.5, 0.25)), (0.5, (0.5, 0.25)), (0.9, (0.25,)), (0.001, (1.0, 0.75, 0.5, 0.25))]
)
def test_a_cover_may_begin_from_its_source(tiny: Instrument, sound: Samples, strength: float, levels: tuple[float, ...]) -> None:
    """As a walk by hand: the source at the nearest level of the schedule, under the cover's condition."""
    take = one(tiny, cover(sound, cover_noise=strength))
    assert take.schedule == levels
    plan = make(cover(sound, cover_noise=strength), tiny)
    assert plan.schedule.switch == len(levels)
    by_hand = replace(
        cover(sound), sampling=Sampling(schedule=levels, guidance=1.0), start=StartPoint(InputSound(audio=sound), levels[0])
    )
    assert np.abs(one(tiny, by_hand).latents - take.latents).max() <= 1e-5


def test_the_share_of_a_cover_counts_the_steps_that_are_left(tiny: Instrument, sound: Samples) -> None:
    plan = make(cover(sound, cover_noise=0.25, cover_strength=0.5), tiny)
    assert (len(plan.schedule.levels), plan.schedule.switch) == (3, 1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cover_noise": 1.5}, "cover noise strength 1.5"),
        ({"cover_noise": float("nan")}, "cover noise strength nan"),
        ({"cover_noise": 0.5, "start": StartPoint(InputSound(audio=chord(4.0)), 0.5)}, "no other start"),
        ({"cover_noise": 0.5, "task": Task.COMPLETE}, "complete does not follow"),
        ({"follow": "latents", "task": Task.EXTRACT, "stems": ("bass",)}, "extract does not follow"),
    ],
)
def test_what_a_cover_cannot_do_is_said(tiny: Instrument, sound: Samples, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        make(replace(cover(sound), **fields), tiny)
    assert caught.value.remedy


def test_a_retake_begins_from_turned_noise(tiny: Instrument) -> None:
    """0.3: cos 27° of the seed's noise and sin 27° of the other's, as if that were the noise of the take."""
    asked = replace(ASKED, sampling=Sampling(steps=4, guidance=1.0, retake_variance=0.3, retake_seed=9))
    mixed = np.cos(0.15 * np.pi) * noise_of(3, 50, 4) + np.sin(0.15 * np.pi) * noise_of(9, 50, 4)
    assert np.allclose(prepare_take(tiny, make(asked, tiny)).noise, mixed, atol=1e-6)
    assert np.abs(one(tiny, asked).latents - one(tiny, ASKED).latents).max() > 0.1
    off = replace(ASKED, sampling=Sampling(steps=4, guidance=1.0, retake_seed=9))
    assert np.array_equal(one(tiny, off).latents, one(tiny, ASKED).latents)
    with pytest.raises(BadInput, match="seed of its other noise"):
        make(replace(ASKED, sampling=Sampling(retake_variance=0.3)), tiny)


def test_latents_may_be_scaled_and_shifted_before_they_are_decoded(tiny: Instrument) -> None:
    plain = one(tiny, ASKED).latents
    scaled = one(tiny, replace(ASKED, sampling=Sampling(steps=4, guidance=1.0, latent_rescale=1.5, latent_shift=-0.2)))
    assert np.allclose(scaled.latents, 1.5 * plain - 0.2, atol=1e-6)
    decoded = engine.decode(tiny, scaled.latents)[:, :96_000]
    assert np.allclose(scaled.audio, decoded * (10 ** (-1 / 20) / np.abs(decoded).max()), atol=1e-5)


@pytest.fixture(scope="module")
def stems(tiny: Instrument) -> Instrument:
    return replace(tiny, card=tiny.card.model_copy(update={"stem_captions": True}))


@pytest.mark.parametrize(("windows", "mask"), [((), "false"), (((0.5, 1.0),), "true")])
def test_captions_of_song_and_stem_share_the_captions_place(
    tiny: Instrument, stems: Instrument, windows: tuple[tuple[float, float], ...], mask: str
) -> None:
    lego = replace(
        ASKED, caption="walking bass", task=Task.LEGO, stems=("bass",), windows=windows, source=InputSound(audio=chord(2.0)),
        global_caption="slow jazz",
    )  # fmt: skip
    limits = prompts.TokenLimits(stem_captions=True)
    text = tiny.tokenizer.decode(prompts.build(tiny.tokenizer, lego, 2.0, limits=limits).text, skip_special_tokens=False)
    expected = f"# Caption\nGlobal: slow jazz\nLocal: walking bass\nMask Control: {mask}\n\n# Metas\n- bpm: 85\n"
    assert expected in text and "Generate the BASS track" in text
    assert np.abs(one(stems, lego).latents - one(tiny, replace(lego, global_caption="")).latents).max() > 1e-4


def test_a_variant_that_knows_no_such_captions_refuses_them_by_name(tiny: Instrument) -> None:
    with pytest.raises(BadInput, match="tiny was not trained on captions of song and stem") as caught:
        make(replace(ASKED, global_caption="slow jazz"), tiny)
    assert caught.value.remedy


def test_a_long_caption_of_a_stem_loses_words_not_the_mask(stems: Instrument) -> None:
    long = replace(ASKED, caption="bass, " * 200, global_caption="jazz")
    built = prompts.build(stems.tokenizer, long, 2.0, limits=prompts.TokenLimits(stem_captions=True))
    text = stems.tokenizer.decode(built.text, skip_special_tokens=False)
    assert len(built.text) <= 256 and "Mask Control: false" in text and "- duration: 2 seconds" in text and built.warnings
