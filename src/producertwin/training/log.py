"""The log of a run: what training says of itself, as lines of JSON and as files for TensorBoard.

`log.jsonl` holds a row per optimizer step, `validation.jsonl` one per validation, `samples.jsonl` the takes made on the way, and
`warnings.jsonl` what did not stop the run but should be known. When training goes on after step n, the rows past n are dropped,
so that the files again hold every step once.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from ..errors import Unavailable
from .board import Board
from .lines import append, drop, last_row

STEPS: Final = "log.jsonl"
VALIDATION: Final = "validation.jsonl"
WARNINGS: Final = "warnings.jsonl"
SAMPLES: Final = "samples.jsonl"
BOARD: Final = "board"
_RECENT: Final = 50
"""Steps that the speed is the mean of."""

Row = Mapping[str, float]
Sampler = Callable[[int, Path], Sequence[str]]
"""Plays the adapter in a folder as it is at a step, and says what failed."""


class Watch(Protocol):
    """Who hears of a training run."""

    def begin(self, step: int) -> None:
        """Training goes on after `step`: what was said of later steps no longer counts."""

    def step(self, row: Row) -> None:
        """One optimizer step: `step`, `loss`, `loss_0` to `loss_3` by quarter of t, `norm`, `rate`, `audio` (seconds heard)."""

    def validation(self, row: Row) -> None:
        """One validation: `step`, `loss`, `loss_0` to `loss_3`."""

    def checkpoint(self, step: int, adapter: Path) -> None:
        """A checkpoint is whole, and its adapter lies in the folder `adapter`."""

    def warn(self, step: int, text: str) -> None:
        """Something the user should know although the run goes on."""


class Silent:
    """Hears everything and says nothing."""

    def begin(self, step: int) -> None: ...
    def step(self, row: Row) -> None: ...
    def validation(self, row: Row) -> None: ...
    def checkpoint(self, step: int, adapter: Path) -> None: ...
    def warn(self, step: int, text: str) -> None: ...


silent: Final[Watch] = Silent()


class Log:
    """Writes what it hears to the run's folder. Use as a context manager.

    `steps` is how many there will be; `sample` plays the adapter of a checkpoint; `say` hears the warnings too. Speed and time
    left are the log's own reckoning by `clock`.
    """

    def __init__(
        self,
        folder: Path,
        steps: int,
        *,
        sample: Sampler | None = None,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.steps = folder, steps
        self._sample, self._say, self._clock = sample, say, clock
        self._heard = 0.0
        self._times: deque[float] = deque(maxlen=_RECENT + 1)
        self._board: Board | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def begin(self, step: int) -> None:
        """Drop the rows past `step`, and count on from the rest."""
        for name in (STEPS, VALIDATION, WARNINGS, SAMPLES):
            drop(self.folder / name, step)
        last = last_row(self.folder / STEPS)
        self._heard = float(last.get("heard", 0.0))
        self._times.clear()
        self._times.append(self._clock())
        self._open_board(step)

    def step(self, row: Row) -> None:
        """Write one optimizer step, with speed, time left and the seconds heard in all."""
        self._heard += float(row.get("audio", 0.0))
        self._times.append(self._clock())
        gone = self._times[-1] - self._times[0]
        speed = (len(self._times) - 1) / gone if gone > 0 else 0.0
        left = (self.steps - row["step"]) / speed if speed else None
        more = {"heard": round(self._heard, 3), "speed": _short(speed), "left": left and round(left, 1)}
        whole = {name: _short(value) for name, value in row.items()} | more
        append(self.folder / STEPS, whole)
        self._draw("train", whole)

    def validation(self, row: Row) -> None:
        """Write one validation."""
        whole = {name: _short(value) for name, value in row.items()}
        append(self.folder / VALIDATION, whole)
        self._draw("validation", whole)

    def checkpoint(self, step: int, adapter: Path) -> None:
        """Let the adapter be heard, and see that the board is on the disk."""
        if self._board is not None:
            self._board.flush()
        if self._sample is not None:
            for trouble in self._sample(step, adapter):
                self.warn(step, trouble)

    def warn(self, step: int, text: str) -> None:
        """Write a warning, and say it."""
        append(self.folder / WARNINGS, {"step": step, "warning": text})
        if self._say is not None:
            self._say(f"step {step}: {text}")

    def close(self) -> None:
        """Let go of the board's file."""
        if self._board is not None:
            self._board.close()
            self._board = None

    def _open_board(self, step: int) -> None:
        self.close()
        try:
            self._board = Board(self.folder / BOARD, step)
        except Unavailable as error:
            self.warn(step, f"{error.message}: {error.remedy}")

    def _draw(self, what: str, row: Mapping[str, float | None]) -> None:
        if self._board is not None:
            numbers = {f"{what}/{name}": value for name, value in row.items() if name != "step" and value is not None}
            self._board.add(int(row["step"] or 0), numbers)


def _short(value: float) -> float | int | None:
    """Six digits; a number that is none is None, which JSON knows."""
    if isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None
