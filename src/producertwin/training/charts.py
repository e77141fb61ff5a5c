"""Curves of a run as a picture: steps across, a logarithmic scale upwards, by Pillow and numpy alone."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..audio.ink import FAINT, GRID, INK, PAPER, font
from ..errors import BadInput, NotFound

_SIZE: Final = (960, 420)
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 44, 24, 40
_LINES: Final = ((226, 228, 236), (255, 142, 92), (110, 168, 255), (140, 214, 140), (214, 132, 214))
_MARKS: Final = (1, 2, 3, 5, 7)
_ACROSS: Final = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by step, both (n,)."""

    steps: Floats
    values: Floats


def read(logs: Sequence[Path], names: tuple[str, ...], *, window: int = 40) -> dict[str, Curve]:
    """Running means over `window` steps of the `log.jsonl` of one run's phases, whose steps are counted on.

    A step written twice counts as it was written last. Raises `NotFound` where no log is, or holds none of `names`.
    """
    rows: dict[int, dict[str, float]] = {}
    for log in filter(Path.is_file, logs):
        before = max(rows, default=0)
        rows |= {before + row["step"]: row for row in map(json.loads, log.read_text(encoding="utf-8").splitlines())}
    if not rows:
        raise NotFound(f"no log at {logs[0]}", remedy="train first, or name the run's folder")
    found = {}
    for name in names:
        known = sorted((step, row[name]) for step, row in rows.items() if name in row)
        if known:
            steps, values = np.array(known, np.float64).T
            width = min(window, len(values))
            means = np.convolve(values, np.full(width, 1 / width), "valid")
            found[name] = Curve(steps[width - 1 :], means)
    if not found:
        raise NotFound(f"{logs[0]} holds none of {', '.join(names)}", remedy="name what the run has logged")
    return found


def picture(curves: Mapping[str, Curve], title: str) -> bytes:
    """A PNG of `curves`, 960 x 420. Values that are not above 0 are left out; raises `BadInput` when none is left."""
    kept = {name: _above_zero(curve) for name, curve in curves.items()}
    kept = {name: curve for name, curve in kept.items() if len(curve.values)}
    if not kept:
        raise BadInput("nothing to draw", remedy="give curves with values above 0")
    image = Image.new("RGB", _SIZE, PAPER)
    frame = _Frame.around(kept)
    pen = ImageDraw.Draw(image)
    _axes(pen, frame)
    pen.text((_LEFT, 26), title, INK, font(15), anchor="ls")
    beside = _SIZE[0] - _RIGHT
    for (name, curve), colour in reversed(list(zip(kept.items(), _LINES * (1 + len(kept) // len(_LINES)), strict=False))):
        pen.line([frame.at(x, y) for x, y in zip(curve.steps, curve.values, strict=True)], colour, 2)
        pen.text((beside, 26), name, colour, font(13), anchor="rs")
        beside -= int(pen.textlength(name, font(13))) + 18
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the axes span: steps, and logarithms of values."""

    first: float
    last: float
    low: float
    high: float

    @classmethod
    def around(cls, curves: Mapping[str, Curve]) -> _Frame:
        steps = np.concatenate([curve.steps for curve in curves.values()])
        values = np.log10(np.concatenate([curve.values for curve in curves.values()]))
        low, high = float(values.min()), float(values.max())
        room = max(0.04 * (high - low), 0.01)
        return cls(float(steps.min()), max(float(steps.max()), float(steps.min()) + 1), low - room, high + room)

    def at(self, step: float, value: float) -> tuple[float, float]:
        """The place of a point, in pixels."""
        across = (step - self.first) / (self.last - self.first)
        up = (np.log10(value) - self.low) / (self.high - self.low)
        width, height = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM
        return _LEFT + float(across) * width, _TOP + (1 - float(up)) * height


def _axes(pen: ImageDraw.ImageDraw, frame: _Frame) -> None:
    for decade in range(int(np.floor(frame.low)), int(np.ceil(frame.high))):
        for mark in _MARKS:
            value = mark * 10.0**decade
            if frame.low <= np.log10(value) <= frame.high:
                _, y = frame.at(frame.first, value)
                pen.line([(_LEFT, y), (_SIZE[0] - _RIGHT, y)], GRID)
                pen.text((_LEFT - 8, y), f"{value:g}", FAINT, font(12), anchor="rm")
    for step in _round_steps(frame):
        x, _ = frame.at(step, 10**frame.low)
        pen.line([(x, _TOP), (x, _SIZE[1] - _BOTTOM)], GRID)
        pen.text((x, _SIZE[1] - _BOTTOM + 8), f"{step:,.0f}".replace(",", " "), FAINT, font(12), anchor="mt")


def _round_steps(frame: _Frame) -> list[float]:
    """About `_ACROSS` round numbers of steps inside the frame."""
    rough = (frame.last - frame.first) / _ACROSS
    size = 10.0 ** np.floor(np.log10(rough))
    gap = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [float(gap * n) for n in range(int(np.ceil(frame.first / gap)), int(np.floor(frame.last / gap)) + 1)]


def _above_zero(curve: Curve) -> Curve:
    good = np.isfinite(curve.values) & (curve.values > 0)
    return Curve(curve.steps[good], curve.values[good])
