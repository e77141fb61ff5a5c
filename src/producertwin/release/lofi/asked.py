"""The parameters of `generate`, `cancel` and `download_backend`, checked in lofi.nvim's bounds, and the id of a track."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ...wording import write_number
from . import faults
from .faults import INVALID_PARAMS, Kind, Refused
from .messages import check_names

N = TypeVar("N", int, float)
ACE_STEP: Final = "ace_step"
MUSICGEN: Final = "musicgen"
BACKENDS: Final = {ACE_STEP: ACE_STEP, "ace-step": ACE_STEP, "acestep": ACE_STEP, MUSICGEN: MUSICGEN}
"""What a backend may be called, and its name."""
SECONDS: Final = {ACE_STEP: (5, 240), MUSICGEN: (5, 120)}
"""Shortest and longest track of each backend."""
DEFAULT_SECONDS: Final = 30
LONGEST_PROMPT: Final = 1000
"""Bytes."""
SCHEDULERS: Final = ("euler", "heun", "pingpong")
PRIORITIES: Final = ("normal", "high")
STEPS: Final = (1, 200)
GUIDANCE: Final = (1.0, 30.0)
SEED_LIMIT: Final = 2**64
DRAWN_SEEDS: Final = 2**32
"""Drawn seeds are below it: every client holds such a number exactly, also one that has only floats."""
PARAMETERS: Final = (
    "prompt", "duration_sec", "seed", "priority", "backend", "inference_steps", "scheduler", "guidance_scale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A track that is asked for; equal ones sound the same."""

    prompt: str
    seconds: int
    seed: int
    backend: str = ACE_STEP
    steps: int | None = None
    """None is the instrument's own number."""
    scheduler: str = SCHEDULERS[0]
    guidance: float | None = None
    """None is the instrument's own."""
    urgent: bool = field(default=False, compare=False)
    """Whether it goes before those that are not."""

    def track(self, version: str) -> str:
        """Its id, as lofi.nvim's daemon makes them; `version` is that of the model."""
        said = f"{self.backend}:{self.prompt}:{self.seed}:{self.seconds}:{version}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def read_generate(params: Mapping[str, Any]) -> Asked:
    """The track that `generate` asks for, a seed drawn where it has none. Raises `Refused`."""
    given = {name: value for name, value in params.items() if value is not None}
    check_names(params, PARAMETERS)
    backend = read_backend(given.get("backend", ACE_STEP))
    prompt = _prompt(given)
    seconds = _check_range(_whole(given.get("duration_sec", DEFAULT_SECONDS), "duration_sec"), SECONDS[backend],
                       faults.INVALID_DURATION, "seconds")  # fmt: skip
    seed = _whole(given["seed"], "seed") if "seed" in given else secrets.randbelow(DRAWN_SEEDS)
    if not 0 <= seed < SEED_LIMIT:
        raise Refused(INVALID_PARAMS, f"seed {seed} is outside 0 to 2^64 - 1", remedy="leave it out to have one drawn")
    priority = _choice(_text(given.get("priority", PRIORITIES[0]), "priority"), PRIORITIES, INVALID_PARAMS)
    scheduler = _choice(_text(given.get("scheduler", SCHEDULERS[0]), "scheduler"), SCHEDULERS, faults.INVALID_SCHEDULER)
    steps = guidance = None
    if "inference_steps" in given:
        steps = _check_range(_whole(given["inference_steps"], "inference_steps"), STEPS, faults.INVALID_STEPS, "steps")
    if "guidance_scale" in given:
        guidance = _check_range(_number(given["guidance_scale"], "guidance_scale"), GUIDANCE, faults.INVALID_GUIDANCE, "")
    return Asked(prompt, seconds, seed, backend, steps, scheduler, guidance, urgent=priority == "high")


def read_track(params: Mapping[str, Any]) -> str:
    """The track that `cancel` names. Raises `Refused`."""
    check_names(params, ("track_id",))
    if params.get("track_id") is None:
        raise Refused(INVALID_PARAMS, "track_id is missing", remedy="give the one that generate answered")
    return _text(params["track_id"], "track_id")


def read_backend(value: object) -> str:
    """The name of a backend. Raises `Refused`."""
    said = _text(value, "backend")
    if said not in BACKENDS:
        reason = f"no backend is called {said[:40]!r}"
        raise Refused(faults.INVALID_BACKEND, reason, remedy=f"choose {ACE_STEP}; {MUSICGEN} is not part of this daemon")
    return BACKENDS[said]


def _prompt(given: Mapping[str, Any]) -> str:
    if "prompt" not in given:
        raise Refused(INVALID_PARAMS, "prompt is missing", remedy='say what to play, such as "lofi, rainy, rhodes"')
    prompt = _text(given["prompt"], "prompt")
    if not prompt.strip():
        raise Refused(faults.INVALID_PROMPT, "it is empty", remedy='say what to play, such as "lofi, rainy, rhodes"')
    size = len(prompt.encode())
    if size > LONGEST_PROMPT:
        raise Refused(faults.INVALID_PROMPT, f"it has {size} bytes", remedy=f"use at most {LONGEST_PROMPT}")
    return prompt


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Refused(INVALID_PARAMS, f"{name} is no text", remedy=f"write {name} in quotes")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(INVALID_PARAMS, f"{name} is no number", remedy=f"write {name} as digits, without quotes")
    return float(value)


def _whole(value: object, name: str) -> int:
    """A whole number; JSON has one type for all numbers, so `30.0` is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Refused(INVALID_PARAMS, f"{name} is no whole number", remedy=f"write {name} as digits, without quotes")
    return int(value)


def _check_range(value: N, bounds: tuple[N, N], kind: Kind, unit: str) -> N:
    low, high = bounds
    if not low <= value <= high:
        told = f"{write_number(low)} to {write_number(high)} {unit}".strip()
        raise Refused(kind, f"{write_number(value)} is outside {told}", remedy=f"choose from {told}")
    return value


def _choice(value: str, choices: tuple[str, ...], kind: Kind) -> str:
    if value not in choices:
        raise Refused(kind, f"{value[:40]!r} is not known", remedy=f"choose {', '.join(choices)}")
    return value
