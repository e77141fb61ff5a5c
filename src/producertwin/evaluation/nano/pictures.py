"""Pictures for the figures' page: spectrograms side by side, and confusions, as PNG by Pillow and numpy alone."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from ...audio.samples import Samples
from ...errors import BadInput
from ...reporting.spectrogram import spectrogram
from ...reporting.theme import FAINT, INK, PAPER, font
from ...reporting.waveform import colours
from ...timebase import seconds_of

_WIDTH, _HEIGHT = 400, 160
_LEFT, _TOP, _GAP = 110, 48, 8
_SPAN_DB: Final = 75.0
_CELL: Final = 40


def spectrograms(columns: Mapping[str, Mapping[str, Samples]]) -> bytes:
    """One column per example (its title), one row per system (its name); levels within 75 dB of each row's own loudest.

    Raises `BadInput` when there is nothing to draw or the examples differ in their systems.
    """
    names = [tuple(sounds) for sounds in columns.values()]
    if not names or any(other != names[0] for other in names):
        raise BadInput(f"{len(names)} examples with differing systems", remedy="give every example the same systems")
    size = (_LEFT + len(columns) * (_WIDTH + _GAP), _TOP + len(names[0]) * (_HEIGHT + _GAP) + 24)
    image = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(image)
    for place, (title, sounds) in enumerate(columns.items()):
        left = _LEFT + place * (_WIDTH + _GAP)
        pen.text((left, _TOP - 14), _fitting(pen, title, _WIDTH), INK, font(14), anchor="ls")
        for row, (name, sound) in enumerate(sounds.items()):
            top = _TOP + row * (_HEIGHT + _GAP)
            level = spectrogram(sound, _WIDTH, _HEIGHT)
            shades = colours(np.clip((level - float(level.max()) + _SPAN_DB) / _SPAN_DB, 0, 1))
            image.paste(Image.fromarray(shades), (left, top))
            if place == 0:
                pen.text((_LEFT - 12, top + _HEIGHT / 2), name, INK, font(14), anchor="rm")
    samples = next(iter(next(iter(columns.values())).values())).shape[1]
    pen.text((_LEFT, size[1] - 8), f"{seconds_of(samples):.1f} s across, 32 Hz to 20 kHz upwards", FAINT, font(12), anchor="ls")
    return _png(image)


def confusions(tables: Mapping[str, Sequence[Sequence[int]]], names: Sequence[str]) -> bytes:
    """One square per table beside each other; row: what was asked, column: what was recognised; brightness is the row's share."""
    side = len(names) * _CELL
    image = Image.new("RGB", (_LEFT + len(tables) * (side + 30), _TOP + side + 110), PAPER)
    pen = ImageDraw.Draw(image)
    for place, (title, table) in enumerate(tables.items()):
        left = _LEFT + place * (side + 30)
        counts = np.array(table)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        shades = colours(shares * 0.9)
        pen.text((left, _TOP - 14), title, INK, font(16), anchor="ls")
        for row, column in np.ndindex(counts.shape):
            x, y = left + column * _CELL, _TOP + row * _CELL
            pen.rectangle((x, y, x + _CELL - 2, y + _CELL - 2), tuple(int(tone) for tone in shades[row, column]))
            if counts[row, column]:
                ink = PAPER if shares[row, column] > 0.6 else INK
                pen.text((x + _CELL / 2, y + _CELL / 2), str(counts[row, column]), ink, font(13), anchor="mm")
        for number, name in enumerate(names):
            if place == 0:
                pen.text((_LEFT - 10, _TOP + (number + 0.5) * _CELL), name, FAINT, font(12), anchor="rm")
            _upright(image, name, (left + number * _CELL, _TOP + side + 6))
    return _png(image)


def _upright(image: Image.Image, text: str, place: tuple[int, int]) -> None:
    """`text` read from below, under a column."""
    label = Image.new("RGB", (100, _CELL), PAPER)
    ImageDraw.Draw(label).text((98, _CELL / 2), text, FAINT, font(12), anchor="rm")
    image.paste(label.rotate(90, expand=True), place)


def _fitting(pen: ImageDraw.ImageDraw, text: str, room: float) -> str:
    """`text`, cut where it would not fit."""
    line = text
    while line and pen.textlength(line, font(14)) > room:
        line = line[:-2].rstrip(", ")
    return line


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)  # a third of the bytes, no visible step
    return out.getvalue()
