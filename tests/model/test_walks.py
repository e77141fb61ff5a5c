"""Which noise levels are walked, and over how many frames: as the checkpoints were trained.

Golden values: the turbo tables as ACE-Step prints them, its formula `t = s·u / (1 + (s - 1)·u)` with `u = 1 - i / N`, and its own
example of levels given by hand, moved by hand to the nearest of the tables' twenty.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import chord, noise_of

from producertwin.model.instrument import Instrument
from producertwin.model.sampling import codec, engine
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import Generated, InputSound, Metas, Request, Samples, Sampling, StartPoint
from producertwin.model.sampling.task_context import prepare
from producertwin.model.tasks import Task
from producertwin.model.variants import catalogue

BY_HAND = (0.97, 0.76, 0.615, 0.5, 0.395, 0.28, 0.18, 0.085)
"""ACE-Step's own example of levels."""
NEAREST = (0.95455, 0.76923, 0.625, 0.5, 0.4, 0.3, 0.22222, 0.125)
ASKED = Request("lofi, rain", 2.0, 3, lyrics="la", metas=Metas(85, None, 4, "en"), sampling=Sampling(steps=3, guidance=2.0))


@pytest.fixture(scope="module")
def turbo(tiny: Instrument) -> Instrument:
    return replace(tiny, card=tiny.card.model_copy(update={"discrete": True, "steps": 8, "shift": 3.0, "guidance": 1.0}))


@pytest.fixture(scope="module")
def trained(tiny: Instrument) -> Instrument:
    """tiny with the shortest length that real variants were trained on."""
    return replace(tiny, card=tiny.card.model_copy(update={"least_frames": 128}))


def one(instrument: Instrument, request: Request) -> Generated:
    return engine.generate(instrument, [request])[0]


def levels_of(instrument: Instrument, sampling: Sampling) -> tuple[tuple[float, ...], tuple[str, ...]]:
    plan = make(replace(ASKED, sampling=sampling), instrument)
    return plan.schedule.levels, plan.warnings


