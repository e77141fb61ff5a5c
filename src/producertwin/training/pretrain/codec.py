"""Train nano's codec on the house band: multi-resolution spectra, the trunk's own features, a little pressure on the latents.

Loss (after Yamamoto et al. 2020 for the spectra): for each window n of `WINDOWS`, spectral convergence plus L1 of log
magnitudes, over mid and side or left and right by turns; where asked for, the gap in tonality (log of the arithmetic over the
geometric mean of a band's power: spectral flatness, Johnston 1988), which those losses leave to noise; plus L1 between the
decoder trunk's features and the encoder's, semitone bands apart from mel bands; plus the KL divergence of the latents from a
unit normal. Framing is by reshape and rfft (hop n/2, random offset), whose gradient is ten times cheaper than that of an
overlapping unfold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...model.nano.codec import NanoCodec
from ...model.nano.spectral import SEMITONES, STEP
from ...progress import Steps
from ...recipe import Record
from ...timebase import SAMPLE_RATE
from ..rng import StepRng
from .loop import Losses, PretrainSchedule, train
from .pool import SoundPool, map_sounds

WINDOWS = (8192, 4096, 2048, 1024, 512, 256)
TONAL_WINDOWS, TONAL_BANDS = (4096, 2048), 16


class CodecRecipe(Record):
    """Settings of the codec's training."""

    schedule: PretrainSchedule = PretrainSchedule(steps=3600, rate=1.5e-3, warmup=100)
    """Optimizer and steps."""
    batch: int = 10
    """Crops per step."""
    frames: int = 32
    """Latent frames per crop (25 per second)."""
    kl: float = 5e-4
    """Weight of the latents' KL divergence."""
    mels: float = 2.5
    """Weight of the trunk's guess of the mel bands."""
    semitones: float = 4.0
    """Weight of its guess of the semitone bands: a fifth of the features, and where pitch is."""
    tonality: float = 0.0
    """Weight of the difference in tonality."""
    levels: float = 0.0
    """Weight of the difference in the levels of bands, which noise does not blur."""
    repetition: float = 0.0
    """Weight of what comes again at the period of the frames."""
    decoder_only: bool = False
    """Leave the encoder as it is, so that latents stay valid."""
    noise: float = 0.0
    """Most noise added to the latents, as a share of their spread: what a generator's imprecise latents will be like."""
    bf16: bool = True
    """Compute the convolutional trunks in bfloat16."""


