"""Mix stems by a desk: stream them through its effects, then bring the result to loudness and below the ceiling.

Sounds are float32 (2, samples) at 48 kHz. What is long lies in files that are mapped into memory, so that a mix of any length
needs as much memory as a short one. The gain into the limiter is found by playing the limiter alone over the mix, so the desk
that comes back, with that gain, plays the same sound in one go.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..audio import levels, loudness
from ..audio.samples import Samples
from ..errors import BadInput
from ..progress import Progress, Steps, finish, note, warning
from ..timebase import SAMPLE_RATE, samples_of
from .desk import Desk, Master
from .effects import Delay, Reverb
from .engine import BLOCK, Engine, open_engine
from .faust import Program, write_faust, write_limiter
from .schedule import Schedule, schedule_desk

TOLERANCE: Final = 0.1
"""LU beside the target that are near enough."""
MOST_LIMITING: Final = 12.0
"""dB that the highest peak is pushed into the limiter, at most, to reach a loudness."""
LONGEST_TAIL: Final = 8.0
"""Seconds that a mix rings on behind its stems, at most."""
LOUDEST_DB: Final = 200.0
"""Above this, in dB of full scale, something feeds itself: what a desk can turn up by its own gains stays far below."""
_LOUDEST: Final = 10 ** (LOUDEST_DB / 20)
_QUIET: Final = 10 ** (-80 / 20)
_ROUNDS: Final = 5


@dataclass(frozen=True, eq=False, slots=True)
class Rendering:
    """A mix."""

    audio: Samples
    """(2, n)."""
    strips: tuple[Samples, ...]
    """Every strip's sound behind its fader, (2, n) each, in the order of the desk."""
    desk: Desk
    """The desk that makes exactly this, its gain into the limiter found."""
    program: Program
    """The same as Faust."""
    limiting: float
    """dB that the highest peak was pushed above the ceiling; 0 where the limiter had nothing to do."""


def render(desk: Desk, stems: Sequence[Samples]) -> Steps[Rendering]:
    """Mix `stems`, one (2, n) for each strip of `desk`; shorter ones are followed by silence.

    Raises `BadInput` where the numbers differ or the result is not finite, `Unavailable` without an engine, `Resources`.
    """
    if len(stems) != len(desk.strips):
        raise BadInput(f"{len(stems)} stems are given for the desk's {len(desk.strips)} strips", remedy="give one for each strip")
    if all(strip.mute for strip in desk.strips.values()):
        raise BadInput("every strip of the desk is muted", remedy="let one sound")
    schedule = schedule_desk(desk, finish=False, strips=True)
    longest = max(stem.shape[1] for stem in stems)
    played = yield from _stream(schedule, stems, longest + samples_of(tail_seconds(desk)), "mix")
    audio, master, limiting = yield from finish_mix(cut_tail(played[:2], longest), desk.master)
    settled = desk.model_copy(update={"master": master})
    strips = tuple(played[2 + 2 * at : 4 + 2 * at, :longest] for at in range(len(stems)))
    return Rendering(audio, strips, settled, write_faust(settled), limiting)


def tail_seconds(desk: Desk) -> float:
    """How long the buses ring on."""
    used = {bus for strip in desk.strips.values() for bus in strip.sends}
    rings = [0.0]
    for bus in (desk.buses[name] for name in used):
        if isinstance(bus, Reverb):
            rings.append(bus.seconds + bus.predelay / 1000)
        elif isinstance(bus, Delay):
            echoes = 1 if bus.feedback < 0.01 else math.ceil(60 / (-20 * math.log10(bus.feedback)))
            rings.append(desk.seconds_of(bus) * echoes)
    return min(max(rings), LONGEST_TAIL)


def play_program(program: Program | Schedule, sounds: Sequence[Samples], length: int) -> Samples:
    """`sounds`, two channels each, through `program`: (outputs, length), its latency taken out."""
    return finish(_stream(program, sounds, length, ""))


def _stream(program: Program | Schedule, stems: Sequence[Samples], length: int, what: str) -> Steps[Samples]:
    """As `play_program`, telling how far it is as `what`."""
    with open_engine(program.source if isinstance(program, Program) else program) as engine:
        if (engine.inputs, engine.outputs) != (program.inputs, program.outputs):
            raise BadInput(
                f"the program has {engine.inputs} inputs and {engine.outputs} outputs for {program.inputs} and {program.outputs}",
                remedy="report this; the desk's Faust is wrong",
            )
        return (yield from stream_blocks(engine, stems, length, late=program.latency, what=what))


