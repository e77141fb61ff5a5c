"""The repaint modes of ACE-Step against its table, and takes made with each.

Golden values: ACE-Step's table of modes (share of the steps, frames and seconds of the fades), its example of a fade in latents,
and the steps of a walk worked out with numpy from the velocities that diffusers' transformer gives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import chord, noise_of

from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine, postprocess
from producertwin.model.sampling.options import RepaintMode
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.repainting import EXACT, Repainting, fade_mask, repainting
from producertwin.model.sampling.request import Generated, InputSound, Request, Samples, Sampling
from producertwin.model.sampling.take import prepare_take
from producertwin.model.tasks import Task

LEVELS = (1.0, 0.75, 0.5, 0.25)


@pytest.mark.parametrize(
    ("mode", "strength", "expected"),
    [
        ("conservative", 0.5, (1.0, 25, 0.05)),
        ("balanced", 0.5, (0.5, 12, 0.025)),  # 12.5 is rounded to the even number
        ("balanced", 0.3, (0.7, 18, 0.035)),
        ("balanced", 0.0, (1.0, 25, 0.05)),
        ("balanced", 1.0, (0.0, 0, 0.0)),
        ("aggressive", 0.5, (0.0, 0, 0.0)),
    ],
)
def test_modes_are_those_of_the_table(mode: RepaintMode, strength: float, expected: tuple[float, int, float]) -> None:
    found = repainting(mode, strength)
    assert (found.share, found.frames) == (pytest.approx(expected[0]), expected[1])
    assert found.seconds == pytest.approx(expected[2]) and not found.exact
    assert found.keeps_samples == (expected[2] > 0)


@pytest.mark.parametrize(
    ("mode", "count", "distilled", "steps"),
    [("exact", 8, True, 8), ("conservative", 8, True, 7), ("conservative", 8, False, 8), ("balanced", 5, False, 2)],
)
def test_the_source_is_put_back_after_a_share_of_the_steps(mode: RepaintMode, count: int, distilled: bool, steps: int) -> None:
    """2.5 of five steps are two; the distilled code leaves the last step alone."""
    assert repainting(mode).steps(count, distilled=distilled) == steps
    assert repainting("aggressive").steps(count, distilled=distilled) == 0


@pytest.mark.parametrize(
    ("length", "window", "fade", "expected"),
    [
        (10, (4, 7), 3, (0, 0.25, 0.5, 0.75, 1, 1, 1, 0.75, 0.5, 0.25)),
        (10, (4, 7), 0, (0, 0, 0, 0, 1, 1, 1, 0, 0, 0)),
        (6, (1, 3), 4, (0.5, 1, 1, 0.75, 0.5, 0.25)),  # one frame of room before, three after
        (4, (0, 4), 3, (1, 1, 1, 1)),
    ],
)
def test_a_fade_lies_outside_the_window(length: int, window: tuple[int, int], fade: int, expected: tuple[float, ...]) -> None:
    assert np.allclose(fade_mask(length, window, fade), expected)


def asked(sound: Samples, ways: Repainting, window: tuple[float, float] = (1.0, 2.5), guidance: float = 1.0) -> Request:
    sampling = Sampling(schedule=LEVELS, guidance=guidance)
    return Request(
        "lofi", 1.0, 3, Task.REPAINT, sampling=sampling, source=InputSound(audio=sound), windows=(window,), repaint=ways
    )


def one(instrument: Instrument, request: Request) -> Generated:
    return engine.generate(instrument, [request])[0]


def walk_by_formula(tiny: Instrument, request: Request) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Euler's steps; after the first `round(share · N)` what is outside becomes the source noised by the noise of the seed."""
    plan = make(request, tiny)
    take = prepare_take(tiny, plan)
    [window] = plan.windows
    assert take.context.source is not None
    noise = noise_of(3, plan.frames, tiny.width)[0].double().numpy()
    source, x = take.context.source[0].double().numpy(), noise
    outside = np.ones(plan.frames, bool)
    outside[slice(*window)] = False
    for step, (t, after) in enumerate(zip(LEVELS, (*LEVELS[1:], 0.0), strict=True)):
        at = torch.full((1,), t)
        with torch.inference_mode():
            given = (torch.from_numpy(x)[None].float(), at, at, take.cond[None], take.context.before_switch)
            velocity = tiny.transformer(*given, return_dict=False)[0][0].double().numpy()
        x = x + (after - t) * velocity
        if step < np.round(request.repaint.share * len(LEVELS)):
            x[outside] = (after * noise + (1 - after) * source)[outside]
    fade = request.repaint.frames
    if fade:
        made = np.where(outside, 0.0, 1.0)
        for j in range(1, fade + 1):
            for place, room in ((window[0] - j, window[0]), (window[1] + j - 1, plan.frames - window[1])):
                width = min(fade, room)
                if j <= width:
                    made[place] = (width + 1 - j) / (width + 1)
        x = made[:, None] * x + (1 - made[:, None]) * source
    return x


