"""A taste that can be measured: no mud. What it is trained by, what judges it, and what is watched beside them.

The reward that is trained by is the power from 200 to 500 Hz against the rest of 50 to 10,000 Hz, in decibels, negative. The
judge hears the same range in another way: it sums specific loudness (A-weighted power to the 0.3, after Stevens) in bands
of equal rectangular width (ERB: Glasberg & Moore 1990) from 200 to 500 Hz, moment by moment, against all other bands. Inside a
prompt, over 384 takes of nano, the two correlate by .77.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import stft

from producertwin.audio.loudness import loudness
from producertwin.metrics.mel_stats import embed
from producertwin.model.adapter_spec import AdapterSetting
from producertwin.model.adapters import attached
from producertwin.model.instrument import Instrument
from producertwin.model.nano.embedder import Embedder
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Metas, Request, Sampling
from producertwin.preferences.pair import PairPrompt
from producertwin.quality.report import inspect, score
from producertwin.timebase import SAMPLE_RATE

READINGS: Final = ("reward", "judge", "caption", "loudness", "seconds", "points")
"""Of a take: trained by, judged by, cosine to the caption, LUFS, length, the inspector's points of ten."""
LOW, HIGH = 200.0, 500.0
"""The mud, Hz."""


def read_mud(sound: NDArray[np.float32]) -> float:
    """The reward: less mud is more."""
    frequency, _, spectrum = stft(sound.mean(0), SAMPLE_RATE, nperseg=2048, boundary=None)
    power = (np.abs(spectrum) ** 2).mean(1)
    heard, low = (frequency >= 50) & (frequency < 10_000), (frequency >= LOW) & (frequency < HIGH)
    return float(-10 * np.log10((power[low].sum() + 1e-12) / (power[heard & ~low].sum() + 1e-12)))


def judge_mud(sound: NDArray[np.float32]) -> float:
    """The judge: less mud is more."""
    frequency, _, spectrum = stft(sound.mean(0), SAMPLE_RATE, nperseg=1024, boundary=None)
    square = frequency**2
    weight = (12_194**2 * square**2) / (
        (square + 20.6**2) * np.sqrt((square + 107.7**2) * (square + 737.9**2)) * (square + 12_194**2) + 1e-9
    )
    power = (np.abs(spectrum) * weight[:, None]) ** 2
    band = np.floor(21.4 * np.log10(1 + 0.00437 * frequency)).astype(int)
    specific = np.stack([power[band == number].sum(0) for number in range(1, 38) if (band == number).any()]) ** 0.3
    numbers = np.array([number for number in range(1, 38) if (band == number).any()])
    centre = (10 ** ((numbers + 0.5) / 21.4) - 1) / 0.00437
    mud = (centre >= LOW) & (centre < HIGH)
    share = specific[mud].sum(0) / np.maximum(specific[~mud].sum(0), 1e-9)
    return float(-np.log(np.median(share) + 1e-9))


class Player:
    """Plays prompts on nano, reads what it played, and keeps both."""

    def __init__(self, instrument: Instrument, embedder: Embedder, seconds: float, steps: int) -> None:
        self.instrument, self.embedder, self.seconds, self.steps = instrument, embedder, seconds, steps

    def request(self, prompt: PairPrompt, seed: int) -> Request:
        """What is asked for."""
        metas = Metas.of(prompt.metas.bpm, prompt.metas.key, prompt.metas.meter)
        return Request(prompt.caption, self.seconds, seed, metas=metas, sampling=Sampling(steps=self.steps))

    def play(
        self,
        prompts: Sequence[PairPrompt],
        seeds: int,
        first: int,
        folder: Path,
        adapters: Sequence[AdapterSetting] = (),
        *,
        judge: bool = True,
    ) -> Played:
        """`seeds` takes of every prompt, which are kept in `folder` once they are played; `first` is the first seed.

        Without `judge` the inspector does not hear them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with attached(self.instrument, adapters):
            for place, prompt in enumerate(prompts):
                path = folder / f"{place:03d}.npz"
                if not path.is_file():
                    asked = [self.request(prompt, first + 1_000 * place + number) for number in range(seeds)]
                    made = engine.generate(self.instrument, asked, decode=False)
                    self._keep(path, prompt, [one.latents for one in made], judge)
        return Played([np.load(folder / f"{place:03d}.npz") for place in range(len(prompts))])

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sound of latents."""
        return engine.decode(self.instrument, latents)[:, : int(self.seconds * SAMPLE_RATE)]

    def _keep(self, path: Path, prompt: PairPrompt, latents: list[NDArray[np.float32]], judge: bool) -> None:
        said = self.embedder.embed_text(prompt.caption)
        readings, vectors, stats = [], [], []
        for one in latents:
            sound = self.decode(one)
            vectors.append(self.embedder.embed_audio(sound).vector)
            stats.append(embed(sound))
            points = score(inspect(sound)[0].parts) if judge else np.nan
            lufs, length = loudness(sound), sound.shape[1] / SAMPLE_RATE
            readings.append([read_mud(sound), judge_mud(sound), float(vectors[-1] @ said), lufs, length, points])
        draft = path.with_suffix(".tmp.npz")
        np.savez(draft, latents=np.stack(latents), readings=readings, vectors=vectors, stats=stats)
        draft.rename(path)


class Played:
    """Takes of prompts: `(prompts, takes, …)`."""

    def __init__(self, files: Sequence[object]) -> None:
        self.latents, self.readings, self.vectors, self.stats = (
            np.stack([one[name] for one in files])
            for name in ("latents", "readings", "vectors", "stats")  # type: ignore[index]
        )

    def of(self, reading: str) -> NDArray[np.float64]:
        """A reading of every take, `(prompts, takes)`."""
        found: NDArray[np.float64] = self.readings[..., READINGS.index(reading)]
        return found
