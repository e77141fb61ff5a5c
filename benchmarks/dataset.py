"""How fast a folder is screened, what a worker needs of memory, and how a large training set is handled.

    python benchmarks/dataset.py [screen] [processor] [memory] [manifest] [--tracks 8] [--seconds 180] [--rounds 3]

`screen` runs three processors over the same files (FLAC at 44.1 kHz and MP3 at 320 kbit/s, in turn), one after the other in
every round: ours; `bare`, which only decodes, resamples and encodes with the same libraries in the same processes; and `plain`,
what one would write first with librosa and the ffmpeg program (needs `pip install librosa imageio-ffmpeg`); and then the verb
itself, whose processes start anew and whose results are stored. Wall time, for each number of workers up to the cores, one thread
each. `processor` compares processor seconds of one FLAC and one MP3, the least of the rounds, which a busy machine changes less
than wall time: `bare` against ours, whose decoding is done in this process as the limited child does it. `memory` is the largest
resident size of a fresh process that prepares one track, against the size of the decoded sound. `manifest` makes, writes, reads,
filters and splits a training set of `--rows` synthetic rows. Prints one JSON line per measurement.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from producertwin.audio import decoder, files, sandbox
from producertwin.dataset.ingest import IngestPlan, ingest
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row, load, write
from producertwin.dataset.screen import ScreenPlan, ScreenTask, prepare_track, screen_tracks
from producertwin.dataset.screening import LOFI
from producertwin.dataset.splits import SplitPlan, split
from producertwin.library import open_library
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE

Processor = Callable[[Path], int]
"""What is timed: takes a file, gives the bytes of what it prepared."""
MUSIC = ("house", "CORE-01")


def ours(path: Path) -> int:
    """Decoded in a limited child, judged, levelled, fingerprinted, encoded, stored."""
    with tempfile.TemporaryDirectory() as blobs:
        done = prepare_track(ScreenTask(path.stem, path, LOFI, "", Path(blobs)))
        assert done.verdict.accepted, done.verdict
        return sum(path.stat().st_size for path in Path(blobs).rglob("*") if path.is_file())


def bare(path: Path) -> int:
    """Decode, resample and encode, nothing else."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE:
        sound = soxr.resample(sound, rate, SAMPLE_RATE, quality="VHQ")
    return len(files.encode(np.ascontiguousarray(sound.T), "flac", subtype="PCM_24"))


def plain(path: Path) -> int:
    """The same questions asked of librosa, with ffmpeg before and after."""
    import librosa

    ffmpeg = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder:
        wav, out = Path(folder) / "in.wav", Path(folder) / "out.flac"
        quiet = [ffmpeg, "-y", "-loglevel", "error"]
        subprocess.run([*quiet, "-i", path, "-ar", str(SAMPLE_RATE), "-ac", "2", wav], check=True)
        sound, rate = librosa.load(wav, sr=SAMPLE_RATE, mono=False)
        one = librosa.to_mono(sound)
        silent = 1.0 - sum(end - start for start, end in librosa.effects.split(one, top_db=60)) / len(one)
        clipped = float((np.abs(sound) >= 0.999).mean())
        loud = librosa.feature.rms(y=one)
        high = librosa.feature.spectral_rolloff(y=one, sr=rate, roll_percent=0.99)
        heard = librosa.feature.chroma_stft(y=one, sr=rate)
        assert silent < 0.5 and clipped < 0.1 and loud.size and high.size and heard.size
        soundfile.write(wav, (sound / np.abs(sound).max() * 0.891).T, SAMPLE_RATE, subtype="PCM_24")
        subprocess.run([*quiet, "-i", wav, "-sample_fmt", "s32", out], check=True)
        return out.stat().st_size


