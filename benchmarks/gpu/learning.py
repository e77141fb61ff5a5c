"""Training steps of an adapter: time, utilisation, memory.

A step as `twin train` makes it: the adapter of `model.adapters.trainable`, both passes by `training.lora.gradients` under
bfloat16, the optimizer of `training.optimizer`, the norm of the gradients asked for. Crops are there already. `utilisation` is
the arithmetic that a step needs (`model.sampling.flops`, nothing computed twice) at the speed of large products, divided by the
step's time; `busy` also counts what checkpointing computes again.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from gpu.machine import Ceilings
from gpu.report import Report, Row, kernels, peak_gib, wall
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.trainable import Trainable, release, set_checkpointing, trainable
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.flops import training_flops
from producertwin.timebase import LATENT_RATE
from producertwin.training import optimizer
from producertwin.training.lora.gradients import Batch, Gradients

TOLD = 320
"""States of an instrumental's condition, padded alike."""
GOAL = 0.4
"""Share of the arithmetic ceiling that is asked for."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row to be measured."""

    rank: int
    batch: int
    checkpointing: bool = False
    eight_bit: bool = False
    mode: str = "eager"
    """`compiled` blocks, a `graph` of both passes, both with a `+`, or `eager`."""
    needs: float = 12.0


class Learning:
    """An adapter on an instrument, a batch of noise to learn, and its optimizer."""

    def __init__(self, instrument: Instrument, adapter: Trainable, case: Case, seconds: int) -> None:
        self.net, self.weights, device = instrument.transformer, adapter.parameters, instrument.device
        self.optimizer = optimizer.adamw(self.weights, 1e-4, 0.01, eight_bit=case.eight_bit)
        draw = torch.Generator(device).manual_seed(2)
        shape, hidden = (case.batch, seconds * LATENT_RATE), self.net.condition_embedder.in_features
        width = instrument.width
        self.x, self.context, self.packed = (
            torch.randn(size, generator=draw, device=device)
            for size in ((*shape, width), (*shape, 2 * width), (case.batch, TOLD, hidden))
        )
        t = torch.rand(case.batch, generator=draw, device=device)
        self.batch = Batch(self.x, t, self.x, self.context, self.packed, None, None)
        self.shares = torch.ones(case.batch, device=device)
        graphs = "graph" in case.mode
        self.gradients = Gradients(instrument, adapter.spec, self.weights, case.batch, bf16=True, graphs=graphs)

    def step(self) -> float:
        """One step; returns its loss."""
        loss = self.gradients.add(self.batch, self.shares).loss
        float(optimizer.clip(self.weights, 1.0))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(loss)


def measure(instrument: Instrument, case: Case, seconds: int, top: Ceilings, rounds: int) -> Row:
    """One row."""
    net, device = instrument.transformer, instrument.device
    adapter = trainable(instrument, LoraSpec(rank=case.rank, alpha=float(case.rank), targets="all-linear"), seed=0)
    set_checkpointing(net, case.checkpointing, compiled="compiled" in case.mode, random=False)
    try:
        learning = Learning(instrument, adapter, case, seconds)
        losses: list[float] = []
        first = wall(lambda: losses.append(learning.step()), device)
        losses.append(learning.step())
        times = [wall(lambda: losses.append(learning.step()), device) for _ in range(rounds)]
        count = sum(weight.numel() for weight in adapter.parameters.values())
    finally:
        release(net)
        adapter.remove()
    if not all(map(torch.isfinite, map(torch.tensor, losses))):
        raise RuntimeError(f"the losses are not finite: {losses}")
    step = statistics.median(times)
    once, really = (
        case.batch * training_flops(net, seconds * LATENT_RATE, TOLD, adapter=count, checkpointing=again) / top.flops
        for again in (False, case.checkpointing)
    )
    return {
        "step_ms": round(1000 * step, 1), "audio_s_per_s": round(case.batch * seconds / step, 1),
        "utilisation": round(once / step, 3), "busy": round(really / step, 3), "peak_gib": peak_gib(device),
        "adapter_m": round(count / 1e6, 1), "first_s": round(first, 2), "loss": [round(losses[0], 4), round(losses[-1], 4)],
    }  # fmt: skip


def profile(instrument: Instrument, case: Case, seconds: int) -> Row:
    """What one step does on the device."""
    adapter = trainable(instrument, LoraSpec(rank=case.rank, alpha=float(case.rank), targets="all-linear"), seed=0)
    set_checkpointing(instrument.transformer, False, compiled="compiled" in case.mode, random=False)
    try:
        return kernels(Learning(instrument, adapter, case, seconds).step, instrument.device)
    finally:
        release(instrument.transformer)
        adapter.remove()


def cases(report: Report, instrument: Instrument, wanted: tuple[Case, ...], seconds: int, top: Ceilings, rounds: int) -> None:
    """All rows of the part."""
    for case in wanted:
        name: Row = {
            "rank": case.rank, "crop_s": seconds, "batch": case.batch, "checkpointing": case.checkpointing,
            "optimizer": "adamw8bit" if case.eight_bit else "adamw", "mode": case.mode,
        }  # fmt: skip
        if case.eight_bit and find_spec("bitsandbytes") is None:
            report.case(name, lambda: {"status": "skipped: bitsandbytes is not installed"}, needs=0.0)
            continue
        start = time.monotonic()

        def work(case: Case = case) -> Row:
            return measure(instrument, case, seconds, top, rounds)

        row: dict[str, Any] = report.case(name, work, needs=case.needs)
        row["case_s"] = round(time.monotonic() - start, 1)
