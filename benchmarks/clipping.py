"""How much clipping is found, by rate, format and share of the samples, and how often an honest master is taken for clipped.

    python benchmarks/clipping.py [--songs 5]

Songs are tones with a beat and noise; honest masters are limited by 6 and 12 dB or driven through a tanh, and have no flat tops.
`found` is what screening refuses (flat tops, at the file's own rate) or marks (amplitudes that pile up).
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from producertwin.audio.clipping import ClippingReading, read_clipping

Signal = NDArray[np.float32]
SHARES = (0.002, 0.01, 0.05, 0.2)
RATES = (44_100, 48_000, 96_000)
REFUSED, MARKED = 1e-3, 1.91
"""Flat share that screening refuses, pile-up at which it takes a point off."""


def song(seed: int, rate: int, seconds: float = 5.0) -> Signal:
    """Chords, a beat and air, another for every seed."""
    time, rng = np.arange(round(seconds * rate)) / rate, np.random.default_rng(seed)
    tone = sum(np.sin(2 * np.pi * (90 + 17 * seed) * k * time + k * seed) / k for k in (1, 2, 3, 5))
    beat = np.exp(-((time * 2) % 1) * 12)
    loud = tone * (0.4 + 0.3 * np.sign(np.sin(4 * np.pi * time))) * 0.2 + 0.25 * beat * np.sin(2 * np.pi * 55 * time)
    return np.asarray(loud + rng.normal(0, 0.003, len(time)) + beat * rng.normal(0, 0.08, len(time)), np.float32)


def clip(sound: Signal, share: float) -> Signal:
    """`sound` cut off so that `share` of its samples lie at the edge, then turned down to 0.9."""
    return np.asarray(0.9 * np.clip(sound / np.quantile(np.abs(sound), 1 - share), -1, 1), np.float32)


def limit(sound: Signal, drive: float, rate: int) -> Signal:
    """`sound` turned up by `drive` dB over full scale and held at 0.9 by a gain that moves smoothly."""
    block = rate // 200
    loud = (sound * 10 ** (drive / 20) / np.abs(sound).max())[: len(sound) // block * block]
    peaks = np.abs(loud).reshape(-1, block).max(axis=1)
    peaks = np.maximum(peaks, np.maximum(np.roll(peaks, 1), np.roll(peaks, -1)))
    places = np.arange(len(peaks)) * block + block / 2
    gain = np.interp(np.arange(len(loud)), places, np.minimum(1, 0.9 / np.maximum(peaks, 1e-9)))
    return np.asarray(loud * gain, np.float32)


def honest(sound: Signal, rate: int) -> list[Signal]:
    """The song at a peak of 0.9, limited twice, and driven through a tanh."""
    whole = sound / np.abs(sound).max()
    driven = 0.89 * np.tanh(3 * whole)
    return [0.9 * whole, limit(sound, 6, rate), limit(sound, 12, rate), np.asarray(driven, np.float32)]


def code(format_: str, subtype: str, **more: object) -> Callable[[Signal, int], Signal]:
    """A format written and read back."""

    def through(sound: Signal, rate: int) -> Signal:
        data = io.BytesIO()
        soundfile.write(data, sound, rate, format=format_, subtype=subtype, **more)
        data.seek(0)
        return soundfile.read(data, dtype="float32")[0]  # type: ignore[no-any-return]

    return through


def resample(sound: Signal, rate: int) -> Signal:
    """The sound as a file that was made from it at another rate."""
    return soxr.resample(sound, rate, 48_000 if rate == 44_100 else 44_100, quality="VHQ")  # type: ignore[no-any-return]


LOSSY = {"bitrate_mode": "CONSTANT"}
FORMATS: dict[str, Callable[[Signal, int], Signal]] = {
    "wav, 16 bits": code("WAV", "PCM_16"),
    "flac, 24 bits": code("FLAC", "PCM_24"),
    "mp3, 320 kbit/s": code("MP3", "MPEG_LAYER_III", compression_level=0.0, **LOSSY),
    "mp3, 128 kbit/s": code("MP3", "MPEG_LAYER_III", compression_level=0.7, **LOSSY),
    "ogg": code("OGG", "VORBIS"),
    "made at this rate, resampled": resample,
}


def is_found(reading: ClippingReading) -> bool:
    """Whether screening refuses or marks it."""
    return reading.flat_share > REFUSED or reading.pile_up > MARKED


def rows(songs: int) -> Iterator[str]:
    """The table as Markdown, row by row."""
    for name, through in FORMATS.items():
        for rate in RATES:
            if name.startswith("mp3") and rate > 48_000:
                continue
            given = [song(seed + 1, rate) for seed in range(songs)]

            def found(sounds: list[Signal], through: Callable[..., Signal] = through, rate: int = rate) -> str:
                caught = sum(is_found(read_clipping(np.asarray(through(one, rate))[None])) for one in sounds)
                return f"{caught / len(sounds):.2f}"

            recalls = [found([clip(one, share) for one in given]) for share in SHARES]
            false = found([master for one in given for master in honest(one, rate)])
            yield f"| {name} | {rate / 1000:g} kHz | {' | '.join(recalls)} | {false} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=5)
    asked = parser.parse_args()
    print("| format | rate |", " | ".join(f"{share:.1%} clipped" for share in SHARES), "| honest masters taken for clipped |")
    print("|---|---|" + "---|" * (len(SHARES) + 1))
    for row in rows(asked.songs):
        print(row, flush=True)


if __name__ == "__main__":
    main()
