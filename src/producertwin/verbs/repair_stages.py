"""What edits leave of a defect is played anew: a repaint of the region, a cover of all, or a stem once more.

Each stage plays the sound that was given, and only its region is taken over from what comes out, with ends of 10 ms inside it
that lead over from the mended sound, at the level that edits gave it. The result is judged as edits are. Takes that were played
and not kept go to the trash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from ..errors import Unavailable
from ..progress import Steps, note, warning
from ..timebase import SAMPLE_RATE, samples_of

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..pipeline.stages import Stage
    from ..quality.detectors.catalogue import Asked
    from ..quality.detectors.defect import Defect
    from ..quality.repair.edits import Stretch
    from ..quality.repair.trying import Repaired
    from .opened_sound import OpenedSound
    from .studio import Studio

_EDGE: Final = samples_of(0.01)
_SIDE: Final = samples_of(0.5)
"""Of the sound on each side of a region by which its level is set."""
_GAINS: Final = (0.25, 4.0)


@dataclass(slots=True)
class Replay:
    """How a sound is played anew, and what was tried."""

    opened: OpenedSound
    asked: Asked
    is_wanted: Callable[[Defect], bool]
    """Whether a defect, in the time of the given sound, is to be repaired."""
    variant: str | None
    """The instrument; the one that made the take, or nano, where absent."""
    chosen: bool
    """Whether a person asked for stages: without that, an instrument that is not there is no reason to fail."""
    tried: list[tuple[str, str]] = field(default_factory=list)


def play_anew(done: Repaired, replay: Replay, budget: int, studio: Studio) -> Steps[Repaired]:
    """Play at most `budget` stages for what the edits left, the dearest defect first, and keep those that are better.

    Raises as `edit` does.
    """
    for number in range(budget):
        todo = _choose(done, replay)
        if todo is None:
            break
        defect, stage = todo
        try:
            done = yield from _try_stage(done, defect, _played_by(stage, replay, number), replay, studio)
        except Unavailable as error:
            if replay.chosen:
                raise
            yield warning(f"nothing is played anew: {error.message}; {error.remedy}")
            break
    return done


def _choose(done: Repaired, replay: Replay) -> tuple[Defect, Stage] | None:
    """The dearest defect of those that were tried least, in seconds of the given sound, and its stage."""
    from ..quality.repair.candidates import propose
    from ..quality.report import score_parts

    left = _find_wanted(done.after, done.start, replay)
    seconds = replay.opened.decoded.samples.shape[1] / SAMPLE_RATE
    found = propose(left, source_of(replay.opened), seconds=seconds, made_by=stage_of(replay.opened))
    if not found:
        return None

    def rank(one: tuple[Defect, Stage]) -> tuple[float, ...]:
        return replay.tried.count(_name(one[0])), -sum(part.cost for part in score_parts(one[:1])), one[0].start

    defect, stage = min(found, key=rank)
    replay.tried.append(_name(defect))
    return defect, stage


def _name(defect: Defect) -> tuple[str, str]:
    return defect.kind, f"{defect.start:.1f}"


def _find_wanted(defects: Sequence[Defect], start: int, replay: Replay) -> list[Defect]:
    """Those of `defects` that are to be repaired, in the time of the given sound, of which `start` samples were cut off."""
    return [one for one in (_shift(one, start) for one in defects) if replay.is_wanted(one)]


def _shift(defect: Defect, samples: int) -> Defect:
    seconds = samples / SAMPLE_RATE
    return replace(defect, start=defect.start + seconds, end=defect.end + seconds)


def stage_of(opened: OpenedSound) -> Stage | None:
    """The stage that made a take, where it can be played again."""
    from ..pipeline.stages import Extract, Lego

    take = opened.take
    kinds: dict[str, type[Extract | Lego]] = {"extract": Extract, "lego": Lego}
    kind = kinds.get(take.task) if take is not None else None
    return kind.model_validate(take.stage) if kind is not None and take is not None else None


def source_of(opened: OpenedSound) -> str:
    """What a stage calls the sound."""
    return opened.take.id if opened.take is not None else str(opened.path)


def _played_by(stage: Stage, replay: Replay, number: int) -> Stage:
    from ..pipeline.stages import Play

    take = replay.opened.take
    variant = replay.variant or (take.variant if take is not None else "nano")
    own = stage.play if stage.kind in ("extract", "lego") else Play()
    seed = number + (take.seed + 1 if take is not None else 0)
    return stage.model_copy(update={"play": own.model_copy(update={"variant": variant, "seed": seed, "batch": 1})})


def _try_stage(done: Repaired, defect: Defect, stage: Stage, replay: Replay, studio: Studio) -> Steps[Repaired]:
    from ..audio import files
    from ..quality.detectors.catalogue import detect
    from ..quality.repair.trying import Attempt, judge, score_of
    from .edit import edit
    from .sounds import find_sound

    region = region_of(stage, defect)
    where = "all of it" if region is None else f"{region[0]:.2f} to {region[1]:.2f} s"
    yield note(f"{stage.kind} of {where}, because of: {defect.about.words}")
    begun = datetime.now(UTC)
    made = (yield from edit(stage, studio))[0]  # type: ignore[arg-type]
    fresh = files.read((yield from find_sound(made.take, studio)))
    sound, stretch = splice(done, replay.opened.decoded.samples, fresh, region)
    found = detect(sound, replay.asked).defects
    there = (_find_wanted(done.after, done.start, replay), _find_wanted(found, done.start, replay))
    why = judge(done.after, found, defect.kind, there=there)
    attempt = Attempt(defect.kind, stage.kind, 1, not why, score_of(done.after), score_of(found), why or "better")
    if why:
        if made.take.created >= begun:
            studio.library.takes.delete(made.take.id)
        return replace(done, attempts=(*done.attempts, attempt))
    stretches = tuple(sorted((*done.stretches, stretch)))
    return replace(done, sound=sound, stretches=stretches, attempts=(*done.attempts, attempt), after=found)


def region_of(stage: Stage, defect: Defect) -> tuple[float, float] | None:
    """Seconds of the given sound that are taken over from what `stage` plays because of `defect`; None is all of it."""
    from ..pipeline.stages import Repaint
    from ..quality.repair.candidates import find_region

    if isinstance(stage, Repaint):
        return stage.start or 0.0, stage.end or defect.end
    if stage.kind in ("extract", "lego"):
        return find_region(defect)
    return None


def splice(done: Repaired, old: Samples, fresh: Samples, region: tuple[float, float] | None) -> tuple[Samples, Stretch]:
    """The mended sound with `region` of the `fresh` one in it, and its samples; both in the time of the `old` one."""
    begin, end = (0, fresh.shape[1]) if region is None else (samples_of(region[0]), samples_of(region[1]))
    first, last = max(begin, done.start), min(end, done.start + done.sound.shape[1], fresh.shape[1])
    sound = done.sound.copy()
    if last <= first:
        return sound, (first, first)
    a, b = first - done.start, last - done.start
    length = last - first
    weight = np.ones(length, np.float32)
    edge = min(_EDGE, length // 2)
    rise = np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / max(edge, 1)), np.float32)
    if a > 0:
        weight[:edge] = rise
    if b < sound.shape[1]:
        weight[length - edge :] = rise[::-1]
    gains = _gains(done, old, (first, last))
    sound[:, a:b] += weight * (gains * fresh[:, first:last] - sound[:, a:b])
    return sound, (first, last)


def _gains(done: Repaired, old: Samples, stretch: Stretch) -> Samples:
    """What edits made of the level of every channel beside `stretch`, (channels, 1)."""
    end = done.start + done.sound.shape[1]
    spans: Sequence[Stretch] = (
        (max(stretch[0] - _SIDE, done.start), stretch[0]),
        (stretch[1], min(stretch[1] + _SIDE, end, old.shape[1])),
    )
    before = np.concatenate([old[:, first : max(last, first)] for first, last in spans], axis=1).astype(np.float64)
    after = np.concatenate([done.sound[:, first - done.start : max(last, first) - done.start] for first, last in spans], axis=1)
    power = (before * before).sum(axis=1, keepdims=True)
    gains = (before * after).sum(axis=1, keepdims=True) / np.maximum(power, 1e-9)
    return np.where((power < 1e-6) | (np.abs(gains - 1) < 1e-3), 1.0, np.clip(gains, *_GAINS)).astype(np.float32)
