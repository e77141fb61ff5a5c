"""Curves of a run as a picture or as text: steps across, a logarithmic scale upwards, by Pillow and numpy alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..errors import BadInput
from .theme import FAINT, GRID, INK, PAPER, font

_SIZE: Final = (960, 420)
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 44, 24, 58
_LINES: Final = ((226, 228, 236), (255, 142, 92), (110, 168, 255), (140, 214, 140), (214, 132, 214))
_TICKS: Final = (1, 2, 3, 5, 7)
_X_TICKS: Final = 6
_SYMBOLS: Final = "·•○+x"
_PLAIN_SIGNS: Final = ".o*+x"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by step, both (n,)."""

    steps: Floats
    values: Floats


def text(curves: Mapping[str, Curve], line: str = "", *, plain: bool = False, width: int = 64, height: int = 12) -> str:
    """`curves` drawn in characters, the later over the earlier ones, with the scale on the left; `plain` uses ASCII alone.

    `line` says below them what they show. Raises `BadInput` when no value is above 0.
    """
    kept = _drawable(curves)
    frame = _Frame.around(kept)
    field = [[" "] * width for _ in range(height)]
    signs = dict(zip(kept, _PLAIN_SIGNS if plain else _SYMBOLS, strict=False))
    for name, curve in kept.items():
        for step, value in zip(curve.steps, curve.values, strict=True):
            across, up = frame.share(step, value)
            field[round((1 - up) * (height - 1))][round(across * (width - 1))] = signs.get(name, "*")
    ends = {0: frame.high, height // 2: (frame.high + frame.low) / 2, height - 1: frame.low}
    scale = [f"{10 ** ends[row]:8.3g}" if row in ends else " " * 8 for row in range(height)]
    side, corner, floor = ("|", "+", "-") if plain else ("│", "└", "─")
    drawn = [f"{mark} {side}{''.join(cells)}".rstrip() for mark, cells in zip(scale, field, strict=True)]
    first, last = f"{frame.first:g}", f"{frame.last:g}"
    under = [f"{' ' * 9}{corner}{floor * width}", f"{' ' * 10}{first}{last.rjust(width - len(first))}"]
    legend = " " * 10 + "   ".join(f"{sign} {name}" for name, sign in signs.items())
    return "\n".join([*drawn, *under, legend, *([line] if line else [])])


def picture(curves: Mapping[str, Curve], title: str, line: str = "") -> bytes:
    """A PNG of `curves`, 960 x 420; `line` says below them what they show.

    Values that are not above 0 are left out; raises `BadInput` when none is left.
    """
    kept = _drawable(curves)
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
    pen.text((_LEFT, _SIZE[1] - 10), line, FAINT, font(12), anchor="ls")
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
        across, up = self.share(step, value)
        width, height = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM
        return _LEFT + across * width, _TOP + (1 - up) * height

    def share(self, step: float, value: float) -> tuple[float, float]:
        """The place of a point, as shares of the way across and up."""
        across = (step - self.first) / (self.last - self.first)
        up = (np.log10(value) - self.low) / (self.high - self.low)
        return float(across), float(up)


def _axes(pen: ImageDraw.ImageDraw, frame: _Frame) -> None:
    for decade in range(int(np.floor(frame.low)), int(np.ceil(frame.high))):
        for mark in _TICKS:
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
    """About `_X_TICKS` round numbers of steps inside the frame."""
    rough = (frame.last - frame.first) / _X_TICKS
    size = 10.0 ** np.floor(np.log10(rough))
    gap = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [float(gap * n) for n in range(int(np.ceil(frame.first / gap)), int(np.floor(frame.last / gap)) + 1)]


def _drawable(curves: Mapping[str, Curve]) -> dict[str, Curve]:
    """What of `curves` has a logarithm. Raises `BadInput` when nothing has."""
    kept = {name: _above_zero(curve) for name, curve in curves.items()}
    kept = {name: curve for name, curve in kept.items() if len(curve.values)}
    if not kept:
        raise BadInput("nothing to draw", remedy="give curves with values above 0")
    return kept


def _above_zero(curve: Curve) -> Curve:
    good = np.isfinite(curve.values) & (curve.values > 0)
    return Curve(curve.steps[good], curve.values[good])
