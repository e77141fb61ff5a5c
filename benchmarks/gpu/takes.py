"""Denoising steps and whole takes, against the floor of the machine.

A step's floor is the longer of two: its arithmetic (`model.sampling.flops`) at the speed of large products, and the transformer's
weights, read once, at the speed of large copies. A walk is all steps with everything that is prepared for them; `step_ms` is a
walk divided by its steps. A take is `engine.generate` from the words to the finished audio.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from engine import engine_walk

from gpu.machine import Ceilings
from gpu.models import weight_bytes
from gpu.report import Report, Row, kernels, peak_gib, wall
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import codec, conditioning, prompts
from producertwin.model.sampling.engine import generate
from producertwin.model.sampling.flops import step_flops
from producertwin.model.sampling.flow import schedule
from producertwin.model.sampling.request import Metas, Request
from producertwin.music import Key
from producertwin.timebase import LATENT_RATE

LYRIC = "\n".join(["[Verse]", *["we walk along the river in the rain"] * 12])
GOAL = 2.0
"""Longest walk of eight steps, in floors."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row to be measured."""

    seconds: int
    batch: int
    mode: str
    """`compiled` blocks, a `graph` that is played, both with a `+`, or `eager`."""
    take: bool = True
    """Whether the whole take is made too."""
    steps: int | None = None
    """Steps that are made of the variant's; the rest is reckoned."""
    needs: float = 10.0
    """Seconds it is expected to take."""

    @property
    def ways(self) -> dict[str, bool]:
        """The mode, as the engine is told it."""
        return {"compiled": "compiled" in self.mode, "graphs": "graph" in self.mode}


@torch.inference_mode()
def measure(instrument: Instrument, case: Case, top: Ceilings, rounds: int) -> Row:
    """One row: the walk, the decoding of one take, and the whole take."""
    device, card, frames = instrument.device, instrument.card, case.seconds * LATENT_RATE
    levels = schedule(card.steps, card.shift)[: case.steps]
    guided, net = card.guidance > 1.0, instrument.transformer
    walk, told = _walk(instrument, case, levels)
    first = wall(walk, device)
    times = [wall(walk, device) for _ in range(rounds)]
    step = statistics.median(times) / len(levels)
    flop = case.batch * step_flops(net, frames, told, guided=guided) / top.flops
    byte = weight_bytes(net) / top.bytes
    floor = max(flop, byte)
    row: Row = {
        "step_ms": round(1000 * step, 2), "flop_floor_ms": round(1000 * flop, 2), "byte_floor_ms": round(1000 * byte, 2),
        "of_floor": round(step / floor, 2), "walk_s": round(step * card.steps, 3), "first_walk_s": round(first, 2),
        "told": told, "peak_gib": peak_gib(device),
    }  # fmt: skip
    if len(levels) < card.steps:
        row["walk_s_is"] = f"reckoned from {len(levels)} of {card.steps} steps"
    latents = torch.randn(1, frames, instrument.width, generator=torch.Generator().manual_seed(1))
    codec.decode(instrument, latents)
    row["decode_s"] = round(min(wall(lambda: codec.decode(instrument, latents), device) for _ in range(2)), 3)
    if case.take:
        row["take_s"] = round(_take(instrument, case), 3)
        row["realtime"] = round(case.seconds * case.batch / row["take_s"], 1)
    return row


def _asked(case: Case) -> list[Request]:
    metas, caption = Metas(120, Key.parse("A minor"), 4, "en"), "indie pop, warm, female voice"
    return [Request(caption, float(case.seconds), seed, lyrics=LYRIC, metas=metas) for seed in range(case.batch)]


def _walk(instrument: Instrument, case: Case, levels: tuple[float, ...]) -> tuple[Callable[[], Any], int]:
    """The walk of a take, and how many states it is told: those of the take's own prompt."""
    device, card, frames = instrument.device, instrument.card, case.seconds * LATENT_RATE
    prompt = prompts.build(instrument.tokenizer, _asked(case)[0], float(case.seconds))
    told = conditioning.states(instrument, prompt, conditioning.timbre(instrument)).expand(case.batch, -1, -1)
    null = instrument.condition_encoder.null_condition_emb
    draw, width = torch.Generator(device).manual_seed(1), instrument.width
    x, around = (torch.randn(case.batch, frames, n, generator=draw, device=device) for n in (width, 2 * width))

    def walk() -> torch.Tensor:
        return engine_walk(instrument.transformer, told, null, around, x, levels, card.guidance, **case.ways)

    return walk, told.shape[1]


def _take(instrument: Instrument, case: Case) -> float:
    """Wall seconds of whole takes, all of a batch together; the second time round."""
    wanted = _asked(case)

    def make() -> None:
        generate(instrument, wanted, max_batch=case.batch, **case.ways)

    return min(wall(make, instrument.device) for _ in range(2))


@torch.inference_mode()
def profile(instrument: Instrument, seconds: int, mode: str) -> Row:
    """What the walk of a single take does on the device, and what comes before it."""
    return kernels(
        _walk(instrument, Case(seconds, 1, mode), schedule(instrument.card.steps, instrument.card.shift))[0], instrument.device
    )


def cases(report: Report, instrument: Instrument, wanted: tuple[Case, ...], top: Ceilings, rounds: int) -> None:
    """All rows of a part."""
    for case in wanted:
        name: Row = {
            "variant": instrument.card.name, "seconds": case.seconds, "batch": case.batch,
            "mode": case.mode,
        }  # fmt: skip
        start = time.monotonic()

        def work(case: Case = case) -> Row:
            return measure(instrument, case, top, rounds)

        row: dict[str, Any] = report.case(name, work, needs=case.needs)
        row["case_s"] = round(time.monotonic() - start, 1)
