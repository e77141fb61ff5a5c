"""nano's second codec: partials at any pitch, phases that run on, and the interface of a VAE."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from producertwin.model.nano.gliding_codec import GlidingCodec
from producertwin.model.nano.gliding_sound import (
    BEYOND,
    REACH,
    GlidingAnalysis,
    GlidingControls,
    GlidingSynthesis,
    divide_lobe,
    partial_gate,
)
from producertwin.model.nano.spectral import BINS, OSCILLATORS, SEMITONES, STEPS_PER_LATENT, overlap_frames
from producertwin.timebase import HOP, SAMPLE_RATE

NOTES = len(SEMITONES)
SIZES = {"encoder_width": 32, "encoder_depth": 1, "decoder_width": 32, "decoder_depth": 1, "fine_width": 32, "fine_depth": 1}


@pytest.fixture(scope="module")
def codec() -> GlidingCodec:
    torch.manual_seed(5)
    return GlidingCodec(**SIZES).eval()


def controls(frames: int, oscillator: int, deviation: float) -> GlidingControls:
    count = len(OSCILLATORS)
    tone, moved = torch.zeros(1, frames, count), torch.zeros(1, frames, count)
    tone[..., oscillator], moved[..., oscillator] = 1.0, deviation
    silent = torch.zeros(1, frames, 2, 2, BINS)
    return GlidingControls(tone, moved, torch.zeros(1, frames, 2, count), silent, torch.zeros(1, frames, BINS), silent[:, :, 0])


def sine(hz: float, seconds: float = 2.0) -> torch.Tensor:
    return 0.1 * torch.sin(2 * torch.pi * hz / SAMPLE_RATE * torch.arange(round(seconds * SAMPLE_RATE)))[None, None].repeat(
        1, 2, 1
    )


@pytest.mark.parametrize(("oscillator", "deviation"), [(0, 0.3), (10, -0.45), (45, 0.1), (80, 0.2), (107, -0.3), (120, -0.25)])
def test_an_oscillator_off_its_centre_is_one_steady_sine(oscillator: int, deviation: float) -> None:
    synthesis = GlidingSynthesis()
    sound = overlap_frames(synthesis(controls(80, oscillator, deviation))[0])[0, 0].double().numpy()[4800:-4800]
    turn = 2 * np.pi * synthesis.hz[oscillator] * 2 ** (deviation / 12) / SAMPLE_RATE * np.arange(len(sound))
    basis = np.stack([np.cos(turn), np.sin(turn)], 1)
    found, *_ = np.linalg.lstsq(basis, sound, rcond=None)
    left = sound - basis @ found
    assert np.hypot(*found) == pytest.approx(1.0, abs=0.005)
    assert 10 * np.log10((sound @ sound) / (left @ left)) > 40


@pytest.mark.parametrize("hz", [61.0, 223.85, 429.95, 1000.0, 3000.0, 6100.0])
def test_the_analysis_says_how_far_a_partial_is_from_its_band(hz: float) -> None:
    features = GlidingAnalysis()(sine(hz))[0, 25]
    levels, deviations = features[-2 * NOTES : -NOTES], features[-NOTES:]
    band = int(levels.argmax())
    wanted = 69 + 12 * np.log2(hz / 440) - SEMITONES[band]
    assert float(deviations[band]) == pytest.approx(wanted, abs=0.01)
    assert float(partial_gate(levels)[band]) == 1.0


def test_bands_beside_a_louder_one_and_silent_ones_do_not_count() -> None:
    levels = torch.full((5,), -2.0)
    levels[1:4] = torch.tensor([0.2, 1.0, 0.9])
    gate = partial_gate(levels)
    assert gate[0] == 0 and gate[1] == 0 and gate[2] == 1
    assert 0.5 < float(gate[3]) < 1


def test_the_lobe_is_a_hann_windows_spectrum() -> None:
    count = 960
    window = np.hanning(count + 1)[:-1]
    for far in (0.3, 0.0001, 1.0001, 1.7, 2.0001, -0.9999, -3.4):
        wave = np.exp(2j * np.pi * far * (np.arange(count) - count / 2) / count)
        lobe = np.sin(np.pi * far) / (2 * np.pi * float(divide_lobe(torch.tensor(far, dtype=torch.float64))))
        assert lobe == pytest.approx(float((window * wave).sum().real) / count, abs=1e-5)


@pytest.mark.parametrize("bin_", [1, 12, 200, 300])
def test_an_oscillator_in_the_middle_of_a_bin_sounds_as_one_beside_it(bin_: int) -> None:
    """There the lobe is nothing divided by nothing."""
    synthesis, count = GlidingSynthesis(), len(OSCILLATORS)
    number = int(np.abs(synthesis.hz - 50.0 * bin_).argmin())
    asked, still = controls(3, number, 0.0), torch.zeros(1, 3, count)
    at, beside = (
        synthesis.write_partials(asked, torch.full((1, 3, count), 50.0 * bin_ + more), still, synthesis._add)
        for more in (0.0, 0.02)
    )
    assert float(at.abs().max()) == pytest.approx(240.0, rel=1e-3)
    assert torch.allclose(at, beside, atol=0.2)


def test_a_long_take_turns_as_exactly_as_its_first_second() -> None:
    """Cycles are added up in double precision: a tone four minutes long is as pure as a short one."""
    synthesis = GlidingSynthesis()
    gains = torch.full((1, 24_000, len(OSCILLATORS)), 0.31)
    angle, carry = synthesis._turn(gains, 0, None)
    wanted = (24_000 * np.float64(np.float32(0.31))) % 1.0
    assert carry[0, 0].item() == pytest.approx(wanted, abs=1e-6)
    assert angle.dtype == torch.float32


def test_tiles_of_any_length_give_the_whole(codec: GlidingCodec) -> None:
    latents = torch.randn(1, 64, 150, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        whole = codec.decode(latents).sample
        for tile in (40, 64, 149):
            assert torch.allclose(codec.decode(latents, tile=tile).sample, whole, atol=1e-5)


def test_no_oscillator_leaves_its_reach(codec: GlidingCodec) -> None:
    with torch.inference_mode():
        found, features = codec.decoder(5 * torch.randn(2, 20, 64, generator=torch.Generator().manual_seed(3)))
    assert bool((found.deviation.abs() <= REACH + BEYOND + 1e-6).all())
    assert found.tone.shape == (2, 20 * STEPS_PER_LATENT, len(OSCILLATORS))
    assert features.shape[-1] == codec.encoder.enter.in_features


def test_it_presents_a_vae_with_normalised_latents(codec: GlidingCodec) -> None:
    audio = 0.1 * torch.randn(1, 2, 40 * HOP, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        plain = codec.encode(audio).latent_dist.mode()
        assert plain.shape == (1, 64, 40)
        assert codec.decode(plain).sample.shape == audio.shape
        codec.latent_mean.fill_(1.0), codec.latent_std.fill_(2.0)
        moved = codec.encode(audio).latent_dist.mode()
        assert torch.allclose(moved, (plain - 1) / 2, atol=1e-5)
        codec.latent_mean.zero_(), codec.latent_std.fill_(1.0)
    assert not codec.keeps_phase and codec.tiles_itself
    assert int(codec.config.sampling_rate) == SAMPLE_RATE
