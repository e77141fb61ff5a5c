"""The frame of every training loop: make the steps one by one, report each, and save what was made however the loop ends.

Only between two steps does everything fit together, so only there is a run stopped. Adapters (`lora.loop`) and pretraining
(`pretrain.loop`) say what a step is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

from ..progress import Clock, Event, Steps
from .stopping import Stop


class Stepper(Protocol):
    """What the frame drives."""

    @property
    def step(self) -> int:
        """Steps made."""

    @property
    def steps(self) -> int:
        """Steps in all."""

    def is_finished(self) -> bool:
        """Whether no further step is to be made."""

    def advance(self) -> str:
        """Make one step; returns a short line about it."""

    def rescue(self) -> None:
        """Save the steps that no checkpoint holds yet."""

    def take_messages(self) -> Sequence[Event]:
        """Notes, warnings and checkpoints since the last call."""


def run_steps(work: Stepper, stop: Stop | None = None) -> Steps[None]:
    """Make all steps of `work`. Raises `KeyboardInterrupt` between two steps when `stop` was asked for.

    Whatever ends the loop early, the steps that were made are saved first.
    """
    clock, whole = Clock("step", work.steps), False
    try:
        yield from work.take_messages()
        while not work.is_finished():
            line = work.advance()
            yield from work.take_messages()
            yield clock.at(work.step, line)
            if stop is not None and stop.asked:
                raise KeyboardInterrupt
        whole = True
    finally:
        if not whole:
            work.rescue()
        if not isinstance(sys.exception(), GeneratorExit):  # a generator that is being closed may not yield
            yield from work.take_messages()
