"""The probes of a loaded instrument, played one after the other; what was read stays, so that a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...audio.samples import Samples
from ...disk import make_folder
from ...model.adapters import Adapter, attach
from ...model.adapters.delta import Lora
from ...model.instrument import Instrument
from ...model.sampling import codec, engine
from ...model.sampling.request import InputSound, Request
from ...model.tasks import Task
from ...progress import Progress, Steps
from ...recipe import Record
from ...timebase import samples_of
from .probes import Probe, Reading, plan_probes, sketch

READINGS = "readings.jsonl"
_GB = 1e9


class QualifyPlan(Record):
    """How much is played."""

    songs: int = 2
    """Songs of the band that the sweep begins from."""
    seconds: float = 10.24
    """Length of each take."""


def play_raw(instrument: Instrument, request: Request) -> Samples:
    """What is played, as the codec gives it; a repaint with what is kept put back."""
    if request.task is Task.REPAINT:
        return engine.generate(instrument, [request])[0].audio
    made = engine.generate(instrument, [request], decode=False)[0]
    latents = torch.from_numpy(np.ascontiguousarray(made.latents, np.float32))
    sound = codec.decode(instrument, latents[None] if latents.ndim == 2 else latents)
    return sound[:, : made.samples or samples_of(request.seconds)]


def run_probes(probes: Sequence[Probe], folder: Path) -> Steps[tuple[Reading, ...]]:
    """The readings of `probes`, those that lie in `folder` not read again."""
    make_folder(folder)
    path = folder / READINGS
    kept = _load(path)
    if path.exists() and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as log:
            log.write("\n")  # the line that was cut off when it was stopped
    found = []
    for number, probe in enumerate(probes):
        yield Progress("qualify", number, len(probes), probe.name)
        if probe.name not in kept:
            values = {name: float(value) for name, value in probe.read().items()}
            reading = Reading(name=probe.name, probe=probe.kind, strength=probe.strength, values=values)
            with path.open("a", encoding="utf-8") as log:
                log.write(reading.model_dump_json() + "\n")
            kept[probe.name] = reading
        found.append(kept[probe.name])
    yield Progress("qualify", len(probes), len(probes))
    return tuple(found)


def _load(path: Path) -> dict[str, Reading]:
    """What was read before; a line that was cut off counts for nothing."""
    found: dict[str, Reading] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            reading = Reading.model_validate(json.loads(line))
        except ValueError:
            continue
        found[reading.name] = reading
    return found


def probes_of(instrument: Instrument, plan: QualifyPlan) -> list[Probe]:
    """Everything that is tried of `instrument`."""

    def play(request: Request) -> Samples:
        return play_raw(instrument, request)

    found = list(plan_probes(play, instrument.tasks, plan.songs, plan.seconds))
    timed = [replace(one, read=_with_memory(one.read)) if one.kind == "speed" else one for one in found]
    return [*timed, *_plan_adapters(instrument, plan)]


def _with_memory(read: Callable[[], Mapping[str, float]]) -> Callable[[], dict[str, float]]:
    """The readings with the most memory that was in use: of a GPU what was allocated, else of the process what is resident."""

    def read_both() -> dict[str, float]:
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        values = dict(read())
        if torch.cuda.is_available():
            used = float(torch.cuda.max_memory_allocated())
        else:
            import psutil

            used = float(psutil.Process().memory_info().rss)
        return {**values, "memory_gb": used / _GB}

    return read_both


def _plan_adapters(instrument: Instrument, plan: QualifyPlan) -> Iterator[Probe]:
    """Whether an adapter, made here of noise, changes what is played in each task."""
    song = sketch(0, min(plan.seconds, 6.0))
    source = InputSound(audio=song.audio)
    ways: dict[Task, dict[str, Any]] = {
        Task.TEXT2MUSIC: {},
        Task.COVER: {"source": source},
        Task.REPAINT: {"source": source, "windows": ((1.0, song.audio.shape[1] / 48_000 - 1.0),)},
        Task.EXTRACT: {"source": source, "stems": ("drums",)},
        Task.LEGO: {"source": source, "stems": ("bass",)},
        Task.COMPLETE: {"source": source, "stems": ("bass",)},
    }
    for task, more in ways.items():
        if task in instrument.tasks:
            request = replace(song.request(3), task=task, **more)
            yield Probe(f"adapter {task}", "adapter", None, partial(_change, instrument, request))


def _change(instrument: Instrument, request: Request) -> dict[str, float]:
    """How much of the latents an adapter changes, as a share of their size."""
    plain = engine.generate(instrument, [request], decode=False)[0].latents
    worn = attach(instrument, make_adapter(instrument))
    try:
        other = engine.generate(instrument, [request], decode=False)[0].latents
    finally:
        worn.detach()
    size = max(float(np.linalg.norm(plain)), 1e-9)
    return {"change": float(np.linalg.norm(np.asarray(other) - plain)) / size}


def make_adapter(instrument: Instrument) -> Adapter:
    """A LoRA of noise on the queries of all layers, a tenth of their weights' size."""
    generator = torch.Generator().manual_seed(6)
    layers = {}
    for name, module in instrument.transformer.named_modules():
        if name.endswith("to_q") and hasattr(module, "weight"):
            out, width = module.weight.shape
            down, up = (torch.randn(shape, generator=generator) for shape in ((4, width), (out, 4)))
            size = float((up @ down).norm())
            layers[name] = Lora(down, up * (0.1 * float(module.weight.float().norm()) / max(size, 1e-9)), 4.0)
    return Adapter(Path("noise"), layers, "noise")
