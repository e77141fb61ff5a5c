"""From decoded sound to the take: level, and the kept part of a repaint put back sample for sample.

Audio `(2, samples)` float32 at 48 kHz.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio import matching
from ...errors import Diverged
from ...timebase import SAMPLE_RATE
from ..tasks import Task
from .arrays import Array, like
from .checks import SILENT
from .options import EDGE, SamplingOptions
from .plan import SamplingPlan
from .repainting import fade_mask
from .request import Samples
from .task_context import TaskContext

PEAK_DB = -1.0
PEAK = 10.0 ** (PEAK_DB / 20.0)
"""Full takes peak at -1 dBFS, as ACE-Step's own pipeline leaves them."""
SURROUNDINGS = 2 * SAMPLE_RATE
"""Samples beside a window that the new part is matched to."""
MOST_GAIN = 4.0
"""Most that the decoder's level is corrected by where the new part is not matched."""
ONE_PART = frozenset({Task.EXTRACT, Task.LEGO})
"""Tasks whose result is a stem: its level against the source matters, so it is only kept from clipping."""


def check_finite(values: NDArray[Any], seed: int, what: str) -> None:
    """Raise `Diverged` when a take is not finite."""
    if not np.isfinite(values).all():
        remedy = "lower the guidance, use another seed, or load the variant in float32"
        raise Diverged(f"the {what} of the take with seed {seed} are not finite", remedy=remedy)


def blend_source(latents: Array, context: TaskContext, plan: SamplingPlan) -> Array:
    """Latents `(1, frames, width)` of a repaint, faded into those of its source outside the window, where its mode does so."""
    whole = plan.windows == ((0, plan.frames),)
    if context.made is None or context.source is None or not plan.windows or whole or not plan.request.repaint.frames:
        return latents
    mask = np.zeros((latents.shape[1], 1), np.float32)
    for window in plan.windows:
        faded = fade_mask(plan.frames, window, plan.request.repaint.frames)
        mask[: plan.frames, 0] = np.maximum(mask[: plan.frames, 0], faded)
    made = like(mask, latents)
    return made * latents + (1.0 - made) * context.source


def scale_latents(latents: Array, asked: SamplingOptions) -> Array:
    """`latents` rescaled and shifted, where that is asked for."""
    if (asked.latent_rescale, asked.latent_shift) == (1.0, 0.0):
        return latents
    return latents * asked.latent_rescale + asked.latent_shift


def level(audio: Samples, task: Task) -> tuple[Samples, tuple[str, ...]]:
    """`audio` at the take's level, and a warning when nothing can be heard."""
    peak = float(np.abs(audio).max())
    if peak < SILENT:
        return audio, ("the take is silent",)
    if task in ONE_PART and peak <= 1.0:
        return audio, ()
    return (audio * np.float32(PEAK / peak)).astype(np.float32), ()


def _rms(audio: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) if audio.size else 0.0


def _gain(made: Samples, source: Samples, start: int, end: int) -> float:
    """What brings the decoder's level to the source's, measured on the kept sound beside the window."""
    beside = [slice(max(0, start - SURROUNDINGS), start), slice(end, min(end + SURROUNDINGS, source.shape[1]))]
    heard = _rms(np.concatenate([source[:, part] for part in beside], 1))
    decoded = _rms(np.concatenate([made[:, part] for part in beside], 1))
    if heard < SILENT or decoded < SILENT:
        return 1.0
    return float(np.clip(heard / decoded, 1.0 / MOST_GAIN, MOST_GAIN))


def _limit(part: Samples, source: Samples) -> Samples:
    """The new `part`, turned down where it would be louder than full scale allows and than anything in the source."""
    peak, ceiling = float(np.abs(part).max()), max(PEAK, float(np.abs(source).max()))
    return part * np.float32(ceiling / peak) if peak > ceiling else part


def _fade_in(old: Samples, new: Samples) -> Samples:
    """From `old` to `new` at constant loudness, however alike they are: `a² + b² + 2ρab = 1` with their correlation `ρ`."""
    angle = np.linspace(0.0, np.pi / 2, old.shape[1])
    enter, leave = np.sin(angle), np.cos(angle)
    alike = float(np.sum(old * new)) / (float(np.linalg.norm(old) * np.linalg.norm(new)) + 1e-12)
    level = np.sqrt(1.0 + 2.0 * max(alike, 0.0) * enter * leave)
    return ((old * leave + new * enter) / level).astype(np.float32)


def splice(made: Samples, source: Samples, start: int, end: int, *, match: bool, edge: float = EDGE) -> Samples:
    """`source` with samples `start` to `end` taken from `made`: outside the window the very samples of the source.

    With `match` level and spectrum of the new part follow the source beside the window (`audio.matching`); without, only the
    decoder's own level is corrected. The new part is crossfaded over `edge` seconds at either end, inside the
    window; it may reach past the source's end.
    """
    result = np.zeros((2, max(end, source.shape[1])), np.float32)
    result[:, : source.shape[1]] = source
    if match:
        before, after = source[:, max(0, start - SURROUNDINGS) : start], source[:, end : end + SURROUNDINGS]
        part = matching.match(made[:, start:end], before, after)
    else:
        part = made[:, start:end] * np.float32(_gain(made, source, start, end))
    part = _limit(part, source)
    old = result[:, start:end].copy()
    fade = min(round(edge * SAMPLE_RATE), (end - start) // 2)
    if start > 0 and fade:
        part[:, :fade] = _fade_in(old[:, :fade], part[:, :fade])
    if end < source.shape[1] and fade:
        part[:, -fade:] = _fade_in(old[:, ::-1][:, :fade], part[:, ::-1][:, :fade])[:, ::-1]
    result[:, start:end] = part
    return result


def splice_outside(made: Samples, source: Samples, start: int, end: int, fade: int) -> Samples:
    """As `splice`, but the new part comes in over `fade` samples outside the window, in a straight line, as ACE-Step does it."""
    result = np.zeros((2, max(end, source.shape[1])), np.float32)
    result[:, : source.shape[1]] = source
    first, last = max(start - fade, 0), min(end + fade, result.shape[1])
    part = _limit(made[:, first:last] * np.float32(_gain(made, source, start, end)), source)
    mask = fade_mask(result.shape[1], (start, end), fade)[first:last]
    result[:, first:last] = mask * part + (1.0 - mask) * result[:, first:last]
    return result


def postprocess(audio: Samples, source: Samples | None, plan: SamplingPlan) -> tuple[Samples, tuple[str, ...]]:
    """The take's audio from the decoder's, and warnings. `source` is the kept sound of a repaint, else None."""
    check_finite(audio, plan.request.seed, "samples")
    audio, ways = audio[:, : plan.samples], plan.request.repaint
    if source is not None and plan.request.windows:
        kept = source[:, : plan.samples]
        windows = [tuple(min(round(t * SAMPLE_RATE), plan.samples) for t in window) for window in plan.request.windows]
        if ways.exact:
            for start, end in windows:
                kept = splice(audio, kept, start, end, match=plan.request.match, edge=ways.inside)
            return kept, ()
        if windows != [(0, plan.samples)]:
            for start, end in windows:
                kept = splice_outside(audio, kept, start, end, int(ways.seconds * SAMPLE_RATE))
            return kept, ()
    return level(audio, plan.request.task)