@pytest.mark.parametrize("shift", [1.0, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("steps", [1, 4, 7, 8, 12, 20, 50])
def test_a_distilled_variant_walks_the_levels_asked_for(turbo: Instrument, steps: int, shift: float) -> None:
    """Moved to the tables' levels, 20 steps were 17."""
    levels, notes = levels_of(turbo, Sampling(steps=steps, shift=shift))
    even = [1 - i / steps for i in range(steps)]
    assert levels == pytest.approx([shift * u / (1 + (shift - 1) * u) for u in even])
    in_tables = steps in (1, 4, 8) and shift in (1.0, 2.0, 3.0)
    assert in_tables is (not notes) or (not in_tables and steps == 1)
    assert all("distilled to eight steps" in note for note in notes)


def test_by_default_a_distilled_variant_walks_its_table_without_guidance(turbo: Instrument) -> None:
    usual = one(turbo, replace(ASKED, sampling=Sampling()))
    assert usual.schedule == pytest.approx((1, 0.9545, 0.9, 0.8333, 0.75, 0.6429, 0.5, 0.3), abs=1e-4)
    assert [text for text in usual.warnings if "heads" not in text] == []
    asked = one(turbo, replace(ASKED, sampling=Sampling(steps=7, guidance=6.0)))
    assert asked.guidance == 1.0 and len(asked.schedule) == 7
    assert len([text for text in asked.warnings if "heads" not in text]) == 2


def test_levels_by_hand_are_moved_to_the_tables_where_the_variant_is_distilled(turbo: Instrument, tiny: Instrument) -> None:
    levels, notes = levels_of(turbo, Sampling(schedule=BY_HAND))
    assert levels == pytest.approx(NEAREST, abs=1e-5) and "moved to 8" in notes[0]
    printed = (1.0, 0.955, 0.9, 0.833, 0.75, 0.643, 0.5, 0.3)
    assert levels_of(turbo, Sampling(schedule=printed))[0] == pytest.approx(printed, abs=1e-3)
    assert levels_of(turbo, Sampling(schedule=NEAREST))[1] == ()
    assert levels_of(tiny, Sampling(schedule=BY_HAND)) == (BY_HAND, ())


@pytest.mark.parametrize("levels", [BY_HAND, (0.99, 0.5), (0.3,)])
def test_a_schedule_may_begin_below_one(tiny: Instrument, pipeline: Any, levels: tuple[float, ...]) -> None:
    """The noise is taken as it is for a sound at the first level; diffusers does the same."""
    theirs = pipeline(
        prompt="lofi, rain", lyrics="la", latents=noise_of(3, 50, tiny.width), audio_duration=2.0, timesteps=list(levels),
        guidance_scale=2.0, bpm=85, timesignature="4", vocal_language="en", output_type="latent",
    ).audios[0]  # fmt: skip
    ours = one(tiny, replace(ASKED, sampling=Sampling(schedule=levels, guidance=2.0)))
    assert ours.schedule == levels and np.abs(ours.latents - theirs.numpy()).max() <= 1e-4


def test_only_tiny_plays_less_than_it_is_told(tiny: Instrument) -> None:
    assert catalogue.card_of(catalogue.NANO).least_frames == 128
    least = {name: variant.card.least_frames for name, variant in catalogue.VARIANTS.items() if name != "tiny"}
    assert set(least.values()) == {128} and tiny.card.least_frames == 1


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [1.0, 2.345, 4.9])
def test_a_short_take_is_the_beginning_of_one_that_is_long_enough(
    tiny: Instrument, trained: Instrument, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """5.12 s are played and cut; the prompt says the seconds asked for."""
    monkeypatch.setattr("producertwin.model.sampling.take.seconds_of", lambda _: int(seconds))
    short, long = one(trained, replace(ASKED, seconds=seconds)), one(tiny, replace(ASKED, seconds=5.12))
    frames, samples = -(-round(seconds * 48_000) // 1920), round(seconds * 48_000)
    assert np.array_equal(short.latents, long.latents[:frames]) and len(long.latents) == 128
    assert short.audio.shape == (2, samples) and np.abs(short.audio).max() == pytest.approx(10 ** (-1 / 20), abs=1e-5)
    decoded = codec.decode(tiny, torch.from_numpy(short.latents)[None])[:, :samples]
    assert np.allclose(short.audio, decoded * (np.abs(short.audio).max() / np.abs(decoded).max()), atol=1e-5)
    assert np.abs(one(tiny, replace(ASKED, seconds=seconds)).latents - short.latents).max() > 1e-3


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [5.12, 5.13, 6.0])
def test_a_take_that_is_long_enough_is_the_same_as_ever(tiny: Instrument, trained: Instrument, seconds: float) -> None:
    assert (
        one(trained, replace(ASKED, seconds=seconds)).audio.tobytes()
        == one(tiny, replace(ASKED, seconds=seconds)).audio.tobytes()
    )


EDITS: dict[str, dict[str, Any]] = {
    "cover": {"task": Task.COVER},
    "half a cover": {"task": Task.COVER, "cover_strength": 0.5},
    "repaint": {"task": Task.REPAINT, "windows": ((0.5, 1.5),)},
    "repaint to the end": {"task": Task.REPAINT, "windows": ((1.0, 2.0),)},
    "repaint past the end": {"task": Task.REPAINT, "windows": ((1.5, 3.0),)},
    "extract": {"task": Task.EXTRACT, "stems": ("bass",)},
    "lego": {"task": Task.LEGO, "stems": ("drums",), "windows": ((0.2, 1.0),)},
    "complete": {"task": Task.COMPLETE, "stems": ("drums",)},
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", EDITS)
def test_a_short_source_is_followed_by_silence(trained: Instrument, name: str) -> None:
    sound = chord(2.0, seed=5)
    request = replace(ASKED, source=InputSound(audio=sound), **EDITS[name])
    context = prepare(trained, make(request, trained)).before_switch
    assert context.shape[1] == 128
    if request.task is not Task.COVER:
        own = 75 if name == "repaint past the end" else 50
        assert torch.equal(context[:, own:, : trained.width], trained.silence(78)[:, own - 50 :])
    take = one(trained, request)
    seconds = 3.0 if name == "repaint past the end" else 2.0
    assert take.audio.shape[1] == round(seconds * 48_000) and len(take.latents) == round(seconds * 25)
    if request.task is Task.REPAINT:
        start = round(request.windows[0][0] * 48_000)
        assert np.array_equal(take.audio[:, :start], sound[:, :start])


@pytest.mark.thorough
def test_short_takes_of_all_lengths_share_a_pass_and_stay_themselves(trained: Instrument) -> None:
    sketch = InputSound(latents=np.random.default_rng(0).standard_normal((40, trained.width)).astype(np.float32))
    asked: list[Request] = [
        replace(ASKED, seconds=1.0),
        replace(ASKED, seconds=3.3, seed=8),
        replace(ASKED, seconds=1.6, start=StartPoint(sketch, 1.0)),
        replace(ASKED, seconds=5.12),
    ]
    for request, member in zip(asked, engine.generate(trained, asked, max_batch=8), strict=True):
        alone: Samples = one(trained, request).latents
        assert member.latents.shape == alone.shape and np.abs(member.latents - alone).max() <= 1e-5