def spectra(x: Tensor, window: int, offset: int) -> Tensor:
    """Magnitudes `(…, frames, bins)` of Hann frames with hop n/2, beginning at `offset`."""
    half = window // 2
    x = x[..., offset:]
    halves = x[..., : x.shape[-1] // half * half].reshape(*x.shape[:-1], -1, half)
    frames = torch.cat([halves[..., :-1, :], halves[..., 1:, :]], -1) * torch.hann_window(window, device=x.device)
    spectrum = torch.fft.rfft(frames) / window**0.5
    power: Tensor = spectrum.real.square() + spectrum.imag.square()
    return (power + 1e-9).sqrt()


def tonality(magnitudes: Tensor) -> Tensor:
    """How far partials stand above what is between them: log of mean over mean of log power, nats, per frame and band.

    `magnitudes` `(…, frames, bins)` gives `(…, frames, TONAL_BANDS)`; bands are of equal ratio, from the fourth bin up.
    """
    power, bands = magnitudes.square(), _tonal_bands(magnitudes.shape[-1]).to(magnitudes.device)
    found: Tensor = (power @ bands).log() - power.log() @ bands
    return found


@cache
def _tonal_bands(bins: int) -> Tensor:
    """The matrix `(bins, TONAL_BANDS)` of the means over bands of equal ratio, from the fourth bin up."""
    edges = np.geomspace(4, bins, TONAL_BANDS + 1).round().astype(int)
    matrix = np.zeros((bins, TONAL_BANDS), np.float32)
    for band, (first, last) in enumerate(pairwise(edges)):
        matrix[first:last, band] = 1 / (last - first)
    return torch.from_numpy(matrix)


def tonal_gap(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean difference in `tonality` of two sets of magnitudes, weighted by the root of the wanted band's level."""
    with torch.no_grad():
        weight = (wanted.square() @ _tonal_bands(wanted.shape[-1]).to(wanted.device)).pow(0.25)
        true = tonality(wanted)
    found: Tensor = ((tonality(made) - true).abs() * weight).sum() / weight.sum()
    return found


def level_gap(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean difference in the levels, nats, of bands of equal ratio over four frames each, or all of fewer.

    Log magnitudes of two noises differ by .8 nats, and of a noise and its median by .5, so that by them alone a decoder plays
    noise as a steady buzz. A band of many bins has next to no such difference.
    """
    bands, together = _tonal_bands(made.shape[-1]).to(made.device), min(4, made.shape[-2])
    made, wanted = ((x.square() @ bands).unfold(-2, together, together).mean(-1) for x in (made, wanted))
    found: Tensor = ((made + 1e-5).log() - (wanted + 1e-5).log()).abs().mean()
    return found


def repetition_gap(made: Tensor, wanted: Tensor) -> Tensor:
    """How much more of a sound above 1.5 kHz comes again after one, two and four synthesis frames than is wanted, 0 to 1.

    The circular autocorrelation of each channel at these lags, over that at none (Wiener-Khinchin), mean of what is above the
    wanted one. Audio `(batch, 2, samples)`.
    """
    again, due = (_correlate(x) for x in (made, wanted))
    return (again - due.clamp(min=0.0)).clamp(min=0.0).mean()


def _correlate(x: Tensor) -> Tensor:
    """Autocorrelation `(batch, 2, lags)` above 1.5 kHz at 480, 960 and 1,920 samples, over that at lag 0."""
    spectrum = torch.fft.rfft(x)
    power = spectrum.real.square() + spectrum.imag.square()
    first = math.ceil(1_500 * x.shape[-1] / SAMPLE_RATE)
    bins = torch.arange(first, power.shape[-1], device=x.device)
    lags = torch.tensor([STEP, 2 * STEP, 4 * STEP], device=x.device)
    turns = torch.cos((bins[:, None] * lags % x.shape[-1]) * (2 * math.pi / x.shape[-1]))
    found: Tensor = (power[..., first:] @ turns) / (power[..., first:].sum(-1, keepdim=True) + 1e-3)
    return found


def spectral_loss(made: Tensor, wanted: Tensor, draw: StepRng) -> Losses:
    """Spectral convergence `sc`, log-magnitude L1 `log` (nats) and levels of bands `levels` (nats), means over `WINDOWS`, and
    the tonal gap `tonal`, mean over `TONAL_WINDOWS`.

    Audio `(batch, 2, samples)`.
    """
    if draw.numpy.random() < 0.5:
        made, wanted = (torch.stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1]], 1) / 2 for x in (made, wanted))
    convergence, distance, levels, tonal = [], [], [], []
    for window in WINDOWS:
        offset = int(draw.numpy.integers(0, window // 2))
        with torch.no_grad():
            true = spectra(wanted, window, offset)
        got = spectra(made, window, offset)
        norm = true.square().sum((-1, -2, -3)).sqrt()
        convergence.append(((true - got).square().sum((-1, -2, -3)).sqrt() / (norm + 0.3)).mean())
        distance.append((torch.log(true + 1e-3) - torch.log(got + 1e-3)).abs().mean())
        levels.append(level_gap(got, true))
        if window in TONAL_WINDOWS:
            tonal.append(tonal_gap(got, true))
    parts = {"sc": convergence, "log": distance, "levels": levels, "tonal": tonal}
    return {name: torch.stack(values).mean() for name, values in parts.items()}


def spread_of(mean: Tensor, log_variance: Tensor, most: float, draw: StepRng) -> Tensor:
    """The noise on latents `(batch, frames, 64)`: the posterior's own, and per clip up to `most` of the channels' spread."""
    amount = most * torch.rand(len(mean), 1, 1, generator=draw.torch)
    extra = amount * mean.detach().std((0, 1), keepdim=True)
    return torch.randn(mean.shape, generator=draw.torch) * (log_variance.exp() + extra.square()).sqrt()


def codec_losses(model: NanoCodec, pool: SoundPool, recipe: CodecRecipe) -> Callable[[int, StepRng], Losses]:
    """The loss of one step."""

    def losses(_step: int, draw: StepRng) -> Losses:
        audio = pool.crops(draw.numpy, recipe.batch, recipe.frames)
        with torch.no_grad():
            features = model.analysis(audio)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16):
            mean, log_variance = (x.float() for x in model.encoder(features))
            controls, guess = model.decoder(mean + spread_of(mean, log_variance, recipe.noise, draw))
        made = model.synthesis(controls)
        heard = spectral_loss(made, audio, draw) | {"repetition": repetition_gap(made, audio)}
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        gap = (guess.float() - features).abs()
        mels, semitones = gap[..., : -len(SEMITONES)].mean(), gap[..., -len(SEMITONES) :].mean()
        loss = heard["sc"] + heard["log"] + recipe.mels * mels + recipe.semitones * semitones + recipe.kl * kl
        loss = loss + recipe.tonality * heard["tonal"] + recipe.levels * heard["levels"] + recipe.repetition * heard["repetition"]
        return {"loss": loss, **heard, "mels": mels, "semitones": semitones, "kl": kl}

    return losses


def train_codec(
    recipe: CodecRecipe, model: NanoCodec, corpus: Path, folder: Path, *, stop_after: float = float("inf")
) -> Steps[int]:
    """Train `model` on the sounds in `corpus`; the run lives in `folder`. Returns the step reached.

    Raises `NotFound` as `map_sounds` does.
    """
    model.encoder.requires_grad_(not recipe.decoder_only)
    losses = codec_losses(model, map_sounds(corpus), recipe)
    return (yield from train(model, losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))