def stream_blocks(engine: Engine, stems: Sequence[Samples], length: int, *, late: int = 0, what: str = "") -> Steps[Samples]:
    """`stems`, (2, n) each, through `engine` without its first `late` samples, in a file that is mapped: (outputs, length).

    Tells how far it is as `what`. Raises `BadInput` where what comes out is not finite or beyond `LOUDEST_DB`.
    """
    total = length + late
    with tempfile.TemporaryFile(prefix="twin-") as file:
        out: Samples = np.memmap(file, "<f4", "w+", shape=(engine.outputs, length))
        for at in range(0, total, BLOCK):
            count = min(BLOCK, total - at)
            played = engine.play(np.concatenate(list(_blocks(stems, at, count))))
            if not float(np.abs(played).max()) <= _LOUDEST:
                message = f"the mix runs away at {at / SAMPLE_RATE:.1f} s: it is not finite, or above {LOUDEST_DB:g} dBFS"
                raise BadInput(message, remedy="lower feedback, gain or Q")
            first = max(late - at, 0)
            if first < count:
                out[:, at + first - late : at + count - late] = played[:, first:]
            if what and at // BLOCK % 32 == 0:
                yield Progress(what, min(at, length), length)
        return np.asarray(out)


def _blocks(stems: Sequence[Samples], at: int, count: int) -> Iterator[Samples]:
    """`count` samples of every stem from `at` on, silence behind its end."""
    for stem in stems:
        part = stem[:, at : at + count]
        yield np.pad(part, ((0, 0), (0, count - part.shape[1])))


def cut_tail(sound: Samples, longest: int) -> Samples:
    """`sound` (2, n) to the end of what is heard, `longest` samples at least."""
    return sound[:, : max(longest, _last_loud(sound))]


def _last_loud(sound: Samples) -> int:
    """The sample behind the last one that can be heard."""
    for end in range(sound.shape[1], 0, -SAMPLE_RATE):
        start = max(end - SAMPLE_RATE, 0)
        loud = np.flatnonzero(np.abs(sound[:, start:end]).max(axis=0) > _QUIET)
        if loud.size:
            return start + int(loud[-1]) + 1
    return 0


def finish_mix(summed: Samples, master: Master) -> Steps[tuple[Samples, Master, float]]:
    """The mix behind gain and limiter, the master with that gain, and how far the highest peak was pushed into the limiter.

    The limiter's margin is found anew, so that a desk that comes back plays the same again.
    """
    master = _with_margin(master, 0.0)
    peak, own = levels.true_peak_db(summed), loudness.loudness(summed)
    if own <= loudness.GATE_LUFS:
        if master.loudness is not None:
            yield warning("the mix is silent: its loudness was left as it is")
        return _limit(summed, master), master, 0.0
    target = master.loudness
    if target is None:
        audio, master = _below_ceiling(summed, master)
    else:
        audio, master = _reach(summed, master, own, peak)
        reached = loudness.loudness(audio)
        if abs(reached - target) > 2 * TOLERANCE:
            yield warning(
                f"the mix reaches {reached:.1f} LUFS of {target:g}: louder, its highest peak would go more than "
                f"{MOST_LIMITING:g} dB into the limiter"
            )
    if master.limiter is None:
        over = levels.true_peak_db(audio)
        if over > 0:
            yield warning(f"the desk has no limiter and the mix peaks at {over:+.1f} dBTP: a file of whole numbers clips it")
        return audio, master, 0.0
    pushed = max(peak + master.gain - master.limiter.ceiling, 0.0)
    if pushed > MOST_LIMITING / 2:
        yield note(f"the limiter takes up to {pushed:.1f} dB off the peaks")
    return audio, master, pushed


def _reach(summed: Samples, master: Master, own: float, peak: float) -> tuple[Samples, Master]:
    """The mix at the target loudness, or as near as the limiter may be pushed: gain by secants, five at most."""
    assert master.loudness is not None
    ceiling = math.inf if master.limiter is None else master.limiter.ceiling
    low, high = -60.0, min(36.0, ceiling + MOST_LIMITING - peak)
    gain = float(np.clip(master.loudness - own, low, high))
    for _ in range(_ROUNDS):
        trial = master.model_copy(update={"gain": round(gain, 2)})
        audio = _limit(summed, trial)
        missing = master.loudness - loudness.loudness(audio)
        if abs(missing) <= TOLERANCE or (missing > 0 and gain >= high):
            break
        gain = float(np.clip(gain + missing * (1.0 if missing < 0 else 1.3), low, high))
    return _below_ceiling(summed, trial)


def _below_ceiling(summed: Samples, master: Master) -> tuple[Samples, Master]:
    """The mix behind gain and limiter, and the master.

    Its limiter has a margin where sound near the end of the spectrum, which its twelve samples do not see, made true peaks above
    the ceiling.
    """
    audio = _limit(summed, master)
    for _ in range(_ROUNDS):
        if master.limiter is None or (over := levels.true_peak_db(audio) - master.limiter.ceiling) <= 0:
            break
        master = _with_margin(master, min(master.limiter.margin + over + 0.01, 12.0))
        audio = _limit(summed, master)
    return audio, master


def _with_margin(master: Master, margin: float) -> Master:
    """The master whose limiter is set so far below its ceiling."""
    if master.limiter is None:
        return master
    return master.model_copy(update={"limiter": master.limiter.model_copy(update={"margin": round(margin, 3)})})


def _limit(summed: Samples, master: Master) -> Samples:
    return play_program(write_limiter(master), [summed], summed.shape[1])
