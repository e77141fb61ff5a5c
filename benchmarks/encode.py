"""How fast a training set is encoded, against a plain loop over the same sounds in the same run.

    python benchmarks/encode.py [--variant nano] [--tracks 6] [--seconds 180] [--workers 2] [--rounds 3] [--device auto]

The plain loop decodes a sound, encodes it, runs the words through text encoder and condition encoder, and saves all of it without
making it durable, one after another. Both use the same decoder and the same instrument, and run in turns, each from an empty
cache; a first turn is not counted. Prints one JSON line: the median seconds of each (of the clock on the wall, since sounds are
decoded in other processes), the median of their ratios (plain / encode, higher is better for us), times real time, the share of
the time outside the instrument, and what a second run over the full cache takes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from producertwin.audio import files
from producertwin.dataset.cache import EncodedCache
from producertwin.dataset.encode import EncodePlan, EncodeReport, encode_dataset
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.library import Library, open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning, engine
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.settings import Settings

LYRICS = "\n\n".join(
    f"[{part}]\n" + "\n".join(["rain on the window, stay until the morning"] * 4) for part in ("Verse", "Chorus") * 3
)


def rows_of(library: Library, tracks: int, seconds: float) -> Manifest:
    """A training set of tones in noise, which FLAC can pack as little as it can music."""
    time_ = np.arange(round(seconds * 48_000)) / 48_000
    rows = []
    for number in range(tracks):
        rng = np.random.default_rng(number)
        tone = 0.4 * np.sin(2 * np.pi * rng.uniform(100, 900) * time_) * np.exp(-4 * (time_ % 0.25))
        sound = (tone + 0.02 * rng.standard_normal((2, time_.size))).astype(np.float32)
        clip = library.blobs.put(files.encode(sound, "flac", subtype="PCM_24"))
        rows.append(
            Row(
                track=f"track{number}", producer="Ada", title=f"Song {number}", group="g", side="train", style="house",
                clips=(clip,), seconds=seconds, caption=f"warm house number {number}, piano, dusty drums", lyrics=LYRICS,
                bpm=120.0 + number, key="A minor", meter=4, quality=90,
            )
        )  # fmt: skip
    return Manifest(plan=DatasetPlan(), rows=tuple(rows))


@torch.inference_mode()
def plain(manifest: Manifest, instrument: Instrument, library: Library) -> None:
    """The straightforward way."""
    cache, folder = EncodedCache(library, instrument), library.studio / "plain"
    folder.mkdir()
    for row in manifest.rows:
        sound = files.read(library.blobs.get(row.clips[0]))
        latents = engine.encode(instrument, sound)
        timbre = conditioning.timbre(instrument)
        told = conditioning.states(instrument, cache.prompt_of(row, sound.shape[1]), timbre).float().cpu().numpy()
        save_file({"latents": latents, "told": told}, folder / f"{row.track}.safetensors")


def turns(works: dict[str, Callable[[], Any]], rounds: int, clear: Callable[[], None]) -> dict[str, list[tuple[float, Any]]]:
    """Seconds on the wall and result of each work, `rounds` times, in turns."""
    found: dict[str, list[tuple[float, Any]]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            clear()
            start = time.perf_counter()
            result = work()
            if turn:
                found[name].append((time.perf_counter() - start, result))
    return found


def measure(instrument: Instrument, library: Library, asked: argparse.Namespace) -> dict[str, Any]:
    """The line that is printed."""
    manifest, plan = rows_of(library, asked.tracks, asked.seconds), EncodePlan(workers=asked.workers)

    def clear() -> None:
        for name in ("cache", "plain"):
            shutil.rmtree(library.studio / name, ignore_errors=True)

    def encode() -> EncodeReport:
        return finish(encode_dataset(manifest, instrument, library, plan))

    found = turns({"plain": lambda: plain(manifest, instrument, library), "encode": encode}, asked.rounds, clear)
    start = time.perf_counter()
    again = encode()
    second = time.perf_counter() - start
    middle = {name: statistics.median(seconds for seconds, _ in times) for name, times in found.items()}
    ratio = statistics.median(a / b for (a, _), (b, _) in zip(found["plain"], found["encode"], strict=True))
    reports = [report for _, report in found["encode"]]
    return {
        "variant": instrument.variant, "device": str(instrument.device), "tracks": asked.tracks, "seconds": asked.seconds,
        "workers": asked.workers, "plain_s": round(middle["plain"], 2), "encode_s": round(middle["encode"], 2),
        "ratio": round(ratio, 2), "x_realtime": round(statistics.median(report.realtime for report in reports), 1),
        "outside": round(statistics.median(report.outside for report in reports), 3),
        "bytes": again.bytes, "second_run_s": round(second, 3), "second_run_made": again.made,
    }  # fmt: skip


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("tracks", 6), ("workers", 2), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--variant", default="nano")
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(studio=Path(folder), device=asked.device)
        with open_library(settings) as library:
            print(json.dumps(measure(load(asked.variant, settings), library, asked)), flush=True)


if __name__ == "__main__":
    main()
