"""Pictures of sound: waveform above a log-frequency spectrogram, with axes and a colour bar, as PNG.

Made with numpy and Pillow alone, and deterministic: the same samples give the same bytes (for one version of Pillow).
Levels are dB relative to a full-scale sine.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..audio.files import check_parent
from ..audio.samples import as_channels
from ..disk import write_whole
from ..timebase import SAMPLE_RATE
from .spectrogram import HIGH_HZ, LOW_HZ, spectrogram
from .theme import FAINT, GRID, INK, PAPER, font

WIDTH: Final = 1280
LEFT: Final = 76
RIGHT: Final = 96
TOP: Final = 58
_LANE: Final = 84
_GAP: Final = 14
_SPECTRUM: Final = 400
BOTTOM: Final = 44
_SPAN_DB: Final = 80.0
_PANEL: Final = (20, 23, 34)
_PEAK: Final = (74, 96, 168)
_BODY: Final = (150, 180, 255)
_CLIP: Final = (255, 99, 92)
_STOPS: Final = (
    (0.00, (14, 13, 28)),
    (0.20, (38, 25, 84)),
    (0.40, (94, 36, 126)),
    (0.58, (172, 52, 122)),
    (0.74, (233, 96, 88)),
    (0.88, (252, 172, 92)),
    (1.00, (254, 244, 208)),
)
"""Colours from silence to full level: night, violet, rose, ember, ivory; lightness rises all the way."""
_HZ_TICKS: Final = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
_SECOND_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The picture being made: its pen, and the box (left, top, right, bottom) all panels share left and right of."""

    image: Image.Image
    pen: ImageDraw.ImageDraw
    left: int
    right: int
    seconds: float

    def x(self, seconds: float) -> float:
        """Column of a time."""
        return self.left + seconds / self.seconds * (self.right - self.left)


def waveform_and_spectrogram(samples: NDArray[Any], path: str | Path, *, title: str = "", subtitle: str = "") -> Path:
    """Draw `samples` (channels, n) or (n,) at 48 kHz to a PNG of 1280 pixels width at `path`; returns the path."""
    target, picture = Path(path), draw(samples, title=title, subtitle=subtitle)
    check_parent(target)
    return write_whole(target, picture)


def draw(samples: NDArray[Any], *, title: str = "", subtitle: str = "") -> bytes:
    """The PNG of `waveform_and_spectrogram` as bytes. Any length and up to eight channels; the first two are drawn."""
    sound = as_channels(samples)[:2]
    lanes = sound.shape[0]
    top = TOP + lanes * _LANE + (lanes - 1) * 2 + _GAP
    image = Image.new("RGB", (WIDTH, top + _SPECTRUM + BOTTOM), PAPER)
    plot = _Plot(image, ImageDraw.Draw(image), LEFT, WIDTH - RIGHT, max(sound.shape[1], 1) / SAMPLE_RATE)
    _draw_heading(plot, title, subtitle)
    for lane, channel in enumerate(sound):
        name = "" if lanes == 1 else "LR"[lane]
        _draw_waveform(plot, channel, TOP + lane * (_LANE + 2), name)
    level = spectrogram(sound, plot.right - plot.left, _SPECTRUM)
    highest = float(np.ceil(level.max() / 5.0) * 5.0) if level.max() > -100 else 0.0
    _draw_spectrogram(plot, level, top, highest)
    _draw_time_axis(plot, top + _SPECTRUM)
    _draw_colour_bar(plot, top, highest)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False)
    return out.getvalue()


