"""What the engine promises beyond diffusers: tasks, starts, batches, repeatability, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import chord, noise_of

from producertwin.errors import BadInput, Diverged, Interrupted
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.metronome import metronome
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import Generated, InputSound, Metas, Request, Samples, Sampling, StartPoint
from producertwin.model.sampling.take import prepare_take
from producertwin.model.sampling.task_context import prepare
from producertwin.model.sampling.walk import walk
from producertwin.model.tasks import Task
from producertwin.music import Key
from producertwin.progress import Progress

WALK = Sampling(steps=4, guidance=2.0)
ASKED = Request("lofi, rain", 2.0, 3, lyrics="la", metas=Metas(85, Key.parse("A minor"), 4, "en"), sampling=WALK)


def one(instrument: Instrument, request: Request) -> Generated:
    return engine.generate(instrument, [request])[0]


def repaint(sound: Samples, window: tuple[float, float], **more: Any) -> Request:
    return replace(ASKED, task=Task.REPAINT, source=InputSound(audio=sound), windows=(window,), **more)


def test_same_request_same_bytes_other_seed_other_take(tiny: Instrument) -> None:
    state = torch.random.get_rng_state()
    first, again, other = (one(tiny, replace(ASKED, seed=seed)) for seed in (3, 3, 4))
    assert first.audio.tobytes() == again.audio.tobytes() and first.latents.tobytes() == again.latents.tobytes()
    assert np.abs(first.latents - other.latents).max() > 0.1
    assert torch.equal(state, torch.random.get_rng_state())


def test_lengths_are_exact_to_the_sample(tiny: Instrument) -> None:
    for seconds in (1.0, 2.345):
        take = one(tiny, replace(ASKED, seconds=seconds))
        assert take.audio.shape == (2, round(seconds * 48_000)) and take.audio.dtype == np.float32
        assert take.latents.shape == (-(-round(seconds * 48_000) // 1920), tiny.width)
    assert float(np.abs(take.audio).max()) == pytest.approx(10 ** (-1 / 20), abs=1e-5)


def mixed() -> list[Request]:
    """Six takes of all kinds: other captions, lyrics, metas, lengths, tasks and walks."""
    sound = chord(2.0, seed=5)
    return [
        ASKED,
        replace(ASKED, seed=11, caption="techno with a very long description of everything that is heard in it", lyrics=""),
        replace(ASKED, seed=12, metas=Metas(140), lyrics="many words\n" * 12),
        replace(ASKED, seed=13, seconds=1.4),
        replace(repaint(sound, (0.5, 1.5)), seed=14),
        replace(ASKED, seed=15, sampling=Sampling(steps=3, guidance=1.0, sampler="sde")),
    ]


@pytest.fixture(scope="module")
def alone(tiny: Instrument) -> list[Generated]:
    return [one(tiny, request) for request in mixed()]


@pytest.mark.thorough
def test_a_batch_holds_the_very_takes_that_are_made_alone(tiny: Instrument, alone: list[Generated]) -> None:
    for single, member in zip(alone, engine.generate(tiny, mixed()), strict=True):
        assert single.audio.tobytes() == member.audio.tobytes()


def test_takes_made_in_one_pass_equal_those_made_alone(tiny: Instrument, alone: list[Generated]) -> None:
    """Different prompts in one forward pass: the padding of the shorter ones is masked (diffusers attends to it)."""
    for single, member in zip(alone, engine.generate(tiny, mixed(), max_batch=8), strict=True):
        assert np.abs(single.latents - member.latents).max() <= 1e-5


def test_diffusers_changes_a_take_with_its_neighbours(tiny: Instrument, pipeline: Any, alone: list[Generated]) -> None:
    """Deliberate difference: the same two prompts together in the pipeline do not give what each gives alone."""
    asked = mixed()[:2]
    noise = torch.cat([noise_of(request.seed, 50, tiny.width) for request in asked])
    found = pipeline(
        prompt=[request.caption for request in asked], lyrics=["la", "[Instrumental]"], latents=noise, audio_duration=2.0,
        num_inference_steps=4, guidance_scale=2.0, shift=1.0, bpm=85, keyscale="A minor", timesignature="4", output_type="latent",
    ).audios  # fmt: skip
    for theirs, ours in zip(found, alone, strict=False):
        assert np.abs(theirs.numpy() - ours.latents).max() > 1e-3


def test_start_renoises_the_sound_with_the_noise_of_the_take(tiny: Instrument) -> None:
    sketch = np.random.default_rng(0).standard_normal((50, tiny.width)).astype(np.float32)
    near, far = (
        one(tiny, replace(ASKED, start=StartPoint(InputSound(latents=sketch), t), sampling=Sampling(steps=10, guidance=1.0)))
        for t in (0.05, 0.9)
    )
    assert near.schedule == (0.05,) and far.schedule[0] == 0.9 and len(far.schedule) == 9
    assert np.abs(near.latents - sketch).mean() < np.abs(far.latents - sketch).mean()
    pure = one(tiny, replace(ASKED, start=StartPoint(InputSound(latents=sketch), 1.0)))
    assert np.array_equal(pure.latents, one(tiny, ASKED).latents)


def test_a_metronome_is_heard_where_beats_are_known(tiny: Instrument) -> None:
    hears = replace(tiny, card=tiny.card.model_copy(update={"metronome": True}))
    sketch = InputSound(latents=np.random.default_rng(0).standard_normal((50, tiny.width)).astype(np.float32))

    def silence(instrument: Instrument, request: Request) -> torch.Tensor:
        return prepare(instrument, make(request, instrument)).before_switch[0, :, : tiny.width]

    plain, counted = silence(tiny, ASKED), silence(hears, ASKED)
    assert np.allclose(counted - plain, metronome(ASKED.metas, 50, tiny.width), atol=1e-6)
    assert torch.equal(silence(hears, replace(ASKED, start=StartPoint(sketch, 0.8, on_beat=True))), counted)
    for request in (replace(ASKED, start=StartPoint(sketch, 0.8)), replace(ASKED, metas=Metas())):
        assert torch.equal(silence(hears, request), plain)


def test_start_by_hand(tiny: Instrument, pipeline: Any) -> None:
    """The same walk in diffusers: latents noised to the first level, and the rest of the schedule."""
    sketch = torch.randn(1, 50, tiny.width, generator=torch.Generator().manual_seed(2))
    begin = 0.4 * sketch + 0.6 * noise_of(3, 50, tiny.width)
    theirs = pipeline(
        prompt="lofi, rain", lyrics="la", latents=begin, audio_duration=2.0, timesteps=[0.6, 0.5, 0.25], guidance_scale=2.0,
        bpm=85, keyscale="A minor", timesignature="4", output_type="latent",
    ).audios[0]  # fmt: skip
    ours = one(tiny, replace(ASKED, start=StartPoint(InputSound(latents=sketch[0].numpy()), 0.6)))
    assert np.abs(ours.latents - theirs.numpy()).max() <= 1e-4


def test_repaint_keeps_every_sample_outside_its_window(tiny: Instrument, sound: Samples) -> None:
    take = one(tiny, repaint(sound, (1.0, 2.5)))
    inside = slice(48_000, 120_000)
    assert take.audio.shape == sound.shape
    assert np.array_equal(take.audio[:, :48_000], sound[:, :48_000])
    assert np.array_equal(take.audio[:, 120_000:], sound[:, 120_000:])
    assert np.abs(take.audio[:, inside] - sound[:, inside]).max() > 0.01
    kept = engine.encode(tiny, sound)
    assert np.abs(take.latents[:25] - kept[:25]).max() <= 1e-5 and np.abs(take.latents[63:] - kept[63:]).max() <= 1e-5


@pytest.mark.thorough
@pytest.mark.parametrize("window", [(0.0, 1.5), (1.0, 2.5), (2.0, 4.0), (3.0, 6.5)])
def test_the_latents_of_a_matched_repaint_are_those_of_its_sound(
    tiny: Instrument, sound: Samples, window: tuple[float, float]
) -> None:
    """The match changes the decoded sound, so the latents inside the window follow it; without, they are the loop's own."""
    matched, plain = (one(tiny, repaint(sound, window, match=match)) for match in (True, False))
    first, last = int(window[0] * 25), min(-(-int(window[1] * 50) // 2), len(matched.latents))
    heard = engine.encode(tiny, matched.audio)
    assert np.abs(matched.latents[first:last] - heard[first:last]).max() <= 1e-3
    assert np.abs(plain.latents[first:last] - heard[first:last]).max() > 1e-2
    assert np.array_equal(np.delete(matched.latents, np.s_[first:last], 0), np.delete(plain.latents, np.s_[first:last], 0))
    assert not np.array_equal(matched.audio, plain.audio)


def test_repaint_seams_do_not_click(tiny: Instrument, sound: Samples) -> None:
    take = one(tiny, repaint(sound, (1.0, 2.5)))
    jumps = np.abs(np.diff(take.audio, axis=1)).max(0)
    for seam in (48_000, 120_000):
        assert jumps[seam - 3 : seam + 3].max() <= 2 * max(np.abs(np.diff(sound, axis=1)).max(), jumps[60_000:100_000].max())


def test_diffusers_does_not_keep_the_kept_part(pipeline: Any, sound: Samples) -> None:
    """Deliberate difference: the pipeline decodes everything anew and changes the level of the whole."""
    found = pipeline(
        prompt="lofi", lyrics="la", src_audio=torch.from_numpy(sound), task_type="repaint", repainting_start=1.0,
        repainting_end=2.5, num_inference_steps=2, shift=1.0, audio_duration=None,
    ).audios[0]  # fmt: skip
    assert np.abs(found.numpy()[:, :40_000] - sound[:, :40_000]).max() > 0.01


def test_repaint_reaches_past_the_end(tiny: Instrument, sound: Samples) -> None:
    take = one(tiny, repaint(sound, (3.0, 6.5)))
    assert take.audio.shape == (2, 312_000) and take.latents.shape[0] == 163
    assert np.array_equal(take.audio[:, :144_000], sound[:, :144_000])
    assert np.abs(take.audio[:, 200_000:]).max() > 1e-3


def test_a_source_of_latents_alone_will_do(tiny: Instrument, sound: Samples) -> None:
    latents = engine.encode(tiny, sound)
    take = one(tiny, replace(repaint(sound, (1.0, 2.0)), source=InputSound(latents=latents)))
    assert np.array_equal(take.audio[:, :48_000], engine.decode(tiny, latents)[:, :48_000])


@pytest.mark.thorough
def test_cover_switches_to_text2music_over_silence(tiny: Instrument, sound: Samples) -> None:
    """After `int(steps · strength)` steps the walk goes on as text2music would from the same point."""
    asked = replace(ASKED, task=Task.COVER, source=InputSound(audio=sound), seconds=4.0, sampling=Sampling(steps=4, guidance=1.0))
    whole, half, none = (one(tiny, replace(asked, cover_strength=s)) for s in (1.0, 0.5, 0.0))
    plain = one(tiny, replace(asked, task=Task.TEXT2MUSIC, source=None))
    assert np.abs(none.latents - plain.latents).max() <= 1e-6
    assert np.abs(half.latents - whole.latents).max() > 1e-3 and np.abs(half.latents - plain.latents).max() > 1e-3
    # The second half by hand: stop the cover after two steps, go on as text2music from there.
    two = replace(asked, sampling=Sampling(schedule=(1.0, 0.75), guidance=1.0))
    noise = noise_of(3, 100, tiny.width).numpy()[0]
    there = one(tiny, two).latents
    assert there.shape == half.latents.shape
    at_half = _level(tiny, asked, steps=2)
    onwards = _from(tiny, plain_request=replace(asked, task=Task.TEXT2MUSIC, source=None), x=at_half, noise=noise)
    assert np.abs(onwards - half.latents).max() <= 1e-4


def _level(tiny: Instrument, asked: Request, steps: int) -> np.ndarray:
    """`x` after some steps of a walk."""
    seen: list[np.ndarray] = []
    with torch.inference_mode():
        for x in walk(tiny, [prepare_take(tiny, engine.make(asked, tiny))]):
            seen.append(x[0].numpy())
    return seen[steps - 1]


def _from(tiny: Instrument, plain_request: Request, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Walk from level 0.5 at `x`: a start whose re-noised sound is exactly `x`."""
    sound = (x - 0.5 * noise) / 0.5
    return one(tiny, replace(plain_request, start=StartPoint(InputSound(latents=sound.astype(np.float32)), 0.5))).latents


def test_diffusers_blends_a_cover_instead(tiny: Instrument, pipeline: Any, sound: Samples, monkeypatch: Any) -> None:
    from diffusers.models.autoencoders.autoencoder_oobleck import OobleckDiagonalGaussianDistribution as Posterior

    monkeypatch.setattr(Posterior, "sample", lambda self, **_: self.mean)
    theirs = pipeline(
        prompt="lofi, rain", lyrics="la", latents=noise_of(3, 100, tiny.width), src_audio=torch.from_numpy(sound),
        task_type="cover", audio_cover_strength=0.5, num_inference_steps=4, guidance_scale=1.0, shift=1.0, bpm=85,
        audio_duration=4.0, keyscale="A minor", timesignature="4", output_type="latent",
    ).audios[0]  # fmt: skip
    asked = replace(
        ASKED, task=Task.COVER, source=InputSound(audio=sound), cover_strength=0.5, sampling=Sampling(steps=4, guidance=1.0)
    )
    assert np.abs(one(tiny, asked).latents - theirs.numpy()).max() > 1e-3


def test_guidance_interval_counts_noise_levels(tiny: Instrument, pipeline: Any) -> None:
    """Deliberate difference: diffusers compares 1 - t, so its interval is the mirror of ours."""
    early = one(tiny, replace(ASKED, sampling=Sampling(steps=5, guidance=5.0, guidance_interval=(0.7, 1.0))))
    theirs = pipeline(
        prompt="lofi, rain", lyrics="la", latents=noise_of(3, 50, tiny.width), audio_duration=2.0, num_inference_steps=5,
        guidance_scale=5.0, shift=1.0, cfg_interval_start=0.0, cfg_interval_end=0.3, bpm=85, keyscale="A minor",
        timesignature="4", output_type="latent",
    ).audios[0]  # fmt: skip
    late = one(tiny, replace(ASKED, sampling=Sampling(steps=5, guidance=5.0, guidance_interval=(0.0, 0.3))))
    assert np.abs(early.latents - theirs.numpy()).max() <= 1e-4
    assert np.abs(late.latents - early.latents).max() > 1e-3


def test_an_encoded_source_is_the_same_every_time(tiny: Instrument, pipeline: Any, sound: Samples) -> None:
    """Deliberate difference: diffusers draws the source's latents from the global random state."""
    first, again = engine.encode(tiny, sound), engine.encode(tiny, sound)
    assert first.tobytes() == again.tobytes()
    drawn = [
        pipeline.prepare_src_latents(torch.device("cpu"), torch.float32, src_audio=torch.from_numpy(sound))[0] for _ in range(2)
    ]
    assert not torch.equal(*drawn)


def test_latents_of_the_same_sound_make_the_same_take(tiny: Instrument, sound: Samples) -> None:
    asked = replace(ASKED, task=Task.EXTRACT, stems=("bass",), source=InputSound(audio=sound))
    both = replace(asked, source=InputSound(sound, engine.encode(tiny, sound)))
    assert np.array_equal(one(tiny, asked).latents, one(tiny, both).latents)


def test_lego_knows_its_window(tiny: Instrument, sound: Samples) -> None:
    asked = replace(ASKED, task=Task.LEGO, stems=("synth",), source=InputSound(audio=sound))
    whole, part = one(tiny, asked), one(tiny, replace(asked, windows=((1.0, 2.0),)))
    assert np.abs(whole.latents - part.latents).max() > 1e-3


def test_progress_tells_every_step_and_can_stop(tiny: Instrument) -> None:
    heard: list[Progress] = []
    engine.generate(tiny, [ASKED, replace(ASKED, seed=4)], on_progress=heard.append)
    assert [(event.done, event.total) for event in heard] == [(i, 8) for i in range(9)]

    def stop(event: Progress) -> None:
        if event.done == 2:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        engine.generate(tiny, [ASKED], on_progress=stop)


def test_numbers_that_leave_the_road_are_an_error(tiny: Instrument) -> None:
    handle = tiny.transformer.proj_out_conv.register_forward_hook(lambda *given: given[-1] * float("nan"))
    with pytest.raises(Diverged, match="seed 3") as caught:
        engine.generate(tiny, [ASKED])
    handle.remove()
    assert caught.value.remedy


def test_the_longest_take_is_planned_not_refused(tiny: Instrument) -> None:
    plan = engine.make(replace(ASKED, seconds=600.0), tiny)
    assert plan.schedule.frames == 15_000


QUIET = np.zeros((2, 48_000), np.float32)
BAD: dict[str, Request] = {
    "empty caption": replace(ASKED, caption="  "),
    "duration 0": replace(ASKED, seconds=0.0),
    "duration 9999": replace(ASKED, seconds=9_999.0),
    "duration nan": replace(ASKED, seconds=float("nan")),
    "bpm -3": replace(ASKED, metas=Metas(bpm=-3)),
    "seed -1": replace(ASKED, seed=-1),
    "steps 0": replace(ASKED, sampling=Sampling(steps=0)),
    "guidance 99": replace(ASKED, sampling=Sampling(guidance=99)),
    "no source": replace(ASKED, task=Task.COVER),
    "empty source": replace(ASKED, task=Task.COVER, source=InputSound()),
    "silent source": replace(ASKED, task=Task.COVER, source=InputSound(audio=QUIET)),
    "mono source": replace(ASKED, task=Task.COVER, source=InputSound(audio=QUIET[:1])),
    "nan source": replace(ASKED, task=Task.COVER, source=InputSound(audio=QUIET + np.float32("nan"))),
    "foreign latents": replace(ASKED, task=Task.COVER, source=InputSound(latents=np.zeros((25, 7), np.float32))),
    "disagreeing source": replace(ASKED, task=Task.COVER, source=InputSound(chord(2.0), np.zeros((25, 4), np.float32))),
    "no window": replace(ASKED, task=Task.REPAINT, source=InputSound(audio=chord(2.0))),
    "window outside": repaint(chord(2.0), (2.5, 3.0)),
    "window backwards": repaint(chord(2.0), (1.5, 1.0)),
    "window on a cover": replace(ASKED, task=Task.COVER, source=InputSound(audio=chord(2.0)), windows=((0.0, 1.0),)),
    "no stem": replace(ASKED, task=Task.EXTRACT, source=InputSound(audio=chord(2.0))),
    "strange stem": replace(ASKED, task=Task.EXTRACT, source=InputSound(audio=chord(2.0)), stems=("kazoo",)),
    "strength": replace(ASKED, task=Task.COVER, source=InputSound(audio=chord(2.0)), cover_strength=1.5),
    "start level": replace(ASKED, start=StartPoint(InputSound(audio=chord(2.0)), 0.0)),
    "silent reference": replace(ASKED, references=(chord(1.0), QUIET)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_is_refused_before_any_work(tiny: Instrument, name: str) -> None:
    heard: list[Progress] = []
    with pytest.raises(BadInput) as caught:
        engine.generate(tiny, [ASKED, BAD[name]], on_progress=heard.append)
    assert caught.value.remedy and not heard


def test_a_task_the_variant_was_not_trained_for_is_refused_by_name(tiny: Instrument, sound: Samples) -> None:
    less = replace(tiny, variant="nano", card=tiny.card.model_copy(update={"tasks": tiny.tasks - {Task.COVER}}))
    with pytest.raises(BadInput, match="nano was not trained for cover"):
        one(less, replace(ASKED, task=Task.COVER, source=InputSound(audio=sound)))
