"""How far takes of ONNX graphs are from torch's own, with paired seeds, and what they cost: every engine in one run.

    twin export nano --format onnx --precision fp32,fp16,int8,int4 -o nano-onnx
    python benchmarks/onnx_parity.py nano-onnx --into parity [--seeds 10:6 20:4 60:2] [--threads 1]

Every take is made in a process of its own, from words and a seed alone (no guide), by torch in fp32, torch in bf16 and the
graphs in each precision. What is done lies in `--into`, and the next call goes on from there. Each take is compared with torch's
fp32 take of the same seed; torch's bf16 and the graphs' fp32 show how far engines lie apart without any quantisation. Times are
seconds of the processor, which other work on the machine changes less than the clock's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producertwin.settings import Settings

REFERENCE = "torch fp32"
ENGINES = (REFERENCE, "torch bf16", "onnx fp32", "onnx fp16", "onnx int8", "onnx int4")
PROMPTS = (
    ("lofi, rainy, rhodes, soft drums", 78, "D minor"),
    ("techno, dark, driving, synth bass", 128, "A minor"),
    ("jazz, piano trio, upright bass, brushes", 110, "F major"),
    ("boom bap, dusty drums, vinyl, bass", 90, "C minor"),
)
FIGURES = ("latent_cosine", "waveform_cosine", "mel_db", "loudness_off", "scale_off", "words_off")


def play(engine: str, seconds: float, seed: int, graphs: Path, into: Path) -> None:
    """Make one take, in this process, and write it with what it cost."""
    began = spent()
    start = time.perf_counter()
    name, precision = engine.split()
    settings = Settings(studio=into / "studio", device="cpu", offline=True)
    if name == "torch":
        import torch

        from producertwin.model.variants.load import load

        instrument: Any = load("nano", settings, dtype=torch.float32 if precision == "fp32" else torch.bfloat16)
    else:
        from producertwin.model.graphs.opening import open_graphs

        instrument = open_graphs(graphs / precision, settings)
    from producertwin.model.sampling import engine as sampling
    from producertwin.model.sampling.request import Metas, Request

    loaded, waited = spent(), time.perf_counter() - start
    caption, bpm, key = PROMPTS[seed % len(PROMPTS)]
    [take] = sampling.generate(instrument, [Request(caption, seconds, seed, metas=Metas.of(bpm, key, 4))])
    made = spent()
    facts = {
        "engine": engine,
        "seconds": seconds,
        "seed": seed,
        "start_cpu": round(loaded, 3),
        "start_wall": round(waited, 3),
        "load_cpu": round(loaded - began, 3),
        "take_cpu": round(made - loaded, 3),
        "parts_wall": {part: round(value, 3) for part, value in take.seconds.items()},
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    place = place_of(into, engine, seconds, seed)
    np.savez(place.with_suffix(".npz"), latents=take.latents, audio=take.audio)
    place.with_suffix(".json").write_text(json.dumps(facts))


def spent() -> float:
    """Seconds of the processor that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def place_of(into: Path, engine: str, seconds: float, seed: int) -> Path:
    """Where a take lies, without its ending."""
    return into / f"{engine.replace(' ', '-')}-{seconds:g}-{seed}"


