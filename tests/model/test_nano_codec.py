"""nano's codec: tuning, overlap-add, absolute time, and the interface of a diffusers VAE. Weights are random here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from producertwin.model.nano.codec import PASSING, NanoCodec, remove_steady
from producertwin.model.nano.spectral import (
    BINS,
    FEATURES,
    OSCILLATORS,
    SEMITONES,
    STEP,
    STEPS_PER_LATENT,
    Analysis,
    Controls,
    Synthesis,
    sharpen,
)
from producertwin.timebase import HOP, SAMPLE_RATE


@pytest.fixture(scope="module")
def codec() -> NanoCodec:
    torch.manual_seed(3)
    return NanoCodec(encoder_width=32, encoder_depth=1, decoder_width=32, decoder_depth=1, fine_width=32, fine_depth=1).eval()


def controls(frames: int, *, tone: dict[float, float] | None = None, noise: float = 0.0) -> Controls:
    amplitude = torch.zeros(1, frames, len(OSCILLATORS))
    for pitch, level in (tone or {}).items():
        amplitude[..., OSCILLATORS.index(pitch)] = level
    return Controls(
        tone=amplitude,
        tone_side=torch.zeros(1, frames, 2, len(OSCILLATORS)),
        transient=torch.zeros(1, frames, 2, 2, BINS),
        noise=torch.full((1, frames, BINS), noise),
        noise_side=torch.zeros(1, frames, 2, BINS),
    )


def test_a_held_oscillator_is_a_steady_tone_in_tune() -> None:
    audio = Synthesis()(controls(400, tone={69.0: 0.5}))[0, 0].numpy()
    steady = audio[SAMPLE_RATE : 3 * SAMPLE_RATE]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(steady.size)))
    assert np.argmax(spectrum) * SAMPLE_RATE / steady.size == pytest.approx(440.0, abs=0.5)
    assert np.sqrt(2 * np.mean(steady**2)) == pytest.approx(0.5, rel=1e-3)
    blocks = np.sqrt(np.mean(steady[: 190 * STEP].reshape(190, STEP) ** 2, 1))
    assert blocks.max() / blocks.min() < 1.12


def spectra(frames: int, seed: int) -> torch.Tensor:
    """Random transients `(1, frames, 2, 2, BINS)`."""
    return torch.randn(1, frames, 2, 2, BINS, generator=torch.Generator().manual_seed(seed))


def test_what_comes_again_with_every_latent_frame_is_no_transient() -> None:
    steady = spectra(STEPS_PER_LATENT, 1).repeat(1, 40, 1, 1, 1)
    assert float(remove_steady(steady, PASSING).abs().max()) < 1e-5
    onset = torch.zeros_like(steady)
    onset[:, 80] = spectra(1, 2)[:, 0]
    kept = remove_steady(steady + onset, PASSING)
    assert float((kept - onset).square().sum() / onset.square().sum()) < 1.2 / (2 * PASSING + 1)
    assert torch.equal(remove_steady(onset, PASSING)[:, : 80 - STEPS_PER_LATENT * (PASSING + 1)], onset[:, : 80 - 4 * 13])


def test_transients_of_a_tile_are_those_of_the_whole_beyond_its_reach() -> None:
    whole, first = spectra(60 * STEPS_PER_LATENT, 3), 10 * STEPS_PER_LATENT
    tile = remove_steady(whole[:, first:], PASSING)
    reach = PASSING * STEPS_PER_LATENT
    assert torch.allclose(tile[:, reach:], remove_steady(whole, PASSING)[:, first + reach :], atol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_a_codec_without_steady_transients_decodes_any_length(frames: int) -> None:
    sizes = {"encoder_width": 16, "encoder_depth": 1, "decoder_width": 16, "decoder_depth": 1, "fine_width": 16, "fine_depth": 1}
    made = NanoCodec(**sizes, passing=PASSING).eval().decode(torch.zeros(1, 64, frames)).sample
    assert made.shape == (1, 2, frames * HOP) and bool(made.isfinite().all())


def test_a_tile_is_the_same_sound_as_its_place_in_the_whole() -> None:
    synthesis, parts = Synthesis(), controls(60, tone={57.0: 0.2, 64.5: 0.1}, noise=0.02)
    whole = synthesis(parts)
    tail = synthesis(Controls(*(value[:, 20:] for value in vars(parts).values())), 20)
    assert torch.allclose(whole[..., 21 * STEP :], tail[..., STEP:], atol=1e-5)


def test_a_mono_sound_has_no_side_features() -> None:
    mono = torch.randn(1, 1, 8 * HOP, generator=torch.Generator().manual_seed(1)).repeat(1, 2, 1) * 0.1
    found = Analysis()(mono)
    silent = Analysis()(torch.zeros(1, 2, 8 * HOP))
    assert found.shape == (1, 8, FEATURES)
    side = slice(96, 128)
    assert torch.allclose(found[..., side], silent[..., side], atol=1e-4)
    assert (found[..., :96] > silent[..., :96] + 0.5).all()


@pytest.mark.parametrize("pitch", [40, 57, 69, 88])
def test_a_tone_lights_its_semitone(pitch: int) -> None:
    n = torch.arange(30 * HOP) / SAMPLE_RATE
    tone = 0.3 * torch.sin(2 * torch.pi * 440 * 2 ** ((pitch - 69) / 12) * n)
    bands = Analysis()(torch.stack([tone, tone])[None])[0, 15, -len(SEMITONES) :]
    assert SEMITONES[int(bands.argmax())] == pitch


def test_a_note_stands_clear_of_its_neighbours_once_sharpened() -> None:
    n = torch.arange(30 * HOP) / SAMPLE_RATE
    chord = sum(0.1 * torch.sin(2 * torch.pi * 440 * 2 ** ((pitch - 69) / 12) * n) for pitch in (50, 57, 61, 64, 76))
    heard = Analysis()(torch.stack([chord, chord])[None])[0, 15, -len(SEMITONES) :] * 2 - 4
    clear = sharpen(heard)
    notes = [SEMITONES.index(pitch) for pitch in (50, 57, 61, 64, 76)]
    beside = [place + step for place in notes for step in (-1, 1)]
    assert torch.equal(clear[notes], heard[notes])
    assert float(heard[notes].min() - heard[beside].max()) < 1.3  # in log10 of power: the bands hear their neighbours
    assert float(clear[notes].min() - clear[beside].max()) > 3.0


def test_sharpening_lowers_by_at_most_twenty_decibels_and_keeps_plateaus() -> None:
    assert torch.equal(sharpen(torch.full((2, 3, 9), -4.0)), torch.full((2, 3, 9), -4.0))
    assert torch.allclose(sharpen(torch.tensor([0.0, -0.5, -7.0, -7.0])), torch.tensor([0.0, -2.0, -9.0, -7.0]))


def test_no_oscillator_sounds_far_above_its_band(codec: NanoCodec) -> None:
    from producertwin.model.nano.codec import LOUDER

    z = 3 * torch.randn(1, 40, 64, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        played, features = codec.decoder(z)
    bands = sharpen(features[..., -len(SEMITONES) :] * 2 - 4).amax(1)
    seated = bands @ codec.decoder.seats
    assert bool((played.tone.log().amax(1) <= np.log(10) / 2 * seated + LOUDER + 1e-4).all())


def test_it_presents_a_vae(codec: NanoCodec) -> None:
    audio = torch.randn(2, 2, 10 * HOP, generator=torch.Generator().manual_seed(2)) * 0.1
    with torch.inference_mode():
        found = codec.encode(audio).latent_dist
        assert found.mode().shape == (2, 64, 10)
        draw = [found.sample(torch.Generator().manual_seed(5)) for _ in range(2)]
        assert torch.equal(*draw) and not torch.equal(draw[0], found.mode())
        made = codec.decode(found.mode()).sample
    assert made.shape == (2, 2, 10 * STEPS_PER_LATENT * STEP)
    assert bool(torch.isfinite(made).all())
    assert codec.config.sampling_rate == SAMPLE_RATE


def test_latents_are_normalised_by_the_stored_statistics(codec: NanoCodec) -> None:
    audio = torch.randn(1, 2, 10 * HOP, generator=torch.Generator().manual_seed(2)) * 0.1
    with torch.inference_mode():
        before, plain = codec.encode(audio).latent_dist.mode(), codec.decode(torch.ones(1, 64, 4)).sample
        codec.latent_mean.fill_(0.5)
        codec.latent_std.fill_(2.0)
        after = codec.encode(audio).latent_dist.mode()
        same = codec.decode(torch.full((1, 64, 4), 0.25)).sample
        codec.latent_mean.zero_()
        codec.latent_std.fill_(1.0)
    assert torch.allclose(after, (before - 0.5) / 2, atol=1e-6)
    assert torch.allclose(plain, same, atol=1e-6)