@pytest.mark.thorough
@pytest.mark.parametrize(("mode", "strength"), [("conservative", 0.5), ("balanced", 0.5), ("balanced", 0.8), ("aggressive", 0.5)])
@pytest.mark.parametrize("window", [(1.0, 2.5), (0.3, 3.9)])
def test_every_mode_is_walked_as_the_formulas_say(
    tiny: Instrument, sound: Samples, mode: RepaintMode, strength: float, window: tuple[float, float]
) -> None:
    request = asked(sound, repainting(mode, strength), window)
    assert np.abs(one(tiny, request).latents - walk_by_formula(tiny, request)).max() <= 1e-4


@pytest.mark.thorough
def test_the_modes_keep_less_and_less(tiny: Instrument, sound: Samples) -> None:
    """Exact and conservative give back the source's samples outside their fades; aggressive decodes everything anew."""
    modes = {
        mode: one(tiny, asked(sound, repainting(mode))).audio for mode in ("exact", "conservative", "balanced", "aggressive")
    }
    exact = one(tiny, asked(sound, EXACT)).audio
    assert np.array_equal(modes["exact"], exact)
    for mode, fade in (("exact", 0), ("conservative", 2_400), ("balanced", 1_200)):
        for outside in (slice(0, 48_000 - fade), slice(120_000 + fade, None)):
            assert np.array_equal(modes[mode][:, outside], sound[:, outside])
    assert np.abs(modes["conservative"][:, 46_000:48_000] - sound[:, 46_000:48_000]).max() > 1e-4
    assert np.abs(modes["aggressive"] - sound)[:, :40_000].max() > 1e-2
    assert np.abs(modes["aggressive"]).max() == pytest.approx(10 ** (-1 / 20), abs=1e-5)


@pytest.mark.parametrize("mode", ["conservative", "balanced"])
def test_a_window_of_everything_keeps_nothing(tiny: Instrument, sound: Samples, mode: RepaintMode) -> None:
    take = one(tiny, asked(sound, repainting(mode), (0.0, 4.0)))
    assert take.audio.shape == sound.shape and np.abs(take.audio).max() == pytest.approx(10 ** (-1 / 20), abs=1e-5)
    assert np.abs(take.audio - sound).max() > 1e-2


def test_samples_fade_outside_in_a_straight_line() -> None:
    source, made = np.full((2, 100), 0.5, np.float32), np.full((2, 100), -0.5, np.float32)
    found = postprocess.splice_outside(made, source, 40, 60, 3)
    assert np.allclose(found[0, 36:43], (0.5, 0.25, 0.0, -0.25, -0.5, -0.5, -0.5))
    assert np.allclose(found[:, 58:64], found[:, 36:42][:, ::-1]) and np.array_equal(found[:, :37], source[:, :37])


def test_a_new_part_is_no_louder_than_the_source_allows() -> None:
    source = chord(3.0, gain=0.05)
    made = np.concatenate([source[:, :48_000], source[:, 48_000:96_000] * np.float32(200), source[:, 96_000:]], 1)
    assert np.abs(postprocess.splice_outside(made, source, 48_000, 96_000, 2_400)).max() <= 10 ** (-1 / 20) + 1e-3


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["conservative", "balanced", "aggressive"])
def test_a_window_past_the_end_makes_the_source_longer(tiny: Instrument, sound: Samples, mode: RepaintMode) -> None:
    take = one(tiny, replace(asked(sound, repainting(mode)), windows=((3.0, 6.0),)))
    assert take.audio.shape == (2, 288_000) and np.abs(take.audio[:, 200_000:]).max() > 1e-3
    if mode != "aggressive":
        assert np.array_equal(take.audio[:, : 144_000 - 2_400], sound[:, : 144_000 - 2_400])