def cosine(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Of all numbers of both, as one vector."""
    left, right = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


class Judge:
    """Compares takes, and reads of each what the meters say."""

    def __init__(self, into: Path) -> None:
        from producertwin.model.nano.embedder import load_embedder

        self.into = into
        self.embedder = load_embedder(Settings(studio=into / "studio", device="cpu", offline=True))

    def compare(self, engine: str, seconds: float, seed: int) -> dict[str, float]:
        """The figures of one take; kept beside it."""
        from producertwin.metrics.reconstruction import mel_distance

        kept = place_of(self.into, engine, seconds, seed).with_suffix(".figures.json")
        if not kept.is_file():
            ours, theirs = (np.load(place_of(self.into, one, seconds, seed).with_suffix(".npz")) for one in (engine, REFERENCE))
            found = {
                "latent_cosine": cosine(ours["latents"], theirs["latents"]),
                "waveform_cosine": cosine(ours["audio"], theirs["audio"]),
                "mel_db": mel_distance(ours["audio"], theirs["audio"]),
            }
            mine, other = (self._read(one["audio"], seed) for one in (ours, theirs))
            found |= {f"{name}_off": mine[name] - other[name] for name in mine}
            kept.write_text(json.dumps(found))
        return dict(json.loads(kept.read_text()))

    def _read(self, audio: NDArray[np.float32], seed: int) -> dict[str, float]:
        """Loudness, share of the sound in the asked scale, and cosine to the words by the offline embedder."""
        from producertwin.audio.meters import measure
        from producertwin.music import Key

        caption, _, key = PROMPTS[seed % len(PROMPTS)]
        meters, heard = measure(audio), self.embedder.embed_audio(audio).vector
        words = float(heard @ self.embedder.embed_text(caption))
        return {"loudness": meters.loudness_lufs, "scale": meters.in_scale_share(Key.parse(key)), "words": words}


def done_of(into: Path) -> Iterator[tuple[str, float, int]]:
    """Engine, length and seed of every take that is there beside its reference."""
    for path in sorted(into.glob("*.json")):
        if path.name.endswith(".figures.json"):
            continue
        facts = json.loads(path.read_text())
        key = facts["engine"], facts["seconds"], facts["seed"]
        if place_of(into, REFERENCE, *key[1:]).with_suffix(".json").is_file():
            yield key


def tell(into: Path, graphs: Path) -> None:
    """Print both tables of what is done."""
    from producertwin.metrics.statistics import mean_interval

    judge, takes = Judge(into), list(done_of(into))
    print("| seconds | engine | seeds | latent cosine | waveform cosine | log-mel, dB | loudness, dB | in scale | words |")
    print("|---|---|---|---|---|---|---|---|---|")
    for seconds in sorted({one[1] for one in takes}):
        for engine in ENGINES[1:]:
            seeds = [seed for name, length, seed in takes if (name, length) == (engine, seconds)]
            rows = [judge.compare(engine, seconds, seed) for seed in seeds]
            if rows:
                cells = [mean_interval(np.array([row[name] for row in rows])) for name in FIGURES]
                digits = (5, 3, 2, 2, 3, 3)
                shown = [f"{c.value:.{d}f} ({c.low:.{d}f} to {c.high:.{d}f})" for c, d in zip(cells, digits, strict=True)]
                print(f"| {seconds:g} | {engine} | {len(rows)} | {' | '.join(shown)} |")
    print(
        "\n| engine | MB on disk | start, CPU s | peak memory, MB | 10 s take, CPU s | 60 s take, CPU s | 60 s, of torch fp32 |"
    )
    print("|---|---|---|---|---|---|---|")
    costs = {
        name: [json.loads(place_of(into, *one).with_suffix(".json").read_text()) for one in takes if one[0] == name]
        for name in ENGINES
    }
    for name, rows in costs.items():
        if not rows:
            continue

        def least(key: str, seconds: float | None = None, rows: list[Any] = rows) -> float:
            return min((row[key] for row in rows if seconds in (None, row["seconds"])), default=float("nan"))

        whole = min((row["take_cpu"] for row in costs[REFERENCE] if row["seconds"] == 60.0), default=float("nan"))
        share = least("take_cpu", 60.0) / whole
        size = size_of(name, graphs) / 1e6
        start, memory, short, long = least("start_cpu"), least("rss_mb", 10.0), least("take_cpu", 10.0), least("take_cpu", 60.0)
        print(f"| {name} | {size:.0f} | {start:.2f} | {memory:.0f} | {short:.2f} | {long:.2f} | {share:.2f} |")


def size_of(engine: str, graphs: Path) -> int:
    """Bytes of the weights that an engine reads."""
    from producertwin.model.variants.catalogue import NANO

    name, precision = engine.split()
    folder, pattern = (NANO, "*.safetensors") if name == "torch" else (graphs / precision, "*.onnx*")
    return sum(path.stat().st_size for path in folder.rglob(pattern) if "embedder" not in str(path.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graphs", type=Path)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--seeds", nargs="*", default=["10:6", "20:4", "60:2"], help="SECONDS:COUNT")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs=3, metavar=("ENGINE", "SECONDS", "SEED"))
    parser.add_argument("--tell", action="store_true", help="print what is done, and make nothing")
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    if asked.only:
        engine, seconds, seed = asked.only
        play(engine, float(seconds), int(seed), asked.graphs, asked.into)
        return
    wanted = [(float(seconds), int(count)) for seconds, count in (one.split(":") for one in asked.seeds)]
    for seconds, count in () if asked.tell else wanted:
        for seed in range(count):
            for engine in ENGINES:
                if not place_of(asked.into, engine, seconds, seed).with_suffix(".json").is_file():
                    command = [sys.executable, __file__, str(asked.graphs), "--into", str(asked.into)]
                    env = {"OMP_NUM_THREADS": str(asked.threads), "PATH": "", "PYTHONHASHSEED": "0"}
                    subprocess.run([*command, "--only", engine, str(seconds), str(seed)], check=True, env=env)
                    print(engine, f"{seconds:g} s", "seed", seed, file=sys.stderr)
    tell(asked.into, asked.graphs)


if __name__ == "__main__":
    main()
