"""nano on the device: its speed, and whether a device makes the take that a CPU makes.

Takes are compared in float32 without TF32. Their latents may differ by a root mean square of `LATENTS` of their own, the audio by
`AUDIO` of its own: rounding, which twenty guided steps carry on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from gpu.report import Report, Row, peak_gib, wall
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.engine import generate
from producertwin.model.sampling.request import Metas, Request
from producertwin.model.variants.load import load
from producertwin.music import Key
from producertwin.settings import Settings

LATENTS, AUDIO = 1e-3, 1e-2


def _load(variant: str, device: torch.device, dtype: torch.dtype | None) -> Instrument:
    with TemporaryDirectory() as studio:
        return load(variant, Settings(studio=Path(studio), device=str(device)), dtype=dtype)


def _asked(seconds: float, seed: int) -> Request:
    return Request("jazz lofi, mellow, rhodes, upright bass", seconds, seed, metas=Metas(84, Key.parse("F minor"), 4))


@contextmanager
def exact() -> Iterator[None]:
    """Products of float32 in float32, without TF32."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def speed(device: torch.device, dtype: torch.dtype | None, seconds: float, batch: int) -> Row:
    """Loading, the first take, a later one, a batch."""
    start = time.perf_counter()
    nano = _load("nano", device, dtype)
    loaded = time.perf_counter() - start

    def take(many: int) -> float:
        return wall(lambda: generate(nano, [_asked(seconds, seed) for seed in range(many)], max_batch=many), device)

    cold, warm = take(1), min(take(1) for _ in range(3))
    first, eight = take(batch), take(batch)
    return {
        "load_s": round(loaded, 2), "cold_s": round(cold, 2), "warm_s": round(warm, 3), "realtime": round(seconds / warm, 1),
        f"batch_{batch}_s": round(min(first, eight), 3), "batch_realtime": round(batch * seconds / min(first, eight), 1),
        "peak_gib": peak_gib(device),
    }  # fmt: skip


def _off(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Root mean square of the difference, in that of `wanted`."""
    return float(np.sqrt(np.mean(np.square(found - wanted, dtype=np.float64)) / np.mean(np.square(wanted, dtype=np.float64))))


def equality(variant: str, device: torch.device, seconds: float) -> Row:
    """A take of the device against the CPU's, and against itself."""
    with exact():
        ours, again = (generate(_load(variant, device, torch.float32), [_asked(seconds, 5)])[0] for _ in range(2))
        plain = generate(_load(variant, torch.device("cpu"), torch.float32), [_asked(seconds, 5)])[0]
    latents, audio = _off(ours.latents, plain.latents), _off(ours.audio, plain.audio)
    return {
        "latents_off": latents, "latents_may": LATENTS, "audio_off": audio, "audio_may": AUDIO,
        "equal": latents <= LATENTS and audio <= AUDIO, "same_bytes_again": ours.audio.tobytes() == again.audio.tobytes(),
    }  # fmt: skip


def cases(report: Report, device: torch.device, seconds: float, batch: int) -> None:
    """All rows of the part."""
    for shown, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        if device.type == "cpu" and shown == "bf16":
            continue
        name: Row = {"variant": "nano", "dtype": shown, "seconds": seconds}

        def work(dtype: torch.dtype = dtype) -> Row:
            return speed(device, dtype, seconds, batch)

        report.case(name, work, needs=10.0)
    for variant in ("tiny", "nano"):

        def compare(variant: str = variant) -> Row:
            return equality(variant, device, 10.0)

        report.case({"variant": variant, "compared": f"{device.type} with cpu", "seconds": 10.0}, compare, needs=10.0)
