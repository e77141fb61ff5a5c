"""Codecs beside each other: what goes through them and comes back.

    PYTHONPATH=src:benchmarks python -m nano_codec FOLDER_OR_CODEC [...] [--songs 8] [--soundfont FILE.sf3] [--sounds FILE ...]

Each codec is nano's folder, or a folder that `nano_gpu train` wrote. Rows: mel distance (as `twin lab measure nano`), likeness of
the chroma with the source's (correlation in windows of .34 s), spectral flatness of 5 to 10 kHz and its difference, how far the
worst octave is off, and the share of the chroma in the song's key.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from producertwin.audio.files import decode
from producertwin.audio.meters import measure
from producertwin.evaluation.nano.songs import score_of
from producertwin.house_band.render import render
from producertwin.house_band.soundfont import Soundfont
from producertwin.metrics.adherence import in_scale
from producertwin.metrics.flatness import band_flatness
from producertwin.metrics.reconstruction import mel_distance
from producertwin.timebase import HOP, SAMPLE_RATE

Sound = NDArray[np.float32]
Case = tuple[str, Sound, Any]


def open_codec(folder: Path) -> Any:
    """The codec in nano's folder, or among a training's files."""
    if (folder / "codec.safetensors").is_file():
        from producertwin.training.pretrain.timed.results import read_codec

        return read_codec(folder)
    from producertwin.model.variants.parts import open_codec as open_part

    return open_part(folder / "vae")


def spectrum(sound: Sound, window: int = 4096) -> NDArray[np.float64]:
    """Power of half-overlapping frames of the mid, `(frames, bins)`."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.mean(0), window)[:: window // 2] * np.hanning(window)
    return np.abs(np.fft.rfft(frames)).astype(np.float64) ** 2 + 1e-9


def octaves(sound: Sound) -> NDArray[np.float64]:
    """Level of each octave from 62 Hz up, dB."""
    power, hz = spectrum(sound).mean(0), np.fft.rfftfreq(4096, 1 / SAMPLE_RATE)
    edges = 62.5 * 2.0 ** np.arange(9)
    bands = [power[(hz >= a) & (hz < b)].sum() for a, b in pairwise(edges)]
    return np.asarray(10 * np.log10(bands))


def likeness(source: Sound, copy: Sound) -> float:
    """Correlation of the chroma of windows of .34 s, weighted by how loud they are."""
    hz = np.fft.rfftfreq(16_384, 1 / SAMPLE_RATE)
    kept = (hz > 60) & (hz < 4_000)
    pitch = np.round(12 * np.log2(hz[kept] / 440)).astype(int) % 12
    bins = np.eye(12)[pitch]
    a, b = ((spectrum(sound, 16_384)[:, kept] ** 0.5) @ bins for sound in (source, copy))
    centred = [x - x.mean(1, keepdims=True) for x in (a, b)]
    weight = a.sum(1)
    norms = np.prod([np.sqrt((x**2).sum(1)) for x in centred], axis=0) + 1e-9
    return float(((centred[0] * centred[1]).sum(1) / norms * weight).sum() / weight.sum())


@torch.inference_mode()
def round_trip(codec: Any, sound: Sound) -> tuple[Sound, float, float]:
    """The copy, and how many times faster than it plays it is encoded and decoded."""
    kept = sound.shape[1] // HOP * HOP
    audio = torch.from_numpy(np.ascontiguousarray(sound[None, :, :kept], np.float32))
    began = time.perf_counter()
    latents = codec.encode(audio).latent_dist.mode()
    between = time.perf_counter()
    copy = codec.decode(latents).sample[0].numpy()
    ended = time.perf_counter()
    seconds = kept / SAMPLE_RATE
    return copy, seconds / (between - began), seconds / (ended - between)


def compare(codec: Any, case: Case) -> dict[str, float]:
    """One row."""
    _, sound, key = case
    copy, encode, made = round_trip(codec, sound)
    source = sound[:, : copy.shape[1]]
    row = {"mel dB": mel_distance(copy, source), "likeness": likeness(source, copy), "flat": band_flatness(source) or 0.0}
    row["flat off"] = (band_flatness(copy) or 0.0) - row["flat"]
    row["octave off"] = float(np.abs(octaves(copy) - octaves(source)).max())
    if key is not None:
        row["in scale"] = in_scale(np.array(measure(copy).chroma), key)
        row["source's"] = in_scale(np.array(measure(source).chroma), key)
    return row | {"encode x": encode, "decode x": made}


def cases(given: argparse.Namespace) -> list[Case]:
    """Held-out songs of both renderings, and the files."""
    player = None if given.soundfont is None else Soundfont(given.soundfont)
    found: list[Case] = []
    for index in range(given.songs):
        score = score_of("evaluation", 5, index, 10.24)
        found.append((f"band {index}", render(score, seconds=10.24).mix, score.key))
        if player is not None:
            found.append((f"sampled {index}", render(score, seconds=10.24, player=player).mix, score.key))
    for path in given.sounds:
        sound = decode(path).samples
        found.append((path.stem[-24:], np.asarray(sound[:, : 20 * SAMPLE_RATE], np.float32), None))
    return found


def main() -> None:
    """Print a table per codec, and the mean of each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codecs", type=Path, nargs="+")
    parser.add_argument("--songs", type=int, default=8)
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--sounds", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    torch.set_num_threads(1)
    played = cases(given)
    for folder in given.codecs:
        codec = open_codec(folder)
        rows = [(case[0], compare(codec, case)) for case in played]
        print(f"\n{folder}")
        kinds = sorted({name.split()[0] for name, _ in rows})
        for kind in kinds:
            of = [row for name, row in rows if name.split()[0] == kind]
            means = {key: float(np.nanmean([row[key] for row in of])) for key in of[0]}
            print(f"{kind:26s}" + "  ".join(f"{key} {value:.3f}" for key, value in means.items()))


if __name__ == "__main__":
    main()