def colours(level: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """RGB of levels 0 to 1 along `_STOPS`, shape (*level.shape, 3)."""
    places = [place for place, _ in _STOPS]
    tones = np.array([tone for _, tone in _STOPS], np.float64)
    table = np.stack([np.interp(np.linspace(0, 1, 256), places, tones[:, band]) for band in range(3)], axis=1)
    shades: NDArray[np.uint8] = np.rint(table).astype(np.uint8)[np.clip(np.rint(level * 255), 0, 255).astype(int)]
    return shades


def _draw_heading(plot: _Plot, title: str, subtitle: str) -> None:
    """Title on the left, subtitle (or the length) on the right."""
    room = plot.right - plot.left
    note = subtitle or format_time(plot.seconds, tenths=True)
    note_width = plot.pen.textlength(note, font(14))
    plot.pen.text((plot.right, 36), note, FAINT, font(14), anchor="rs")
    plot.pen.text((plot.left, 36), _shorten(plot, title, room - note_width - 24), INK, font(20), anchor="ls")


def _shorten(plot: _Plot, text: str, room: float) -> str:
    """`text` on one line, cut with an ellipsis where it would not fit."""
    line = _replace_missing_glyphs(" ".join(text.split()))
    if plot.pen.textlength(line, font(20)) <= room:
        return line
    while line and plot.pen.textlength(line + "…", font(20)) > room:
        line = line[:-1]
    return line + "…"


def _replace_missing_glyphs(text: str) -> str:
    """`text` with dashes the font lacks made plain and other characters it lacks left out."""
    letters = font(20)
    missing = bytes(letters.getmask("\ue000"))
    plain = text.translate({ord(dash): "-" for dash in "—–−"})
    return "".join(letter for letter in plain if letter == " " or bytes(letters.getmask(letter)) != missing)


def _draw_waveform(plot: _Plot, channel: NDArray[np.float32], top: int, name: str) -> None:
    """One channel: peaks dark, RMS bright, samples at full scale red."""
    columns = plot.right - plot.left
    panel = np.empty((_LANE, columns, 3), np.uint8)
    panel[:] = _PANEL
    middle = (_LANE - 1) / 2
    panel[round(middle)] = GRID
    if channel.size:
        edges = np.linspace(0, len(channel), columns + 1).astype(int)
        starts = np.minimum(edges[:-1], len(channel) - 1)
        highs, lows = np.maximum.reduceat(channel, starts), np.minimum.reduceat(channel, starts)
        counts = np.maximum(edges[1:] - edges[:-1], 1)
        rms = np.sqrt(np.add.reduceat(channel.astype(np.float64) ** 2, starts) / counts)
        height = middle - np.arange(_LANE)[:, None]
        reach = middle - 2
        spread = (height <= np.maximum(highs, 0) * reach) & (height >= np.minimum(lows, 0) * reach) & ((highs - lows) > 0)
        panel[spread] = _PEAK
        panel[spread & (np.abs(height) <= rms * reach)] = _BODY
        over = np.maximum(highs, -lows) >= 0.9999
        panel[:3, over] = _CLIP
    plot.image.paste(Image.fromarray(panel), (plot.left, top))
    plot.pen.text((plot.left - 12, top + _LANE / 2), name, FAINT, font(13), anchor="rm")


def _draw_spectrogram(plot: _Plot, level: NDArray[np.float32], top: int, highest: float) -> None:
    """The spectrogram and its frequency axis."""
    shades = colours((level - highest + _SPAN_DB) / _SPAN_DB)
    plot.image.paste(Image.fromarray(shades), (plot.left, top))
    for hz in _HZ_TICKS:
        y = top + np.log(HIGH_HZ / hz) / np.log(HIGH_HZ / LOW_HZ) * (_SPECTRUM - 1)
        plot.pen.line((plot.left - 6, y, plot.left - 1, y), FAINT)
        label = f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz"
        plot.pen.text((plot.left - 11, y), label, FAINT, font(12), anchor="rm")


def _draw_time_axis(plot: _Plot, bottom: int) -> None:
    """Ticks about every 90 pixels at round times."""
    wanted = plot.seconds * 90 / (plot.right - plot.left)
    step = next((step for step in _SECOND_STEPS if step >= wanted), _SECOND_STEPS[-1])
    for number in range(int(plot.seconds / step + 1e-9) + 1):
        x = plot.x(number * step)
        plot.pen.line((x, bottom, x, bottom + 5), FAINT)
        plot.pen.text((x, bottom + 10), format_time(number * step, tenths=step < 1), FAINT, font(12), anchor="ma")


def _draw_colour_bar(plot: _Plot, top: int, highest: float) -> None:
    """What the colours mean, in dBFS."""
    left, width = plot.right + 22, 12
    ramp = np.repeat(np.linspace(1, 0, _SPECTRUM)[:, None], width, axis=1)
    plot.image.paste(Image.fromarray(colours(ramp)), (left, top))
    for below in range(0, int(_SPAN_DB) + 1, 20):
        y = top + below / _SPAN_DB * (_SPECTRUM - 1)
        plot.pen.line((left + width, y, left + width + 4, y), FAINT)
        plot.pen.text((left + width + 9, y), f"{highest - below:.0f}", FAINT, font(12), anchor="lm")
    plot.pen.text((left - 2, top - 10), "dBFS", FAINT, font(12), anchor="ls")


def format_time(seconds: float, *, tenths: bool = False) -> str:
    """`1:05` or, with `tenths`, `1:05.3`."""
    whole = round(seconds * 10) if tenths else round(seconds) * 10
    minutes, rest = divmod(whole, 600)
    return f"{minutes}:{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