def music(folder: Path, count: int, seconds: float) -> list[Path]:
    """`count` tracks: songs of the house band, in turn as FLAC at 44.1 kHz and as MP3."""
    from producertwin.house_band.compose import compose
    from producertwin.house_band.render import render

    sounds = [render(compose(style, seed=3, seconds=seconds), seconds=seconds).mix for style in MUSIC]
    paths = [folder / f"{number}.{'mp3' if number % 2 else 'flac'}" for number in range(count)]
    for number, path in enumerate(paths):
        sound = np.float32(1.0 - 0.01 * number) * sounds[number // 2 % len(sounds)]  # each is a track of its own
        if path.suffix == ".mp3":
            files.write(path, sound)
        else:
            soundfile.write(path, soxr.resample(np.ascontiguousarray(sound.T), SAMPLE_RATE, 44_100), 44_100, subtype="PCM_16")
    return paths


def _all(pool: ProcessPoolExecutor, processor: Processor, paths: list[Path]) -> list[int]:
    return list(pool.map(processor, paths))


def wall(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def whole(folder: Path, workers: int) -> float:
    """Seconds of the verb itself in a new studio, its processes started and its results stored; bringing in is not counted."""
    with tempfile.TemporaryDirectory() as studio, open_library(Settings(studio=Path(studio))) as library:
        finish(ingest(folder, IngestPlan(producer="Ada", licence="own", provider="self"), library))
        tracks = library.tracks.list()
        return wall(lambda: finish(screen_tracks(tracks, ScreenPlan(workers=workers), library)))


def screen(asked: argparse.Namespace) -> None:
    """Time the processors against each other."""
    processors: list[Processor] = [ours, bare]
    if importlib.util.find_spec("librosa") and importlib.util.find_spec("imageio_ffmpeg"):
        processors.append(plain)
    with tempfile.TemporaryDirectory() as folder:
        paths = music(Path(folder), asked.tracks, asked.seconds)
        for workers in range(1, (os.cpu_count() or 1) + 1):
            found: dict[str, list[float]] = defaultdict(list)
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                for processor in processors:  # imports and compilation are not what is timed
                    list(pool.map(processor, paths[:1] * workers))
                for _ in range(asked.rounds):
                    for processor in processors:
                        found[processor.__name__].append(wall(partial(_all, pool, processor, paths)))
                    found["verb"].append(whole(Path(folder), workers))
            print(json.dumps(compared(found, len(paths), asked.seconds, workers)), flush=True)


def compared(found: Mapping[str, list[float]], count: int, seconds: float, workers: int) -> dict[str, Any]:
    """Rates by the median round, and medians of the rounds' ratios."""
    told: dict[str, Any] = {"workers": workers, "tracks": count, "seconds": seconds}
    for name, times in found.items():
        taken = statistics.median(times)
        told[f"{name}_files_per_minute"] = round(60 * count / taken, 1)
        told[f"{name}_x_realtime_per_core"] = round(count * seconds / taken / workers, 1)
    for name in found.keys() - {"ours", "verb"}:
        for own in ("ours", "verb"):
            ratios = [other / mine for other, mine in zip(found[name], found[own], strict=True)]
            told[f"{own}_speed_against_{name}"] = round(statistics.median(ratios), 2)
    return told


def processor(asked: argparse.Namespace) -> None:
    """Compare processor seconds of ours and of bare decoding, file by file."""
    with tempfile.TemporaryDirectory() as folder:
        for path in music(Path(folder), 2, asked.seconds):
            works = {"bare": partial(bare, path), "decode": partial(_decode_here, path), "rest": partial(ours, path)}
            rounds = [{name: _busy(work) for name, work in works.items()} for _ in range(asked.rounds + 1)][1:]
            least = {name: min(one[name] for one in rounds) for name in works}
            told = {"file": path.suffix, **{f"{name}_s": round(value, 3) for name, value in least.items()}}
            print(
                json.dumps(told | {"ours_against_bare": round(least["bare"] / (least["decode"] + least["rest"]), 2)}), flush=True
            )


def _busy(work: Callable[[], Any]) -> float:
    """Processor seconds that `work` takes in this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _decode_here(path: Path) -> None:
    """What the limited child does to `path`, without the limits."""
    limits = sandbox.Limits()
    seconds, memory_bytes, cpu_seconds = limits.seconds, limits.memory_bytes, limits.cpu_seconds
    request = decoder.Request(str(path), False, seconds, limits.channels, limits.rates, memory_bytes, cpu_seconds)
    with tempfile.TemporaryFile() as out:
        decoder.answer(request, out)


def resident() -> float:
    """Largest resident MiB of this process so far. Linux tells getrusage what the process was before it was itself."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def peak(path: Path) -> tuple[float, float]:
    """Largest resident MiB of this process before and after it prepares `path`."""
    before = resident()
    ours(path)
    return before, resident()


def memory(asked: argparse.Namespace) -> None:
    """Measure a worker on tracks of growing length."""
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (asked.seconds / 3, asked.seconds):
            [path] = music(Path(folder), 1, seconds)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                before, after = pool.submit(peak, path).result()
            decoded = 8 * seconds * SAMPLE_RATE / (1 << 20)
            told = {
                "seconds": seconds, "decoded_mib": round(decoded), "before_mib": round(before), "peak_mib": round(after),
                "peak_of_decoded": round(after / decoded, 2),
                "growth_of_decoded": round((after - before) / decoded, 2),
            }  # fmt: skip
            print(json.dumps(told), flush=True)


def row(number: int, rng: np.random.Generator) -> Row:
    """One synthetic row, as large as a real one."""
    name = np.base_repr(number + 32**11, 32).lower().translate(str.maketrans("0189", "wxyz"))
    return Row(
        track=name, producer=f"producer {number % 40}", title=f"song {number}", group=f"album {number // 9}", side="train",
        style=f"style-{rng.integers(38)}", clips=("b2:" + rng.bytes(32).hex(),), seconds=float(rng.uniform(30, 240)),
        caption="lo-fi hip hop, chill, mellow, rhodes, upright bass, dusty drums, slow tempo, 78 bpm, tape saturation",
        bpm=78.0, key="A minor", meter=4, licence="CC-BY-4.0", quality=int(rng.integers(40, 101)),
    )  # fmt: skip


def manifest(asked: argparse.Namespace) -> None:
    """Time what is done with a large training set."""
    rng = np.random.default_rng(0)
    times: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = work()
        times[f"{name}_s"] = round(time.perf_counter() - start, 2)
        return found

    plan = DatasetPlan(split=SplitPlan(share=0.1))
    made = timed("make", lambda: Manifest(plan=plan, rows=tuple(row(number, rng) for number in range(asked.rows))))
    sides = timed("split", lambda: split((one.item for one in made.rows), plan.split))
    rows = tuple(one.model_copy(update={"side": sides[one.track]}) for one in made.rows)
    made = made.model_copy(update={"rows": rows})
    with tempfile.TemporaryDirectory() as folder:
        path = timed("write", lambda: write(made, Path(folder) / "set.json"))
        size = path.stat().st_size / (1 << 20)
        read = timed("read", lambda: load(path))
    assert read == made
    timed("list", lambda: read.balance())
    good = timed("filter", lambda: [one for one in read.side("train") if one.quality >= 70 and one.producer == "producer 7"])
    assert good
    print(json.dumps({"rows": asked.rows, **times, "file_mib": round(size), "peak_mib": round(resident())}), flush=True)


def main() -> None:
    """Run what is asked for."""
    works = {"screen": screen, "processor": processor, "memory": memory, "manifest": manifest}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "works", nargs="*", choices=[*works, []], metavar="WORK", help=", ".join(works) + "; all when none is named"
    )
    for name, value in (("tracks", 8), ("rounds", 3), ("rows", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=180.0)
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # of every process that is started from here
    for name in asked.works or works:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:  # so that its memory is its own
            fresh.submit(works[name], asked).result()


if __name__ == "__main__":
    main()
