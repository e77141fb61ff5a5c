"""How long a step takes, measured before the first one, and with how many threads of the CPU it is fastest.

Two threads on a machine that is busy with other work can take four times as long as one: each product waits for the slower
half. So the number of threads is halved as long as that makes a step faster. Sums are rounded in another order by another number
of threads, so the number is kept in the checkpoints, and a run goes on with the one it began with.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch

from ..wording import duration

GAIN: Final = 0.95
"""Part of the time that half the threads must stay under to be taken."""
WORTH: Final = 60.0
"""Seconds of training below which the number of threads is left alone."""
LEAST_STEPS: Final = 20
"""Steps below which nothing is measured, since that takes three to five of them."""
LONG: Final = 900.0
"""Seconds of training above which a shorter one is offered."""
SHORT: Final = 600.0
"""Seconds that the shorter one is to stay under, where an eighth of the steps does."""
MOST_PARTS: Final = 8
_BRIEF: Final = 2.0
"""Seconds of a step below which it is timed twice, and the faster one counts."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a step takes."""

    seconds: float
    """Of one step."""
    threads: int
    """Threads that it takes so."""
    tried: Mapping[int, float]
    """Seconds of a step by number of threads."""


def may_choose_threads(device: torch.device) -> bool:
    """Whether nobody has said how many threads to use: on a CPU, without OMP_NUM_THREADS."""
    return device.type == "cpu" and not os.environ.get("OMP_NUM_THREADS")


def measure_speed(
    step: Callable[[], object], steps: int, *, choose: bool, clock: Callable[[], float] = time.perf_counter
) -> Speed:
    """Time `step`, of which `steps` are to be made; torch is left with the number of threads that was fastest.

    Other numbers are tried where `choose` allows it and the training is long enough to be worth it.
    """
    step()  # the first one also reads files and fills caches
    threads = torch.get_num_threads()
    tried = {threads: _time(step, clock)}
    while choose and threads > 1 and steps * tried[threads] > WORTH:
        torch.set_num_threads(threads // 2)
        tried[threads // 2] = _time(step, clock)
        if tried[threads // 2] > GAIN * tried[threads]:
            break
        threads //= 2
    torch.set_num_threads(threads)
    return Speed(tried[threads], threads, tried)


def describe_speed(speed: Speed, steps: int) -> str:
    """How long `steps` will take, and on how many threads."""
    others = ", ".join(f"{count} take {taken:.2g} s" for count, taken in speed.tried.items() if count != speed.threads)
    threads = f", on {speed.threads} of {max(speed.tried)} threads ({others})" if others else ""
    told = "1 step" if steps == 1 else f"{steps} steps"
    whole = duration(steps * speed.seconds)
    return f"time: about {whole} for {told} of {speed.seconds:.2g} s{threads}; validations and takes add to it"


def suggest_shorter(speed: Speed, steps: int, key: str, value: float) -> str | None:
    """What makes a long training shorter: `value` of the recipe's `key`, which its length is proportional to, halved.

    None where it is not long.
    """
    whole, parts = steps * speed.seconds, 1
    if whole <= LONG:
        return None
    while whole / parts > SHORT and parts < MOST_PARTS and value >= 4 * parts:
        parts *= 2
    if parts == 1:
        return None
    shorter = int(value // parts)
    about = duration(whole * shorter / value)
    return f"a shorter training takes about {about} and learns less: Ctrl-C, then the same command with --set {key}={shorter}"


def _time(step: Callable[[], object], clock: Callable[[], float]) -> float:
    taken: list[float] = []
    while not taken or (len(taken) < 2 and taken[0] < _BRIEF):
        begun = clock()
        step()
        taken.append(clock() - begun)
    return min(taken)
