"""The log of a run: what happens in training, as lines of JSON and as files for TensorBoard.

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

from ..disk import write_whole
from ..errors import BadInput, NotFound, Unavailable
from ..library.jsonl import append, drop, last_row
from ..progress import Message, warning
from ..reporting import curves
from . import log_curves
from .tensorboard import TensorBoard

STEPS: Final = "log.jsonl"
VALIDATION: Final = "validation.jsonl"
WARNINGS: Final = "warnings.jsonl"
SAMPLES: Final = "samples.jsonl"
BOARD: Final = "board"
PICTURE: Final = "loss.png"
PREFERENCES: Final = ("accuracy", "inside", "chosen_rise", "rejected_rise")
"""What rows of a training on preferences have besides their loss (`preferences.dpo.loss.DpoFigures`)."""
EXPLAINED: Final = "less is better; where held out rises while training falls, songs are learned by heart"
"""What the curves of a run show, in a line."""
_RECENT: Final = 50
"""Steps that the speed is the mean of."""
_WINDOW: Final = 40
"""Steps that a point of the curve is the mean of, in runs that are long enough."""

Row = Mapping[str, float]
Sampler = Callable[[int, Path], Sequence[str]]
"""Plays the adapter in a folder as it is at a step, and returns what failed."""


class Callbacks(Protocol):
    """What a training run calls as it goes."""

    def on_begin(self, step: int) -> None:
        """Training goes on after `step`: what was reported of later steps no longer counts."""

    def on_step(self, row: Row) -> None:
        """One optimizer step: `step`, `loss`, `loss_0` to `loss_3` by quarter of t, `norm`, `rate`, `audio` (seconds seen)."""

    def on_validation(self, row: Row) -> None:
        """One validation: `step`, `loss`, `loss_0` to `loss_3`."""

    def on_checkpoint(self, step: int, adapter: Path) -> None:
        """Called when a checkpoint is complete; its adapter lies in the folder `adapter`."""

    def warn(self, step: int, text: str) -> None:
        """Called with a warning that does not stop the run."""

    def take_messages(self) -> Sequence[Message]:
        """What whoever follows the run should be told, since the last call."""


class NoCallbacks:
    """Ignores everything."""

    def on_begin(self, step: int) -> None: ...
    def on_step(self, row: Row) -> None: ...
    def on_validation(self, row: Row) -> None: ...
    def on_checkpoint(self, step: int, adapter: Path) -> None: ...
    def warn(self, step: int, text: str) -> None: ...
    def take_messages(self) -> Sequence[Message]:
        return ()


no_callbacks: Final[Callbacks] = NoCallbacks()


class Log:
    """Writes the log of the run in `folder`, which has `steps` steps in all. Use as a context manager.

    `sample` plays the adapter of every checkpoint. Speed and time left are measured by `clock` (seconds).
    """

    def __init__(
        self, folder: Path, steps: int, *, sample: Sampler | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.steps = folder, steps
        self._sample, self._clock = sample, clock
        self._heard = 0.0
        self._times: deque[float] = deque(maxlen=_RECENT + 1)
        self._board: TensorBoard | None = None
        self._messages: list[Message] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def on_begin(self, step: int) -> None:
        """Drop the rows past `step`, and count on from the rest."""
        for name in (STEPS, VALIDATION, WARNINGS, SAMPLES):
            drop(self.folder / name, step)
        last = last_row(self.folder / STEPS)
        self._heard = float(last.get("heard", 0.0))
        self._times.clear()
        self._times.append(self._clock())
        self._open_board(step)

    def on_step(self, row: Row) -> None:
        """Write one optimizer step, with speed (steps/s), time left (s) and the seconds of audio seen in all."""
        self._heard += float(row.get("audio", 0.0))
        self._times.append(self._clock())
        gone = self._times[-1] - self._times[0]
        speed = (len(self._times) - 1) / gone if gone > 0 else 0.0
        left = (self.steps - row["step"]) / speed if speed else None
        more = {"heard": round(self._heard, 3), "speed": _round(speed), "left": left and round(left, 1)}
        whole = {name: _round(value) for name, value in row.items()} | more
        append(self.folder / STEPS, whole)
        self._draw("train", whole)

    def on_validation(self, row: Row) -> None:
        """Write one validation."""
        whole = {name: _round(value) for name, value in row.items()}
        append(self.folder / VALIDATION, whole)
        self._draw("validation", whole)

    def on_checkpoint(self, step: int, adapter: Path) -> None:
        """Write what TensorBoard shows to the disk, and play the adapter."""
        if self._board is not None:
            self._board.flush()
        if self._sample is not None:
            for trouble in self._sample(step, adapter):
                self.warn(step, trouble)

    def warn(self, step: int, text: str) -> None:
        """Write a warning, and keep it for `take_messages`."""
        append(self.folder / WARNINGS, {"step": step, "warning": text})
        self._messages.append(warning(f"step {step}: {text}"))

    def take_messages(self) -> Sequence[Message]:
        """The warnings since the last call."""
        taken, self._messages = self._messages, []
        return taken

    def close(self) -> None:
        """Close TensorBoard's file."""
        if self._board is not None:
            self._board.close()
            self._board = None

    def _open_board(self, step: int) -> None:
        self.close()
        try:
            self._board = TensorBoard(self.folder / BOARD, step)
        except Unavailable as error:
            self.warn(step, f"{error.message}: {error.remedy}")

    def _draw(self, what: str, row: Mapping[str, float | None]) -> None:
        if self._board is not None:
            numbers = {f"{what}/{name}": value for name, value in row.items() if name != "step" and value is not None}
            self._board.add(int(row["step"] or 0), numbers)


def read_curves(folder: Path) -> dict[str, curves.Curve]:
    """The loss of a run's training, smoothed, and that of its held-out side. Raises `NotFound` when there is no log."""
    found = {"training": log_curves.read([folder / STEPS], ("loss",), window=_window(folder))["loss"]}
    if (folder / VALIDATION).is_file():
        found["held out"] = log_curves.read([folder / VALIDATION], ("loss",), window=1)["loss"]
    return found


def read_preferences(folder: Path) -> dict[str, curves.Curve]:
    """What a training on preferences says of itself, smoothed, by `PREFERENCES`. Raises `NotFound` when there is no log."""
    return log_curves.read([folder / STEPS], PREFERENCES, window=_window(folder))


def _window(folder: Path) -> int:
    """Steps that a point of a curve is the mean of."""
    return max(1, min(_WINDOW, int(last_row(folder / STEPS).get("step", 0)) // 10))


def draw_curves(folder: Path) -> Path | None:
    """Draw the curves of the run in `folder` into it; None where nothing was logged that can be drawn."""
    try:
        picture = curves.picture(read_curves(folder), f"{folder.name}: squared error of the velocity", EXPLAINED)
    except (NotFound, BadInput):
        return None
    write_whole(folder / PICTURE, picture)
    return folder / PICTURE


def _round(value: float) -> float | int | None:
    """Round to six digits; None for what is not finite, since JSON has no NaN."""
    if isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None
