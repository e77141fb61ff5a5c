"""The denoising loop: from requests to takes.

Our own loop over diffusers' modules, or over graphs made of them (`networks`). Noise comes from one CPU generator per take, so a
seed means the same take whatever else is made beside it. On a CPU takes are made one at a time and are the same bytes alone or in
a batch; on an accelerator takes that share length and schedule are made together.

Conventions as in `flow` (t from 1 to 0) and `request` (audio `(2, samples)`, latents `(frames, width)`, at the doors).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...progress import Clock, OnProgress, ignore
from ...timebase import HOP, frames_of
from ..tasks import Task
from . import codec, task_context
from .arrays import Array, join, like, to_numpy
from .checks import check_audio, check_sound
from .code_text import Codes
from .lyric_times import find_times
from .networks import AnyInstrument, networks_of
from .plan import SamplingPlan, make
from .postprocess import blend_source, check_finite, level, postprocess, scale_latents
from .request import Generated, InputSound, Latents, Request, Samples
from .schedule import Schedule
from .take import PreparedTake, prepare_take
from .tiles import CONTEXT
from .walk import walk

VERSION = 5
"""Raised when the same request would make another take."""
MAX_BATCH = 8
"""Most takes made in one forward pass on an accelerator."""
MAX_FRAMES = 15_000
"""Most frames of all takes of a pass together, those of the longest take: what can play that one can play a pass."""


def _finish(instrument: AnyInstrument, take: PreparedTake, latents: Array, *, decode: bool) -> Generated:
    plan, request = take.plan, take.plan.request
    start = time.perf_counter()
    sampled = blend_source(latents, take.context, plan)
    latents = scale_latents(sampled[:, : plan.frames], request.sampling)
    check_finite(to_numpy(latents), request.seed, "latents")
    kept: Samples | None = None
    if request.task is Task.REPAINT and request.source is not None and request.repaint.keeps_samples:
        kept = request.source.audio
        if kept is None:
            kept = codec.decode(instrument, task_context.latents_of(instrument, request.source, len(request.source.latents)))  # type: ignore[arg-type]
    audio: Samples = np.zeros((2, 0), np.float32)
    notes: tuple[str, ...] = ()
    if decode or kept is not None:
        audio, notes = postprocess(codec.decode(instrument, latents), kept, plan)
        if kept is not None and request.match and request.repaint.exact:
            for window in plan.windows:
                latents = _encode_window(instrument, latents, audio, window)
    times, known = None, networks_of(instrument).knows_lyric_heads() if take.sung else True
    if known is None:
        notes += (f"{instrument.variant} is graphs, which do not show attention: the times of its lines are not known",)
    else:
        times = find_times(instrument, take, sampled)
    if times is not None and not known:
        notes += (f"no heads of {instrument.variant} are known to follow a lyric: the times of its lines are a guess",)
    return Generated(
        to_numpy(latents[0]),
        np.ascontiguousarray(audio),
        request.seed,
        plan.schedule.levels,
        plan.schedule.guidance,
        take.warnings + notes,
        times,
        max(plan.samples, audio.shape[1]),
        {"decode": time.perf_counter() - start},
    )


def _encode_window(instrument: AnyInstrument, latents: Array, audio: Samples, window: tuple[int, int]) -> Array:
    """`latents` with those of `audio` in the frames of `window`, whose sound was changed after it was decoded."""
    first, last = window
    start, end = max(0, first - CONTEXT), min(latents.shape[1], last + CONTEXT)
    heard = codec.encode(instrument, audio[:, start * HOP : end * HOP])
    return join([latents[:, :first], heard[:, first - start : last - start], latents[:, last:]], 1)


def takes_per_pass(instrument: AnyInstrument, seconds: float) -> int:
    """Most takes of `seconds` that `generate` makes in one forward pass: 1 on a CPU, so a batch changes no byte of a take."""
    return 1 if instrument.device.type == "cpu" else _most(MAX_BATCH, frames_of(seconds))


def _most(takes: int, frames: int) -> int:
    """`takes`, or as many of so many `frames` as one pass may have."""
    return max(1, min(takes, MAX_FRAMES // frames))


def _batches(plans: Sequence[SamplingPlan], max_batch: int) -> list[list[int]]:
    """Positions of plans that can be sampled together, in the order of their first member."""
    groups: dict[Schedule, list[int]] = {}
    for place, plan in enumerate(plans):
        groups.setdefault(plan.schedule, []).append(place)
    found = []
    for schedule, group in groups.items():
        most = _most(max_batch, schedule.frames)
        found += [group[i : i + most] for i in range(0, len(group), most)]
    return found


def generate(
    instrument: AnyInstrument,
    requests: Sequence[Request],
    *,
    on_progress: OnProgress = ignore,
    max_batch: int | None = None,
    compiled: bool = False,
    graphs: bool = True,
    decode: bool = True,
) -> list[Generated]:
    """Make every take asked for, in order.

    `on_progress` is called at every step and may raise `Interrupted`. `max_batch` is the most takes made in one pass; None is 1
    on a CPU. `compiled` fuses the work of the transformer's blocks: the first take of a length waits for the compiler, the next
    ones are faster. `graphs` has short takes on a GPU played from CUDA graphs (`recorded_denoiser`). Without `decode` takes are
    latents alone, which `decode_take` decodes; a repaint that keeps samples is decoded all the same. Raises `BadInput` before
    any work when a request cannot be done, `Diverged` when a take is not finite.
    """
    networks = networks_of(instrument)
    plans = [make(request, instrument) for request in requests]
    batches = _batches(plans, max_batch or (1 if instrument.device.type == "cpu" else MAX_BATCH))
    clock = Clock("denoise", sum(len(plans[batch[0]].schedule.levels) for batch in batches))
    found: dict[int, Generated] = {}
    done = 0
    on_progress(clock.at(done))
    for batch in batches:
        with networks.computing(), networks.at_levels(plans[batch[0]].schedule.levels_asked):
            start = time.perf_counter()
            takes = [prepare_take(instrument, plans[place]) for place in batch]
            prepared = time.perf_counter()
            latents = takes[0].noise
            for latents in walk(instrument, takes, compiled=compiled, graphs=graphs):  # noqa: B007 - the last one is the result
                done += 1
                on_progress(clock.at(done))
            latents = like(to_numpy(latents), takes[0].noise)
            spent = {"prepare": (prepared - start) / len(takes), "denoise": (time.perf_counter() - prepared) / len(takes)}
            for row, (place, take) in enumerate(zip(batch, takes, strict=True)):
                made = _finish(instrument, take, latents[row : row + 1], decode=decode)
                found[place] = replace(made, seconds={**spent, **made.seconds})
    return [found[place] for place in range(len(requests))]


def decode_take(
    instrument: AnyInstrument, latents: Latents, samples: int, task: Task, seed: int
) -> tuple[Samples, tuple[str, ...]]:
    """The audio `(2, samples)` of a take's latents, as `generate` would have decoded them, and warnings.

    Not for a repaint that keeps samples, which `generate` always decodes.
    """
    check_sound(InputSound(latents=latents), instrument.width, "take")
    audio = codec.decode(instrument, like(latents[None], instrument.silence(1)))
    check_finite(audio, seed, "samples")
    levelled, notes = level(audio[:, :samples], task)
    return np.ascontiguousarray(levelled), notes


def encode(instrument: AnyInstrument, audio: Samples) -> Latents:
    """Latents `(frames, width)` of `audio`, its most likely ones; the end is padded to a whole frame."""
    check_audio(audio, "sound", audible=False)
    latents: Latents = to_numpy(codec.encode(instrument, audio)[0])
    return latents


def read_codes(instrument: AnyInstrument, sound: InputSound) -> Codes:
    """The audio codes of `sound`: those that a cover of it follows. Raises `BadInput` where the instrument has no tokenizer."""
    networks = networks_of(instrument)
    networks.codebook  # noqa: B018 - raises where there is none
    frames = check_sound(sound, instrument.width, "sound")
    return networks.encode_codes(task_context.latents_of(instrument, sound, frames))


def decode(instrument: AnyInstrument, latents: Latents) -> Samples:
    """Audio `(2, frames * 1920)` of latents `(frames, width)`, at the decoder's own level. Raises `BadInput` for others."""
    check_sound(InputSound(latents=latents), instrument.width, "sound")
    return codec.decode(instrument, like(latents[None], instrument.silence(1)))
